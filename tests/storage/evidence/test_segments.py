"""What overlaps a stretch is told, what only touches it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage.database.engine import UnitOfWork, open_engine
from storage.database.migrate import upgrade
from storage.evidence.segments import gaps_between, runs_between, segments_between
from storage.evidence.tables import GapRow, Run, Segment


@pytest.fixture
def work(tmp_path: Path) -> UnitOfWork:
    unit = UnitOfWork(open_engine(f"sqlite:///{tmp_path / 'box.db'}"))
    upgrade(unit.engine, "box")
    return unit


def run_of(camera: str, start_ms: int, media_ms: int) -> Run:
    return Run(
        camera_id=camera, boot_id="b", start_ms=start_ms, media_ms=media_ms, codec="h264", width=1, height=1
    )  # fmt: skip


def test_runs_that_overlap_are_told_in_order_and_other_cameras_are_not(work: UnitOfWork) -> None:
    with work.write() as session:
        session.add_all(
            [run_of("a", 5000, 1000), run_of("a", 0, 1000), run_of("a", 2000, 1000), run_of("b", 2000, 1000)]
        )
    with work.read() as session:
        assert [run.start_ms for run in runs_between(session, "a", 0, 6000)] == [0, 2000, 5000]
        assert [run.start_ms for run in runs_between(session, "a", 1000, 2000)] == []
        assert [run.start_ms for run in runs_between(session, "a", 999, 2001)] == [0, 2000]


def test_a_gap_that_lasts_and_one_without_length_are_told(work: UnitOfWork) -> None:
    with work.write() as session:
        for start_ms, end_ms in ((0, 1000), (2000, 2000), (5000, None)):
            session.add(GapRow(camera_id="a", start_ms=start_ms, end_ms=end_ms, reason="line_lost"))
    with work.read() as session:
        assert [gap.start_ms for gap in gaps_between(session, "a", 0, 10_000)] == [0, 2000, 5000]
        assert [gap.start_ms for gap in gaps_between(session, "a", 1000, 3000)] == [2000]
        assert [gap.end_ms for gap in gaps_between(session, "a", 8000, 9000)] == [None]
        assert gaps_between(session, "b", 0, 10_000) == []


def test_the_open_segment_is_told_whatever_the_index_knows_of_its_length(work: UnitOfWork) -> None:
    with work.write() as session:
        run = run_of("a", 0, 0)
        session.add(run)
        session.flush()
        for name, start_ms, closed in (("a/1.mp4", 0, True), ("a/2.mp4", 4000, True), ("a/3.mp4.part", 8000, False)):
            session.add(
                Segment(
                    run_id=run.id, camera_id="a", path=name, start_ms=start_ms, media_ms=4000 if closed else 0,
                    bytes=1, sha256="0" * 64 if closed else None, closed=closed,
                )
            )  # fmt: skip
    with work.read() as session:
        assert [one.path for one in segments_between(session, "a", 5000, 20_000)] == ["a/2.mp4", "a/3.mp4.part"]
        assert [one.path for one in segments_between(session, "a", 0, 4000)] == ["a/1.mp4"]
