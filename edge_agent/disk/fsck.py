"""Do index and disk say the same? Looks at every file and every row, and can put right what does not agree. Nothing is
ever deleted: what is unknown or damaged goes to quarantine, what is lost stays in the index, marked, with its hash.
"""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.clock import Clock, epoch_ms
from config.errors import LessonProofError
from edge_agent.capture.reconcile import quarantine, reconcile
from edge_agent.capture.segment_file import index_path
from edge_agent.opening import RunLock
from edge_agent.paths import BoxPaths
from storage.database.engine import UnitOfWork
from storage.evidence import log as evidence_log
from storage.evidence.tables import ClipRow, Fate, GapRow, Segment
from supervisor.rules.evidence import GapReason

_RECORDER_LOCK = ".recorder.lock"


class Level(StrEnum):
    """Each looks at what the ones before it look at, too."""

    PRESENCE = "presence"
    SIZE = "size"
    HASH = "hash"  # reads every byte


class Fault(StrEnum):
    MISSING = "missing"
    SIZE = "size"
    HASH = "hash"
    UNKNOWN = "unknown"  # a file without a row
    OPEN = "open"  # a row that was never closed, and nobody is recording


class Remedy(StrEnum):
    CLOSED = "closed"  # cut at its last whole picture, hashed, registered
    QUARANTINED = "quarantined"
    MARKED_LOST = "marked_lost"
    FORGOTTEN = "forgotten"  # an opened file that never held a whole picture


@dataclass(frozen=True, slots=True)
class Finding:
    """`path`: relative to the data folder. `remedy`: what `repair` did about it."""

    path: str
    fault: Fault
    remedy: Remedy | None = None


@dataclass(frozen=True, slots=True)
class _Row:
    what: type[Segment] | type[ClipRow]
    key: int | str
    file: Path
    bytes: int
    sha256: str


def check(work: UnitOfWork, paths: BoxPaths, level: Level) -> list[Finding]:
    """Everything that does not agree, in order of path. While the box is at work, what is open is left alone."""
    busy = _busy(paths)
    files = [*_files(paths.recordings), *_files(paths.clips)]  # before the rows: a file is written before its row
    rows, opened, known = _rows(work, paths)
    found: list[tuple[Path, Fault]] = []
    if not busy:
        found += [(file, Fault.OPEN) for file in opened]
    found += [(file, Fault.UNKNOWN) for file in _unknown(files, known, opened, busy=busy)]
    faults = [(row, fault) for row in rows if (fault := _look(row, level)) is not None]
    found += [(row.file, fault) for row, fault in faults if _still_held(work, row)]
    return sorted((Finding(_name(paths, file), fault) for file, fault in found), key=lambda one: one.path)


def repair(work: UnitOfWork, paths: BoxPaths, findings: Iterable[Finding], clock: Clock) -> list[Finding]:
    """The findings with what was done. Raises LessonProofError ALREADY_RUNNING, RECORDER_RUNNING: the box must rest."""
    with RunLock(paths.data_dir), _resting(paths):
        settled = reconcile(work, paths, str(uuid4()), clock, everywhere=True)
        closed = {str(Path("recordings", name)) for name in settled.closed}
        aside = {str(Path("recordings", name)) for name in settled.quarantined}
        done = []
        for one in findings:
            file = paths.data_dir / one.path
            if one.path in aside:
                remedy: Remedy | None = Remedy.QUARANTINED
            elif one.path.removesuffix(".part") in closed:
                remedy = Remedy.CLOSED
            elif one.fault is Fault.OPEN:
                remedy = Remedy.FORGOTTEN
            elif one.fault is Fault.UNKNOWN:
                remedy = _put_aside(paths, file)
            else:
                remedy = _lose(work, paths, one, clock)
            done.append(replace(one, remedy=remedy))
    return done


def _rows(work: UnitOfWork, paths: BoxPaths) -> tuple[list[_Row], list[Path], set[Path]]:
    """Rows whose file should be there; files of open rows; every file that any row names."""
    rows: list[_Row] = []
    opened: list[Path] = []
    known: set[Path] = set()
    with work.read() as session:
        for segment in session.scalars(select(Segment)):
            file = paths.recordings / segment.path
            known |= {file, index_path(file)}
            if not segment.closed:
                opened.append(file)
            elif segment.fate is None:
                rows.append(_Row(Segment, segment.id, file, segment.bytes, segment.sha256 or ""))
        for clip in session.scalars(select(ClipRow)):
            file = paths.clips / clip.path
            known.add(file)
            if clip.fate is None:
                rows.append(_Row(ClipRow, clip.sha256, file, clip.bytes, clip.sha256))
    return rows, opened, known


