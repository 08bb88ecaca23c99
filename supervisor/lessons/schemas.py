"""What the console and the JSON API read about lesson hours. ID numbers and names appear masked only (L14)."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field, PlainSerializer

from supervisor.contract.evidence import verdict_json
from supervisor.contract.log import ClipManifest, VerdictMoment
from supervisor.contract.not_checked import NotChecked
from supervisor.contract.state import CameraStatus
from supervisor.rules.evidence import LessonKind, ReplayKind
from supervisor.rules.verdict import LessonVerdict
from supervisor.selfies.schemas import SelfieView


class ViewReason(StrEnum):
    """Why somebody looks (视频条例 art. 16(3)): picked from a list."""

    ROUTINE = "routine"
    ALERT = "alert"
    COMPLAINT = "complaint"
    APPEAL = "appeal"
    SELF_CHECK = "self_check"


class LessonPhase(StrEnum):
    UPCOMING = "upcoming"
    RUNNING = "running"
    ENDED = "ended"


class CameraView(BaseModel):
    """A camera of the room as the box last told. `status` None: the box is silent, or has not told of it."""

    camera_id: UUID
    code: str
    zone: str
    accepted: bool
    status: CameraStatus | None
    since: AwareDatetime | None
    detail: str
    people: int | None
    people_at: AwareDatetime | None
    last_picture_at: AwareDatetime | None
    box_silent: bool


class VerdictView(BaseModel):
    """One version. `source`: box (as reported), centre (recomputed), sweep (nothing came in time)."""

    version: int
    source: str
    created_at: AwareDatetime
    agrees: bool | None
    verdict: Annotated[LessonVerdict, PlainSerializer(verdict_json)]  # in the form of its age


class ClipView(BaseModel):
    sha256: str
    camera_id: UUID
    camera_code: str
    state: str  # expected | uploading | verified | deleting | deleted
    playable: bool
    bytes: int
    bytes_held: int
    retain_until: AwareDatetime
    deleted_at: AwareDatetime | None = None
    repairs: int = 0  # how often the archive lost or damaged it and the box was asked again
    manifest: ClipManifest


class ProgressView(BaseModel):
    """While the lesson runs: how much of the ten minutes there is already."""

    longest_joined_ms: int
    needed_ms: int
    required: int | None
    people: int | None


class TodayLesson(BaseModel):
    """One row of today's list. `verdict` is the one that counts now: the newest from centre or sweep, never the box's
    own."""

    lesson_hour_id: UUID
    class_id: UUID
    class_no: str
    class_name: str
    institution_id: UUID
    institution: str
    site: str
    room: str
    slot: int
    kind: LessonKind
    start: AwareDatetime
    end: AwareDatetime
    phase: LessonPhase
    countable: bool  # not before approval
    demo: bool  # under demo rules: every page says so
    roster: int
    checked_in: int  # trainees with an accepted check-in to the session
    present: int  # who counts as attending this lesson hour, as far as known now
    on_leave: int
    cameras: list[CameraView]
    progress: ProgressView | None
    verdict: VerdictView | None
    clips_expected: int
    clips_verified: int


class CheckInView(BaseModel):
    """`name` masked (张*), never the ID number."""

    roster_ref: UUID
    name: str
    direction: str
    at: AwareDatetime
    method: str
    status: str
    reasons: list[str]
    shared_device: bool  # another trainee used the same phone in this session
    selfie: SelfieView | None = None  # a hint, never a reason


class WitnessView(BaseModel):
    """The centre's countersignature over the box's report. `at` None: it has not come yet. `worst_s`: how long after
    the recording it was for the latest file of the lesson hour, or the verdict; over 15 minutes is `late`."""

    at: AwareDatetime | None
    worst_s: int | None
    late: bool


class TwinView(BaseModel):
    """What a stretch looks like. `lesson_hour_id`, `place`: only when the caller may see that lesson hour, and it is
    another one; `camera_code` None: not the caller's to know. `has_clip`: the centre holds a clip of some of it.
    `same_lesson`: it is this lesson hour."""

    camera_code: str | None
    start: AwareDatetime
    end: AwareDatetime
    lesson_hour_id: UUID | None
    place: str | None
    has_clip: bool
    same_lesson: bool


class ReplayView(BaseModel):
    camera_code: str
    kind: ReplayKind
    start: AwareDatetime
    end: AwareDatetime
    distance: float
    twin: TwinView


class ReplayCameraView(BaseModel):
    """`not_checked` None: it was."""

    camera_code: str
    not_checked: NotChecked | None
    nearest: float


class ReplayCheckView(BaseModel):
    """A box looked for replays in this lesson hour, and compared it with `compared` earlier recordings."""

    at: AwareDatetime
    detector: str
    threshold: float
    compared: int
    since: AwareDatetime | None
    cameras: list[ReplayCameraView]
    findings: list[ReplayView]


class PictureState(StrEnum):
    """Whether the picture of a moment can be taken out of its clip."""

    HERE = "here"
    WAITING = "waiting"  # the clip is still on its way
    DAMAGED = "damaged"  # the archive lost or damaged it, or it is no video
    DELETED = "deleted"  # after its term
    NONE = "none"  # no clip has this moment


class MomentView(BaseModel):
    """A picture of the best window as the box counted it. `part`: of the `parts` of the window, from 1; None: outside
    of it."""

    camera_code: str
    part: int | None
    parts: int
    picture: PictureState
    moment: VerdictMoment


class LessonPage(BaseModel):
    """Everything one page needs. `evidence`: the LessonEvidence behind `lesson.verdict` (spans, gaps, excluded,
    samples per camera, all in ms after `lesson.start`), None when there is none. `verdicts`: all versions, newest
    first."""

    lesson: TodayLesson
    session_id: UUID
    session_start: AwareDatetime
    session_end: AwareDatetime
    teachers: list[str]
    profile: str
    class_end: AwareDatetime
    evidence: Annotated[dict[str, Any] | None, Field(description="lessonproof/evidence/1")]
    evidence_received_at: AwareDatetime | None
    witness: Annotated[WitnessView | None, Field(description="null: no box has reported")] = None
    verdicts: list[VerdictView]
    check_ins: list[CheckInView]
    clips: list[ClipView]
    moments: Annotated[list[MomentView], Field(description="empty: the box did not tell")] = []
    replay_checks: list[ReplayCheckView]


class TodayPage(BaseModel):
    date: date
    lessons: list[TodayLesson]
