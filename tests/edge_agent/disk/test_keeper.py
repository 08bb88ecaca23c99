"""The disk kept, on real files and a real index: terms over, crashes in between, a disk that is full."""

from __future__ import annotations

import errno
import os
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from config.clock import epoch_ms
from config.settings import EdgeSettings
from edge_agent.capture.segment_file import index_path
from edge_agent.disk.ballast import Ballast
from edge_agent.disk.deletion import finish
from edge_agent.disk.keeper import EVERY_S, DiskKeeper
from storage.evidence.tables import ClipRow, LessonRow, LogRow, Segment
from supervisor.contract.log import LOG_ENTRY, DeletionEntry
from tests.support.box import START, Box, camera_of, film, lesson_of, new_box, target_of
from tests.support.tiny_disk import tiny_disk

TERM = timedelta(days=31)  # the demo profile keeps raw recordings 30 days


@pytest.fixture
def box(tmp_path: Path) -> Box:
    """A minute was recorded, in segments of 20 s; its lesson hour is judged and its clip is at the centre."""
    made = new_box(tmp_path)
    made.told(target_of([lesson_of(minutes=1)]))
    film(made, START, 60)
    made.clock.sleep(900)
    judged(made, delivered=True)
    return made


def judged(box: Box, *, delivered: bool) -> None:
    lesson = lesson_of(minutes=1)
    (box.paths.clips).mkdir()
    (box.paths.clips / "c.mp4").write_bytes(b"clip")
    with box.work.write() as session:
        index = session.scalars(select(LogRow.idx).order_by(LogRow.idx.desc())).first()
        session.add(
            LessonRow(
                lesson_hour_id=str(lesson.lesson_hour_id), start_ms=epoch_ms(lesson.start), end_ms=epoch_ms(lesson.end),
                raw_days=30, log_idx=index,
            )
        )  # fmt: skip
        session.add(
            ClipRow(
                sha256="c" * 64, lesson_hour_id=str(lesson.lesson_hour_id), camera_id=str(camera_of().camera_id),
                path="c.mp4", bytes=4, delivered=delivered,
            )
        )  # fmt: skip


def keeper(box: Box, **settings: object) -> DiskKeeper:
    given = {"data_dir": box.paths.data_dir, "min_free_bytes": 1} | settings
    return DiskKeeper(
        box.work, box.plans, box.paths, EdgeSettings(**given), box.clock, Ballast(box.paths.ballast, 4096)
    )


def later(box: Box, by: timedelta = TERM) -> None:
    """Time passes, and the centre says what day it is."""
    box.clock.sleep(by.total_seconds())
    box.plans.confirm(box.clock.now())


def files(box: Box) -> list[Path]:
    return sorted(box.paths.recordings.rglob("*.mp4"))


def rows(box: Box, table: type) -> list:
    with box.work.read() as session:
        return list(session.scalars(select(table)))


def deletions(box: Box) -> list[DeletionEntry]:
    parsed = [LOG_ENTRY.validate_json(row.body) for row in sorted(rows(box, LogRow), key=lambda row: row.idx)]
    return [one for one in parsed if isinstance(one, DeletionEntry)]


def test_a_raw_recording_goes_after_its_term_and_the_log_keeps_its_hash(box: Box) -> None:
    before = {row.path: row.sha256 for row in rows(box, Segment)}
    keeper(box).tick()
    assert len(files(box)) == len(before) == 3
    later(box)
    keeper(box).tick()
    assert files(box) == [] == list(box.paths.recordings.rglob("*.idx")) == rows(box, Segment)
    told = deletions(box)
    assert {one.file: one.sha256 for one in told} == before
    assert {(one.what, one.reason) for one in told} == {("segment", "term_over")}
    assert (box.paths.clips / "c.mp4").exists()  # the disk is not short


def test_a_recording_whose_clip_is_not_at_the_centre_stays(tmp_path: Path) -> None:
    box = new_box(tmp_path)
    box.told(target_of([lesson_of(minutes=1)]))
    film(box, START, 60)
    judged(box, delivered=False)
    later(box)
    keeper(box, min_free_bytes=1 << 60).tick()
    assert len(files(box)) == 3 and deletions(box) == []


