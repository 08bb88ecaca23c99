"""One tile of the patrol wall: which camera it shows, why there is no picture, what of it asks for a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from config.clock import epoch_ms
from supervisor.console.i18n import N_, Words, clock_time, short_time
from supervisor.console.state_words import CAMERAS
from supervisor.console.today import STALE_AFTER_S, camera_line, tile
from supervisor.console.views import Mark, Tile, Tone
from supervisor.contract.state import CameraStatus
from supervisor.lessons.schemas import CameraView, LessonPhase, TodayLesson
from supervisor.patrol.schemas import Trouble
from supervisor.patrol.wall import Wall

BEGUN_AFTER = timedelta(minutes=10)
"""Nobody in the picture so long after the start (or a quarter of a short lesson hour): the lesson is not held."""

FAULTS: dict[CameraStatus, str] = {
    CameraStatus.RECORDING: N_("摄像头已连上,还没有画面"),
    CameraStatus.IDLE: N_("现场设备没有按计划开始录像"),
    CameraStatus.CONNECTING: N_("现场设备正在连接摄像头"),
    CameraStatus.UNREACHABLE: N_("培训点:摄像头断电,或教室网络中断"),
    CameraStatus.UNAUTHORIZED: N_("培训点:摄像头的密码改过,没有更新到现场设备"),
    CameraStatus.NOT_FOUND: N_("培训点:摄像头的视频通道设置不对"),
    CameraStatus.NOT_VIDEO: N_("培训点:摄像头地址填错了"),
    CameraStatus.STALLED: N_("摄像头故障:连得上,但不出画面"),
    CameraStatus.DISK_FULL: N_("现场设备:磁盘将满"),
    CameraStatus.FORBIDDEN: N_("培训点:摄像头地址不在允许的网段内"),
    CameraStatus.NOT_CONFIGURED: N_("培训点:摄像头还没有接入现场设备"),
}
"""Whose fault an outage is, as far as the box can tell."""

TROUBLES: dict[Trouble, tuple[Tone, str]] = {
    Trouble.NOBODY: ("bad", N_("未见开课")),
    Trouble.OUTAGE: ("none", N_("无画面")),
    Trouble.FEW: ("warn", N_("人数偏低")),
    Trouble.LATE: ("warn", N_("画面迟到")),
}
ORDER = list(Trouble)


@dataclass(frozen=True, slots=True)
class Outage:
    """`how_long`, `last`: empty when nobody knows."""

    title: str
    how_long: str
    last: str
    fault: str


@dataclass(frozen=True, slots=True)
class WallTile:
    """`camera`: the one that is shown; None: nothing live can come. `picture_ms`: of its newest picture at the site."""

    base: Tile
    mark: Mark
    camera: UUID | None
    cameras: tuple[tuple[UUID, str], ...]
    picture_ms: int | None
    outage: Outage | None
    patrolled: str
    troubles: tuple[Trouble, ...]
    low: bool


def wall_tile(lesson: TodayLesson, wall: Wall, now: datetime, words: Words) -> WallTile:
    base = tile(lesson, now, words)
    running = lesson.phase == LessonPhase.RUNNING
    best = _best(lesson.cameras) if running else None
    outage = _outage(lesson, best, now, words) if running else None
    troubles = _troubles(lesson, base, best, outage, now) if running else ()
    worst = min(troubles, key=ORDER.index, default=None)
    tone, text = TROUBLES[worst] if worst is not None else ("wait", "")
    been = wall.patrolled.get(lesson.lesson_hour_id)
    return WallTile(
        base=base,
        mark=Mark(tone, words(text)) if worst is not None else base.mark,
        camera=best.camera_id if best is not None else None,
        cameras=tuple((one.camera_id, one.code) for one in lesson.cameras),
        picture_ms=epoch_ms(best.last_picture_at) if best is not None and best.last_picture_at else None,
        outage=outage,
        patrolled=words("{time} 已巡", time=short_time(been.at)) if been is not None else "",
        troubles=troubles,
        low=base.people is not None and base.people < lesson.checked_in and Trouble.FEW in troubles,
    )


def _best(cameras: Sequence[CameraView]) -> CameraView | None:
    """The camera to show: one that records; else the first that is there at all, whose state is then the reason."""
    working = [one for one in cameras if one.status == CameraStatus.RECORDING and not one.box_silent]
    return next(iter([*working, *cameras]), None)


def _outage(lesson: TodayLesson, best: CameraView | None, now: datetime, words: Words) -> Outage | None:
    """None: a picture can be had."""
    if best is None:
        return Outage(words("这间教室没有登记摄像头"), "", "", words("培训点:没有登记摄像头"))
    line = camera_line(best, lesson.phase, now, words)
    if not best.box_silent and best.status in (CameraStatus.RECORDING, CameraStatus.CONNECTING, None):
        return None
    at = best.last_picture_at
    since = at if best.box_silent else best.since
    return Outage(
        title=words(CAMERAS[best.status][1]) if best.status and not best.box_silent else line.text,
        how_long=words("已 {age}", age=words.ago((now - max(since, lesson.start)).total_seconds())) if since else "",
        last=words("最后画面 {time}", time=clock_time(at)) if at else words("本节课还没有过画面"),
        fault=words("培训点断网或断电,不等于停录;录像可能仍在现场保存,恢复后补传")
        if best.box_silent or best.status is None
        else words(FAULTS[best.status]),
    )


def _troubles(
    lesson: TodayLesson, base: Tile, best: CameraView | None, outage: Outage | None, now: datetime
) -> tuple[Trouble, ...]:
    if outage is not None or base.camera.tone == "bad":
        return (Trouble.OUTAGE,)
    begun = min(BEGUN_AFTER, (lesson.end - lesson.start) / 4)
    if base.people == 0 and now - lesson.start >= begun:
        return (Trouble.NOBODY,)
    found = [Trouble.FEW] if base.mark.tone == "warn" and lesson.verdict is None else []
    if (
        best is not None
        and best.last_picture_at is not None
        and (now - best.last_picture_at).total_seconds() > (STALE_AFTER_S)
    ):
        found.append(Trouble.LATE)
    return tuple(found)
