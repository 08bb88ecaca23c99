"""After a crash: make index and disk agree again, from the files themselves. Nothing is deleted.

A `.part` file is cut at its last whole fragment, sealed and registered; a file the index has never heard of goes to
quarantine; a row whose file is gone is reported. Only the folders that a crash can have touched are read, unless
everything is asked for.

An index that is empty beside recordings was lost: then every file that is whole and dates itself is registered again,
with its own times and a hash of what is there now. What only the index knew (counts, verdicts, gaps, the log, how far
the clock could be trusted) is not in the files and stays lost.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.clock import Clock, epoch_ms
from config.errors import LessonProofError
from edge_agent.capture.ledger import close_segment, open_gap
from edge_agent.capture.segment_file import PART, final_path, index_path, rebuild_index, seal
from edge_agent.paths import BoxPaths
from storage.database.engine import UnitOfWork
from storage.evidence.fmp4 import Index, good_prefix
from storage.evidence.tables import Run, Segment
from supervisor.rules.evidence import GapReason

_RECENT_DAYS = 2


@dataclass(slots=True)
class Reconciled:
    """What was done; paths relative to the recordings folder. `missing`: rows without a file."""

    closed: list[str] = field(default_factory=list)
    quarantined: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    runs_ended: int = 0


def reconcile(unit: UnitOfWork, paths: BoxPaths, boot_id: str, clock: Clock, *, everywhere: bool = False) -> Reconciled:
    """Call before anything records. Runs of an earlier life end with reason box_restart, and their gap begins."""
    report = Reconciled()
    recordings = paths.recordings
    recordings.mkdir(parents=True, exist_ok=True)
    with unit.read() as session:
        open_paths = set(session.scalars(select(Segment.path).where(~Segment.closed)))
        lost = session.scalar(select(Run.id).limit(1)) is None and session.scalar(select(Segment.id).limit(1)) is None
    newest = None if everywhere or lost else _RECENT_DAYS
    folders = _folders(recordings, newest) | {(recordings / path).parent for path in open_paths}
    for folder in sorted(folders):
        for file in sorted(folder.glob("*.mp4*")) if folder.is_dir() else ():
            _settle(unit, paths, file, boot_id, clock, report, register=lost)
    with unit.write() as session:
        _flag_missing(session, recordings, folders, report)
        _end_runs(session, report)
    return report


def _folders(recordings: Path, newest: int | None) -> set[Path]:
    """The newest day folders of every camera; None: all."""
    found: set[Path] = set()
    for camera in recordings.iterdir():
        if camera.is_dir():
            found.update(sorted(day for day in camera.iterdir() if day.is_dir())[-(newest or 0) :])
    return found


def _settle(
    unit: UnitOfWork, paths: BoxPaths, file: Path, boot_id: str, clock: Clock, report: Reconciled, *, register: bool
) -> None:
    """`register`: also a closed file that the index does not know."""
    recordings = paths.recordings
    name = file.relative_to(recordings).as_posix()
    names = (name, name + ".part")  # renamed already, when the crash came between the rename and the commit
    with unit.read() as session:
        row = session.scalars(select(Segment).where(Segment.path.in_(names))).first()
        taken = (
            row is None
            and session.scalar(select(Segment.id).where(Segment.path == name.removesuffix(".part"))) is not None
        )
    if row is not None and row.closed:
        return
    index = _whole(file)
    if index is None or taken or (row is None and not register and not file.name.endswith(PART)):
        quarantine(paths, file)
        report.quarantined.append(name)
        return
    rebuild_index(file, index)
    start_ms = index.start_wall_ms
    assert start_ms is not None
    sealed = seal(file)
    with unit.write() as session:
        row = session.get(Segment, row.id) if row is not None else None
        if row is None:
            row = _row_of(session, recordings, file, index, start_ms, boot_id)
        row.start_ms, row.media_ms = start_ms, index.media_ms
        run = session.get_one(Run, row.run_id)
        run.media_ms = max(run.media_ms, start_ms + index.media_ms - run.start_ms)
        close_segment(session, row, sealed, recordings, epoch_ms(clock.now()))
    report.closed.append(final_path(file).relative_to(recordings).as_posix())


def _whole(file: Path) -> Index | None:
    """Cut a torn tail off; None when no dated key frame is left in front of it."""
    try:
        index = good_prefix(file)
    except LessonProofError:
        return None
    if not index.fragments or not index.fragments[0].keyframe or index.start_wall_ms is None:
        return None
    if file.name.endswith(PART):
        os.truncate(file, index.end_offset)
    elif file.stat().st_size != index.end_offset:
        return None
    return index


def _row_of(session: Session, recordings: Path, file: Path, index: Index, start_ms: int, boot_id: str) -> Segment:
    """The row of a file whose opening was not committed; its run is the one that begins where the file's time is
    zero."""
    camera_id = file.relative_to(recordings).parts[0]
    run_start_ms = start_ms - index.ms(index.fragments[0].tfdt)
    run = session.scalars(select(Run).where(Run.camera_id == camera_id, Run.start_ms == run_start_ms)).first()
    if run is None:
        run = Run(
            camera_id=camera_id, boot_id=boot_id, start_ms=run_start_ms, media_ms=0, end_reason=None,
            codec=index.codec, width=index.width, height=index.height, clock_offset_ms=None,
        )  # fmt: skip
        session.add(run)
        session.flush()
    row = Segment(
        run_id=run.id, camera_id=camera_id, path=file.relative_to(recordings).as_posix(),
        start_ms=start_ms, media_ms=0, bytes=0, sha256=None, closed=False,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def quarantine(paths: BoxPaths, file: Path) -> Path:
    """Put a file of the data folder aside, with its index; where it is now. Nothing there is ever written over."""
    home = paths.recordings if file.is_relative_to(paths.recordings) else paths.data_dir
    name = file.relative_to(home)
    target = paths.quarantine / name
    target.parent.mkdir(parents=True, exist_ok=True)
    number = 0
    while target.exists():
        number += 1
        target = target.with_name(f"{name.name}.{number}")
    file.rename(target)
    index_path(file).unlink(missing_ok=True)
    return target


def _flag_missing(session: Session, recordings: Path, folders: set[Path], report: Reconciled) -> None:
    """Rows still open have lost their file (or it held nothing): they go. Closed rows stay, and are reported."""
    for folder in sorted(folders):
        prefix = folder.relative_to(recordings).as_posix() + "/"
        rows = session.scalars(select(Segment).where(Segment.path.startswith(prefix, autoescape=True))).all()
        for row in rows:
            if row.fate is not None or (row.closed and (recordings / row.path).is_file()):
                continue
            report.missing.append(row.path)
            if not row.closed:
                session.delete(row)


def _end_runs(session: Session, report: Reconciled) -> None:
    """A camera has one open run, except where the index was rebuilt: then only its last one is followed by a gap that
    lasts."""
    last: dict[str, Run] = {}
    for run in session.scalars(select(Run).where(Run.end_reason.is_(None)).order_by(Run.start_ms)).all():
        run.end_reason = GapReason.BOX_RESTART.value
        last[run.camera_id] = run
        report.runs_ended += 1
    for run in last.values():
        open_gap(session, run.camera_id, run.start_ms + run.media_ms, GapReason.BOX_RESTART)
