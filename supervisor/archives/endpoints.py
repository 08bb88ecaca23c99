"""A class archive over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse

from supervisor.archives import service
from supervisor.callers import Caller, CentreDep, Role, client_ip, require
from supervisor.exports.service import require_free
from supervisor.lessons.schemas import ViewReason
from supervisor.packages import packed

ARCHIVE_ROLES = (Role.SYSTEM_ADMIN, Role.APPROVER, Role.INSPECTOR)

router = APIRouter(prefix="/api/classes", tags=["classes"])


@router.get("/{class_id}/archive.zip", response_class=FileResponse)
def archive(
    class_id: UUID,
    request: Request,
    centre: CentreDep,
    caller: Annotated[Caller, Depends(require(*ARCHIVE_ROLES))],
    reason: ViewReason = ViewReason.ROUTINE,
    clips: bool = True,
) -> FileResponse:
    """`clips=false`: their hashes only. Where a second person must agree to more, 409: ask by `POST …/exports`."""
    if clips:
        require_free(centre, caller, class_id=class_id)
    return packed(
        centre,
        f"class-{class_id}.zip",
        lambda out: service.export(centre, caller, class_id, reason, client_ip(request), out, media=clips),
    )
