"""Lesson hours as scripts, a kind each, and what the truth and each contender see in them at every sample.

Among them are the borderline ones: one more or one fewer than checked in, exactly the tolerated share missing, somebody
there only just long or short enough, somebody bent for minutes, and a teacher among the seats while one is missing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from tests.bench.vision_classroom import VIEW, Act, Classroom, During, RoomEvent, Script
from tests.bench.vision_contenders import Contender, Detection, Look
from tests.bench.vision_film import Noise, still
from tests.bench.vision_scripts import doing, fidgets, seated

EVERY_S = 5
CLIPS = 1.5  # an hour is so many clips long
REAL_CLIP_S = 600
_STRIDE = 13  # between the kinds of two hours in turn, so that a few hours are of many kinds


@dataclass(frozen=True, slots=True)
class Hour:
    number: int
    kind: str
    script: Script
    required: int  # trainees who checked in


@dataclass(frozen=True, slots=True)
class Seen:
    """One sample of one hour: the truth, and each contender's look by name."""

    at_ms: int
    present: int
    looks: dict[str, Look]


class _Making:
    """What a kind of hour is written with: chance, the length of the hour, and the people in it."""

    def __init__(self, chance: Random, seconds: float, slow: float) -> None:
        self.chance, self.seconds, self._slow = chance, seconds, slow
        self.events: list[During] = []
        self.seat(chance.choice((10, 14, 20, 20, 26, 32)))

    def seat(self, many: int) -> None:
        """So many are in the room, and so many checked in."""
        people = seated(self.chance, many, self.seconds, calm=True)
        self.people = [replace(each, acts=fidgets(self.chance, self.seconds, self._slow)) for each in people]
        self.many = self.required = many

    def one(self) -> int:
        return self.chance.randrange(self.many)

    def away(self, number: int, start_s: float, end_s: float) -> None:
        self.people[number] = doing(self.people[number], Act.AWAY, start_s, end_s)

    def does(self, number: int, act: Act, start_s: float, end_s: float) -> None:
        self.people[number] = doing(self.people[number], act, start_s, end_s)


def _all_there(hour: _Making) -> None:
    pass


def _missing(share: float) -> Callable[[_Making], None]:
    """So many who checked in are not there: 0 is one of them."""

    def made(hour: _Making) -> None:
        hour.required = hour.many + (max(round(share * hour.many), 2) if share else 1)

    return made


def _five_percent(hour: _Making) -> None:
    """One of exactly 20."""
    hour.seat(19)
    hour.required = 20


def _visitor(hour: _Making) -> None:
    hour.required = hour.many - 1


def _leaves_early(hour: _Making) -> None:
    hour.away(hour.one(), hour.seconds * 0.2, hour.seconds)


def _comes_late(hour: _Making) -> None:
    hour.away(hour.one(), 0, hour.seconds * 0.45)


def _out_in_the_middle(hour: _Making) -> None:
    """Gone for the middle third: two thirds of the hour show everybody."""
    hour.away(hour.one(), hour.seconds * 0.34, hour.seconds * 0.67)


def _bends_a_third(hour: _Making) -> None:
    """Over the desk for the last third: there all the time, seen in two thirds of it."""
    hour.does(hour.one(), Act.BENT, hour.seconds * 0.67, hour.seconds)


def _bends_for_long(hour: _Making) -> None:
    for _ in range(2):
        start_s = hour.chance.uniform(0.1, 0.6) * hour.seconds
        hour.does(hour.one(), Act.BENT, start_s, start_s + 0.15 * hour.seconds)


def _moments(length_s: float) -> Callable[[_Making], None]:
    """One person is there for `length_s` in each tenth of the hour only."""

    def made(hour: _Making) -> None:
        number, tenth = hour.one(), hour.seconds / 10
        for each in range(10):
            hour.away(number, each * tenth + length_s, (each + 1) * tenth)

    return made


def _teacher_walks(missing: int) -> Callable[[_Making], None]:
    """The teacher goes between the rows for half of the hour, while `missing` who checked in are not there."""

    def made(hour: _Making) -> None:
        hour.required += missing
        hour.events.append(During(RoomEvent.AISLE, 0.2 * hour.seconds, 0.7 * hour.seconds))

    return made


