"""The seat tracker: held while hidden, let go in time, and nobody imagined."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.vision.seats import Places, Seat, SeatTracker, Sighting

HOLD_S = 60.0
STEP_MS = 5000
HEAD = 40.0
LONG = int(HOLD_S * 1000 / STEP_MS) + 1
"""Pictures after which somebody is believed for the whole holding time."""


def face(place: int, dx: float = 0, dy: float = 0, size: float = HEAD) -> Sighting:
    x, y = 200.0 + place % 8 * 160 + dx, 200.0 + place // 8 * 160 + dy
    return Sighting(x, y, size, (x - size / 2, y - size / 2, size, size), "face")


def watch(pictures: list[list[Sighting]], hold_s: float = HOLD_S) -> list[Places]:
    tracker = SeatTracker(hold_s)
    return [tracker.update(number * STEP_MS, picture) for number, picture in enumerate(pictures)]


def test_two_sightings_make_a_place_and_one_makes_nothing() -> None:
    flicker = [[face(0)], [], [face(1)], [], [face(2)], []]
    assert [places.count for places in watch(flicker)] == [0] * 6
    assert [places.count for places in watch([[face(0)], [face(0)], [face(0)]])] == [0, 1, 1]


def test_who_is_seen_for_the_first_time_is_in_no_place_yet_and_lowers_the_confidence() -> None:
    told = watch([[face(0), face(1)], [face(0), face(1)], [face(0), face(1), face(2), face(3)]])
    assert [(places.count, places.confidence) for places in told] == [(0, 0), (2, 1), (2, 0.5)]
    assert watch([[], []])[-1].confidence == 1


def test_whoever_bends_is_held_with_less_and_less_confidence_and_let_go_in_time() -> None:
    both, one = [face(0), face(1)], [face(0)]
    told = watch([*[both] * LONG, *[one] * 13])[LONG - 1 :]
    assert [places.count for places in told] == [2] + [2] * 11 + [1] * 2
    confidence = [places.confidence for places in told[:12]]
    assert confidence == sorted(confidence, reverse=True)
    assert confidence[0] == 1
    assert told[-1].confidence == 1


def test_nobody_is_believed_for_longer_than_they_were_seen() -> None:
    both, one = [face(0), face(1)], [face(0)]
    for seen in (2, 3, 5):
        counts = [places.count for places in watch([*[both] * seen, *[one] * 8])[seen:]]
        assert counts == [2] * (seen - 2) + [1] * (10 - seen)  # the first of them makes no belief, nor does the end


def test_who_looks_in_now_and_then_is_not_in_their_place() -> None:
    both, one = [face(0), face(1)], [face(0)]
    told = watch(([both] * 2 + [one] * 16) * 6)  # 10 s of each minute and a half
    assert [number for number, places in enumerate(told) if places.count == 2] == [1]  # when nothing else is known


def test_a_place_where_the_body_was_looked_for_in_vain_is_let_go_three_times_as_fast() -> None:
    tracker = SeatTracker(HOLD_S)
    for n in range(LONG):
        tracker.update(n * STEP_MS, [face(0), face(1)])
    (gone,) = tracker.unseen([face(0)])
    counts = [tracker.update((LONG + n) * STEP_MS, [face(0)], {gone.number}).count for n in range(5)]
    assert counts == [2, 2, 2, 1, 1]


def test_who_comes_back_to_their_place_is_somebody_at_once() -> None:
    both, one = [face(0), face(1)], [face(0)]
    told = watch([*[both] * LONG, *[one] * 15, both, both])
    assert [places.count for places in told[-3:]] == [1, 1, 2]
    told = watch([*[both] * LONG, *[one] * 30, *[both] * 9])
    assert [places.count for places in told[-10:]] == [1] * 5 + [2] * 5  # after minutes away it takes a while


def test_a_body_seen_in_the_place_keeps_it() -> None:
    tracker = SeatTracker(HOLD_S)
    for n in range(2):
        tracker.update(n * STEP_MS, [face(0)])
    (seat,) = tracker.seats
    for n in range(2, 60):
        body = Sighting(seat.x, seat.y + 10, seat.size * 3, (0, 0, 120, 120), "person")
        places = tracker.update(n * STEP_MS, [body], {seat.number})
    assert (places.count, places.confidence) == (1, 1)
    assert seat.size == HEAD  # a body does not say how large the head is


def test_who_walks_about_is_one_person() -> None:
    walk = [[face(n // 3, dx=5 * (n % 3))] for n in range(24)]  # three pictures at each of eight places
    assert max(places.count for places in watch(walk)) == 1


def test_two_places_are_two_people_once_two_pictures_showed_both() -> None:
    both = [face(0), face(1)]
    told = watch([[face(0)], [face(0)], [face(1)], [face(1)], both, [face(0)], both, [face(0)], [face(1)]])
    assert [places.count for places in told] == [0, 1, 0, 1, 2, 1, 2, 2, 2]


def test_a_body_without_a_face_makes_no_acquaintance() -> None:
    """It may be the neighbour's, seen beside them in the other's place."""
    body = Sighting(face(1).x, face(1).y, HEAD, (0, 0, 120, 120), "person")
    told = watch([[face(0), body]] * 6 + [[face(0)]] * 2)
    assert [places.count for places in told] == [0] + [2] * 5 + [1] * 2


def test_a_neighbour_in_their_own_place_hides_nobody() -> None:
    """One sits close before the other: whoever bends behind is still believed, for the two are known to be two."""
    before, behind = face(0, dy=50), face(0)
    told = watch([*[[before, behind]] * LONG, *[[before]] * 3])
    assert [places.count for places in told[-3:]] == [2, 2, 2]


def test_a_place_that_neighbours_lean_into_in_turn_is_nobodys() -> None:
    left, middle, right = face(0), face(0, dx=65), face(0, dx=130)
    home, one_leans, other_leans = [left, right], [middle, right], [left, middle]
    pictures = [home] * 3 + ([one_leans] * 3 + [home] * 2 + [other_leans] * 3 + [home] * 2) * 4
    assert max(places.count for places in watch(pictures)) == 2


def test_a_weak_face_is_nobody_new_and_still_shows_who_is_known() -> None:
    doubtful = replace(face(0), weak=True)
    assert [places.count for places in watch([[doubtful]] * 4)] == [0] * 4
    told = watch([[face(0)], [face(0)], *[[doubtful]] * 30])
    assert all((places.count, places.confidence) == (1, 1) for places in told[1:])
    tracker = SeatTracker(HOLD_S)
    tracker.update(0, [face(0)])
    assert tracker.believable([doubtful, replace(face(3), weak=True), face(5)]) == [doubtful, face(5)]


def test_who_sits_in_two_places_in_turn_is_one_person_again_in_time() -> None:
    """The other one left after pictures of both: those count for five holding times."""
    turns = [[face(n % 2)] for n in range(100)]
    told = watch([[face(0), face(1)], [face(0), face(1)], *turns])
    assert told[3].count == 2
    assert all(places.count == 1 for places in told[2 + int(5 * HOLD_S * 1000 / STEP_MS) :])


def test_forty_heads_of_which_some_always_hide_are_forty() -> None:
    chance = random.Random(4)
    pictures = [[face(n, chance.gauss(0, 4), chance.gauss(0, 4)) for n in range(40) if chance.random() < 0.85]
                for _ in range(40)]  # fmt: skip
    told = watch(pictures)
    assert max(len(picture) for picture in pictures) < 40  # no picture ever shows all of them
    assert all(places.count == 40 for places in told[12:])
    assert min(places.confidence for places in told[12:]) > 0.9


def test_the_same_picture_again_changes_nothing() -> None:
    tracker = SeatTracker(HOLD_S)
    tracker.update(0, [face(0)])
    before = tracker.update(STEP_MS, [face(0)])
    assert tracker.update(STEP_MS, []) == before


def test_a_clock_set_back_keeps_nobody_in_their_place() -> None:
    tracker = SeatTracker(HOLD_S)
    for n in range(100, 110):
        tracker.update(n * STEP_MS, [face(0), face(1)])
    assert [tracker.update(n * STEP_MS, []).count for n in range(3)] == [0, 0, 0]
    assert [tracker.update(n * STEP_MS, [face(2)]).count for n in range(3, 6)] == [0, 1, 1]


def test_after_a_long_gap_nobody_is_held() -> None:
    tracker = SeatTracker(HOLD_S)
    for n in range(2):
        tracker.update(n * STEP_MS, [face(0), face(1)])
    assert tracker.update(120_000, [face(0)]).count == 1
    assert tracker.update(300_000, []).count == 0
    assert [_place(seat) for seat in tracker.seats] == [0, 1]  # known, and nobody there
    assert tracker.update(500_000, []).count == 0
    assert tracker.seats == ()


def test_a_head_of_another_row_is_another_head() -> None:
    near, far = face(0), face(0, dx=10, size=HEAD / 2)
    assert [places.count for places in watch([[near, far]] * 3)] == [0, 2, 2]


PICTURE = st.lists(st.integers(0, 11), unique=True, max_size=12)


@given(pictures=st.lists(PICTURE, max_size=30), hold_s=st.sampled_from([0, 5, 20, 60]))
def test_nobody_is_imagined(pictures: list[list[int]], hold_s: float) -> None:
    """Never more than the places seen within the holding time; everybody believed was seen twice, and any two of them
    were in one picture."""
    told = watch([[face(place) for place in picture] for picture in pictures], hold_s)
    for number, places in enumerate(told):
        recent = pictures[max(0, number - int(hold_s * 1000 / STEP_MS)) : number + 1]
        assert places.count <= len({place for picture in recent for place in picture})
        assert 0 <= places.confidence <= 1
        held = [_place(one.seat) for one in places.held]
        assert len(set(held)) == len(held)
        past = pictures[: number + 1]
        assert all(sum(place in picture for picture in past) >= 2 for place in held)
        assert all(any(a in picture and b in picture for picture in past) for a in held for b in held)


@given(path=st.lists(st.integers(0, 11), max_size=40))
def test_one_person_is_never_two(path: list[int]) -> None:
    assert all(places.count <= 1 for places in watch([[face(place)] for place in path]))


@given(pictures=st.lists(PICTURE, min_size=1, max_size=20))
def test_everybody_in_the_last_eleven_pictures_counts(pictures: list[list[int]]) -> None:
    told = watch([[face(place) for place in picture] for picture in pictures])
    for number, places in enumerate(told):
        always = set.intersection(*(set(picture) for picture in pictures[max(0, number - 10) : number + 1]))
        assert places.count >= len(always) or number == 0


def _place(seat: Seat) -> int:
    return round((seat.x - 200) / 160) + 8 * round((seat.y - 200) / 160)
