"""What the selfie routes say and hear."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Base64Bytes, BaseModel, ConfigDict, Field

from supervisor.contract.sealing import SealingKey
from supervisor.contract.selfie import SelfieResult
from supervisor.contract.wire import EpochMs, Sha256
from supervisor.rules.checkin import Direction


class SelfieIn(BaseModel):
    """`sealed`: as `supervisor.contract.sealing` has it, base64; `made_ms`: by the phone's clock, and in the seal."""

    model_config = ConfigDict(extra="forbid")
    direction: Direction
    made_ms: EpochMs
    key_id: Sha256
    sealed: Base64Bytes


class SelfieView(BaseModel):
    """What is known of a selfie. `result` None: the box has not answered yet. A hint for a person: no check-in and no
    verdict is another one for it. `via`: `file` may be an older photograph."""

    direction: Direction
    received_at: AwareDatetime
    via: str
    result: SelfieResult | None
    similarity: float | None
    threshold: float | None


class Closed(StrEnum):
    """Why a phone cannot send one now."""

    NOT_OFFERED = "not_offered"  # by the class's rules, or by the box of the room
    NO_CONSENT = "no_consent"
    NO_CHECK_IN = "no_check_in"
    OVER = "over"
    NONE_LEFT = "none_left"


class SelfieDoor(BaseModel):
    """What a phone needs to seal one, of whom it speaks for. `closed` None: it may send one of `direction` now, sealed
    to `key` as `trainee` of `session_id`. `left`: so many more. `sent`: the one there is."""

    closed: Closed | None
    session_id: UUID
    trainee: str
    direction: Annotated[Direction | None, Field(description="of the newest check-in that counts")]
    key: SealingKey | None
    left: int
    sent: SelfieView | None
