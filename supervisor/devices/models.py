"""Tables of the places and the things in them: site, room, camera, box."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.database.base import CentreBase
from storage.database.types import Big, Id, Json, UtcDateTime, new_id


class RevocationReason(StrEnum):
    LOST = "lost"
    STOLEN = "stolen"
    REPLACED = "replaced"
    CLOSED = "closed"
    KEY_EXPOSED = "key_exposed"
    TAMPERED = "tampered"
    OTHER = "other"


class Site(CentreBase):
    __tablename__ = "site"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    institution_id: Mapped[UUID] = mapped_column(Id, ForeignKey("institution.id"), index=True)
    name: Mapped[str] = mapped_column(String(128))


class Room(CentreBase):
    __tablename__ = "room"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    site_id: Mapped[UUID] = mapped_column(Id, ForeignKey("site.id"), index=True)
    name: Mapped[str] = mapped_column(String(64))


class Box(CentreBase):
    """An edge box. `public_key`: Ed25519, base64; None until enrolled. `state`: its last BoxState, never history.
    `log_size`: entries 0 … log_size-1 of its log are here."""

    __tablename__ = "box"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    site_id: Mapped[UUID] = mapped_column(Id, ForeignKey("site.id"), index=True)
    name: Mapped[str] = mapped_column(String(64))
    public_key: Mapped[str | None] = mapped_column(String(44), unique=True)
    enrolled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_reason: Mapped[str | None] = mapped_column(String(16))  # RevocationReason
    revoked_remark: Mapped[str | None] = mapped_column(String(200))  # a person's words; not in the signed log
    last_seen: Mapped[datetime | None] = mapped_column(UtcDateTime)
    state: Mapped[dict[str, Any] | None] = mapped_column(Json)
    log_size: Mapped[int] = mapped_column(Big, default=0)
    __table_args__ = (
        CheckConstraint("log_size >= 0", name="log_size"),
        CheckConstraint("(public_key IS NULL) = (enrolled_at IS NULL)", name="enrolled_has_key"),
    )


class BoxKey(CentreBase):
    """A key that a box signed with before it changed it. What it signed in that time stays valid; no box may have it
    again."""

    __tablename__ = "box_key"
    public_key: Mapped[str] = mapped_column(String(44), primary_key=True)
    box_id: Mapped[UUID] = mapped_column(Id, ForeignKey("box.id"), index=True)
    valid_from: Mapped[datetime] = mapped_column(UtcDateTime)
    valid_until: Mapped[datetime] = mapped_column(UtcDateTime)


class Camera(CentreBase):
    """`code`: the name the site's own configuration knows it by, unique per box. `accepted`: passed camera acceptance
    (A-22). `podium_in_zone`: teachers are visible in the zone, so they are required too (Q12). `accepted_zones`: digest
    of the zones of its newest acceptance test; None: there was none, or a person decided since."""

    __tablename__ = "camera"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    room_id: Mapped[UUID] = mapped_column(Id, ForeignKey("room.id"), index=True)
    box_id: Mapped[UUID] = mapped_column(Id, ForeignKey("box.id"))
    code: Mapped[str] = mapped_column(String(64))
    zone: Mapped[str] = mapped_column(String(32))
    accepted: Mapped[bool]
    podium_in_zone: Mapped[bool]
    accepted_zones: Mapped[str | None] = mapped_column(String(64))
    __table_args__ = (UniqueConstraint("box_id", "code"),)


class EnrolmentCode(CentreBase):
    """A one-time code, bound to its box (and so to its site). `voided_at`: when a later one of the box took its place,
    while it could still have been used."""

    __tablename__ = "enrolment_code"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    box_id: Mapped[UUID] = mapped_column(Id, ForeignKey("box.id"), index=True)
    code_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    voided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
