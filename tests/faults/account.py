"""The three questions every fault must answer: is all that was recorded playable, do recorded media and reported gaps
make up the time that passed, and is each gap's reason the right one?"""

from __future__ import annotations

import itertools
import statistics
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from edge_agent.capture.segment_file import final_path
from storage.database.engine import UnitOfWork
from storage.evidence.fmp4 import fragments, good_prefix
from storage.evidence.tables import GapRow, Run, Segment

TOLERANCE_S = 1.0


@dataclass(frozen=True)
class Account:
    """Of one camera, in s. `gaps`: (reason, length) in their order; `octets_lost`: of each run, as the box tells it;
    `unclosed`: segment rows without a digest."""

    elapsed_s: float
    media_s: float
    gaps: tuple[tuple[str, float], ...]
    end_reasons: tuple[str | None, ...]
    octets_lost: tuple[int | None, ...]
    unclosed: int

    @property
    def unexplained_s(self) -> float:
        return self.elapsed_s - self.media_s - sum(length for _, length in self.gaps)

    def line(self, fault: str) -> str:
        gaps = ", ".join(f"{reason} {length:.2f}" for reason, length in self.gaps) or "none"
        return (
            f"{fault}: {self.elapsed_s:.2f} s passed = media {self.media_s:.2f} ({len(self.end_reasons)} runs) "
            f"+ gaps {sum(length for _, length in self.gaps):.2f} ({gaps}) + unexplained {self.unexplained_s:+.2f}"
        )


def account_of(work: UnitOfWork, camera: str, elapsed_s: float, ended_ms: int) -> Account:
    """A gap that still lasts is counted up to `ended_ms`."""
    with work.read() as session:
        runs = session.scalars(select(Run).where(Run.camera_id == camera).order_by(Run.id)).all()
        gaps = session.scalars(select(GapRow).where(GapRow.camera_id == camera).order_by(GapRow.id)).all()
        unclosed = session.scalars(select(Segment).where(Segment.camera_id == camera, ~Segment.closed)).all()
    lengths = [(gap.reason, ((ended_ms if gap.end_ms is None else gap.end_ms) - gap.start_ms) / 1000) for gap in gaps]
    return Account(
        elapsed_s, sum(run.media_ms for run in runs) / 1000, tuple(lengths),
        tuple(run.end_reason for run in runs), tuple(run.octets_lost for run in runs), len(unclosed),
    )  # fmt: skip


def adds_up(account: Account, reasons: Iterable[str], *, tolerance_s: float = TOLERANCE_S) -> None:
    """Time is complete, and exactly these reasons were given, in this order."""
    assert account.unclosed == 0, f"{account.unclosed} segments were never closed"
    assert [reason for reason, _ in account.gaps] == list(reasons), account.line("reasons")
    assert abs(account.unexplained_s) <= tolerance_s, account.line("time")


def playable(work: UnitOfWork, recordings: Path, camera: str) -> int:
    """Every file is whole, is what its row says, and decodes without a single error; how many pictures that were."""
    with work.read() as session:
        rows = session.scalars(select(Segment).where(Segment.camera_id == camera).order_by(Segment.start_ms)).all()
    assert {row.path for row in rows} == {
        str(file.relative_to(recordings)) for file in (recordings / camera).rglob("*.mp4*")
    }, "index and disk do not name the same files"
    pictures = 0
    for row in rows:
        index = fragments(recordings / row.path)
        assert (row.bytes, row.media_ms) == (index.end_offset, index.media_ms), row.path
        pictures += len(index.fragments)
    assert decode_errors([recordings / row.path for row in rows]) == []
    return pictures


def missing_pictures(recordings: Path, rows: Sequence[Segment]) -> int:
    """Over the segments of one run, of which the last may still be growing."""
    files = [recordings / row.path for row in rows]
    files = [file if file.exists() else final_path(file) for file in files]  # closed meanwhile
    starts = [one.tfdt for file in files for one in good_prefix(file).fragments]
    steps = [late - early for early, late in itertools.pairwise(starts)]
    usual = statistics.median(steps) if steps else 1
    return sum(round(step / usual) - 1 for step in steps if step > 1.5 * usual)


def decode_errors(files: Sequence[Path]) -> list[str]:
    """What a strict decoder finds wrong: FFmpeg's own command, told to stop at the first error; each file once."""
    found = []
    for file in files:
        run = subprocess.run(
            ["ffmpeg", "-nostdin", "-v", "error", "-xerror", "-err_detect", "explode", "-threads", "1",
             "-i", str(file), "-fps_mode", "passthrough", "-f", "null", "-"],
            capture_output=True, timeout=120, check=False,
        )  # fmt: skip
        if run.returncode or run.stderr:
            found.append(f"{file.name}: {run.stderr.decode(errors='replace')[-500:] or run.returncode}")
    return found
