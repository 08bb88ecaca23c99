"""`supervisor serve` as the real process it is."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]


@dataclass
class Served:
    process: subprocess.Popen[str]
    url: str

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=10)


def serve(folder: Path, port: int = 0, *options: str) -> Served:
    """Started, and ready to answer."""
    code = "from supervisor.commands.serve import serve; import typer; typer.run(serve)"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "--data", str(folder), "--port", str(port), *options],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    timer = threading.Timer(60, process.kill)
    timer.start()
    assert process.stdout is not None
    url = re.search(r"http://\S+", process.stdout.readline())
    assert url is not None, "the centre did not start"
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{url[0]}/readyz", timeout=5).is_success:
                break
        except httpx.TransportError:
            time.sleep(0.1)
    timer.cancel()
    return Served(process, url[0])
