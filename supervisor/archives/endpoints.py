"""A class archive over HTTP."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from supervisor.archives import service
from supervisor.callers import Caller, CentreDep, Role, client_ip, require
from supervisor.lessons.schemas import ViewReason

router = APIRouter(prefix="/api/classes", tags=["classes"])


@router.get("/{class_id}/archive.zip", response_class=FileResponse)
def archive(
    class_id: UUID,
    request: Request,
    centre: CentreDep,
    caller: Annotated[Caller, Depends(require(Role.ADMIN, Role.APPROVER, Role.INSPECTOR))],
    reason: ViewReason = ViewReason.ROUTINE,
    clips: bool = True,
) -> FileResponse:
    """`clips=false`: their hashes only."""
    folder = Path(tempfile.mkdtemp(prefix="archive-", dir=centre.settings.data_dir))
    out = folder / "archive.zip"
    try:
        service.export(centre, caller, class_id, reason, client_ip(request), out, media=clips)
    except BaseException:
        shutil.rmtree(folder)
        raise
    return FileResponse(
        out,
        media_type="application/zip",
        filename=f"class-{class_id}.zip",
        headers={"Cache-Control": "no-store"},
        background=BackgroundTask(shutil.rmtree, folder),
    )