def _lamps_off(hour: _Making) -> None:
    hour.events.append(During(RoomEvent.DIM, 0.3 * hour.seconds, 0.6 * hour.seconds))


def _hidden(hour: _Making) -> None:
    """The one who sits nearest to the lens stands for a third of the hour."""
    hour.does(0, Act.STANDING, 0.3 * hour.seconds, 0.63 * hour.seconds)


KINDS: dict[str, tuple[Callable[[_Making], None], int]] = {
    "all there": (_all_there, 6),
    "one missing": (_missing(0), 4),
    "several missing": (_missing(0.12), 3),
    "a quarter missing": (_missing(0.3), 1),
    "exactly 5 % missing": (_five_percent, 2),
    "one more than checked in": (_visitor, 1),
    "one leaves early": (_leaves_early, 2),
    "one comes late": (_comes_late, 2),
    "one out in the middle": (_out_in_the_middle, 1),
    "one bends for a third": (_bends_a_third, 2),
    "two bend for long": (_bends_for_long, 2),
    "one there 8 s at a time": (_moments(8), 1),
    "one there 13 s at a time": (_moments(13), 1),
    "teacher walks, all there": (_teacher_walks(0), 2),
    "teacher walks, one missing": (_teacher_walks(1), 2),
    "lamps off": (_lamps_off, 1),
    "one stands in the way": (_hidden, 1),
}
"""How each kind is written, and its share among the hours."""


def hour(number: int, clip_s: float) -> Hour:
    """Hour `number`: the same number is the same hour."""
    chance = Random(number)
    turns = [kind for kind, (_, share) in KINDS.items() for _ in range(share)]
    kind = turns[number * _STRIDE % len(turns)]
    making = _Making(chance, clip_s * CLIPS, clip_s / REAL_CLIP_S)
    KINDS[kind][0](making)
    script = Script(kind, making.seconds, tuple(making.people), tuple(making.events), posters=True, teacher=True)
    return Hour(number, kind, script, making.required)


def watch(one: Hour, contenders: Sequence[Contender], height: int) -> list[Seen]:
    """Draw the hour's samples and show them to every contender."""
    classroom = Classroom(one.script, height)
    noise: Noise | None = None
    for contender in contenders:
        contender.fresh(VIEW)
    rows = []
    for at_s in range(0, int(one.script.seconds), EVERY_S):
        image, truth = classroom.picture(at_s)
        noise = noise or Noise(*image.shape[:2], seed=one.number)
        picture = still(image, noise)
        rows.append((at_s * 1000, truth, {each.name: each.look(at_s * 1000, picture) for each in contenders}))
    ever = frozenset().union(*(truth.visible for _, truth, _ in rows))
    return [Seen(at_ms, len(truth.present & ever), looks) for at_ms, truth, looks in rows]


def only(seen: Sequence[Seen], name: str) -> list[Seen]:
    """What one contender saw."""
    return [replace(each, looks={name: each.looks[name]}) for each in seen]


def together(several: Sequence[Sequence[Seen]]) -> list[Seen]:
    """What all of them saw, each of `several` being one's."""
    return [
        replace(rows[0], looks={name: look for row in rows for name, look in row.looks.items()})
        for rows in zip(*several, strict=True)
    ]


def keep(path: Path, seen: Sequence[Seen]) -> None:
    """Write what was seen in one hour, whole or not at all."""
    rows = [[each.at_ms, each.present, {name: _told(look) for name, look in each.looks.items()}] for each in seen]
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(rows, separators=(",", ":")), encoding="utf-8")
    part.replace(path)


def kept(path: Path) -> list[Seen] | None:
    """What `keep` wrote; None: nothing, or something unreadable, which is looked at again."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return [
            Seen(at_ms, present, {name: _look(*told) for name, told in looks.items()}) for at_ms, present, looks in rows
        ]
    except (OSError, ValueError, TypeError, IndexError):
        return None


def _told(look: Look) -> list[object]:
    boxes = [[round(number) for number in (box.x, box.y, box.w, box.h)] for box in look.boxes]
    return [look.raw, look.smoothed, look.confidence, boxes]


def _look(raw: int, smoothed: int, confidence: float | None, boxes: list[list[int]]) -> Look:
    return Look(raw, smoothed, tuple(Detection(*box) for box in boxes), confidence)
