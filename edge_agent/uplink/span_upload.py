"""Spans on their way to the centre: after their log entry, in pieces, resumed, with the time that clips leave."""

from __future__ import annotations

import logging
from pathlib import Path

from sqlalchemy import func, select

from config.clock import Clock
from config.errors import LessonProofError
from edge_agent.remembered import Fact, recall_int
from edge_agent.uplink.client import CentreAway, CentreClient
from edge_agent.uplink.upload import Sent, send_pieces
from storage.database.engine import UnitOfWork
from storage.evidence.tables import SpanRow

log = logging.getLogger(__name__)

REST_S = 60.0


class SpanUpload:
    def __init__(self, work: UnitOfWork, client: CentreClient, spans: Path, clock: Clock) -> None:
        self._work = work
        self._client = client
        self._spans = spans
        self._clock = clock
        self._resting: dict[str, float] = {}  # span id → monotonic time of the next try

    def backlog(self) -> int:
        with self._work.read() as session:
            return session.scalar(select(func.count()).where(SpanRow.delivered.is_(False))) or 0

    def deliver_some(self, budget_s: float) -> bool:
        """Upload for about `budget_s` seconds, in the order of the answers; True when more could go now. A span with a
        fault of its own is set aside for a minute. Raises CentreAway."""
        until = self._clock.monotonic() + budget_s
        for number, span in enumerate(self._ready()):
            if number and self._clock.monotonic() >= until:
                return True
            try:
                if not self._send(span, until):
                    return True
            except CentreAway:
                raise
            except (LessonProofError, OSError) as error:
                self._rest(span)
                log.warning("span %s: %s; trying again", span.span_id, error)
        return False

    def _ready(self) -> list[SpanRow]:
        """Spans whose log entry the centre has confirmed."""
        now = self._clock.monotonic()
        with self._work.read() as session:
            delivered = recall_int(session, Fact.LOG_DELIVERED)
            rows = session.scalars(
                select(SpanRow)
                .where(SpanRow.delivered.is_(False), SpanRow.log_idx < delivered)
                .order_by(SpanRow.log_idx)
            )
            return [row for row in rows if self._resting.get(row.span_id, now) <= now]

    def _send(self, span: SpanRow, until: float) -> bool:
        held = self._client.span_state(span.span_id)
        if held is None or span.path is None or span.sha256 is None or span.bytes is None:
            self._rest(span)
            return True
        whole = send_pieces(
            Sent(self._spans / span.path, span.sha256, span.bytes),
            held,
            lambda offset, chunk: self._client.send_span(span.span_id, offset, chunk),
            lambda: self._clock.monotonic() >= until,
        )
        if whole:
            with self._work.write() as session:
                row = session.get(SpanRow, span.span_id)
                if row is not None:  # else the centre wants it no more
                    row.delivered = True
            log.info("span %s is at the centre", span.span_id)
        return whole

    def _rest(self, span: SpanRow) -> None:
        self._resting[span.span_id] = self._clock.monotonic() + REST_S
