"""Index against disk: every kind of damage is found, put right as far as it can be, and nothing is deleted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from typer.testing import CliRunner

from config.errors import LessonProofError
from config.settings import EdgeSettings
from edge_agent.capture.segment_file import index_path
from edge_agent.cli import app
from edge_agent.disk.fsck import Fault, Finding, Level, Remedy, check, repair
from edge_agent.opening import RunLock, open_box
from storage.evidence.fmp4 import fragments
from storage.evidence.tables import ClipRow, GapRow, LogRow, Run, Segment
from supervisor.contract.log import LOG_ENTRY, GapEntry, LossEntry
from tests.support.box import START, Box, camera_of, film, new_box

ROOT = Path(__file__).parents[3]


@pytest.fixture
def box(tmp_path: Path) -> Box:
    """Forty seconds in two segments, and a clip."""
    made = new_box(tmp_path)
    film(made, START, 40)
    with made.work.write() as session:
        session.add(
            ClipRow(
                sha256="2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824", lesson_hour_id="h",
                camera_id=str(camera_of().camera_id), path="hello.mp4", bytes=5, delivered=False,
            )
        )  # fmt: skip
    made.paths.clips.mkdir()
    (made.paths.clips / "hello.mp4").write_bytes(b"hello")
    return made


def files(box: Box) -> list[Path]:
    return sorted(box.paths.recordings.rglob("*.mp4"))


def look(box: Box, level: Level = Level.HASH) -> list[tuple[str, Fault]]:
    return [(one.path, one.fault) for one in check(box.work, box.paths, level)]


def mended(box: Box, level: Level = Level.HASH) -> list[Finding]:
    return repair(box.work, box.paths, check(box.work, box.paths, level), box.clock)


def name(box: Box, file: Path) -> str:
    return file.relative_to(box.paths.data_dir).as_posix()


def rows(box: Box, table: type) -> list:
    with box.work.read() as session:
        return list(session.scalars(select(table).order_by(*table.__table__.primary_key)))


def entries(box: Box, kind: type) -> list:
    return [one for row in rows(box, LogRow) if isinstance(one := LOG_ENTRY.validate_json(row.body), kind)]


def test_a_sound_box_is_clean_at_every_level_and_repair_changes_nothing(box: Box) -> None:
    for level in Level:
        assert look(box, level) == []
    assert mended(box) == []
    assert len(files(box)) == 2 and not box.paths.quarantine.exists()


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size - 1)


DAMAGES = {
    Level.PRESENCE: (Path.unlink, Fault.MISSING),
    Level.SIZE: (cut, Fault.SIZE),
    Level.HASH: (flip, Fault.HASH),
}


@pytest.mark.parametrize("damaged", list(Level))
def test_damage_is_found_from_its_level_on(box: Box, damaged: Level) -> None:
    damage, fault = DAMAGES[damaged]
    victims = [files(box)[1], box.paths.clips / "hello.mp4"]
    for victim in victims:
        damage(victim)
    levels = list(Level)
    for level in levels:
        expected = sorted((name(box, victim), fault) for victim in victims)
        assert look(box, level) == (expected if levels.index(level) >= levels.index(damaged) else [])


@pytest.mark.parametrize("damaged", list(Level))
def test_a_lost_segment_is_marked_leaves_a_gap_and_keeps_its_hash_in_the_log(box: Box, damaged: Level) -> None:
    damage, fault = DAMAGES[damaged]
    victim = files(box)[1]
    damage(victim)
    assert mended(box) == [Finding(name(box, victim), fault, Remedy.MARKED_LOST)]
    _, row = rows(box, Segment)
    assert row.fate == "lost"
    (loss,), (gap,) = entries(box, LossEntry), entries(box, GapEntry)
    assert (loss.what, loss.file, loss.sha256, loss.found) == ("segment", row.path, row.sha256, fault.value)
    assert (gap.start_ms, gap.end_ms, gap.reason) == (row.start_ms, row.start_ms + row.media_ms, "file_lost")
    assert [(one.start_ms, one.reason) for one in rows(box, GapRow)] == [(row.start_ms, "file_lost")]
    assert (box.paths.quarantine / row.path).exists() is (damaged is not Level.PRESENCE)
    assert look(box) == []  # told once


def test_a_lost_clip_is_marked_and_logged(box: Box) -> None:
    (box.paths.clips / "hello.mp4").unlink()
    assert [one.remedy for one in mended(box)] == [Remedy.MARKED_LOST]
    assert [one.fate for one in rows(box, ClipRow)] == ["lost"]
    assert [one.what for one in entries(box, LossEntry)] == ["clip"]


def test_unknown_files_of_any_kind_and_age_go_to_quarantine(box: Box) -> None:
    old = box.paths.recordings / "some-camera" / "20200101"
    old.mkdir(parents=True)
    strangers = [old / "1.mp4", old / "notes.txt", box.paths.clips / "x.part", box.paths.recordings / "top"]
    for stranger in strangers:
        stranger.write_bytes(b"?")
    for number in range(3, 6):  # so that the old folder is not among the newest days
        (old.parent / f"2020010{number}").mkdir()
    assert look(box) == sorted((name(box, one), Fault.UNKNOWN) for one in strangers)
    assert {one.remedy for one in mended(box)} == {Remedy.QUARANTINED}
    assert sorted(file.name for file in box.paths.quarantine.rglob("*") if file.is_file()) == [
        "1.mp4", "notes.txt", "top", "x.part",
    ]  # fmt: skip
    assert look(box) == [] and len(rows(box, Segment)) == 2


def test_a_recording_that_was_cut_off_is_closed_and_registered(box: Box) -> None:
    """As kill -9 leaves it: the file is a `.part` and its row open."""
    last = files(box)[1]
    part = last.rename(last.with_name(last.name + ".part"))
    with box.work.write() as session:
        row = session.scalars(select(Segment).order_by(Segment.id.desc())).first()
        assert row is not None
        row.path, row.closed, row.sha256 = row.path + ".part", False, None
    with part.open("ab") as torn:
        torn.write(b"\0\0\1")
    assert look(box) == [(name(box, part), Fault.OPEN)]
    assert [one.remedy for one in mended(box)] == [Remedy.CLOSED]
    assert look(box) == [] and fragments(last).media_ms > 0


def test_while_the_box_is_at_work_what_is_open_is_left_alone_and_nothing_is_repaired(box: Box) -> None:
    last = files(box)[1]
    last.rename(last.with_name(last.name + ".part"))
    with box.work.write() as session:
        row = session.scalars(select(Segment).order_by(Segment.id.desc())).first()
        assert row is not None
        row.path, row.closed, row.sha256 = row.path + ".part", False, None
    (last.parent / "1.mp4.part").write_bytes(b"just opened")
    files(box)[0].unlink()
    with RunLock(box.paths.data_dir):
        findings = check(box.work, box.paths, Level.HASH)
        assert [one.fault for one in findings] == [Fault.MISSING]
        with pytest.raises(LessonProofError) as refused:
            repair(box.work, box.paths, findings, box.clock)
    assert refused.value.code == "ALREADY_RUNNING"


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from(["unlink", "cut", "flip", "part", "stranger", "idx"]), st.integers(0, 5)), max_size=6
    )
)
def test_whatever_happened_to_the_files_one_repair_makes_the_box_agree(
    tmp_path_factory: pytest.TempPathFactory, damages: list[tuple[str, int]]
) -> None:
    box = new_box(tmp_path_factory.mktemp("box"))
    film(box, START, 3, segment_s=1)
    for how, number in damages:
        there = files(box)
        if how == "stranger" or not there:
            (box.paths.recordings / f"{number}.mp4").write_bytes(b"?" * number)
            continue
        file = there[number % len(there)]
        match how:
            case "unlink":
                file.unlink()
            case "cut" if file.stat().st_size:
                cut(file)
            case "flip" if file.stat().st_size:
                flip(file)
            case "part":
                file.rename(file.with_name(file.name + ".part"))
            case "idx":
                index_path(file).unlink(missing_ok=True)
    hashes = {row.sha256 for row in rows(box, Segment)}
    mended(box)
    assert look(box) == []
    assert hashes <= {row.sha256 for row in rows(box, Segment)}  # a row is never deleted


def lose_the_index(box: Box) -> Box:
    box.work.engine.dispose()
    for file in box.paths.data_dir.glob("box.db*"):
        file.unlink()
    opened = open_box(EdgeSettings(data_dir=box.paths.data_dir))
    box.work = opened.work
    return box


def test_a_lost_index_is_rebuilt_from_the_files_with_their_own_times(box: Box) -> None:
    film(box, START + timedelta(days=5), 20)
    film(box, START + timedelta(days=9), 20)
    before = [(row.path, row.start_ms, row.media_ms, row.bytes, row.sha256) for row in rows(box, Segment)]
    runs = [(row.camera_id, row.start_ms, row.media_ms, row.codec, row.width) for row in rows(box, Run)]
    flip_header = files(box)[0]
    whole = flip_header.read_bytes()
    flip_header.write_bytes(b"\xff" * 16 + whole[16:])
    lose_the_index(box)
    mended(box)
    assert [(row.path, row.start_ms, row.media_ms, row.bytes, row.sha256) for row in rows(box, Segment)] == before[1:]
    assert [(row.camera_id, row.start_ms, row.media_ms, row.codec, row.width) for row in rows(box, Run)] == runs
    assert {row.clock_synchronised for row in rows(box, Run)} == {None}  # nobody knows any more
    (gap,) = rows(box, GapRow)
    assert gap.start_ms == runs[-1][1] + runs[-1][2]  # after the last picture there is; the others are runs' ends
    assert [file.read_bytes()[16:] for file in box.paths.quarantine.rglob("*.mp4") if file.parent.name != "clips"] == [
        whole[16:]
    ]


def test_an_index_deleted_beside_its_write_ahead_log_is_opened_anew(box: Box) -> None:
    """As a careless hand deletes it: `box.db` alone, while nothing runs."""
    box.work.engine.dispose()
    (box.paths.data_dir / "box.db").unlink()
    (box.paths.data_dir / "box.db-wal").write_bytes(os.urandom(40_000))
    box.work = open_box(EdgeSettings(data_dir=box.paths.data_dir)).work
    assert rows(box, Segment) == []
    mended(box)
    assert len(rows(box, Segment)) == 2


def run(box: Box, *more: str) -> tuple[int, dict]:
    done = CliRunner().invoke(app, ["fsck", "--data", str(box.paths.data_dir), "--json", *more])
    return done.exit_code, json.loads(done.stdout)


def test_the_command_says_what_is_wrong_and_what_was_done(box: Box) -> None:
    assert run(box, "--level", "hash") == (0, {"ok": True, "findings": []})
    victim = files(box)[0]
    flip(victim)
    assert run(box, "--level", "size")[0] == 0
    status, told = run(box, "--level", "hash", "--repair")
    assert status == 1
    assert told["findings"] == [{"path": name(box, victim), "fault": "hash", "remedy": "marked_lost"}]
    assert run(box, "--level", "hash")[0] == 0
    (box.paths.recordings / "x.mp4").write_bytes(b"?")
    done = subprocess.run(
        [sys.executable, "-m", "edge_agent", "fsck", "--data", str(box.paths.data_dir)],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "recordings/x.mp4: 索引中没有这个文件 no row names this file" in done.stdout
