"""Evidence: everything `judge` reads about one lesson hour (学时), and nothing else.

All times are integer milliseconds after the start of the lesson hour, on the box's wall clock: integers, so that
600.0 s passes and 599.9 s fails on every machine, and the canonical JSON (RFC 8785) of an evidence has exactly one
form. A span is anchored at the wall time of its first picture and is as long as its *media*: media time, not wall
time, is what the ten minutes count. The wire contract validates and documents these very classes; there is no second
copy.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import isfinite
from typing import ClassVar

EVIDENCE_SCHEMA = "lessonproof/evidence/1"
LONGEST_MS = 24 * 3_600_000
MOST_PEOPLE = 100_000
"""Bounds of the possible: beyond them a number is a mistake, and a rule that had to bear it could be made to choke."""
EXACT = 2**53 - 1
"""Whole numbers up to here are exact in JSON; canonical JSON (RFC 8785) refuses larger ones."""

_STRICT: dict[str, object] = {"extra": "forbid", "strict": False}


class LessonKind(StrEnum):
    THEORY = "theory"
    PRACTICE = "practice"
    EXAM = "exam"


class ExemptKind(StrEnum):
    """Two different things (RULES 1.0): staff of an enterprise (no video, papers instead) and secret-related units."""

    ENTERPRISE_STAFF = "enterprise_staff"
    SECRET_UNIT = "secret_unit"  # noqa: S105


class GapReason(StrEnum):
    """Why there is no recording; every gap has one."""

    LINE_LOST = "line_lost"  # the connection to the camera ended
    CAMERA_STALLED = "camera_stalled"  # connected, but no pictures came
    CAMERA_UNREACHABLE = "camera_unreachable"
    CAMERA_REFUSED = "camera_refused"  # wrong password, no such stream
    FRAMES_LOST = "frames_lost"  # pictures missing inside a connection
    STREAM_CHANGED = "stream_changed"
    BOX_RESTART = "box_restart"
    CLOCK_STEP = "clock_step"
    DISK = "disk"
    FILE_LOST = "file_lost"  # it was recorded; the file is gone or no longer what was recorded
    NOT_RECORDED = "not_recorded"  # the box was not told to record, or was off


class ClockVoucher(StrEnum):
    """Who says that the box's clock is right: a setting of the box, told with every evidence."""

    NTP = "ntp"  # the kernel, disciplined by a time server
    OPERATOR = "operator"  # a person, for a machine whose clock is kept from outside


class ExcludedReason(StrEnum):
    """Why recorded media is not counted (RULES 1.7: frozen, black, covered, scene moved), or is looked at by a person.

    `replay_suspect` is what `Replay` tells in full: a suspicion, so since judge/3 its media counts. Blurred and
    overexposed pictures and those without the camera's clock count too: who was seen in them was seen.
    """

    FROZEN = "frozen"
    LENS_COVERED = "lens_covered"  # black, or something over it
    SCENE_MOVED = "scene_moved"
    REPLAY_SUSPECT = "replay_suspect"
    BLURRED = "blurred"
    OVEREXPOSED = "overexposed"
    OVERLAY_MISSING = "overlay_missing"


COUNTING = frozenset(
    {
        ExcludedReason.REPLAY_SUSPECT,
        ExcludedReason.BLURRED,
        ExcludedReason.OVEREXPOSED,
        ExcludedReason.OVERLAY_MISSING,
    }
)
"""Stretches that are a doubt: their media counts, and a person looks at them."""


@dataclass(frozen=True, slots=True)
class Span:
    """Unbroken media [start_ms, end_ms): one run, or the part of it that lies in reach of the lesson hour."""

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT
    start_ms: int
    end_ms: int

    def __post_init__(self) -> None:
        _check_exact(self.start_ms, self.end_ms)
        if self.end_ms < self.start_ms:
            raise ValueError("a span ends before it starts")

    @property
    def length_ms(self) -> int:
        return self.end_ms - self.start_ms


