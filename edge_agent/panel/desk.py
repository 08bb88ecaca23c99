"""The desk: at most one acceptance session at a time, held in a thread of its own, and the last result of each camera.

Results are kept in memory alone: heat maps show a room, and what counts is on the record.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, replace

from config.clock import Clock, epoch_ms
from config.errors import LessonProofError
from config.settings import EdgeSettings
from edge_agent.acceptance.heat_map import jpeg
from edge_agent.acceptance.pictures import pictures
from edge_agent.acceptance.record import keep_trial, view_to_try
from edge_agent.acceptance.site import SiteCamera
from edge_agent.acceptance.trial import Plan, Trial, hold
from edge_agent.acceptance.watching import watching
from edge_agent.opening import OpenBox
from edge_agent.vision.view import view_of
from edge_agent.vision.watcher import Look

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Progress:
    """Of the session running now. `number` of `planned` pictures are counted, `seated` in the newest."""

    code: str
    known: int
    planned: int
    number: int = 0
    seated: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of the last session of a camera. One of `trial` and `fault` is None."""

    trial: Trial | None
    heat_map: bytes  # JPEG
    fault: LessonProofError | None


class Desk:
    def __init__(self, box: OpenBox, settings: EdgeSettings, clock: Clock) -> None:
        self._box = box
        self._settings = settings
        self._clock = clock
        self._lock = threading.Lock()
        self._progress: Progress | None = None
        self._outcomes: dict[str, Outcome] = {}
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def progress(self) -> Progress | None:
        """None: no session is running."""
        with self._lock:
            return self._progress

    def outcome(self, code: str) -> Outcome | None:
        with self._lock:
            return self._outcomes.get(code)

    def check_free(self) -> None:
        """Raises LessonProofError SESSION_RUNNING (409)."""
        running = self.progress()
        if running is not None:
            raise LessonProofError(
                "SESSION_RUNNING",
                status=409,
                zh=f"摄像头 {running.code} 正在验收:请等它结束或先停止",
                en=f"a session of camera {running.code} is running: wait for its end, or stop it",
            )

    def start(self, camera: SiteCamera, plan: Plan) -> None:
        """Raises LessonProofError SESSION_RUNNING (409)."""
        with self._lock:
            free = self._progress is None
            if free:
                self._progress = Progress(camera.code, plan.known, plan.samples)
                self._outcomes.pop(camera.code, None)
                self._stopping.clear()
        if not free:
            self.check_free()
        self._thread = threading.Thread(target=self._hold, args=(camera, plan), name="acceptance", daemon=True)
        self._thread.start()

    def stop(self, timeout_s: float = 5) -> None:
        """The session running now leaves nothing behind."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _hold(self, camera: SiteCamera, plan: Plan) -> None:
        outcome: Outcome | None = None
        try:
            trial = self._session(camera, plan)
            if trial is not None:
                outcome = Outcome(trial, jpeg(trial.heat_map()), None)
        except LessonProofError as error:
            outcome = Outcome(None, b"", error)
        except Exception:  # the panel must say that it failed, whatever it was
            log.exception("acceptance of camera %s", camera.code)
            fault = LessonProofError(
                "SESSION_FAILED",
                status=500,
                zh="验收因内部错误中止,没有写入任何内容:请查看盒子日志",
                en="the session failed and left nothing behind: see the box's log",
            )
            outcome = Outcome(None, b"", fault)
        with self._lock:
            self._progress = None
            if outcome is not None and not self._stopping.is_set():
                self._outcomes[camera.code] = outcome

    def _session(self, camera: SiteCamera, plan: Plan) -> Trial | None:
        """None: it was stopped."""
        with self._box.work.read() as session:
            before = view_of(session, camera.camera_id)
        tried = view_to_try(before, None)
        watcher = watching(self._settings.models_dir, tried, podium=camera.podium)
        source = pictures(
            self._box.paths.recordings,
            camera.camera_id,
            camera.settings,
            self._settings,
            self._clock,
            self._stopping.is_set,
        )
        trial = hold(plan, source, watcher, self._clock, self._told)
        if self._stopping.is_set():
            return None
        now_ms = epoch_ms(self._clock.now())
        keep_trial(self._box.work, camera.camera_id, trial, tried, before, watcher, now_ms)
        return trial

    def _told(self, number: int, planned: int, look: Look) -> None:
        with self._lock:
            if self._progress is not None:
                self._progress = replace(self._progress, number=number, planned=planned, seated=look.seated)
