"""Files that go with an explanation: stored by their digest, believed by their content, entered when looked at."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from sqlalchemy.orm import Session

from config.errors import LessonProofError
from supervisor.audit.service import record
from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.contract.evidence import sha256_hex
from supervisor.decisions import repository
from supervisor.decisions.cache import refresh
from supervisor.decisions.models import ExplanationFile
from supervisor.decisions.schemas import FileOut
from supervisor.decisions.service import found, locked, require_explaining
from supervisor.filed_papers import MEDIA, pieces, require_kind, store
from supervisor.lessons.register import enter
from supervisor.lessons.schemas import ViewReason

MOST_FILES = 10
"""With one explanation."""


def add(
    centre: Centre, caller: Caller, lesson_hour_id: UUID, explanation_id: UUID, body: bytes, content_type: str
) -> FileOut:
    """The same file again is no error, at any time. Raises LESSON_NOT_FOUND, EXPLANATION_NOT_FOUND (404),
    EXPLANATION_OVER, TOO_MANY_FILES (409), FILE_TYPE (415)."""
    kind = require_kind(body, content_type)
    sha256 = sha256_hex(body)
    with centre.uow.read() as session:  # before anything is stored for who may not
        _require(centre, session, caller, lesson_hour_id, explanation_id, sha256)
    store(centre, sha256, kind, body)
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
    return MEDIA[file.kind], file.bytes, pieces(centre, sha256, file.kind, file.bytes)


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
