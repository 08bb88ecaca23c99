"""The box's append-only log on its way to the centre: facts first.

An entry is canonical JSON (RFC 8785); its running index is the sequence number, so delivery is idempotent: the centre
keeps its size per box, entries it has are skipped after comparing their hash, a hole is refused with the size it wants
(409 LOG_HOLE), and another text at an index it has is a fork (422 LOG_FORK, alarmed). It answers only after commit.
The box signs checkpoints over the entries and the centre cosigns them (`POST /witness/add-checkpoint`, C2SP
tlog-witness).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from supervisor.contract.not_checked import NotChecked
from supervisor.contract.selfie import SelfieEngine, SelfieResult
from supervisor.contract.span import SpanFailure, SpanGap
from supervisor.contract.wire import EpochMs, Sha256, Share
from supervisor.contract.zones import CameraZones
from supervisor.rules.checkin import Direction
from supervisor.rules.evidence import ClockVoucher, ReplayKind


class _Entry(BaseModel):
    """`at`: the box's wall time when the entry was made. `camera`/`n`/`prev`: the per-camera chain, where there is one:
    the n-th entry of this camera, and the SHA-256 of the camera's entry before it (null for the first)."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    at: EpochMs


class EnrolmentEntry(_Entry):
    """From here on this is the log of box `box_id` at `centre`. `public_key`: Ed25519, base64; `witness`: the centre's
    key for cosignatures (C2SP vkey)."""

    kind: Literal["enrolment"] = "enrolment"
    box_id: UUID
    centre: str
    public_key: str
    witness: str


class KeyEntry(_Entry):
    """From here on the box signs with `public_key` (Ed25519, base64) in the place of `replaces`."""

    kind: Literal["key"] = "key"
    public_key: str
    replaces: str


class CheckInBatch(_Entry):
    """Who counts as attending a lesson hour changed, as the centre told at `as_of`. `trainees`: how many do now;
    `sha256`: of their references, sorted, as canonical JSON, so that the list in the evidence can be checked."""

    kind: Literal["check_in_batch"] = "check_in_batch"
    lesson_hour_id: UUID
    as_of: EpochMs
    added: tuple[str, ...]
    removed: tuple[str, ...]
    trainees: Annotated[int, Field(ge=0)]
    sha256: Sha256


class BootEntry(_Entry):
    kind: Literal["boot"] = "boot"
    boot_id: str
    version: str
    hostname: str


class ClockEntry(_Entry):
    """The box's clock: at its start, when it becomes trusted or no longer is, and at each step.

    `boot_id`: this start of the machine. `monotonic_ms`: on its clock that never steps. `synchronised`, `offset_us`,
    `uncertainty_ms`: the kernel's NTP state (adjtimex(2)); null: not told. `step_ms`: how far wall time jumped
    against monotonic time; 0: it did not.
    """

    kind: Literal["clock"] = "clock"
    boot_id: str | None
    monotonic_ms: int
    synchronised: bool | None
    offset_us: int | None
    uncertainty_ms: int | None
    step_ms: int
    vouched_by: ClockVoucher
    trusted: bool


class _CameraEntry(_Entry):
    camera: UUID
    n: Annotated[int, Field(ge=0)]
    prev: Sha256 | None


class SegmentEntry(_CameraEntry):
    """One closed file. `start_ms`: wall time of its first picture; `media_ms`: its media duration."""

    kind: Literal["segment"] = "segment"
    run: int
    file: str
    sha256: Sha256
    bytes: Annotated[int, Field(ge=0)]
    start_ms: EpochMs
    media_ms: Annotated[int, Field(ge=0)]
    codec: str
    width: int
    height: int


class GapEntry(_CameraEntry):
    kind: Literal["gap"] = "gap"
    start_ms: EpochMs
    end_ms: EpochMs
    reason: str


class _FileEntry(_CameraEntry):
    """`file`: relative to the folder of its kind; `sha256`, `bytes`: as they were recorded."""

    what: Literal["segment", "clip"]
    file: str
    sha256: Sha256
    bytes: Annotated[int, Field(ge=0)]


class DeletionEntry(_FileEntry):
    """The box deleted a file. `term_over`: a raw recording past its term. `space`: the box's copy of a clip that the
    centre holds, when the disk ran short."""

    kind: Literal["deletion"] = "deletion"
    reason: Literal["term_over", "space"]


