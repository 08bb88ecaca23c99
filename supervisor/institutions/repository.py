"""SQL of how institutions stand, for callers that were already let into them by `supervisor.classes.repository`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from supervisor.accounts.models import Account
from supervisor.devices.models import Room, Site
from supervisor.openings.models import InstitutionAggregate, Licence, LicenceWithdrawal
from supervisor.sampling.models import CreditRating


def licences(session: Session, institution_ids: Collection[UUID]) -> Sequence[Licence]:
    """Newest first."""
    query = select(Licence).where(Licence.institution_id.in_(institution_ids))
    return session.scalars(query.order_by(Licence.valid_from.desc(), Licence.created_at.desc())).all()


def withdrawals(session: Session, institution_ids: Collection[UUID]) -> dict[UUID, tuple[LicenceWithdrawal, str]]:
    """By licence, each with the name of who did it."""
    query = select(LicenceWithdrawal, Account.name).join(Account, Account.id == LicenceWithdrawal.account_id)
    query = query.join(Licence, Licence.id == LicenceWithdrawal.licence_id)
    rows = session.execute(query.where(Licence.institution_id.in_(institution_ids)))
    return {one.licence_id: (one, name) for one, name in rows}


def rooms(session: Session, institution_ids: Collection[UUID]) -> list[tuple[Room, Site]]:
    query = select(Room, Site).join(Site, Site.id == Room.site_id).where(Site.institution_id.in_(institution_ids))
    return [(room, site) for room, site in session.execute(query.order_by(Site.name, Room.name, Room.id))]


def ratings(session: Session, institution_id: UUID) -> list[tuple[CreditRating, str]]:
    """Newest first, each with the name of who entered it."""
    query = select(CreditRating, Account.name).join(Account, Account.id == CreditRating.account_id)
    query = query.where(CreditRating.institution_id == institution_id)
    rows = session.execute(query.order_by(CreditRating.valid_from.desc(), CreditRating.at.desc()))
    return [(rating, name) for rating, name in rows]


def totals(session: Session, institution_id: UUID) -> Sequence[InstitutionAggregate]:
    """Newest first."""
    query = select(InstitutionAggregate).where(InstitutionAggregate.institution_id == institution_id)
    return session.scalars(query.order_by(InstitutionAggregate.last_day.desc(), InstitutionAggregate.at.desc())).all()
