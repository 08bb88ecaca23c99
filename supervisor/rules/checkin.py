"""Whether a check-in (打卡) counts (A-11; RULES 1.5, 2.5). Decided by the server's time, never by the phone's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from config.profile import CheckInRules


class Direction(StrEnum):
    IN = "in"
    OUT = "out"


class CheckInResult(StrEnum):
    ACCEPTED = "accepted"
    REVIEW = "review"  # counts, and a person looks at it
    REJECTED = "rejected"


class CheckInReason(StrEnum):
    """The codes of RULES 1.5. Those this module does not give belong to features that see more than time and device."""

    NOT_ON_ROSTER = "NOT_ON_ROSTER"
    NO_SESSION = "NO_SESSION"
    TOO_EARLY = "TOO_EARLY"
    TOO_LATE = "TOO_LATE"
    OUT_OF_FENCE = "OUT_OF_FENCE"
    LOW_ACCURACY = "LOW_ACCURACY"
    MOCK_LOCATION = "MOCK_LOCATION"
    QR_EXPIRED = "QR_EXPIRED"
    QR_REPLAY = "QR_REPLAY"
    DEVICE_SHARED = "DEVICE_SHARED"
    DEVICE_CHANGED = "DEVICE_CHANGED"
    OVERLAPPING_CLASS = "OVERLAPPING_CLASS"
    FACE_MISMATCH = "FACE_MISMATCH"
    CLOCK_SKEW = "CLOCK_SKEW"
    OFFLINE_LATE = "OFFLINE_LATE"
    MANUAL = "MANUAL"


@dataclass(frozen=True, slots=True)
class SessionTimes:
    """Start and end of a session (课次): a half-day, not a lesson hour. Aware times."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class CheckInWindow:
    """Open from the first second of `opens` to the last moment of the second `closes`."""

    opens: datetime
    closes: datetime


@dataclass(frozen=True, slots=True)
class CheckInDecision:
    result: CheckInResult
    reasons: tuple[CheckInReason, ...]


def check_in_window(direction: Direction, session: SessionTimes, rules: CheckInRules) -> CheckInWindow:
    """In: around the session's start; out: around its end."""
    if direction is Direction.IN:
        moment, before_min, after_min = session.start, rules.open_before_min, rules.close_after_min
    else:
        moment, before_min, after_min = session.end, rules.out_before_min, rules.out_after_min
    return CheckInWindow(moment - timedelta(minutes=before_min), moment + timedelta(minutes=after_min))


def decide_check_in(
    at: datetime,
    direction: Direction,
    session: SessionTimes | None,
    rules: CheckInRules,
    *,
    on_roster: bool,
    people_on_device: int,
) -> CheckInDecision:
    """The decision on a check-in that the server received at `at` (aware).

    `session` None: the class has none now. `people_on_device`: how many different people, this one included, this
    device has checked in for this session; families share telephones, so more than `device_per_trainee` is for a
    person to look at.
    """
    refused = _refused(at, direction, session, rules, on_roster)
    if refused is not None:
        return CheckInDecision(CheckInResult.REJECTED, (refused,))
    if people_on_device > rules.device_per_trainee:
        return CheckInDecision(CheckInResult.REVIEW, (CheckInReason.DEVICE_SHARED,))
    return CheckInDecision(CheckInResult.ACCEPTED, ())


def _refused(
    at: datetime, direction: Direction, session: SessionTimes | None, rules: CheckInRules, on_roster: bool
) -> CheckInReason | None:
    if not on_roster:
        return CheckInReason.NOT_ON_ROSTER
    if session is None:
        return CheckInReason.NO_SESSION
    window = check_in_window(direction, session, rules)
    second = at.replace(microsecond=0)  # people read clocks in seconds: the closing second is still open
    if second < window.opens:
        return CheckInReason.TOO_EARLY
    if second > window.closes:
        return CheckInReason.TOO_LATE
    return None
