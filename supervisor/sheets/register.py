"""One line of the register for each viewing of a class sheet: a page that is turned over ten minutes is one line."""

from __future__ import annotations

from uuid import UUID

from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.classes.service import found_class
from supervisor.lessons.register import ONE_VIEWING, viewer
from supervisor.lessons.schemas import ViewReason
from supervisor.sheets import repository
from supervisor.sheets.models import SheetView


def enter(
    centre: Centre, caller: Caller, class_id: UUID, what: str, reason: ViewReason, ip: str, entry: UUID | None = None
) -> None:
    """Before anything is shown. An export is a line each time. Raises LessonProofError CLASS_NOT_FOUND (404), and
    TRAINEE_NOT_FOUND (404) for who is not of this class."""
    now = centre.clock.now()
    with centre.uow.read() as session:
        found_class(session, caller, class_id)
        if entry is not None:
            repository.require_entry(session, class_id, entry)
        if what != "export" and repository.seen_lately(
            session, caller.account_id, class_id, entry, what, reason, now - ONE_VIEWING
        ):
            return
    with centre.uow.write() as session:
        session.add(SheetView(class_id=class_id, roster_entry_id=entry, what=what, **viewer(caller, reason, ip, now)))
