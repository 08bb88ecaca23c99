"""Continuity: the golden vectors of RULES 1.4 and what must hold for any recording whatsoever."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.profile import LessonRules, load_profile
from supervisor.rules.continuity import Recording, clip, longest_ms, merge, subtract
from supervisor.rules.evidence import Span
from tests.support.lesson_evidence import pieces, spans

COUNTY = load_profile("140521-2024.1").lesson
STRICT = COUNTY.model_copy(update={"max_join_gap_s": 0})
SHORT = COUNTY.model_copy(update={"clip_min_s": 60, "minutes": 5})  # windows of a minute, for many small examples
HOUR_MS = 300_000


def stretches(media, rules):
    return Recording(media, rules).stretches()


def windows(media, rules):
    recording = Recording(media, rules)
    return recording.windows(recording.stretches())


GOLDEN = [
    ("600 s unbroken", [(0, 600)], 600, 600, True),
    ("599.9 s", [(0, 599.9)], 599.9, 599.9, False),
    ("3 s reconnect in 600 s of wall time", [(0, 300), (303, 600)], 300, 597, False),
    ("3 s reconnect in 603 s of wall time", [(0, 300), (303, 603)], 300, 600, True),
    ("two 5-minute pieces", [(0, 300), (900, 1200)], 300, 300, False),
    ("two recorders that overlap", [(0, 400), (390, 640)], 640, 640, True),
]


@pytest.mark.parametrize(("name", "recorded", "strict_s", "joined_s", "window"), GOLDEN, ids=[row[0] for row in GOLDEN])
def test_golden_vectors_of_continuity(name, recorded, strict_s, joined_s, window) -> None:
    media = merge(spans(*recorded))
    assert longest_ms(stretches(media, STRICT)) == round(strict_s * 1000)
    assert longest_ms(stretches(media, COUNTY)) == round(joined_s * 1000)
    assert bool(windows(media, COUNTY)) is window


def found(*recorded: tuple[float, float], rules: LessonRules = COUNTY):
    return windows(merge(spans(*recorded)), rules)


def test_nine_minutes_twice_with_a_minute_between_hold_no_window() -> None:
    assert found((0, 540), (600, 1140)) == ()


def test_exactly_ten_minutes_hold_exactly_one_window() -> None:
    assert [(one.start_ms, one.end_ms) for one in found((12.345, 612.345))] == [(12_345, 612_345)]


def test_windows_step_by_the_profile_and_end_with_the_last_possible_start() -> None:
    assert [one.start_ms for one in found((0, 612))] == [0, 5_000, 10_000, 12_000]


def test_a_gap_as_long_as_allowed_joins_and_a_millisecond_more_does_not() -> None:
    assert len(found((0, 300), (305, 605))) == 1
    assert found((0, 300), (305.001, 605.001)) == ()


def test_three_short_gaps_join_and_a_fourth_does_not() -> None:
    three = [(0, 150), (152, 302), (304, 454), (456, 606)]
    assert found(*three)[0].gaps == 3
    four = [(0, 120), (130 - 5, 245), (250, 370), (375, 495), (500, 620)]
    assert found(*four) == ()


def test_the_sum_of_gaps_is_bounded_too() -> None:
    rules = COUNTY.model_copy(update={"max_join_gap_sum_s": 8})
    assert found((0, 200), (204, 404), (408, 608), rules=rules)[0].gap_ms == 8_000
    assert found((0, 200), (204, 404), (408.1, 608.1), rules=rules) == ()


def test_a_line_that_flickers_within_five_seconds_has_interrupted_once() -> None:
    window = found((0, 300), (301, 302), (304, 603))[0]
    assert (window.gaps, window.gap_ms, window.media_ms) == (1, 3_000, 600_000)


def test_among_many_gaps_the_stretch_with_few_is_found() -> None:
    broken = [(at, at + 30) for at in range(0, 400, 40)]
    assert found(*broken, (500, 1100))[0].start_ms == 500_000


def test_clip_and_subtract_cut_to_the_millisecond() -> None:
    media = merge(spans((-60, 100), (200, 300)))
    assert clip(media, 0, 250_000) == spans((0, 100), (200, 250))
    assert subtract(media, merge(spans((-70, -50), (50, 60), (90, 210), (300, 400)))) == spans(
        (-50, 50), (60, 90), (210, 300)
    )


@given(pieces(HOUR_MS), st.randoms(use_true_random=False))
def test_order_and_cutting_of_spans_do_not_matter(media: tuple[Span, ...], random: Random) -> None:
    cut = []
    for span in media:
        middle = random.randint(span.start_ms, span.end_ms)
        cut += [Span(span.start_ms, middle), Span(middle, span.end_ms), Span(span.start_ms, span.end_ms)]
    random.shuffle(cut)
    assert merge(cut) == merge(media)


@given(pieces(HOUR_MS), pieces(HOUR_MS, size=6, longest_ms=4_000))
def test_more_media_never_turns_a_window_away(media: tuple[Span, ...], more: tuple[Span, ...]) -> None:
    before, after = merge(media), merge(media + more)
    assert longest_ms(stretches(after, SHORT)) >= longest_ms(stretches(before, SHORT))
    assert bool(windows(after, SHORT)) >= bool(windows(before, SHORT))


@given(pieces(HOUR_MS))
def test_gap_time_is_never_counted(media: tuple[Span, ...]) -> None:
    recorded = merge(media)
    for window in windows(recorded, SHORT):
        inside = sum(piece.length_ms for piece in clip(recorded, window.start_ms, window.end_ms))
        assert inside == window.media_ms == 60_000
        assert window.gap_ms == window.end_ms - window.start_ms - inside <= 15_000
        assert window.gaps <= SHORT.max_join_gaps


@given(pieces(HOUR_MS))
def test_strict_is_never_longer_than_joined_and_joined_never_than_all(media: tuple[Span, ...]) -> None:
    recorded = merge(media)
    strict = max((piece.length_ms for piece in recorded), default=0)
    joined = longest_ms(stretches(recorded, SHORT))
    assert strict <= joined <= sum(piece.length_ms for piece in recorded)
    assert strict == longest_ms(stretches(recorded, SHORT.model_copy(update={"max_join_gap_s": 0})))


@given(pieces(HOUR_MS))
def test_there_is_a_window_exactly_when_the_longest_stretch_is_long_enough(media: tuple[Span, ...]) -> None:
    recorded = merge(media)
    assert bool(windows(recorded, SHORT)) == (longest_ms(stretches(recorded, SHORT)) >= 60_000)


def continuous(part: tuple[Span, ...]) -> bool:
    """The definition, without any cleverness: walk over the gaps and keep count."""
    lost, count, covered_to = 0, 0, None
    for one, two in pairwise(part):
        gap = two.start_ms - one.end_ms
        lost += gap
        if covered_to is None or two.start_ms > covered_to:
            count, covered_to = count + 1, one.end_ms + 5_000
        if gap > 5_000:
            return False
    return lost <= 15_000 and count <= 3


@given(
    pieces(HOUR_MS, longest_ms=30_000, longest_gap_ms=6_000) | pieces(HOUR_MS, longest_ms=3_000, longest_gap_ms=1_500)
)
def test_the_longest_stretch_is_the_one_found_by_trying_all(media: tuple[Span, ...]) -> None:
    recorded = merge(media)
    every = [recorded[first:last] for first in range(len(recorded)) for last in range(first + 1, len(recorded) + 1)]
    longest = max((sum(piece.length_ms for piece in part) for part in every if continuous(part)), default=0)
    assert longest_ms(stretches(recorded, COUNTY)) == longest
