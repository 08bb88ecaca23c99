"""What every test may lean on: parts that pip cannot bring are left out with a reason, and must be there in CI."""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent))  # `from tests.support import …`

DEBIAN = "run .ci/install-parts (Debian, root) to bring it"


@cache
def _gstreamer_server() -> bool:
    probe = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"
    try:
        run = subprocess.run(["/usr/bin/python3", "-c", probe], capture_output=True, timeout=30, check=False)
    except OSError:
        return False
    return run.returncode == 0 and shutil.which("gst-launch-1.0") is not None


PARTS = {
    "gstreamer": ("Debian's GStreamer RTSP server", _gstreamer_server, DEBIAN),
    "browser": (
        "Debian's chromium",
        lambda: bool(shutil.which("chromium-headless-shell") or shutil.which("chromium")),
        DEBIAN,
    ),
    "ffmpeg": ("ffmpeg and ffprobe", lambda: bool(shutil.which("ffmpeg") and shutil.which("ffprobe")), DEBIAN),
    "sigsum": ("Debian's sigsum-go", lambda: shutil.which("sigsum-witness") is not None, DEBIAN),
    "face_recognition": (
        "the extra face-recognition",
        lambda: find_spec("face_recognition") is not None and find_spec("dlib") is not None,
        "run `uv sync --extra face-recognition` (100 MB) to bring it",
    ),
}


def pytest_collection_finish() -> None:
    """Thousands of tests and all that they import stay to the end: the collector need not walk them again and again."""
    gc.freeze()


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker, (what, present, bring) in PARTS.items():
        if item.get_closest_marker(marker) and not present():
            message = f"needs {what}: {bring}"
            if os.environ.get("CI") == "true":
                pytest.fail(message, pytrace=False)
            pytest.skip(message)
