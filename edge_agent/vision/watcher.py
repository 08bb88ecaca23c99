"""The watcher of one camera: faces, bodies without a face, zones and places together, picture after picture.

Faces are looked for in every picture. Bodies are looked for where a place shows no face just now, in a few places a
picture, and now and then everywhere, for people whose face never shows: that finds them at a fraction of the cost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast

import cv2

from edge_agent.vision import seats
from edge_agent.vision.counter import Face, Image, PeopleCounter, PersonDetector, Region
from edge_agent.vision.people import faceless, heads, in_their_places, near
from edge_agent.vision.seats import Places, Seat, SeatTracker, Sighting
from edge_agent.vision.view import CameraView
from edge_agent.vision.zones import Place, ZoneMap
from supervisor.rules.evidence import Counter, Watcher

LOOKED_AT = 3  # places without a face looked at again in one picture
_MANY = 8  # so many of them cost as much as looking everywhere
_AROUND = 7.0  # head widths: the side of the part of the picture that is looked at, which the detector widens by half
_LEAST_PX = 64  # of that side

How = Literal["face", "person", "held", "outside"]


@dataclass(frozen=True, slots=True)
class Seen:
    """A person in pixels of the picture. `how` and `confidence` as in `supervisor.contract.log.SeenPerson`."""

    x: float
    y: float
    w: float
    h: float
    how: How
    confidence: float


@dataclass(frozen=True, slots=True)
class Look:
    """One picture. `count`: people counted in it alone; `seated`: in their places, with `confidence` 0..1; `faces`:
    those of people who count."""

    at_ms: int
    width: int
    height: int
    count: int
    seated: int
    confidence: float
    people: tuple[Seen, ...]
    faces: tuple[Face, ...] = ()


class SeatWatcher:
    """One camera over one lesson; one thread. `persons` None: only faces are looked for."""

    def __init__(
        self,
        faces: PeopleCounter,
        persons: PersonDetector | None,
        view: CameraView,
        *,
        hold_s: float,
        scan_s: float,
        podium: bool,
    ) -> None:
        self._faces = faces
        self._persons = persons
        self._scale = view.scale
        self._zones = ZoneMap(view.zones, podium=podium)
        self._tracker = SeatTracker(hold_s)
        self._scan_ms = round(scan_s * 1000)
        self._scanned_ms: int | None = None
        self._watcher = Watcher(
            version=seats.VERSION,
            persons=persons.version if persons else None,
            hold_s=hold_s,
            scale=view.scale,
            zones_sha256=view.zones.digest() if view.zones else None,
        )

    @property
    def counter(self) -> Counter:
        return self._faces.counter

    @property
    def watcher(self) -> Watcher:
        return self._watcher

    @property
    def seats(self) -> tuple[Seat, ...]:
        return self._tracker.seats

    def look(self, at_ms: int, image: Image) -> Look:
        """Raises LessonProofError PICTURE_UNUSABLE; then nothing is changed."""
        faces = self._find_faces(image)
        height, width = image.shape[:2]
        seen = heads(faces)
        counted, outside = self._by_zone(seen, width, height)
        bodies, beside, searched = self._find_bodies(at_ms, image, seen, counted)
        counted, outside = counted + bodies, outside + beside
        if self._watcher.hold_s:  # older rules count what a single picture shows, doubtful faces too
            counted = self._tracker.believable(counted)
        places = self._tracker.update(at_ms, counted, searched)
        spots = {(one.x, one.y) for one in counted}
        return Look(
            at_ms=at_ms,
            width=width,
            height=height,
            count=len(counted),
            seated=places.count,
            confidence=round(places.confidence, 3),
            people=tuple(_people(counted, outside, places)),
            faces=tuple(face for face in faces if (face.x + face.w / 2, face.y + face.h / 2) in spots),
        )

    def _find_faces(self, image: Image) -> tuple[Face, ...]:
        if self._scale >= 1:
            return self._faces.count(image).faces
        small = cv2.resize(image, None, fx=self._scale, fy=self._scale, interpolation=cv2.INTER_AREA)
        return tuple(_enlarged(face, 1 / self._scale) for face in self._faces.count(cast(Image, small)).faces)

    def _by_zone(self, sightings: Sequence[Sighting], width: int, height: int) -> tuple[list[Sighting], list[Sighting]]:
        """Those who count, and those who do not; what is masked is nobody."""
        counted: list[Sighting] = []
        outside: list[Sighting] = []
        for one in sightings:
            place = self._zones.place(one.x / width, one.y / height)
            if place is not Place.MASKED:
                (counted if place is Place.COUNTED else outside).append(one)
        return counted, outside

    def _find_bodies(
        self, at_ms: int, image: Image, seen: Sequence[Sighting], counted: Sequence[Sighting]
    ) -> tuple[list[Sighting], list[Sighting], frozenset[int]]:
        """Bodies without a face that count, those that do not, and the numbers of the places they were looked for at.

        A body is asked for its own zone before it is taken for who belongs in a place: a poster beside a seat must not
        keep an absent trainee there.
        """
        if self._persons is None:
            return [], [], frozenset()
        height, width = image.shape[:2]
        missing = self._tracker.unseen(counted)
        everywhere = self._scanned_ms is None or not 0 <= at_ms - self._scanned_ms < self._scan_ms
        if everywhere or len(missing) > _MANY:
            self._scanned_ms = at_ms
            bodies, outside = self._by_zone(faceless(self._persons.persons(image), seen), width, height)
            sitting, others = in_their_places(bodies, missing)
            known: list[Sighting | Seat] = [*seen, *self._tracker.seats]
            # Among others a body without a face may be half of somebody counted already; alone it is somebody.
            alone = [body for body in others if not any(near(one, body) for one in known)]
            return sitting + alone, outside, frozenset(seat.number for seat in missing)
        chosen = missing[:LOOKED_AT]
        if not chosen:
            return [], [], frozenset()
        found = self._persons.persons(image, [_around(seat) for seat in chosen])
        bodies, _ = self._by_zone(faceless(found, seen), width, height)
        # To whom a body belongs is asked of every place without a face: a neighbour who bends is nearest to their own.
        sitting, _ = in_their_places(bodies, missing)  # what else a part of the picture shows may be half a neighbour
        return sitting, [], frozenset(seat.number for seat in chosen)


def _around(seat: Seat) -> Region:
    """Where the body of who sits here would be: below the head, three parts of four."""
    side = max(_AROUND * seat.size, _LEAST_PX)
    return Region(round(seat.x - side / 2), round(seat.y - side / 4), round(side), round(side))


def _enlarged(face: Face, by: float) -> Face:
    points = tuple((x * by, y * by) for x, y in face.landmarks)
    return Face(face.x * by, face.y * by, face.w * by, face.h * by, face.score, points)


def _people(counted: Sequence[Sighting], outside: Sequence[Sighting], places: Places) -> list[Seen]:
    """Everybody in this picture, and who is believed in their place without being in it."""
    found = [Seen(*one.box, one.how, 1.0) for one in counted]
    found += [Seen(*one.box, "outside", 1.0) for one in outside]
    found += [Seen(*one.seat.box, "held", round(one.confidence, 3)) for one in places.held if not one.seen]
    return found
