"""What the signed log costs: appends a second, proof time and disk bytes a camera-hour with a million entries in it,
against a plain SQLite INSERT of the same bodies, in the same run, with the same PRAGMAs and the same commits.

    python tests/bench/log.py [ENTRIES]

The entries are what one camera makes: 60 segments of 60 s an hour, and a gap every ten hours. Both sides get the same
canonical bodies, made beforehand for the rival; ours makes them itself, chains, hashes and grows the tree. The
million is put in first, in bulk; then both go on from there, one entry a commit (each waits for the disk:
synchronous=FULL) and a hundred a commit, in turns. Read the ratios: the rest is this machine's.
"""

from __future__ import annotations

import hashlib
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from sqlalchemy import insert

sys.path.insert(0, str(Path(__file__).parents[2]))

from storage.database.engine import UnitOfWork, open_engine
from storage.database.migrate import upgrade
from storage.evidence import log
from storage.evidence.tables import LogRow

ENTRIES = 1_000_000
AN_HOUR = 60.1  # entries a camera-hour
CAMERA = "6c1f0a52-5a9c-4f5e-9d4e-0d6f0a3b7c11"
START_MS = 1_790_000_000_000
FILL = 1000  # entries a commit
ROUNDS = 5
PROOFS = 300
Entry = dict[str, Any]


@dataclass(frozen=True)
class Found:
    """Entries a second, ours and the rival's, by entries a commit; s a proof; bytes a camera-hour."""

    ours: dict[int, float]
    plain: dict[int, float]
    inclusion_s: float
    consistency_s: float
    our_bytes: float
    plain_bytes: float


def entries(first: int, number: int) -> Iterator[Entry]:
    for one in range(first, first + number):
        at = START_MS + one * 60_000
        if one % 601 == 600:
            yield {"kind": "gap", "at": at, "start_ms": at, "end_ms": at + 2880, "reason": "line_lost"}
            continue
        yield {
            "kind": "segment", "at": at, "run": 1 + one // 601, "file": f"{CAMERA}/20261123/{at}.mp4",
            "sha256": f"{one:064x}", "bytes": 30_000_000 + one, "start_ms": at, "media_ms": 60_000, "codec": "h264",
            "width": 1920, "height": 1080,
        }  # fmt: skip


class Ours:
    def __init__(self, folder: Path) -> None:
        self.path = folder / "ours.db"
        engine = open_engine(f"sqlite:///{self.path}")
        upgrade(engine, "box")
        self.work = UnitOfWork(engine)

    def add(self, batch: list[Entry]) -> None:
        with self.work.write() as session:
            for entry in batch:
                log.append(session, entry, CAMERA)

    def fill(self, first: int, bodies: list[str]) -> None:
        """As `add` leaves it, only faster: nothing is looked up."""
        rows = [
            {
                "idx": at, "kind": "segment", "camera_id": CAMERA, "n": at, "body": body,
                "sha256": hashlib.sha256(body.encode()).hexdigest(),
            }
            for at, body in enumerate(bodies, start=first)
        ]  # fmt: skip
        with self.work.write() as session:
            session.execute(insert(LogRow), rows)
            log.tree(session).append(first, [body.encode() for body in bodies])


class Plain:
    """One table, index and body: the least that keeps the same."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "plain.db"
        self._database = sqlite3.connect(self.path, isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "journal_size_limit=67108864"):
            self._database.execute(f"PRAGMA {pragma}")
        self._database.execute("CREATE TABLE entry (idx INTEGER PRIMARY KEY, body TEXT NOT NULL)")

    def add(self, first: int, bodies: list[str]) -> None:
        self._database.execute("BEGIN IMMEDIATE")
        for at, body in enumerate(bodies, start=first):
            self._database.execute("INSERT INTO entry VALUES (?, ?)", (at, body))
        self._database.execute("COMMIT")


def bodies_of(batch: list[Entry], first: int) -> list[str]:
    """As long as ours, to the byte: the chain's fields are in them."""
    chain = {"camera": CAMERA, "prev": "0" * 64}
    return [rfc8785.dumps(entry | chain | {"n": at}).decode() for at, entry in enumerate(batch, start=first)]


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def size_of(path: Path) -> int:
    """Of the whole database, with nothing left in the write-ahead log."""
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.stat().st_size


