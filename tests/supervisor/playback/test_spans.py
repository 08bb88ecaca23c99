"""A camera's day is put together from reports that overlap."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from supervisor.playback.spans import merged, steps, without

PAIRS = st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200)), max_size=12)


def seconds(spans: list[tuple[int, int]]) -> set[int]:
    return {at for start, end in spans for at in range(start, end)}


@given(PAIRS)
def test_the_union_has_every_instant_once_and_in_order(spans: list[tuple[int, int]]) -> None:
    found = merged(spans)
    assert seconds(found) == seconds(spans)
    assert all(end < start for (_, end), (start, _) in pairwise(found))


@given(PAIRS, PAIRS)
def test_a_gap_is_what_no_report_has_media_for(gaps: list[tuple[int, int]], spans: list[tuple[int, int]]) -> None:
    assert seconds(without(gaps, spans)) == seconds(gaps) - seconds(spans)


def test_two_reports_of_one_recording_may_differ_by_a_picture() -> None:
    assert merged([(0, 1000), (1040, 2000), (2500, 3000)], 100) == [(0, 2000), (2500, 3000)]


def test_who_checks_in_twice_is_in_once_and_who_leaves_is_out() -> None:
    events = [(30, "a", "out"), (10, "a", "in"), (20, "b", "in"), (20, "c", "in"), (25, "a", "in"), (40, "x", "out")]
    assert steps(events) == [(10, 1), (20, 3), (25, 3), (30, 2), (40, 2)]