def _files(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file() and file.name != _RECORDER_LOCK]


def _unknown(files: Iterable[Path], known: set[Path], opened: Iterable[Path], *, busy: bool) -> Iterator[Path]:
    """While the box is at work a file may be on its way: being written, or renamed and not committed yet."""
    closing = {file.with_suffix("") for file in opened}
    indices = {index_path(file) for file in files if file.suffix != ".idx"}  # they share their file's fate
    for file in files:
        on_its_way = file.name.endswith(".part") or file in closing
        if file not in known and file not in indices and not (busy and on_its_way):
            yield file


def _look(row: _Row, level: Level) -> Fault | None:
    try:
        if level is Level.PRESENCE:
            return None if row.file.is_file() else Fault.MISSING
        if row.file.stat().st_size != row.bytes:
            return Fault.SIZE
        if level is Level.HASH:
            with row.file.open("rb") as file:
                return None if hashlib.file_digest(file, "sha256").hexdigest() == row.sha256 else Fault.HASH
    except FileNotFoundError:
        return Fault.MISSING
    except OSError:  # the disk cannot read it
        return Fault.HASH
    return None


def _still_held(work: UnitOfWork, row: _Row) -> bool:
    """The box may have deleted it in the meantime, as it should."""
    with work.read() as session:
        now = session.get(Segment, row.key) if row.what is Segment else session.get(ClipRow, row.key)
        return now is not None and now.fate is None


def _put_aside(paths: BoxPaths, file: Path) -> Remedy | None:
    if not file.exists():
        return None
    quarantine(paths, file)
    return Remedy.QUARANTINED


def _lose(work: UnitOfWork, paths: BoxPaths, one: Finding, clock: Clock) -> Remedy | None:
    """Mark the row; a lost segment leaves a gap where its media was. A damaged file is kept in quarantine."""
    file = paths.data_dir / one.path
    now_ms = epoch_ms(clock.now())
    with work.write() as session:
        row = _row_at(session, paths, file)
        if row is None or row.fate is not None:
            return None
        row.fate = Fate.LOST.value
        entry = {
            "kind": "loss", "at": now_ms, "what": "segment" if isinstance(row, Segment) else "clip", "file": row.path,
            "sha256": row.sha256, "bytes": row.bytes, "found": one.fault.value,
        }  # fmt: skip
        evidence_log.append(session, entry, row.camera_id)
        if isinstance(row, Segment):
            _gap(session, row, now_ms)
    _put_aside(paths, file)
    return Remedy.MARKED_LOST


def _row_at(session: Session, paths: BoxPaths, file: Path) -> Segment | ClipRow | None:
    if file.is_relative_to(paths.clips):
        name = file.relative_to(paths.clips).as_posix()
        return session.scalars(select(ClipRow).where(ClipRow.path == name)).first()
    name = file.relative_to(paths.recordings).as_posix()
    return session.scalars(select(Segment).where(Segment.path == name)).first()


def _gap(session: Session, lost: Segment, now_ms: int) -> None:
    end_ms, reason = lost.start_ms + lost.media_ms, GapReason.FILE_LOST.value
    session.add(GapRow(camera_id=lost.camera_id, start_ms=lost.start_ms, end_ms=end_ms, reason=reason))
    entry = {"kind": "gap", "at": now_ms, "start_ms": lost.start_ms, "end_ms": end_ms, "reason": reason}
    evidence_log.append(session, entry, lost.camera_id)


def _name(paths: BoxPaths, file: Path) -> str:
    return file.relative_to(paths.data_dir).as_posix()


def _busy(paths: BoxPaths) -> bool:
    try:
        with RunLock(paths.data_dir), _resting(paths):
            return False
    except LessonProofError:
        return True


@contextmanager
def _resting(paths: BoxPaths) -> Iterator[None]:
    """No recorder works in this folder meanwhile."""
    paths.recordings.mkdir(parents=True, exist_ok=True)
    with (paths.recordings / _RECORDER_LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise LessonProofError(
                "RECORDER_RUNNING",
                status=409,
                zh="录像程序正在使用这个数据目录:请先停止 edge-agent",
                en="a recorder is using this data folder: stop edge-agent first",
            ) from None
        yield
