"""A span is cut from what was really recorded, says what it lacks, is answered once, and goes when nobody wants it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import av
import pytest

from config.clock import epoch_ms
from edge_agent.spans import cutter as cutter_module
from edge_agent.spans.cutter import SpanCutter
from storage.evidence.fmp4 import fragments
from storage.evidence.tables import LogRow, Run, Segment, SpanRow
from supervisor.contract.log import SpanEntry
from supervisor.contract.target import TargetSpan
from tests.support.box import START, Box, camera_of, film, lesson_of, new_box, target_of, uuid_of

START_MS = epoch_ms(START)
PLENTY: Callable[[int], int] = lambda used: 0  # noqa: E731


@pytest.fixture
def box(tmp_path: Path) -> Box:
    """One lesson hour of three minutes, of which the first 60 seconds and those from 80 to 140 were recorded."""
    made = new_box(tmp_path)
    film(made, START, 60)
    film(made, START + timedelta(seconds=80), 60)
    made.gap(START + timedelta(seconds=60), 20, "line_lost")
    made.clock.step(3600)
    return made


def span(start_s: float, end_s: float, name: str = "span") -> TargetSpan:
    return TargetSpan(
        span_id=uuid_of(name),
        camera_id=camera_of().camera_id,
        lesson_hour_id=uuid_of("lesson one"),
        start_ms=START_MS + round(start_s * 1000),
        end_ms=START_MS + round(end_s * 1000),
        lesson_start_ms=START_MS,
        lesson_end_ms=START_MS + 180_000,
    )


def told(box: Box, *spans: TargetSpan) -> None:
    box.told(target_of([lesson_of()]).model_copy(update={"spans": spans}))


def cutter(box: Box, short: Callable[[int], int] = PLENTY) -> SpanCutter:
    return SpanCutter(box.work, box.plans, box.paths, box.clock, short)


def answers(box: Box) -> list[SpanEntry]:
    with box.work.read() as session:
        bodies = [row.body for row in session.query(LogRow).order_by(LogRow.idx) if row.kind == "span"]
    return [SpanEntry.model_validate_json(body) for body in bodies]


def rows(box: Box) -> list[SpanRow]:
    with box.work.read() as session:
        return list(session.query(SpanRow))


def test_it_is_the_cameras_own_pictures_of_that_time_and_named_by_its_hash(box: Box) -> None:
    told(box, span(10, 40))
    assert cutter(box).tick() == str(uuid_of("span"))
    (answer,) = answers(box)
    assert answer.failure is None and answer.gaps == ()
    assert answer.file is not None
    path = box.paths.spans / str(answer.span_id) / f"{answer.file.sha256}.mp4"
    data = path.read_bytes()
    assert (hashlib.sha256(data).hexdigest(), len(data)) == (answer.file.sha256, answer.file.bytes)
    assert answer.file.start_ms == START_MS + 10_000 and answer.file.end_ms == START_MS + 40_000
    assert answer.file.media_ms == 30_000
    with av.open(str(path)) as film_of_it:
        assert sum(1 for _ in film_of_it.decode(video=0)) == 150
    with box.work.read() as session:
        recorded = [box.paths.recordings / one.path for one in session.query(Segment)]
    media = b"".join(one.read_bytes() for one in recorded)
    for one in fragments(path).fragments:  # nothing was encoded anew
        assert data[one.data_offset : one.data_offset + one.data_size] in media


def test_it_is_answered_once_also_after_a_restart(box: Box) -> None:
    told(box, span(10, 40))
    assert [cutter(box).tick() is None for _ in range(3)] == [False, True, True]
    assert len(answers(box)) == 1


def test_a_gap_inside_is_stated_with_its_reason(box: Box) -> None:
    told(box, span(50, 100))
    cutter(box).tick()
    (answer,) = answers(box)
    assert answer.file is not None and answer.file.media_ms == 30_000
    assert [(gap.start_ms - START_MS, gap.end_ms - START_MS, gap.reason) for gap in answer.gaps] == [
        (60_000, 80_000, "line_lost")
    ]


def test_what_was_recorded_and_is_gone_is_no_gap_of_the_recording(box: Box) -> None:
    with box.work.write() as session:
        lost = session.query(Segment).filter(Segment.start_ms == START_MS + 20_000).one()
        lost.fate = "lost"
    told(box, span(10, 50))
    cutter(box).tick()
    (answer,) = answers(box)
    assert [(gap.start_ms - START_MS, gap.end_ms - START_MS, gap.reason) for gap in answer.gaps] == [
        (20_000, 40_000, "file_lost")
    ]


def test_nothing_recorded_is_said_and_nothing_is_kept(box: Box) -> None:
    told(box, span(145, 175))
    cutter(box).tick()
    (answer,) = answers(box)
    assert (answer.file, answer.failure) == (None, "not_recorded")
    assert [(gap.start_ms - START_MS, gap.end_ms - START_MS) for gap in answer.gaps] == [(145_000, 175_000)]
    assert [(row.path, row.delivered) for row in rows(box)] == [(None, True)]


def test_of_a_running_lesson_hour_it_waits_until_the_stretch_is_written(box: Box) -> None:
    told(box, span(20, 50))
    box.clock.step(-3600 + 5 * 60 + 51)  # 51 s into the lesson hour
    assert cutter(box).tick() is None
    box.clock.step(4)
    assert cutter(box).tick() is not None


def test_a_box_without_room_says_so_and_leaves_it_to_the_recordings_to_come(box: Box) -> None:
    told(box, span(10, 40))
    asked: list[int] = []
    cutter(box, lambda used: asked.append(used) or 1).tick()
    with box.work.read() as session:
        assert asked == [sum(one.bytes for one in session.query(Segment).filter(Segment.start_ms < START_MS + 40_000))]
    assert [answer.failure for answer in answers(box)] == ["disk"]


def test_files_that_cannot_be_read_are_tried_again_and_then_said(box: Box) -> None:
    for path in box.paths.recordings.rglob("*.mp4"):
        path.write_bytes(b"x" * 5000)
    told(box, span(10, 40))
    one = cutter(box)
    assert [one.tick() is None for _ in range(cutter_module.TRIES)] == [True, True, False]
    assert [answer.failure for answer in answers(box)] == ["damaged"]


def test_what_is_wanted_no_more_goes_and_the_recording_stays(box: Box) -> None:
    told(box, span(10, 40), span(90, 100, "other"))
    one = cutter(box)
    one.tick()
    one.tick()
    recorded = {path: path.read_bytes() for path in box.paths.recordings.rglob("*.mp4")}
    told(box, span(90, 100, "other"))
    one.tick()
    assert [row.span_id for row in rows(box)] == [str(uuid_of("other"))]
    assert [folder.name for folder in box.paths.spans.iterdir()] == [str(uuid_of("other"))]
    assert {path: path.read_bytes() for path in box.paths.recordings.rglob("*.mp4")} == recorded
    with box.work.read() as session:
        assert session.query(Run).count() == 2


def test_a_crash_before_the_entry_leaves_the_same_file_again(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    told(box, span(10, 40))

    def fail(*_: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(SpanCutter, "_write", fail)
        with pytest.raises(RuntimeError):
            cutter(box).tick()
    before = [path.name for path in box.paths.spans.rglob("*.mp4")]
    cutter(box).tick()
    assert [path.name for path in box.paths.spans.rglob("*")][1:] == before
    assert json.loads(answers(box)[0].model_dump_json())["file"]["sha256"] == before[0].removesuffix(".mp4")
