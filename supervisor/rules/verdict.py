"""What `judge` answers: states, reason codes (RULES 1.5), and the figures that explain them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from supervisor.rules.evidence import ExemptKind

VERDICT_SCHEMA = "lessonproof/verdict/1"
RULE_VERSION = "judge/4"
RULE_VERSIONS = ("judge/2", "judge/3", RULE_VERSION)
"""What `judge` still answers as. judge/3 lets media that looks like a replay count and has a person compare; judge/4
reads who is in their places (`Seated`), recognised faces and doubtful pictures. On evidence without any of these they
differ in their name only, and in figures that judge/4 alone states."""

_STRICT: dict[str, object] = {"extra": "forbid"}


class VerdictState(StrEnum):
    PASS = "pass"  # noqa: S105
    REVIEW = "review"
    FAIL_PROPOSED = "fail_proposed"  # a FAIL is a person's decision
    EXEMPT = "exempt"
    NO_DATA_YET = "no_data_yet"


class ReasonCode(StrEnum):
    NO_VIDEO = "NO_VIDEO"
    TOO_SHORT = "TOO_SHORT"
    GAP = "GAP"
    COUNT_LOW = "COUNT_LOW"
    COUNT_UNSURE = "COUNT_UNSURE"
    IDENTITY_UNSURE = "IDENTITY_UNSURE"
    NO_TEACHER = "NO_TEACHER"
    WRONG_ROOM = "WRONG_ROOM"
    OUTSIDE_PLAN = "OUTSIDE_PLAN"
    LENS_COVERED = "LENS_COVERED"
    FROZEN = "FROZEN"
    SCENE_MOVED = "SCENE_MOVED"
    BLURRED = "BLURRED"
    OVEREXPOSED = "OVEREXPOSED"
    OVERLAY_MISSING = "OVERLAY_MISSING"
    REPLAY_SUSPECT = "REPLAY_SUSPECT"
    CLOCK_DRIFT = "CLOCK_DRIFT"
    HASH_MISMATCH = "HASH_MISMATCH"
    CHECKIN_MISMATCH = "CHECKIN_MISMATCH"
    CAMERA_NOT_ACCEPTED = "CAMERA_NOT_ACCEPTED"
    LATE_UPLOAD = "LATE_UPLOAD"
    EXEMPT_ENTERPRISE = "EXEMPT_ENTERPRISE"
    EXEMPT_SECRET_UNIT = "EXEMPT_SECRET_UNIT"  # noqa: S105
    NO_ATTENDANCE = "NO_ATTENDANCE"


@dataclass(frozen=True, slots=True)
class Window:
    """The best stretch found. `media_ms` counts media only; joined gaps are inside [start_ms, end_ms), never counted.

    `gaps`: interruptions (`supervisor.rules.continuity`); `gap_ms`: their time in sum.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT
    start_ms: int
    end_ms: int
    media_ms: int
    gaps: int
    gap_ms: int


@dataclass(frozen=True, slots=True)
class LessonVerdict:
    """The compliance verdict (合规结论) of one lesson hour, with every figure needed to explain it."""

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT
    schema: str
    rule_version: str
    profile: str  # 140521-2024.1
    profile_sha256: str
    lesson_hour_id: str
    state: VerdictState
    reasons: tuple[ReasonCode, ...]
    exempt: ExemptKind | None
    required: int | None  # people who must be visible; None while attendance is unknown
    present: int | None
    roster: int | None
    window: Window | None
    clip_start_ms: int | None  # window plus margin, clipped to the lesson hour
    clip_end_ms: int | None
    moments: int  # of profile.visible.moments
    peak: int | None  # largest count in the window: of people in their places, or smoothed where nobody kept account
    median: float | None
    raw_peak: int | None
    samples: int  # grid instants of the window with a count
    samples_expected: int
    media_ms: int  # all counted media inside the lesson hour
    longest_strict_ms: int  # longest stretch without any gap
    longest_joined_ms: int  # longest stretch with short gaps joined, gap time not counted
    raw_median: float | None = None  # of what single pictures showed, beside `median`; None before judge/4
    confidence: float | None = None  # 0..1, at the median: how much of `median` single pictures showed
    identified: int | None = None  # of those who attend; None: not asked for
