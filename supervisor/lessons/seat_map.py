"""Where people sat: the places of one camera from all its moments, and how each stands in each of them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot
from typing import Literal

from supervisor.contract.log import SeenPerson, VerdictMoment

Held = Literal["seen", "held", "empty"]
_ROOM_OF_A_FACE = 0.9  # of its width: somebody whose head is no further away sits in the same place
_ROOM_OF_A_BODY = 0.4


@dataclass(frozen=True, slots=True)
class Spot:
    """A place, as fractions of the picture's width and height. `how`: somebody is seen there, is remembered there, or
    is only in another of the moments."""

    x: float
    y: float
    how: Held


@dataclass(frozen=True, slots=True)
class _Head:
    """In widths of the picture, so that a distance means the same in every direction."""

    x: float
    y: float
    room: float
    how: Held


def seat_maps(moments: Sequence[VerdictMoment]) -> list[tuple[Spot, ...]]:
    """One map a moment, the same places in the same order in each. `moments`: of one camera. People where nobody is
    counted have no place."""
    places: list[_Head] = []
    taken: list[dict[int, Held]] = []
    for moment in moments:
        heads = [_head(person, moment) for person in moment.people if person.how != "outside"]
        near = sorted(
            (away, number, place)
            for number, head in enumerate(heads)
            for place, known in enumerate(places)
            if (away := hypot(head.x - known.x, head.y - known.y)) <= max(head.room, known.room)
        )
        seated: dict[int, int] = {}
        for _, number, place in near:
            if number not in seated and place not in seated.values():
                seated[number] = place
        for number, head in enumerate(heads):
            if number not in seated:
                seated[number] = len(places)
                places.append(head)
        taken.append({place: heads[number].how for number, place in seated.items()})
    return [
        tuple(
            Spot(_inside(place.x), _inside(place.y * moment.width / moment.height), states.get(number, "empty"))
            for number, place in enumerate(places)
        )
        for moment, states in zip(moments, taken, strict=True)
    ]


def _head(person: SeenPerson, moment: VerdictMoment) -> _Head:
    """The middle of a face or of a remembered place; of a body, the point a quarter of its width below its top."""
    body = person.how == "person"
    return _Head(
        x=(person.x + person.w / 2) / moment.width,
        y=(person.y + (person.w / 4 if body else person.h / 2)) / moment.width,
        room=person.w * (_ROOM_OF_A_BODY if body else _ROOM_OF_A_FACE) / moment.width,
        how="held" if person.how == "held" else "seen",
    )


def _inside(share: float) -> float:
    return min(max(share, 0.0), 1.0)
