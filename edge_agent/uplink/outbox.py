"""The outbox: log entries on their way to the centre, in order, from the first one the centre does not have.

The log itself is the queue and its index the sequence number, so there is nothing to lose and nothing to expire: what
was not confirmed is sent again, what the centre has is skipped by it. `log_delivered` is only our memory of what it
confirmed; when the two disagree (one of them came back from a backup), the size that the centre names wins.
"""

from __future__ import annotations

import logging

from sqlalchemy import select, update

from config.errors import LessonProofError
from edge_agent.remembered import Fact, recall_int, remember
from edge_agent.uplink.client import CentreClient, LogHole
from storage.database.engine import UnitOfWork
from storage.evidence import log as evidence_log
from storage.evidence.tables import ClipRow, LessonRow
from supervisor.contract.log import LogAppend

log = logging.getLogger(__name__)

BATCH_ENTRIES = 500
BATCH_BYTES = 4 * 1024 * 1024


class Outbox:
    def __init__(self, work: UnitOfWork, client: CentreClient) -> None:
        self._work = work
        self._client = client

    def backlog(self) -> int:
        """Entries the centre has not confirmed."""
        with self._work.read() as session:
            return max(0, evidence_log.size(session) - recall_int(session, Fact.LOG_DELIVERED))

    def deliver_batch(self) -> float | None:
        """Send one batch. None: nothing was waiting; else the seconds after which the centre wants the next one.

        Raises CentreAway, and LessonProofError LOG_FORK when the centre holds another history under this box's name.
        """
        with self._work.read() as session:
            delivered = recall_int(session, Fact.LOG_DELIVERED)
            batch = self._batch(
                delivered, [row.body for row in evidence_log.entries(session, delivered, BATCH_ENTRIES)]
            )
        if batch is None:
            return None
        try:
            receipt = self._client.append_log(batch)
        except LogHole as hole:
            self._confirmed(hole.size)
            log.warning("the centre has %d log entries, not %d; continuing from there", hole.size, delivered)
            return 0
        self._confirmed(receipt.size)
        return max(0.0, receipt.retry_after_s)

    def _batch(self, from_index: int, bodies: list[str]) -> LogAppend | None:
        chosen: list[str] = []
        size = 0
        for body in bodies:
            size += len(body.encode())
            if chosen and size > BATCH_BYTES:
                break
            chosen.append(body)
        return LogAppend(from_index=from_index, entries=chosen) if chosen else None

    def _confirmed(self, size: int) -> None:
        with self._work.write() as session:
            own = evidence_log.size(session)
            if size > own:
                raise LessonProofError(
                    "LOG_FORK",
                    zh=f"监管中心已有 {size} 条记录,本机只有 {own} 条:本机数据被回退,请联系管理员",
                    en=f"the centre holds {size} entries, this box only {own}: its data was rolled back; ask for help",
                    status=422,
                )
            remember(session, Fact.LOG_DELIVERED, size)
            # A centre that lost a verdict entry no longer knows its clips either.
            lost = select(LessonRow.lesson_hour_id).where(LessonRow.log_idx >= size)
            session.execute(update(ClipRow).where(ClipRow.lesson_hour_id.in_(lost)).values(delivered=False))
