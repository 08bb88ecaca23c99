"""The centre as witness of every box's log (C2SP tlog-witness): it cosigns, with its own time, only what continues the
history it cosigned before, and only entries that it holds itself.

Anything else is refused and raised: a box whose log goes back, or forks, was tampered with or restored from a copy.
"""

from __future__ import annotations

import base64
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.errors import LessonProofError
from storage.evidence import merkle
from storage.evidence.checkpoint import AddCheckpoint, Checkpoint, box_origin, parse_add_checkpoint, parse_checkpoint
from storage.evidence.note import ED25519, Note, Verifier, parse_note
from storage.evidence.witness import Fork, Rollback, check, require_signed
from supervisor.audit.log import Entry, note, tree_of
from supervisor.audit.models import Receipt
from supervisor.audit.service import CENTRE, record
from supervisor.centre import Centre
from supervisor.devices.models import Box
from supervisor.devices.revocation import refuse_revoked


def add_checkpoint(centre: Centre, body: bytes) -> str:
    """The cosignature lines. The same checkpoint again gets the same lines: an answer may have been lost.

    Raises LessonProofError CHECKPOINT_INVALID, NOTE_INVALID (400), CHECKPOINT_UNSIGNED, BOX_REVOKED (403), LOG_UNKNOWN
    (404), Rollback (409), Fork (422), LOG_NOT_HERE (503).
    """
    request = parse_add_checkpoint(body)
    wanted = parse_checkpoint(request.note)
    box_id = _box_id(wanted.origin)
    with centre.uow.read() as session:  # whoever has no key of a box holds up nobody
        require_signed(request, [_key_of(session.get(Box, box_id), wanted.origin)])
    try:
        with centre.uow.write() as session:
            receipt = _cosign(centre, session, box_id, request, wanted)
    except (Fork, Rollback) as refusal:
        with centre.uow.write() as session:  # the request is rolled back, the alarm stays
            if not _was_cosigned(session, box_id, wanted) and (isinstance(refusal, Fork) or wanted.size < refusal.size):
                record(
                    session,
                    centre.clock.now(),
                    f"box:{box_id}",
                    refusal.code.lower(),
                    f"box:{box_id}",
                    alarm=True,
                    size=wanted.size,
                    cosigned=refusal.size,
                )
        raise
    return "".join(str(line) for line in receipt.lines if line.name == centre.witness.name)


def newest_receipt(session: Session, box_id: UUID) -> Receipt | None:
    return session.scalar(select(Receipt).where(Receipt.box_id == box_id).order_by(Receipt.size.desc()).limit(1))


def receipt_covering(session: Session, box_id: UUID, idx: int) -> Receipt | None:
    """The first one over entry `idx`: since then nobody can have changed it unseen."""
    query = select(Receipt).where(Receipt.box_id == box_id, Receipt.size > idx).order_by(Receipt.size).limit(1)
    return session.scalar(query)


def _cosign(centre: Centre, session: Session, box_id: UUID, request: AddCheckpoint, wanted: Checkpoint) -> Note:
    box = session.scalar(select(Box).where(Box.id == box_id).with_for_update())
    key = _key_of(box, wanted.origin)
    require_signed(request, [key])
    assert box is not None
    refuse_revoked(box)
    last = newest_receipt(session, box_id)
    known = (0, merkle.EMPTY_ROOT) if last is None else (last.size, last.root)
    checkpoint = check(request, known, [key])
    if last is not None and checkpoint.size == last.size:
        return parse_note(last.note)
    if checkpoint.size > box.log_size:
        raise LessonProofError(
            "LOG_NOT_HERE",
            status=503,
            zh=f"中心只收到前 {box.log_size} 条记录:请先上传其余记录",
            en=f"the centre holds {box.log_size} entries: send the others first",
        )
    if tree_of(session, str(box_id)).root(checkpoint.size) != checkpoint.root:
        raise Fork(checkpoint.size)
    now = centre.clock.now()
    cosigned = request.note.with_lines([centre.witness.cosign(request.note, int(now.timestamp()))])
    session.add(Receipt(box_id=box_id, size=checkpoint.size, root=checkpoint.root, at=now, note=str(cosigned)))
    details = {"origin": checkpoint.origin, "size": checkpoint.size, "note": str(cosigned)}
    note(session, Entry(now, "receipt", f"receipt:{box_id}:{checkpoint.size}", CENTRE, details))
    return cosigned


def _key_of(box: Box | None, origin: str) -> Verifier:
    if box is None or box.public_key is None:
        raise _unknown()
    return Verifier(origin, ED25519, base64.b64decode(box.public_key))


def _was_cosigned(session: Session, box_id: UUID, wanted: Checkpoint) -> bool:
    """Such a checkpoint is public, and proves nothing when it is shown again, with whatever proof."""
    receipt = session.get(Receipt, (box_id, wanted.size))
    return receipt is not None and receipt.root == wanted.root


def _box_id(origin: str) -> UUID:
    try:
        box_id = UUID(origin.rpartition("/")[2])
    except ValueError:
        raise _unknown() from None
    if origin != box_origin(str(box_id)):
        raise _unknown()
    return box_id


def _unknown() -> LessonProofError:
    return LessonProofError("LOG_UNKNOWN", status=404, zh="没有这个日志", en="this witness knows no such log")
