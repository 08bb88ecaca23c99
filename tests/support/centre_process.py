"""The centre as a process of its own, for tests that kill it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from config.settings import CentreSettings

START_LIMIT_S = 120  # a second on an idle machine; imports and tables on a busy one

_CODE = """
import sys, uvicorn
from config.clock import SystemClock
from config.settings import CentreSettings
from supervisor.app import create_app
centre = create_app(CentreSettings.load(), SystemClock())
uvicorn.run(centre, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
"""


def centre_process(url: str, settings: CentreSettings) -> subprocess.Popen[bytes]:
    """Listening at `url` on the data and in the archive of `settings`, by the world's clock."""
    wanted = {"DATA_DIR": str(settings.data_dir), "ARCHIVE": settings.archive}
    if settings.s3 is not None:
        told = settings.s3.model_dump(mode="json", exclude_none=True) | {
            "secret_access_key": settings.s3.secret().get_secret_value()
        }
        wanted |= {f"S3__{name.upper()}": str(value) for name, value in told.items()}
    environment = os.environ | {f"LESSONPROOF_CENTRE_{name}": value for name, value in wanted.items()}
    port = int(url.rsplit(":", 1)[1])
    here = str(Path(__file__).parents[2])
    process = subprocess.Popen([sys.executable, "-c", _CODE, str(port)], cwd=here, env=environment)
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline:
        assert process.poll() is None, "the centre ended"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process
        time.sleep(0.05)
    process.kill()
    raise AssertionError("the centre did not start")
