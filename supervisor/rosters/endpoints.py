"""Rosters, their comparison and the lists over HTTP."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, UploadFile
from pydantic import ValidationError

from supervisor.callers import Caller, CentreDep, Role, require
from supervisor.paging import CursorText, Page, PageSize
from supervisor.requests import request_invalid
from supervisor.rosters import lists, service
from supervisor.rosters.schemas import ChecksOut, ImportOut, LiftIn, ListAbout, ListOut

router = APIRouter(prefix="/api", tags=["rosters"])

Applicant = Annotated[Caller, Depends(require(Role.SYSTEM_ADMIN, Role.TEACHER, Role.RESPONSIBLE))]
READERS = (
    Role.TEACHER, Role.RESPONSIBLE, Role.INSPECTOR, Role.APPROVER, Role.HANDLER, Role.FINANCE, Role.OVERSIGHT,
)  # fmt: skip
Reader = Annotated[Caller, Depends(require(*READERS))]
COMPARERS = (Role.HANDLER, Role.APPROVER, Role.INSPECTOR)
Comparer = Annotated[Caller, Depends(require(*COMPARERS))]
LIFTERS = (Role.HANDLER, Role.APPROVER)
Lifter = Annotated[Caller, Depends(require(*LIFTERS))]
Handler = Annotated[Caller, Depends(require(Role.HANDLER))]
LIST_READERS = (Role.HANDLER, Role.APPROVER, Role.OVERSIGHT)
ListReader = Annotated[Caller, Depends(require(*LIST_READERS))]


@router.post("/classes/{class_id}/roster")
def import_roster(
    class_id: UUID, file: UploadFile, centre: CentreDep, caller: Applicant, dry_run: bool = False
) -> ImportOut:
    return service.import_roster(centre, caller, class_id, file.file.read(), dry_run=dry_run)


@router.get("/classes/{class_id}/roster/checks")
def show_checks(class_id: UUID, centre: CentreDep, caller: Reader) -> ChecksOut:
    return service.show_checks(centre, caller, class_id)


@router.post("/classes/{class_id}/roster/checks")
def compare(class_id: UUID, centre: CentreDep, caller: Comparer) -> ChecksOut:
    return service.compare(centre, caller, class_id)


@router.post("/classes/{class_id}/roster/checks/{check_id}/lift")
def lift(class_id: UUID, check_id: UUID, body: LiftIn, centre: CentreDep, caller: Lifter) -> ChecksOut:
    return service.lift(centre, caller, class_id, check_id, body)


def _about(
    kind: Annotated[str, Form()],
    source: Annotated[str, Form()],
    as_of: Annotated[str, Form()],
    purpose: Annotated[str, Form()],
    expires_on: Annotated[str, Form()],
    category: Annotated[str | None, Form()] = None,
) -> ListAbout:
    """What the form says beside the file. Raises LessonProofError REQUEST_INVALID (422)."""
    said: dict[str, Any] = {
        "kind": kind,
        "source": source,
        "as_of": as_of,
        "purpose": purpose,
        "expires_on": expires_on,
        "category": category or None,
    }
    try:
        return ListAbout.model_validate(said)
    except ValidationError as error:
        raise request_invalid(error.errors(include_url=False, include_input=False)[0]["loc"], error) from None


@router.post("/comparison-lists", status_code=201)
def import_list(
    about: Annotated[ListAbout, Depends(_about)], file: UploadFile, centre: CentreDep, caller: Handler
) -> ListOut:
    return lists.import_list(centre, caller, about, file.file.read())


@router.get("/comparison-lists")
def list_lists(centre: CentreDep, _caller: ListReader, cursor: CursorText = None, size: PageSize = 50) -> Page[ListOut]:
    return lists.lists(centre, cursor, size)


@router.post("/comparison-lists/{list_id}/withdraw")
def withdraw(list_id: UUID, centre: CentreDep, caller: Handler) -> ListOut:
    return lists.withdraw(centre, caller, list_id)
