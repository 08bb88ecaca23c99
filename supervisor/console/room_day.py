"""One room's day as the page says it in words: the lesson hours, and the plain tables beneath the timeline."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from uuid import UUID

from config.clock import from_epoch_ms
from supervisor.console.i18n import N_, Words
from supervisor.console.state_words import EXCLUDED, GAPS, KINDS, VERDICTS
from supervisor.console.views import Mark
from supervisor.playback.schemas import CheckedIn, ClipState, DayLesson, Pair, RoomDay

MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class HourRow:
    """A lesson hour. `clips`: in words what can be played of it; `playable`: something can. `raw_until`: so long the
    box keeps the rest."""

    lesson_hour_id: UUID
    title: str
    kind: str
    class_name: str
    start: datetime
    end: datetime
    start_ms: int
    mark: Mark
    people: str
    clips: str
    playable: bool
    told: bool
    raw_until: date


@dataclass(frozen=True, slots=True)
class TimeRow:
    """A stretch of a camera, or a patrol. `at_ms`: of its start, to jump to."""

    name: str
    start: datetime
    end: datetime | None
    at_ms: int
    what: str


@dataclass(frozen=True, slots=True)
class MinuteRow:
    """The fewest and the most seen in a minute, of how many required, and how many were checked in at its end."""

    start: datetime
    at_ms: int
    least: int
    most: int
    required: int | None
    checked_in: int | None


@dataclass(frozen=True, slots=True)
class MarkRow:
    at: datetime
    at_ms: int
    direction: str


@dataclass(frozen=True, slots=True)
class PinRow:
    at: datetime
    at_ms: int
    camera: str
    note: str
    who: str


@dataclass(frozen=True, slots=True)
class RoomDayView:
    """`chosen`: the lesson hour the page begins with; None: there is none that day. `lesson_hour_id`: the same, for the
    forms of the evidence locks."""

    room_id: UUID
    room: str
    place: str
    day: date
    noon: datetime
    cameras: tuple[tuple[UUID, str], ...]
    hours: tuple[HourRow, ...]
    chosen: UUID | None
    playable: bool
    by_places: bool
    stretches: tuple[TimeRow, ...]
    minutes: tuple[MinuteRow, ...]
    marks: tuple[MarkRow, ...]
    patrols: tuple[TimeRow, ...]
    bookmarks: tuple[PinRow, ...]

    @property
    def lesson_hour_id(self) -> UUID | None:
        return self.chosen

    @property
    def hour(self) -> HourRow | None:
        return next((hour for hour in self.hours if hour.lesson_hour_id == self.chosen), None)


def present_room_day(day: RoomDay, wanted: UUID | None, words: Words, camera: UUID | None = None) -> RoomDayView:
    """`wanted`: the lesson hour asked for; else the first that can be played, else the first. `camera`: the one to
    begin with; else the one of which most can be played."""
    fetched = Counter(span.lesson_hour_id for span in day.spans if span.playable)
    hours = tuple(_hour(lesson, fetched[lesson.lesson_hour_id], words) for lesson in day.lessons)
    ids = [hour.lesson_hour_id for hour in hours]
    playable = [hour.lesson_hour_id for hour in hours if hour.playable]
    names = {camera.camera_id: camera.code for camera in day.cameras}
    return RoomDayView(
        room_id=day.room_id,
        room=day.room,
        place=f"{day.institution} · {day.site}",
        day=day.day,
        noon=from_epoch_ms((day.whole[0] + day.whole[1]) // 2),
        cameras=_with_clips_first(day, names, camera),
        hours=hours,
        chosen=wanted if wanted in ids else next(iter([*playable, *ids]), None),
        playable=bool(playable),
        by_places=bool(day.seated),
        stretches=_stretches(day, words),
        minutes=_minutes(day),
        marks=tuple(MarkRow(from_epoch_ms(mark.at), mark.at, mark.direction) for mark in day.marks),
        patrols=tuple(
            TimeRow(
                one.who,
                from_epoch_ms(one.start),
                from_epoch_ms(one.end) if one.end else None,
                one.start,
                words("巡查") if one.end else words("巡查,还没有结束"),
            )
            for one in day.patrols
        ),
        bookmarks=tuple(
            PinRow(
                from_epoch_ms(one.moment),
                one.moment,
                names.get(one.camera_id, "") if one.camera_id else "",
                one.note,
                one.who,
            )
            for one in day.bookmarks
        ),
    )


def _with_clips_first(day: RoomDay, names: dict[UUID, str], first: UUID | None) -> tuple[tuple[UUID, str], ...]:
    """`first`; then the camera of which the centre can play most."""
    length = dict.fromkeys(names, 0)
    for clip in (clip for lesson in day.lessons for clip in lesson.clips if clip.state is ClipState.HERE):
        length[clip.camera_id] = length.get(clip.camera_id, 0) + clip.end - clip.start
    return tuple(sorted(names.items(), key=lambda pair: (pair[0] != first, -length[pair[0]], pair[1])))


def _hour(lesson: DayLesson, fetched: int, words: Words) -> HourRow:
    """`fetched`: stretches of its raw recording that can be played."""
    tone, text = VERDICTS[lesson.state] if lesson.state else ("wait", N_("还没有结论"))
    here = sum(clip.state is ClipState.HERE for clip in lesson.clips)
    return HourRow(
        lesson_hour_id=lesson.lesson_hour_id,
        title=words("第{n}课时", n=lesson.slot),
        kind=words(KINDS[lesson.kind]),
        class_name=lesson.class_name,
        start=from_epoch_ms(lesson.start),
        end=from_epoch_ms(lesson.end),
        start_ms=lesson.start,
        mark=Mark(tone, words(text)),
        people=_people(lesson, words),
        clips=_clips(lesson, here, fetched, words),
        playable=here + fetched > 0,
        told=lesson.told,
        raw_until=lesson.raw_until,
    )


def _people(lesson: DayLesson, words: Words) -> str:
    if lesson.required is None or lesson.peak is None:
        return "—"
    return words("最多 {seen} / 要求 {need}", seen=lesson.peak, need=lesson.required)


def _clips(lesson: DayLesson, here: int, fetched: int, words: Words) -> str:
    if here:
        return words("{n} 段可播放", n=here)
    if fetched:
        return words("有调来的原始录像")
    if any(clip.state in (ClipState.WAITING, ClipState.AGAIN) for clip in lesson.clips):
        return words("片段在路上")
    if lesson.clips:
        return words("片段已删除或损坏")
    return words("只在现场") if lesson.told else words("没有证据")


def _stretches(day: RoomDay, words: Words) -> tuple[TimeRow, ...]:
    rows = []
    clips = [clip for lesson in day.lessons for clip in lesson.clips if clip.state is ClipState.HERE]
    for camera in day.cameras:
        parts = [(start, end, words("有录像")) for start, end in camera.spans]
        parts += [(one.start, one.end, words("缺录像:{why}", why=words(GAPS[one.reason]))) for one in camera.gaps]
        parts += [(one.start, one.end, words(EXCLUDED[one.reason])) for one in camera.excluded]
        parts += [(clip.start, clip.end, words("中心有片段")) for clip in clips if clip.camera_id == camera.camera_id]
        parts += [
            (span.file.start, span.file.end, words("中心有调来的原始录像"))
            for span in day.spans
            if span.camera_id == camera.camera_id and span.playable and span.file is not None
        ]
        rows += [
            TimeRow(camera.code, from_epoch_ms(start), from_epoch_ms(end), start, what) for start, end, what in parts
        ]
    return tuple(sorted(rows, key=lambda row: (row.at_ms, row.name)))


def _minutes(day: RoomDay) -> tuple[MinuteRow, ...]:
    """Of people in their places where somebody kept account of them, else of single pictures."""
    rows = []
    for minute, group in groupby(day.seated or day.counts, key=lambda point: point[0] // MINUTE_MS):
        numbers, at = [count for _, count in group], minute * MINUTE_MS
        lesson = next((one for one in day.lessons if one.start <= at < one.end), None)
        rows.append(
            MinuteRow(
                start=from_epoch_ms(at),
                at_ms=at,
                least=min(numbers),
                most=max(numbers),
                required=lesson.required if lesson else None,
                checked_in=_inside(day.checked_in, at + MINUTE_MS),
            )
        )
    return tuple(rows)


def _inside(sessions: Sequence[CheckedIn], at: int) -> int | None:
    for one in sessions:
        if one.steps[0][0] <= at <= one.end:
            return _step(one.steps, at)
    return None


def _step(steps: Sequence[Pair], at: int) -> int:
    return steps[bisect_right(steps, (at, 10**9)) - 1][1]
