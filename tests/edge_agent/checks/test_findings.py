"""What doctor says of clock, disk, centre and backlog; cameras are tried in `test_agent`, by the command itself."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config.clock import ManualClock, epoch_ms
from config.settings import EdgeSettings
from edge_agent.capture.timekeeping import ClockState
from edge_agent.checks.centre import backlog, refusal
from edge_agent.checks.clock import machine_clock
from edge_agent.checks.disk import Forecast, disk, judged
from edge_agent.checks.finding import Level
from edge_agent.checks.versions import versions
from edge_agent.opening import OpenBox
from edge_agent.remembered import Fact, remember
from storage.evidence import log as evidence_log
from storage.evidence.tables import ClipRow, LessonRow, Segment
from supervisor.rules.evidence import ClockVoucher
from tests.support.box import START, Box, camera_of, new_box

GIB = 1024**3


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return new_box(tmp_path / "box")


def opened(box: Box) -> OpenBox:
    return OpenBox(box.work, box.paths)


@pytest.mark.parametrize(
    ("state", "code", "level"),
    [
        (ClockState(True, 10, 20), "CLOCK_OK", Level.OK),
        (ClockState(True, 10, 20_000), "CLOCK_UNCERTAIN", Level.PROBLEM),
        (ClockState(False, 0, 16_000_000), "CLOCK_UNSYNCHRONISED", Level.PROBLEM),
        (ClockState(), "CLOCK_UNKNOWN", Level.PROBLEM),
    ],
)
def test_a_clock_nobody_vouches_for_is_a_problem_with_a_remedy(state: ClockState, code: str, level: Level) -> None:
    found = machine_clock(ManualClock(START), ClockVoucher.NTP, lambda: state)
    assert (found.code, found.level) == (code, level)
    assert bool(found.todo_zh and found.todo_en) is (level is Level.PROBLEM)


def test_an_operator_may_vouch_for_the_clock_and_the_finding_says_so() -> None:
    found = machine_clock(ManualClock(START), ClockVoucher.OPERATOR, lambda: ClockState(False, 0, 16_000_000))
    assert (found.code, "operator" in found.en) == ("CLOCK_OK", True)


def test_a_clock_that_was_never_set_is_wrong_whoever_vouches() -> None:
    clock = ManualClock(datetime(1970, 1, 2, tzinfo=UTC))
    found = machine_clock(clock, ClockVoucher.OPERATOR, lambda: ClockState(True, 0, 1))
    assert found.code == "CLOCK_WRONG"


def recorded(box: Box, days_ago: float, size: int) -> None:
    start = box.clock.now() - timedelta(days=days_ago)
    box.recorded(start, 60)
    with box.work.write() as session:
        run = 1
        session.add(
            Segment(
                run_id=run,
                camera_id=str(camera_of().camera_id),
                path=f"x/{days_ago}.mp4",
                start_ms=epoch_ms(start),
                media_ms=60_000,
                bytes=size,
                sha256="0" * 64,
                closed=True,
            )
        )


def test_the_forecast_uses_the_rate_of_the_last_week_and_not_a_guess(box: Box) -> None:
    settings = EdgeSettings(data_dir=box.paths.data_dir, min_free_bytes=1)
    assert "no recent recordings" in disk(settings, opened(box), None, box.clock).en
    recorded(box, 20, GIB)
    recorded(box, 6, 14 * GIB)
    recorded(box, 1, 7 * GIB)
    found = disk(settings, opened(box), None, box.clock)
    assert "about 3.0 GiB are recorded a day" in found.en  # 21 GiB in 7 days


@pytest.mark.parametrize(
    ("per_day", "held", "free", "code", "level"),
    [
        (10, 250, 60, "DISK_OK", Level.OK),  # full in 6 days, but then the term is over for the oldest
        (10, 0, 290, "DISK_SHORT", Level.OK),
        (10, 0, 100, "DISK_SHORT", Level.WARNING),
        (10, 200, 20, "DISK_SHORT", Level.PROBLEM),
    ],
)
def test_a_disk_that_cannot_hold_the_term_is_told_before_it_is_full(
    per_day: float, held: int, free: int, code: str, level: Level
) -> None:
    found = judged(Forecast(per_day * GIB, held * GIB, free * GIB), 30, "some")
    assert (found.code, found.level) == (code, level)
    assert bool(found.todo_en) is (code == "DISK_SHORT")


@pytest.mark.parametrize(
    ("hours", "level"), [(1, Level.OK), (25, Level.WARNING), (71, Level.WARNING), (73, Level.PROBLEM)]
)
def test_the_age_of_the_oldest_thing_waiting_is_told_before_it_is_too_late(box: Box, hours: int, level: Level) -> None:
    with box.work.write() as session:
        for kind in ("delivered", "waiting"):
            at = box.clock.now() - timedelta(hours=hours if kind == "waiting" else 500)
            evidence_log.append(session, {"kind": "boot", "at": epoch_ms(at), "boot_id": kind, "version": "1"})
        remember(session, Fact.LOG_DELIVERED, 1)
        remember(session, Fact.LAST_CONTACT_MS, epoch_ms(box.clock.now()))
    found = backlog(opened(box), box.clock)
    assert found.level is level
    assert "1 log entries, 0 clips" in found.en
    assert (f"the oldest for {hours} hours" in found.en) is (level is not Level.OK)


def test_a_clip_that_waits_has_the_age_of_its_lesson_hour(box: Box) -> None:
    ended = box.clock.now() - timedelta(hours=80)
    with box.work.write() as session:
        evidence_log.append(session, {"kind": "boot", "at": epoch_ms(ended), "boot_id": "b", "version": "1"})
        remember(session, Fact.LOG_DELIVERED, 1)
        session.add(LessonRow(lesson_hour_id="l", end_ms=epoch_ms(ended), log_idx=0))
        session.add(ClipRow(sha256="0" * 64, lesson_hour_id="l", camera_id="c", path="c.mp4", bytes=1))
    found = backlog(opened(box), box.clock)
    assert (found.code, found.level) == ("BACKLOG_OLD", Level.PROBLEM)
    assert "0 log entries, 1 clips, the oldest for 80 hours" in found.en


def test_a_centre_that_was_never_reached_and_nothing_waiting_is_no_backlog(box: Box) -> None:
    assert backlog(opened(box), box.clock).code == "BACKLOG_OK"


@pytest.mark.parametrize(("code", "words"), [("LOG_FORK", "delete nothing"), ("BOX_REVOKED", "enrol --replace")])
def test_a_refusal_stays_visible_with_what_to_do(box: Box, code: str, words: str) -> None:
    assert list(refusal(opened(box))) == []
    with box.work.write() as session:
        remember(session, Fact.REFUSED, json.dumps({"code": code, "zh": "原因", "en": "why"}))
    (found,) = refusal(opened(box))
    assert (found.code, found.level) == (code, Level.PROBLEM)
    assert words in found.todo_en and found.todo_zh


def test_the_versions_name_program_and_python() -> None:
    assert "LessonProof " in versions().en and "Python 3." in versions().en
