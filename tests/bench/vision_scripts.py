"""Scripts for the composed classroom: one scene a kind of event, and lesson hours with everything in them.

All chance comes from a seed. `FIDGETS` is what people do when nothing special is asked of them: an assumption of ours,
told in `docs/vision.md`, for no measured distribution of trainees' behaviour was to be had.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

from tests.bench.vision_classroom import SEATS, Act, During, RoomEvent, Script, Trainee
from tests.bench.vision_people import people, solvay_people

# act, mean seconds between two of them for one person, shortest and longest duration (s)
FIDGETS = ((Act.WRITING, 60, 10, 40), (Act.HALF, 45, 2, 12), (Act.TURNED, 90, 3, 15), (Act.BENT, 120, 5, 40))


def seated(chance: Random, many: int, seconds: float, *, calm: bool = False, solvay: bool = False) -> list[Trainee]:
    """`many` trainees, most of them in front, each fidgeting on their own. `solvay`: people of that photograph only."""
    seats = sorted(range(len(SEATS)), key=lambda seat: SEATS[seat].z_m + chance.uniform(0, 3))[:many]
    known = solvay_people() if solvay else people()
    persons = chance.sample(range(known), known) * (many // known + 1)
    return [
        Trainee(seat, person, () if calm else fidgets(chance, seconds))
        for seat, person in zip(sorted(seats), persons, strict=False)
    ]


def fidgets(chance: Random, seconds: float, slow: float = 1.0) -> tuple[During, ...]:
    """Poisson in time, one act after the other where they meet; all times `slow` times as long."""
    found = []
    for act, every_s, shortest_s, longest_s in FIDGETS:
        at = chance.expovariate(1 / every_s) * slow
        while at < seconds:
            end = at + chance.uniform(shortest_s, longest_s) * slow
            found.append(During(act, at, end))
            at = end + chance.expovariate(1 / every_s) * slow
    return tuple(sorted(found, key=lambda one: one.start_s))


def doing(trainee: Trainee, act: Act, start_s: float, end_s: float) -> Trainee:
    """The same trainee, who also does this, before any fidgeting."""
    return replace(trainee, acts=(During(act, start_s, end_s), *trainee.acts))


def scenes(seconds: float = 60, many: int = 30, seed: int = 1, *, solvay: bool = False) -> list[Script]:
    """One scene a kind of event: `many` people, the event in the middle two thirds."""
    return [_scene(kind, seconds, many, seed + number, solvay) for number, kind in enumerate(_SCENES)]


def _scene(kind: str, seconds: float, many: int, seed: int, solvay: bool) -> Script:
    chance = Random(seed)
    base = Script(kind, seconds, tuple(seated(chance, many, seconds, calm=True, solvay=solvay)), teacher=True)
    return _SCENES[kind](base, chance, seconds / 6, seconds * 5 / 6)


def _several(act: Act, share: float) -> Callable[[Script, Random, float, float], Script]:
    """A share of all trainees does `act` for a third to the whole of the time."""

    def written(script: Script, chance: Random, start_s: float, end_s: float) -> Script:
        chosen = set(chance.sample(range(len(script.trainees)), round(share * len(script.trainees))))
        trainees = []
        for number, each in enumerate(script.trainees):
            if number in chosen:
                began = chance.uniform(start_s, start_s + (end_s - start_s) / 2)
                each = doing(each, act, began, chance.uniform(began + (end_s - start_s) / 3, end_s))
            trainees.append(each)
        return replace(script, trainees=tuple(trainees))

    return written


def _event(what: RoomEvent) -> Callable[[Script, Random, float, float], Script]:
    return lambda script, chance, start_s, end_s: replace(script, events=(During(what, start_s, end_s),))


def _leave_and_return(script: Script, chance: Random, start_s: float, end_s: float) -> Script:
    return _several(Act.AWAY, 0.1)(script, chance, start_s, end_s)


def _late(script: Script, chance: Random, start_s: float, end_s: float) -> Script:
    """One in ten enters only in the course of the scene, one of them never."""
    chosen = chance.sample(range(len(script.trainees)), max(round(len(script.trainees) / 10), 2))
    entered = {number: chance.uniform(start_s, end_s) for number in chosen}
    entered[chosen[0]] = script.seconds
    return replace(
        script,
        trainees=tuple(
            doing(each, Act.AWAY, 0, entered[number]) if number in entered else each
            for number, each in enumerate(script.trainees)
        ),
    )


def _posters(script: Script, chance: Random, start_s: float, end_s: float) -> Script:
    return replace(script, posters=True)


def _everyday(script: Script, chance: Random, start_s: float, end_s: float) -> Script:
    """Everybody fidgets, one comes late, one leaves for a while, the teacher walks about, posters hang on the wall."""
    trainees = [replace(each, acts=fidgets(chance, script.seconds)) for each in script.trainees]
    late, leaves = chance.sample(range(len(trainees)), 2)
    trainees[late] = doing(trainees[late], Act.AWAY, 0, start_s)
    trainees[leaves] = doing(trainees[leaves], Act.AWAY, (start_s + end_s) / 2, end_s)
    walk = During(RoomEvent.AISLE, start_s, (start_s + end_s) / 2)
    return replace(script, trainees=tuple(trainees), events=(walk,), posters=True)


_SCENES: dict[str, Callable[[Script, Random, float, float], Script]] = {
    "calm": lambda script, chance, start_s, end_s: script,
    "writing": _several(Act.WRITING, 0.6),
    "half turned": _several(Act.HALF, 0.4),
    "turned away": _several(Act.TURNED, 0.25),
    "bending": _several(Act.BENT, 0.25),
    "standing up": _several(Act.STANDING, 0.15),
    "teacher crossing": _event(RoomEvent.CROSSING),
    "teacher among seats": _event(RoomEvent.AISLE),
    "leaving": _leave_and_return,
    "late": _late,
    "lamps off": _event(RoomEvent.DIM),
    "clouds": _event(RoomEvent.CLOUD),
    "posters": _posters,
    "everyday": _everyday,
}
KINDS = tuple(_SCENES)
