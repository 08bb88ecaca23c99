"""Box and centre killed at random moments while they append, sign, upload and delete; then everything is counted."""

from __future__ import annotations

import base64
import itertools
import json
import multiprocessing
import random
import socket
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from edge_agent.paths import BoxPaths
from edge_agent.remembered import Fact, remember
from storage.database.engine import UnitOfWork, open_engine
from storage.database.migrate import upgrade
from storage.evidence import merkle
from storage.evidence.checkpoint import box_origin, parse_checkpoint
from storage.evidence.keyfile import load
from storage.evidence.note import COSIGNATURE, ED25519, Verifier, parse_note
from storage.evidence.tables import CheckpointRow, ClipRow, LogRow, Segment, TreeNode
from supervisor.audit.models import AuditEvent, CentreLogRow, LogTreeNode, Receipt
from supervisor.commands.serve import serve
from supervisor.contract.evidence import sha256_hex
from supervisor.contract.signing import public_key_text
from supervisor.devices.models import Box, BoxKey
from supervisor.lessons import uploads
from supervisor.lessons.models import EvidenceClip, LogEntryRow
from tests.faults.log_box import PLAN, work
from tests.faults.site import SEEN
from tests.support.county import County
from tests.support.enrolled_box import save_key

KILLS = {"box": 30, "centre": 20}
ACKNOWLEDGED = ("log", "checkpoint", "clip")
LONGEST_S = 1.0  # between the first of its kind that is acknowledged when both are up, and the death of one
WAIT_S = 90
SEED = 20261123
LIMIT_S = 800
PROCESSES = multiprocessing.get_context("forkserver")  # a process of its own each, without importing everything anew
PROCESSES.set_forkserver_preload(["tests.faults.log_box", "supervisor.app", "supervisor.commands.serve"])

pytestmark = [pytest.mark.timeout(LIMIT_S + 60), pytest.mark.faults]


