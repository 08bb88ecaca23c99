"""A bundle over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse

from supervisor.bundles import service
from supervisor.callers import Caller, CentreDep, Role, client_ip, require
from supervisor.exports.service import require_free
from supervisor.lessons.schemas import ViewReason
from supervisor.packages import packed

EXPORT_ROLES = (Role.SYSTEM_ADMIN, Role.INSPECTOR)

router = APIRouter(prefix="/api/lessons", tags=["lessons"])


@router.get("/{lesson_hour_id}/bundle.zip", response_class=FileResponse)
def bundle(
    lesson_hour_id: UUID,
    request: Request,
    centre: CentreDep,
    caller: Annotated[Caller, Depends(require(*EXPORT_ROLES))],
    reason: ViewReason = ViewReason.ROUTINE,
) -> FileResponse:
    """For `supervisor verify`, on any machine. Where a second person must agree, 409: ask by `POST …/exports`."""
    require_free(centre, caller, lesson_hour_id=lesson_hour_id)
    return packed(
        centre,
        f"lesson-{lesson_hour_id}.zip",
        lambda out: service.export(centre, caller, lesson_hour_id, reason, client_ip(request), out),
    )
