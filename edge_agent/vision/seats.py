"""The seat tracker: who is in their place, from pictures in which heads turn, bend and hide one another.

A *place* is where a head was seen twice. Whoever was seen there is believed there until seen to leave. Belief is
earned: nobody is believed unseen for longer than they were seen before, nor for longer than `hold_s`; where somebody
looked for the body and found none, it is spent three times as fast. And a place counts only while at least `USUAL` of
the pictures of the last minutes show somebody there. So who looks in for a few seconds, or stops there on a walk
through the rows, is nobody in their place, and who sat there all morning may bend for a minute.

Nobody is imagined. Two places are two people only once *two pictures showed both faces*, the last not longer than
`MET_HOLDS` holding times ago: a body without a face is easily taken for its neighbour's. A place that neighbours lean
into in turn is none: it is *settled* only once two pictures showed it together with all the better known places around
it. And nobody is believed unseen in a place so close to somebody seen that it could be the same person, leaning, unless
that is a neighbour in their own place. So who walks about, bends or leans leaves no second person behind.

Pure: no clock, no picture; times are the pictures' own, in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from math import exp, hypot
from typing import Literal

VERSION = "seats/2"
GATE = 1.5  # head widths a sitting head may have moved between two pictures
SIZES = 1.8  # a head this much larger or smaller is another row's
FOLLOW = 0.5  # share of a head's movement that its place takes over
EMPTY = 3.0  # times as fast belief is spent where the body was looked for and not found
AROUND = 3.5  # head widths: as far as somebody leans without getting up
MET_HOLDS = 5.0
LATELY_HOLDS = 1.5  # pictures weigh less with age: by a factor of e after so many holding times
USUAL = 1 / 3
KEPT_HOLDS = 5.0  # a settled place where nobody is believed any more is known for so long
CONFIRMED = 2  # sightings that make a place, and meetings that make two people: what flickers once is nobody


@dataclass(frozen=True, slots=True)
class Sighting:
    """Somebody seen in one picture: middle of the head and its width, px; the box is for people who look at it."""

    x: float
    y: float
    size: float
    box: tuple[float, float, float, float]  # x, y, w, h
    how: Literal["face", "person"]
    weak: bool = False  # too doubtful for somebody new; enough for somebody known to be still there


@dataclass(slots=True, eq=False)
class Seat:
    """A place. `seen_ms`, `faced_ms`: the last picture that showed somebody here, and a face; `belief_ms`: for how long
    who sat here is still believed unseen. `together`: pictures that showed it with all better known places around it.
    `crowded`: nobody is seen here now, but somebody so close that they may be who sat here. `showed` of `pictures`: how
    many pictures showed somebody here, lately."""

    number: int
    x: float
    y: float
    size: float
    box: tuple[float, float, float, float]
    how: Literal["face", "person"]
    first_ms: int
    seen_ms: int
    faced_ms: int | None
    sightings: int = 1
    pictures: float = 1.0
    showed: float = 1.0
    belief_ms: float = 0.0
    together: int = 0
    crowded: bool = False
    met: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Number of another place → in how many pictures both faces were seen, lately, and when last."""

    @property
    def settled(self) -> bool:
        """It may be believed in while nobody is seen there."""
        return self.sightings >= CONFIRMED and self.together >= CONFIRMED

    @property
    def usual(self) -> bool:
        return self.showed >= USUAL * self.pictures


@dataclass(frozen=True, slots=True)
class Held:
    """A place that counts now. `seen`: somebody is there in this very picture."""

    seat: Seat
    seen: bool
    confidence: float


@dataclass(frozen=True, slots=True)
class Places:
    """Everybody believed in their place. `strangers`: seen in this picture where nobody was before, so in no place yet.

    `confidence` 0..1: the mean, a stranger counting nothing; 1 with nobody there.
    """

    held: tuple[Held, ...]
    strangers: int = 0

    @property
    def count(self) -> int:
        return len(self.held)

    @property
    def confidence(self) -> float:
        people = len(self.held) + self.strangers
        return sum(one.confidence for one in self.held) / people if people else 1.0


