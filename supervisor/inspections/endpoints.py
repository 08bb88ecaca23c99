"""Supervision certificates over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from supervisor.callers import Caller, CentreDep, Role, require
from supervisor.inspections import service
from supervisor.inspections.schemas import CertificateOut

router = APIRouter(prefix="/api", tags=["inspections"])


CERTIFICATE_READERS = (Role.INSPECTOR, Role.HANDLER, Role.OVERSIGHT)


@router.post("/classes/{class_id}/certificate", status_code=201)
def certify(
    class_id: UUID, centre: CentreDep, caller: Annotated[Caller, Depends(require(Role.INSPECTOR))]
) -> CertificateOut:
    return service.certify(centre, caller, class_id)


@router.get("/inspections/on-site")
def on_site(
    centre: CentreDep, caller: Annotated[Caller, Depends(require(*CERTIFICATE_READERS))]
) -> list[CertificateOut]:
    return service.on_site(centre, caller)
