from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.profile import load_profile
from supervisor.rules.verdict import VerdictState
from supervisor.rules.verdict_life import (
    DECIDABLE,
    FINAL,
    Counting,
    Decided,
    Drawn,
    Event,
    Explained,
    LifeFacts,
    Next,
    Objected,
    Result,
    Stage,
    explain_until,
    life,
    may_explain,
)

PROFILE = load_profile("140521-2024.3")
MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # 10:00 in China
HOUR = timedelta(hours=1)
PASS, REVIEW, FAIL = VerdictState.PASS, VerdictState.REVIEW, VerdictState.FAIL_PROPOSED


def at(hours: float) -> datetime:
    return MONDAY + hours * HOUR


def facts(state: VerdictState | None, *events: Event, first: int = 1, signs: frozenset[str] = frozenset()) -> LifeFacts:
    counting = None if state is None else Counting(state, first, first, MONDAY)
    return LifeFacts(counting, MONDAY + 72 * HOUR, signs, events)


def said(seq: int, hours: float, result: Result, version: int = 1, *, last: bool = False) -> Decided:
    return Decided(at(hours), seq, version, result, on_objection=last)


SIGN = frozenset({"WRONG_ROOM"})
DEADLINE = datetime(2026, 12, 2, 16, 0, tzinfo=UTC)
"""A decision on Wednesday the 25th: the fifth working day after is Wednesday the 2nd, to its end in China."""
UNFAVOURABLE = said(1, 50, Result.FAIL)
CASES: list[tuple[str, LifeFacts, float, Stage, Next, datetime | None]] = [
    ("nothing judged", facts(None), 1, Stage.NO_DATA_YET, Next.BOX, at(72)),
    ("judged without data", facts(VerdictState.NO_DATA_YET), 1, Stage.NO_DATA_YET, Next.BOX, at(72)),
    ("a pass", facts(PASS), 1, Stage.PASS, Next.NOBODY, None),
    ("a pass with a sign", facts(PASS, signs=SIGN), 1, Stage.REVIEW_OPEN, Next.INSPECTOR, None),
    ("drawn", facts(PASS, Drawn(at(1), 1)), 2, Stage.PASS_TO_RECHECK, Next.INSPECTOR, None),
    ("drawn before it became another", facts(PASS, Drawn(at(1), 1), first=2), 2, Stage.PASS, Next.NOBODY, None),
    ("confirmed", facts(PASS, Drawn(at(1), 1), said(1, 2, Result.PASS)), 3, Stage.FINAL_PASS, Next.NOBODY, None),
    ("doubted", facts(PASS, Drawn(at(1), 1), said(1, 2, Result.REVIEW)), 3, Stage.REVIEW_OPEN, Next.INSPECTOR, None),
    ("a review", facts(REVIEW), 1, Stage.REVIEW_OPEN, Next.INSPECTOR, None),
    ("a review decided", facts(REVIEW, said(1, 2, Result.PASS)), 3, Stage.DECIDED_PASS, Next.NOBODY, None),
    ("proposed", facts(FAIL), 0, Stage.FAIL_PROPOSED_EXPLAIN, Next.INSTITUTION, at(48)),
    ("one second left", facts(FAIL), 48 - 1 / 3600, Stage.FAIL_PROPOSED_EXPLAIN, Next.INSTITUTION, at(48)),
    ("nobody explained", facts(FAIL), 48, Stage.FAIL_PROPOSED_DECIDE, Next.INSPECTOR, None),
    ("explained", facts(FAIL, Explained(at(3))), 3, Stage.FAIL_PROPOSED_DECIDE, Next.INSPECTOR, None),
    ("explained before", facts(FAIL, Explained(at(-3))), 3, Stage.FAIL_PROPOSED_EXPLAIN, Next.INSTITUTION, at(48)),
    ("decided", facts(FAIL, UNFAVOURABLE), 51, Stage.DECIDED_FAIL, Next.INSTITUTION, DEADLINE),
    ("objected", facts(FAIL, UNFAVOURABLE, Objected(at(60), 1)), 61, Stage.OBJECTED, Next.OTHER_INSPECTOR, None),
    (
        "upheld",
        facts(FAIL, UNFAVOURABLE, Objected(at(60), 1), said(2, 70, Result.FAIL, last=True)),
        71,
        Stage.FINAL_FAIL,
        Next.NOBODY,
        None,
    ),
    (
        "overturned",
        facts(FAIL, UNFAVOURABLE, Objected(at(60), 1), said(2, 70, Result.PASS, last=True)),
        71,
        Stage.FINAL_PASS,
        Next.NOBODY,
        None,
    ),
    ("reopened by a pass", facts(PASS, UNFAVOURABLE, first=2), 51, Stage.REVIEW_OPEN, Next.INSPECTOR, None),
    (
        "reopened by a fail",
        facts(FAIL, said(1, -9, Result.PASS), first=2),
        1,
        Stage.FAIL_PROPOSED_EXPLAIN,
        Next.INSTITUTION,
        at(48),
    ),
    (
        "a sign nobody saw",
        facts(REVIEW, said(1, 2, Result.PASS), signs=SIGN),
        3,
        Stage.REVIEW_OPEN,
        Next.INSPECTOR,
        None,
    ),
    ("exempt", facts(VerdictState.EXEMPT), 1, Stage.EXEMPT, Next.NOBODY, None),
    ("exempt after all", facts(VerdictState.EXEMPT, UNFAVOURABLE, first=2), 51, Stage.EXEMPT, Next.NOBODY, None),
]


