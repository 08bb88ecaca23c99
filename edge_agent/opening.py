"""Opening the box's data folder: its database at the newest version of its tables."""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.exc import DatabaseError, OperationalError

from config.errors import LessonProofError
from config.settings import EdgeSettings
from edge_agent.disk.ballast import Ballast
from edge_agent.paths import BoxPaths
from storage.database.engine import UnitOfWork, open_engine
from storage.database.migrate import upgrade


@dataclass(frozen=True, slots=True)
class OpenBox:
    work: UnitOfWork
    paths: BoxPaths


def open_box(settings: EdgeSettings) -> OpenBox:
    """Raises LessonProofError DATA_FOLDER when the folder or its database cannot be written."""
    paths = BoxPaths(settings.data_dir)
    try:
        paths.data_dir.mkdir(parents=True, exist_ok=True)
        paths.data_dir.chmod(0o700)  # recordings show people
        engine = open_engine(paths.database_url)
        try:
            upgrade(engine, "box")
        except OperationalError:
            if not Ballast(paths.ballast).give_up():  # on a full disk the database cannot even be opened
                raise
            upgrade(engine, "box")
    except (OSError, DatabaseError) as error:
        raise LessonProofError(
            "DATA_FOLDER",
            zh=f"无法写入数据目录 {paths.data_dir}:请检查权限和磁盘空间",
            en=f"cannot write {paths.data_dir}: check permissions and disk space ({type(error).__name__})",
            where=str(paths.data_dir),
        ) from None
    return OpenBox(UnitOfWork(engine), paths)


class RunLock:
    """One running agent a data folder; the operating system frees the lock however the process ends."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / "run.lock"
        self._file: int | None = None

    def __enter__(self) -> RunLock:
        """Raises LessonProofError ALREADY_RUNNING."""
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._file)
            raise LessonProofError(
                "ALREADY_RUNNING",
                status=409,
                zh=f"另一个 edge-agent 正在使用 {self._path.parent}",
                en=f"another edge-agent is running on {self._path.parent}",
            ) from None
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            os.close(self._file)
