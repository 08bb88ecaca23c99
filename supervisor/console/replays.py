"""What looks alike, two spans side by side, in words that say what was measured; a person concludes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from supervisor.console.i18n import N_, Words, clock_time, site_date
from supervisor.console.views import LikenessView, ReplayCheckNote, Side
from supervisor.contract.not_checked import NotChecked
from supervisor.lessons.schemas import ReplayCheckView, ReplayView, TwinView
from supervisor.rules.evidence import ReplayKind

_KINDS = {
    ReplayKind.EXACT: N_("这两段录像的数据逐字节相同。"),
    ReplayKind.SAME_VIEW: N_("这两段画面里的动作看起来相同。"),
    ReplayKind.MIRRORED: N_("左右对调之后,这两段画面里的动作看起来相同。"),
    ReplayKind.LOOP: N_("这段画面看起来重复了本课时较早的一段。"),
}
_NOT_CHECKED = {
    NotChecked.NO_RECORDING: N_("没有录像"),
    NotChecked.KEY_FRAMES_RARE: N_("摄像头的关键帧间隔太长"),
    NotChecked.TOO_SHORT: N_("录像太短"),
    NotChecked.TOO_STILL: N_("大部分时间画面里几乎没有动作"),
}


def present_likenesses(checks: Iterable[ReplayCheckView], words: Words) -> tuple[LikenessView, ...]:
    return tuple(_likeness(finding, check, words) for check in checks for finding in check.findings)


def present_checks(checks: Iterable[ReplayCheckView], words: Words) -> tuple[ReplayCheckNote, ...]:
    """What was compared with what, and what could not be."""
    return tuple(
        ReplayCheckNote(
            at=check.at,
            compared=_compared(check, words),
            not_checked=tuple(
                words("{camera}:没有比对,因为{why}", camera=one.camera_code, why=words(_NOT_CHECKED[one.not_checked]))
                for one in check.cameras
                if one.not_checked is not None
            ),
            clean=not check.findings and all(one.not_checked is None for one in check.cameras),
        )
        for check in checks
    )


def _compared(check: ReplayCheckView, words: Words) -> str:
    if check.since is None:
        return words("还没有较早的录像可比,只与本课时自身比对({version})", version=check.detector)
    return words(
        "与 {day} 以来的 {n} 段课时录像及本课时自身比对({version})",
        day=site_date(check.since),
        n=check.compared,
        version=check.detector,
    )


def _likeness(finding: ReplayView, check: ReplayCheckView, words: Words) -> LikenessView:
    measured = words(
        "测得差异 {distance}(不超过 {threshold} 即提示;互不相干的画面约为 0.5) · {version}",
        distance=f"{finding.distance:.3f}",
        threshold=f"{check.threshold:g}",
        version=check.detector,
    )
    if finding.kind is ReplayKind.EXACT:
        measured = words("各组画面的数据 SHA-256 相同 · {version}", version=check.detector)
    own = Side(words("本课时"), finding.camera_code, *_span(finding.start, finding.end), "", None, "")
    return LikenessView(words(_KINDS[finding.kind]), measured, own, _twin(finding, words))


def _twin(finding: ReplayView, words: Words) -> Side:
    twin = finding.twin
    name, day, span = words("相似的一段"), *_span(twin.start, twin.end)
    if finding.kind is ReplayKind.LOOP or twin.same_lesson:
        return Side(name, twin.camera_code or "", day, span, words("同一课时"), None, "")
    if twin.lesson_hour_id is None:
        return Side(name, "", day, span, words("另一课时,不在您的查看范围内"), None, "")
    return Side(
        name, twin.camera_code or "", day, span, twin.place or "", f"/lessons/{twin.lesson_hour_id}", _clip(twin, words)
    )


def _clip(twin: TwinView, words: Words) -> str:
    if twin.has_clip:
        return words("打开那一课时的片段")
    return words("打开那一课时(中心没有这一段的片段)")


def _span(start: datetime, end: datetime) -> tuple[str, str]:
    return site_date(start), f"{clock_time(start)}–{clock_time(end)}"
