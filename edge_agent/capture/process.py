"""The recorder's process seen from the box: start it, tell it, watch it, start it again."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import IO

from pydantic import ValidationError

from config.clock import Clock
from edge_agent.capture.messages import CameraState, CameraWish, Desired, Heartbeat, RecorderConfig
from edge_agent.logs import JSON_LOG, is_json

_LOG = logging.getLogger(__name__)
SILENT_LIMIT_S = 3.0
START_LIMIT_S = 20.0  # until the first heartbeat: Python and FFmpeg load from a slow disk
WATCH_S = 0.25
STOP_MARGIN_S = 15.0
STANDBY_LIMIT_S = 1.0
STANDBY_EVERY_S = 5.0


class RecorderProcess:
    """`status` is what the last heartbeat said. The watchdog starts the recorder again when it ends or is silent for
    longer than SILENT_LIMIT_S; the wishes survive that.

    A second process stands by, loaded and waiting for its configuration: loading Python and FFmpeg takes longer than a
    crash may cost the cameras.
    """

    def __init__(self, config: RecorderConfig, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self._guard = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._standby: subprocess.Popen[str] | None = None
        self._standby_due = 0.0  # monotonic
        self._wishes: tuple[CameraWish, ...] | None = None
        self._beat: Heartbeat | None = None
        self._heard = 0.0
        self._stopping = threading.Event()
        self._watch = threading.Thread(target=self._watch_it, name="recorder watchdog", daemon=True)
        self.restarts = 0

    def start(self) -> None:
        with self._guard:
            self._spawn()
        self._watch.start()

    def set_desired(self, cameras: Sequence[CameraWish]) -> None:
        """The cameras that should record now, whole. Sent again after every restart."""
        with self._guard:
            self._wishes = tuple(cameras)
            self._send()

    def status(self) -> dict[str, CameraState]:
        """By camera id; empty while the recorder is starting."""
        beat = self._beat
        return dict(beat.cameras) if beat is not None else {}

    @property
    def ready(self) -> bool:
        return self._beat is not None and self._beat.ready

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    def stop(self) -> None:
        """Let it close its files; kill it when it does not in time. Never raises."""
        self._stopping.set()
        self._watch.join(WATCH_S * 8)
        with self._guard:
            process, self._process = self._process, None
            self._dismiss_standby()
        if process is None:
            return
        _close(process.stdin)
        try:
            process.wait(self._config.stall_after_s + STOP_MARGIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._beat = None

    def _spawn(self) -> None:
        process, self._standby = self._standby, None
        if process is None or process.poll() is not None:
            process = _launch()
        self._process, self._beat = process, None
        self._heard = self._clock.monotonic()
        threading.Thread(target=self._listen, args=(process,), name="recorder heartbeat", daemon=True).start()
        self._write(self._config.model_dump_json())
        self._send()

    def _stand_by(self) -> None:
        """Once the recorder is at work, so that the two do not load at once; tried now and then."""
        now = self._clock.monotonic()
        if self.ready and now >= self._standby_due and (self._standby is None or self._standby.poll() is not None):
            self._standby_due = now + STANDBY_EVERY_S
            try:
                self._standby = _launch()
            except OSError as error:
                _LOG.warning("no recorder can stand by: %s", error)

    def _dismiss_standby(self) -> None:
        process, self._standby = self._standby, None
        if process is None:
            return
        _close(process.stdin)
        try:
            process.wait(STANDBY_LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        _close(process.stdout)

    def _send(self) -> None:
        if self._wishes is not None and self._process is not None:
            self._write(Desired(desired=self._wishes).model_dump_json())

    def _write(self, line: str) -> None:
        assert self._process is not None and self._process.stdin is not None
        try:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        except (OSError, ValueError):
            _LOG.warning("the recorder does not listen; the watchdog will start it again")

    def _listen(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            try:
                beat = Heartbeat.model_validate_json(line)
            except ValidationError:
                _LOG.error("the recorder said something that is not a heartbeat")
                continue
            if process is self._process:
                self._beat, self._heard = beat, self._clock.monotonic()

    def _watch_it(self) -> None:
        while not self._stopping.wait(WATCH_S):
            with self._guard:
                process = self._process
                if process is None:
                    continue
                silent_s = self._clock.monotonic() - self._heard
                limit_s = SILENT_LIMIT_S if self._beat is not None else START_LIMIT_S
                code = process.poll()
                if code is None and silent_s <= limit_s:
                    self._stand_by()
                    continue
                if code is None:
                    _LOG.error("the recorder was silent for %.1f s: killed", silent_s)
                    process.kill()
                    process.wait()
                else:
                    _LOG.error("the recorder ended with code %d: started again", code)
                _close(process.stdin)
                self.restarts += 1
                if self._beat is None and self.restarts > 1:
                    self._clock.sleep(1.0)  # it dies at once: do not spin
                self._beat = None
                try:
                    self._spawn()
                except (OSError, RuntimeError) as error:  # no memory, no descriptor, no thread: that may pass
                    _LOG.error("the recorder cannot be started, trying again: %s", error)


def _launch() -> subprocess.Popen[str]:
    """A recorder that is not told anything yet; it ends by itself when its stdin does."""
    return subprocess.Popen(
        [sys.executable, "-m", "edge_agent.capture", *([JSON_LOG] if is_json() else [])],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def _close(stream: IO[str] | None) -> None:
    if stream is not None:
        try:
            stream.close()
        except OSError:
            _LOG.debug("the recorder's stdin was closed already")
