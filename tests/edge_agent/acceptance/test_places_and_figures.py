"""Places, figures and advice on invented rooms: pure functions, no picture."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.acceptance.advice import Facts, advise, verdict_of
from edge_agent.acceptance.figures import least_scale, session_of, smallest_face
from edge_agent.acceptance.places import places_of
from edge_agent.vision.watcher import Look, Seen

WIDTH, HEIGHT = 1920, 1080
SEATS = [(200 + 180 * column, 300 + 200 * row, 30 + 15 * row) for row in range(3) for column in range(8)]
"""(x, y, width of the face) of 24 seats, the back row first."""


def head(seat: tuple[int, int, int], chance: random.Random, sway: float = 0.3) -> Seen:
    x, y, size = seat
    dx, dy = (chance.uniform(-sway, sway) * size for _ in range(2))
    return Seen(x + dx - size / 2, y + dy - size / 2, size, size, "face", 0.9)


def look(at_ms: int, people: list[Seen]) -> Look:
    return Look(at_ms, WIDTH, HEIGHT, len(people), len(people), 1.0, tuple(people))


def session(people: int = 24, pictures: int = 36, hidden: dict[int, float] | None = None, seed: int = 0) -> list[Look]:
    """`hidden`: seat → share of the pictures in which it is not seen."""
    chance = random.Random(seed)
    gone = hidden or {}
    return [
        look(5000 * number, [
            head(SEATS[seat], chance) for seat in range(people) if number >= gone.get(seat, 0) * pictures
        ])
        for number in range(pictures)
    ]  # fmt: skip


def facts(looks: list[Look], known: int, **changes: object) -> Facts:
    places = places_of(looks)
    found = Facts(
        session=session_of(looks, places, known), places=places, counts=tuple(one.seated for one in looks),
        width=WIDTH, height=HEIGHT, glare=(0.0, 0.5), every_s=5, step_s=5.0,
    )  # fmt: skip
    return replace(found, **changes)  # type: ignore[arg-type]


def codes(looks: list[Look], known: int, **changes: object) -> list[str]:
    return [advice.code for advice in advise(facts(looks, known, **changes))]


@settings(max_examples=25)
@given(people=st.integers(0, 24), pictures=st.integers(1, 12), seed=st.integers(0, 99))
def test_people_who_sit_are_found_each_in_a_place_of_their_own(people: int, pictures: int, seed: int) -> None:
    places = places_of(session(people, pictures, seed=seed))
    assert len(places) == people
    assert all(place.seen == pictures and not place.blind for place in places)
    for x, y, size in SEATS[:people]:
        near = [one for one in places if abs(one.x * WIDTH - x) < 0.31 * size and abs(one.y * HEIGHT - y) < 0.31 * size]
        assert len(near) == 1


@settings(max_examples=25)
@given(seed=st.integers(0, 999))
def test_the_order_of_people_in_a_picture_changes_nothing(seed: int) -> None:
    looks, chance = session(10, 6, hidden={3: 0.5}), random.Random(seed)
    mixed = [replace(one, people=tuple(chance.sample(one.people, len(one.people)))) for one in looks]
    told = [[(place.seen, place.x, place.y, place.size) for place in places_of(each)] for each in (looks, mixed)]
    assert told[0] == told[1]


def test_who_leans_over_stays_one_place_and_who_walks_by_is_none() -> None:
    looks = session(4, 20)
    leaning = replace(looks[0].people[0], x=looks[0].people[0].x + 55)
    looks[7:14] = [replace(one, people=(leaning, *one.people[1:])) for one in looks[7:14]]
    looks[3] = replace(looks[3], people=(*looks[3].people, Seen(1500, 900, 60, 60, "face", 0.9)))
    assert [place.seen for place in places_of(looks)] == [20] * 4


def test_who_is_only_believed_or_sits_where_nobody_counts_is_not_seen() -> None:
    looks = session(3, 10)
    people = (looks[0].people[0], replace(looks[0].people[1], how="held"), replace(looks[0].people[2], how="outside"))
    assert len(places_of([replace(one, people=people) for one in looks])) == 1


def test_a_body_without_a_face_is_the_same_place_as_the_face_above_it() -> None:
    looks = session(2, 10)
    for number in range(5, 10):
        face = looks[number].people[1]
        body = Seen(face.x - 30, face.y - 2, 3 * face.w, 5 * face.h, "person", 0.7)
        looks[number] = replace(looks[number], people=(looks[number].people[0], body))
    assert [place.seen for place in places_of(looks)] == [10, 10]


@given(face=st.floats(1, 500))
def test_the_scale_still_shows_the_smallest_face_and_no_smaller_step_would(face: float) -> None:
    scale = least_scale(face)
    assert 0.4 <= scale <= 1 and abs(scale * 20 - round(scale * 20)) < 1e-9
    assert scale == 1 or scale * face >= 24 - 1e-6
    assert scale <= 0.4 or (scale - 0.05) * face < 24


def test_the_scale_of_some_faces() -> None:
    assert [least_scale(face) for face in (None, 0, 20, 24, 25, 40, 60, 300)] == [1, 1, 1, 1, 1, 0.6, 0.4, 0.4]


def test_the_smallest_face_is_that_of_the_farthest_seats_alone() -> None:
    places = places_of(session())
    assert smallest_face(places) == 30
    assert smallest_face(()) is None


@settings(max_examples=25)
@given(counts=st.lists(st.integers(0, 8), min_size=1, max_size=40), known=st.integers(1, 8))
def test_the_figures_of_a_session(counts: list[int], known: int) -> None:
    chance = random.Random(1)
    looks = [look(number, [head(seat, chance) for seat in SEATS[:count]]) for number, count in enumerate(counts)]
    told = session_of(looks, places_of(looks), known)
    assert (told.samples, told.exact, told.least, told.most) == (
        len(counts), counts.count(known), min(counts), max(counts),
    )  # fmt: skip
    assert verdict_of(told).code == (
        "SESSION_GOOD" if len(counts) >= 20 and counts.count(known) >= 0.95 * len(counts) else "SESSION_NOT_GOOD"
    )


def test_a_room_where_everything_is_right_needs_no_advice() -> None:
    assert codes(session(), 24) == []


def test_more_than_present_points_at_the_one_who_never_moves() -> None:
    looks = [
        replace(one, count=25, seated=25, people=(*one.people, Seen(1700, 80, 40, 40, "face", 0.9)))
        for one in session()
    ]
    (advice,) = advise(facts(looks, 24))
    assert advice.code == "MORE_THAN_PRESENT" and advice.places == ((0.896, 0.093),)
    assert "90% from the left, 9% from the top" in advice.en


def test_fewer_than_present_says_which_seat_and_that_it_is_blind() -> None:
    found = {advice.code: advice for advice in advise(facts(session(hidden={5: 0.6}), 24))}
    assert set(found) == {"FEWER_THAN_PRESENT", "SEATS_BLIND"}
    assert found["FEWER_THAN_PRESENT"].places == found["SEATS_BLIND"].places
    assert abs(found["SEATS_BLIND"].places[0][0] - SEATS[5][0] / WIDTH) < 0.01


def test_who_is_never_seen_is_told_by_number() -> None:
    (advice,) = advise(facts(session(20), 24))
    assert advice.code == "FEWER_THAN_PRESENT" and "hardly ever seen: 4" in advice.en


def test_who_sits_at_the_edge_is_told() -> None:
    looks = [replace(one, people=(*one.people, Seen(1880, 500, 35, 35, "face", 0.9))) for one in session()]
    assert codes(looks, 24) == ["SEATS_AT_EDGE"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"step_s": 10.0}, "KEY_FRAMES_FAR_APART"),
        ({"glare": (0.2, 0.1)}, "OVEREXPOSED"),
        ({"places": ()}, "NO_FACES"),
    ],
)
def test_what_the_pictures_themselves_tell(changes: dict[str, object], code: str) -> None:
    looks = session()
    if code == "NO_FACES":
        empty = session_of(looks, (), 24)
        changes = changes | {"session": empty}
    assert codes(looks, 24, **changes) == [code]


def test_small_faces_a_wavering_count_and_too_few_pictures() -> None:
    small = facts(session(pictures=10), 24)
    figures = small.session.model_copy(update={"smallest_face_px": 18.0, "least": 20})
    found = [advice.code for advice in advise(replace(small, session=figures))]
    assert found == ["FACES_SMALL", "COUNT_WAVERS", "TOO_FEW_PICTURES"]
