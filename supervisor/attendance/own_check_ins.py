"""The check-ins of one person as they count today, for the person: what was learnt since, and why."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from supervisor.attendance import repository
from supervisor.attendance.models import CheckIn
from supervisor.attendance.schemas import OwnCheckIn
from supervisor.rules.checkin import CheckInReason, CheckInResult, Direction


def own_check_ins(session: Session, entry_id: UUID) -> dict[UUID, list[OwnCheckIn]]:
    """Session → its check-ins of one roster entry, oldest first, with what was learnt since (as
    `repository.check_in_facts` has it)."""
    rows = repository.own_check_ins(session, entry_id)
    learnt = repository.flags(session, [row.id for row, _ in rows])
    found: dict[UUID, list[OwnCheckIn]] = {}
    for row, confirmed in rows:
        found.setdefault(row.session_id, []).append(_own(row, learnt.get(row.id, []), confirmed))
    return found


def _own(row: CheckIn, learnt: list[str], confirmed: bool) -> OwnCheckIn:
    status = CheckInResult(row.status)
    if status is not CheckInResult.REJECTED:
        if learnt:
            status = CheckInResult.REVIEW
        elif confirmed:
            status = CheckInResult.ACCEPTED
    return OwnCheckIn(
        direction=Direction(row.direction),
        status=status,
        at=row.made_at or row.at,
        reasons=[CheckInReason(reason) for reason in [*row.reasons, *learnt]],
        distance_m=row.distance_m,
    )
