"""The box's way from recordings to one log entry a lesson hour: filmed, judged and looked at by its own parts."""

from __future__ import annotations

import json
import re
import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner

from config.clock import epoch_ms
from edge_agent.cli import app
from edge_agent.lessons.watch import LessonWatch
from edge_agent.replay.check import hours_between
from edge_agent.replay.library import Library
from edge_agent.replay.watch import ReplayWatch
from storage.evidence.tables import LessonRow, LogRow
from supervisor.contract.log import LOG_ENTRY, ReplayEntry
from supervisor.contract.not_checked import NotChecked
from supervisor.contract.target import TargetLesson
from supervisor.rules.evidence import ClockVoucher, ExemptKind, ReplayKind
from tests.support.box import START, Box, camera_of, film, lesson_of, new_box, target_of
from tests.support.moving_room import Film, MovingRoom, degraded

DAY = timedelta(days=1)
NEVER = threading.Event()
ROOM, OTHER = MovingRoom(1, 200), MovingRoom(2, 200)


def watch(box: Box) -> ReplayWatch:
    return ReplayWatch(box.work, box.plans, box.paths, box.clock, lead_s=60, keep_days=90)


def taught(
    box: Box, number: int, look: Film | None, *, fps: int = 1, group: int = 1, **changes: object
) -> TargetLesson:
    """A lesson hour of three minutes on day `number`, filmed and judged; it is two hours later now."""
    lesson = lesson_of(f"day {number}", start=START + number * DAY, **changes)
    box.told(target_of([lesson], at=lesson.start))
    if look is not None:
        film(box, lesson.start, 180, look=look, fps=fps, group=group, segment_s=60)
    box.clock.step((lesson.end + timedelta(hours=2) - box.clock.now()).total_seconds())
    judge = LessonWatch(
        box.work, box.plans, box.paths, box.clock, segment_s=60, version="t", voucher=ClockVoucher.OPERATOR
    )
    assert judge.tick() == [str(lesson.lesson_hour_id)]
    return lesson


def entries(box: Box) -> list[ReplayEntry]:
    with box.work.read() as session:
        bodies = session.scalars(select(LogRow.body).where(LogRow.kind == "replay").order_by(LogRow.idx))
        return [entry for entry in map(LOG_ENTRY.validate_json, bodies) if isinstance(entry, ReplayEntry)]


def test_a_replay_of_an_earlier_day_is_logged_once_with_both_spans_and_an_honest_day_as_looked_at(tmp_path) -> None:
    box = new_box(tmp_path)
    first = taught(box, 1, ROOM.picture)
    taught(box, 2, OTHER.picture)
    replay = taught(box, 3, degraded(ROOM.picture, crop=0.02))
    looked = watch(box)
    while looked.tick(NEVER):
        pass
    assert looked.tick(NEVER) is None
    one, two, three = entries(box)
    assert (one.compared, one.since_ms, one.findings, two.findings) == (0, None, (), ())
    assert [camera.not_checked for entry in (one, two, three) for camera in entry.cameras] == [None, None, None]
    assert two.cameras[0].nearest > two.threshold >= three.cameras[0].nearest
    assert (three.compared, three.since_ms) == (2, epoch_ms(first.start))
    (finding,) = three.findings
    assert (finding.kind, finding.twin_lesson_hour_id) == (ReplayKind.SAME_VIEW, first.lesson_hour_id)
    assert finding.camera == finding.twin_camera == camera_of().camera_id
    assert finding.end_ms - finding.start_ms > 120_000
    assert abs(finding.start_ms - finding.twin_start_ms - 2 * 86_400_000) <= 3000
    assert epoch_ms(replay.start) <= finding.start_ms < finding.end_ms <= epoch_ms(replay.end)


def test_the_same_bytes_sent_again_are_found_as_such(tmp_path) -> None:
    """A picture that hardly moves is enough: the encoder makes the same bytes of the same pictures."""
    box = new_box(tmp_path)
    taught(box, 1, None)
    first = taught(box, 2, lambda second: OTHER.picture(second, clock="no clock"), group=2)
    taught(box, 3, lambda second: OTHER.picture(second, clock="no clock"), group=2)
    looked = watch(box)
    while looked.tick(NEVER):
        pass
    finding = entries(box)[-1].findings[0]
    assert (finding.kind, finding.distance) == (ReplayKind.EXACT, 0)
    assert finding.twin_lesson_hour_id == first.lesson_hour_id
    assert entries(box)[0].cameras[0].not_checked is NotChecked.NO_RECORDING


@pytest.mark.parametrize(
    ("look", "fps", "group", "why"),
    [
        (ROOM.picture, 1, 4, NotChecked.KEY_FRAMES_RARE),
        (lambda second: ROOM.walls, 1, 1, NotChecked.TOO_STILL),
    ],
    ids=["four seconds", "nobody"],
)
def test_what_cannot_be_checked_is_never_called_clean(tmp_path, look: Film, fps: int, group: int, why) -> None:
    box = new_box(tmp_path)
    taught(box, 1, look, fps=fps, group=group)
    entry = watch(box).tick(NEVER)
    assert entry is not None and [camera.not_checked for camera in entry.cameras] == [why]
    assert entry.findings == ()


