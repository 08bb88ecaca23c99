"""What may go: whatever the box holds and whatever the clocks say, nothing in term and nothing that is still needed."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.disk.ladder import Held, Hour, Terms, choose
from storage.retention import DAY_MS

LEAST_DAYS = 30
NOW = 400 * DAY_MS
HOUR = 3_600_000


def segment(age_days: float, key: int = 1, **changes: object) -> Held:
    start = NOW - round(age_days * DAY_MS)
    return replace(Held("segment", key, start, start + 60_000, start, 100), **changes)


def clip(age_days: float, key: str = "a", delivered: bool = True) -> Held:
    start = NOW - round(age_days * DAY_MS)
    return Held("clip", key, start, start + HOUR, start + HOUR, 50, delivered)


TERMS = Terms(NOW, 90)


def keys(chosen: list[Held]) -> list[int | str]:
    return [one.key for one in chosen]


def test_raw_recordings_go_after_their_term_oldest_first_although_the_disk_is_not_short() -> None:
    held = [segment(95, 1), segment(200, 2), segment(89, 3), segment(91, 4)]
    assert keys(choose(held, [], TERMS, 0)) == [2, 1, 4]


def test_the_term_is_that_of_the_lesson_hour() -> None:
    long, short = segment(120, 1), segment(60, 2)
    hours = [
        Hour(long.start_ms - HOUR, long.end_ms + HOUR, raw_days=180, settled=True),
        Hour(short.start_ms - HOUR, short.end_ms + HOUR, raw_days=30, settled=True),
    ]
    assert keys(choose([long, short], hours, TERMS, 10**9)) == [2]


def test_no_profile_goes_below_thirty_days() -> None:
    young = segment(29)
    hour = Hour(young.start_ms, young.end_ms, raw_days=1, settled=True)
    assert choose([young], [hour], Terms(NOW, 1), 10**9) == []


def test_what_a_lesson_hour_still_needs_stays_whatever_its_age() -> None:
    old = segment(300)
    waiting = Hour(old.end_ms, old.end_ms + HOUR, raw_days=30, settled=False)  # touching is enough
    assert choose([old], [waiting], TERMS, 10**9) == []


def test_copies_of_clips_go_only_when_the_disk_is_short_and_no_more_than_needed() -> None:
    held = [clip(100, "young"), clip(300, "old"), clip(200, "middle"), segment(95, 1)]
    assert keys(choose(held, [], TERMS, 0)) == [1]
    assert keys(choose(held, [], TERMS, 100)) == [1]
    assert keys(choose(held, [], TERMS, 101)) == [1, "old"]
    assert keys(choose(held, [], TERMS, 10**9)) == [1, "old", "middle", "young"]


def test_a_clip_the_centre_does_not_hold_never_goes() -> None:
    assert choose([clip(399, delivered=False)], [], TERMS, 10**9) == []


def test_a_clock_that_runs_ahead_deletes_nothing() -> None:
    """The centre last answered yesterday, by this box's clock; then the clock jumped a year."""
    assert choose([segment(50)], [], Terms(NOW - DAY_MS, 90), 10**9) == []
    assert choose([segment(399)], [], Terms(None, 90), 10**9) == []


def test_a_file_dated_by_a_clock_that_was_set_back_is_as_old_as_what_was_recorded_before_it() -> None:
    assert choose([segment(365, recorded_ms=NOW - 10 * DAY_MS)], [], TERMS, 10**9) == []


def test_without_any_known_profile_nothing_goes() -> None:
    assert choose([segment(399)], [], Terms(NOW, None), 10**9) == []


moments = st.integers(0, NOW + 10 * DAY_MS)
held = st.builds(
    lambda what, key, start, length, recorded, size, delivered: Held(
        what, key, start, start + length, recorded, size, delivered
    ),
    st.sampled_from(["segment", "clip"]), st.integers(), moments, st.integers(0, 24 * HOUR), moments,
    st.integers(0, 10**9), st.booleans(),
)  # fmt: skip
hours = st.builds(
    lambda start, length, days, settled, held: Hour(start, start + length, days, settled, held),
    moments, st.integers(1, 24 * HOUR), st.integers(0, 400), st.booleans(), st.booleans(),
)  # fmt: skip
terms = st.builds(Terms, st.none() | moments, st.none() | st.integers(0, 400))


@given(st.lists(held, max_size=30), st.lists(hours, max_size=12), terms, st.integers(0, 10**12))
@settings(max_examples=300)
def test_nothing_in_term_is_ever_chosen(holdings: list[Held], lessons: list[Hour], given: Terms, short: int) -> None:
    chosen = choose(holdings, lessons, given, short)
    for one in chosen:
        touching = [hour for hour in lessons if hour.start_ms <= one.end_ms and hour.end_ms >= one.start_ms]
        assert all(hour.settled and not hour.held for hour in touching)
        assert given.today_ms is not None and given.longest_days is not None
        days = max([LEAST_DAYS, *(hour.raw_days for hour in touching)])
        assert one.end_ms + days * DAY_MS <= given.today_ms
        assert one.recorded_ms + LEAST_DAYS * DAY_MS <= given.today_ms
        if not touching:
            assert one.end_ms + given.longest_days * DAY_MS <= given.today_ms
        assert one.what == "segment" or (one.delivered and short > 0)
    assert len(chosen) <= len(holdings)


@given(st.lists(held, max_size=30), st.lists(hours, max_size=12), terms, st.integers(0, 10**9))
@settings(max_examples=100)
def test_a_shorter_disk_never_spares_what_a_longer_one_lets_go(holdings, lessons, given: Terms, short: int) -> None:
    less = choose(holdings, lessons, given, short)
    assert choose(holdings, lessons, given, short * 2 + 1)[: len(less)] == less
