"""Clips on their way to the centre: after their verdict entry, in pieces, resumed at whatever byte the centre holds.

A clip is named by its SHA-256 and the centre checks it at the end, so either side may die at any byte. A clip whose
digest the centre refuses is sent again from the start a bounded number of times; then it waits for a person: an alarm
in the log and in `edge-agent doctor`. Nothing is deleted here.

Where the centre lets the box into its bucket, a clip goes there in one request; one that does not get there at the
first attempt goes through the centre.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sqlalchemy import func, select, update

from config.clock import Clock
from config.errors import LessonProofError
from edge_agent.remembered import Fact, recall_int
from edge_agent.uplink.client import CentreAway, CentreClient, UploadState
from edge_agent.uplink.transfer import Transfer
from storage.database.engine import UnitOfWork
from storage.evidence.tables import ClipRow, LessonRow
from supervisor.contract.direct import PutRequest

log = logging.getLogger(__name__)

CHUNK = 1024 * 1024
TRIES = 3
REST_S = 3600.0  # a clip that failed so often is tried again after this


Direct = Literal["https", "http", "off"]
"""Into the centre's bucket over TLS only; also in clear; never (`EdgeSettings.direct_upload`)."""


class ClipUpload:
    def __init__(
        self, work: UnitOfWork, client: CentreClient, clips: Path, clock: Clock, direct: Direct = "https"
    ) -> None:
        self._work = work
        self._client = client
        self._clips = clips
        self._clock = clock
        self._direct = direct
        self._transfer: Transfer | None = None
        self._tried_direct: set[str] = set()
        self._failures: dict[str, int] = {}
        self._resting: dict[str, float] = {}  # sha256 → monotonic time of the next try

    def backlog(self) -> int:
        with self._work.read() as session:
            return session.scalar(select(func.count()).where(ClipRow.delivered.is_(False))) or 0

    def again(self, wanted: Collection[str]) -> None:
        """The centre lost these, or found them damaged: what is still here waits for delivery once more."""
        if wanted:
            here = (ClipRow.sha256.in_(wanted), ClipRow.delivered, ClipRow.fate.is_(None))
            with self._work.write() as session:
                session.execute(update(ClipRow).where(*here).values(delivered=False))

    def deliver_some(self, budget_s: float) -> bool:
        """Upload for about `budget_s` seconds, at least one piece, oldest lesson first; True when more could go now.

        Raises CentreAway. A clip with a fault of its own is set aside and does not hold up the others.
        """
        until = self._clock.monotonic() + budget_s
        if self._transfer is not None:
            if not self._transfer.ended_within(budget_s):
                return True
            self._transfer = None
        for number, clip in enumerate(self._ready()):
            if number and self._clock.monotonic() >= until:
                return True
            try:
                if not self._send(clip, until):
                    return True
            except CentreAway:
                raise
            except (LessonProofError, OSError) as error:
                self._failed(clip.sha256, error)
        return False

    def _ready(self) -> list[ClipRow]:
        """Clips whose verdict entry the centre has confirmed."""
        now = self._clock.monotonic()
        with self._work.read() as session:
            delivered = recall_int(session, Fact.LOG_DELIVERED)
            rows = session.scalars(
                select(ClipRow)
                .join(LessonRow, LessonRow.lesson_hour_id == ClipRow.lesson_hour_id)
                .where(ClipRow.delivered.is_(False), LessonRow.log_idx < delivered)
                .order_by(LessonRow.end_ms, ClipRow.sha256)
            )
            return [row for row in rows if self._resting.get(row.sha256, now) <= now]

    def _send(self, clip: ClipRow, until: float) -> bool:
        """True: the centre has all of it (or does not know it yet). False: time is up, the rest follows."""
        held = self._client.clip_state(clip.sha256)
        if held is None:
            self._resting[clip.sha256] = self._clock.monotonic() + 60
            log.warning("the centre does not know clip %s yet; trying again later", clip.sha256[:12])
            return True
        if held.direct and not held.complete and self._direct != "off":
            there = self._send_direct(clip, until)
            if there is not None:
                return there
        if not self._send_pieces(clip, held, until):
            return False
        self._delivered(clip.sha256)
        return True

    def _send_direct(self, clip: ClipRow, until: float) -> bool | None:
        """As `_send`; None: it has to go through the centre."""
        reply = self._client.direct_upload(clip.sha256)
        if reply.put is not None and clip.sha256 not in self._tried_direct and self._allows(reply.put):
            path = self._clips / clip.path
            _check(Sent(path, clip.sha256, clip.bytes))
            self._tried_direct.add(clip.sha256)
            self._transfer = Transfer(f"clip {clip.sha256[:12]}", path, reply.put, self._clock)
            if not self._transfer.ended_within(max(0.0, until - self._clock.monotonic())):
                return False
            self._transfer = None
            reply = self._client.direct_upload(clip.sha256)
        if not reply.complete:
            return None
        self._delivered(clip.sha256)
        return True

    def _allows(self, put: PutRequest) -> bool:
        if self._direct == "http" or put.url.startswith("https://"):
            return True
        log.warning('the bucket of the centre is without TLS: set direct_upload = "http" to use it all the same')
        return False

    def _send_pieces(self, clip: ClipRow, held: UploadState, until: float) -> bool:
        file = Sent(self._clips / clip.path, clip.sha256, clip.bytes)
        return send_pieces(
            file, held, lambda offset, chunk: self._client.send_clip(clip.sha256, offset, chunk),
            lambda: self._clock.monotonic() >= until,
        )  # fmt: skip

    def _delivered(self, sha256: str) -> None:
        with self._work.write() as session:
            session.get_one(ClipRow, sha256).delivered = True
        self._failures.pop(sha256, None)
        self._tried_direct.discard(sha256)
        log.info("clip %s is at the centre", sha256[:12])

    def _failed(self, sha256: str, error: Exception) -> None:
        failures = self._failures[sha256] = self._failures.get(sha256, 0) + 1
        if failures < TRIES:
            log.warning("clip %s: %s; trying again", sha256[:12], error)
            return
        self._failures[sha256] = 0
        self._resting[sha256] = self._clock.monotonic() + REST_S
        log.error("ALARM clip %s could not be delivered after %d tries: %s", sha256[:12], failures, error)


