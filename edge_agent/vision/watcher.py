"""The watcher of one camera: faces, people without a face, zones and places together, picture after picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

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
    """One picture. `count`: people counted in it alone; `seated`: in their places, with `confidence` 0..1."""

    at_ms: int
    width: int
    height: int
    count: int
    seated: int
    confidence: float
    people: tuple[Seen, ...]
