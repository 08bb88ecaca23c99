"""The lesson watch: judged once, at the right time, with a clip, whatever crashes in between."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import av
import pytest
from sqlalchemy import select

from config.clock import epoch_ms
from edge_agent.lessons import watch as watch_module
from edge_agent.lessons.watch import LessonWatch
from storage.evidence import log
from storage.evidence.tables import ClipRow, LessonRow, LogRow, Segment
from supervisor.contract.evidence import canonical_json, parse_evidence, parse_verdict, sha256_hex
from supervisor.contract.log import LOG_ENTRY, VerdictEntry
from supervisor.contract.target import TargetAttendance
from supervisor.rules.evidence import ClockVoucher
from supervisor.rules.judge import judge
from supervisor.rules.verdict import ReasonCode, VerdictState
from tests.support.box import DEMO, START, Box, camera_of, film, lesson_of, new_box, target_of

END = START + timedelta(minutes=3)


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return new_box(tmp_path)


def watch_of(box: Box, segment_s: float = 20) -> LessonWatch:
    return LessonWatch(
        box.work, box.plans, box.paths, box.clock, segment_s=segment_s, version="1", voucher=ClockVoucher.OPERATOR
    )


def until(box: Box, moment) -> None:
    box.clock.sleep((moment - box.clock.now()).total_seconds())


def verdicts(box: Box) -> list[VerdictEntry]:
    with box.work.read() as session:
        rows = list(session.scalars(select(LogRow).where(LogRow.kind == "verdict").order_by(LogRow.idx)))
    entries = [LOG_ENTRY.validate_python(json.loads(row.body)) for row in rows]
    return [entry for entry in entries if isinstance(entry, VerdictEntry)]


def taught(box: Box, seconds: int = 100) -> None:
    """A lesson of three minutes that was filmed for `seconds` with three people in the picture, and is over."""
    film(box, START + timedelta(seconds=10), seconds)
    box.counted(START + timedelta(seconds=10), seconds, people=3)
    until(box, END + timedelta(seconds=4))
    box.told(target_of([lesson_of()]))


def test_a_lesson_is_judged_and_its_clip_is_cut(box: Box) -> None:
    taught(box)
    assert len(watch_of(box).tick()) == 1
    (entry,) = verdicts(box)
    evidence = parse_evidence(canonical_json(entry.evidence))
    verdict = parse_verdict(canonical_json(entry.verdict))
    assert verdict.state is VerdictState.PASS
    assert judge(evidence, DEMO) == verdict
    (clip,) = entry.clips
    file = box.paths.clips / f"{clip.sha256}.mp4"
    assert sha256_hex(file.read_bytes()) == clip.sha256
    assert file.stat().st_size == clip.bytes
    assert clip.start_ms <= epoch_ms(START) + verdict.window.start_ms
    assert clip.end_ms >= epoch_ms(START) + verdict.window.end_ms
    assert clip.media_ms >= 60_000
    with av.open(str(file)) as container:
        pictures = sum(1 for _ in container.decode(video=0))
    assert pictures == clip.media_ms // 200
    with box.work.read() as session:
        row = session.scalars(select(ClipRow)).one()
        assert (row.sha256, row.bytes, row.delivered) == (clip.sha256, clip.bytes, False)


def test_a_lesson_is_judged_once(box: Box) -> None:
    taught(box)
    watch = watch_of(box)
    assert len(watch.tick()) == 1
    assert watch.tick() == []
    assert watch_of(box).tick() == []
    assert len(verdicts(box)) == 1


def test_a_lesson_without_video_is_told_with_its_reason_and_no_clip(box: Box) -> None:
    until(box, END + timedelta(seconds=4))
    box.told(target_of([lesson_of()]))
    watch_of(box).tick()
    (entry,) = verdicts(box)
    assert parse_verdict(canonical_json(entry.verdict)).reasons == (ReasonCode.NO_VIDEO,)
    assert entry.clips == ()


def test_each_camera_of_the_room_gets_its_clip(box: Box) -> None:
    cameras = (camera_of("a1"), camera_of("a2", zone="back"))
    for camera in cameras:
        film(box, START, 90, camera=camera)
        box.counted(START, 90, people=2, camera=camera)
    until(box, END + timedelta(seconds=4))
    box.told(target_of([lesson_of()], cameras))
    watch_of(box).tick()
    (entry,) = verdicts(box)
    assert {clip.camera_id for clip in entry.clips} == {camera.camera_id for camera in cameras}


def test_nothing_is_judged_before_the_end_and_its_settling(box: Box) -> None:
    box.told(target_of([lesson_of()]))
    watch = watch_of(box)
    for second in (0, 179, 182):
        until(box, START + timedelta(seconds=second))
        assert watch.tick() == []
    until(box, END + timedelta(seconds=3))
    assert len(watch.tick()) == 1


def test_judging_waits_for_the_last_segment_but_not_for_ever(box: Box) -> None:
    box.recorded(START, 180)
    segment = box.open_segment(START + timedelta(seconds=170))
    until(box, END + timedelta(seconds=4))
    box.told(target_of([lesson_of()]))
    watch = watch_of(box, segment_s=20)
    assert watch.due() == []
    until(box, END + timedelta(seconds=24))
    assert watch.due() == []
    until(box, END + timedelta(seconds=25))
    assert len(watch.due()) == 1
    with box.work.write() as session:
        row = session.get_one(Segment, segment)
        row.closed, row.sha256 = True, "0" * 64
    assert len(watch.due()) == 1


def test_hours_from_before_the_enrolment_are_not_this_boxes_to_report(tmp_path: Path) -> None:
    box = new_box(tmp_path, at=END)
    box.clock.sleep(60)
    box.told(target_of([lesson_of()]))
    assert watch_of(box).due() == []


def test_an_hour_whose_check_ins_are_unknown_waits_for_the_centre_and_then_counts_them(box: Box) -> None:
    before = TargetAttendance(as_of=START - timedelta(minutes=4), present=(), on_leave=(), roster=4, teachers=1)
    box.told(target_of([lesson_of(attendance=before)]))
    film(box, START, 90)
    box.counted(START, 90, people=3)
    until(box, END + timedelta(hours=5))
    watch = watch_of(box)
    assert watch.tick() == []
    box.told(target_of([lesson_of(present=3)]))
    assert len(watch.tick()) == 1
    assert parse_verdict(canonical_json(verdicts(box)[0].verdict)).state is VerdictState.PASS


def test_an_hour_the_centre_no_longer_names_is_reported_without_attendance_but_with_its_clip(box: Box) -> None:
    before = TargetAttendance(as_of=START - timedelta(minutes=4), present=(), on_leave=(), roster=4, teachers=1)
    box.told(target_of([lesson_of(attendance=before)]))
    film(box, START, 90)
    box.counted(START, 90, people=3)
    until(box, END + timedelta(hours=60))
    box.told(target_of([]))
    watch_of(box).tick()
    (entry,) = verdicts(box)
    evidence = parse_evidence(canonical_json(entry.evidence))
    assert evidence.attendance is None and evidence.complete
    assert parse_verdict(canonical_json(entry.verdict)).state is VerdictState.NO_DATA_YET
    assert len(entry.clips) == 1


def test_after_the_grace_an_hour_is_reported_without_the_centre(box: Box) -> None:
    before = TargetAttendance(as_of=START - timedelta(minutes=4), present=(), on_leave=(), roster=4, teachers=1)
    box.told(target_of([lesson_of(attendance=before)]))
    until(box, END + timedelta(hours=71, minutes=59))
    assert watch_of(box).due() == []
    until(box, END + timedelta(hours=72))
    assert len(watch_of(box).due()) == 1


def test_a_damaged_segment_is_tried_again_and_then_the_facts_go_without_the_clip(box: Box) -> None:
    taught(box)
    for file in box.paths.recordings.rglob("*.mp4"):
        file.write_bytes(b"\0" * 100)
    watch = watch_of(box)
    assert watch.tick() == [] and watch.tick() == []
    assert len(watch.tick()) == 1
    assert verdicts(box)[0].clips == ()


def test_one_hour_that_cannot_be_judged_does_not_hold_up_another(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    taught(box)
    good, bad = lesson_of("one"), lesson_of("bad", start=START - timedelta(minutes=4))
    box.told(target_of([good, bad]))
    real = watch_module.build

    def breaks_for_bad(session, hour, **facts):  # type: ignore[no-untyped-def]
        if hour.id == str(bad.lesson_hour_id):
            raise RuntimeError("surprise")
        return real(session, hour, **facts)

    monkeypatch.setattr(watch_module, "build", breaks_for_bad)
    assert watch_of(box).tick() == [str(good.lesson_hour_id)]


@pytest.mark.parametrize("step", ["build", "judge", "cut", "append", "commit"])
def test_a_crash_at_any_step_loses_nothing_and_doubles_nothing(box: Box, step: str) -> None:
    """A real process is killed -9 in the step; the next one finds what is left."""
    taught(box)
    box.work.engine.dispose()
    here = str(Path(__file__).parents[3])
    code = _KILLED.format(folder=str(box.paths.data_dir), step=step, now=box.clock.now().isoformat())
    run = subprocess.run([sys.executable, "-c", code], cwd=here, timeout=60, capture_output=True, check=False)
    assert run.returncode == -signal.SIGKILL, run.stderr.decode()
    again = new_box(box.paths.data_dir, at=START - timedelta(minutes=5))
    until(again, END + timedelta(seconds=30))
    with again.work.read() as session:
        assert session.scalars(select(LessonRow)).all() == []
    assert len(watch_of(again).tick()) == 1
    assert watch_of(again).tick() == []
    (entry,) = verdicts(again)
    with again.work.read() as session:
        rows = session.scalars(select(ClipRow)).all()
        assert log.size(session) == session.scalars(select(LessonRow)).one().log_idx + 1
    assert [row.sha256 for row in rows] == [clip.sha256 for clip in entry.clips]
    assert sorted(path.name for path in again.paths.clips.glob("*.mp4")) == [f"{rows[0].sha256}.mp4"]


_KILLED = """
import os, signal
from datetime import datetime
from pathlib import Path
from sqlalchemy import event
from edge_agent.lessons import watch as module
from tests.support.box import new_box
box = new_box(Path({folder!r}))
now = datetime.fromisoformat({now!r})
box.clock.sleep((now - box.clock.now()).total_seconds())
def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
step = {step!r}
if step == "commit":
    event.listen(box.work.engine, "commit", die)