@pytest.mark.rule("A-28", "L18")
@pytest.mark.parametrize(
    ("told", "hours", "stage", "who", "until"), [one[1:] for one in CASES], ids=[c[0] for c in CASES]
)
def test_whose_turn_it_is(told: LifeFacts, hours: float, stage: Stage, who: Next, until: datetime | None) -> None:
    state = life(told, at(hours), PROFILE)
    assert (state.stage, state.next, state.until, state.final) == (stage, who, until, stage in FINAL)


@pytest.mark.parametrize(("before", "stage"), [(1, Stage.DECIDED_FAIL), (0, Stage.FINAL_FAIL)])
def test_a_decision_is_final_when_the_fifth_working_day_is_over(before: int, stage: Stage) -> None:
    assert life(facts(FAIL, UNFAVOURABLE), DEADLINE - timedelta(seconds=before), PROFILE).stage is stage


def test_a_further_version_that_says_the_same_changes_no_term_and_no_decision() -> None:
    again = Counting(FAIL, version=5, first_version=1, since=MONDAY)
    assert explain_until(again, PROFILE) == at(48)
    told = LifeFacts(again, at(72), frozenset(), (UNFAVOURABLE,))
    assert life(told, at(51), PROFILE).stage is Stage.DECIDED_FAIL


@pytest.mark.parametrize(
    ("told", "hours", "may"),
    [
        (facts(None), 1, True),  # Q14: the power was off
        (facts(REVIEW), 99, True),
        (facts(FAIL), 47, True),
        (facts(FAIL, Explained(at(3))), 47, True),  # and once more
        (facts(FAIL), 48, False),
        (facts(PASS), 1, False),
        (facts(FAIL, UNFAVOURABLE), 51, False),
    ],
)
def test_when_the_institution_may_explain(told: LifeFacts, hours: float, may: bool) -> None:
    assert may_explain(told, at(hours), PROFILE) is may


@pytest.mark.rule("L18")
def test_a_term_is_of_the_class_own_rules() -> None:
    longer = PROFILE.model_copy(update={"decision": PROFILE.decision.model_copy(update={"explain_hours": 72})})
    assert life(facts(FAIL), at(50), PROFILE).stage is Stage.FAIL_PROPOSED_DECIDE
    assert life(facts(FAIL), at(50), longer).stage is Stage.FAIL_PROPOSED_EXPLAIN


hours_ = st.floats(0, 400)
versions = st.integers(1, 4)
explained = hours_.map(lambda one: Explained(at(one)))
drawn = st.builds(lambda one, version: Drawn(at(one), version), hours_, versions)
objections = st.builds(lambda one, decision: Objected(at(one), decision), hours_, st.integers(1, 3))
decisions = st.builds(
    lambda one, seq, version, result, last: Decided(at(one), seq, version, result, on_objection=last),
    hours_,
    st.integers(1, 3),
    versions,
    st.sampled_from(Result),
    st.booleans(),
)
countings = st.builds(
    lambda state, first, more: Counting(state, first + more, first, MONDAY),
    st.sampled_from(VerdictState),
    versions,
    st.integers(0, 2),
)
any_facts = st.builds(
    lambda counting, events, signs: LifeFacts(counting, at(72), signs, tuple(events)),
    st.none() | countings,
    st.lists(explained | drawn | objections | decisions, max_size=8),
    st.sampled_from([frozenset[str](), SIGN]),
)


@given(any_facts, hours_)
@pytest.mark.rule("L18")
def test_a_fail_is_always_a_persons(told: LifeFacts, hours: float) -> None:
    stage = life(told, at(hours), PROFILE).stage
    if stage in (Stage.DECIDED_FAIL, Stage.OBJECTED, Stage.FINAL_FAIL):
        assert any(isinstance(one, Decided) and one.result is Result.FAIL for one in told.events)


@given(any_facts, hours_)
def test_the_order_of_the_list_changes_nothing(told: LifeFacts, hours: float) -> None:
    seqs = [one.seq for one in told.events if isinstance(one, Decided)]
    if len(seqs) == len(set(seqs)):
        other = LifeFacts(told.counting, told.box_until, told.signs, tuple(reversed(told.events)))
        assert life(told, at(hours), PROFILE) == life(other, at(hours), PROFILE)


@given(any_facts, hours_, hours_)
def test_time_alone_only_ends_terms(told: LifeFacts, one: float, other: float) -> None:
    """Between two moments nothing moves but from explaining to deciding, and from a decided fail to a final one."""
    before, after = (life(told, at(moment), PROFILE).stage for moment in sorted((one, other)))
    moves = {
        (Stage.FAIL_PROPOSED_EXPLAIN, Stage.FAIL_PROPOSED_DECIDE),
        (Stage.DECIDED_FAIL, Stage.FINAL_FAIL),
    }
    assert before == after or (before, after) in moves


@given(any_facts, hours_)
def test_what_is_final_waits_for_nobody(told: LifeFacts, hours: float) -> None:
    state = life(told, at(hours), PROFILE)
    assert state.final is (state.next is Next.NOBODY)
    assert not (state.final and state.stage in DECIDABLE)
    assert (state.until is not None) is (state.next in (Next.BOX, Next.INSTITUTION))
