"""How institutions stand, over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from supervisor.callers import Caller, CentreDep, require
from supervisor.institutions import service
from supervisor.institutions.schemas import InstitutionRecord, StandingOut
from supervisor.openings.catalogues import READERS
from supervisor.paging import CursorText, Page, PageSize

router = APIRouter(prefix="/api", tags=["institutions"])

Reader = Annotated[Caller, Depends(require(*READERS))]


@router.get("/institutions/standing")
def list_standings(
    centre: CentreDep, caller: Reader, cursor: CursorText = None, size: PageSize = 50
) -> Page[StandingOut]:
    return service.standings(centre, caller, cursor, size)


@router.get("/institutions/{institution_id}")
def show(institution_id: UUID, centre: CentreDep, caller: Reader) -> InstitutionRecord:
    return service.show(centre, caller, institution_id)