class LossEntry(_FileEntry):
    """A file is not what was recorded any more, and nobody meant it: it is gone, or has another size or content."""

    kind: Literal["loss"] = "loss"
    found: Literal["missing", "size", "hash"]


class ClipManifest(BaseModel):
    """The evidence clip (取证片段) of one lesson hour and camera: cut, never re-encoded. Its name is its SHA-256."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    lesson_hour_id: UUID
    camera_id: UUID
    sha256: Sha256
    bytes: Annotated[int, Field(gt=0)]
    start_ms: EpochMs
    end_ms: EpochMs
    media_ms: Annotated[int, Field(gt=0)]
    codec: str
    width: int
    height: int


class SeenPerson(BaseModel):
    """A person as the box saw or believed them, in pixels of the picture. `how`: `face` or `person` (a body without a
    face) in this very picture; `held`: not in it, but in this place lately; `outside`: where nobody is counted."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    x: int
    y: int
    w: Annotated[int, Field(gt=0)]
    h: Annotated[int, Field(gt=0)]
    how: Literal["face", "person", "held", "outside"]
    confidence: Share


class VerdictMoment(BaseModel):
    """What one sampled picture of the best window showed: the fullest of each third, for a person to look at.

    `count`: in this picture alone; `seated`: of people in their places; null: nobody kept account of places.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    camera_id: UUID
    at: EpochMs
    width: Annotated[int, Field(gt=0)]
    height: Annotated[int, Field(gt=0)]
    count: Annotated[int, Field(ge=0)]
    seated: Annotated[int, Field(ge=0)] | None
    confidence: Share | None
    people: Annotated[tuple[SeenPerson, ...], Field(max_length=500)]


class VerdictEntry(_Entry):
    """The evidence of a lesson hour, what the box's judge said of it, the clips cut for it, and what its pictures
    showed in each part of the window."""

    kind: Literal["verdict"] = "verdict"
    lesson_hour_id: UUID
    evidence: dict[str, Any]
    verdict: dict[str, Any]
    clips: tuple[ClipManifest, ...]
    moments: Annotated[tuple[VerdictMoment, ...], Field(max_length=200)] = ()


class ZonesEntry(_Entry):
    """From here on these parts of the camera's picture count. `scale`: faces are looked for in the picture at this part
    of its size: the smallest that still shows the farthest seat."""

    kind: Literal["zones"] = "zones"
    camera: UUID
    zones: CameraZones
    zones_sha256: Sha256
    scale: Annotated[float, Field(gt=0, le=1)]


class AcceptanceSession(BaseModel):
    """Counting for some minutes with a known number of people present (A-22). `samples`: how many pictures were
    counted; `exact`: how many of them gave `known`; `least`, `most`: the smallest and the largest count."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    start_ms: EpochMs
    end_ms: EpochMs
    known: Annotated[int, Field(gt=0)]
    samples: Annotated[int, Field(ge=0)]
    exact: Annotated[int, Field(ge=0)]
    least: Annotated[int, Field(ge=0)]
    most: Annotated[int, Field(ge=0)]
    smallest_face_px: Annotated[float, Field(ge=0)] | None
    blind_seats: Annotated[int, Field(ge=0)]

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.end_ms < self.start_ms or self.exact > self.samples or self.least > self.most:
            raise ValueError("a session that ends before it starts, or counts more than it looked at")
        return self


class AcceptanceEntry(_Entry):
    """A camera's acceptance test (A-22): the sessions so far, with the counter and the zones they were counted with.
    Whether it is passed is for the centre to say, from the same figures (`supervisor.rules.acceptance`)."""

    kind: Literal["acceptance"] = "acceptance"
    camera: UUID
    counter: dict[str, Any]
    watcher: dict[str, Any]
    zones_sha256: Sha256
    sessions: Annotated[tuple[AcceptanceSession, ...], Field(min_length=1, max_length=50)]


class ReplayCamera(BaseModel):
    """`step_ms`: between its key frames, as a rule. `described_ms`: how much of the lesson hour has fingerprints.
    `nearest`: the smallest distance to anything it was compared with; 1: to nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    camera: UUID
    not_checked: NotChecked | None
    pictures: Annotated[int, Field(ge=0)]
    step_ms: Annotated[int, Field(ge=0)] | None
    described_ms: Annotated[int, Field(ge=0)]
    nearest: Share


class ReplayFinding(BaseModel):
    """[start_ms, end_ms) of `camera` in this lesson hour looks like the twin's stretch. `distance`: 0 the same, 0.5
    unrelated."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    camera: UUID
    kind: ReplayKind
    start_ms: EpochMs
    end_ms: EpochMs
    twin_camera: UUID
    twin_lesson_hour_id: UUID
    twin_start_ms: EpochMs
    twin_end_ms: EpochMs
    distance: Share

    @model_validator(mode="after")
    def _not_backwards(self) -> Self:
        if self.end_ms <= self.start_ms or self.twin_end_ms <= self.twin_start_ms:
            raise ValueError("a stretch ends before it starts")
        return self


