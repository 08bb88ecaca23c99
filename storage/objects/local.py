"""Objects as files under one folder.

An object appears whole or not at all: its bytes are flushed before it gets its name, the name before `put` returns.
Sources must lie on the same file system, so that taking over is a link and not a copy.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from config.errors import LessonProofError
from storage.objects.interface import ObjectInfo, away, check_digest, checked_key, exists, not_found

CHUNK_BYTES = 256 * 1024


class LocalObjectStore:
    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)

    def put(self, key: str, source: Path, sha256: str) -> ObjectInfo:
        target = self.path(key)
        check_digest(source, sha256)
        with source.open("rb") as file:
            os.fsync(file.fileno())
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            target.hardlink_to(source)  # unlike a rename, never replaces
        except FileExistsError:
            _check_same(target, sha256)
        for folder in (target.parent, *target.parent.parents):
            fsync_folder(folder)
            if folder == self.root:
                break
        source.unlink()
        return ObjectInfo(key, target.stat().st_size)

    def get_range(self, key: str, start: int, length: int) -> Iterator[bytes]:
        try:
            file = self.path(key).open("rb")
        except FileNotFoundError:
            raise not_found() from None
        file.seek(start)

        def pieces(left: int) -> Iterator[bytes]:
            with file:
                while left > 0 and (piece := file.read(min(left, CHUNK_BYTES))):
                    left -= len(piece)
                    yield piece

        return pieces(length)

    def head(self, key: str) -> ObjectInfo | None:
        try:
            return ObjectInfo(key, self.path(key).stat().st_size)
        except FileNotFoundError:
            if not self.root.is_dir():
                raise away(f"{self.root} is gone") from None  # a disk not mounted is not an empty archive
            return None

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        files = ((path.relative_to(self.root).as_posix(), path) for path in self.root.rglob("*") if path.is_file())
        for key, path in sorted(files):
            if key.startswith(prefix):
                yield ObjectInfo(key, path.stat().st_size)

    def delete(self, key: str) -> None:
        path = self.path(key)
        path.unlink(missing_ok=True)
        if path.parent.is_dir():
            fsync_folder(path.parent)

    def deletes_by_itself(self, prefix: str) -> tuple[str, ...]:
        return ()

    def path(self, key: str) -> Path:
        """Where an object lies."""
        return self.root / checked_key(key)


def fsync_folder(folder: Path) -> None:
    """Make a rename in `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _check_same(target: Path, sha256: str) -> None:
    try:
        check_digest(target, sha256)
    except LessonProofError:
        raise exists() from None