def test_a_recording_whose_lesson_hour_is_not_judged_stays(tmp_path: Path) -> None:
    box = new_box(tmp_path)
    box.told(target_of([lesson_of(minutes=1)]))
    film(box, START, 60)
    later(box)
    keeper(box, min_free_bytes=1 << 60).tick()
    assert len(files(box)) == 3 and deletions(box) == []


def test_when_the_disk_is_short_the_copy_of_a_delivered_clip_goes_too(box: Box) -> None:
    later(box)
    keeper(box, min_free_bytes=1 << 60).tick()
    assert [(one.what, one.reason) for one in deletions(box)] == [("segment", "term_over")] * 3 + [("clip", "space")]
    assert not (box.paths.clips / "c.mp4").exists() and rows(box, ClipRow) == []


def test_in_term_nothing_goes_however_short_the_disk_is(box: Box, caplog: pytest.LogCaptureFixture) -> None:
    tired = keeper(box, min_free_bytes=1 << 60)
    for _ in range(3):
        tired.tick()
        box.clock.sleep(EVERY_S)
    assert len(files(box)) == 3 and deletions(box) == []
    assert caplog.text.count("nothing that is left may be deleted") == 1


def test_a_clock_that_jumps_a_year_ahead_deletes_nothing(box: Box) -> None:
    box.clock.step(365 * 86_400)
    keeper(box, min_free_bytes=1 << 60).tick()
    assert len(files(box)) == 3 and deletions(box) == []


def test_what_is_recorded_after_the_clock_was_set_back_is_not_taken_for_old(box: Box) -> None:
    later(box, timedelta(days=40))
    film(box, START + timedelta(days=40), 20)
    film(box, START - timedelta(days=300), 20)  # the battery of the clock was flat
    keeper(box).tick()
    assert len(files(box)) == 2


def test_a_deletion_that_was_cut_off_is_finished_by_the_next_life(box: Box) -> None:
    first, second, _ = rows(box, Segment)
    with box.work.write() as session:
        for one in (first, second):
            session.get_one(Segment, one.id).fate = "deleting"
    (box.paths.recordings / first.path).unlink()
    assert finish(box.work, box.paths, box.clock) == first.bytes + second.bytes
    assert [row.path for row in rows(box, Segment)] == [files(box)[0].relative_to(box.paths.recordings).as_posix()]
    assert [one.sha256 for one in deletions(box)] == [first.sha256, second.sha256]
    assert not index_path(box.paths.recordings / second.path).exists()
    assert finish(box.work, box.paths, box.clock) == 0


def test_the_ballast_is_really_on_the_disk_and_made_only_where_there_is_room(tmp_path: Path) -> None:
    box = new_box(tmp_path)
    keeper(box, min_free_bytes=1 << 60).tick()
    assert not box.paths.ballast.exists()
    keeper(box).tick()
    assert box.paths.ballast.stat().st_blocks * 512 >= 4096


def fill(folder: Path) -> None:
    with (folder / "filler").open("ab", buffering=0) as file, pytest.raises(OSError) as full:
        while True:
            file.write(os.urandom(4096))
    assert full.value.errno == errno.ENOSPC


def test_on_a_full_disk_the_ballast_lets_the_index_and_the_log_be_written(tmp_path: Path) -> None:
    with tiny_disk(tmp_path / "disk", 24 * 1024) as folder:
        box = new_box(folder)
        ballast = Ballast(box.paths.ballast, 8 * 1024 * 1024)
        kept = DiskKeeper(
            box.work, box.plans, box.paths, EdgeSettings(data_dir=folder, min_free_bytes=1), box.clock, ballast
        )
        kept.tick()
        assert ballast.there
        fill(folder)
        with pytest.raises(OperationalError):  # "database or disk is full"
            for _ in range(200):
                box.gap(START, 1, "disk")
        kept.tick()
        assert not ballast.there
        box.gap(START, 1, "disk")
        fill(folder)
        (folder / "filler").unlink()
        kept.tick()
        assert ballast.there
        box.work.engine.dispose()
