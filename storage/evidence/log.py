"""The box's append-only log. It is the outbox too: the index is the sequence number; nothing is updated or dropped.

An entry is canonical JSON (RFC 8785), and a leaf of the log's Merkle tree. Entries of one camera are chained: `n`
counts them, `prev` is the SHA-256 of the camera's entry before. `append` works inside the caller's transaction, so a
fact and its entry are committed together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, cast

import rfc8785
from sqlalchemy import Table, bindparam, func, insert, select
from sqlalchemy.orm import Session

from storage.evidence.tables import TREE, LogRow
from storage.evidence.tree import Tree

_LOG = cast("Table", LogRow.__table__)
_INSERT = insert(_LOG)
_LAST = select(func.max(_LOG.c.idx))
_CHAIN_END = (
    select(_LOG.c.n, _LOG.c.sha256).where(_LOG.c.camera_id == bindparam("camera")).order_by(_LOG.c.n.desc()).limit(1)
)


def append(session: Session, entry: Mapping[str, Any], camera_id: str | None = None) -> int:
    """Add `entry` (JSON values, with its `kind` and `at`) and return its index.

    With `camera_id`, its chain (`camera`, `n`, `prev`) is added. The caller's transaction must hold the write lock
    (BEGIN IMMEDIATE), as `UnitOfWork.write` does.
    """
    body = dict(entry)
    n: int | None = None
    connection = session.connection()  # beneath the ORM: an entry is never read back, and here it costs most
    if camera_id is not None:
        last = connection.execute(_CHAIN_END, {"camera": camera_id}).first()
        n = 0 if last is None or last.n is None else last.n + 1
        body |= {"camera": camera_id, "n": n, "prev": None if last is None else last.sha256}
    canonical = rfc8785.dumps(body)
    index = size(session)
    row = {
        "idx": index,
        "kind": str(body["kind"]),
        "camera_id": camera_id,
        "n": n,
        "body": canonical.decode(),
        "sha256": hashlib.sha256(canonical).hexdigest(),
    }
    connection.execute(_INSERT, row)
    tree(session).append(index, [canonical])
    return index


def tree(session: Session) -> Tree:
    return Tree(session, TREE)


def size(session: Session) -> int:
    """How many entries the log has; the next one gets this index."""
    last = session.connection().scalar(_LAST)
    return 0 if last is None else last + 1


def entries(session: Session, from_index: int, limit: int) -> list[LogRow]:
    """Entries `from_index`, `from_index + 1`, … in order, at most `limit`."""
    return list(session.scalars(select(LogRow).where(LogRow.idx >= from_index).order_by(LogRow.idx).limit(limit)))
