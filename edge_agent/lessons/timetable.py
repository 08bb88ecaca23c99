"""Which cameras should record now, and whether the disk has room for the lesson that is about to start.

A camera records from `lead_s` before a lesson hour of its room to `lead_s` after it; hours that follow each other so closely
merge into one recording. A lesson that would not fit on the disk is not started: an alarm before it is better than a recording
that breaks off in its middle. Once started, it is never stopped for lack of disk by this module.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from edge_agent.lessons.plan import LessonHour

Admission = Callable[[int, float], bool]
"""(cameras, seconds) → whether so many cameras can record for so long."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the box should do now. `refused`: cameras that should record but have no room on the disk (DISK_FULL)."""

    recording: frozenset[str]
    refused: frozenset[str]
    running: tuple[LessonHour, ...]  # lesson hours between their start and their end, for progress and sampling


class Timetable:
    """Remembers which lesson hours were admitted, so that admission is asked before a lesson and not again in it."""

    def __init__(self, lead_s: float, admit: Admission) -> None:
        self._lead = timedelta(seconds=lead_s)
        self._admit = admit
        self._admitted: set[str] = set()

    def at(self, hours: Iterable[LessonHour], now: datetime) -> Wanted:
        near = [hour for hour in hours if self._records(hour, now)]
        self._admitted &= {hour.id for hour in near}
        recording: set[str] = set()
        due: list[LessonHour] = []
        for hour in near:
            if hour.id in self._admitted:
                recording |= camera_ids(hour)
            else:
                due.append(hour)
        refused: set[str] = set()
        for hour in due:
            cameras = camera_ids(hour)
            left_s = (hour.lesson.end + self._lead - now).total_seconds()
            # Cameras that already record are counted too: the disk must hold what both lessons still have to write.
            if self._admit(len(cameras | recording), left_s):
                self._admitted.add(hour.id)
                recording |= cameras
            else:
                refused |= cameras
        running = tuple(hour for hour in near if hour.lesson.start <= now < hour.lesson.end)
        return Wanted(frozenset(recording), frozenset(refused - recording), running)

    def next_fits(self, hours: Iterable[LessonHour], now: datetime) -> bool:
        """Whether the next lesson's recording would be admitted; True when none is planned."""
        coming = [hour for hour in hours if hour.named and hour.lesson.exempt is None and hour.lesson.end > now]
        if not coming:
            return True
        following = min(coming, key=lambda hour: hour.lesson.start)
        seconds = (following.lesson.end - following.lesson.start + 2 * self._lead).total_seconds()
        return self._admit(max(1, len(following.cameras)), seconds)

    def _records(self, hour: LessonHour, now: datetime) -> bool:
        if not hour.named or hour.lesson.exempt is not None:  # an exempt lesson is not filmed at all
            return False
        return hour.lesson.start - self._lead <= now < hour.lesson.end + self._lead


def camera_ids(hour: LessonHour) -> set[str]:
    return {str(camera.camera_id) for camera in hour.cameras}
