"""Files that go with what is said of a class: stored by their digest, believed by their content, entered when looked
at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.errors import LessonProofError
from supervisor.accounts.models import Account
from supervisor.audit.service import record
from supervisor.callers import Caller, Role
from supervisor.centre import Centre
from supervisor.classes.models import ClassFile
from supervisor.classes.schemas import ClassFileOut
from supervisor.classes.service import found_class
from supervisor.contract.evidence import sha256_hex
from supervisor.filed_papers import MEDIA, pieces, require_scan, store
from supervisor.lessons.schemas import ViewReason
from supervisor.sheets import register

MOST_FILES = 200
"""Of one class."""
SENDERS = (Role.HANDLER, Role.APPROVER, Role.RESPONSIBLE)
READERS = (*SENDERS, Role.INSPECTOR, Role.OVERSIGHT, Role.TEACHER)


def add(centre: Centre, caller: Caller, class_id: UUID, body: bytes) -> ClassFileOut:
    """The same file again is no error. Raises CLASS_NOT_FOUND (404), TOO_MANY_FILES (409), FILE_TYPE (415)."""
    sha256 = sha256_hex(body)
    with centre.uow.read() as session:  # before anything is stored for who may not
        _known(session, caller, class_id, sha256, lock=False)
    kind = require_scan(body)
    store(centre, sha256, kind, body)
    with centre.uow.write() as session:
        known = _known(session, caller, class_id, sha256, lock=True)
        if known is None:
            now = centre.clock.now()
            known = ClassFile(
                class_id=class_id, sha256=sha256, account_id=caller.account_id, at=now, kind=kind, bytes=len(body)
            )
            session.add(known)
            subject = f"training_class:{class_id}"
            record(session, now, caller.actor, "class_file_added", subject, sha256=sha256, bytes=len(body))
        return ClassFileOut(sha256=known.sha256, kind=known.kind, bytes=known.bytes, at=known.at)


def read(
    centre: Centre, caller: Caller, class_id: UUID, sha256: str, reason: ViewReason, ip: str
) -> tuple[str, int, Iterator[bytes]]:
    """Media type, size and bytes; entered in the register of the class first. An institution reads what its own people
    handed in. Raises CLASS_NOT_FOUND, FILE_NOT_FOUND (404)."""
    with centre.uow.read() as session:
        found_class(session, caller, class_id)
        held = _held(session, class_id, sha256, caller.institution_id)
    if not held:
        raise file_not_found()
    register.enter(centre, caller, class_id, "papers", reason, ip)
    file = held[0]
    return MEDIA[file.kind], file.bytes, pieces(centre, sha256, file.kind, file.bytes)


def require_file(session: Session, caller: Caller, class_id: UUID, sha256: str) -> None:
    """That it was handed in; an institution names its own only. Raises FILE_NOT_FOUND (404)."""
    if not _held(session, class_id, sha256, caller.institution_id):
        raise file_not_found()


def file_not_found() -> LessonProofError:
    return LessonProofError("FILE_NOT_FOUND", status=404, zh="没有这个文件", en="no such file")


def _held(session: Session, class_id: UUID, sha256: str, institution_id: UUID | None) -> Sequence[ClassFile]:
    """`institution_id`: of whose people only."""
    query = select(ClassFile).where(ClassFile.class_id == class_id, ClassFile.sha256 == sha256)
    if institution_id is not None:
        query = query.join(Account, Account.id == ClassFile.account_id).where(Account.institution_id == institution_id)
    return session.scalars(query.order_by(ClassFile.at)).all()


def _known(session: Session, caller: Caller, class_id: UUID, sha256: str, *, lock: bool) -> ClassFile | None:
    """The file if the caller handed it in before; else that one more may be."""
    found_class(session, caller, class_id, lock=lock)
    files = session.scalars(select(ClassFile).where(ClassFile.class_id == class_id)).all()
    mine = [one for one in files if (one.sha256, one.account_id) == (sha256, caller.account_id)]
    if mine:
        return mine[0]
    if len(files) >= MOST_FILES:
        raise LessonProofError(
            "TOO_MANY_FILES",
            status=409,
            zh=f"每班最多 {MOST_FILES} 个附件",
            en=f"a class has at most {MOST_FILES} files",
        )
    return None
