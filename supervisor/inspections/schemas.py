"""What supervision certificates say over HTTP."""

from __future__ import annotations

from uuid import UUID

from pydantic import AwareDatetime, BaseModel


class CertificateOut(BaseModel):
    """`figures`: supervisor.rules.remote_effective.Figures."""

    id: UUID
    class_id: UUID
    class_no: str
    at: AwareDatetime
    onsite_required: bool
    figures: dict[str, int]
    rule_version: str
    profile: str
    profile_digest: str