elif step == "append":
    module.evidence_log.append = die
elif step == "cut":
    cut = module.cut
    def cut_and_die(*given, **bounds):
        cut(*given, **bounds)
        die()
    module.cut = cut_and_die
else:
    setattr(module, step, die)
watch = module.LessonWatch(box.work, box.plans, box.paths, box.clock, segment_s=20, version="1",
                           voucher=module.ClockVoucher.OPERATOR)
watch.tick()
os._exit(3)
"""


def test_a_clip_at_the_bell_lies_inside_the_lesson_and_keeps_its_length(box: Box) -> None:
    """Key frames come half a second after each full one; the window begins with the lesson."""
    film(box, START - timedelta(seconds=10, milliseconds=500), 100)
    box.counted(START, 90, people=3)
    until(box, END + timedelta(seconds=4))
    box.told(target_of([lesson_of()]))
    watch_of(box).tick()
    (entry,) = verdicts(box)
    assert parse_verdict(canonical_json(entry.verdict)).clip_start_ms == 0
    (clip,) = entry.clips
    assert (clip.start_ms - epoch_ms(START), clip.end_ms - epoch_ms(START)) == (500, 62_700)
    assert clip.media_ms == 62_200


def test_one_hour_a_turn_so_that_running_lessons_are_looked_at_in_between(box: Box) -> None:
    until(box, END + timedelta(seconds=4))
    later, earlier = lesson_of("later"), lesson_of("earlier", start=START - timedelta(minutes=4))
    box.told(target_of([later, earlier]))
    watch = watch_of(box)
    ids = [str(earlier.lesson_hour_id), str(later.lesson_hour_id)]
    assert [watch.tick(), watch.tick(), watch.tick()] == [[ids[0]], [ids[1]], []]
