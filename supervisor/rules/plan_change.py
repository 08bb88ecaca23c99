"""Changes to a plan that was approved (RULES 1.6 Q22, Q23; 2.6): asked before the lesson, decided by the county.

What is decided here and why:

- A request counts as of when it was asked. What is asked after the lesson has begun changes nothing: the old plan
  counts.
- An undecided request ends when the first lesson it concerns begins, for the same reason.
- A same-day emergency (a teacher fallen ill, a room without power) is in force as soon as it is told, because the
  lesson cannot wait. If the county refuses it or does not confirm it in time, what was held stays, and its lesson hours
  carry a code for the person who decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from config.errors import LessonProofError
from config.profile import ChangeRules, RegionProfile
from supervisor.rules.verdict import ReasonCode

DEFAULT = ChangeRules(
    emergency_confirm_hours=24, teacher_leave_hours=24, sick_paper_working_days=1, late_join_ratio=0.20
)
"""RULES 1.6 Q9, Q22; 2.6, for profiles that say nothing of changes."""

_CHINA = ZoneInfo("Asia/Shanghai")


class ChangeKind(StrEnum):
    SUBSTITUTE = "substitute"  # 替课
    MOVE = "move"  # 调课
    ROOM = "room"  # 换场地
    CANCEL = "cancel"  # 停课
    MAKEUP_LESSON = "makeup_lesson"  # 补课


class ChangeState(StrEnum):
    ASKED = "asked"  # the old plan counts until the county approves
    NOTIFIED = "notified"  # an emergency: in force, the county has yet to confirm
    APPROVED = "approved"
    REFUSED = "refused"
    LAPSED = "lapsed"  # not decided in time


OPEN = (ChangeState.ASKED, ChangeState.NOTIFIED)

UNAPPROVED: dict[ChangeKind, ReasonCode] = {
    ChangeKind.SUBSTITUTE: ReasonCode.NO_TEACHER,
    ChangeKind.MOVE: ReasonCode.OUTSIDE_PLAN,
    ChangeKind.ROOM: ReasonCode.WRONG_ROOM,
    ChangeKind.CANCEL: ReasonCode.OUTSIDE_PLAN,
}
"""What the lesson hours of an emergency carry that the county did not confirm (Q22). A make-up lesson is never one."""


def change_rules(profile: RegionProfile) -> ChangeRules:
    return profile.changes or DEFAULT


def decide_by(asked_at: datetime, begins: Sequence[datetime], rules: ChangeRules, *, emergency: bool) -> datetime:
    """Until when the county may decide. `begins`: starts of the lessons concerned, the old one and the new (aware).

    Raises LessonProofError CHANGE_AFTER_LESSON, CHANGE_NOT_TODAY (422; an emergency is of the same day).
    """
    first = min(begins)
    if first <= asked_at:
        raise LessonProofError(
            "CHANGE_AFTER_LESSON",
            status=422,
            zh="课已开始,不能再变更计划:以原计划为准",
            en="the lesson has begun: the plan as it was counts",
        )
    if not emergency:
        return first
    if first.astimezone(_CHINA).date() != asked_at.astimezone(_CHINA).date():
        raise LessonProofError(
            "CHANGE_NOT_TODAY",
            status=422,
            where="/emergency",
            zh="只有当天的课可以按紧急情况先行变更",
            en="an emergency is for a lesson of the same day",
        )
    return asked_at + timedelta(hours=rules.emergency_confirm_hours)


def state_at(state: ChangeState, until: datetime, now: datetime) -> ChangeState:
    """An open request that nobody decided by `until` has lapsed."""
    return ChangeState.LAPSED if state in OPEN and now >= until else state


@dataclass(frozen=True, slots=True)
class PlannedHour:
    """`makes_up_for`: the lesson hour it stands in for (补课). `void`: moved or cancelled."""

    id: str
    makes_up_for: str | None
    void: bool
    passed: bool


def hours_of_plan(hours: Iterable[PlannedHour]) -> dict[str, bool]:
    """Each lesson hour of the plan, and whether it counts (Q23): it passed itself, or one that makes up for it did.

    A make-up lesson adds no hour to the plan. A cancelled hour is in the plan only when it is made up for.
    """
    known = list(hours)
    held = [hour for hour in known if not hour.void]
    counts = {hour.id: hour.passed for hour in held if hour.makes_up_for is None}
    for hour in held:
        if hour.makes_up_for is not None:
            counts[hour.makes_up_for] = counts.get(hour.makes_up_for, False) or hour.passed
    return counts
