"""The pictures that explain a verdict: one of each part of the window, the fullest."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from config.clock import epoch_ms
from config.profile import load_profile
from edge_agent.lessons.watch import LessonWatch
from edge_agent.vision import samples
from edge_agent.vision.watcher import Look, Seen
from storage.evidence.tables import LogRow, SightingRow
from supervisor.contract.evidence import parse_verdict
from supervisor.contract.log import LOG_ENTRY, VerdictEntry
from supervisor.rules.evidence import ClockVoucher, Counter, Watcher
from supervisor.rules.verdict import VerdictState
from tests.support.box import START, Box, camera_of, film, lesson_of, new_box, target_of

PLACES = load_profile("000000-demo.2")
YUNET = Counter("yunet", "a" * 64, "openvino 1", 0.6)
WATCHER = Watcher("seats/1", None, 20, 1.0, None)
CAMERA = str(camera_of().camera_id)


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return new_box(tmp_path)


def seen(box: Box, second: int, count: int, seated: int) -> None:
    people = [Seen(100.0 * n, 50, 40, 50, "face", 1.0) for n in range(count)]
    people += [Seen(100.0 * n, 50, 40, 50, "held", 0.7) for n in range(count, seated)]
    look = Look(epoch_ms(START) + second * 1000, 1280, 720, count, seated, 0.9, tuple(people))
    with box.work.write() as session:
        samples.keep(session, CAMERA, look, YUNET, WATCHER, ())


def judged(box: Box) -> VerdictEntry:
    box.clock.sleep((START + timedelta(minutes=3, seconds=4) - box.clock.now()).total_seconds())
    box.told(target_of([lesson_of(profile=PLACES.name)], profile=PLACES))
    watch = LessonWatch(
        box.work, box.plans, box.paths, box.clock, segment_s=20, version="1", voucher=ClockVoucher.OPERATOR
    )
    assert len(watch.tick()) == 1
    with box.work.read() as session:
        row = session.scalars(select(LogRow).where(LogRow.kind == "verdict")).one()
    entry = LOG_ENTRY.validate_python(json.loads(row.body))
    assert isinstance(entry, VerdictEntry)
    return entry


def test_the_fullest_picture_of_each_part_with_its_boxes(box: Box) -> None:
    film(box, START, 100)
    for second in range(0, 100, 2):
        seen(box, second, 3 if second in (14, 34, 60) else 2, 3)
    entry = judged(box)
    verdict = parse_verdict(json.dumps(entry.verdict))
    assert (verdict.state, verdict.peak, verdict.raw_median) == (VerdictState.PASS, 3, 2)
    assert verdict.window is not None
    inside = [moment.at - epoch_ms(START) - verdict.window.start_ms for moment in entry.moments]
    assert [at // 20_000 for at in inside] == [0, 1, 2]  # the window is a minute
    full = [moment for moment in entry.moments if moment.count == 3]
    assert {moment.at - epoch_ms(START) for moment in full} <= {14_000, 34_000, 60_000}
    assert len(full) >= 2
    for moment in entry.moments:
        assert (moment.seated, moment.confidence, moment.width, moment.height) == (3, 0.9, 1280, 720)
        assert [one.how for one in moment.people].count("face") == moment.count
        assert len(moment.people) == 3


def test_where_people_were_is_forgotten_once_the_hour_is_judged(box: Box) -> None:
    film(box, START, 100)
    for second in range(0, 100, 2):
        seen(box, second, 3, 3)
    seen(box, 185, 3, 3)  # the next lesson hour
    judged(box)
    with box.work.read() as session:
        assert [row.at_ms - epoch_ms(START) for row in session.scalars(select(SightingRow))] == [185_000]


def test_a_part_without_a_sample_has_no_picture(box: Box) -> None:
    film(box, START, 70)
    seen(box, 30, 3, 3)
    assert len(judged(box).moments) == 1


def test_without_a_window_there_is_nothing_to_show(box: Box) -> None:
    film(box, START, 30)
    seen(box, 10, 3, 3)
    assert judged(box).moments == ()
