"""A county whose log witnesses outside cosign."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select, text

from config.clock import SystemClock
from storage.evidence.cosigner import Cosigner
from storage.evidence.keyfile import load_or_create
from storage.evidence.note import Signer, Verifier
from supervisor.audit.log import CENTRE_LOG, Entry, note, size, tree_of
from supervisor.audit.models import AuditEvent, CentreCheckpoint, CentreLogHead, CentreLogRow, LogTreeNode
from supervisor.witness import app_of
from tests.support.centre_server import serving_app
from tests.support.county import County


def log_key(folder: Path, origin: str = "lessonproof/140521") -> Verifier:
    """Of the log of the centre that will work in `folder`."""
    return Signer(origin, load_or_create(folder / "log-key.pem")).verifier()


@dataclass
class Running:
    """A witness at work. `setting`: its table in the centre's settings."""

    cosigner: Cosigner
    url: str

    @property
    def verifier(self) -> Verifier:
        return self.cosigner.verifier

    @property
    def setting(self) -> dict[str, str]:
        return {"vkey": str(self.verifier), "url": self.url}


@contextmanager
def witnessing(log: Verifier, folder: Path, port: int = 0) -> Iterator[Running]:
    """Our own witness, with key and state in `folder`, while the block runs."""
    cosigner = Cosigner(log, folder / "key.pem", folder / "state", SystemClock())
    with serving_app(app_of(cosigner), port) as url:
        yield Running(cosigner, url)
    cosigner.close()


def grow(county: County, number: int = 1) -> int:
    """The size of the log after `number` more entries."""
    with county.centre.uow.write() as session:
        for _ in range(number):
            note(session, Entry(county.clock.now(), "test", "test:1", "centre", {}))
    with county.centre.uow.read() as session:
        return size(session)


def rewrite(county: County, keep: int | None = None, **first: Any) -> None:
    """What somebody with the database and every key of the centre can do: change an entry and hash everything again,
    or forget whatever is after the first `keep` entries."""
    with county.centre.uow.write() as session:
        for change in ("update", "delete"):
            for table in ("centre_log", "log_tree"):
                where = f" ON {table}" if session.get_bind().dialect.name == "postgresql" else ""
                session.execute(text(f"DROP TRIGGER IF EXISTS {table}_no_{change}{where}"))
        rows = list(session.scalars(select(CentreLogRow).order_by(CentreLogRow.idx)))[:keep]
        if "body" in first:
            rows[0].body = first["body"]
        session.execute(delete(CentreLogRow).where(CentreLogRow.idx >= len(rows)))
        session.execute(delete(LogTreeNode).where(LogTreeNode.log == CENTRE_LOG))
        session.execute(delete(CentreCheckpoint).where(CentreCheckpoint.size > len(rows)))
        tree_of(session).append(0, [row.body.encode() for row in rows])
        session.get_one(CentreLogHead, 1).size = len(rows)


def alarms(county: County) -> list[tuple[str, dict[str, Any]]]:
    with county.centre.uow.read() as session:
        events = session.scalars(select(AuditEvent).where(AuditEvent.alarm).order_by(AuditEvent.id))
        return [(one.action, one.details) for one in events]
