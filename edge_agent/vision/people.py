"""Faces and bodies of one picture put together: each person once.

A body whose upper part holds a face is that face's. A body without one is somebody who bends, turns away or is hidden.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot

from edge_agent.vision.counter import Face, Person
from edge_agent.vision.seats import AROUND, Seat, Sighting

SURE = 0.75  # score of a face that is somebody new: what the detector finds on chests and in folds scores less
HEADS_WIDE = 3.2  # a sitting person's width in widths of the face box
_FACE_DOWN_TO = 0.6  # a face lower in the body's box is another person's, in front
_LEANS = 2.5  # head widths between a place and the top of the body of who bends there


def heads(faces: Sequence[Face]) -> list[Sighting]:
    return [
        Sighting(
            face.x + face.w / 2,
            face.y + face.h / 2,
            face.w,
            (face.x, face.y, face.w, face.h),
            "face",
            weak=face.score < SURE,
        )
        for face in faces
    ]


def faceless(persons: Sequence[Person], faces: Sequence[Sighting]) -> list[Sighting]:
    """The bodies that hold none of `faces`."""
    return [_body(person) for person in persons if not any(_holds(person, face) for face in faces)]


def in_their_places(bodies: Sequence[Sighting], empty: Sequence[Seat]) -> tuple[list[Sighting], list[Sighting]]:
    """Bodies taken for who belongs in a place that shows no face now, at that place; and the bodies left over.

    Whoever bends or turns away keeps their body about where their head was, so a body is the nearest such place's."""
    pairs = sorted(
        (hypot(body.x - seat.x, body.y - seat.y) / max(seat.size, 1.0), place, index)
        for place, seat in enumerate(empty)
        for index, body in enumerate(bodies)
    )
    placed: dict[int, int] = {}
    for away, place, index in pairs:
        if away <= _LEANS and place not in placed and index not in placed.values():
            placed[place] = index
    sitting = [
        Sighting(empty[place].x, empty[place].y, empty[place].size, bodies[index].box, "person")
        for place, index in placed.items()
    ]
    taken = set(placed.values())
    return sitting, [body for index, body in enumerate(bodies) if index not in taken]


def near(one: Sighting | Seat, body: Sighting) -> bool:
    """Whether a body is so close to a head that it may be that person's."""
    return hypot(one.x - body.x, one.y - body.y) <= AROUND * max(one.size, body.size, 1.0)


def _holds(person: Person, face: Sighting) -> bool:
    inside = person.x <= face.x <= person.x + person.w
    return inside and person.y - face.size / 2 <= face.y <= person.y + _FACE_DOWN_TO * person.h


def _body(person: Person) -> Sighting:
    """The head of a body without a face: in the middle, half a head below its top."""
    size = person.w / HEADS_WIDE
    return Sighting(
        person.x + person.w / 2, person.y + size * 0.7, size, (person.x, person.y, person.w, person.h), "person"
    )
