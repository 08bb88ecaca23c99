"""How institutions stand today, and all that the county entered of one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from config.clock import CHINA
from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.classes import repository as classes
from supervisor.classes.models import Institution
from supervisor.devices.service import not_found
from supervisor.institutions import repository
from supervisor.institutions.schemas import (
    GradeOut,
    InstitutionRecord,
    LicenceOut,
    Licensed,
    RoomRecord,
    StandingOut,
    TotalOut,
    VerificationOut,
)
from supervisor.openings.models import Licence, LicenceWithdrawal, SiteVerification
from supervisor.openings.photos import shown
from supervisor.openings.repository import photos, verifications
from supervisor.openings.schemas import PhotoOut, ScopeLine
from supervisor.openings.withdrawals import withdrawal_out
from supervisor.paging import Page, page_of
from supervisor.sampling.repository import grades


def standings(centre: Centre, caller: Caller, cursor: str | None, size: int) -> Page[StandingOut]:
    """Raises LessonProofError CURSOR_INVALID (422)."""
    today = centre.clock.now().astimezone(CHINA).date()
    with centre.uow.read() as session:
        rows = classes.institutions(session, caller, cursor, size)
        shown = _standings(session, rows[:size], today)
        return Page(**page_of(rows, size, lambda one: (one.created_at, one.id), lambda one: shown[one.id]))


def show(centre: Centre, caller: Caller, institution_id: UUID) -> InstitutionRecord:
    """Raises LessonProofError INSTITUTION_NOT_FOUND (404)."""
    today = centre.clock.now().astimezone(CHINA).date()
    with centre.uow.read() as session:
        one = classes.institution(session, caller, institution_id)
        if one is None:
            raise not_found("INSTITUTION", "培训机构", "institution")
        return InstitutionRecord(
            **_standings(session, [one], today)[one.id].model_dump(),
            licences=_licences(session, one.id),
            room_list=_rooms(session, one.id, today),
            grades=[
                GradeOut(id=held.id, grade=held.grade, valid_from=held.valid_from, basis=held.basis, by=by, at=held.at)
                for held, by in repository.ratings(session, one.id)
            ],
            totals=[TotalOut.model_validate(held, from_attributes=True) for held in repository.totals(session, one.id)],
        )


def _standings(session: Session, found: Sequence[Institution], today: date) -> dict[UUID, StandingOut]:
    ids = [one.id for one in found]
    withdrawn = repository.withdrawals(session, ids)
    licences = [held for held in repository.licences(session, ids) if held.id not in withdrawn]
    rooms = repository.rooms(session, ids)
    verified = _verified(verifications(session, [room.id for room, _ in rooms]), today)
    graded = grades(session, ids, today)
    return {
        one.id: StandingOut(
            id=one.id,
            name=one.name,
            area=one.area,
            sector=one.sector,
            secret_related=one.secret_related,
            **licensed([held for held in licences if held.institution_id == one.id], today),
            rooms=sum(site.institution_id == one.id for _, site in rooms),
            verified=sum(site.institution_id == one.id and room.id in verified for room, site in rooms),
            grade=graded.get(one.id),
        )
        for one in found
    }


def licensed(licences: Sequence[Licence], today: date) -> dict[str, Any]:
    """`licensed` and `licensed_until` of a StandingOut: of what is valid today the longest counts. None withdrawn."""
    begun = [one for one in licences if one.valid_from <= today]
    valid = [one for one in begun if one.valid_to is None or today <= one.valid_to]
    ends = [one.valid_to for one in valid or begun if one.valid_to is not None]
    state = Licensed.VALID if valid else Licensed.EXPIRED if begun else Licensed.AHEAD if licences else Licensed.NONE
    endless = any(one.valid_to is None for one in valid)
    return {"licensed": state, "licensed_until": None if endless else max(ends, default=None)}


def _verified(rows: Sequence[SiteVerification], today: date) -> set[UUID]:
    """Of rows with the oldest first: rooms whose newest is positive and not over."""
    newest = {row.room_id: row for row in rows}
    return {room for room, row in newest.items() if row.passed and row.day <= today <= row.valid_to}


def _rooms(session: Session, institution_id: UUID, today: date) -> list[RoomRecord]:
    rooms = repository.rooms(session, [institution_id])
    rows = verifications(session, [room.id for room, _ in rooms])
    verified = _verified(rows, today)
    kept: dict[UUID, list[PhotoOut]] = defaultdict(list)
    for one in photos(session, [row.id for row in rows]):
        kept[one.verification_id].append(shown(one))
    return [
        RoomRecord(
            id=room.id,
            site_id=site.id,
            site=site.name,
            name=room.name,
            verified=room.id in verified,
            verifications=[_verification(row, kept[row.id]) for row in reversed(rows) if row.room_id == room.id],
        )
        for room, site in rooms
    ]


def _licences(session: Session, institution_id: UUID) -> list[LicenceOut]:
    withdrawn = repository.withdrawals(session, [institution_id])
    return [_licence(held, withdrawn.get(held.id)) for held in repository.licences(session, [institution_id])]


def _licence(held: Licence, withdrawn: tuple[LicenceWithdrawal, str] | None) -> LicenceOut:
    return LicenceOut(
        id=held.id,
        licence_no=held.licence_no,
        kind=held.kind,
        valid_from=held.valid_from,
        valid_to=held.valid_to,
        scope=[ScopeLine(**line) for line in held.scope],
        entered_at=held.created_at,
        withdrawn=withdrawal_out(*withdrawn) if withdrawn else None,
    )


def _verification(row: SiteVerification, kept: list[PhotoOut]) -> VerificationOut:
    return VerificationOut(
        id=row.id,
        day=row.day,
        valid_to=row.valid_to,
        passed=row.passed,
        capacity=row.capacity,
        inspectors=row.inspectors,
        photos=row.photos,
        kept=kept,
        entered_at=row.created_at,
    )
