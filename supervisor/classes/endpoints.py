"""Institutions and classes over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from supervisor.callers import ANYONE_SIGNED_IN, Caller, CentreDep, Role, require
from supervisor.classes import service
from supervisor.classes.schemas import ClassIn, ClassOut, ClassSummary, InstitutionIn, InstitutionOut
from supervisor.paging import CursorText, Page, PageSize

router = APIRouter(prefix="/api", tags=["classes"])

Admin = Annotated[Caller, Depends(require(Role.SYSTEM_ADMIN))]
Applicant = Annotated[Caller, Depends(require(Role.SYSTEM_ADMIN, Role.TEACHER, Role.RESPONSIBLE))]
Anyone = Annotated[Caller, Depends(require(*ANYONE_SIGNED_IN))]


@router.post("/institutions", status_code=201)
def create_institution(body: InstitutionIn, centre: CentreDep, caller: Admin) -> InstitutionOut:
    return service.create_institution(centre, caller, body)


@router.get("/institutions")
def list_institutions(
    centre: CentreDep, caller: Anyone, cursor: CursorText = None, size: PageSize = 50
) -> Page[InstitutionOut]:
    return service.institutions(centre, caller, cursor, size)


@router.post("/classes", status_code=201)
def create_class(body: ClassIn, centre: CentreDep, caller: Applicant) -> ClassOut:
    return service.create_class(centre, caller, body)


@router.get("/classes")
def list_classes(
    centre: CentreDep, caller: Anyone, cursor: CursorText = None, size: PageSize = 50
) -> Page[ClassSummary]:
    return service.classes(centre, caller, cursor, size)


@router.get("/classes/{class_id}")
def show_class(class_id: UUID, centre: CentreDep, caller: Anyone) -> ClassOut:
    return service.show_class(centre, caller, class_id)
