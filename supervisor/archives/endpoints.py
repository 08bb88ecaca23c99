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

router = APIRouter(prefix="/api/classes", tags=["classes"])


@router.get("/{class_id}/archive.zip", response_class=FileResponse)
def archive(
    class_id: UUID,
    request: Request,
    centre: CentreDep,
    caller: Annotated[Caller, Depends(require(Role.SYSTEM_ADMIN, Role.APPROVER, Role.INSPECTOR))],
    reason: ViewReason = ViewReason.ROUTINE,
    clips: bool = True,
) -> FileResponse:
    """`clips=false`: their hashes only, which is all there is where recordings leave by approval alone."""
    if clips:
        require_free(centre, caller, class_id=class_id)
    return packed(
        centre,
        f"class-{class_id}.zip",
        lambda out: service.export(centre, caller, class_id, reason, client_ip(request), out, media=clips),
    )
