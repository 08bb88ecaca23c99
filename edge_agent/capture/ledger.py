"""What the recorder tells the database, from one thread: a slow or locked database never holds up a camera.

Camera threads put facts in; the ledger's thread seals closed files (fsync, hash, rename) and commits everything that
waits in one transaction, in order. When the database refuses (locked, disk full) it tries again until it can. After
`kill -9` the files themselves tell what was not committed (`reconcile`).
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from config.clock import Clock, epoch_ms
from edge_agent.capture.segment_file import Sealed, seal
from edge_agent.capture.timekeeping import ClockState
from storage.database.engine import UnitOfWork
from storage.evidence import log
from storage.evidence.tables import GapRow, Run, Segment
from supervisor.rules.evidence import GapReason

_LOG = logging.getLogger(__name__)
_GATHER_S = 0.1  # facts of many cameras share one commit
_PROGRESS_S = 1.0  # how far runs and files have grown is told in one commit for all cameras
_RETRY_S = 0.5
_GROWN_RUN = update(Run).where(Run.id == bindparam("row"))
_GROWN_SEGMENT = update(Segment).where(Segment.id == bindparam("row"))


@dataclass(slots=True, eq=False)
class RunFacts:
    """A run, known by this object until the ledger gave it its row."""

    camera_id: str
    start_ms: int
    codec: str
    width: int
    height: int
    clock_state: ClockState  # the best that is known of the box's clock while the run lasts
    octets_lost: int | None = None  # on the way, at least; None: the camera has not told enough
    row_id: int | None = None


@dataclass(slots=True, eq=False)
class SegmentFacts:
    run: RunFacts
    part: Path
    start_ms: int
    row_id: int | None = None


@dataclass(frozen=True, slots=True)
class _Progress:
    run_media_ms: int
    media_ms: int
    size: int
    clock_offset_ms: int | None
    clock: ClockState
    octets_lost: int | None

    def of_run(self) -> dict[str, bool | int | None]:
        """Columns of the run's row."""
        return {
            "media_ms": self.run_media_ms, "clock_offset_ms": self.clock_offset_ms, "octets_lost": self.octets_lost,
            **_noted(self.clock),
        }  # fmt: skip


@dataclass(slots=True)
class _Fact:
    apply: Callable[[Session], None]
    seal: Path | None = None
    sealed: Sealed | None = None


