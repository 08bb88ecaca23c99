"""Where people sat during a session: the heads of all pictures, gathered into places.

A head that lies within NEAR of its own widths of a place is that place's, one head a place and picture, nearest first.
Two places close together that were never taken in the same picture are one person who leaned over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from math import hypot
from statistics import median, pstdev

from edge_agent.vision.watcher import Look, Seen

NEAR = 1.5  # head widths; neighbours of a row sit about four apart
LEANED = 2.5  # head widths
SHARE_MIN = 0.1  # of the pictures; less is somebody who walked by
BLIND_BELOW = 0.5  # of the pictures
_HEAD_OF_BODY = 0.35  # width of a head, of a body's box


@dataclass(frozen=True, slots=True)
class Place:
    """`x`, `y`: middle of the head, `size`: its width, as shares of the picture's width, height and width. `seen`: in
    how many of `pictures` somebody was; `face_px`: widths of the faces found here. `spread`: how far the head moved
    about, in head widths (standard deviation)."""

    x: float
    y: float
    size: float
    seen: int
    pictures: int
    face_px: tuple[float, ...]
    spread: float

    @property
    def share(self) -> float:
        return self.seen / self.pictures

    @property
    def blind(self) -> bool:
        return self.share < BLIND_BELOW


@dataclass(frozen=True, slots=True)
class _Head:
    x: float
    y: float
    size: float
    face: bool


@dataclass
class _Gathered:
    heads: dict[int, _Head] = field(default_factory=dict)  # number of the picture → who was seen

    @property
    def middle(self) -> _Head:
        heads = self.heads.values()
        x, y, size = (median(getattr(head, of) for head in heads) for of in ("x", "y", "size"))
        return _Head(x, y, size, face=False)


def places_of(looks: Sequence[Look]) -> tuple[Place, ...]:
    """Of pictures of one size; only who was seen in a picture counts, not who was believed there. Left to right."""
    gathered: list[_Gathered] = []
    for number, look in enumerate(looks):
        _gather(gathered, number, [_head(seen) for seen in look.people if seen.how in ("face", "person")])
    _join(gathered)
    least = SHARE_MIN * len(looks)
    found = [_place(one, looks[0].width, looks[0].height, len(looks)) for one in gathered if len(one.heads) >= least]
    return tuple(sorted(found, key=lambda place: (place.x, place.y)))


def _head(seen: Seen) -> _Head:
    if seen.how == "face":
        return _Head(seen.x + seen.w / 2, seen.y + seen.h / 2, seen.w, face=True)
    size = min(_HEAD_OF_BODY * seen.w, seen.h)
    return _Head(seen.x + seen.w / 2, seen.y + size / 2, size, face=False)


def _gather(gathered: list[_Gathered], number: int, heads: Sequence[_Head]) -> None:
    middles = [one.middle for one in gathered]
    pairs = sorted(
        (_apart(head, middle), mine, place)
        for mine, head in enumerate(heads)
        for place, middle in enumerate(middles)
        if _apart(head, middle) < NEAR
    )
    settled: set[int] = set()
    for _, mine, place in pairs:
        if mine not in settled and number not in gathered[place].heads:
            gathered[place].heads[number] = heads[mine]
            settled.add(mine)
    gathered += [_Gathered({number: head}) for mine, head in enumerate(heads) if mine not in settled]


def _join(gathered: list[_Gathered]) -> None:
    """Nearest first, until none can be joined."""
    while True:
        middles = [one.middle for one in gathered]
        near = [
            (apart, one, other)
            for one, other in combinations(range(len(gathered)), 2)
            if (apart := _apart(middles[one], middles[other])) < LEANED
            and gathered[one].heads.keys().isdisjoint(gathered[other].heads)
        ]
        if not near:
            return
        _, one, other = min(near)
        gathered[one].heads |= gathered.pop(other).heads


def _apart(one: _Head, other: _Head) -> float:
    """In widths of the smaller head."""
    return hypot(one.x - other.x, one.y - other.y) / max(min(one.size, other.size), 1.0)


def _place(one: _Gathered, width: int, height: int, pictures: int) -> Place:
    heads, middle = list(one.heads.values()), one.middle
    return Place(
        x=middle.x / width,
        y=middle.y / height,
        size=middle.size / width,
        seen=len(heads),
        pictures=pictures,
        face_px=tuple(head.size for head in heads if head.face),
        spread=hypot(*(pstdev(getattr(head, of) for head in heads) for of in ("x", "y"))) / max(middle.size, 1.0),
    )