class ReplayEntry(_Entry):
    """A lesson hour was looked at for replays, once, some time after it. `compared`: with so many recordings of earlier
    lesson hours, the oldest from `since_ms`. No finding and nothing `not_checked`: nothing was found."""

    kind: Literal["replay"] = "replay"
    lesson_hour_id: UUID
    detector: Annotated[str, Field(max_length=32)]
    threshold: Share
    compared: Annotated[int, Field(ge=0)]
    since_ms: EpochMs | None
    cameras: tuple[ReplayCamera, ...]
    findings: Annotated[tuple[ReplayFinding, ...], Field(max_length=1000)]


class RollCallEntry(_Entry):
    """The teacher called the roll at the box: `present`, roster references, are there. The centre makes check-ins of
    those who have none, for review until somebody confirms."""

    kind: Literal["roll_call"] = "roll_call"
    roll_call_id: UUID
    session_id: UUID
    direction: Direction
    present: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=500)]


class SelfieEntry(_Entry):
    """A selfie was opened in the box's memory and compared 1:1. It says neither whose nor of which session: only the
    centre's row knows, and with that row the entry loses its person. `similarity`: rounded; null: not compared."""

    kind: Literal["selfie"] = "selfie"
    selfie_id: UUID
    result: SelfieResult
    similarity: Annotated[float, Field(ge=-1, le=1)] | None
    engine: SelfieEngine | None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        compared = self.result in (SelfieResult.MATCH, SelfieResult.NO_MATCH)
        if compared != (self.similarity is not None) or (compared and self.engine is None):
            raise ValueError("compared without a similarity and an engine, or these without a comparison")
        return self


class CardEntry(_Entry):
    """Somebody gave their ID number at the box's screen, typed or read off the card, and it was `person`'s, a roster
    reference. The number itself is nowhere."""

    kind: Literal["card_check_in"] = "card_check_in"
    card_id: UUID
    session_id: UUID
    direction: Direction
    person: UUID


class SpanEntry(_Entry):
    """The box's answer to `TargetSpan`: the stretch as one file, cut from the recording and not encoded anew, or why
    not. `gaps`: what of [start_ms, end_ms) is not in the file, in the order of time. It is no evidence clip: nothing is
    judged from it."""

    kind: Literal["span"] = "span"
    span_id: UUID
    lesson_hour_id: UUID
    camera_id: UUID
    start_ms: EpochMs
    end_ms: EpochMs
    file: ClipManifest | None
    failure: SpanFailure | None
    gaps: Annotated[tuple[SpanGap, ...], Field(max_length=1000)]

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.file is None) == (self.failure is None):
            raise ValueError("either a file or why there is none")
        return self


LogEntry = Annotated[
    EnrolmentEntry
    | KeyEntry
    | BootEntry
    | ClockEntry
    | CheckInBatch
    | SegmentEntry
    | GapEntry
    | DeletionEntry
    | LossEntry
    | VerdictEntry
    | ZonesEntry
    | AcceptanceEntry
    | ReplayEntry
    | RollCallEntry
    | SelfieEntry
    | SpanEntry
    | CardEntry,
    Field(discriminator="kind"),
]
LOG_ENTRY: TypeAdapter[LogEntry] = TypeAdapter(LogEntry)


class LogAppend(BaseModel):
    """`POST /api/box/log`: entries `from_index`, `from_index + 1`, … as canonical JSON texts; at most 500 or
    8 MiB a request."""

    model_config = ConfigDict(extra="forbid")
    from_index: Annotated[int, Field(ge=0)]
    entries: Annotated[list[str], Field(min_length=1, max_length=500)]


class LogReceipt(BaseModel):
    """`size`: entries 0 … size-1 are committed at the centre. `retry_after_s`: when the box should come next."""

    size: int
    received_at: AwareDatetime
    retry_after_s: float = 0