def test_an_exempt_lesson_hour_has_no_cameras_to_look_at(tmp_path) -> None:
    box = new_box(tmp_path)
    taught(box, 1, None, exempt=ExemptKind.ENTERPRISE_STAFF)
    entry = watch(box).tick(NEVER)
    assert entry is not None and entry.cameras == ()


def test_it_waits_for_quiet_and_leaves_a_fresh_lesson_hour_alone(tmp_path) -> None:
    box = new_box(tmp_path)
    taught(box, 1, None)
    looked = watch(box)
    coming = lesson_of("next", start=box.clock.now() + timedelta(minutes=30))
    box.told(target_of([coming]))
    assert not looked.quiet() and looked.tick(NEVER) is None
    box.told(target_of([lesson_of("next", start=box.clock.now() + timedelta(minutes=33))]))
    assert looked.quiet()
    box.clock.step(-3600 - 61)  # an hour and less after its end
    assert looked.waiting() == 0
    box.clock.step(3600)
    assert looked.waiting() == 1 and entries(box) == []


def test_a_check_that_is_interrupted_goes_on_from_what_it_had(tmp_path) -> None:
    box = new_box(tmp_path)
    lesson = taught(box, 1, ROOM.picture)
    looked, stop = watch(box), threading.Event()
    stop.set()
    assert looked.tick(stop) is None and entries(box) == []
    (hour,) = hours_between(box.work, 0, 10**14)
    library = Library(box.paths.fingerprints)
    assert library.get(hour.cameras[0], hour.lesson_hour_id, hour.start_ms, hour.end_ms) is None
    assert looked.tick(NEVER) is not None
    kept = library.get(hour.cameras[0], hour.lesson_hour_id, hour.start_ms, hour.end_ms)
    assert kept is not None and kept.lesson_hour_id == lesson.lesson_hour_id
    assert kept.pictures == 179  # at one a second the recorder has to see two before it knows that none was lost


def test_a_crash_before_the_entry_writes_it_later_and_after_it_not_again(tmp_path) -> None:
    box = new_box(tmp_path)
    taught(box, 1, None)
    with pytest.raises(RuntimeError), box.work.write() as session:  # the transaction that is lost
        row = session.scalars(select(LessonRow)).one()
        row.replay_idx = 7
        session.flush()
        raise RuntimeError
    assert watch(box).tick(NEVER) is not None
    assert watch(box).tick(NEVER) is None
    assert len(entries(box)) == 1
    with box.work.read() as session:
        row = session.scalars(select(LessonRow)).one()
        assert row.replay_idx == session.scalar(select(func.max(LogRow.idx)))


def test_a_lesson_hour_that_cannot_be_checked_holds_up_no_other_and_is_tried_again(tmp_path) -> None:
    box = new_box(tmp_path)
    first = taught(box, 1, ROOM.picture)
    second = taught(box, 2, None)
    folder = box.paths.fingerprints / "replay-1"
    folder.mkdir(parents=True)
    obstacle = folder / str(camera_of().camera_id)
    obstacle.write_text("in the way of the fingerprints")
    looked = watch(box)
    with pytest.raises(OSError, match="exists"):
        looked.tick(NEVER)
    assert looked.tick(NEVER) is not None and looked.tick(NEVER) is None
    obstacle.unlink()
    assert looked.tick(NEVER) is not None
    assert [entry.lesson_hour_id for entry in entries(box)] == [second.lesson_hour_id, first.lesson_hour_id]


def test_a_torn_fingerprint_file_is_made_again_and_old_ones_are_forgotten(tmp_path) -> None:
    box = new_box(tmp_path)
    taught(box, 1, ROOM.picture)
    looked = watch(box)
    assert looked.tick(NEVER) is not None
    (file,) = box.paths.fingerprints.rglob("*.npz")
    whole = file.read_bytes()
    assert len(whole) < 70 * 180  # bytes a picture
    file.write_bytes(whole[: len(whole) // 2])
    assert list(Library(box.paths.fingerprints).until(10**14)) == []
    taught(box, 92, None)
    assert looked.tick(NEVER) is not None
    assert list(box.paths.fingerprints.rglob("*.npz")) == []


def test_the_command_shows_spans_and_distances_and_writes_nothing_to_the_log(tmp_path) -> None:
    box = new_box(tmp_path)
    taught(box, 1, ROOM.picture)
    taught(box, 2, ROOM.picture)
    run = ["replay", "check", "--data", str(tmp_path), "--day"]
    honest = CliRunner().invoke(app, [*run, "2026-11-24", "--json"])
    assert honest.exit_code == 0 and json.loads(honest.output)["lesson_hours"][0]["findings"] == []
    found = CliRunner().invoke(app, [*run, "2026-11-25"])
    assert found.exit_code == 1, found.output
    assert re.search(r"2026-11-25 09:00:0\d–09:03:00 ≈ 2026-11-24 09:00:0\d–09:03:00", found.output)
    nothing = CliRunner().invoke(app, [*run, "2026-11-26"])
    assert nothing.exit_code == 0 and "没有" in nothing.output
    assert entries(box) == []
