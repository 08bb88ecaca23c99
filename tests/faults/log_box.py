"""A box without cameras, as a process to be killed: it records, judges, signs, changes its key, tells its centre and
deletes, as fast as it can, all through the box's own parts.

What was acknowledged to it is written to FOLDER/told, one line each: `entry <index> <sha256>` once committed, `log
<size>`, `checkpoint <size>`, `clip <sha256>` once the centre said so. `alive`: a
life began.
"""

from __future__ import annotations

import json
import os
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import func, select

from config.clock import SystemClock, epoch_ms
from edge_agent.disk.deletion import delete, finish
from edge_agent.disk.ladder import Held
from edge_agent.lessons.plan import PlanStore
from edge_agent.paths import BoxPaths
from edge_agent.uplink import checkpoints as signing
from edge_agent.uplink import exchange, upload
from edge_agent.uplink.checkpoints import Checkpoints
from edge_agent.uplink.client import CentreClient, UploadState
from edge_agent.uplink.exchange import Uplink
from edge_agent.uplink.rotation import Rotation, wish
from storage.database.engine import UnitOfWork, open_engine
from storage.evidence import log
from storage.evidence.checkpoint import box_origin, parse_add_checkpoint, parse_checkpoint
from storage.evidence.keyfile import load
from storage.evidence.note import Signer
from storage.evidence.tables import CheckpointRow, ClipRow, Fate, LessonRow, LogRow, Run, Segment
from supervisor.contract.evidence import sha256_hex
from supervisor.contract.log import LogAppend, LogReceipt
from supervisor.contract.state import BoxState, DiskReport

PLAN = "lesson.json"  # what the test leaves in FOLDER: camera, lesson, and a verdict entry with one clip
CLIP_BYTES = 10_000, 80_000
EVERY_MS = 200  # between two checkpoints


class TellingClient(CentreClient):
    """The real client; what the centre acknowledged is told before anybody acts on it."""

    tell: Callable[[str], None]

    def append_log(self, batch: LogAppend) -> LogReceipt:
        receipt = super().append_log(batch)
        self.tell(f"log {receipt.size}")
        return receipt

    def add_checkpoint(self, body: str) -> str:
        lines = super().add_checkpoint(body)
        self.tell(f"checkpoint {parse_checkpoint(parse_add_checkpoint(body).note).size}")
        return lines

    def send_clip(self, sha256: str, offset: int, chunk: bytes) -> UploadState:
        state = super().send_clip(sha256, offset, chunk)
        if state.complete:
            self.tell(f"clip {sha256}")
        return state


