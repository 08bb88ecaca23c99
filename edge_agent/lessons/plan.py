"""What the box works from: the newest target state, when the centre last confirmed it, and ended lesson hours it
dropped.

The centre sends lesson hours from two days back. A box that was off-line for longer still owes the verdict of older
ones, so ended lesson hours that a new target no longer names are carried until they are judged. A lesson hour that
has not ended and is no longer named was cancelled or moved: it is dropped.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.clock import epoch_ms, from_epoch_ms
from config.profile import RegionProfile
from edge_agent.lessons.kept import read_kept
from edge_agent.remembered import Fact, forget, recall, remember
from storage.database.engine import UnitOfWork
from storage.evidence import log
from storage.evidence.tables import LessonRow
from supervisor.contract.evidence import canonical_json, sha256_hex
from supervisor.contract.log import CheckInBatch
from supervisor.contract.target import TargetCamera, TargetLesson, TargetState


@dataclass(frozen=True, slots=True)
class LessonHour:
    """One lesson hour (学时) with the cameras of its room and its rules. `attendance_known`: nobody can arrive in time
    any more and the centre has confirmed the attendance since; False: what we hold may be from before the check-ins.
    """

    lesson: TargetLesson
    cameras: tuple[TargetCamera, ...]
    profile: RegionProfile
    attendance_known: bool
    named: bool = True  # by the newest target; False: carried

    @property
    def id(self) -> str:
        return str(self.lesson.lesson_hour_id)

    @property
    def start_ms(self) -> int:
        return epoch_ms(self.lesson.start)

    @property
    def end_ms(self) -> int:
        return epoch_ms(self.lesson.end)


@dataclass(frozen=True, slots=True)
class Plan:
    """`confirmed_at`: when the centre last said, by the box's clock, that `state` is what it wants."""

    state: TargetState
    confirmed_at: datetime
    carried: TargetState | None = None

    def hours(self) -> list[LessonHour]:
        """Every lesson hour, the newest target's first. One whose profile is missing from the target is left out."""
        found = [_hour(lesson, self.state, self.confirmed_at, named=True) for lesson in self.state.lessons]
        if self.carried is not None:
            named = {lesson.lesson_hour_id for lesson in self.state.lessons}
            found += [
                _hour(lesson, self.carried, None, named=False)
                for lesson in self.carried.lessons
                if lesson.lesson_hour_id not in named
            ]
        return [hour for hour in found if hour is not None]

    def camera_ids(self) -> list[str]:
        return [str(camera.camera_id) for camera in self.state.cameras]


def attendance_settles_at(lesson: TargetLesson, profile: RegionProfile) -> datetime:
    """Who comes later than this does not earn the hour (RULES Q10), so the attendance of the hour is settled then."""
    return min(lesson.end, lesson.start + timedelta(minutes=profile.attendance.late_max_min))


def _hour(lesson: TargetLesson, state: TargetState, confirmed_at: datetime | None, *, named: bool) -> LessonHour | None:
    profile = state.profiles.get(lesson.profile)
    if profile is None:
        return None
    settled = attendance_settles_at(lesson, profile)
    known = lesson.attendance.as_of >= settled or (confirmed_at is not None and confirmed_at >= settled)
    cameras = tuple(camera for camera in state.cameras if camera.room_id == lesson.room_id)
    return LessonHour(lesson, cameras, profile, known, named)


class PlanStore:
    """The plan on disk and in memory; written by the uplink, read by everything else. Safe between threads."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work
        self._lock = threading.Lock()
        self._partial = False  # parts of the kept target could not be read: the centre is asked for all of it
        self._plan = self._load()

    def current(self) -> Plan | None:
        """None until the centre has told a first target."""
        with self._lock:
            return self._plan

    def etag(self) -> str | None:
        """The ETag to ask with; None when there is no plan that the centre could confirm."""
        if self.current() is None or self._partial:
            return None
        with self._work.read() as session:
            return recall(session, Fact.TARGET_ETAG)

    def replace(self, state: TargetState, etag: str | None, now: datetime) -> None:
        """A new target came."""
        with self._lock:
            with self._work.write() as session:
                carried = self._to_carry(session, state, now)
                for batch in _check_ins(self._plan, state, now):
                    log.append(session, batch.model_dump(mode="json"))
                remember(session, Fact.TARGET, state.model_dump_json())
                remember(session, Fact.TARGET_CONFIRMED_MS, epoch_ms(now))
                if carried is None:
                    forget(session, Fact.CARRIED)
                else:
                    remember(session, Fact.CARRIED, carried.model_dump_json())
                if etag is None:
                    forget(session, Fact.TARGET_ETAG)
                else:
                    remember(session, Fact.TARGET_ETAG, etag)
            self._plan, self._partial = Plan(state, now, carried), False

    def confirm(self, now: datetime) -> None:
        """The centre said that nothing changed."""
        with self._lock:
            if self._plan is None:
                return
            with self._work.write() as session:
                remember(session, Fact.TARGET_CONFIRMED_MS, epoch_ms(now))
            self._plan = Plan(self._plan.state, now, self._plan.carried)

    def _to_carry(self, session: Session, state: TargetState, now: datetime) -> TargetState | None:
        if self._plan is None:
            return None
        named = {lesson.lesson_hour_id for lesson in state.lessons}
        judged = set(session.scalars(select(LessonRow.lesson_hour_id)))
        old, before = self._plan.state, self._plan.carried
        owed = [
            lesson
            for lesson in (*old.lessons, *(before.lessons if before else ()))
            if lesson.lesson_hour_id not in named and lesson.end <= now and str(lesson.lesson_hour_id) not in judged
        ]
        if not owed:
            return None
        cameras = {camera.camera_id: camera for camera in (*(before.cameras if before else ()), *old.cameras)}
        profiles = {**(before.profiles if before else {}), **old.profiles}
        return old.model_copy(
            update={
                "cameras": tuple(cameras.values()),
                "lessons": tuple(_once(owed)),
                "profiles": {name: profiles[name] for name in {lesson.profile for lesson in owed} if name in profiles},
            }
        )

    def _load(self) -> Plan | None:
        with self._work.read() as session:
            target = recall(session, Fact.TARGET)
            carried = recall(session, Fact.CARRIED)
            confirmed = recall(session, Fact.TARGET_CONFIRMED_MS)
        if target is None or confirmed is None:
            return None
        kept, old = read_kept(target), None if carried is None else read_kept(carried)
        if kept is None:
            return None
        self._partial = not kept.whole
        return Plan(kept.state, from_epoch_ms(int(confirmed)), None if old is None else old.state)


def _check_ins(before: Plan | None, state: TargetState, now: datetime) -> Iterator[CheckInBatch]:
    """What the new target tells anew of who attends."""
    old = {} if before is None else {each.lesson_hour_id: each.attendance.present for each in before.state.lessons}
    for lesson in state.lessons:
        was, present = set(old.get(lesson.lesson_hour_id, ())), set(lesson.attendance.present)
        if present != was:
            yield CheckInBatch(
                at=epoch_ms(now),
                lesson_hour_id=lesson.lesson_hour_id,
                as_of=epoch_ms(lesson.attendance.as_of),
                added=tuple(sorted(present - was)),
                removed=tuple(sorted(was - present)),
                trainees=len(present),
                sha256=sha256_hex(canonical_json(sorted(present))),
            )


def _once(lessons: Iterable[TargetLesson]) -> list[TargetLesson]:
    return list({lesson.lesson_hour_id: lesson for lesson in lessons}.values())
