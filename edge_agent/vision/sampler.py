"""The sampler: one worker that looks at the newest key frame of each camera of the box and counts people.

It reads what the recorder wrote and never stands in its way: when counting is slow it samples less, takes the newest
picture instead of a backlog, and says what rate it achieved. A camera that fails is named in the status and tried
again; the others go on. What it stores is numbers, boxes until the lesson hour is judged, and who counted: no picture,
no face.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock, Thread

from sqlalchemy import func, select

from config.clock import Clock, epoch_ms
from config.errors import LessonProofError
from config.profile import VisionRules
from edge_agent.capture import keyframes
from edge_agent.identity import roll
from edge_agent.identity.recogniser import Recogniser
from edge_agent.identity.roll import Expected
from edge_agent.vision import samples
from edge_agent.vision.eyes import Eyes
from edge_agent.vision.view import view_of
from edge_agent.vision.watcher import Look
from storage.database.engine import UnitOfWork
from storage.evidence.tables import SampleRow

logger = logging.getLogger(__name__)

RATE_OVER = 12  # samples the achieved rate is taken over
_POLL_S = 0.25  # no new key frame yet: look again
_IDLE_S = 1.0  # nothing wanted: ask again
_STALE_MS = 60_000  # an older picture says nothing of who is here now
_AHEAD_MS = 5000  # a picture's time is its run's start plus media time, and a camera's quartz may run fast


@dataclass(frozen=True, slots=True)
class SamplingWish:
    camera_id: str
    every_s: float  # of the lesson running, as it stands: `lessons.progress` says
    rules: VisionRules | None = None  # of the lesson's profile; None: it counts single pictures
    podium: bool = False  # people at the podium count (Q12)
    expected: Expected | None = None  # the lesson hour asks who is recognised


@dataclass(frozen=True, slots=True)
class CameraSampling:
    """How sampling of one camera goes. `achieved_every_s` None: fewer than two samples since it was wanted."""

    camera_id: str
    every_s: float
    achieved_every_s: float | None
    newest_ms: int | None  # wall time of the newest picture counted
    people: int | None  # in that picture
    fault: str | None  # why the last try gave no number; None: it did


@dataclass
class _Series:
    wish: SamplingWish
    due_s: float  # monotonic
    after_ms: int  # pictures up to here are counted
    taken_ms: deque[int] = field(default_factory=lambda: deque(maxlen=RATE_OVER))
    people: int | None = None
    fault: str | None = None

    def report(self) -> CameraSampling:
        taken = list(self.taken_ms)
        achieved = (taken[-1] - taken[0]) / (len(taken) - 1) / 1000 if len(taken) > 1 else None
        newest = taken[-1] if taken else None
        return CameraSampling(self.wish.camera_id, self.wish.every_s, achieved, newest, self.people, self.fault)


class Sampler:
    """`start()` runs it in a thread; `turn()` is one step of it, for whoever brings a thread of their own.

    `wanted` is asked at every turn, some times a second: it must be cheap.
    """

    def __init__(
        self,
        *,
        recordings: Path,
        eyes: Eyes,
        unit_of_work: UnitOfWork,
        wanted: Callable[[], Sequence[SamplingWish]],
        clock: Clock,
        recogniser: Recogniser | None = None,
    ) -> None:
        self._recordings = recordings
        self._eyes = eyes
        self._work = unit_of_work
        self._wanted = wanted
        self._clock = clock
        self._recogniser = recogniser
        self._expected: frozenset[str] = frozenset()
        self._series: dict[str, _Series] = {}
        self._lock = Lock()  # guards _series: status() is asked from other threads
        self._stopping = Event()
        self._thread: Thread | None = None

    def start(self) -> None:
        self._stopping.clear()
        self._thread = Thread(target=self._run, name="sampler", daemon=True)
        self._thread.start()

    def stop(self, timeout_s: float = 5) -> bool:
        """Ask it to end and wait at most `timeout_s`; whether it has ended."""
        self._stopping.set()
        if self._thread is None:
            return True
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def status(self) -> list[CameraSampling]:
        """One entry for each camera wanted now."""
        with self._lock:
            return [series.report() for series in self._series.values()]

    def turn(self) -> float:
        """Count for the camera that has waited longest, if one is due; seconds until there is something to do again."""
        try:
            self._follow(self._wanted())
        except Exception:
            logger.exception("sampler: cannot tell which cameras to sample")
            return _IDLE_S
        if not self._series:
            return _IDLE_S
        series = min(self._series.values(), key=lambda one: one.due_s)
        wait_s = series.due_s - self._clock.monotonic()
        if wait_s > 0:
            return min(wait_s, _IDLE_S)
        try:
            fault = None if self._sample(series) else series.fault
        except Exception as error:
            fault = error.code if isinstance(error, LessonProofError) else type(error).__name__
            if fault != series.fault:  # once, not at every try
                logger.exception("sampler: camera %s", series.wish.camera_id)
            self._give_way(series)
        with self._lock:
            series.fault = fault
        return 0

    def _run(self) -> None:
        wait_s = 0.0
        while not self._stopping.wait(wait_s):
            wait_s = self.turn()

    def _follow(self, wishes: Sequence[SamplingWish]) -> None:
        """Begin with cameras newly wanted, drop those no longer wanted."""
        wanted = {wish.camera_id: wish for wish in wishes}
        new = [wish for wish in wanted.values() if wish.camera_id not in self._series]
        begun = [_Series(wish, self._clock.monotonic(), self._counted_until(wish.camera_id)) for wish in new]
        with self._lock:
            for camera_id in self._series.keys() - wanted.keys():
                del self._series[camera_id]
            for series in begun:
                self._series[series.wish.camera_id] = series
            for camera_id, wish in wanted.items():
                self._series[camera_id].wish = wish
        self._eyes.keep_only(wanted)
        self._expect([wish.expected for wish in wanted.values() if wish.expected is not None])

    def _expect(self, lessons: Sequence[Expected]) -> None:
        """Compare faces with who attends now, and forget everybody once nothing asks for it."""
        trainees = frozenset().union(*(lesson.trainees for lesson in lessons))
        if self._recogniser is None or trainees == self._expected:
            return
        self._expected = trainees
        if trainees:
            self._recogniser.expect(trainees)
        else:
            self._recogniser.forget()

    def _counted_until(self, camera_id: str) -> int:
        with self._work.read() as session:
            newest = session.scalar(select(func.max(SampleRow.at_ms)).where(SampleRow.camera_id == camera_id))
        return max(newest or 0, epoch_ms(self._clock.now()) - _STALE_MS)

    def _sample(self, series: _Series) -> bool:
        """Whether a picture was there to count; sets when this camera is due again."""
        camera_id = series.wish.camera_id
        picture = self._newest(series)
        if picture is None:
            series.due_s = self._clock.monotonic() + min(_POLL_S, series.wish.every_s)
            return False
        series.after_ms = picture.at_ms
        with self._work.read() as session:
            view = view_of(session, camera_id)
        glance = self._eyes.look(camera_id, picture, view, series.wish.rules, series.wish.podium)
        with self._work.write() as session:
            samples.keep(session, camera_id, glance.look, glance.counter, glance.watcher, glance.conditions)
        with self._lock:
            series.taken_ms.append(picture.at_ms)
            series.people = glance.look.seated if glance.watcher else glance.look.count
        self._recognise(series.wish, picture, glance.look)
        self._give_way(series)
        return True

    def _recognise(self, wish: SamplingWish, picture: keyframes.Picture, look: Look) -> None:
        """Who of those expected is in the picture, told by an engine that proves presence. The count is kept already:
        no fault here costs it."""
        recogniser, expected = self._recogniser, wish.expected
        if recogniser is None or expected is None or picture.at_ms >= expected.until_ms:
            return
        try:
            named = recogniser.look(wish.camera_id, picture.at_ms, picture.image, look.faces)
            if recogniser.proves_presence:
                seen = {name for name in named if name}
                with self._work.write() as session:
                    roll.keep(session, expected, recogniser.version, recogniser.enrolled, seen, picture.at_ms)
        except Exception:
            logger.exception("sampler: camera %s: nobody is recognised", wish.camera_id)

    def _newest(self, series: _Series) -> keyframes.Picture | None:
        """The newest picture not counted yet. When the wall clock was set back, files dated ahead of it lie on the disk
        and look newest; then the last moments by the clock as it stands now are looked through instead."""
        camera_id = series.wish.camera_id
        latest_ms = epoch_ms(self._clock.now()) + _AHEAD_MS
        recent_ms = latest_ms - _AHEAD_MS - round(series.wish.every_s * 1000)
        if series.after_ms > latest_ms:
            series.after_ms = recent_ms
        picture = keyframes.newest(self._recordings, camera_id, series.after_ms)
        if picture is None or picture.at_ms <= latest_ms:
            return picture
        start_ms = max(series.after_ms + 1, recent_ms)
        last = deque(keyframes.between(self._recordings, camera_id, start_ms, latest_ms), maxlen=1)
        return last[0] if last else None

    def _give_way(self, series: _Series) -> None:
        """The next sample keeps the beat; one already late comes now, and what was missed is not made up for."""
        series.due_s = max(series.due_s + series.wish.every_s, self._clock.monotonic())
