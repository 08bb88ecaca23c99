"""Files that institutions hand in with their words: stored by their digest, believed by their content."""

from __future__ import annotations

from collections.abc import Iterator

from config.errors import LessonProofError
from storage.database.types import new_id
from supervisor.centre import Centre

MEDIA = {"pdf": "application/pdf", "jpeg": "image/jpeg", "png": "image/png", "mp4": "video/mp4"}
SCANS = ("pdf", "jpeg", "png")
FOLDER = "papers/"


def kind_of(body: bytes) -> str | None:
    """What the bytes begin like; None: nothing that is taken."""
    if body.startswith(b"%PDF-"):
        return "pdf"
    if body.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if body.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    return "mp4" if body[4:8] == b"ftyp" else None


def require_kind(body: bytes, content_type: str) -> str:
    """Raises LessonProofError FILE_TYPE (415)."""
    kind = kind_of(body)
    if kind is None or content_type.split(";")[0].strip().lower() != MEDIA[kind]:
        raise LessonProofError(
            "FILE_TYPE",
            status=415,
            zh="只收 PDF、JPEG、PNG、MP4 文件,且文件内容须与所报类型一致",
            en="PDF, JPEG, PNG and MP4 only, and the content must be of the type that is named",
        )
    return kind


def require_scan(body: bytes) -> str:
    """A paper or a picture, by its content alone. Raises LessonProofError FILE_TYPE (415)."""
    kind = kind_of(body)
    if kind not in SCANS:
        raise LessonProofError(
            "FILE_TYPE", status=415, zh="只收 PDF、JPEG、PNG 文件", en="PDF, JPEG and PNG files only"
        )
    return kind


def store(centre: Centre, sha256: str, kind: str, body: bytes) -> None:
    """A crash after it leaves an object without a row: the same bytes again find it there."""
    folder = centre.settings.data_dir / "uploads" / "papers"
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{new_id()}.part"
    try:
        part.write_bytes(body)
        centre.store.put(_object_key(sha256, kind), part, sha256)
    finally:
        part.unlink(missing_ok=True)


def pieces(centre: Centre, sha256: str, kind: str, size: int) -> Iterator[bytes]:
    return centre.store.get_range(_object_key(sha256, kind), 0, size)


def file_headers(sha256: str, media: str, size: int) -> dict[str, str]:
    return {
        "Cache-Control": "private, no-store",
        "Content-Disposition": f'attachment; filename="{sha256[:16]}.{media.rsplit("/")[-1]}"',
        "Content-Length": str(size),
    }


def _object_key(sha256: str, kind: str) -> str:
    return f"{FOLDER}{sha256[:2]}/{sha256}.{kind}"
