"""A log's Merkle tree in a database: its nodes are rows, written once, beside the entries and in their transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Table, and_, insert, or_, select
from sqlalchemy.orm import Session

from storage.evidence import merkle
from storage.evidence.merkle import Key

_READ = 400  # nodes a statement: SQLite bounds how many parameters one may have


class Tree:
    """`table`: the columns level, idx, hash. `owner`: further columns that say whose tree it is, where the table holds
    several. Nothing is kept here: several processes may use the tree, one of them at a time adds.
    """

    def __init__(self, session: Session, table: Table, **owner: Any) -> None:
        self._session = session
        self._table = table
        self._owner = owner

    def append(self, size: int, entries: Sequence[bytes]) -> None:
        """Add `entries` as the leaves `size`, `size + 1`, …; the caller holds the lock under which it read `size`."""
        gained = merkle.growth(size, [merkle.leaf_hash(entry) for entry in entries], self._read)
        rows = [self._owner | {"level": level, "idx": index, "hash": value} for (level, index), value in gained]
        if rows:
            self._session.connection().execute(insert(self._table), rows)

    def root(self, size: int) -> bytes:
        return merkle.root(size, self._read)

    def inclusion_proof(self, index: int, size: int) -> list[bytes]:
        return merkle.inclusion_proof(index, size, self._read)

    def consistency_proof(self, old: int, new: int) -> list[bytes]:
        return merkle.consistency_proof(old, new, self._read)

    def _read(self, keys: Iterable[Key]) -> Mapping[Key, bytes]:
        wanted = list(keys)
        column = self._table.c
        owned = [column[name] == value for name, value in self._owner.items()]
        found: dict[Key, bytes] = {}
        for first in range(0, len(wanted), _READ):
            some = (and_(column.level == level, column.idx == index) for level, index in wanted[first : first + _READ])
            query = select(column.level, column.idx, column.hash).where(*owned, or_(*some))
            found |= {(level, index): value for level, index, value in self._session.connection().execute(query)}
        return found
