"""Whether a check-in (打卡) counts (A-11; RULES 1.5, 2.5). Decided by the server's time, never by the phone's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from config.profile import CheckInProofRules, CheckInRules
from supervisor.rules.geofence import Place
from supervisor.rules.rotating_code import CodeCheck

AS_BEFORE = CheckInProofRules(
    rotating_code="off",
    ticket_s=0,
    fence="off",
    device_changed="off",
    teacher_first=False,
    queued_max_s=0,
    skew_max_s=0,
    together_s=2,
    together_people=3,
)
"""Profiles without `checkin_proof`: only time and device decide."""


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


@dataclass(frozen=True, slots=True)
class PhoneTimes:
    """What the phone says of a check-in that waited for the network, by its own clock: tapped, and sent. Aware."""

    made_at: datetime
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Signs:
    """What is known of a check-in beside its time and its device. `place` None: not asked, or not agreed to.
    `changed_device`: this person checked in from another device before. `elsewhere`: checked in to another class whose
    session is at the same time."""

    place: Place | None = None
    code: CodeCheck = CodeCheck.NONE
    changed_device: bool = False
    elsewhere: bool = False


NOTHING_MORE = Signs()


def made_at(at: datetime, phone: PhoneTimes | None, proof: CheckInProofRules) -> datetime | None:
    """When a check-in received at `at` was made, by the server's clock: as long before `at` as the phone says it
    waited. None: it did not wait, waited too long, or the phone's clock is not believed."""
    if phone is None or not _believed(at, phone, proof):
        return None
    waited = phone.sent_at - phone.made_at
    return at - waited if timedelta(0) < waited <= timedelta(seconds=proof.queued_max_s) else None


def decide_check_in(
    at: datetime,
    direction: Direction,
    session: SessionTimes | None,
    rules: CheckInRules,
    *,
    on_roster: bool,
    people_on_device: int,
    proof: CheckInProofRules = AS_BEFORE,
    signs: Signs = NOTHING_MORE,
    phone: PhoneTimes | None = None,
) -> CheckInDecision:
    """The decision on a check-in that the server received at `at` (aware).

    `session` None: the class has none now. `people_on_device`: how many different people, this one included, this
    device has checked in for this session; families share telephones, so more than `device_per_trainee` is for a
    person to look at. `phone`: only a check-in that arrives after its window is asked when it was made.
    """
    refused = _refused(at, direction, session, rules, on_roster)
    late = refused is CheckInReason.TOO_LATE and phone is not None
    if late and phone is not None and not _believed(at, phone, proof):
        return CheckInDecision(CheckInResult.REJECTED, (CheckInReason.TOO_LATE, CheckInReason.CLOCK_SKEW))
    made = made_at(at, phone, proof) if late else None
    queued = made is not None and _refused(made, direction, session, rules, on_roster) is None
    if refused is not None and not queued:
        return CheckInDecision(CheckInResult.REJECTED, (refused,))
    bad_code = _bad_code(signs.code, proof)
    if bad_code is not None and proof.rotating_code == "required":
        return CheckInDecision(CheckInResult.REJECTED, (bad_code,))
    found = [
        CheckInReason.OFFLINE_LATE if queued else None,
        bad_code,
        _bad_place(signs.place, proof),
        CheckInReason.DEVICE_SHARED if people_on_device > rules.device_per_trainee else None,
        CheckInReason.DEVICE_CHANGED if signs.changed_device and proof.device_changed == "review" else None,
        CheckInReason.OVERLAPPING_CLASS if signs.elsewhere else None,
    ]
    reasons = tuple(reason for reason in found if reason is not None)
    return CheckInDecision(CheckInResult.REVIEW if reasons else CheckInResult.ACCEPTED, reasons)


def _believed(at: datetime, phone: PhoneTimes, proof: CheckInProofRules) -> bool:
    """The phone's clock is about right when it sends, and did not run backwards while it waited."""
    return abs(at - phone.sent_at) <= timedelta(seconds=proof.skew_max_s) and phone.made_at <= phone.sent_at


def _bad_code(code: CodeCheck, proof: CheckInProofRules) -> CheckInReason | None:
    if proof.rotating_code == "off" or code is CodeCheck.VALID:
        return None
    if code is CodeCheck.REPLAY:
        return CheckInReason.QR_REPLAY
    if code is CodeCheck.NONE and proof.rotating_code == "optional":
        return None
    return CheckInReason.QR_EXPIRED


def _bad_place(place: Place | None, proof: CheckInProofRules) -> CheckInReason | None:
    """For review at most: a position in a browser is whatever its owner likes."""
    if place is None or proof.fence == "off" or place.inside:
        return None
    return CheckInReason.LOW_ACCURACY if place.inside is None else CheckInReason.OUT_OF_FENCE


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
