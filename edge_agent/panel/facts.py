"""What the classroom's screen knows at one moment: plain values, composed to words and shapes elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from supervisor.contract.state import CameraStatus
from supervisor.contract.target import TargetExplanation
from supervisor.rules.checkin import CheckInWindow, Direction
from supervisor.rules.verdict import VerdictState


@dataclass(frozen=True, slots=True)
class Camera:
    code: str
    status: CameraStatus
    since: datetime


@dataclass(frozen=True, slots=True)
class ClockFacts:
    """`off_s`: ahead of the centre's clock by so much; None: not known. `uncertainty_ms`: the kernel's word."""

    trusted: bool
    by_operator: bool
    uncertainty_ms: int | None
    off_s: float | None


@dataclass(frozen=True, slots=True)
class Network:
    """`silent_s`: since the centre's last answer; None: it never answered. `refused`: (Chinese, English)."""

    away: bool
    silent_s: float | None
    entries: int
    clips: int
    refused: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class DiskFacts:
    free_bytes: int
    total_bytes: int
    enough: bool


@dataclass(frozen=True, slots=True)
class Hour:
    """A lesson hour of today in this room. `verdict`: the box's own; None: not judged yet."""

    class_name: str
    start: datetime
    end: datetime
    filmed: bool
    verdict: VerdictState | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Of the running lesson hour, so far. `satisfied`: it would pass as it stands."""

    longest_ms: int
    needed_ms: int
    people: int | None
    required: int | None
    satisfied: bool


@dataclass(frozen=True, slots=True)
class Door:
    """Check-in or check-out of the session at hand. `people`: (reference, name), `here`: references of those done."""

    session_id: UUID
    direction: Direction
    window: CheckInWindow
    people: tuple[tuple[str, str], ...]
    here: frozenset[str]
    on_leave: frozenset[str]
    roll_call: bool
    cards: bool = False  # the site takes ID cards

    @property
    def expected(self) -> int:
        return len([ref for ref, _ in self.people if ref not in self.on_leave])

    @property
    def missing(self) -> list[tuple[str, str]]:
        return [one for one in self.people if one[0] not in self.here and one[0] not in self.on_leave]

    def is_open(self, now: datetime) -> bool:
        return self.window.opens <= now.replace(microsecond=0) <= self.window.closes


@dataclass(frozen=True, slots=True)
class Code:
    """`svg`: the picture to scan."""

    code: str
    svg: str
    left_s: float
    source: Literal["centre", "box"]


@dataclass(frozen=True, slots=True)
class Drawn:
    """An inspector's roll call: names to read out."""

    names: tuple[str, ...]
    left_s: float


@dataclass(frozen=True, slots=True)
class Facts:
    """`planned`: the centre has told a plan at all. `uses_code`: the rules of the session want a code; `code` None
    then: none is to be had."""

    now: datetime
    planned: bool
    room: str
    cameras: tuple[Camera, ...]
    clock: ClockFacts
    network: Network
    disk: DiskFacts
    hours: tuple[Hour, ...]
    evidence: Evidence | None
    door: Door | None
    uses_code: bool
    code: Code | None
    drawn: Drawn | None
    to_explain: tuple[TargetExplanation, ...]

    @property
    def running(self) -> Hour | None:
        return next((hour for hour in self.hours if hour.start <= self.now < hour.end), None)

    @property
    def next(self) -> Hour | None:
        return next((hour for hour in self.hours if hour.start > self.now), None)
