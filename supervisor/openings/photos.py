"""Photos of a room's verification (A-09): the bytes of what it names by digest, believed by their content, entered when
looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.errors import LessonProofError
from supervisor.audit.service import record
from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.classes.secrecy import refuse_secret
from supervisor.contract.evidence import sha256_hex
from supervisor.filed_papers import MEDIA, pieces, require_scan, store
from supervisor.lessons.register import ONE_VIEWING, viewer
from supervisor.lessons.schemas import ViewReason
from supervisor.openings import repository
from supervisor.openings.models import SiteVerification, VerificationPhoto, VerificationView
from supervisor.openings.schemas import PhotoOut


class Kept(NamedTuple):
    kind: str
    bytes: int


def add(centre: Centre, caller: Caller, verification_id: UUID, body: bytes) -> PhotoOut:
    """One that the verification names; the same again is no error. Raises VERIFICATION_NOT_FOUND (404), SECRET_UNIT
    (403), PHOTO_NOT_NAMED (422), FILE_TYPE (415)."""
    sha256 = sha256_hex(body)
    with centre.uow.read() as session:  # before anything is stored for who may not
        _named(session, caller, verification_id, sha256)
    kept = stored(centre, [body])
    with centre.uow.write() as session:
        row = _named(session, caller, verification_id, sha256, lock=True)
        known = repository.photos(session, [row.id])
        if sha256 not in {one.sha256 for one in known}:
            enter(session, caller, row, kept, centre.clock.now())
            session.flush()
            known = repository.photos(session, [row.id])
        return next(shown(one) for one in known if one.sha256 == sha256)


def stored(centre: Centre, bodies: Sequence[bytes]) -> dict[str, Kept]:
    """By digest. All are looked at before the first is stored. Raises FILE_TYPE (415)."""
    found = {sha256_hex(body): (require_scan(body), body) for body in bodies}
    for sha256, (kind, body) in found.items():
        store(centre, sha256, kind, body)
    return {sha256: Kept(kind, len(body)) for sha256, (kind, body) in found.items()}


def enter(session: Session, caller: Caller, row: SiteVerification, kept: Mapping[str, Kept], now: datetime) -> None:
    for sha256, one in kept.items():
        session.add(
            VerificationPhoto(
                verification_id=row.id,
                sha256=sha256,
                account_id=caller.account_id,
                at=now,
                kind=one.kind,
                bytes=one.bytes,
            )
        )
        record(
            session, now, caller.actor, "verification_photo_added", f"room:{row.room_id}",
            verification=str(row.id), sha256=sha256, bytes=one.bytes,
        )  # fmt: skip


def read(
    centre: Centre, caller: Caller, verification_id: UUID, sha256: str, reason: ViewReason, ip: str
) -> tuple[str, int, Iterator[bytes]]:
    """Media type, size and bytes; a line of the register first, one for all photos that one looks at within ten
    minutes. Raises VERIFICATION_NOT_FOUND, FILE_NOT_FOUND (404)."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        _found(session, caller, verification_id, lock=True)
        file = next((one for one in repository.photos(session, [verification_id]) if one.sha256 == sha256), None)
        if file is None:
            raise LessonProofError("FILE_NOT_FOUND", status=404, zh="没有这个文件", en="no such file")
        if not _seen_lately(session, caller, verification_id, reason, now):
            session.add(VerificationView(verification_id=verification_id, **viewer(caller, reason, ip, now)))
        media, size, kind = MEDIA[file.kind], file.bytes, file.kind
    return media, size, pieces(centre, sha256, kind, size)


def shown(one: VerificationPhoto) -> PhotoOut:
    return PhotoOut(sha256=one.sha256, kind=one.kind, bytes=one.bytes, at=one.at)


def _seen_lately(session: Session, caller: Caller, verification_id: UUID, reason: ViewReason, now: datetime) -> bool:
    query = select(VerificationView.id).where(
        VerificationView.verification_id == verification_id,
        VerificationView.account_id == caller.account_id,
        VerificationView.reason == reason,
        VerificationView.at > now - ONE_VIEWING,
    )
    return session.scalars(query.limit(1)).first() is not None


def _named(
    session: Session, caller: Caller, verification_id: UUID, sha256: str, *, lock: bool = False
) -> SiteVerification:
    row, institution = _found(session, caller, verification_id, lock=lock)
    refuse_secret(session, institution)
    if sha256 not in row.photos:
        raise LessonProofError(
            "PHOTO_NOT_NAMED",
            status=422,
            zh="这次核实登记的照片中没有这一张(指纹不符)",
            en="the verification names no such photo: its digest is another",
        )
    return row


def _found(
    session: Session, caller: Caller, verification_id: UUID, *, lock: bool = False
) -> tuple[SiteVerification, UUID]:
    found = repository.verification(session, caller, verification_id, lock=lock)
    if found is None:
        raise LessonProofError("VERIFICATION_NOT_FOUND", status=404, zh="没有这次核实", en="no such verification")
    return found
