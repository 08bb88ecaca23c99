"""Child processes of the demo: started with their output in a file, watched, ended in order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from config.clock import Clock
from config.errors import LessonProofError

STOP_LIMIT_S = 8


class Processes:
    """Everything started in one `with` is ended at its end, last started first, killed if it does not listen."""

    def __init__(self, logs: Path, clock: Clock) -> None:
        self._logs = logs
        self._clock = clock
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._jobs: set[str] = set()
        logs.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, *_: object) -> None:
        for name in reversed(list(self._running)):
            self.stop(name)

    def log(self, name: str) -> Path:
        return self._logs / f"{name}.log"

    def start(self, name: str, module: str, *arguments: str) -> None:
        """`python -m module arguments…` in its own process group, so that Ctrl-C reaches only the demo itself."""
        with self.log(name).open("ab") as output:
            self._running[name] = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=os.environ | {"PYTHONUNBUFFERED": "1"},
            )

    def run(self, name: str, module: str, *arguments: str, limit_s: float) -> str:
        """Run to the end and return what it printed; DEMO_STEP_FAILED with its last line otherwise."""
        try:
            done = subprocess.run(
                [sys.executable, "-m", module, *arguments],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=limit_s,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise self._failed(name, f"still running after {limit_s:.0f} s") from None
        self.log(name).write_text(done.stdout + done.stderr, encoding="utf-8")
        if done.returncode != 0:
            raise self._failed(name, (done.stderr or done.stdout).strip()[-400:])
        return done.stdout

    def start_job(self, name: str, module: str, *arguments: str) -> None:
        """Like `start`, for something that is meant to end; `finish` waits for it."""
        self._jobs.add(name)
        self.start(name, module, *arguments)

    def finish(self, name: str, limit_s: float) -> None:
        """Wait for a job to end well; DEMO_STEP_FAILED with its last lines otherwise."""
        process = self._running.pop(name)
        try:
            code = process.wait(limit_s)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise self._failed(name, f"still running after {limit_s:.0f} s") from None
        if code != 0:
            raise self._failed(name, self.tail(name))

    def check(self) -> None:
        """Raises DEMO_STEP_FAILED when something that should run has ended; a job may have ended well."""
        for name, process in self._running.items():
            if process.poll() is not None and not (name in self._jobs and process.returncode == 0):
                raise self._failed(name, self.tail(name))

    def tail(self, name: str) -> str:
        return self.log(name).read_text(encoding="utf-8", errors="replace").strip()[-400:]

    def stop(self, name: str) -> None:
        process = self._running.pop(name)
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_LIMIT_S)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(STOP_LIMIT_S)

    def kill(self, name: str) -> None:
        """kill -9 of the process and everything it started: what a power cut looks like to it."""
        process = self._running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(STOP_LIMIT_S)

    def wait_for(self, name: str, text: str, limit_s: float) -> str:
        """The first line of `name`'s output that contains `text`."""
        deadline = self._clock.monotonic() + limit_s
        while self._clock.monotonic() < deadline:
            for line in self.log(name).read_text(encoding="utf-8", errors="replace").splitlines():
                if text in line:
                    return line
            self.check()
            self._clock.sleep(0.2)
        raise self._failed(name, f"no {text!r} within {limit_s:.0f} s. {self.tail(name)}")

    def _failed(self, name: str, detail: str) -> LessonProofError:
        return LessonProofError(
            "DEMO_STEP_FAILED",
            status=500,
            zh=f"演示步骤 {name} 失败:{detail}\n完整日志:{self.log(name)}",
            en=f"demo step {name} failed: {detail}\nwhole log: {self.log(name)}",
        )
