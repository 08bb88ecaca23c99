"""SQL of openings. For callers that were already let into the class by `supervisor.classes.service.found`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from storage.database.types import UtcDateTime
from supervisor.accounts.models import Account
from supervisor.callers import Caller
from supervisor.devices.models import Room, Site
from supervisor.openings.models import (
    CatalogueEntry,
    CatalogueWithdrawal,
    Commitment,
    Licence,
    LicenceWithdrawal,
    OpeningReview,
    OpeningSignature,
    PlanDetail,
    SiteVerification,
    Teacher,
    VerificationPhoto,
)
from supervisor.openings.schemas import Kind


class VersionRow(NamedTuple):
    """A version of a catalogue with its number of lines; `entered_at`: its first line."""

    kind: Kind
    version: str
    valid_from: date
    valid_to: date | None
    lines: int
    entered_at: datetime


OfClass = TypeVar("OfClass", Commitment, OpeningReview, OpeningSignature)


def of_class(session: Session, table: type[OfClass], class_id: UUID) -> Sequence[OfClass]:
    """Oldest first."""
    return session.scalars(select(table).where(table.class_id == class_id).order_by(table.at, table.id)).all()


def details(session: Session, session_ids: Collection[UUID]) -> dict[UUID, tuple[PlanDetail, Teacher]]:
    query = select(PlanDetail, Teacher).join(Teacher, Teacher.id == PlanDetail.teacher_id)
    rows = session.execute(query.where(PlanDetail.session_id.in_(session_ids)))
    return {detail.session_id: (detail, teacher) for detail, teacher in rows}


def teachers_by_hash(session: Session, hashes: Collection[str]) -> dict[str, Teacher]:
    rows = session.scalars(select(Teacher).where(Teacher.id_number_hmac.in_(hashes)))
    return {one.id_number_hmac: one for one in rows}


def rooms_named(session: Session, institution_id: UUID) -> dict[str, list[UUID]]:
    found: dict[str, list[UUID]] = {}
    query = select(Room.name, Room.id).join(Site, Site.id == Room.site_id).where(Site.institution_id == institution_id)
    for name, room in session.execute(query):
        found.setdefault(name, []).append(room)
    return found


def rooms_of(session: Session, institution_id: UUID) -> dict[UUID, tuple[str, str]]:
    """Room → the names of its site and of itself."""
    query = select(Room.id, Site.name, Room.name).join(Site, Site.id == Room.site_id)
    rows = session.execute(query.where(Site.institution_id == institution_id).order_by(Site.name, Room.name))
    return {room: (site, name) for room, site, name in rows}


def room(session: Session, caller: Caller, room_id: UUID) -> tuple[Room, UUID] | None:
    """The room and its institution."""
    query = select(Room, Site.institution_id).join(Site, Site.id == Room.site_id)
    row = session.execute(query.where(Room.id == room_id, caller.sees(Site.institution_id))).one_or_none()
    return None if row is None else (row[0], row[1])


def licence(session: Session, caller: Caller, licence_id: UUID) -> Licence | None:
    """Locked, for who withdraws it."""
    query = select(Licence).where(Licence.id == licence_id, caller.sees(Licence.institution_id))
    return session.scalar(query.with_for_update(of=Licence))


def licences(session: Session, institution_id: UUID, approved_at: datetime | None) -> Sequence[Licence]:
    """What counts for a class: all but the withdrawn ones, and of an approved class all but those that were withdrawn
    when it was approved."""
    gone = select(LicenceWithdrawal.licence_id).where(_before(LicenceWithdrawal.at, approved_at))
    return session.scalars(
        select(Licence).where(Licence.institution_id == institution_id, Licence.id.not_in(gone))
    ).all()


def catalogue(session: Session, kind: str, approved_at: datetime | None) -> Sequence[CatalogueEntry]:
    """What counts for a class, as of licences."""
    gone = select(CatalogueWithdrawal.version).where(
        CatalogueWithdrawal.kind == kind, _before(CatalogueWithdrawal.at, approved_at)
    )
    query = select(CatalogueEntry).where(CatalogueEntry.kind == kind, CatalogueEntry.version.not_in(gone))
    return session.scalars(query).all()


def _before(at: InstrumentedAttribute[datetime], approved_at: datetime | None) -> ColumnElement[bool]:
    return true() if approved_at is None else at <= approved_at


def catalogue_version(session: Session, kind: str, version: str, *, lock: bool = False) -> Sequence[CatalogueEntry]:
    query = select(CatalogueEntry).where(CatalogueEntry.kind == kind, CatalogueEntry.version == version)
    return session.scalars(query.with_for_update() if lock else query).all()


def catalogue_withdrawals(session: Session) -> dict[tuple[str, str], tuple[CatalogueWithdrawal, str]]:
    """By kind and version, each with the name of who did it."""
    query = select(CatalogueWithdrawal, Account.name).join(Account, Account.id == CatalogueWithdrawal.account_id)
    return {(one.kind, one.version): (one, name) for one, name in session.execute(query)}


def catalogue_versions(session: Session) -> list[VersionRow]:
    """Of every kind."""
    held = (CatalogueEntry.kind, CatalogueEntry.version, CatalogueEntry.valid_from, CatalogueEntry.valid_to)
    query = select(*held, func.count(), func.min(CatalogueEntry.created_at, type_=UtcDateTime())).group_by(*held)
    return [VersionRow._make(row) for row in session.execute(query)]


def catalogue_lines(
    session: Session, kind: str, version: str, text: str, limit: int, offset: int
) -> tuple[Sequence[CatalogueEntry], int]:
    """Those whose code or name holds `text`, and how many there are."""
    query = select(CatalogueEntry).where(
        CatalogueEntry.kind == kind,
        CatalogueEntry.version == version,
        or_(
            CatalogueEntry.code.contains(text, autoescape=True),
            CatalogueEntry.name.contains(text, autoescape=True),
        ),
    )
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    order = (CatalogueEntry.code, CatalogueEntry.level, CatalogueEntry.id)
    return session.scalars(query.order_by(*order).limit(limit).offset(offset)).all(), total


def verifications(session: Session, room_ids: Collection[UUID]) -> Sequence[SiteVerification]:
    """Oldest first."""
    query = select(SiteVerification).where(SiteVerification.room_id.in_(room_ids))
    return session.scalars(query.order_by(SiteVerification.day, SiteVerification.created_at)).all()


def verification(
    session: Session, caller: Caller, verification_id: UUID, *, lock: bool = False
) -> tuple[SiteVerification, UUID] | None:
    """With the institution of its room."""
    query = (
        select(SiteVerification, Site.institution_id)
        .join(Room, Room.id == SiteVerification.room_id)
        .join(Site, Site.id == Room.site_id)
        .where(SiteVerification.id == verification_id, caller.sees(Site.institution_id))
    )
    row = session.execute(query.with_for_update(of=SiteVerification) if lock else query).one_or_none()
    return None if row is None else (row[0], row[1])


def photos(session: Session, verification_ids: Collection[UUID]) -> Sequence[VerificationPhoto]:
    query = select(VerificationPhoto).where(VerificationPhoto.verification_id.in_(verification_ids))
    return session.scalars(query.order_by(VerificationPhoto.at, VerificationPhoto.sha256)).all()
