"""Draws that anybody can repeat (A-23, B-19): a recorded seed and the candidates give the same list again."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256


def draw(seed: str, candidates: Collection[str], n: int) -> tuple[str, ...]:
    """`n` of the candidates, all of them when there are fewer: in the order of SHA-256 of `seed:candidate`, so that the
    order in which they were listed says nothing."""
    order = sorted(set(candidates), key=lambda one: (sha256(f"{seed}:{one}".encode()).digest(), one))
    return tuple(order[: max(0, n)])


@dataclass(frozen=True, slots=True, order=True)
class Candidate:
    """A class to draw from. `stratum`: its institution's sector; `grade`: its institution's credit, A to D."""

    class_id: str
    stratum: str
    grade: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A draw and all that made it. `rates`: per grade, 0 to 1; `each`: inspectors a class; `drawn`: class to them."""

    seed: str
    rates: Mapping[str, float]
    each: int
    candidates: tuple[Candidate, ...]
    inspectors: tuple[str, ...]
    drawn: Mapping[str, tuple[str, ...]]


def draw_plan(
    seed: str, rates: Mapping[str, float], each: int, candidates: Collection[Candidate], inspectors: Collection[str]
) -> dict[str, tuple[str, ...]]:
    """The drawn classes, each with its inspectors (双随机, B-19). Of every stratum and grade the grade's rate, rounded
    up: one class alone is never safe, and no stratum is passed over unless its rates are 0."""
    groups: dict[tuple[str, str], set[str]] = {}
    for one in candidates:
        groups.setdefault((one.stratum, one.grade), set()).add(one.class_id)
    classes = [
        one
        for (_, grade), group in groups.items()
        for one in draw(seed, group, math.ceil(Fraction(str(rates[grade])) * len(group)))
    ]
    return {one: draw(f"{seed}:{one}", inspectors, each) for one in sorted(classes)}


def verify(plan: Plan) -> bool:
    """Whether the draw, made again, gives what the plan says was drawn."""
    again = draw_plan(plan.seed, plan.rates, plan.each, plan.candidates, plan.inspectors)
    return again == dict(plan.drawn)
