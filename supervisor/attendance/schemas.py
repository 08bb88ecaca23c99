"""What a phone says and hears, and what the staff do around check-in."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from supervisor.rules.attendance import AttendanceStatus
from supervisor.rules.checkin import CheckInReason, CheckInResult, Direction
from supervisor.rules.checkin_methods import Method
from supervisor.rules.geofence import Datum
from supervisor.rules.proxy import ProxyCode

Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
RotatingCode = Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^[A-Za-z2-7]{8}$")]
TICKET = re.compile(r"\d{1,15}\.\d{1,15}\.[0-9a-f]{64}")
Ticket = Annotated[str, StringConstraints(pattern=f"^{TICKET.pattern}$")]


class Location(BaseModel):
    """A phone's position. `consent`: its owner agreed to this use of it, just now or before (L02); without consent
    nothing is sent. Degrees and metres."""

    model_config = ConfigDict(extra="forbid")
    lat: Latitude
    lon: Longitude
    accuracy_m: Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
    datum: Datum = Datum.WGS84
    consent: Literal[True]


class CheckInRequest(BaseModel):
    """`name` and `id_last4` the first time; afterwards the phone's cookie says who it is and both may be left out.
    `idempotency_key`: made by the phone, one per tap, the same for every retry. `rotating_code`: as on the screen;
    `ticket`: what it was swapped for. `made_at`, `sent_at`: by the phone's clock, of a tap that waited for the network
    (both or neither)."""

    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)] | None = None
    id_last4: (
        Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^\d{3}[\dXx]$")] | None
    ) = None
    direction: Direction
    idempotency_key: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{16,64}$")]
    location: Location | None = None
    rotating_code: RotatingCode | None = None
    ticket: Ticket | None = None
    made_at: AwareDatetime | None = None
    sent_at: AwareDatetime | None = None

    @model_validator(mode="after")
    def _both(self) -> Self:
        if (self.made_at is None) != (self.sent_at is None):
            raise ValueError("made_at and sent_at belong together")
        return self


class CheckInReply(BaseModel):
    """`device_cookie`: what the phone keeps; the endpoint puts it into the cookie, never into the body."""

    status: CheckInResult
    reasons: list[CheckInReason]
    direction: Direction
    at: AwareDatetime
    name: str  # masked
    device_cookie: Annotated[str, Field(exclude=True)]


class DoorOut(BaseModel):
    direction: Direction
    opens: AwareDatetime
    closes: AwareDatetime
    open_now: bool


class OwnCheckIn(BaseModel):
    """`at`: the time it speaks of. `status`: of today; `reasons`: why a person looks at it, or why it was refused."""

    direction: Direction
    status: CheckInResult
    at: AwareDatetime
    reasons: list[CheckInReason]
    distance_m: int | None


class OwnHalfDay(BaseModel):
    """A session that has begun, of one trainee. `hours`: of its lesson hours that are over; `attended`: of those.
    `no_out`: checked in, never out, and the time for it is over."""

    start: AwareDatetime
    end: AwareDatetime
    hours: int
    attended: int
    states: list[AttendanceStatus]
    check_ins: list[OwnCheckIn]
    no_out: bool


class OwnStanding(BaseModel):
    """Hours of one trainee in one class: `may_miss` so many more, and still have `needed`, what the
    rules ask for."""

    attended: int
    planned: int
    needed: int
    may_miss: int
    makeup_hours: int  # so long after it a teacher may have a check-in corrected
    half_days: list[OwnHalfDay]


class CheckInPage(BaseModel):
    """What the phone page shows of a session. `name` (masked) and `own` only when the phone is known in this class."""

    code: str
    class_name: str
    site: str
    room: str
    start: AwareDatetime
    end: AwareDatetime
    now: AwareDatetime
    demo: bool
    approved: bool
    doors: list[DoorOut]
    name: str | None
    own: list[OwnCheckIn]
    methods: list[Method]
    rotating_code: Literal["off", "optional", "required"]
    ask_location: bool  # the site has a fence: the phone may ask, and check in without an answer


class TicketRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    rotating_code: RotatingCode


class TicketOut(BaseModel):
    ticket: str
    valid_until: AwareDatetime
    device_cookie: Annotated[str, Field(exclude=True)]


class FenceIn(BaseModel):
    """The site's point, taken with a phone on the spot. `radius_m` None: the profile's."""

    model_config = ConfigDict(extra="forbid")
    lat: Latitude
    lon: Longitude
    datum: Datum
    radius_m: Annotated[int, Field(ge=10, le=5000)] | None = None


class MethodsIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    methods: Annotated[list[Method], Field(max_length=len(Method))]


class SiteCheckIn(BaseModel):
    site_id: UUID
    fence: FenceIn | None
    methods: list[Method]


class TeacherCheckInOut(BaseModel):
    session_id: UUID
    at: AwareDatetime


class RollCallIn(BaseModel):
    """`present`: roster entries of those the teacher sees."""

    model_config = ConfigDict(extra="forbid")
    direction: Direction
    present: Annotated[list[UUID], Field(min_length=1, max_length=500)]


class RollCallOut(BaseModel):
    """`added`: of those present, the ones who had not checked in; they are for review until somebody confirms."""

    id: UUID
    session_id: UUID
    direction: Direction
    at: AwareDatetime
    added: int
    confirmed_at: AwareDatetime | None


class SignOut(BaseModel):
    code: ProxyCode
    zh: str
    en: str
    entries: list[UUID]


class CheckInLine(BaseModel):
    """`at`: received by the centre. `device`: a mark that tells phones of this list apart and nothing else. `signs`:
    those of this person. `corrected_by`: who entered it by hand or called the roll; `confirmed_by`: who confirmed."""

    roster_ref: UUID
    name: str  # masked
    direction: Direction
    at: AwareDatetime
    made_at: AwareDatetime | None
    method: Method
    status: CheckInResult
    reasons: list[CheckInReason]
    distance_m: int | None
    inside: bool | None
    device: str | None
    signs: list[ProxyCode]
    corrected_by: str | None
    confirmed_by: str | None


class SessionCheckIns(BaseModel):
    """`teacher_came`: when the teachers checked in first; None: not. `signs`: of the session (RULES 2.5)."""

    session_id: UUID
    class_no: str
    class_name: str
    start: AwareDatetime
    end: AwareDatetime
    teacher_came: AwareDatetime | None
    signs: list[SignOut]
    check_ins: list[CheckInLine]


class RateOut(BaseModel):
    attended: int
    hours: int
    enough: bool | None


class HourColumn(BaseModel):
    lesson_hour_id: UUID
    day: date
    slot: int
    start: AwareDatetime
    over: bool


class TraineeRow(BaseModel):
    """`states`: one per lesson hour, in their order; None: not over yet."""

    roster_ref: UUID
    name: str  # masked
    states: list[AttendanceStatus | None]
    totals: dict[AttendanceStatus, int]
    rate: RateOut


class DayRate(BaseModel):
    day: date
    rate: RateOut


class AttendanceTable(BaseModel):
    class_id: UUID
    class_no: str
    class_name: str
    personal_min: float
    class_day_min: float
    hours: list[HourColumn]
    trainees: list[TraineeRow]
    days: list[DayRate]
