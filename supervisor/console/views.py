"""What a page shows, and nothing else: small frozen values between the services and the templates.

A `tone` (ok, warn, bad, none, wait) picks colour *and* shape; the words always stand beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from supervisor.console.navigation import Entry
from supervisor.lessons.schemas import LessonPhase

Tone = Literal["ok", "warn", "bad", "none", "wait"]


@dataclass(frozen=True, slots=True)
class Mark:
    """A state: its tone and its words, already in the visitor's language."""

    tone: Tone
    text: str


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is signed in."""

    name: str
    unit: str
    may_export: bool
    menu: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class CameraLine:
    """A camera's state in words, with its reason and how old it is."""

    tone: Tone
    text: str
    detail: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """Unbroken recording so far against what is needed, in milliseconds."""

    longest_ms: int
    needed_ms: int


@dataclass(frozen=True, slots=True)
class Tile:
    """One lesson hour of today. `people` None: nobody can say; never shown as 0."""

    lesson_hour_id: UUID
    phase: LessonPhase
    title: str
    place: str
    slot: int
    start: datetime
    end: datetime
    people: int | None
    checked_in: int
    roster: int
    camera: CameraLine
    evidence: Evidence | None
    mark: Mark
    reasons: tuple[str, ...]
    needs_person: bool


@dataclass(frozen=True, slots=True)
class Attention:
    """One thing that needs a person."""

    lesson_hour_id: UUID
    title: str
    text: str
    when: datetime
    mark: Mark


@dataclass(frozen=True, slots=True)
class AlarmLine:
    text: str
    when: datetime


@dataclass(frozen=True, slots=True)
class Choice:
    """One filter chip."""

    key: str
    text: str
    count: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class Group:
    text: str
    tiles: tuple[Tile, ...]


@dataclass(frozen=True, slots=True)
class TodayView:
    now: datetime
    choices: tuple[Choice, ...]
    groups: tuple[Group, ...]
    attention: tuple[Attention, ...]
    alarms: tuple[AlarmLine, ...]
    marks: tuple[tuple[Mark, int], ...]


@dataclass(frozen=True, slots=True)
class Clip:
    """`arrived` False: the facts are here, the file is not yet, or (`wanted_again`) not any more. `deleted`: after its
    term. `play` and `file` are given to those who said why they look (视频条例 art. 16(3))."""

    camera: str
    start: datetime
    end: datetime
    sha256: str
    bytes: int
    retain_until: datetime
    arrived: bool
    play: str | None
    file: str | None
    percent: int | None
    deleted: bool
    deleted_at: datetime | None
    wanted_again: bool


@dataclass(frozen=True, slots=True)
class Hold:
    """An evidence lock. `liftable`: by this viewer; who placed it cannot."""

    id: UUID
    reason: str
    text: str
    covers: str
    who: str
    since: datetime
    until: datetime | None
    active: bool
    liftable: bool


@dataclass(frozen=True, slots=True)
class Fact:
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class CheckInRow:
    """Names are masked: 张*华."""

    name: str
    direction: Literal["in", "out"]
    at: datetime
    method: str
    mark: Mark
    reasons: tuple[str, ...]
    selfie: str  # a hint; empty: there is none


@dataclass(frozen=True, slots=True)
class Version:
    version: int
    source: str
    at: datetime
    mark: Mark


@dataclass(frozen=True, slots=True)
class StretchRow:
    """One row of the plain table beneath the timeline."""

    camera: str
    start: datetime
    end: datetime
    what: str


@dataclass(frozen=True, slots=True)
class CountRow:
    """`seated` None: nobody kept account of places at this instant."""

    at: datetime
    count: int
    seated: int | None


@dataclass(frozen=True, slots=True)
class BoxMark:
    """A box over a picture, in percent of it: its shape of line tells `how`. `label`: beside a remembered place."""

    x: str
    y: str
    w: str
    h: str
    how: Literal["face", "person", "held", "outside"]
    label: str


@dataclass(frozen=True, slots=True)
class SeatDot:
    x: str
    y: str
    how: Literal["seen", "held", "empty"]


@dataclass(frozen=True, slots=True)
class MomentFigure:
    """One of the three pictures. `source` None: the viewer did not say why yet, or (`instead`) there is no picture."""

    title: str
    at: datetime
    at_ms: int
    second: str
    numbers: str
    width: int
    height: int
    source: str | None
    instead: str
    boxes: tuple[BoxMark, ...]
    alt: str
    spots: tuple[SeatDot, ...]
    map_alt: str


@dataclass(frozen=True, slots=True)
class Side:
    """One of two spans that look alike. `link`: the page of another lesson hour that the viewer may see."""

    name: str
    camera: str
    day: str
    span: str
    place: str
    link: str | None
    link_text: str


@dataclass(frozen=True, slots=True)
class LikenessView:
    text: str
    measured: str
    own: Side
    twin: Side


@dataclass(frozen=True, slots=True)
class ReplayCheckNote:
    """`clean`: everything was compared and nothing found."""

    at: datetime
    compared: str
    not_checked: tuple[str, ...]
    clean: bool


@dataclass(frozen=True, slots=True)
class LessonView:
    lesson_hour_id: UUID
    title: str
    place: str
    slot: int
    kind: str
    start: datetime
    end: datetime
    mark: Mark
    proposed_by: str
    reasons: tuple[str, ...]
    facts: tuple[Fact, ...]
    agrees: bool | None
    versions: tuple[Version, ...]
    clips: tuple[Clip, ...]
    no_clip: str
    figures: tuple[MomentFigure, ...]  # none: the report has no pictures
    evidence_sha256: str | None
    profile: str  # name of the region profile
    bundle: str | None  # where it is; None: not everything that goes into it is here
    timeline: dict[str, object] | None
    stretches: tuple[StretchRow, ...]
    counts: tuple[CountRow, ...]
    checkins: tuple[CheckInRow, ...]
    likenesses: tuple[LikenessView, ...]
    replay_checks: tuple[ReplayCheckNote, ...]