class SeatTracker:
    """Of one camera and one lesson. One thread."""

    def __init__(self, hold_s: float) -> None:
        self._hold_ms = hold_s * 1000
        self._seats: list[Seat] = []
        self._numbers = 0
        self._at_ms: int | None = None

    @property
    def seats(self) -> tuple[Seat, ...]:
        """Every place not yet given up, whether it counts or not."""
        return tuple(self._seats)

    def believable(self, sightings: Sequence[Sighting]) -> list[Sighting]:
        """Without the weak ones that are in no known place."""
        matched = set(self._match(sightings).values())
        return [one for index, one in enumerate(sightings) if index in matched or not one.weak]

    def unseen(self, sightings: Sequence[Sighting]) -> list[Seat]:
        """Settled places that none of these sightings would be taken for or is close to, the least certain first: where
        to look again."""
        matched = self._match(sightings)
        owners = self._owners(matched)
        strangers = [one for index, one in enumerate(sightings) if index not in owners]
        missing = [
            seat
            for seat in self._seats
            if seat.settled and seat.number not in matched and not _crowded(seat, sightings, owners, strangers)
        ]
        return sorted(missing, key=lambda seat: seat.belief_ms)

    def update(self, at_ms: int, sightings: Sequence[Sighting], searched: AbstractSet[int] = frozenset()) -> Places:
        """One picture. `searched`: numbers of places where the body was looked for as well. The same picture again
        changes nothing; after one older than the last, because the clock was set back, everything begins anew."""
        if self._at_ms == at_ms:
            return self._places(at_ms)
        if self._at_ms is not None and at_ms < self._at_ms:
            self._seats, self._at_ms = [], None
        passed_ms = 0 if self._at_ms is None else at_ms - self._at_ms
        self._at_ms = at_ms
        matched = self._match(sightings)
        weight = exp(-passed_ms / (LATELY_HOLDS * self._hold_ms)) if self._hold_ms else 0.0
        for seat in self._seats:
            seat.pictures = weight * seat.pictures + 1
            seat.showed = weight * seat.showed + (seat.number in matched)
            if seat.number in matched:
                _see(seat, sightings[matched[seat.number]], at_ms)
                seat.belief_ms = min(seat.belief_ms + passed_ms, self._hold_ms)
            else:
                spent_ms = passed_ms * (EMPTY if seat.number in searched else 1.0)
                seat.belief_ms = max(seat.belief_ms - spent_ms, 0.0)
        taken = set(matched.values())
        new = [one for index, one in enumerate(sightings) if index not in taken and not one.weak]
        self._seats += [self._new(one, at_ms) for one in new]
        self._seats = [seat for seat in self._seats if at_ms - seat.seen_ms <= self._kept_ms(seat)]
        self._introduce(at_ms)
        self._settle(at_ms, sightings, matched)
        return self._places(at_ms)

    def _by_number(self, number: int) -> Seat:
        return next(seat for seat in self._seats if seat.number == number)

    def _kept_ms(self, seat: Seat) -> float:
        return self._hold_ms * (KEPT_HOLDS if seat.settled else 1.0)

    def _owners(self, matched: dict[int, int]) -> dict[int, Seat]:
        """Index of a sighting → the settled place whose own it is."""
        owners = {index: self._by_number(number) for number, index in matched.items()}
        return {index: seat for index, seat in owners.items() if seat.settled}

    def _settle(self, at_ms: int, sightings: Sequence[Sighting], matched: dict[int, int]) -> None:
        seen = [seat for seat in self._seats if seat.seen_ms == at_ms]
        for seat in seen:
            better = [
                other
                for other in self._seats
                if other is not seat
                and other.sightings >= seat.sightings
                and at_ms - other.seen_ms < self._hold_ms
                and _near(seat, other.x, other.y, AROUND)
            ]
            seat.together += all(other.seen_ms == at_ms for other in better)
        owners = self._owners(matched)
        strangers = [seat for seat in seen if not seat.settled]
        for seat in self._seats:
            if seat.seen_ms != at_ms:
                seat.crowded = _crowded(seat, sightings, owners, strangers)

    def _match(self, sightings: Sequence[Sighting]) -> dict[int, int]:
        """Number of a place → index of the sighting taken for it: nearest pairs first, each at most once."""
        pairs = []
        for seat in self._seats:
            for index, one in enumerate(sightings):
                away = hypot(one.x - seat.x, one.y - seat.y) / max(seat.size, 1.0)
                alike = one.how != seat.how or max(one.size, seat.size) <= SIZES * min(one.size, seat.size)
                if away <= GATE and alike:
                    pairs.append((away, seat.number, index))
        matched: dict[int, int] = {}
        taken: set[int] = set()
        for _, number, index in sorted(pairs):
            if number not in matched and index not in taken:
                matched[number] = index
                taken.add(index)
        return matched

    def _new(self, one: Sighting, at_ms: int) -> Seat:
        self._numbers += 1
        faced_ms = at_ms if one.how == "face" else None
        return Seat(self._numbers, one.x, one.y, one.size, one.box, one.how, at_ms, at_ms, faced_ms)

    def _introduce(self, at_ms: int) -> None:
        """All whose faces are in this picture have met: they are different people."""
        seen = [seat for seat in self._seats if seat.faced_ms == at_ms]
        known = {seat.number for seat in self._seats}
        for seat in self._seats:
            seat.met = {number: met for number, met in seat.met.items() if number in known}
        for seat in seen:
            for other in seen:
                if other is not seat:
                    times, last_ms = seat.met.get(other.number, (0, at_ms))
                    lately = at_ms - last_ms <= MET_HOLDS * self._hold_ms
                    seat.met[other.number] = (times + 1 if lately else 1, at_ms)

    def _places(self, at_ms: int) -> Places:
        confirmed = [seat for seat in self._seats if seat.sightings >= CONFIRMED and seat.usual]
        confirmed.sort(key=lambda seat: (seat.seen_ms != at_ms, -seat.belief_ms, seat.number))
        held: list[Held] = []
        for seat in confirmed:
            seen = seat.seen_ms == at_ms
            believed = seat.settled and not seat.crowded and seat.belief_ms > 0
            if seen or (believed and all(self._met_lately(seat, one.seat, at_ms) for one in held)):
                held.append(Held(seat, seen, 1.0 if seen else seat.belief_ms / self._hold_ms))
        strangers = sum(seat.seen_ms == at_ms and seat.sightings < CONFIRMED for seat in self._seats)
        return Places(tuple(held), strangers)

    def _met_lately(self, one: Seat, other: Seat, at_ms: int) -> bool:
        times, last_ms = one.met.get(other.number, (0, at_ms))
        return times >= CONFIRMED and at_ms - last_ms <= MET_HOLDS * self._hold_ms


