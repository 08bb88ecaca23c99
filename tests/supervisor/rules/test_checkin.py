"""Check-in windows, to the second, by the server's time (A-11, RULES 2.5)."""

from __future__ import annotations

from datetime import datetime

import pytest

from config.clock import CHINA
from config.profile import load_profile
from supervisor.rules.checkin import (
    CheckInDecision,
    CheckInReason,
    CheckInResult,
    Direction,
    SessionTimes,
    check_in_window,
    decide_check_in,
)

RULES = load_profile("140521-2024.1").checkin


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-23T{text}").replace(tzinfo=CHINA)


MORNING = SessionTimes(at("09:00"), at("11:50"))
ACCEPTED = CheckInDecision(CheckInResult.ACCEPTED, ())


def rejected(reason: CheckInReason) -> CheckInDecision:
    return CheckInDecision(CheckInResult.REJECTED, (reason,))


@pytest.mark.parametrize(
    ("time", "direction", "decision"),
    [
        ("08:29:59", Direction.IN, rejected(CheckInReason.TOO_EARLY)),
        ("08:29:59.999", Direction.IN, rejected(CheckInReason.TOO_EARLY)),
        ("08:30:00", Direction.IN, ACCEPTED),
        ("09:10:00", Direction.IN, ACCEPTED),
        ("09:10:00.999", Direction.IN, ACCEPTED),
        ("09:10:01", Direction.IN, rejected(CheckInReason.TOO_LATE)),
        ("11:39:59", Direction.OUT, rejected(CheckInReason.TOO_EARLY)),
        ("11:40:00", Direction.OUT, ACCEPTED),
        ("12:20:00", Direction.OUT, ACCEPTED),
        ("12:20:01", Direction.OUT, rejected(CheckInReason.TOO_LATE)),
    ],
)
def test_the_window_opens_and_closes_on_its_second(time: str, direction: Direction, decision: CheckInDecision) -> None:
    assert decide_check_in(at(time), direction, MORNING, RULES, on_roster=True, people_on_device=1) == decision


def test_the_window_is_known_beforehand() -> None:
    window = check_in_window(Direction.OUT, MORNING, RULES)
    assert (window.opens, window.closes) == (at("11:40"), at("12:20"))


def test_a_stranger_is_refused_before_the_time_is_looked_at() -> None:
    decision = decide_check_in(at("03:00"), Direction.IN, MORNING, RULES, on_roster=False, people_on_device=9)
    assert decision == rejected(CheckInReason.NOT_ON_ROSTER)


def test_without_a_session_there_is_nothing_to_check_in_to() -> None:
    decision = decide_check_in(at("09:00"), Direction.IN, None, RULES, on_roster=True, people_on_device=1)
    assert decision == rejected(CheckInReason.NO_SESSION)


def test_a_second_person_on_one_telephone_is_for_a_person_to_look_at() -> None:
    decision = decide_check_in(at("08:45"), Direction.IN, MORNING, RULES, on_roster=True, people_on_device=2)
    assert decision == CheckInDecision(CheckInResult.REVIEW, (CheckInReason.DEVICE_SHARED,))
    families = RULES.model_copy(update={"device_per_trainee": 2})
    assert decide_check_in(at("08:45"), Direction.IN, MORNING, families, on_roster=True, people_on_device=2) == ACCEPTED


def test_a_time_from_another_zone_is_the_same_moment() -> None:
    utc = datetime.fromisoformat("2026-11-23T00:30:00+00:00")
    assert decide_check_in(utc, Direction.IN, MORNING, RULES, on_roster=True, people_on_device=1) == ACCEPTED
