"""Camera acceptance (A-22): right in 95 % of samples, at three times of day."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.rules.acceptance import Acceptance, Session, accept

HOUR_MS = 3_600_000


def session(hour: float, exact: int = 36, samples: int = 36) -> Session:
    start = round(hour * HOUR_MS)
    return Session(start, start + 180_000, samples, exact)


def test_three_times_of_day_pass() -> None:
    assert accept([session(8), session(12), session(16)]) == Acceptance(3, True)
    assert accept([session(8), session(12)]) == Acceptance(2, False)
    assert accept([]) == Acceptance(0, False)


def test_the_same_light_twice_is_one_time_of_day_even_on_another_day() -> None:
    assert accept([session(8), session(9.9), session(24 + 8.5), session(12)]) == Acceptance(2, False)
    assert accept([session(23.5), session(24.5), session(12), session(18)]) == Acceptance(3, True)


GOOD = [(19, 20, True), (18, 20, False), (95, 100, True), (94, 100, False), (19, 19, False), (0, 0, False)]


@pytest.mark.rule("A-22")
@pytest.mark.parametrize(("exact", "samples", "good"), GOOD)
def test_nineteen_of_twenty(exact: int, samples: int, good: bool) -> None:
    assert accept([session(8), session(12), session(16, exact, samples)]).passed is good


def test_a_camera_that_got_worse_is_not_saved_by_an_old_success() -> None:
    good = [session(8), session(12), session(16)]
    assert not accept([*good, session(24 + 12.5, exact=10)]).passed
    assert accept([*good, session(24 + 12.5, exact=10), session(48 + 12)]).passed


def test_a_session_dated_far_ahead_does_not_speak_for_ever() -> None:
    ahead = session(24 * 365 + 12, exact=0)
    assert accept([ahead, session(8), session(12), session(16)]).passed


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 40), st.integers(0, 40)), max_size=12))
def test_at_most_twelve_times_of_day_and_a_wrong_one_never_passes(drawn: list[tuple[int, int, int]]) -> None:
    sessions = [session(hour / 2, min(exact, samples), samples) for hour, exact, samples in drawn]
    result = accept(sessions)
    assert result.times <= min(len(sessions), 12)
    if sessions and not sessions[-1].good:
        assert not result.passed
