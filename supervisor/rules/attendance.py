"""Who attends a lesson hour, from the check-ins of its session (RULES 1.6 Q5, Q9, Q10; A-14).

What is decided here and why:

- A check-in under REVIEW counts and is flagged. The verdict then requires that person to be visible, which is the
  stricter reading: the lie it guards against is claiming somebody who is not there.
- A check-in by hand (补签) counts at the time it speaks of, and is flagged.
- Approved leave wins over a check-in until the leave is withdrawn: not required, not counted, no hour earned.
- Whoever forgets to check out has stayed to the end; the missing exit is for the anomaly list, not for this hour.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from config.profile import AttendanceRules
from supervisor.rules.checkin import CheckInResult, Direction
from supervisor.rules.evidence import Attendance
from supervisor.rules.lesson_hours import LessonSlot


class AttendanceStatus(StrEnum):
    """A-14. `EXCEPTION` is set by people only, never computed."""

    NORMAL = "normal"
    LATE = "late"
    EARLY_LEAVE = "early_leave"
    ABSENT = "absent"
    LEAVE = "leave"
    MAKEUP = "makeup"
    EXCEPTION = "exception"


@dataclass(frozen=True, slots=True)
class CheckInFact:
    """One check-in of the session, of any result. `by_hand`: an approved correction; `at` is the time it speaks of."""

    trainee: str  # opaque roster reference
    direction: Direction
    at: datetime  # server time, aware
    result: CheckInResult
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class TraineeHour:
    """One trainee in one lesson hour. `flagged`: a person should look at a check-in this rests on."""

    trainee: str
    status: AttendanceStatus
    attends: bool
    flagged: bool


@dataclass(frozen=True, slots=True)
class _Stay:
    entered: CheckInFact
    left: CheckInFact | None


def attendance(
    slot: LessonSlot,
    roster: Sequence[str],
    check_ins: Iterable[CheckInFact],
    on_leave: Collection[str],
    rules: AttendanceRules,
) -> tuple[TraineeHour, ...]:
    """One entry per roster row, in roster order. `check_ins`: of this slot's session only."""
    by_trainee: dict[str, list[CheckInFact]] = {}
    for fact in check_ins:
        if fact.result is not CheckInResult.REJECTED:
            by_trainee.setdefault(fact.trainee, []).append(fact)
    return tuple(
        TraineeHour(trainee, AttendanceStatus.LEAVE, attends=False, flagged=False)
        if trainee in on_leave
        else _hour(trainee, slot, _stays(by_trainee.get(trainee, [])), rules)
        for trainee in roster
    )


def as_evidence(hours: Sequence[TraineeHour], teachers_in_zone: int) -> Attendance:
    """The part of a lesson hour's evidence that says who must be visible."""
    return Attendance(
        present=tuple(hour.trainee for hour in hours if hour.attends),
        on_leave=tuple(hour.trainee for hour in hours if hour.status is AttendanceStatus.LEAVE),
        roster=len(hours),
        teachers_in_zone=teachers_in_zone,
    )


def _stays(facts: list[CheckInFact]) -> list[_Stay]:
    """Each from an in to the next out; a second in changes nothing, an out without an in says nothing."""
    stays: list[_Stay] = []
    entered: CheckInFact | None = None
    for fact in sorted(facts, key=lambda one: (one.at, one.direction)):  # at the same instant: in before out
        if fact.direction is Direction.IN:
            entered = entered or fact
        elif entered is not None:
            stays.append(_Stay(entered, fact))
            entered = None
    return [*stays, _Stay(entered, None)] if entered is not None else stays


def _hour(trainee: str, slot: LessonSlot, stays: list[_Stay], rules: AttendanceRules) -> TraineeHour:
    """Q10: up to `late_max_min` late or early the hour counts; beyond, this hour does not, others may."""
    tolerance = timedelta(minutes=rules.late_max_min)
    status = AttendanceStatus.ABSENT
    for stay in stays:
        left_at = slot.end if stay.left is None else stay.left.at
        if stay.entered.at >= slot.end or left_at <= slot.start:
            continue
        if stay.entered.at > slot.start + tolerance:
            status = AttendanceStatus.LATE
        elif left_at < slot.end - tolerance:
            status = AttendanceStatus.EARLY_LEAVE
        else:
            return _attending(trainee, slot, stay)
    return TraineeHour(trainee, status, attends=False, flagged=False)


def _attending(trainee: str, slot: LessonSlot, stay: _Stay) -> TraineeHour:
    facts = [fact for fact in (stay.entered, stay.left) if fact is not None]
    if any(fact.by_hand for fact in facts):
        status = AttendanceStatus.MAKEUP
    elif stay.entered.at > slot.start:
        status = AttendanceStatus.LATE
    elif stay.left is not None and stay.left.at < slot.end:
        status = AttendanceStatus.EARLY_LEAVE
    else:
        status = AttendanceStatus.NORMAL
    flagged = any(fact.by_hand or fact.result is CheckInResult.REVIEW for fact in facts)
    return TraineeHour(trainee, status, attends=True, flagged=flagged)
