"""Which cameras should record now and for how long, and how much the next recording will need of the disk.

A camera records from `lead_s` before a lesson hour of its room to `lead_s` after it; hours that follow each other so
closely merge into one recording, which is admitted to the disk as a whole before it starts (`capture.disk`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from edge_agent.lessons.plan import LessonHour


@dataclass(frozen=True, slots=True)
class Stretch:
    """One recording of one room: [start, end), with the cameras that take part."""

    start: datetime
    end: datetime
    cameras: frozenset[str]

    @property
    def seconds(self) -> float:
        return (self.end - self.start).total_seconds()


def recordings(hours: Iterable[LessonHour], lead_s: float) -> list[Stretch]:
    """The recordings of all planned lesson hours, in order of their start. An exempt lesson is not filmed at all."""
    lead = timedelta(seconds=lead_s)
    stretches: list[Stretch] = []
    last_of_room: dict[frozenset[str], int] = {}
    for hour in sorted(hours, key=lambda hour: hour.lesson.start):
        cameras = frozenset(str(camera.camera_id) for camera in hour.cameras)
        if not hour.named or hour.lesson.exempt is not None or not cameras:
            continue
        start, end = hour.lesson.start - lead, hour.lesson.end + lead
        before = last_of_room.get(cameras)
        if before is not None and start <= stretches[before].end:
            start, end = stretches[before].start, max(end, stretches[before].end)
            stretches[before] = Stretch(start, end, cameras)
        else:
            last_of_room[cameras] = len(stretches)
            stretches.append(Stretch(start, end, cameras))
    return stretches


def recording_now(stretches: Iterable[Stretch], now: datetime) -> Mapping[str, datetime]:
    """Camera id → until when it records; cameras not named do not record now."""
    until: dict[str, datetime] = {}
    for stretch in stretches:
        if stretch.start <= now < stretch.end:
            for camera in stretch.cameras:
                until[camera] = max(stretch.end, until.get(camera, stretch.end))
    return until


def together(stretches: Iterable[Stretch], now: datetime) -> list[Stretch]:
    """The recording under way, of which only the rest counts, or the one that comes next, and those of other rooms that
    overlap it: what shares the disk, in order of their start. Empty: nothing is planned."""
    coming = sorted((stretch for stretch in stretches if stretch.end > now), key=lambda stretch: stretch.start)
    return [
        Stretch(max(stretch.start, now), stretch.end, stretch.cameras)
        for stretch in coming
        if max(stretch.start, now) < coming[0].end
    ]


def running(hours: Iterable[LessonHour], now: datetime) -> list[LessonHour]:
    """Lesson hours between their start and their end that are filmed."""
    return [
        hour
        for hour in hours
        if hour.named and hour.lesson.exempt is None and hour.lesson.start <= now < hour.lesson.end
    ]
