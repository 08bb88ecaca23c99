"""A real centre on a real port that can be stopped and started, and a box that is enrolled at it."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import delete, select

from config.clock import ManualClock, epoch_ms
from edge_agent.lessons.plan import PlanStore
from edge_agent.paths import BoxPaths
from edge_agent.uplink.checkpoints import Checkpoints
from edge_agent.uplink.client import CentreClient
from edge_agent.uplink.exchange import Uplink
from edge_agent.uplink.rotation import Rotation
from storage.database.engine import UnitOfWork
from storage.evidence import log
from storage.evidence.checkpoint import box_origin
from storage.evidence.keyfile import load
from storage.evidence.note import Signer
from storage.evidence.tables import CheckpointRow, ClipRow, LessonRow, LogRow, TreeNode
from supervisor.contract.evidence import sha256_hex
from supervisor.contract.state import BoxState, DiskReport
from supervisor.lessons.models import EvidenceClip, LogEntryRow
from tests.support.centre_server import serving
from tests.support.county import County, School


class Centre:
    """The county's centre as a server that can be stopped and started, always at the same address."""

    def __init__(self, county: County) -> None:
        self.county = county
        self._running = ExitStack()
        self.url = ""

    def start(self) -> str:
        port = int(self.url.rsplit(":", 1)[1]) if self.url else 0
        self.url = self._running.enter_context(serving(self.county.centre, port))
        return self.url

    def stop(self) -> None:
        self._running.close()

    def entries(self, box_id: str) -> list[str]:
        with self.county.centre.uow.read() as session:
            rows = session.query(LogEntryRow).order_by(LogEntryRow.idx)
            return [row.body for row in rows if str(row.box_id) == box_id]

    def clips(self) -> dict[str, str]:
        """sha256 → state"""
        with self.county.centre.uow.read() as session:
            return {row.sha256: row.state for row in session.query(EvidenceClip)}


@dataclass
class EnrolledBox:
    work: UnitOfWork
    paths: BoxPaths
    clock: ManualClock
    box_id: str
    url: str
    county: County
    school: School

    def client(self) -> CentreClient:
        return CentreClient.for_box(self.url, load(self.paths.key), self.box_id, self.clock)

    @property
    def checkpoints(self) -> Checkpoints:
        return Checkpoints(self.work, Signer(box_origin(self.box_id), load(self.paths.key)), self.clock)

    def uplink(self, client: CentreClient, poll_s: float = 5) -> Uplink:
        checkpoints = self.checkpoints
        rotation = self.rotation(client, checkpoints)
        return Uplink(self.work, PlanStore(self.work), client, self.paths, checkpoints, rotation, self.clock, poll_s)

    def rotation(self, client: CentreClient, checkpoints: Checkpoints | None = None) -> Rotation:
        return Rotation(self.work, self.paths, client, checkpoints or self.checkpoints, self.clock, self.box_id)

    def boots(self, number: int, size: int = 0) -> None:
        """Add so many entries to the log; `size` pads each."""
        with self.work.write() as session:
            for _ in range(number):
                entry = {"kind": "boot", "at": epoch_ms(self.clock.now()), "boot_id": "b", "version": "1"}
                log.append(session, entry | {"hostname": "h" * max(1, size)})

    def roll_back(self, size: int) -> None:
        """As after a copy of the data folder from when the log had `size` entries was put back."""
        with self.work.write() as session:
            session.execute(delete(CheckpointRow).where(CheckpointRow.size > size))
            session.execute(delete(LogRow).where(LogRow.idx >= size))
            for node in session.scalars(select(TreeNode)):
                if (node.idx + 1) << node.level > size:
                    session.delete(node)

    def log_bodies(self) -> list[str]:
        with self.work.read() as session:
            return [row.body for row in log.entries(session, 0, 10**6)]

    def judged_with_clip(self, content: bytes) -> str:
        """The school's lesson is over and judged, its clip is on disk; the clip's hash."""
        sha256 = sha256_hex(content)
        self.paths.clips.mkdir(exist_ok=True)
        (self.paths.clips / f"{sha256}.mp4").write_bytes(content)
        entry = json.loads(self.county.verdict_entry(self.school, clip=content))
        with self.work.write() as session:
            index = log.append(session, entry)
            session.add(LessonRow(lesson_hour_id=self.school.lesson, end_ms=1, log_idx=index))
            session.add(
                ClipRow(
                    sha256=sha256,
                    lesson_hour_id=self.school.lesson,
                    camera_id=self.school.camera,
                    path=f"{sha256}.mp4",
                    bytes=len(content),
                )
            )
        return sha256

    def delivered(self) -> dict[str, bool]:
        with self.work.read() as session:
            return {row.sha256: row.delivered for row in session.query(ClipRow)}

    def state(self, entries: int, clips: int) -> BoxState:
        return BoxState(
            at=self.clock.now(),
            version="1",
            cameras=(),
            lessons=(),
            disk=DiskReport(total_bytes=10, free_bytes=5, admission_ok=True),
            backlog_entries=entries,
            backlog_clips=clips,
        )


def save_key(paths: BoxPaths, school: School) -> None:
    paths.key.write_bytes(school.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
