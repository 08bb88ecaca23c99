"""Conditions of pictures folded into spans, whatever the rhythm of the pictures."""

from __future__ import annotations

from itertools import accumulate, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.vision.conditions import LASTING, LONGEST_GAP_MS, Condition, ConditionSpan, Lasting, Sample, spans

S = 1000
GAPS = st.one_of(st.integers(2 * S, 30 * S), st.just(LONGEST_GAP_MS + 1))


def series(shown: str, condition: Condition, every_ms: int = 2 * S) -> list[Sample]:
    """One sample a letter: x shows it."""
    return [(number * every_ms, {condition} if letter == "x" else set()) for number, letter in enumerate(shown)]


@pytest.mark.parametrize(
    ("condition", "shown", "every_s", "expected"),
    [
        (Condition.FROZEN, "..xxxx..", 2, []),  # 8 s since the picture before
        (Condition.FROZEN, "..xxxxx..", 2, [(2, 14)]),
        (Condition.FROZEN, "..xx.xxx..", 2, [(2, 16)]),  # one picture that coding made differ
        (Condition.FROZEN, "..xx..xxx..", 2, []),
        (Condition.FROZEN, "..x..", 30, [(30, 90)]),  # one comparison over 30 s proves them
        (Condition.FROZEN, "xxxxxx", 2, [(0, 10)]),
        (Condition.BLACK, ".x.", 2, []),
        (Condition.BLACK, ".xx.", 2, [(2, 6)]),
        (Condition.BLACK, ".x.x.", 2, [(2, 8)]),
        (Condition.COVERED, "..xx", 30, [(60, 90)]),
        (Condition.MOVED, ".xxxxx.", 2, []),  # 8 s
        (Condition.MOVED, ".xxxxxx.", 2, [(2, 14)]),
        (Condition.MOVED, ".xx.", 30, []),  # two pictures are no proof
        (Condition.MOVED, ".xxx.", 30, [(30, 120)]),
        (Condition.BLURRED, ".xxxxxx.", 2, [(2, 14)]),
    ],
)
def test_a_condition_counts_once_it_lasts(
    condition: Condition, shown: str, every_s: int, expected: list[tuple[int, int]]
) -> None:
    found = spans(series(shown, condition, every_s * S))
    assert found == [ConditionSpan(start * S, end * S, condition) for start, end in expected]


def test_a_gap_in_the_pictures_ends_a_span() -> None:
    before = series("xxxx", Condition.BLACK)
    after = [(at_ms + 200 * S, conditions) for at_ms, conditions in before]
    assert spans(before + after) == [
        ConditionSpan(0, 6 * S, Condition.BLACK), ConditionSpan(200 * S, 206 * S, Condition.BLACK)
    ]  # fmt: skip


def test_a_picture_frozen_across_a_gap_is_not_said_to_have_stood_still_in_it() -> None:
    late = [(100 * S + number * 2 * S, {Condition.FROZEN}) for number in range(7)]
    assert spans([(0, set()), *late]) == [ConditionSpan(100 * S, 112 * S, Condition.FROZEN)]


@pytest.mark.parametrize("later_ms", [0, -1])
def test_samples_out_of_order_are_refused(later_ms: int) -> None:
    with pytest.raises(ValueError, match="order"):
        spans([(5, set()), (5 + later_ms, set())])


def test_every_condition_has_its_minimum() -> None:
    assert set(LASTING) == set(Condition)
    assert spans([]) == spans([(0, set(Condition))]) == []


def _in_order(steps: list[tuple[int, frozenset[Condition]]]) -> list[Sample]:
    times = accumulate(step for step, _ in steps)
    return [(at_ms, seen) for at_ms, (_, seen) in zip(times, steps, strict=True)]


# Two conditions suffice to meet each other: one a comparison with the picture before, one not.
SEEN = st.sampled_from([frozenset(), *map(frozenset, ({Condition.FROZEN}, {Condition.MOVED}, {*Condition}))])
HISTORIES = st.lists(st.tuples(GAPS, SEEN), max_size=16).map(_in_order)
"""Samples 2 to 30 s apart and out of rhythm, now and then a long gap."""


@settings(max_examples=50)
@given(HISTORIES)
def test_spans_say_only_what_was_seen(samples: list[Sample]) -> None:
    times = [at_ms for at_ms, _ in samples]
    found = spans(samples)
    assert found == sorted(found)
    for span in found:
        assert span.start_ms < span.end_ms and {span.start_ms, span.end_ms} <= set(times)
        inside = [(at_ms, seen) for at_ms, seen in samples if span.start_ms <= at_ms <= span.end_ms]
        assert all(later[0] - before[0] <= LONGEST_GAP_MS for before, later in pairwise(inside))
        shown = [span.condition in seen for _, seen in inside]
        needed = LASTING[span.condition]
        assert sum(shown) >= needed.min_samples and span.end_ms - span.start_ms >= needed.min_ms
        assert shown[0] or (needed.since_before and shown[1])
        middle = shown[1:-1]
        assert not any(not one and not other for one, other in pairwise(middle))
    for condition in Condition:
        own = [span for span in found if span.condition is condition]
        assert all(before.end_ms <= later.start_ms for before, later in pairwise(own))


@settings(max_examples=50)
@given(HISTORIES)
def test_whatever_lasts_without_a_break_is_in_a_span(samples: list[Sample]) -> None:
    found = spans(samples)
    for condition, needed in LASTING.items():
        run: list[int] = []
        for number, (at_ms, seen) in enumerate(samples):
            gap = number and at_ms - samples[number - 1][0] > LONGEST_GAP_MS
            if gap or condition not in seen:
                run = []
            if condition in seen:
                run.append(at_ms)
            if len(run) >= needed.min_samples and run[-1] - run[0] >= needed.min_ms and len(run) > 1:
                assert any(
                    span.condition is condition and span.start_ms <= run[0] and run[-1] <= span.end_ms for span in found
                )


@settings(max_examples=50)
@given(HISTORIES, st.integers(-(10**9), 10**9))
def test_spans_move_with_time_and_conditions_do_not_disturb_each_other(samples: list[Sample], later_ms: int) -> None:
    found = spans(samples)
    assert [ConditionSpan(one.start_ms + later_ms, one.end_ms + later_ms, one.condition) for one in found] == spans(
        [(at_ms + later_ms, seen) for at_ms, seen in samples]
    )
    alone = [spans(samples, {condition: needed}) for condition, needed in LASTING.items()]
    assert found == sorted(span for own in alone for span in own)


def test_no_span_is_empty_even_when_one_picture_is_enough() -> None:
    assert spans([(0, {Condition.BLACK})], {Condition.BLACK: Lasting(0, 1)}) == []
