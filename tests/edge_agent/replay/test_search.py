"""Replays are told from honest other days on drawn classrooms, through H.264; nothing here speaks of real rooms."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.replay.fingerprint import fingerprints, mirrored
from edge_agent.replay.search import THRESHOLD, Match, between, clearest, within
from edge_agent.replay.track import Track
from supervisor.rules.evidence import ReplayKind
from tests.support.moving_room import (
    Film,
    Grey,
    MovingRoom,
    degraded,
    faster,
    grain,
    key_frames,
    later,
    looped,
    mirror,
    off_a_screen,
    shifted_clock,
    track_of,
)

SECONDS, DAY_MS = 200, 86_400_000
FIRST = MovingRoom(1, SECONDS + 60)
TREATED: dict[str, Film] = {
    "re-encoded": FIRST.picture,
    "another clock": shifted_clock(FIRST.picture, "2026-11-24"),
    "cropped, gamma, noise": degraded(FIRST.picture),
    "off a screen": off_a_screen(FIRST.picture),
    "5 % faster": faster(FIRST.picture, 1.05),
}


@cache
def day(number: int, group_s: float = 1) -> Track:
    """Day 1 is the one that is replayed."""
    room = FIRST if number == 1 else MovingRoom(number, SECONDS + 60)
    return track_of(*key_frames(room.picture, SECONDS, group_s), start_ms=number * DAY_MS, seconds=SECONDS)


def replayed(film: Film, group_s: float = 1, start_ms: int = 9 * DAY_MS) -> Track:
    """On day 9, half a group of pictures off, so that key frames fall between those of day 1; at another bit rate."""
    pictures, at_ms = key_frames(later(film, group_s / 2), SECONDS, group_s, bit_rate=350_000)
    return track_of(pictures, at_ms, start_ms=start_ms, seconds=SECONDS)


@pytest.mark.parametrize("treatment", TREATED)
def test_a_treated_replay_is_found_with_both_spans(treatment: str) -> None:
    """At the rarest key frames that are checked."""
    found = between(replayed(TREATED[treatment], group_s=2), day(1, group_s=2)).matches
    (match,) = clearest(found)
    assert match.kind is ReplayKind.SAME_VIEW and 0 < match.distance <= THRESHOLD
    assert match.end_ms - match.start_ms >= 0.7 * SECONDS * 1000
    assert abs(match.start_ms - match.twin_start_ms - 8 * DAY_MS) <= 5000


def test_a_mirrored_replay_is_found_and_called_so() -> None:
    (match,) = clearest(between(replayed(mirror(FIRST.picture)), day(1)).matches)
    assert match.kind is ReplayKind.MIRRORED and match.distance <= THRESHOLD


def test_part_of_a_lesson_hour_replayed_is_found_where_it_lies() -> None:
    other = MovingRoom(5, SECONDS + 60)
    spliced = replayed(lambda second: FIRST.picture(second) if second >= 90 else other.picture(second))
    (match,) = clearest(between(spliced, day(1)).matches)
    assert 70_000 <= match.start_ms - spliced.start_ms <= 110_000


@pytest.mark.parametrize("number", [2, 3])
def test_honest_other_days_and_their_own_hour_are_not_flagged(number: int) -> None:
    compared = between(day(number), day(1))
    assert compared.matches == [] and compared.nearest > 1.3 * THRESHOLD
    assert within(day(number)).matches == []


def test_a_loop_inside_a_lesson_hour_is_found_with_its_last_round() -> None:
    loop = track_of(*key_frames(looped(FIRST.picture, 60), SECONDS), seconds=SECONDS)
    match = clearest(within(loop).matches)[0]
    assert match.kind is ReplayKind.LOOP and match.distance < THRESHOLD / 2
    assert abs(match.start_ms - match.twin_start_ms - 60_000) <= 2000


def test_the_same_moment_of_the_same_camera_in_two_lesson_hours_is_no_replay() -> None:
    first = day(1)
    twin = Track(day(2).lesson_hour_id, *(getattr(first, name) for name in list(Track.__slots__)[1:]))
    assert between(twin, first).matches == []


def test_a_room_in_which_nobody_moves_has_no_fingerprint() -> None:
    still = MovingRoom(3, SECONDS + 60, people=0)

    def empty(second: float) -> Grey:
        return np.clip(still.walls + grain(second, 5), 0, 255).astype(np.uint8)

    track = track_of(*key_frames(empty, SECONDS), seconds=SECONDS)
    assert track.described_ms == 0
    assert within(track).matches == []


def test_a_mirrored_picture_has_the_mirrored_fingerprint() -> None:
    pictures, at_ms = key_frames(FIRST.picture, 40)
    plain, _ = fingerprints(pictures, at_ms)
    flipped, _ = fingerprints(np.ascontiguousarray(pictures[:, :, ::-1]), at_ms)
    differing = np.bitwise_count(mirrored(plain.view(np.uint64)) ^ flipped.view(np.uint64)).sum(axis=1)
    assert differing.max() <= 2  # sums in another order


def exact(groups: list[int], **place: int) -> Track:
    nothing = np.zeros((len(groups), 27, 48), np.uint8)
    return track_of(nothing, 2000 * np.arange(len(groups)), groups=groups, seconds=600, **place)  # type: ignore[arg-type]


def test_the_same_bytes_are_found_without_any_movement() -> None:
    earlier = exact([100 + number for number in range(50)])
    again = exact([1, 2, 3, *earlier.groups[10:40].tolist(), 4, 5], start_ms=DAY_MS)
    (match,) = between(again, earlier).matches
    assert match == Match(ReplayKind.EXACT, DAY_MS + 6000, DAY_MS + 66_000, 20_000, 80_000, 0.0)


@pytest.mark.parametrize(
    "groups", [[7] * 60, [7, 8] * 30, [1, 2, 3, 4] * 2], ids=["one picture", "two pictures", "eight seconds"]
)
def test_a_picture_that_stands_still_or_a_moment_is_no_replay_of_bytes(groups: list[int]) -> None:
    assert [match for match in within(exact(groups)).matches if match.kind is ReplayKind.EXACT] == []


def test_a_loop_of_the_same_bytes_is_exact() -> None:
    (match,) = within(exact(list(range(30)) * 3)).matches
    assert (match.kind, match.start_ms, match.end_ms) == (ReplayKind.EXACT, 60_000, 180_000)


stretches = st.tuples(st.integers(0, 500), st.integers(1, 200), st.floats(0, 0.17))


@given(st.lists(stretches, max_size=20))
@settings(max_examples=100, deadline=None)
def test_the_clearest_never_overlap_and_lose_no_moment_that_was_found(drawn) -> None:
    found = [
        Match(ReplayKind.SAME_VIEW, start, start + length, 0, length, distance) for start, length, distance in drawn
    ]
    kept = clearest(found)
    assert all(one.end_ms <= two.start_ms for one, two in pairwise(kept))
    if found:
        assert min(one.distance for one in kept) == min(one.distance for one in found)