@dataclass(frozen=True, slots=True)
class Sent:
    """A file on its way, as it was when it was cut."""

    path: Path
    sha256: str
    bytes: int


def send_pieces(
    sent: Sent, held: UploadState, send: Callable[[int, bytes], UploadState], time_is_up: Callable[[], bool]
) -> bool:
    """From what the centre holds on, at least one piece; `send`: (offset, piece) → what it holds then. False: time is
    up, the rest follows. Raises CLIP_DAMAGED, CLIP_INCOMPLETE, OSError, and what `send` does."""
    if held.offset == 0 and not held.complete:
        _check(sent)
    with sent.path.open("rb") as file:
        while not held.complete:
            file.seek(held.offset)
            chunk = file.read(CHUNK)
            if not chunk and held.offset < sent.bytes:
                raise _damaged(sent.path)
            held = send(held.offset, chunk)
            if not chunk and not held.complete:
                raise LessonProofError(
                    "CLIP_INCOMPLETE",
                    zh="监管中心未确认片段完整",
                    en="the centre has every byte and does not say that the clip is complete",
                    status=502,
                )
            if not held.complete and time_is_up():
                return False
    return True


def _check(sent: Sent) -> None:
    with sent.path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != sent.sha256:
        raise _damaged(sent.path)


def _damaged(path: Path) -> LessonProofError:
    return LessonProofError(
        "CLIP_DAMAGED",
        zh=f"本机上的取证片段 {path.name} 已损坏,与其指纹不符",
        en=f"the clip {path.name} on this box is damaged: it does not match its hash",
        where=str(path),
    )
