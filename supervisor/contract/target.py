"""The target state the box polls (plan sync): what it should be doing, whole, by ETag.

`GET /api/box/target` answers 304 while nothing changed. The box keeps the last one and works from it for days. Camera
addresses and passwords are not in it: they stay in the site's own configuration.
"""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from config.profile import RegionProfile
from supervisor.contract.wire import EpochMs, Sha256
from supervisor.rules.checkin import Direction
from supervisor.rules.evidence import ExemptKind, LessonKind


class _Wire(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TargetCamera(_Wire):
    camera_id: UUID
    code: str  # the name the site's own configuration knows it by, e.g. room-a
    room_id: UUID
    room_name: str
    zone: str
    accepted: bool
    podium_in_zone: bool  # teachers are visible in the zone, so they are required too (Q12)


class TargetAttendance(_Wire):
    """As `supervisor.rules.evidence.Attendance`, with the time the centre computed it."""

    as_of: AwareDatetime
    present: tuple[str, ...]  # opaque roster references
    on_leave: tuple[str, ...]
    roster: Annotated[int, Field(ge=0)]
    teachers: Annotated[int, Field(ge=0)]


class TargetLesson(_Wire):
    """One lesson hour of an *approved* class. Others are not sent: training never runs before its opening is
    approved."""

    lesson_hour_id: UUID
    class_no: str
    class_name: str
    room_id: UUID
    kind: LessonKind
    start: AwareDatetime
    end: AwareDatetime
    exempt: ExemptKind | None
    profile: str  # key into TargetState.profiles: the version of the class's opening day
    attendance: TargetAttendance


class TargetPerson(_Wire):
    """Somebody on the roster of a session of today. `ref`: as in evidence. The name is for the teacher's roll call; a
    screen that stays on shows it masked."""

    ref: str
    name: str


class TargetCode(_Wire):
    """The session's rotating code, so that the box can show it without the centre: `secret` (hex) as in
    `supervisor.rules.rotating_code`; `address`: what the code is put behind to make the address that is scanned."""

    secret: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    address: str


class TargetCards(_Wire):
    """Checking in by ID number: roster reference → hash of the number (`supervisor.rules.card_hash`) with this salt,
    hex, of this session alone."""

    salt: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    hashes: dict[str, Sha256]


class TargetRollCall(_Wire):
    """An inspector's, drawn for a running lesson hour. `called`: the references that have no answer yet."""

    roll_call_id: UUID
    at: AwareDatetime
    called: tuple[str, ...]


class TargetSession(_Wire):
    """A session (课次) that is on, or begins within a day: for the classroom's screen. `checked_in`, `checked_out`: not
    refused; `roll_call`: the site's teachers may call the roll; `code` None: its rules use none; `cards` None: its
    site takes no ID cards."""

    session_id: UUID
    lesson_hours: tuple[UUID, ...]
    class_name: str
    room_id: UUID
    start: AwareDatetime
    end: AwareDatetime
    profile: str
    people: tuple[TargetPerson, ...]
    checked_in: tuple[str, ...]
    checked_out: tuple[str, ...]
    on_leave: tuple[str, ...]
    roll_call: bool
    code: TargetCode | None
    drawn: TargetRollCall | None
    cards: TargetCards | None = None


class TargetExplanation(_Wire):
    """A lesson hour of the last days that is proposed to fail, and waits for the institution's explanation until
    `until`."""

    lesson_hour_id: UUID
    class_name: str
    room_id: UUID
    start: AwareDatetime
    until: AwareDatetime
    address: str  # the centre's page


class TargetSelfie(_Wire):
    """A sealed selfie that waits for this box (`GET /api/box/selfies/{selfie_id}`): whose it is, as what it was sealed
    (`supervisor.contract.sealing.selfie_info`)."""

    selfie_id: UUID
    session_id: UUID
    trainee: str  # roster reference
    direction: Direction
    made_ms: EpochMs  # by the phone's clock
    key_id: Sha256


class TargetSpan(_Wire):
    """A stretch of one camera's raw recording that somebody at the centre asked for: [start_ms, end_ms), inside the
    lesson hour [lesson_start_ms, lesson_end_ms), whose pictures alone may be in it. Wanted until it is named no
    more."""

    span_id: UUID
    camera_id: UUID
    lesson_hour_id: UUID
    start_ms: EpochMs
    end_ms: EpochMs
    lesson_start_ms: EpochMs
    lesson_end_ms: EpochMs


class TargetState(_Wire):
    """`held`: lesson hours under a legal hold: their recordings stay. `resend`: clips the centre lost or found damaged,
    wanted again. `faces_withdrawn`: roster references whose face templates go at once (PIPL art. 15)."""

    box_id: UUID
    generated_at: AwareDatetime
    cameras: tuple[TargetCamera, ...]
    lessons: tuple[TargetLesson, ...]  # from two days back to seven days ahead
    profiles: dict[str, RegionProfile]
    held: tuple[UUID, ...] = ()
    resend: tuple[Sha256, ...] = ()
    faces_withdrawn: tuple[str, ...] = ()
    sessions: tuple[TargetSession, ...] = ()
    to_explain: tuple[TargetExplanation, ...] = ()
    selfies: tuple[TargetSelfie, ...] = ()
    spans: tuple[TargetSpan, ...] = ()