class LogBox:
    def __init__(self, folder: Path, url: str, box_id: str, moments: random.Random) -> None:
        self.paths = BoxPaths(folder)
        self.work = UnitOfWork(open_engine(self.paths.database_url))
        self.clock = SystemClock()
        self.moments = moments
        self.plan = json.loads((folder / PLAN).read_text(encoding="utf-8"))
        self._told = os.open(folder / "told", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        key = load(self.paths.key)
        self.checkpoints = Checkpoints(self.work, Signer(box_origin(box_id), key), self.clock)
        client = TellingClient.for_box(url, key, box_id, self.clock)
        assert isinstance(client, TellingClient)
        client.tell = self.tell
        rotation = Rotation(self.work, self.paths, client, self.checkpoints, self.clock, box_id)
        plans = PlanStore(self.work)
        self.uplink = Uplink(self.work, plans, client, self.paths, self.checkpoints, rotation, self.clock, poll_s=0.05)

    def tell(self, line: str) -> None:
        os.write(self._told, f"{line}\n".encode())  # one write: a killed process leaves a whole line or none

    def state(self, entries: int, clips: int) -> BoxState:
        disk = DiskReport(total_bytes=2, free_bytes=1, admission_ok=True)
        return BoxState(
            at=self.clock.now(), version="1", cameras=(), lessons=(), disk=disk, backlog_entries=entries,
            backlog_clips=clips,
        )  # fmt: skip

    def turn(self) -> None:
        what = self.moments.choices((self.record, self.judge, self.delete, self.change_key), (60, 6, 8, 1))[0]
        what()
        self.checkpoints.tick()

    def record(self) -> None:
        """One segment: file, row, entry."""
        content = os.urandom(200)
        name = f"{sha256_hex(content)[:16]}.mp4"
        self.paths.recordings.mkdir(exist_ok=True)
        (self.paths.recordings / name).write_bytes(content)
        now_ms, sha256 = epoch_ms(self.clock.now()), sha256_hex(content)
        entry = {
            "kind": "segment", "at": now_ms, "run": 1, "file": name, "sha256": sha256, "bytes": len(content),
            "start_ms": now_ms, "media_ms": 60_000, "codec": "h264", "width": 1920, "height": 1080,
        }  # fmt: skip
        with self.work.write() as session:
            session.merge(
                Run(
                    id=1, camera_id=self.plan["camera"], boot_id="b", start_ms=0, media_ms=0, codec="h264",
                    width=1920, height=1080,
                )
            )  # fmt: skip
            session.flush()
            session.add(
                Segment(
                    run_id=1, camera_id=self.plan["camera"], path=name, start_ms=now_ms, media_ms=60_000,
                    bytes=len(content), sha256=sha256, closed=True,
                )
            )  # fmt: skip
            index = log.append(session, entry, self.plan["camera"])
        self._committed(index)

    def judge(self) -> None:
        """One more verdict of the same lesson hour, with another clip."""
        content = os.urandom(self.moments.randint(*CLIP_BYTES))
        sha256 = sha256_hex(content)
        self.paths.clips.mkdir(exist_ok=True)
        (self.paths.clips / f"{sha256}.mp4").write_bytes(content)
        entry = self.plan["entry"]
        entry["clips"][0] |= {"sha256": sha256, "bytes": len(content)}
        entry["at"] = epoch_ms(self.clock.now())
        with self.work.write() as session:
            index = log.append(session, entry)
            session.merge(LessonRow(lesson_hour_id=self.plan["lesson"], end_ms=1, log_idx=index))
            clip = ClipRow(
                sha256=sha256, lesson_hour_id=self.plan["lesson"], camera_id=self.plan["camera"],
                path=f"{sha256}.mp4", bytes=len(content),
            )  # fmt: skip
            session.add(clip)
        self._committed(index)

    def delete(self) -> None:
        """Some segments, and the copy of a clip that the centre has."""
        with self.work.read() as session:
            segments = session.scalars(select(Segment).order_by(Segment.id).limit(self.moments.randint(1, 5))).all()
            clips = session.scalars(select(ClipRow).where(ClipRow.delivered).limit(1)).all()
        chosen = [Held("segment", one.id, 0, 0, 0, one.bytes) for one in segments]
        chosen += [Held("clip", one.sha256, 0, 0, 0, one.bytes, delivered=True) for one in clips]
        delete(self.work, self.paths, chosen, self.clock)

    def change_key(self) -> None:
        wish(self.paths)

    def _committed(self, index: int) -> None:
        with self.work.read() as session:
            self.tell(f"entry {index} {session.get_one(LogRow, index).sha256}")

    def all_told(self) -> bool:
        with self.work.read() as session:
            newest = session.scalar(select(CheckpointRow).order_by(CheckpointRow.size.desc()).limit(1))
            deleting = session.scalar(select(func.count()).where(Segment.fate == Fate.DELETING.value))
            covered = newest is not None and newest.cosigned_ms is not None and newest.size == log.size(session)
        backlog = self.uplink.outbox.backlog() + self.uplink.upload.backlog()
        return covered and not backlog and not deleting and not self.paths.next_key.exists()


def work(folder: Path, url: str, box_id: str, seed: int, drain: bool) -> None:
    """One life; `drain`: nothing new is made, and it ends when everything is told."""
    errors = os.open(folder / "errors", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(errors, 2)
    signing.EVERY_MS = EVERY_MS
    exchange.LONGEST_WAIT_S = 0.3
    upload.REST_S = 0.5
    upload.CHUNK = 30_000
    box = LogBox(folder, url, box_id, random.Random(seed))
    stop = threading.Event()
    thread = threading.Thread(target=box.uplink.run, args=(stop, box.state), daemon=True)
    thread.start()
    finish(box.work, box.paths, box.clock)  # what an earlier life began
    box.tell("alive")
    while not drain:
        box.turn()
        time.sleep(0.05)  # else the uplink would tell entries for ever, and nothing after them
    while not box.all_told():
        box.checkpoints.tick()
        time.sleep(0.1)
    stop.set()
    thread.join()
