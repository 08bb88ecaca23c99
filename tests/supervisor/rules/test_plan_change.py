"""Plan changes: until when they may be asked and decided, and what a make-up lesson is worth."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.errors import LessonProofError
from supervisor.profiles import profile_named
from supervisor.rules.plan_change import (
    DEFAULT,
    UNAPPROVED,
    ChangeKind,
    ChangeState,
    PlannedHour,
    change_rules,
    decide_by,
    hours_of_plan,
    state_at,
)

NINE = datetime(2026, 11, 23, 1, tzinfo=UTC)  # 09:00 at the site
HOUR = timedelta(hours=1)


@pytest.mark.rule("A-14")
def test_a_change_is_decided_before_the_first_lesson_it_concerns() -> None:
    assert decide_by(NINE - HOUR, [NINE], DEFAULT, emergency=False) == NINE
    assert decide_by(NINE - HOUR, [NINE + 24 * HOUR, NINE], DEFAULT, emergency=False) == NINE
    assert decide_by(NINE - HOUR, [NINE], DEFAULT, emergency=True) == NINE + 23 * HOUR


MIDNIGHT = datetime(2026, 12, 31, 16, tzinfo=UTC)  # 1 January 2027, 00:00 at the site


@pytest.mark.rule("A-14")
@pytest.mark.parametrize(
    ("asked_at", "begins", "emergency", "code"),
    [
        (NINE, [NINE], False, "CHANGE_AFTER_LESSON"),
        (NINE + HOUR, [NINE], True, "CHANGE_AFTER_LESSON"),
        (NINE, [NINE + HOUR, NINE - HOUR], False, "CHANGE_AFTER_LESSON"),
        (NINE - 24 * HOUR, [NINE], True, "CHANGE_NOT_TODAY"),
        (
            MIDNIGHT - HOUR,
            [MIDNIGHT],
            True,
            "CHANGE_NOT_TODAY",
        ),  # 23:00 on 31 December: tomorrow, though the same UTC day
        (NINE - 2 * HOUR, [NINE], True, None),  # 07:00, though the day before in UTC
    ],
)
def test_what_is_asked_too_late_or_is_no_emergency(
    asked_at: datetime, begins: list[datetime], emergency: bool, code: str | None
) -> None:
    if code is None:
        assert decide_by(asked_at, begins, DEFAULT, emergency=emergency) > asked_at
        return
    with pytest.raises(LessonProofError) as error:
        decide_by(asked_at, begins, DEFAULT, emergency=emergency)
    assert error.value.code == code


@pytest.mark.rule("A-14")
def test_an_open_request_lapses_and_a_decided_one_does_not() -> None:
    assert state_at(ChangeState.NOTIFIED, NINE, NINE - HOUR) is ChangeState.NOTIFIED
    for state in ChangeState:
        open_before = state in (ChangeState.ASKED, ChangeState.NOTIFIED)
        assert state_at(state, NINE, NINE) is (ChangeState.LAPSED if open_before else state)


def test_every_kind_that_may_be_an_emergency_has_its_code() -> None:
    assert set(UNAPPROVED) == set(ChangeKind) - {ChangeKind.MAKEUP_LESSON}


def test_profiles_that_say_nothing_of_changes_have_the_defaults() -> None:
    assert profile_named("140521-2024.1").changes is None
    assert change_rules(profile_named("140521-2024.1")) == DEFAULT == change_rules(profile_named("140521-2024.3"))


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        ([PlannedHour("a", None, False, True)], {"a": True}),
        ([PlannedHour("a", None, True, False)], {}),  # moved or cancelled: not in the plan
        ([PlannedHour("a", None, False, False), PlannedHour("m", "a", False, True)], {"a": True}),
        ([PlannedHour("a", None, False, False), PlannedHour("m", "a", False, False)], {"a": False}),
        ([PlannedHour("a", None, True, False), PlannedHour("m", "a", False, True)], {"a": True}),  # cancelled, made up
        ([PlannedHour("a", None, False, True), PlannedHour("m", "a", False, False)], {"a": True}),
        ([PlannedHour("a", None, False, False), PlannedHour("m", "a", True, True)], {"a": False}),  # itself moved away
    ],
)
def test_a_make_up_lesson_replaces_the_hour_only_if_it_passes(
    hours: list[PlannedHour], expected: dict[str, bool]
) -> None:
    assert hours_of_plan(hours) == expected


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 5)), max_size=12))
def test_make_up_lessons_never_add_an_hour_nor_take_one_away(rows: list[tuple[bool, bool, int]]) -> None:
    plan = [PlannedHour(f"h{index}", None, False, passed) for index, (passed, _, _) in enumerate(rows)]
    tries = [
        PlannedHour(f"m{index}", f"h{which}", void, passed)
        for index, (passed, void, which) in enumerate(rows)
        if which < len(rows)
    ]
    without, with_them = hours_of_plan(plan), hours_of_plan([*plan, *tries])
    assert with_them.keys() == without.keys()
    assert all(with_them[hour] for hour, counts in without.items() if counts)
