"""What devices say and hear over the administrators' HTTP API. The boxes' own messages are in `supervisor.contract`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints

from supervisor.contract.state import CameraStatus
from supervisor.devices.models import RevocationReason

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Zone = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=32)]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SiteIn(_In):
    institution_id: UUID
    name: Name


class SiteOut(BaseModel):
    id: UUID
    institution_id: UUID
    name: str


class RoomIn(_In):
    site_id: UUID
    name: Name


class RoomOut(BaseModel):
    id: UUID
    site_id: UUID
    name: str


class CameraIn(_In):
    """`accepted`: passed the acceptance test of A-22; until then its counts are for review only."""

    room_id: UUID
    box_id: UUID
    code: Code
    zone: Zone = "room"
    accepted: bool = False
    podium_in_zone: bool = False


class CameraChange(_In):
    """What is left out stays as it is. Another box: the old one died, or was replaced."""

    box_id: UUID | None = None
    zone: Zone | None = None
    accepted: bool | None = None
    podium_in_zone: bool | None = None


class CameraOut(BaseModel):
    id: UUID
    room_id: UUID
    box_id: UUID
    code: str
    zone: str
    accepted: bool
    podium_in_zone: bool


class BoxIn(_In):
    site_id: UUID
    name: Name


class RevocationIn(_In):
    """`remark`: for the county's own people; names belong here, the signed log never has them."""

    reason: RevocationReason
    remark: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""


class EnrolmentOut(BaseModel):
    """`code` is shown once, works once, for 15 minutes. `voided`: how many earlier ones it put out of use."""

    id: UUID
    code: str
    expires_at: AwareDatetime
    voided: int = 0


class BoxOut(BaseModel):
    id: UUID
    site_id: UUID
    name: str
    enrolled_at: AwareDatetime | None
    revoked_at: AwareDatetime | None
    revoked_reason: RevocationReason | None
    revoked_remark: str | None
    last_seen: AwareDatetime | None
    silent: bool
    version: str | None
    backlog_entries: int | None
    backlog_clips: int | None
    disk_admission_ok: bool | None


class SitePlace(BaseModel):
    """How many stand there. `boxes`: those not revoked; of them `waiting` have not enrolled, `silent` have and are."""

    id: UUID
    name: str
    rooms: int
    cameras: int
    boxes: int
    waiting: int
    silent: int


class InstitutionPlaces(BaseModel):
    id: UUID
    name: str
    secret_related: bool
    sites: list[SitePlace]


class CameraPlace(CameraOut):
    """`tested`: `accepted` is the word of its acceptance test, not of a person. `status`: as its box last told; None:
    it has not told of it."""

    tested: bool
    status: CameraStatus | None
    since: AwareDatetime | None


class RoomPlace(RoomOut):
    cameras: list[CameraPlace]


class BoxPlace(BoxOut):
    """`code_until`: end of its newest code; None: it never had one that is still unused."""

    public_key: str | None
    key_since: AwareDatetime | None
    code_until: AwareDatetime | None


class SiteRecord(BaseModel):
    """All that stands at a site."""

    id: UUID
    name: str
    institution_id: UUID
    institution: str
    secret_related: bool
    rooms: list[RoomPlace]
    boxes: list[BoxPlace]


class Beginning(BaseModel):
    """`accounts`: besides the caller's own."""

    institutions: int
    sites: int
    rooms: int
    boxes: int
    cameras: int
    accounts: int