class Couple:
    """A box and its centre, two processes that may be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.county = County(folder / "centre")
        self.school = self.county.schools[0]
        self.box_id = self.school.box
        self.paths = BoxPaths(folder / "box")
        engine = open_engine(self.paths.database_url)
        upgrade(engine, "box")
        self.work = UnitOfWork(engine)
        save_key(self.paths, self.school)
        with self.work.write() as session:
            remember(session, Fact.CENTRE_WITNESS, str(self.county.centre.witness.verifier(COSIGNATURE)))
        plan = {
            "camera": self.school.camera, "lesson": self.school.lesson,
            "entry": json.loads(self.county.verdict_entry(self.school, clip=b"clip")),
        }  # fmt: skip
        (self.paths.data_dir / PLAN).write_text(json.dumps(plan), encoding="utf-8")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.running: dict[str, BaseProcess] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, who: str, seed: int = 0, *, drain: bool = False) -> BaseProcess:
        """Back when it works."""
        if who == "centre":
            process = PROCESSES.Process(target=serve, args=(None, self.folder / "centre", None, self.port, True))
        else:
            process = PROCESSES.Process(target=work, args=(self.paths.data_dir, self.url, self.box_id, seed, drain))
        lives = len(self.told("alive"))
        process.start()
        self.running[who] = process
        until(self._answers if who == "centre" else lambda: len(self.told("alive")) > lives, f"the {who}'s start")
        return process

    def kill(self, who: str) -> None:
        process = self.running.pop(who)
        assert process.is_alive(), self.errors()
        process.kill()
        process.join(10)

    def told(self, *kinds: str) -> list[list[str]]:
        file = self.paths.data_dir / "told"
        lines = [line.split() for line in file.read_text().splitlines()] if file.exists() else []
        return [words[1:] for words in lines if words[0] in kinds]

    def errors(self) -> str:
        file = self.paths.data_dir / "errors"
        return file.read_text()[-3000:] if file.exists() else ""

    def close(self) -> None:
        for process in self.running.values():
            process.kill()
            process.join(10)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=5).is_success
        except httpx.TransportError:
            return False


def until(true: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + WAIT_S
    while not true():
        assert time.monotonic() < end, f"{what}: not within {WAIT_S} s"
        time.sleep(0.02)


def test_box_and_centre_are_killed_fifty_times(tmp_path: Path) -> None:
    couple, moments = Couple(tmp_path), random.Random(SEED)
    victims = [who for who, times in KILLS.items() for _ in range(times)]
    moments.shuffle(victims)
    try:
        for number, victim in enumerate(victims):
            for who in KILLS:
                if who not in couple.running:
                    couple.start(who, SEED + number)
            kind = moments.choice(ACKNOWLEDGED)
            before = len(couple.told(kind))
            until(lambda kind=kind, before=before: len(couple.told(kind)) > before, kind)  # type: ignore[misc]
            time.sleep(moments.uniform(0, LONGEST_S))
            couple.kill(victim)
            if victim == "centre":
                assert acknowledged_and_not_there(couple) == []
        couple.close()
        couple.running.clear()
        couple.start("centre")
        drained = couple.start("box", drain=True)
        drained.join(WAIT_S)
        assert drained.exitcode == 0, couple.errors()
        SEEN.append(counted(couple))
        check_box(couple)
        check_centre(couple)
        check_receipts(couple)
        check_clips_and_deletions(couple)
    except BaseException as error:
        error.add_note(f"seed {SEED}")
        raise
    finally:
        couple.close()


def acknowledged_and_not_there(couple: Couple) -> list[str]:
    """Looked at while the centre is dead: what it said yes to must be in its files."""
    sizes = [int(size) for (size,) in couple.told("log")]
    cosigned = [int(size) for (size,) in couple.told("checkpoint")]
    with sqlite3.connect(f"file:{couple.folder / 'centre/centre.db'}?mode=ro", uri=True) as database:
        (held,) = database.execute("SELECT count(*) FROM log_entry").fetchone()
        receipts = {size for (size,) in database.execute("SELECT size FROM receipt")}
    return [f"log {held} of {max(sizes, default=0)}"] * (held < max(sizes, default=0)) + [
        f"checkpoint {size}" for size in cosigned if size not in receipts
    ]


def box_rows(couple: Couple) -> list[LogRow]:
    with couple.work.read() as session:
        return list(session.scalars(select(LogRow).order_by(LogRow.idx)))


def tree_over(bodies: list[str]) -> dict[merkle.Key, bytes]:
    leaves = [merkle.leaf_hash(body.encode()) for body in bodies]
    return dict(merkle.growth(0, leaves, lambda _: {}))


def check_box(couple: Couple) -> None:
    rows = box_rows(couple)
    assert [row.idx for row in rows] == list(range(len(rows)))
    for index, sha256 in couple.told("entry"):
        assert rows[int(index)].sha256 == sha256
    chain = [row for row in rows if row.camera_id is not None]
    assert [row.n for row in chain] == list(range(len(chain)))
    assert all(json.loads(after.body)["prev"] == before.sha256 for before, after in itertools.pairwise(chain))
    twice = Counter(_what(json.loads(row.body)) for row in rows)
    assert max(twice.values()) == 1, twice.most_common(3)
    with couple.work.read() as session:
        nodes = {(node.level, node.idx): node.hash for node in session.scalars(select(TreeNode))}
        assert nodes == tree_over([row.body for row in rows])
        assert session.connection().exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


def _what(entry: dict[str, Any]) -> tuple[str, str]:
    """What an entry is about: each may be told once."""
    name = entry.get("file") or entry.get("public_key") or entry["clips"][0]["sha256"]
    return entry["kind"], name


def check_centre(couple: Couple) -> None:
    bodies = [row.body for row in box_rows(couple)]
    with couple.county.centre.uow.read() as session:
        assert list(session.scalars(select(LogEntryRow.body).order_by(LogEntryRow.idx))) == bodies
        centres = list(session.scalars(select(CentreLogRow.body).order_by(CentreLogRow.idx)))
        for name, held in ((couple.box_id, bodies), ("centre", centres)):
            nodes = session.scalars(select(LogTreeNode).where(LogTreeNode.log == name))
            assert {(node.level, node.idx): node.hash for node in nodes} == tree_over(held)
        alarms = Counter(session.scalars(select(AuditEvent.action).where(AuditEvent.alarm)))
        assert set(alarms) <= {"clip_verified"}  # random bytes cannot be played
        assert session.connection().exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


def check_receipts(couple: Couple) -> None:
    nodes = tree_over([row.body for row in box_rows(couple)])
    origin, witness = box_origin(couple.box_id), couple.county.centre.witness.verifier(COSIGNATURE)

    def signed(receipt: Receipt, key: str) -> bool:
        return Verifier(origin, ED25519, base64.b64decode(key)).signed(parse_note(receipt.note))

    with couple.county.centre.uow.read() as session:
        receipts = session.scalars(select(Receipt).order_by(Receipt.size)).all()
        former = session.scalars(select(BoxKey).order_by(BoxKey.valid_until)).all()
        (key,) = session.scalars(select(Box.public_key).where(Box.id == receipts[0].box_id))
    assert [before.valid_until for before in former[:-1]] == [after.valid_from for after in former[1:]]
    assert key == public_key_text(load(couple.paths.key))
    for receipt in receipts:
        assert parse_checkpoint(parse_note(receipt.note)).root == receipt.root
        assert receipt.root == merkle.root(receipt.size, lambda keys: {key: nodes[key] for key in keys})
        assert witness.cosigned(parse_note(receipt.note)) is not None
        valid = next((one.public_key for one in former if one.valid_from <= receipt.at < one.valid_until), key)
        assert signed(receipt, valid)
    assert {int(size) for (size,) in couple.told("checkpoint")} <= {receipt.size for receipt in receipts}
    entries = [json.loads(row.body) for row in box_rows(couple) if row.kind == "key"]
    assert [entry["replaces"] for entry in entries] == [one.public_key for one in former]
    with couple.work.read() as session:
        cosigned = session.scalars(select(CheckpointRow).where(CheckpointRow.cosigned_ms.is_not(None))).all()
    assert {row.size for row in cosigned} <= {receipt.size for receipt in receipts}


def check_clips_and_deletions(couple: Couple) -> None:
    told = [json.loads(row.body) for row in box_rows(couple)]
    named = {entry["clips"][0]["sha256"] for entry in told if entry["kind"] == "verdict"}
    gone = {entry["file"] for entry in told if entry["kind"] == "deletion"}
    with couple.county.centre.uow.read() as session:
        clips = session.scalars(select(EvidenceClip)).all()
    assert {clip.sha256 for clip in clips} == named
    for clip in clips:
        assert clip.state == "verified"
        stored = couple.folder / "centre/objects" / uploads.object_key(clip.sha256)
        assert sha256_hex(stored.read_bytes()) == clip.sha256
    with couple.work.read() as session:
        held = {row.path: couple.paths.recordings for row in session.scalars(select(Segment))}
        held |= {row.path: couple.paths.clips for row in session.scalars(select(ClipRow))}
    assert not gone & set(held)
    assert all((folder / name).exists() for name, folder in held.items())
    assert not any(
        (folder / name).exists() for name in gone for folder in (couple.paths.recordings, couple.paths.clips)
    )
    segments = {entry["file"] for entry in told if entry["kind"] == "segment"}
    assert segments | {f"{sha256}.mp4" for sha256 in named} == gone | set(held)


def counted(couple: Couple) -> str:
    kinds = Counter(row.kind for row in box_rows(couple))
    with couple.county.centre.uow.read() as session:
        receipts = len(session.scalars(select(Receipt.size)).all())
    kills = " + ".join(f"{number} {who}" for who, number in KILLS.items())
    told = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))
    return f"kill -9 of box and centre ({kills}): {sum(kinds.values())} entries ({told}), {receipts} receipts"
