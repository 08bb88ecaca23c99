"""The centre's own log: append-only, a Merkle tree like a box's, signed, and cosigned by witnesses outside.

Whatever is worth proving later is *noted* in the transaction that makes it true, and appended when that transaction
ends: the log's lock is the last one taken, so that it can never be half of a deadlock. Entries hold no names, no ID
numbers and no addresses: they can never be taken out again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from config.clock import epoch_ms
from storage.database.engine import UnitOfWork
from storage.evidence.tree import Tree
from supervisor.audit.models import CentreLogHead, CentreLogRow, LogTreeNode
from supervisor.contract.evidence import canonical_json

CENTRE_LOG = "centre"
_NOTED = "centre_log"


@dataclass(frozen=True, slots=True)
class Entry:
    """`kind`: what happened; `subject`: to what, `<table>:<id>`; `actor`: `account:<id>`, `box:<id>` or `centre`;
    `details`: JSON values."""

    at: datetime
    kind: str
    subject: str
    actor: str
    details: dict[str, Any]

    def body(self) -> str:
        return canonical_json(
            {
                "kind": self.kind,
                "at": epoch_ms(self.at),
                "subject": self.subject,
                "actor": self.actor,
                "details": self.details,
            }
        ).decode()


class CentreUnitOfWork(UnitOfWork):
    """As its base; what was noted in a writing session is appended to the log with it, or not at all."""

    @contextmanager
    def write(self) -> Iterator[Session]:
        with super().write() as session:
            yield session
            _append(session, session.info.pop(_NOTED, []))


def note(session: Session, entry: Entry) -> None:
    """To be called inside `CentreUnitOfWork.write`."""
    session.info.setdefault(_NOTED, []).append(entry)


def size(session: Session) -> int:
    return session.get_one(CentreLogHead, 1).size


def entries_about(session: Session, subject: str) -> Sequence[CentreLogRow]:
    return session.scalars(select(CentreLogRow).where(CentreLogRow.subject == subject).order_by(CentreLogRow.idx)).all()


def tree_of(session: Session, log: str = CENTRE_LOG) -> Tree:
    """The tree of the centre's log, or of a box's as it arrived (`log`: the box's id)."""
    return Tree(session, cast("Table", LogTreeNode.__table__), log=log)


def _append(session: Session, noted: Sequence[Entry]) -> None:
    if not noted:
        return
    session.flush()
    head = session.scalars(select(CentreLogHead).with_for_update().execution_options(populate_existing=True)).one()
    bodies = [entry.body() for entry in noted]
    session.add_all(
        CentreLogRow(idx=idx, at=entry.at, kind=entry.kind, subject=entry.subject, body=body)
        for idx, (entry, body) in enumerate(zip(noted, bodies, strict=True), start=head.size)
    )
    tree_of(session).append(head.size, [body.encode() for body in bodies])
    head.size += len(noted)