@dataclass(frozen=True, slots=True)
class Gap:
    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT
    start_ms: int
    end_ms: int
    reason: GapReason

    def __post_init__(self) -> None:
        _check_exact(self.start_ms, self.end_ms)
        if self.end_ms < self.start_ms:
            raise ValueError("a gap ends before it starts")


@dataclass(frozen=True, slots=True)
class Excluded:
    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT
    start_ms: int
    end_ms: int
    reason: ExcludedReason

    def __post_init__(self) -> None:
        _check_exact(self.start_ms, self.end_ms)
        if self.end_ms < self.start_ms:
            raise ValueError("an excluded stretch ends before it starts")


class ReplayKind(StrEnum):
    """In what way recorded media looks like other recorded media."""

    EXACT = "exact"  # the same bytes
    SAME_VIEW = "same_view"  # the same movements, in another lesson hour or by another camera
    MIRRORED = "mirrored"  # the same movements, left and right changed
    LOOP = "loop"  # the same movements again and again within the lesson hour


@dataclass(frozen=True, slots=True)
class Replay:
    """Media [start_ms, end_ms) that looks like other media, its twin. It counts, and a person compares the two: alone
    it proves nothing.

    `twin_*_ms` too are after the start of *this* lesson hour, so negative for earlier material. `distance`: 0 the same,
    0.5 unrelated; at most `threshold`.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT
    start_ms: int
    end_ms: int
    kind: ReplayKind
    twin_camera_id: str
    twin_lesson_hour_id: str
    twin_start_ms: int
    twin_end_ms: int
    distance: float
    threshold: float
    detector: str  # replay/1

    def __post_init__(self) -> None:
        _check_exact(self.start_ms, self.end_ms, self.twin_start_ms, self.twin_end_ms)
        if self.end_ms < self.start_ms or self.twin_end_ms < self.twin_start_ms:
            raise ValueError("a replay or its twin ends before it starts")
        if not (0 <= self.distance <= 1 and 0 <= self.threshold <= 1):
            raise ValueError("a distance or threshold outside 0 … 1")


@dataclass(frozen=True, slots=True)
class Sample:
    """People counted in one key frame, as the detector saw it: raw, never smoothed."""

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT
    at_ms: int
    count: int

    def __post_init__(self) -> None:
        _check_exact(self.at_ms)
        if not 0 <= self.count <= MOST_PEOPLE:
            raise ValueError(f"a count outside 0 … {MOST_PEOPLE}")


@dataclass(frozen=True, slots=True)
class Seated:
    """People known to be in their places at this instant: seen in this very picture, or seen there lately and not seen
    to leave. Beside the raw count of the same picture, never instead of it.

    `confidence` 0..1: the mean over these people, of whom 1 is in this picture and who was not seen for long is nearly
    0, and over people seen for the first time, who are in no place yet and count 0.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT
    at_ms: int
    count: int
    confidence: float

    def __post_init__(self) -> None:
        _check_exact(self.at_ms)
        if not 0 <= self.count <= MOST_PEOPLE:
            raise ValueError(f"a count outside 0 … {MOST_PEOPLE}")
        if not 0 <= self.confidence <= 1:
            raise ValueError("a confidence outside 0 … 1")


@dataclass(frozen=True, slots=True)
class Counter:
    """What counted: a number without a version is nothing (DESIGN 6)."""

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT
    name: str  # yunet
    model_sha256: str
    engine: str  # openvino 2026.4.1
    threshold: float

    def __post_init__(self) -> None:
        if not isfinite(self.threshold):
            raise ValueError("a threshold that is not a number")


@dataclass(frozen=True, slots=True)
class Watcher:
    """How `seated` came about, so that the number can be made again from the recording."""

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT
    version: str  # seats/2
    persons: Counter | None  # who looked for people whose face is not seen; None: nobody did
    hold_s: float  # a person not seen is believed in place for at most so long
    scale: float  # faces were looked for in the picture at this part of its size
    zones_sha256: str | None  # of the camera's zones, in the box's log; None: everywhere counts

    def __post_init__(self) -> None:
        if not (isfinite(self.hold_s) and self.hold_s >= 0 and isfinite(self.scale) and self.scale > 0):
            raise ValueError("an impossible holding time or scale")


