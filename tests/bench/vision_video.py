"""Counting in composed classrooms on film: the error of the count at each key frame, by kind of event and bit rate.

Every scene is filmed once, and its key frames are handed to each contender in order. The error is the contender's
smoothed count (of contenders without a memory: its only count) less the number of trainees *present* in their seats:
who is bent, turned away or hidden is present all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tests.bench.vision_classroom import VIEW, Classroom, Script
from tests.bench.vision_contenders import Contender
from tests.bench.vision_film import film

BIT_RATES = (1_000_000, 2_000_000)
SETTLED_MS = 10_000  # a contender with a memory has none in the first pictures of a scene; nobody is judged on those


@dataclass(frozen=True, slots=True)
class Counted:
    """One contender's look at one key frame, with the truth of it."""

    contender: str
    scene: str
    bit_rate: int
    at_ms: int
    raw: int
    smoothed: int
    present: int
    visible: int

    @property
    def error(self) -> int:
        return self.smoothed - self.present


@dataclass(frozen=True, slots=True)
class Errors:
    """Of many looks: mean signed, mean absolute, 95th percentile absolute, share without any error."""

    looks: int
    bias: float
    mean: float
    p95: float
    exact: float

    @classmethod
    def of(cls, counted: Sequence[Counted]) -> Errors:
        errors = np.array([each.error for each in counted])
        off = np.abs(errors)
        return cls(
            len(errors),
            float(errors.mean()),
            float(off.mean()),
            float(np.percentile(off, 95)),
            float((off == 0).mean()),
        )


def measure(
    scripts: Sequence[Script],
    contenders: dict[str, tuple[Callable[[], Contender], int]],
    height: int,
    progress: Callable[[str], None],
    bit_rates: tuple[int, ...] = BIT_RATES,
) -> list[Counted]:
    """`contenders`: how each is made, and that it gets one of so many key frames (a slow one cannot have all)."""
    made = {(name, rate): make() for name, (make, _) in contenders.items() for rate in bit_rates}
    found: list[Counted] = []
    for script in scripts:
        for contender in made.values():
            contender.fresh(VIEW)
        for number, frames in enumerate(film(Classroom(script, height), bit_rates)):
            for (name, rate), contender in made.items():
                if number % contenders[name][1] == contenders[name][1] // 2:
                    frame = frames[rate]
                    look = contender.look(frame.at_ms, frame.image)
                    truth = len(frame.truth.present), len(frame.truth.visible)
                    counts = look.raw, look.smoothed
                    found.append(Counted(contender.name, script.name, rate, frame.at_ms, *counts, *truth))
        progress(f"{script.name}: {len(found)} looks")
    return found


def judged(counted: Sequence[Counted]) -> list[Counted]:
    return [each for each in counted if each.at_ms >= SETTLED_MS]


def table(counted: Sequence[Counted]) -> str:
    """Markdown: each contender at each bit rate over all scenes."""
    counted = judged(counted)
    lines = ["| | Mbit/s | pictures | mean error | mean off | p95 off | exact |", "|---|---|---|---|---|---|---|"]
    for name in dict.fromkeys(each.contender for each in counted):
        for rate in dict.fromkeys(each.bit_rate for each in counted):
            some = [each for each in counted if each.contender == name and each.bit_rate == rate]
            if some:
                one = Errors.of(some)
                lines.append(
                    f"| {name} | {rate / 1e6:g} | {one.looks} | {one.bias:+.2f} | {one.mean:.2f} | {one.p95:.0f} "
                    f"| {100 * one.exact:.0f} % |"
                )
    return "\n".join(lines)


def table_by_scene(counted: Sequence[Counted]) -> str:
    """Markdown: a row each kind of event, a column each contender: mean error and share exact, both rates together."""
    counted = judged(counted)
    names = list(dict.fromkeys(each.contender for each in counted))
    lines = ["| | present, visible | " + " | ".join(names) + " |", "|---" * (len(names) + 2) + "|"]
    for scene in dict.fromkeys(each.scene for each in counted):
        here = [each for each in counted if each.scene == scene]
        present, visible = np.mean([[each.present, each.visible] for each in here], axis=0)
        cells = []
        for name in names:
            some = [each for each in here if each.contender == name]
            one = Errors.of(some) if some else None
            cells.append(f"{one.bias:+.1f}, {100 * one.exact:.0f} %" if one else "—")
        lines.append(f"| {scene} | {present:.1f}, {visible:.1f} | " + " | ".join(cells) + " |")
    return "\n".join(lines)
