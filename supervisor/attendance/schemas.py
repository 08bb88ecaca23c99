"""What a phone says and hears."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from supervisor.rules.checkin import CheckInReason, CheckInResult, Direction


class CheckInRequest(BaseModel):
    """`name` and `id_last4` the first time; afterwards the phone's cookie says who it is and both may be left out.
    `idempotency_key`: made by the phone, one per tap, the same for every retry."""

    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)] | None = None
    id_last4: (
        Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^\d{3}[\dXx]$")] | None
    ) = None
    direction: Direction
    idempotency_key: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{16,64}$")]


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
    direction: Direction
    status: CheckInResult
    at: AwareDatetime


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
