"""A bundle over HTTP."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from supervisor.bundles import service
from supervisor.callers import Caller, CentreDep, Role, client_ip, require
from supervisor.lessons.schemas import ViewReason

EXPORT_ROLES = (Role.ADMIN, Role.INSPECTOR)

router = APIRouter(prefix="/api/lessons", tags=["lessons"])


@router.get("/{lesson_hour_id}/bundle.zip", response_class=FileResponse)
def bundle(
    lesson_hour_id: UUID,
    request: Request,
    centre: CentreDep,
    caller: Annotated[Caller, Depends(require(*EXPORT_ROLES))],
    reason: ViewReason = ViewReason.ROUTINE,
) -> FileResponse:
    """For `supervisor verify`, on any machine."""
    folder = Path(tempfile.mkdtemp(prefix="bundle-", dir=centre.settings.data_dir))
    out = folder / "bundle.zip"
    try:
        service.export(centre, caller, lesson_hour_id, reason, client_ip(request), out)
    except BaseException:
        shutil.rmtree(folder)
        raise
    return FileResponse(
        out,
        media_type="application/zip",
        filename=f"lesson-{lesson_hour_id}.zip",
        headers={"Cache-Control": "no-store"},
        background=BackgroundTask(shutil.rmtree, folder),
    )
