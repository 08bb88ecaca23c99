"""One map of the places from all pictures of a camera: the same place is one dot, whoever leaves it leaves it empty."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from supervisor.contract.log import SeenPerson, VerdictMoment
from supervisor.lessons.seat_map import seat_maps
from tests.support.lesson_views import CAMERA_ID

WIDE, HIGH = 1920, 1080


def moment(*people: SeenPerson) -> VerdictMoment:
    return VerdictMoment(
        camera_id=CAMERA_ID, at=1000, width=WIDE, height=HIGH, count=0, seated=None, confidence=None, people=people
    )


def face(x: int, y: int, how: str = "face", w: int = 40) -> SeenPerson:
    return SeenPerson.model_validate({"x": x, "y": y, "w": w, "h": 50, "how": how, "confidence": 0.9})


def test_a_head_that_sways_keeps_its_place_and_who_left_is_missed() -> None:
    first, second = seat_maps([moment(face(100, 100), face(300, 100)), moment(face(115, 95), face(320, 700))])
    assert [spot.how for spot in first] == ["seen", "seen", "empty"]
    assert [spot.how for spot in second] == ["seen", "empty", "seen"]
    assert [(spot.x, spot.y) for spot in first] == [(spot.x, spot.y) for spot in second]


def test_a_body_sits_where_its_face_was_and_a_remembered_place_is_no_seen_one() -> None:
    body = SeenPerson(x=60, y=85, w=120, h=200, how="person", confidence=0.7)
    first, second = seat_maps([moment(face(100, 100)), moment(body)])
    assert [spot.how for spot in (*first, *second)] == ["seen", "seen"]
    assert [spot.how for spot in seat_maps([moment(face(100, 100, "held"))])[0]] == ["held"]


def test_two_heads_close_together_are_two_places() -> None:
    pair = face(100, 100), face(125, 100)
    for spots in seat_maps([moment(*pair), moment(*pair)]):
        assert [spot.how for spot in spots] == ["seen", "seen"]


def test_where_nobody_is_counted_there_is_no_place() -> None:
    assert seat_maps([moment(face(100, 100, "outside"))]) == [()]
    assert seat_maps([]) == []


people = st.lists(
    st.builds(
        face, st.integers(-500, 3000), st.integers(-500, 3000), st.sampled_from(["face", "person", "held", "outside"]),
        st.integers(1, 400),
    ),
    max_size=12,
)  # fmt: skip


@given(st.lists(people, max_size=3))
def test_everybody_who_counts_has_exactly_one_place_inside_the_picture(groups: list[list[SeenPerson]]) -> None:
    maps = seat_maps([moment(*group) for group in groups])
    assert len({len(spots) for spots in maps}) <= 1
    for group, spots in zip(groups, maps, strict=True):
        assert sum(spot.how == "held" for spot in spots) == sum(person.how == "held" for person in group)
        assert sum(spot.how == "seen" for spot in spots) == sum(person.how in ("face", "person") for person in group)
        assert all(0 <= spot.x <= 1 and 0 <= spot.y <= 1 for spot in spots)