@dataclass(frozen=True, slots=True)
class CameraEvidence:
    """One camera of the room. Cameras with the same `zone` see the same seats (maximum); zones are summed."""

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT
    camera_id: str
    zone: str
    accepted: bool  # passed camera acceptance
    clock_offset_ms: int | None  # camera clock minus box clock at the last sender report; None: never told
    spans: tuple[Span, ...]
    gaps: tuple[Gap, ...]
    excluded: tuple[Excluded, ...]
    samples: tuple[Sample, ...]
    counter: Counter | None  # None: nothing was counted
    replays: tuple[Replay, ...] = ()  # the centre puts them in: they are looked for after the verdict of the box
    seated: tuple[Seated, ...] = ()  # each at the instant of a sample; empty: nobody kept account of places
    watcher: Watcher | None = None

    def __post_init__(self) -> None:
        _check_exact(self.clock_offset_ms or 0)


@dataclass(frozen=True, slots=True)
class ClockEvidence:
    """How far the box's own clock, by which everything here is dated, can be trusted in reach of the lesson hour.

    `uncertainty_ms`: the largest error the kernel thought possible over all recordings; None: it never said.
    `untrusted`: recorded media that nobody vouches the dates of.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT
    vouched_by: ClockVoucher
    uncertainty_ms: int | None
    untrusted: tuple[Span, ...]

    def __post_init__(self) -> None:
        if not 0 <= (self.uncertainty_ms or 0) <= EXACT:
            raise ValueError("an impossible uncertainty")

    @property
    def trusted(self) -> bool:
        return not self.untrusted


@dataclass(frozen=True, slots=True)
class Attendance:
    """Who counts as attending this lesson hour. `trainees` are opaque references, never names or ID numbers."""

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT
    present: tuple[str, ...]
    on_leave: tuple[str, ...]
    roster: int
    teachers_in_zone: int  # Q12: required +1 each when the zone is the whole room

    def __post_init__(self) -> None:
        if not (0 <= self.roster <= MOST_PEOPLE and 0 <= self.teachers_in_zone <= MOST_PEOPLE):
            raise ValueError(f"a number of people outside 0 … {MOST_PEOPLE}")
        if len(set(self.present)) != len(self.present):
            raise ValueError("the same trainee is present twice")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who was recognised, where the profile asks for it: references of trainees, never pictures or features.

    `enrolled`: who consented and has photographs at this box. A face that nobody is recognised in is no reproach.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT
    engine: Counter
    enrolled: tuple[str, ...]
    seen: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LessonEvidence:
    """The evidence of one lesson hour.

    `complete`: the box has told everything it has about this lesson hour. `attendance` None: not known yet.
    `assessed_ms`: when this evidence was put together; `delivered_ms`: when the centre had it (None on the box).
    `clock` None: from a box that did not tell yet; its evidence is judged as it always was.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT
    schema: str
    lesson_hour_id: str
    class_no: str
    kind: LessonKind
    start: str  # RFC 3339, UTC: the zero of every *_ms
    duration_ms: int
    exempt: ExemptKind | None
    complete: bool
    assessed_ms: int
    delivered_ms: int | None
    box_id: str
    box_version: str
    attendance: Attendance | None
    cameras: tuple[CameraEvidence, ...]
    clock: ClockEvidence | None = None
    identity: Identity | None = None

    def __post_init__(self) -> None:
        if self.schema != EVIDENCE_SCHEMA:
            raise ValueError(f"unknown evidence schema {self.schema!r}")
        _check_exact(self.assessed_ms, self.delivered_ms or 0)
        if not 0 < self.duration_ms <= LONGEST_MS:
            raise ValueError("a lesson hour lasts longer than nothing and at most a day")
        if datetime.fromisoformat(self.start).utcoffset() != timedelta(0):
            raise ValueError("the start is not a time in UTC")
        if len({camera.camera_id for camera in self.cameras}) != len(self.cameras):
            raise ValueError("the same camera twice")


def _check_exact(*numbers: int) -> None:
    if any(abs(number) > EXACT for number in numbers):
        raise ValueError("a number too large to be exact in JSON")