def _near(seat: Seat, x: float, y: float, heads: float) -> bool:
    return hypot(x - seat.x, y - seat.y) <= heads * max(seat.size, 1.0)


def _crowded(
    seat: Seat, sightings: Sequence[Sighting], owners: dict[int, Seat], strangers: Sequence[Sighting | Seat]
) -> bool:
    """Whether who sat here may be somebody seen: anybody close by who is not known to be somebody else, or somebody in
    no settled place a little farther."""
    close = [index for index, one in enumerate(sightings) if _near(seat, one.x, one.y, GATE)]
    unknown = any(index not in owners or not _acquainted(seat, owners[index]) for index in close)
    return unknown or any(_near(seat, one.x, one.y, AROUND) for one in strangers)


def _acquainted(one: Seat, other: Seat) -> bool:
    return one.met.get(other.number, (0, 0))[0] >= CONFIRMED


def _see(seat: Seat, one: Sighting, at_ms: int) -> None:
    """A face tells where the head is; a body without one only that somebody is there."""
    if one.how == "face" or seat.how == "person":
        seat.x += FOLLOW * (one.x - seat.x)
        seat.y += FOLLOW * (one.y - seat.y)
        seat.size += FOLLOW * (one.size - seat.size)
        seat.box, seat.how = one.box, one.how
    if one.how == "face" and not one.weak:
        seat.faced_ms = at_ms
    seat.seen_ms, seat.crowded = at_ms, False
    seat.sightings += 1
