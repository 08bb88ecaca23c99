"""A zip made for one download: written beside the centre's data, gone when it was sent or could not be made."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from supervisor.centre import Centre

_PREFIX = "package-"
LEFT_OVER_AFTER = timedelta(days=1)


def sweep(centre: Centre) -> None:
    """Remove what a crash left behind: it holds recordings that nothing else would ever delete."""
    for folder in centre.settings.data_dir.glob(f"{_PREFIX}*"):
        made = datetime.fromtimestamp(folder.stat().st_mtime, UTC)
        if centre.clock.now() - made > LEFT_OVER_AFTER:
            shutil.rmtree(folder, ignore_errors=True)


def packed(centre: Centre, name: str, write: Callable[[Path], None]) -> FileResponse:
    """`write`: puts the whole file where it is told to."""
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=centre.settings.data_dir))
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
