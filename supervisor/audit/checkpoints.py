"""The centre's log, signed: a checkpoint whenever it has grown and somebody needs one."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.evidence.checkpoint import Checkpoint
from storage.evidence.note import Note, parse_note
from supervisor.audit import log
from supervisor.audit.models import CentreCheckpoint, CentreLogHead
from supervisor.centre import Centre


def publish(centre: Centre) -> Note:
    """The signed checkpoint over everything that is in the log now."""
    with centre.uow.write() as session:
        size = session.get_one(CentreLogHead, 1, with_for_update=True).size  # several may need it at once
        known = newest(session)
        if known is not None and known.size == size:
            return parse_note(known.note)
        checkpoint = Checkpoint(centre.log_signer.name, size, log.tree_of(session).root(size))
        note = checkpoint.signed(centre.log_signer)
        session.add(CentreCheckpoint(size=size, at=centre.clock.now(), note=str(note)))
    return note


def newest(session: Session) -> CentreCheckpoint | None:
    return session.scalar(select(CentreCheckpoint).order_by(CentreCheckpoint.size.desc()).limit(1))
