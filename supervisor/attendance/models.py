"""Tables of check-ins and of what is around them. Events are append-only: the original is never overwritten (A-14)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.database.base import CentreBase
from storage.database.types import Big, Id, Json, UtcDateTime, new_id


class CheckIn(CentreBase):
    """`at`: the centre's own time. `device_hash`: SHA-256 of the random mark in the phone's cookie; no other device
    data. `distance_m`, `inside`: of its position only this is kept. `made_at`: of one that waited for the network
    (OFFLINE_LATE), when it was made by the centre's clock; it speaks of that time. `code_step`: the step of the
    classroom's code it used up."""

    __tablename__ = "check_in"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    session_id: Mapped[UUID] = mapped_column(Id, ForeignKey("session.id"))
    roster_entry_id: Mapped[UUID] = mapped_column(Id, ForeignKey("roster_entry.id"), index=True)
    direction: Mapped[str] = mapped_column(String(8))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    method: Mapped[str] = mapped_column(String(16))
    device_hash: Mapped[str | None] = mapped_column(String(64))
    idempotency_key: Mapped[str] = mapped_column(String(64), unique=True)
    status: Mapped[str] = mapped_column(String(16))
    reasons: Mapped[list[Any]] = mapped_column(Json)
    distance_m: Mapped[int | None]
    inside: Mapped[bool | None]
    made_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    code_step: Mapped[int | None] = mapped_column(Big)
    __table_args__ = (
        Index("ix_check_in_session_at", "session_id", "at"),
        Index("ix_check_in_code_use", "session_id", "roster_entry_id", "code_step", unique=True),
        CheckConstraint("direction IN ('in', 'out')", name="direction"),
        CheckConstraint("status IN ('accepted', 'review', 'rejected')", name="status"),
    )


class CheckInFlag(CentreBase):
    """Something learnt about an accepted check-in afterwards: from then on it is for review. `reason`:
    CheckInReason."""

    __tablename__ = "check_in_flag"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    check_in_id: Mapped[UUID] = mapped_column(Id, ForeignKey("check_in.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(String(32))
    __table_args__ = (UniqueConstraint("check_in_id", "reason"),)


class CheckInPlace(CentreBase):
    """Keyed hash of a check-in's exact position, to find identical ones; deleted after the profile's
    `checkin_coordinate_days`. The position itself is nowhere."""

    __tablename__ = "check_in_place"
    check_in_id: Mapped[UUID] = mapped_column(Id, ForeignKey("check_in.id"), primary_key=True)
    place_hash: Mapped[str] = mapped_column(String(64))
    delete_after: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class Geofence(CentreBase):
    """The point of a site, taken with a phone on the spot; in millionths of a degree (0.1 m). `radius_m` None: the
    profile's."""

    __tablename__ = "geofence"
    site_id: Mapped[UUID] = mapped_column(Id, ForeignKey("site.id"), primary_key=True)
    lat_e6: Mapped[int]
    lon_e6: Mapped[int]
    datum: Mapped[str] = mapped_column(String(16))
    radius_m: Mapped[int | None]
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
    set_by: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"))
    __table_args__ = (
        CheckConstraint("datum IN ('WGS-84', 'GCJ-02', 'CGCS2000')", name="datum"),
        CheckConstraint("radius_m > 0", name="radius"),
    )


class SiteMethods(CentreBase):
    """The ways to check in at a site (A-13), where they differ from the usual ones."""

    __tablename__ = "site_methods"
    site_id: Mapped[UUID] = mapped_column(Id, ForeignKey("site.id"), primary_key=True)
    methods: Mapped[list[Any]] = mapped_column(Json)
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
    set_by: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"))


class CardHash(CentreBase):
    """What a box knows a trainee's ID number by, for one session (`supervisor.rules.card_hash`); deleted with it."""

    __tablename__ = "card_hash"
    session_id: Mapped[UUID] = mapped_column(Id, ForeignKey("session.id"), primary_key=True)
    roster_entry_id: Mapped[UUID] = mapped_column(Id, ForeignKey("roster_entry.id"), primary_key=True)
    hash: Mapped[str] = mapped_column(String(64))


class TeacherCheckIn(CentreBase):
    __tablename__ = "teacher_check_in"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    session_id: Mapped[UUID] = mapped_column(Id, ForeignKey("session.id"))
    account_id: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    __table_args__ = (UniqueConstraint("session_id", "account_id"),)


class TeacherRollCall(CentreBase):
    """The teacher called and listed who is there. Its check-ins count without review once somebody else confirmed.
    Called by an account, or at the box's own screen (`box_id`), where nobody signs in."""

    __tablename__ = "teacher_roll_call"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    session_id: Mapped[UUID] = mapped_column(Id, ForeignKey("session.id"), index=True)
    direction: Mapped[str] = mapped_column(String(8))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    called_by: Mapped[UUID | None] = mapped_column(Id, ForeignKey("account.id"))
    box_id: Mapped[UUID | None] = mapped_column(Id, ForeignKey("box.id"))
    __table_args__ = (
        CheckConstraint("direction IN ('in', 'out')", name="direction"),
        CheckConstraint("(called_by IS NULL) <> (box_id IS NULL)", name="by_one"),
    )


class TeacherRollCallCheckIn(CentreBase):
    __tablename__ = "teacher_roll_call_check_in"
    check_in_id: Mapped[UUID] = mapped_column(Id, ForeignKey("check_in.id"), primary_key=True)
    roll_call_id: Mapped[UUID] = mapped_column(Id, ForeignKey("teacher_roll_call.id"), index=True)


class TeacherRollCallConfirmation(CentreBase):
    """By an inspector (`account_id`) or by a trainee of the class who is there (`roster_entry_id`)."""

    __tablename__ = "teacher_roll_call_confirmation"
    roll_call_id: Mapped[UUID] = mapped_column(Id, ForeignKey("teacher_roll_call.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    account_id: Mapped[UUID | None] = mapped_column(Id, ForeignKey("account.id"))
    roster_entry_id: Mapped[UUID | None] = mapped_column(Id, ForeignKey("roster_entry.id"))
    __table_args__ = (CheckConstraint("(account_id IS NULL) <> (roster_entry_id IS NULL)", name="by_one"),)
