"""Stretches of raw recording that somebody at the centre asked for: cut, answered in the log, and kept until the centre
has them.

A stretch is answered once: the file is written first, then one transaction adds the log entry and its row; a crash in
between writes the same file again. Whatever the target names no more is forgotten with its file: it is a copy, and the
recording it was cut from stays.
"""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Callable, Collection

from sqlalchemy import delete, select

from config.clock import Clock, epoch_ms
from config.errors import LessonProofError
from edge_agent.capture.cut import CutResult, Within, cut
from edge_agent.lessons.plan import PlanStore
from edge_agent.paths import BoxPaths
from edge_agent.spans.gaps import gaps_in
from storage.database.engine import UnitOfWork
from storage.evidence import log as evidence_log
from storage.evidence.segments import segments_between
from storage.evidence.tables import Segment, SpanRow
from supervisor.contract.log import ClipManifest, SpanEntry
from supervisor.contract.span import SpanFailure, SpanGap
from supervisor.contract.target import TargetSpan

log = logging.getLogger(__name__)

EVERY_S = 1.0
SETTLE_MS = 4000  # the last pictures of the stretch are written
LONGEST_GROUP_MS = 30_000  # a key frame is looked for so long before the stretch
TRIES = 3

_FAILURES = {"CLIP_EMPTY": SpanFailure.NOT_RECORDED, "CLIP_STREAM_CHANGED": SpanFailure.STREAM_CHANGED}


class SpanCutter:
    """`short`: bytes that are missing for the recordings to come when so many more are used (`DiskKeeper.short`)."""

    def __init__(
        self, work: UnitOfWork, plans: PlanStore, paths: BoxPaths, clock: Clock, short: Callable[[int], int]
    ) -> None:
        self._work = work
        self._plans = plans
        self._paths = paths
        self._clock = clock
        self._short = short
        self._failures: dict[str, int] = {}

    def run(self, stop: threading.Event) -> None:
        """Until `stop`. Never raises."""
        while not stop.is_set():
            try:
                self.tick()
            except Exception:  # a full disk or a locked database: a later turn tries again
                log.exception("the spans that the centre wants could not be minded")
            stop.wait(EVERY_S)

    def tick(self) -> str | None:
        """Answer one stretch, the one asked for first; its id. None: nothing is to be done now."""
        plan = self._plans.current()
        if plan is None:
            return None
        wanted = {str(one.span_id): one for one in plan.state.spans}
        with self._work.read() as session:
            known = set(session.scalars(select(SpanRow.span_id)))
        self._forget(known - wanted.keys())
        self._sweep(wanted)
        now_ms = epoch_ms(self._clock.now())
        for span_id, span in wanted.items():
            if span_id not in known and now_ms >= span.end_ms + SETTLE_MS and self._answer(span, now_ms):
                return span_id
        return None

    def _answer(self, span: TargetSpan, now_ms: int) -> bool:
        camera_id = str(span.camera_id)
        with self._work.read() as session:
            segments = segments_between(session, camera_id, span.start_ms - LONGEST_GROUP_MS, span.end_ms)
        try:
            made, failure = self._cut(span, segments)
        except (OSError, LessonProofError) as error:
            failures = self._failures[str(span.span_id)] = self._failures.get(str(span.span_id), 0) + 1
            if failures < TRIES:
                log.warning("span %s could not be cut, trying again: %s", span.span_id, error)
                return False
            log.error("ALARM span %s could not be cut: %s", span.span_id, error)
            made, failure = None, SpanFailure.DAMAGED
        self._failures.pop(str(span.span_id), None)
        with self._work.read() as session:
            gaps = gaps_in(session, camera_id, span.start_ms, span.end_ms, made, now_ms)
        self._write(span, made, failure, gaps, now_ms)
        log.info("span %s of camera %s: %s", span.span_id, camera_id, "cut" if failure is None else failure.value)
        return True

    def _cut(self, span: TargetSpan, segments: Collection[Segment]) -> tuple[CutResult | None, SpanFailure | None]:
        """Raises OSError, and LessonProofError MEDIA_DAMAGED."""
        if not segments:
            return None, SpanFailure.NOT_RECORDED
        if self._short(sum(segment.bytes for segment in segments)):
            return None, SpanFailure.DISK
        files = [self._paths.recordings / segment.path for segment in segments]
        folder = self._paths.spans / str(span.span_id)
        within = Within(span.lesson_start_ms, span.lesson_end_ms)
        try:
            return cut(files, span.start_ms, span.end_ms, folder, within=within), None
        except LessonProofError as error:
            if error.code not in _FAILURES:
                raise
            return None, _FAILURES[error.code]

    def _write(
        self,
        span: TargetSpan,
        made: CutResult | None,
        failure: SpanFailure | None,
        gaps: tuple[SpanGap, ...],
        now_ms: int,
    ) -> None:
        file = None
        if made is not None:
            file = ClipManifest(
                lesson_hour_id=span.lesson_hour_id,
                camera_id=span.camera_id,
                sha256=made.sha256,
                bytes=made.bytes,
                start_ms=made.start_ms,
                end_ms=made.end_ms,
                media_ms=made.media_ms,
                codec=made.codec,
                width=made.width,
                height=made.height,
            )
        entry = SpanEntry(
            at=now_ms,
            span_id=span.span_id,
            lesson_hour_id=span.lesson_hour_id,
            camera_id=span.camera_id,
            start_ms=span.start_ms,
            end_ms=span.end_ms,
            file=file,
            failure=failure,
            gaps=gaps[:1000],
        )
        with self._work.write() as session:
            index = evidence_log.append(session, entry.model_dump(mode="json"))
            session.add(
                SpanRow(
                    span_id=str(span.span_id),
                    log_idx=index,
                    path=None if made is None else f"{span.span_id}/{made.path.name}",
                    sha256=None if made is None else made.sha256,
                    bytes=None if made is None else made.bytes,
                    delivered=made is None,
                )
            )

    def _forget(self, span_ids: Collection[str]) -> None:
        if span_ids:
            with self._work.write() as session:
                session.execute(delete(SpanRow).where(SpanRow.span_id.in_(span_ids)))

    def _sweep(self, wanted: Collection[str]) -> None:
        """Folders of what is wanted no more, also of an earlier life."""
        if self._paths.spans.exists():
            for folder in self._paths.spans.iterdir():
                if folder.name not in wanted:
                    shutil.rmtree(folder)
