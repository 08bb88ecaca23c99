"""All cameras of one box: keeps the sessions as the desired list says. Runs in its own process (`python -m
edge_agent.capture`) or inside `edge-agent record`."""

from __future__ import annotations

import fcntl
import threading
from collections.abc import Sequence
from typing import IO
from uuid import uuid4

from config.clock import Clock, epoch_ms
from config.errors import LessonProofError
from device_adapters.cameras.rtsp import RtspCamera
from edge_agent.capture import disk
from edge_agent.capture.admission import admitted
from edge_agent.capture.ledger import Ledger
from edge_agent.capture.messages import CameraState, CameraWish, RecorderConfig
from edge_agent.capture.reconcile import Reconciled, reconcile
from edge_agent.capture.session import CameraSession
from edge_agent.paths import BoxPaths
from storage.database.engine import UnitOfWork

LOCK_LIMIT_S = 15.0  # a recorder of the life before may still be closing its files
PLANNED_S = 3600.0  # of a recording whose end is not told


class Recorder:
    """One to a data folder, held by a lock. `start` first, then `set_desired` as often as wanted, `stop` at the end."""

    def __init__(
        self, config: RecorderConfig, unit: UnitOfWork, clock: Clock, *, lock_limit_s: float = LOCK_LIMIT_S
    ) -> None:
        self._config = config
        self._lock_limit_s = lock_limit_s
        self._unit = unit
        self._clock = clock
        self._paths = BoxPaths(config.data_dir)
        self._boot_id = str(uuid4())
        self._ledger = Ledger(unit, self._paths.recordings, self._boot_id, clock)
        self._guard = threading.Lock()
        self._wishes: dict[str, CameraWish] | None = None
        self._sessions: dict[str, tuple[CameraWish, CameraSession]] = {}
        self._ending: dict[str, CameraSession] = {}
        self._admitting = threading.Lock()
        self._rooms_admitted: set[str] = set()
        self._lock: IO[str] | None = None

    def start(self) -> Reconciled:
        """Take the folder and put it in order. Raises LessonProofError RECORDER_RUNNING when another recorder keeps
        it."""
        self._take_lock()
        report = reconcile(self._unit, self._paths, self._boot_id, self._clock)
        self._ledger.start()
        return report

    def set_desired(self, wishes: Sequence[CameraWish]) -> None:
        with self._guard:
            first, self._wishes = self._wishes is None, {wish.camera_id: wish for wish in wishes}
        with self._admitting:
            self._rooms_admitted &= {wish.room for wish in wishes}
        if first:
            self._ledger.gaps_closed_except(set(self._wishes))
        self.tick()

    def tick(self) -> None:
        """Start and stop sessions until they match; call about every half second (a session that ends takes its
        time)."""
        with self._guard:
            wishes = self._wishes or {}
            self._ending = {camera: session for camera, session in self._ending.items() if not session.join(0)}
            for camera_id, (wish, session) in list(self._sessions.items()):
                now = wishes.get(camera_id)
                if now is None or (now.url, now.transport) != (wish.url, wish.transport):
                    session.stop(still_wanted=now is not None)
                    self._ending[camera_id] = session
                    del self._sessions[camera_id]
            for camera_id, wish in wishes.items():
                if camera_id not in self._sessions and camera_id not in self._ending:
                    session = self._session(wish)
                    self._sessions[camera_id] = (wish, session)
                    session.start()

    def status(self) -> dict[str, CameraState]:
        with self._guard:
            return {camera_id: session.state() for camera_id, (_, session) in self._sessions.items()}

    @property
    def healthy(self) -> bool:
        return self._ledger.alive

    def stop(self, *, still_wanted: bool = True) -> bool:
        """End every run and commit it; False when a camera or the disk did not let go in time (the next start
        repairs it)."""
        with self._guard:
            sessions = [session for _, session in self._sessions.values()] + list(self._ending.values())
            for _, session in self._sessions.values():
                session.stop(still_wanted=still_wanted)
            self._sessions.clear()
        until = self._clock.monotonic() + self._config.stall_after_s + 3
        ended = [session.join(max(0.1, until - self._clock.monotonic())) for session in sessions]
        return self._ledger.stop(limit_s=10) and all(ended)

    def _session(self, wish: CameraWish) -> CameraSession:
        config = self._config
        camera = RtspCamera(
            wish.url.get_secret_value(),
            networks=config.camera_networks,
            clock=self._clock,
            transport=wish.transport,
            stall_after_s=config.stall_after_s,
        )
        return CameraSession(
            wish.camera_id,
            camera,
            folder=self._paths.recordings / wish.camera_id,
            ledger=self._ledger,
            clock=self._clock,
            segment_s=config.segment_s,
            stall_after_s=config.stall_after_s,
            admitted=lambda: self._admitted(wish.room),
        )

    def _admitted(self, room: str) -> bool:
        """May the cameras of this room record? Once yes, it stays yes until nobody wishes them any more."""
        now_ms = epoch_ms(self._clock.now())
        rooms: dict[str, int] = {}
        for wish in (self._wishes or {}).values():
            seconds = PLANNED_S if wish.until_ms is None else (wish.until_ms - now_ms) / 1000
            rooms[wish.room] = rooms.get(wish.room, 0) + disk.needed_bytes(self._config.expected_bitrate, seconds)
        try:
            free = disk.free_bytes(self._paths.recordings)
        except OSError:
            return False
        with self._admitting:
            if room not in admitted(free, self._config.min_free_bytes, rooms, self._rooms_admitted):
                return False
            self._rooms_admitted.add(room)
            return True

    def _take_lock(self) -> None:
        self._paths.recordings.mkdir(parents=True, exist_ok=True)
        lock = (self._paths.recordings / ".recorder.lock").open("w")
        until = self._clock.monotonic() + self._lock_limit_s
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                if self._clock.monotonic() > until:
                    lock.close()
                    raise LessonProofError(
                        "RECORDER_RUNNING",
                        status=409,
                        zh="这个数据目录已有录像程序在使用",
                        en="another recorder is using this data folder",
                    ) from None
                self._clock.sleep(0.1)
            else:
                self._lock = lock
                return
