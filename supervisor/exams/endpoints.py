"""Exams over HTTP: results, and the close of a class."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from supervisor.callers import ANYONE_SIGNED_IN, Caller, CentreDep, Role, require
from supervisor.exams import service
from supervisor.exams.schemas import ExamOut, ResultsIn

router = APIRouter(prefix="/api/classes", tags=["exams"])

Anyone = Annotated[Caller, Depends(require(*ANYONE_SIGNED_IN))]
Examiner = Annotated[Caller, Depends(require(Role.TEACHER, Role.RESPONSIBLE, Role.HANDLER))]
Handler = Annotated[Caller, Depends(require(Role.HANDLER))]


@router.get("/{class_id}/exam")
def show(class_id: UUID, centre: CentreDep, caller: Anyone) -> ExamOut:
    return service.show(centre, caller, class_id)


@router.post("/{class_id}/exam/results")
def enter(class_id: UUID, body: ResultsIn, centre: CentreDep, caller: Examiner) -> ExamOut:
    return service.enter(centre, caller, class_id, body)


@router.post("/{class_id}/close")
def close(class_id: UUID, centre: CentreDep, caller: Handler) -> ExamOut:
    return service.close(centre, caller, class_id)
