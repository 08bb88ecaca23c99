"""A box with its recorder process on one camera, and the clock that measures what it should have recorded."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import select

from config.clock import Clock, SystemClock, epoch_ms
from config.settings import EdgeSettings
from edge_agent.capture.messages import CameraState, CameraWish, RecorderConfig
from edge_agent.capture.process import RecorderProcess
from edge_agent.capture.recorder import Recorder
from edge_agent.paths import BoxPaths
from storage.database.engine import UnitOfWork, open_engine
from storage.database.migrate import upgrade
from storage.evidence.tables import GapRow, Run, Segment
from supervisor.contract.state import CameraStatus
from tests.faults.account import Account, account_of, adds_up, playable

CAMERA = "0d7a2f1e-8f0b-4b43-9a49-3c8b3b0c0001"
SEEN: list[str] = []
SMALL = ("--size", "320x180", "--kbps", "300", "--gop", "10")
"""A GStreamer camera that costs little: a key frame every 0.4 s."""


def settings(folder: Path, **changes: object) -> EdgeSettings:
    chosen: dict[str, Any] = {
        "data_dir": folder, "segment_s": 3, "stall_after_s": 2, "min_free_bytes": 1024, "expected_bitrate": 1,
    }  # fmt: skip
    return EdgeSettings(**(chosen | changes))


class _Inside:
    """A recorder in this process, driven as its own process drives it."""

    restarts = 0
    pid = None
    ready = True

    def __init__(self, config: RecorderConfig, work: UnitOfWork, clock: Clock) -> None:
        self._recorder = Recorder(config, work, clock)
        self._over = threading.Event()

    def start(self) -> None:
        self._recorder.start()
        threading.Thread(target=self._beat, name="recorder inside", daemon=True).start()

    def _beat(self) -> None:
        while not self._over.wait(0.5):
            self._recorder.tick()

    def set_desired(self, cameras: Sequence[CameraWish]) -> None:
        self._recorder.set_desired(cameras)

    def status(self) -> dict[str, CameraState]:
        return self._recorder.status()

    def stop(self) -> None:
        if not self._over.is_set():
            self._over.set()
            self._recorder.stop()


class FaultSite:
    """`start`, `wants` (the time runs from here), break something, `judge`."""

    def __init__(self, folder: Path, *, clock: Clock | None = None, **changes: object) -> None:
        """`clock`: the recorder runs inside the test, on this clock; else it is the real process."""
        self.camera = CAMERA
        self._clock = clock or SystemClock()
        self.paths = BoxPaths(folder)
        self.work = UnitOfWork(open_engine(self.paths.database_url))
        upgrade(self.work.engine, "box")
        self.began: float | None = None
        config = RecorderConfig.of(settings(folder, **changes))
        self.recorder = RecorderProcess(config, SystemClock()) if clock is None else _Inside(config, self.work, clock)
        self.recorder.start()

    def wants(self, url: str | None) -> None:
        """The camera should record, from `url`; None: no more."""
        self.wait(lambda: self.recorder.ready, 30)
        if self.began is None:
            self.began = time.monotonic()
        wishes = [] if url is None else [CameraWish(camera_id=self.camera, url=SecretStr(url))]
        self.recorder.set_desired(wishes)

    def status(self) -> CameraStatus | None:
        state = self.recorder.status().get(self.camera)
        return state.status if state is not None else None

    def until(self, status: CameraStatus, limit_s: float = 20) -> CameraState:
        self.wait(lambda: self.status() is status, limit_s, f"status {status}")
        return self.recorder.status()[self.camera]

    def records_again(self, runs: int, limit_s: float = 20) -> None:
        """The how-many-th run has begun, and is past its first moments."""
        self.wait(lambda: len(self.rows("run")) >= runs, limit_s, f"run {runs}")
        self.until(CameraStatus.RECORDING)

    def wait(self, what: Callable[[], object], limit_s: float, name: str = "") -> None:
        end = time.monotonic() + limit_s
        while not what():
            assert time.monotonic() < end, f"{name}: not within {limit_s} s; {self.recorder.status()}"
            time.sleep(0.05)

    def rows(self, table: str) -> list[Any]:
        kind: Any = {"run": Run, "gap": GapRow, "segment": Segment}[table]
        with self.work.read() as session:
            return list(session.scalars(select(kind).where(kind.camera_id == self.camera).order_by(kind.id)))

    def end(self) -> Account:
        """Nobody wants the camera any more, and the box goes down in order."""
        assert self.began is not None
        self.wants(None)
        elapsed_s, ended_ms = time.monotonic() - self.began, epoch_ms(self._clock.now())
        self.wait(lambda: all(run.end_reason for run in self.rows("run")), 15, "the end of the run")
        self.recorder.stop()
        return account_of(self.work, self.camera, elapsed_s, ended_ms)

    def judge(self, fault: str, reasons: Iterable[str]) -> Account:
        """End it, and put the three questions."""
        account = self.end()
        SEEN.append(account.line(fault))
        pictures = playable(self.work, self.paths.recordings, self.camera)
        assert pictures > 0, "nothing was recorded"
        adds_up(account, reasons)
        return account

    def close(self) -> None:
        self.recorder.stop()
        self.work.engine.dispose()
