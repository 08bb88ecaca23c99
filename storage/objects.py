"""ObjectStore: whole files by key, written once. Five methods; the local disk now, S3 behind the same five later.

An object appears whole or not at all: its bytes are flushed before it gets its name, the name before `put` returns.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from config.errors import LessonProofError

CHUNK_BYTES = 256 * 1024
_KEY = re.compile(r"[a-z0-9_-]+(/[a-z0-9_-]+)*(\.[a-z0-9]+)?")


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    key: str
    size: int


class ObjectStore(Protocol):
    def put(self, key: str, source: Path) -> ObjectInfo:
        """Take over the finished file `source` (it is gone afterwards). Keys name their content, so the same key is the
        same bytes."""

    def get_range(self, key: str, start: int, length: int) -> Iterator[bytes]:
        """Bytes [start, start + length) in pieces. Raises LessonProofError OBJECT_NOT_FOUND before the first."""

    def head(self, key: str) -> ObjectInfo | None: ...

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        """Objects whose key starts with `prefix`, in order of their keys."""

    def delete(self, key: str) -> None:
        """Does nothing when there is no such object. May be called by `storage.retention` only."""


class LocalObjectStore:
    """Objects as files under one folder; sources must lie on the same file system, so that taking over is a rename."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)

    def put(self, key: str, source: Path) -> ObjectInfo:
        target = self.path(key)
        with source.open("rb") as file:
            os.fsync(file.fileno())
        target.parent.mkdir(parents=True, exist_ok=True)
        source.replace(target)
        for folder in (target.parent, *target.parent.parents):
            fsync_folder(folder)
            if folder == self.root:
                break
        return ObjectInfo(key, target.stat().st_size)

    def get_range(self, key: str, start: int, length: int) -> Iterator[bytes]:
        try:
            file = self.path(key).open("rb")
        except FileNotFoundError:
            raise LessonProofError(
                "OBJECT_NOT_FOUND", status=404, zh="归档中没有这个文件", en="no such file in the archive"
            ) from None
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

    def path(self, key: str) -> Path:
        """Where an object lies; refuses any key that could lead out of the folder."""
        if not _KEY.fullmatch(key):
            raise ValueError(f"not an object key: {key!r}")
        return self.root / key


def fsync_folder(folder: Path) -> None:
    """Make a rename in `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