def rates(ours: Ours, plain: Plain, first: int, a_commit: int, commits: int) -> tuple[float, float]:
    found: tuple[list[float], list[float]] = ([], [])
    for number in range(ROUNDS):
        begin = first + number * a_commit * commits
        starts = range(begin, begin + a_commit * commits, a_commit)
        batches = [list(entries(start, a_commit)) for start in starts]
        bodies = [bodies_of(batch, start) for batch, start in zip(batches, starts, strict=True)]
        found[0].append(a_commit * commits / timed(lambda all_=batches: [ours.add(batch) for batch in all_]))  # type: ignore[misc]

        def rival(all_: list[list[str]] = bodies, begin: int = begin) -> None:
            for one, texts in enumerate(all_):
                plain.add(begin + one * a_commit, texts)

        found[1].append(a_commit * commits / timed(rival))
    return statistics.median(found[0]), statistics.median(found[1])


def proofs(ours: Ours, size: int) -> tuple[float, float]:
    """Median seconds, from a session of its own to the hashes, at random places."""
    places = random.Random(1)

    def one(ask: Callable[[Any], object]) -> float:
        def asked() -> None:
            with ours.work.read() as session:
                ask(log.tree(session))

        return timed(asked)

    picks = [places.randrange(1, size) for _ in range(PROOFS)]
    inclusion = [one(lambda tree, at=at: tree.inclusion_proof(at, size)) for at in picks]  # type: ignore[misc]
    consistency = [one(lambda tree, at=at: tree.consistency_proof(at, size)) for at in picks]  # type: ignore[misc]
    return statistics.median(inclusion), statistics.median(consistency)


def measure(number: int, folder: Path) -> Found:
    ours, plain = Ours(folder), Plain(folder)
    for first in range(0, number, FILL):
        bodies = bodies_of(list(entries(first, min(FILL, number - first))), first)
        ours.fill(first, bodies)
        plain.add(first, bodies)
    hours = number / AN_HOUR
    our_bytes, plain_bytes = size_of(ours.path) / hours, size_of(plain.path) / hours
    inclusion_s, consistency_s = proofs(ours, number)
    found_ours, found_plain = {}, {}
    for a_commit, commits in ((1, 200), (100, 20)):
        found_ours[a_commit], found_plain[a_commit] = rates(ours, plain, number, a_commit, commits)
        number += ROUNDS * a_commit * commits
    return Found(found_ours, found_plain, inclusion_s, consistency_s, our_bytes, plain_bytes)


def report(number: int = ENTRIES) -> Found:
    with tempfile.TemporaryDirectory() as folder:
        found = measure(number, Path(folder))
    for a_commit, rate in found.ours.items():
        rival = found.plain[a_commit]
        print(f"{a_commit} a commit: ours {rate:.0f}/s, plain {rival:.0f}/s: {rival / rate:.2f} times its time")
    print(
        f"proofs at {number}: inclusion {found.inclusion_s * 1000:.2f} ms, "
        f"consistency {found.consistency_s * 1000:.2f} ms\n"
        f"disk a camera-hour: ours {found.our_bytes / 1000:.1f} kB, plain {found.plain_bytes / 1000:.1f} kB: "
        f"{found.our_bytes / found.plain_bytes:.2f} times"
    )
    return found


@pytest.mark.bench
def test_the_log_against_a_plain_insert() -> None:
    found = report(20_000)
    assert all(found.ours.values()) and found.inclusion_s > 0


if __name__ == "__main__":
    report(*map(int, sys.argv[1:2]))
