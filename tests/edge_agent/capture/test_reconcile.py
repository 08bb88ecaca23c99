"""A life ended in the middle: the next one finds the disk as it is and makes the index say the same."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from config.clock import ManualClock, epoch_ms
from edge_agent.capture.reconcile import Reconciled, reconcile
from edge_agent.capture.segment_file import index_path
from storage.evidence.fmp4 import fragments, good_prefix
from storage.evidence.tables import GapRow, LogRow, Run, Segment
from tests.support.pictures import Recording, encoded

START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
ZERO = epoch_ms(START)


@pytest.fixture
def killed(tmp_path: Path) -> Recording:
    """Killed 5.6 s into a recording with segments of 4 s: one closed, one open."""
    recording = Recording(tmp_path, ManualClock(START))
    recording.feed(encoded(5.6))
    recording.settle(reason=None)
    return recording


def repair(recording: Recording) -> Reconciled:
    return reconcile(recording.work, recording.paths, "boot-2", recording.clock)


def all_of(recording: Recording, table: type) -> list:
    with recording.work.read() as session:
        return list(session.scalars(select(table).order_by(*table.__table__.primary_key)))


def test_the_open_file_is_closed_and_registered_with_all_but_its_last_picture(killed: Recording) -> None:
    report = repair(killed)
    assert len(report.closed) == 1 and not report.missing and not report.quarantined
    (run,) = all_of(killed, Run)
    assert (run.media_ms, run.end_reason) == (5560, "box_restart")  # the muxer held one picture of 40 ms
    segments = all_of(killed, Segment)
    assert [(one.closed, one.media_ms) for one in segments] == [(True, 4000), (True, 1560)]
    for row in segments:
        content = (killed.paths.recordings / row.path).read_bytes()
        assert (row.bytes, row.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    (gap,) = all_of(killed, GapRow)
    assert (gap.start_ms - ZERO, gap.end_ms, gap.reason) == (5560, None, "box_restart")
    assert len(all_of(killed, LogRow)) == 2


def test_doing_it_again_changes_nothing(killed: Recording) -> None:
    repair(killed)
    before = [(row.path, row.sha256) for row in all_of(killed, Segment)]
    assert repair(killed) == Reconciled()
    assert [(row.path, row.sha256) for row in all_of(killed, Segment)] == before
    assert len(all_of(killed, LogRow)) == 2


def test_a_torn_tail_is_cut_off(killed: Recording) -> None:
    part = next(file for file in killed.files() if file.name.endswith(".part"))
    with part.open("ab") as file:
        file.write(part.read_bytes()[-200:-50])
    repair(killed)
    assert fragments(killed.files()[-1]).media_ms == 1560


def test_a_lost_index_is_rebuilt_from_the_file(killed: Recording) -> None:
    part = next(file for file in killed.files() if file.name.endswith(".part"))
    before = index_path(part).read_text()
    index_path(part).unlink()
    repair(killed)
    assert index_path(part).read_text() == before


def test_a_file_whose_row_was_never_committed_is_registered_from_itself(tmp_path: Path) -> None:
    recording = Recording(tmp_path, ManualClock(START))
    recording.feed(encoded(5.6))  # the ledger never ran
    report = repair(recording)
    assert len(report.closed) == 2
    (run,) = all_of(recording, Run)
    assert (run.start_ms, run.media_ms, run.end_reason, run.width) == (ZERO, 5560, "box_restart", 320)
    assert [row.media_ms for row in all_of(recording, Segment)] == [4000, 1560]


def test_a_crash_between_rename_and_commit_is_finished(killed: Recording) -> None:
    part = next(file for file in killed.files() if file.name.endswith(".part"))
    index = good_prefix(part)
    assert part.stat().st_size == index.end_offset
    part.rename(part.with_suffix(""))
    report = repair(killed)
    assert len(report.closed) == 1 and not report.missing
    assert all(row.closed and row.path.endswith(".mp4") for row in all_of(killed, Segment))


def test_files_nobody_knows_go_to_quarantine_and_are_kept(killed: Recording) -> None:
    repair(killed)
    day = killed.files()[0].parent
    stranger = killed.files()[0].read_bytes()
    (day / "1700000000000.mp4").write_bytes(stranger)
    (day / "1700000000001.mp4.part").write_bytes(b"not a recording")
    report = repair(killed)
    assert sorted(Path(name).name for name in report.quarantined) == ["1700000000000.mp4", "1700000000001.mp4.part"]
    assert (killed.paths.quarantine / "cam-1" / day.name / "1700000000000.mp4").read_bytes() == stranger
    assert len(all_of(killed, Segment)) == 2


def test_a_row_whose_file_is_gone_is_reported_and_kept(killed: Recording) -> None:
    repair(killed)
    killed.files()[0].unlink()
    report = repair(killed)
    assert report.missing == [all_of(killed, Segment)[0].path]
    assert len(all_of(killed, Segment)) == 2


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 1))
def test_a_file_torn_anywhere_is_repaired_to_what_is_whole(
    tmp_path_factory: pytest.TempPathFactory, share: float
) -> None:
    recording = Recording(tmp_path_factory.mktemp("box"), ManualClock(START))
    recording.feed(encoded(2, fps=10, gop=10, width=64, height=48))
    recording.settle(reason=None)
    (part,) = recording.files()
    content = part.read_bytes()[: round(share * part.stat().st_size)]
    part.write_bytes(content)
    report = repair(recording)
    rows = all_of(recording, Segment)
    if report.closed:
        kept = (recording.paths.recordings / rows[0].path).read_bytes()
        assert content.startswith(kept)
        assert rows[0].media_ms == fragments(recording.paths.recordings / rows[0].path).media_ms > 0
    else:
        assert rows == [] and len(report.quarantined) == 1
    assert [run.end_reason for run in all_of(recording, Run)] == ["box_restart"]
