"""How a box becomes known: a one-time code from a person, the box's own public key, one answer.

The code is bound to a site, lives 15 minutes and works once. The private key never leaves the box.
"""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class EnrolRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    code: Annotated[str, Field(min_length=8, max_length=64)]
    public_key: Annotated[str, Field(description="Ed25519 public key, 32 bytes, base64")]
    hostname: Annotated[str, Field(max_length=253)]
    version: Annotated[str, Field(pattern=r"^[0-9A-Za-z.+_-]{1,64}$")]


class EnrolReply(BaseModel):
    """`witness`: the key that the centre cosigns the box's log with, as a C2SP vkey."""

    box_id: UUID
    witness: str
    site_name: str
    centre_time: AwareDatetime
