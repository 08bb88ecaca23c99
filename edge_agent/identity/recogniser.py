"""Who was seen in a lesson: the sampler shows each picture's faces, and asks at the lesson's end.

A face is compared until its seat is named; after that it is followed by its place for as long as it stays there, at no
cost. Nothing is written to disk. Templates withdrawn while a lesson runs are forgotten at the next picture, with all
they led to.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from config.clock import CHINA, from_epoch_ms
from config.errors import LessonProofError
from edge_agent.identity.engine import FaceEngine
from edge_agent.identity.match import UNKNOWN, Agreement, Match, agreed, match, one_face_each
from edge_agent.identity.templates import Roster, TemplateStore
from edge_agent.vision.counter import Face, Image
from supervisor.rules.evidence import Counter

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RecognitionRules:
    """`follow_ms`: a face is that of an earlier picture at most so long ago, and if their boxes overlap by `overlap`
    (intersection over union). `again_ms`: a followed face is compared anew after so long, because people change seats.
    """

    agreement: Agreement = field(default_factory=Agreement)
    follow_ms: int = 12_000  # two samples of the county's 5 s, and a late one
    overlap: float = 0.3
    again_ms: int = 120_000


@dataclass(frozen=True, slots=True)
class Sighting:
    """One trainee in the lesson so far. `frames`: pictures in which the face was compared or followed; `best`: the
    greatest similarity, on the engine's scale.
    """

    first_ms: int
    frames: int
    best: float


@dataclass(eq=False)
class _Seat:
    face: Face
    at_ms: int
    matches: deque[Match]
    trainee: str | None = None
    compared_ms: int = 0


class Recogniser:
    """By one thread at a time. `expect()` at a lesson's start, `forget()` at its end."""

    def __init__(self, engine: FaceEngine, store: TemplateStore, rules: RecognitionRules | None = None) -> None:
        self._engine, self._store, self._rules = engine, store, rules or RecognitionRules()
        self._expected: frozenset[str] | None = None
        self._roster: Roster = Roster({}, ())
        self._loaded: object = None
        self._seats: dict[str, list[_Seat]] = {}
        self._seen: dict[str, Sighting] = {}

    @property
    def proves_presence(self) -> bool:
        return self._engine.proves_presence

    @property
    def version(self) -> Counter:
        return self._engine.version

    @property
    def enrolled(self) -> frozenset[str]:
        """Who could be named at the last picture."""
        return frozenset(self._roster.templates)

    @property
    def problems(self) -> tuple[LessonProofError, ...]:
        """Templates that could not be compared at the last picture: TEMPLATE_OTHER_ENGINE, TEMPLATE_DAMAGED."""
        return self._roster.problems

    def expect(self, trainees: Iterable[str] | None) -> None:
        """Compare with these trainees only, the lesson's roster: with fewer people fewer are confused. None: all."""
        self._expected = None if trainees is None else frozenset(trainees)
        self._loaded = None

    def look(self, camera_id: str, at_ms: int, image: Image, faces: Sequence[Face]) -> tuple[str | None, ...]:
        """The trainee of each face of one picture, in order; None: unknown. `at_ms` is wall time and never goes back
        for one camera.

        Raises LessonProofError IDENTITY_KEY_MISSING, PICTURE_UNUSABLE.
        """
        self._load(at_ms)
        seats = self._seats_of(camera_id, at_ms, faces)
        followed = [seat for seat in seats if seat.trainee and at_ms - seat.compared_ms < self._rules.again_ms]
        taken = {seat.trainee for seat in followed}
        compared = [seat for seat in seats if seat not in followed]
        matches = [self._match(image, seat.face) for seat in compared]
        free = one_face_each([UNKNOWN if found.trainee in taken else found for found in matches])
        for seat, found in zip(compared, free, strict=True):
            if seat.trainee:
                seat.matches.clear()  # due to be looked at again: it must be named anew
            seat.matches.append(found)
            seat.compared_ms = at_ms
            seat.trainee = agreed(tuple(seat.matches), self._engine.thresholds, self._rules.agreement)
        _one_seat_each(seats)
        for seat in seats:
            self._note(seat, at_ms)
        self._seats[camera_id] = seats + [old for old in self._recent(camera_id, at_ms) if old.at_ms < at_ms]
        return tuple(seat.trainee for seat in seats)

    def seen(self) -> Mapping[str, Sighting]:
        """Everybody named since `forget()`, on any camera."""
        return dict(self._seen)

    def forget(self) -> None:
        """The lesson is over: no seat, no sighting, no template stays in memory."""
        self._seats.clear()
        self._seen.clear()
        self._roster, self._loaded, self._expected = Roster({}, ()), None, None

    def _load(self, at_ms: int) -> None:
        today = from_epoch_ms(at_ms).astimezone(CHINA).date()
        state = (self._store.generation(), today)
        if state == self._loaded:
            return
        self._loaded = None  # what cannot be read now is asked for again
        roster = self._store.roster(self._engine.version, today)
        if self._expected is not None:
            wanted = {name: own for name, own in roster.templates.items() if name in self._expected}
            roster = Roster(wanted, roster.problems)
        for problem in roster.problems:
            logger.warning("%s", problem)
        self._roster, self._loaded = roster, state
        for gone in [name for name in self._seen if name not in roster.templates]:
            del self._seen[gone]
        for seats in self._seats.values():
            seats[:] = [seat for seat in seats if seat.trainee is None or seat.trainee in roster.templates]
            for seat in seats:
                seat.matches = deque((m for m in seat.matches if m.trainee in roster.templates), seat.matches.maxlen)

    def _match(self, image: Image, face: Face) -> Match:
        if not self._roster.templates or not face.w >= self._engine.smallest_px:
            return UNKNOWN
        try:
            return match(self._engine.describe(image, face), self._roster.templates, self._engine.similarity)
        except LessonProofError as error:
            if error.code != "FACE_UNUSABLE":
                raise
            return UNKNOWN

    def _recent(self, camera_id: str, at_ms: int) -> list[_Seat]:
        return [seat for seat in self._seats.get(camera_id, []) if at_ms - seat.at_ms <= self._rules.follow_ms]

    def _seats_of(self, camera_id: str, at_ms: int, faces: Sequence[Face]) -> list[_Seat]:
        """The seat of each face: an earlier one whose box overlaps most, each for one face; else a new one."""
        old = self._recent(camera_id, at_ms)
        pairs = sorted(
            ((overlap(face, seat.face), f, s) for f, face in enumerate(faces) for s, seat in enumerate(old)),
            key=lambda pair: -pair[0],
        )
        given: dict[int, int] = {}
        for shared, f, s in pairs:
            if shared >= self._rules.overlap and f not in given and s not in given.values():
                given[f] = s
        seats = []
        for f, face in enumerate(faces):
            if f in given:
                seat = old[given[f]]
                seat.face, seat.at_ms = face, at_ms
            else:
                seat = _Seat(face, at_ms, deque(maxlen=self._rules.agreement.of))
            seats.append(seat)
        return seats

    def _note(self, seat: _Seat, at_ms: int) -> None:
        if seat.trainee is None:
            return
        best = max((m.similarity for m in seat.matches if m.trainee == seat.trainee), default=float("-inf"))
        before = self._seen.get(seat.trainee, Sighting(at_ms, 0, best))
        self._seen[seat.trainee] = Sighting(min(before.first_ms, at_ms), before.frames + 1, max(before.best, best))


def _one_seat_each(seats: Sequence[_Seat]) -> None:
    """Over several frames two seats of one picture may come to the same trainee: the one that looked more like it last
    keeps it, the other starts anew.
    """
    taken: set[str] = set()
    for seat in sorted((seat for seat in seats if seat.trainee), key=lambda seat: -seat.matches[-1].similarity):
        assert seat.trainee
        if seat.trainee in taken:
            seat.trainee = None
            seat.matches.clear()
        else:
            taken.add(seat.trainee)


def overlap(one: Face, other: Face) -> float:
    """Intersection over union of the boxes."""
    w = min(one.x + one.w, other.x + other.w) - max(one.x, other.x)
    h = min(one.y + one.h, other.y + other.h) - max(one.y, other.y)
    shared = max(w, 0.0) * max(h, 0.0)
    whole = one.w * one.h + other.w * other.h - shared
    return shared / whole if whole > 0 else 0.0
