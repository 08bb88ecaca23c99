"""Table of supervision certificates: append-only, computed again is a new row."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.database.base import CentreBase
from storage.database.types import Id, Json, UtcDateTime, new_id


class SupervisionCertificate(CentreBase):
    """`figures`: supervisor.rules.remote_effective.Figures, as they were at `at`."""

    __tablename__ = "supervision_certificate"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    class_id: Mapped[UUID] = mapped_column(Id, ForeignKey("training_class.id"))
    account_id: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"))
    onsite_required: Mapped[bool]
    figures: Mapped[dict[str, Any]] = mapped_column(Json)
    rule_version: Mapped[str] = mapped_column(String(32))
    profile: Mapped[str] = mapped_column(String(64))
    profile_digest: Mapped[str] = mapped_column(String(64))
    __table_args__ = (Index("ix_supervision_certificate_class_id_at", "class_id", "at"),)
