"""Files that go with an explanation: stored by their digest, believed by their content, entered when looked at."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from sqlalchemy.orm import Session

from config.errors import LessonProofError
from storage.database.types import new_id
from supervisor.audit.service import record
from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.contract.evidence import sha256_hex
from supervisor.decisions import repository
from supervisor.decisions.cache import refresh
from supervisor.decisions.models import ExplanationFile
from supervisor.decisions.schemas import FileOut
from supervisor.decisions.service import found, locked, require_explaining
from supervisor.lessons.register import enter
from supervisor.lessons.schemas import ViewReason

MOST_FILES = 10
"""With one explanation."""
MEDIA = {"pdf": "application/pdf", "jpeg": "image/jpeg", "png": "image/png", "mp4": "video/mp4"}
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


def add(
    centre: Centre, caller: Caller, lesson_hour_id: UUID, explanation_id: UUID, body: bytes, content_type: str
) -> FileOut:
    """The same file again is no error, at any time. Raises LESSON_NOT_FOUND, EXPLANATION_NOT_FOUND (404),
    EXPLANATION_OVER, TOO_MANY_FILES (409), FILE_TYPE (415)."""
    kind = kind_of(body)
    if kind is None or content_type.split(";")[0].strip().lower() != MEDIA[kind]:
        raise LessonProofError(
            "FILE_TYPE",
            status=415,
            zh="只收 PDF、JPEG、PNG、MP4 文件,且文件内容须与所报类型一致",
            en="PDF, JPEG, PNG and MP4 only, and the content must be of the type that is named",
        )
    sha256 = sha256_hex(body)
    with centre.uow.read() as session:  # before anything is stored for who may not
        _require(centre, session, caller, lesson_hour_id, explanation_id, sha256)
    _store(centre, sha256, kind, body)
    with centre.uow.write() as session:
        known = _require(centre, session, caller, lesson_hour_id, explanation_id, sha256)
        if known is None:
            now = centre.clock.now()
            known = ExplanationFile(
                explanation_id=explanation_id,
                sha256=sha256,
                at=now,
                kind=kind,
                bytes=len(body),
                account_id=caller.account_id,
            )
            session.add(known)
            subject = f"lesson_hour:{lesson_hour_id}"
            record(session, now, caller.actor, "explanation_file_added", subject, sha256=sha256, bytes=len(body))
            refresh(session, lesson_hour_id, now)
        return FileOut(sha256=known.sha256, kind=known.kind, bytes=known.bytes, at=known.at)


def read(
    centre: Centre, caller: Caller, lesson_hour_id: UUID, sha256: str, reason: ViewReason, ip: str
) -> tuple[str, int, Iterator[bytes]]:
    """Media type, size and bytes; entered in the viewing register first. Raises LESSON_NOT_FOUND, FILE_NOT_FOUND
    (404)."""
    with centre.uow.read() as session:
        found(session, caller, lesson_hour_id)
        file = next((one for one in repository.files(session, lesson_hour_id) if one.sha256 == sha256), None)
    if file is None:
        raise LessonProofError("FILE_NOT_FOUND", status=404, zh="没有这个文件", en="no such file")
    enter(centre, caller, lesson_hour_id, "papers", reason, ip)
    return MEDIA[file.kind], file.bytes, centre.store.get_range(object_key(sha256, file.kind), 0, file.bytes)


def object_key(sha256: str, kind: str) -> str:
    return f"{FOLDER}{sha256[:2]}/{sha256}.{kind}"


def _require(
    centre: Centre, session: Session, caller: Caller, lesson_hour_id: UUID, explanation_id: UUID, sha256: str
) -> ExplanationFile | None:
    """The file if it is there already; else that it may be added."""
    _, now, facts, profile = locked(centre, session, caller, lesson_hour_id)
    if explanation_id not in {one.id for one in repository.explanations(session, lesson_hour_id)}:
        raise LessonProofError("EXPLANATION_NOT_FOUND", status=404, zh="没有这份说明", en="no such explanation")
    files = [one for one in repository.files(session, lesson_hour_id) if one.explanation_id == explanation_id]
    known = next((one for one in files if one.sha256 == sha256), None)
    if known is not None:
        return known
    require_explaining(facts, now, profile)
    if len(files) >= MOST_FILES:
        raise LessonProofError(
            "TOO_MANY_FILES",
            status=409,
            zh=f"每份说明最多附 {MOST_FILES} 个文件",
            en=f"an explanation has at most {MOST_FILES} files",
        )
    return None


def _store(centre: Centre, sha256: str, kind: str, body: bytes) -> None:
    """A crash after it leaves an object without a row: the same bytes again find it there."""
    folder = centre.settings.data_dir / "uploads" / "papers"
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{new_id()}.part"
    try:
        part.write_bytes(body)
        centre.store.put(object_key(sha256, kind), part, sha256)
    finally:
        part.unlink(missing_ok=True)
