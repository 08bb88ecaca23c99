"""One room's day: complete, in scope, in a fixed number of queries; what is pinned to it and taken out of it stays."""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections import Counter
from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import DatabaseError

from config.clock import epoch_ms
from config.settings import CentreSettings
from supervisor.console.i18n import words
from supervisor.console.room_day import present_room_day
from supervisor.lessons.models import ViewLog
from supervisor.playback import service
from supervisor.playback.parallel import beside
from tests.support.archived import archive
from tests.support.county import County, problem
from tests.support.room_day import DAY, PEOPLE, WORST_MS, WatchedDay, watched_day


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> WatchedDay:
    return watched_day(CentreSettings(data_dir=tmp_path_factory.mktemp("centre")), clips=2)


def test_the_day_has_everything_the_boxes_told(day: WatchedDay) -> None:
    found = service.room_day(day.centre, day.admin, day.room_id, DAY)
    assert [lesson.lesson_hour_id for lesson in found.lessons] == list(day.lessons)
    assert [lesson.state for lesson in found.lessons].count("pass") == 5
    assert [(camera.code, len(camera.spans)) for camera in found.cameras] == [
        ("back", 7), ("bench", 18), ("door", 18), ("front", 18),
    ]  # fmt: skip
    lost = [gap for camera in found.cameras for gap in camera.gaps if gap.reason == "line_lost"]
    assert [(gap.end - gap.start) // 60_000 for gap in lost] == [34] * 4
    assert min(found.counts, key=lambda point: point[1]) == (day.starts[2] + WORST_MS, 2)
    assert [clip.state for lesson in found.lessons for clip in lesson.clips] == ["here"] * 4
    assert Counter(mark.direction for mark in found.marks) == {"in": 2 * (PEOPLE - 1), "out": 2 * (PEOPLE - 1)}
    assert [max(number for _, number in line.steps) for line in found.checked_in] == [PEOPLE - 1] * 2
    assert found.whole[0] < day.starts[0] and found.whole[1] > day.starts[-1] + 45 * 60_000


def test_it_is_read_in_a_fixed_number_of_queries(day: WatchedDay) -> None:
    asked = []
    event.listen(day.centre.uow.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    service.room_day(day.centre, day.admin, day.room_id, DAY)
    assert 0 < len([one for one in asked if one.lstrip().startswith("SELECT")]) <= 10


def test_a_day_without_lessons_is_empty_and_a_foreign_room_is_none(day: WatchedDay) -> None:
    empty = service.room_day(day.centre, day.admin, day.room_id, DAY + timedelta(days=1))
    assert empty.lessons == [] and empty.counts == [] and empty.whole[1] - empty.whole[0] == 10 * 3_600_000


def test_the_table_says_what_the_timeline_shows(day: WatchedDay) -> None:
    found = service.room_day(day.centre, day.admin, day.room_id, DAY)
    view = present_room_day(found, None, words("zh"))
    assert len(view.stretches) == sum(len(one.spans) + len(one.gaps) for one in found.cameras) + 4
    assert {row.what for row in view.stretches} == {
        "有录像", "缺录像:断线", "缺录像:连不上摄像头", "缺录像:丢帧", "中心有片段",
    }  # fmt: skip
    worst = min(view.minutes, key=lambda row: row.least)
    assert (worst.at_ms, worst.least, worst.required, worst.checked_in) == (
        day.starts[2] + WORST_MS,
        2,
        PEOPLE - 1,
        PEOPLE - 1,
    )
    assert view.hour is not None and view.hour.title == "第1课时"
    chosen = present_room_day(found, day.lessons[5], words("zh")).hour
    assert chosen is not None and (chosen.clips, chosen.mark.text) == ("只在现场", "建议不认定")


def test_the_chooser_finds_the_last_day_and_a_class_by_name(day: WatchedDay) -> None:
    last = service.choices(day.centre, day.admin, None, "")
    assert (last.day, [room.room for room in last.rooms]) == (DAY, ["实操间2"])
    assert last.rooms[0].states == [
        one.state for one in service.room_day(day.centre, day.admin, day.room_id, DAY).lessons
    ]
    assert [room.day for room in service.choices(day.centre, day.admin, None, " 26-112 ").rooms] == [DAY]
    assert service.choices(day.centre, day.admin, None, "100%").rooms == []
    assert service.choices(day.centre, day.admin, DAY, "养老").rooms == []
    assert service.choices(day.centre, day.admin, date(2026, 1, 1), "").rooms == []


def png(width: int = 4, height: int = 3) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\x40\x60\x80" * width) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def looked(county: County) -> list[tuple[str, str]]:
    with county.centre.uow.read() as session:
        return [(row.what, row.reason) for row in session.scalars(select(ViewLog).order_by(ViewLog.at))]


def clip_of(county: County) -> tuple[str, str, int]:
    """Its lesson hour, its digest and a moment in it."""
    school = county.schools[0]
    sha256 = archive(county, school)
    manifest = school.inspector.get(f"/api/lessons/{school.lesson}").json()["clips"][0]["manifest"]
    return school.lesson, sha256, manifest["start_ms"] + 1000


@pytest.mark.rule("A-25", "L12")
def test_a_snapshot_is_registered_by_its_digest_and_is_an_export(county: County) -> None:
    lesson, sha256, at = clip_of(county)
    path, picture = f"/api/lessons/{lesson}/clips/{sha256}/snapshots", png()
    answer = county.inspector.post(path, params={"at": at, "reason": "complaint"}, content=picture)
    assert answer.status_code == 201, answer.text
    kept = answer.json()
    assert kept["sha256"] == hashlib.sha256(picture).hexdigest()
    assert (kept["width"], kept["height"], kept["moment"], kept["clip_sha256"]) == (4, 3, at, sha256)
    assert looked(county)[-1] == ("export", "complaint")
    assert county.inspector.get(f"/api/snapshots/{kept['sha256']}").json() == [kept]
    problem(county.schools[1].inspector.get(f"/api/snapshots/{kept['sha256']}"), 404, "SNAPSHOT_NOT_FOUND")
    with county.centre.uow.read() as session:
        assert session.scalar(text("SELECT count(*) FROM audit_event WHERE action = 'snapshot_taken'")) == 1


@pytest.mark.rule("A-30")
def test_what_is_no_picture_of_the_clip_is_refused(county: County) -> None:
    lesson, sha256, at = clip_of(county)
    path = f"/api/lessons/{lesson}/clips/{sha256}/snapshots"
    problem(county.inspector.post(path, params={"at": at}, content=b"GIF89a"), 422, "SNAPSHOT_NOT_PNG")
    problem(county.inspector.post(path, params={"at": at + 10**7}, content=png()), 422, "SNAPSHOT_ELSEWHERE")
    other = f"/api/lessons/{lesson}/clips/{'0' * 64}/snapshots"
    problem(county.inspector.post(other, params={"at": at}, content=png()), 404, "CLIP_NOT_FOUND")
    problem(county.schools[1].inspector.post(path, params={"at": at}, content=png()), 404, "LESSON_NOT_FOUND")
    problem(county.account("third_party", expires_at=county.clock.now() + timedelta(days=9)).post(
        path, params={"at": at}, content=png()), 403, "ROLE_NOT_ALLOWED")  # fmt: skip
    assert looked(county) == []


@pytest.mark.rule("A-25")
def test_a_bookmark_stays_and_the_countys_are_not_the_schools(county: County) -> None:
    lesson, _, at = clip_of(county)
    school = county.schools[0]
    path, day = f"/api/lessons/{lesson}/bookmarks", f"/api/rooms/{school.room}/days/2026-11-23"
    made = county.inspector.post(path, json={"at": at, "camera_id": school.camera, "note": " 后排空着 "}).json()
    own = school.teacher.post(path, json={"at": at + 1000, "note": "老师的说明"}).json()
    assert made["note"] == "后排空着"
    assert [one["id"] for one in county.inspector.get(day).json()["bookmarks"]] == [made["id"], own["id"]]
    assert [one["id"] for one in school.teacher.get(day).json()["bookmarks"]] == [own["id"]]
    with pytest.raises(DatabaseError), county.centre.uow.write() as session:
        session.execute(text("UPDATE bookmark SET note = 'x'"))
    problem(county.inspector.post(path, json={"at": at + 10**8, "note": "x"}), 422, "BOOKMARK_ELSEWHERE")
    foreign = {"at": at, "camera_id": county.schools[1].camera, "note": "x"}
    problem(county.inspector.post(path, json=foreign), 404, "CAMERA_NOT_FOUND")
    problem(county.schools[1].teacher.post(path, json={"at": at, "note": "x"}), 404, "LESSON_NOT_FOUND")


def test_a_room_of_another_school_is_not_there(county: County) -> None:
    school, other = county.schools
    problem(other.teacher.get(f"/api/rooms/{school.room}/days/2026-11-23"), 404, "ROOM_NOT_FOUND")
    county.clock.step(24 * 3600)
    for client, room in ((school.teacher, school.room), (other.teacher, other.room)):
        assert [one["room_id"] for one in client.get("/api/room-days").json()["rooms"]] == [room]
    assert len(county.inspector.get("/api/room-days").json()["rooms"]) == 2


def test_patrols_are_told_to_those_who_may_read_them(county: County) -> None:
    school = county.schools[0]
    county.clock.step(61 * 60)
    opened = county.inspector.post("/api/patrols", json={"lesson_hour_id": school.lesson, "cameras": [school.camera]})
    assert opened.status_code == 201, opened.text
    day = f"/api/rooms/{school.room}/days/2026-11-23"
    assert [one["start"] for one in county.inspector.get(day).json()["patrols"]] == [epoch_ms(county.clock.now())]
    assert school.teacher.get(day).json()["patrols"] == []


def test_clips_of_the_class_to_be_watched_side_by_side(day: WatchedDay) -> None:
    found = beside(day.centre, day.admin, day.lessons[7])
    assert [one.lesson_hour_id for one in found] == list(day.lessons[:2])
    assert all(one.end > one.start for one in found)
    with pytest.raises(Exception, match="LESSON_NOT_FOUND"):
        beside(day.centre, day.admin, UUID(int=0))