class Ledger:
    """`recordings`: the folder that segment paths are relative to. `boot_id`: this life of the recorder."""

    def __init__(self, unit: UnitOfWork, recordings: Path, boot_id: str, clock: Clock) -> None:
        self._unit = unit
        self._recordings = recordings
        self._boot_id = boot_id
        self._clock = clock
        self._facts: queue.Queue[_Fact | None] = queue.Queue()
        self._progress: dict[SegmentFacts, _Progress] = {}  # only the newest of each counts
        self._thread = threading.Thread(target=self._run, name="ledger", daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def stop(self, limit_s: float) -> bool:
        """Commit what waits; False when it took longer than `limit_s`."""
        self._facts.put(None)
        self._thread.join(limit_s)
        return not self._thread.is_alive()

    def run_started(self, run: RunFacts) -> None:
        """Also ends the camera's open gap, if there is one, at the run's first picture."""

        def apply(session: Session) -> None:
            row = Run(
                camera_id=run.camera_id, boot_id=self._boot_id, start_ms=run.start_ms, media_ms=0, end_reason=None,
                codec=run.codec, width=run.width, height=run.height, clock_offset_ms=None, octets_lost=None,
                **_noted(run.clock_state),
            )  # fmt: skip
            session.add(row)
            session.flush()
            run.row_id = row.id
            close_gap(session, run.camera_id, run.start_ms, self._now_ms())

        self._facts.put(_Fact(apply))

    def segment_opened(self, segment: SegmentFacts) -> None:
        def apply(session: Session) -> None:
            assert segment.run.row_id is not None
            row = Segment(
                run_id=segment.run.row_id, camera_id=segment.run.camera_id, path=self._relative(segment.part),
                start_ms=segment.start_ms, media_ms=0, bytes=0, sha256=None, closed=False,
            )  # fmt: skip
            session.add(row)
            session.flush()
            segment.row_id = row.id

        self._facts.put(_Fact(apply))

    def progress(
        self, segment: SegmentFacts, run_media_ms: int, media_ms: int, size: int, clock_offset_ms: int | None
    ) -> None:
        """Only the newest of each segment is committed."""
        run = segment.run
        self._progress[segment] = _Progress(
            run_media_ms, media_ms, size, clock_offset_ms, run.clock_state, run.octets_lost
        )

    def segment_closed(self, segment: SegmentFacts, run_media_ms: int, media_ms: int) -> None:
        """Seals the file and writes its row and its log entry in one transaction."""
        last = self._progress.pop(segment, None)

        def apply(session: Session) -> None:
            if fact.sealed is None:
                return  # somebody took the file away: its row stays open, and reconciliation reports it
            run = session.get_one(Run, segment.run.row_id)
            for column, value in (last.of_run() if last is not None else {}).items():
                setattr(run, column, value)
            run.media_ms = run_media_ms
            row = session.get_one(Segment, segment.row_id)
            row.media_ms = media_ms
            close_segment(session, row, fact.sealed, self._recordings, self._now_ms())

        fact = _Fact(apply, seal=segment.part)
        self._facts.put(fact)

    def run_ended(self, run: RunFacts, reason: GapReason, *, gap_from_ms: int | None) -> None:
        """`gap_from_ms`: where the gap begins, when the camera should still record; None: nobody wants it any more."""

        def apply(session: Session) -> None:
            session.get_one(Run, run.row_id).end_reason = reason.value
            if gap_from_ms is not None:
                open_gap(session, run.camera_id, gap_from_ms, reason)

        self._facts.put(_Fact(apply))

    def gap_opened(self, camera_id: str, start_ms: int, reason: GapReason) -> None:
        """Nothing happens when a gap of this camera is open already: it keeps its first reason."""
        self._facts.put(_Fact(lambda session: open_gap(session, camera_id, start_ms, reason)))

    def gap_closed(self, camera_id: str, end_ms: int) -> None:
        self._facts.put(_Fact(lambda session: close_gap(session, camera_id, end_ms, self._now_ms())))

    def gaps_closed_except(self, wanted: set[str]) -> None:
        """End every open gap of a camera nobody wants: what is not wanted is not missing."""

        def apply(session: Session) -> None:
            now_ms = self._now_ms()
            for row in session.scalars(select(GapRow).where(GapRow.end_ms.is_(None))).all():
                if row.camera_id not in wanted:
                    close_gap(session, row.camera_id, now_ms, now_ms)

        self._facts.put(_Fact(apply))

    def _now_ms(self) -> int:
        return epoch_ms(self._clock.now())

    def _relative(self, path: Path) -> str:
        return path.relative_to(self._recordings).as_posix()

    def _run(self) -> None:
        last = False
        while not last:
            facts = self._gathered()
            last = None in facts
            waiting = [fact for fact in facts if fact is not None]
            while (waiting or self._progress) and not self._commit(waiting):
                self._clock.sleep(_RETRY_S)

    def _gathered(self) -> list[_Fact | None]:
        """What waits, after at most _PROGRESS_S; None asks for the end."""
        try:
            facts = [self._facts.get(timeout=_PROGRESS_S)]
        except queue.Empty:
            return []
        if facts[0] is not None:
            self._clock.sleep(_GATHER_S)
        while not self._facts.empty():
            facts.append(self._facts.get())
        return facts

    def _commit(self, facts: list[_Fact]) -> bool:
        try:
            for fact in facts:
                if fact.seal is not None and fact.sealed is None:
                    fact.sealed = _sealed(fact.seal)
            if facts:
                with self._unit.write() as session:
                    for fact in facts:
                        fact.apply(session)
                    told = self._tell_progress(session.connection())
            else:
                with self._unit.engine.begin() as connection:  # most of the time; a session would be a third dearer
                    told = self._tell_progress(connection)
        except (SQLAlchemyError, OSError) as error:
            _LOG.warning("the index cannot be written, trying again: %s", type(error).__name__)
            return False
        for segment, progress in told.items():
            if self._progress.get(segment) is progress:
                del self._progress[segment]
        return True

    def _tell_progress(self, connection: Connection) -> dict[SegmentFacts, _Progress]:
        """Two statements for all cameras. A segment whose row is not there yet waits for the next time."""
        told = {segment: now for segment, now in list(self._progress.items()) if segment.row_id is not None}
        if told:
            runs = [{"row": segment.run.row_id, **now.of_run()} for segment, now in told.items()]
            rows = [{"row": one.row_id, "media_ms": now.media_ms, "bytes": now.size} for one, now in told.items()]
            connection.execute(_GROWN_RUN, runs)  # plain statements: an ORM object a camera and second is dear
            connection.execute(_GROWN_SEGMENT, rows)
        return told


def _sealed(part: Path) -> Sealed | None:
    try:
        return seal(part)
    except FileNotFoundError:
        _LOG.error("the recording %s is gone before it was closed", part.name)
        return None


def close_segment(session: Session, row: Segment, sealed: Sealed, recordings: Path, now_ms: int) -> None:
    """Fill the row of a sealed file and append its `segment` entry (supervisor.contract.log.SegmentEntry)."""
    run = session.get_one(Run, row.run_id)
    row.path = sealed.path.relative_to(recordings).as_posix()
    row.bytes, row.sha256, row.closed = sealed.size, sealed.sha256, True
    entry = {
        "kind": "segment", "at": now_ms, "run": run.id, "file": row.path, "sha256": sealed.sha256,
        "bytes": sealed.size, "start_ms": row.start_ms, "media_ms": row.media_ms,
        "codec": run.codec, "width": run.width, "height": run.height,
    }  # fmt: skip
    log.append(session, entry, row.camera_id)


def _noted(clock: ClockState) -> dict[str, bool | int | None]:
    """The columns of a run that tell how right the box's clock was."""
    return {
        "clock_synchronised": clock.synchronised,
        "clock_offset_us": clock.offset_us,
        "clock_uncertainty_ms": clock.uncertainty_ms,
    }


def open_gap(session: Session, camera_id: str, start_ms: int, reason: GapReason) -> None:
    if _open_gap_of(session, camera_id) is None:
        session.add(GapRow(camera_id=camera_id, start_ms=start_ms, end_ms=None, reason=reason.value))
        session.flush()


def close_gap(session: Session, camera_id: str, end_ms: int, now_ms: int) -> None:
    """End the camera's open gap and append its `gap` entry. When the clock was set back the gap has no length."""
    row = _open_gap_of(session, camera_id)
    if row is None:
        return
    row.end_ms = end_ms
    row.start_ms = min(row.start_ms, end_ms)
    entry = {"kind": "gap", "at": now_ms, "start_ms": row.start_ms, "end_ms": end_ms, "reason": row.reason}
    log.append(session, entry, camera_id)


def _open_gap_of(session: Session, camera_id: str) -> GapRow | None:
    return session.scalars(select(GapRow).where(GapRow.camera_id == camera_id, GapRow.end_ms.is_(None))).first()
