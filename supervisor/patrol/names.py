"""The names of a roll call: called aloud, so shown in full to who calls it, each with a line of the register (L14)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.lessons import repository as lessons
from supervisor.lessons.schemas import ViewReason
from supervisor.patrol import repository
from supervisor.privacy.looks import enter_look
from supervisor.privacy.models import Reveal


def names_called(centre: Centre, caller: Caller, patrol_id: UUID, ip: str) -> dict[str, str]:
    """Roster entry → full name, of all who were drawn in the caller's own patrol that is still open. Empty for any
    other patrol: afterwards nobody needs them."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        row = repository.patrol(session, caller, patrol_id)
        if row is None or row[0].account_id != caller.account_id or row[2] is not None:
            return {}
        calls = repository.roll_calls(session, [patrol_id])
        if not calls:
            return {}
        drawn = {UUID(entry): call.at for call in calls for entry in call.drawn}
        query = select(Reveal.roster_entry_id, Reveal.at).where(
            Reveal.account_id == caller.account_id, Reveal.field == "name", Reveal.roster_entry_id.in_(drawn)
        )
        told = {entry for entry, at in session.execute(query) if at >= drawn[entry]}
        for entry in drawn.keys() - told:
            enter_look(session, caller, entry, "name", ViewReason.ROUTINE, ip, now)
        names = lessons.names(session, row[1].id)
        return {str(entry): names[entry] for entry in drawn}
