"""A zip made for one download: written beside the centre's data, gone when it was sent or could not be made."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from supervisor.centre import Centre


def packed(centre: Centre, name: str, write: Callable[[Path], None]) -> FileResponse:
    """`write`: puts the whole file where it is told to."""
    folder = Path(tempfile.mkdtemp(prefix="package-", dir=centre.settings.data_dir))
    out = folder / "package.zip"
    try:
        write(out)
    except BaseException:
        shutil.rmtree(folder)
        raise
    return FileResponse(
        out,
        media_type="application/zip",
        filename=name,
        headers={"Cache-Control": "no-store"},
        background=BackgroundTask(shutil.rmtree, folder),
    )
