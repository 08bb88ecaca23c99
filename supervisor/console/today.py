"""Today's lesson hours as tiles: three numbers, the camera's state with its age, and the verdict in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime

from supervisor.alarms import Alarm
from supervisor.console.i18n import N_, Words, clock_time
from supervisor.console.state_words import ALARMS, CAMERAS, OTHER_ALARM, reason_text, verdict_mark
from supervisor.console.views import (
    AlarmLine,
    Attention,
    CameraLine,
    Choice,
    Evidence,
    Group,
    Mark,
    Tile,
    TodayView,
    Tone,
)
from supervisor.contract.state import CameraStatus
from supervisor.lessons.schemas import CameraView, LessonPhase, TodayLesson
from supervisor.rules.verdict import VerdictState

STALE_AFTER_S = 15
"""A count or picture older than this is not "now" any more."""

_SEVERITY: dict[Tone, int] = {"bad": 0, "warn": 1, "none": 2, "wait": 3, "ok": 4}
_SUMMARY: dict[Tone, str] = {
    "ok": N_("正常"),
    "warn": N_("要看一看"),
    "bad": N_("有问题"),
    "none": N_("无画面或无证据"),
    "wait": N_("等待"),
}
_GROUPS = {
    LessonPhase.RUNNING: N_("正在上课"),
    LessonPhase.UPCOMING: N_("还没开始"),
    LessonPhase.ENDED: N_("已经结束"),
}
_FILTERS: dict[str, tuple[str, Callable[[Tile], bool]]] = {
    "all": (N_("全部"), lambda tile: True),
    "running": (N_("正在上课"), lambda tile: tile.phase == LessonPhase.RUNNING),
    "need": (N_("需要处理"), lambda tile: tile.needs_person),
    "camera": (N_("摄像头异常"), lambda tile: tile.camera.tone == "bad"),
}


def present_today(
    lessons: Sequence[TodayLesson], now: datetime, show: str, words: Words, raised: Sequence[Alarm] = ()
) -> TodayView:
    """`show`: a key of the filters; an unknown one shows all."""
    tiles = [tile(lesson, now, words) for lesson in lessons]
    chosen = show if show in _FILTERS else "all"
    shown = [one for one in tiles if _FILTERS[chosen][1](one)]
    groups = (
        Group(words(text), tuple(sorted((one for one in shown if one.phase == phase), key=_order)))
        for phase, text in _GROUPS.items()
    )
    counted = Counter(one.mark.tone for one in tiles)
    return TodayView(
        now=now,
        choices=tuple(
            Choice(key, words(text), sum(map(test, tiles)), key == chosen) for key, (text, test) in _FILTERS.items()
        ),
        groups=tuple(group for group in groups if group.tiles),
        attention=tuple(_attention(one, words) for one in sorted(tiles, key=_order) if one.needs_person),
        alarms=tuple(AlarmLine(words(ALARMS.get(one.action, OTHER_ALARM)), one.at) for one in raised),
        marks=tuple((Mark(tone, words(_SUMMARY[tone])), counted[tone]) for tone in _SUMMARY if counted[tone]),
    )


def tile(lesson: TodayLesson, now: datetime, words: Words) -> Tile:
    camera = worst_camera(lesson.cameras, lesson.phase, now, words)
    mark = lesson_mark(lesson, camera, words)
    verdict = lesson.verdict.verdict if lesson.verdict else None
    decided = verdict is not None and verdict.state in (VerdictState.REVIEW, VerdictState.FAIL_PROPOSED)
    reasons = tuple(reason_text(code, words) for code in verdict.reasons) if verdict else ()
    progress = lesson.progress if lesson.phase == LessonPhase.RUNNING else None
    return Tile(
        lesson_hour_id=lesson.lesson_hour_id,
        phase=lesson.phase,
        title=lesson.class_name,
        place=f"{lesson.institution} · {lesson.room}",
        slot=lesson.slot,
        start=lesson.start,
        end=lesson.end,
        people=_people(lesson, camera, now),
        checked_in=lesson.checked_in,
        roster=lesson.roster,
        camera=camera,
        evidence=Evidence(progress.longest_joined_ms, progress.needed_ms) if progress else None,
        mark=mark,
        reasons=reasons,
        needs_person=decided or (lesson.phase == LessonPhase.RUNNING and camera.tone == "bad"),
    )


def worst_camera(cameras: Sequence[CameraView], phase: LessonPhase, now: datetime, words: Words) -> CameraLine:
    """The line of the camera that most needs a look; the room has a problem as soon as one camera has."""
    if not cameras:
        return CameraLine("bad", words("这间教室没有登记摄像头"), "")
    lines = [camera_line(camera, phase, now, words) for camera in cameras]
    return min(lines, key=lambda line: _SEVERITY[line.tone])


def camera_line(camera: CameraView, phase: LessonPhase, now: datetime, words: Words) -> CameraLine:
    """State in words, its reason and how old the last picture is."""
    if phase == LessonPhase.ENDED:
        return CameraLine("none", words("录像已结束"), "")
    last = words("最后画面 {time}", time=clock_time(camera.last_picture_at)) if camera.last_picture_at else ""
    if camera.box_silent:
        kept = words("录像可能仍在现场保存,恢复后补传")
        return CameraLine("bad", words("现场设备失联"), f"{last} · {kept}" if last else kept)
    if camera.status is None:
        return CameraLine("none", words("现场设备还没有报告这个摄像头"), "")
    if camera.status == CameraStatus.RECORDING and phase == LessonPhase.UPCOMING:
        return CameraLine("ok", words("摄像头正常"), "")  # it records for the lesson before
    tone, text = CAMERAS[camera.status]
    if camera.status == CameraStatus.RECORDING:
        if camera.last_picture_at is None:
            return CameraLine("warn", words(text), words("还没有画面"))
        age = (now - camera.last_picture_at).total_seconds()
        return CameraLine(
            "ok" if age <= STALE_AFTER_S else "warn",
            words("{state} · {age}前", state=words(text), age=words.ago(age)),
            "",
        )
    parts = [last] if last and tone == "bad" else []
    if camera.since and tone in ("bad", "warn"):
        parts.insert(0, words("已 {age}", age=words.ago((now - camera.since).total_seconds())))
    return CameraLine(tone, words(text), " · ".join(parts))


def lesson_mark(lesson: TodayLesson, camera: CameraLine, words: Words) -> Mark:
    """The verdict; until there is one, what can honestly be said so far."""
    if lesson.verdict is not None:
        return verdict_mark(lesson.verdict.verdict.state, words)
    if lesson.phase == LessonPhase.UPCOMING:
        return Mark("wait", words("未开始"))
    if lesson.phase == LessonPhase.ENDED:
        return Mark("wait", words("等待结论"))
    if camera.tone == "bad":
        return Mark("none", words("无画面"))
    progress = lesson.progress
    if progress is None or progress.people is None or progress.required is None:
        return Mark("wait", words("刚开始,还没有数据"))
    if progress.people < progress.required:
        return Mark("warn", words("人数偏低"))
    if progress.longest_joined_ms >= progress.needed_ms:
        return Mark("ok", words("目前正常"))
    return Mark("wait", words("正常,录像在积累"))


def _people(lesson: TodayLesson, camera: CameraLine, now: datetime) -> int | None:
    """While it runs: what the cameras see now, None when that is old. Afterwards: the most seen in the best stretch."""
    if lesson.phase == LessonPhase.ENDED:
        return lesson.verdict.verdict.peak if lesson.verdict else None
    if lesson.phase == LessonPhase.UPCOMING:
        return None
    if camera.tone == "bad":
        return None
    zones: dict[str, int] = {}
    for one in lesson.cameras:
        if one.people is not None and one.people_at and (now - one.people_at).total_seconds() <= 2 * STALE_AFTER_S:
            zones[one.zone] = max(zones.get(one.zone, 0), one.people)
    return sum(zones.values()) if zones else None


def _order(one: Tile) -> tuple[int, datetime, str]:
    return _SEVERITY[one.mark.tone], one.start, one.title


def _attention(one: Tile, words: Words) -> Attention:
    text = "; ".join(one.reasons) if one.reasons else one.camera.text
    title = f"{one.title} · {words('第 {n} 课时', n=one.slot)}"
    return Attention(one.lesson_hour_id, title, text, one.start, one.mark)
