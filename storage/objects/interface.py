"""What every store does, and the checks none of them leaves to somebody else: the key and the digest."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from config.errors import LessonProofError

_KEY = re.compile(r"[a-z0-9_-]+(/[a-z0-9_-]+)*(\.[a-z0-9]+)?")


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """`locked_until`: the store itself refuses to delete or change the object before (S3 Object Lock, COMPLIANCE)."""

    key: str
    size: int
    locked_until: datetime | None = None


class ObjectStore(Protocol):
    """Every call has a time limit where it leaves the machine; then it raises LessonProofError ARCHIVE_AWAY (503)."""

    def put(self, key: str, source: Path, sha256: str) -> ObjectInfo:
        """Take over the finished file `source`, which is gone afterwards, and only then: whatever is raised leaves it.

        An object is written once. The same bytes again are no error: a put whose answer was lost is simply repeated.
        Raises LessonProofError OBJECT_DIGEST (422) when the bytes are not those of `sha256`, OBJECT_EXISTS (409) when
        the key holds other bytes.
        """

    def get_range(self, key: str, start: int, length: int) -> Iterator[bytes]:
        """Bytes [start, start + length), or up to the object's end, in pieces. Raises LessonProofError
        OBJECT_NOT_FOUND (404) before the first."""

    def head(self, key: str) -> ObjectInfo | None: ...

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        """Objects whose key starts with `prefix`, in order of their keys; `locked_until` is not told here."""

    def delete(self, key: str) -> None:
        """Does nothing when there is no such object. May be called by `storage.retention` only."""

    def deletes_by_itself(self, prefix: str) -> tuple[str, ...]:
        """Names of the store's own rules that would delete objects under `prefix`. Raises ARCHIVE_REFUSED (503) when
        they may not be looked at."""


def checked_key(key: str) -> str:
    """The key; refuses any that could lead out of the store."""
    if not _KEY.fullmatch(key):
        raise ValueError(f"not an object key: {key!r}")
    return key


def check_digest(source: Path, sha256: str) -> None:
    """Raises LessonProofError OBJECT_DIGEST. Not every store checks what it is sent (Ceph 16 ignores
    x-amz-checksum-sha256), so we do."""
    with source.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
            raise LessonProofError(
                "OBJECT_DIGEST", status=422, zh="文件内容与其指纹不符", en="the bytes do not match their digest"
            )


def not_found() -> LessonProofError:
    return LessonProofError("OBJECT_NOT_FOUND", status=404, zh="归档中没有这个文件", en="no such file in the archive")


def exists() -> LessonProofError:
    return LessonProofError(
        "OBJECT_EXISTS",
        status=409,
        zh="归档中已有同名但内容不同的文件",
        en="the archive holds other bytes under this name",
    )


def away(why: str) -> LessonProofError:
    return LessonProofError(
        "ARCHIVE_AWAY", status=503, zh=f"归档存储暂时不可用({why})", en=f"the archive cannot be reached now ({why})"
    )
