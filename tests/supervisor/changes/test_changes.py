"""Changes of an approved plan, through the interface: who asks, who decides, and what the box is told."""

from __future__ import annotations

import json
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from supervisor.bundles.trust import policy_of
from supervisor.changes.repository import flags
from supervisor.changes.service import counted_hours, lapse
from supervisor.classes.models import ClassSession, TrainingClass
from supervisor.lessons.models import LessonVerdictRow
from supervisor.lessons.sweep import sweep_silence
from supervisor.verifier.verify import verify
from tests.support.county import START, County, School, post, problem
from tests.support.witnessed import witnessed_lesson

WHY = {"reason": "主讲教师出差"}
OK = {"reason": "情况属实"}


def _ask(school: School, kind: str, **wanted: Any) -> httpx.Response:
    if kind != "makeup_lesson":
        wanted.setdefault("session_id", school.session["id"])
    body = {"kind": kind} | WHY | wanted
    return school.teacher.post(f"/api/classes/{school.training['id']}/changes", json=body)


def _asked(school: School, kind: str, **wanted: Any) -> dict[str, Any]:
    answer = _ask(school, kind, **wanted)
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


def _sessions(school: School) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = school.teacher.get(f"/api/classes/{school.training['id']}").json()["sessions"]
    return told


def _target(school: School) -> list[tuple[str, str]]:
    lessons = school.box_client.get("/api/box/target").json()["lessons"]
    return [(one["lesson_hour_id"], one["room_id"]) for one in lessons]


def _to(county: County, at: datetime) -> None:
    county.clock.sleep((at - county.clock.now()).total_seconds())


def _judged(county: County, hour: str) -> list[str]:
    with county.centre.uow.read() as session:
        query = select(LessonVerdictRow.state).where(LessonVerdictRow.lesson_hour_id == UUID(hour))
        return list(session.scalars(query))


def _room(county: County, school: School, name: str, accepted: bool | None) -> str:
    """`accepted`: of its camera; None: it has none."""
    room: str = post(county.admin, "/api/rooms", {"site_id": school.site, "name": name})["id"]
    if accepted is not None:
        wanted = {"room_id": room, "box_id": school.box, "code": f"camera-{ord(name)}", "accepted": accepted}
        post(county.admin, "/api/cameras", wanted)
    return room


@pytest.mark.rule("A-14")
def test_a_moved_lesson_is_asked_decided_and_the_old_slot_is_void(county: County, tmp_path: Path) -> None:
    school, other = county.schools
    handler = county.account("handler")
    old = [one["id"] for one in school.session["lesson_hours"]]
    tomorrow = {"date": "2026-11-24", "start": "09:00", "end": "09:07"}
    change = _asked(school, "move", **tomorrow)
    assert (change["state"], change["version"], change["decide_by"]) == ("asked", None, "2026-11-23T01:00:00Z")
    assert [hour for hour, _ in _target(school)] == old  # nothing has happened yet
    problem(_ask(school, "cancel"), 409, "CHANGE_PENDING")

    path = f"/api/changes/{change['id']}/approve"
    assert other.teacher.get(f"/api/classes/{school.training['id']}/changes").status_code == 404
    assert school.teacher.post(path, json=OK).status_code == 403
    assert problem(county.inspector.post(path, json=OK), 403, "ROLE_NOT_ALLOWED")
    decided = post(handler, path, OK, 200)
    assert (decided["state"], decided["version"]) == ("approved", 2)
    problem(county.approver.post(path, json=OK), 409, "CHANGE_DECIDED")

    (new,) = _sessions(school)
    assert (new["id"], new["start"]) == (decided["new_session_id"], "2026-11-24T01:00:00Z")
    moved = [one["id"] for one in new["lesson_hours"]]
    assert [hour for hour, _ in _target(school)] == moved and not set(moved) & set(old)
    assert _target(other) == [(one["id"], other.room) for one in other.session["lesson_hours"]]
    problem(county.check_in(school), 404, "SESSION_NOT_FOUND")
    problem(_ask(school, "cancel"), 409, "SESSION_VOID")
    told = school.teacher.get(f"/api/classes/{school.training['id']}/changes").json()
    assert (told["version"], [one["before"]["start"][:10] for one in told["changes"]]) == (2, ["2026-11-23"])
    with county.centre.uow.read() as session:
        void = session.get_one(ClassSession, UUID(school.session["id"]))
        held = session.get_one(ClassSession, UUID(new["id"]))
        assert (void.voided_by_change, held.replaces) == (UUID(change["id"]), void.id)

    _to(county, datetime(2026, 12, 1, tzinfo=UTC))
    sweep_silence(county.centre)
    assert [_judged(county, hour) for hour in old] == [[], []]
    assert [_judged(county, hour) for hour in moved] == [["fail_proposed"], ["fail_proposed"]]
    assert _archived(county, school, tmp_path) == ["void", "void", "fail_proposed", "fail_proposed"]


@pytest.mark.rule("A-14")
def test_a_plan_changed_after_the_lesson_is_the_old_plan(county: County) -> None:
    first, second = county.schools
    late = _asked(first, "cancel")
    refused = _asked(second, "substitute", teachers=["王老师"])
    no = post(county.approver, f"/api/changes/{refused['id']}/refuse", {"reason": "没有教师资格证"}, 200)
    assert (no["state"], no["version"]) == ("refused", None)
    _to(county, START)
    problem(_ask(second, "cancel"), 422, "CHANGE_AFTER_LESSON")
    problem(_ask(second, "substitute", teachers=["王老师"], emergency=True), 422, "CHANGE_AFTER_LESSON")
    path = f"/api/changes/{late['id']}/approve"
    problem(county.approver.post(path, json=OK), 409, "CHANGE_LAPSED")
    assert (lapse(county.centre), lapse(county.centre)) == (1, 0)
    assert [hour for hour, _ in _target(first)] == [one["id"] for one in first.session["lesson_hours"]]
    (told,) = first.teacher.get(f"/api/classes/{first.training['id']}/changes").json()["changes"]
    assert (told["state"], told["version"]) == ("lapsed", None)
    with county.centre.uow.read() as session:
        assert flags(session, [UUID(first.lesson), UUID(second.lesson)]) == {}


@pytest.mark.rule("A-14")
def test_a_class_moves_to_an_accepted_room_only_and_an_emergency_wants_confirming(county: County) -> None:
    school, other = county.schools
    blind, unaccepted, good = (
        _room(county, school, name, accepted) for name, accepted in (("乙", None), ("丙", False), ("丁", True))
    )
    for room, code in (
        (blind, "ROOM_NOT_ACCEPTED"),
        (unaccepted, "ROOM_NOT_ACCEPTED"),
        (other.room, "PLAN_ROOM_UNKNOWN"),
        (school.room, "CHANGE_NOTHING"),
    ):
        problem(_ask(school, "room", room_id=room), 422, code)

    county.clock.sleep(40 * 60)  # 08:40: people are checking in
    assert county.check_in(school, 0).is_success
    change = _asked(school, "room", room_id=good, emergency=True)
    assert (change["state"], change["version"]) == ("notified", 2)
    (new,) = _sessions(school)
    hours = [one["id"] for one in new["lesson_hours"]]
    assert _target(school) == [(hour, good) for hour in hours]
    name, number = school.trainees[1]
    body = {"name": name, "id_last4": number[-4:], "direction": "in", "idempotency_key": "k" * 16}
    assert county.client().post(f"/api/checkin/{new['code']}", json=body).is_success
    lessons = school.box_client.get("/api/box/target").json()["lessons"]
    present = {who for lesson in lessons for who in lesson["attendance"]["present"]}
    assert len(present) == 2  # who had checked in at the first door is not asked again

    _to(county, START + timedelta(days=1))
    assert lapse(county.centre) == 1
    with county.centre.uow.read() as session:
        assert flags(session, [UUID(hour) for hour in hours]) == {UUID(hour): ["WRONG_ROOM"] for hour in hours}
    problem(county.approver.post(f"/api/changes/{change['id']}/approve", json=OK), 409, "CHANGE_LAPSED")


@pytest.mark.rule("A-14")
def test_substitutes_confirmed_or_refused_and_the_session_stays(county: County) -> None:
    first, second = county.schools
    yes = _asked(first, "substitute", teachers=["王老师"], emergency=True)
    no = _asked(second, "substitute", teachers=["王老师"], emergency=True)
    problem(_ask(first, "room", room_id=first.room), 409, "CHANGE_PENDING")
    (held,) = _sessions(first)
    assert (held["id"], held["teachers"]) == (first.session["id"], ["王老师"])
    assert held["lesson_hours"] == first.session["lesson_hours"]
    _to(county, START + timedelta(hours=20))
    assert post(county.approver, f"/api/changes/{yes['id']}/approve", OK, 200)["state"] == "approved"
    post(county.approver, f"/api/changes/{no['id']}/refuse", {"reason": "没有资格"}, 200)
    with county.centre.uow.read() as session:
        told = flags(session, [UUID(first.lesson), UUID(second.lesson)])
    assert told == {UUID(second.lesson): ["NO_TEACHER"]}


@pytest.mark.rule("A-14")
def test_a_make_up_lesson_replaces_a_failed_hour_only_when_it_passes(county: County) -> None:
    school, other = county.schools
    failed, second = (one["id"] for one in school.session["lesson_hours"])
    on = {"date": "2026-12-02", "start": "09:00", "end": "09:03", "room_id": school.room, "teachers": ["张老师"]}
    problem(_ask(school, "makeup_lesson", lesson_hour_ids=[failed], **on), 422, "LESSON_NOT_FAILED")
    _to(county, datetime(2026, 12, 1, tzinfo=UTC))
    sweep_silence(county.centre)
    problem(_ask(school, "makeup_lesson", lesson_hour_ids=[other.lesson], **on), 404, "LESSON_NOT_FOUND")
    problem(_ask(school, "makeup_lesson", lesson_hour_ids=[failed, failed], **on), 422, "LESSON_NOT_FAILED")
    refused = _asked(school, "makeup_lesson", lesson_hour_ids=[failed], **on)
    problem(_ask(school, "makeup_lesson", lesson_hour_ids=[failed], **on), 422, "LESSON_NOT_FAILED")  # asked already
    post(county.approver, f"/api/changes/{refused['id']}/refuse", OK, 200)
    change = _asked(school, "makeup_lesson", lesson_hour_ids=[failed], **on)
    post(county.approver, f"/api/changes/{change['id']}/approve", OK, 200)
    problem(_ask(school, "makeup_lesson", lesson_hour_ids=[failed], **on), 422, "LESSON_NOT_FAILED")
    assert _counted(county, school) == {failed: False, second: False}

    school.training["sessions"] = [_sessions(school)[1]]
    _to(county, datetime(2026, 12, 2, 1, tzinfo=UTC))
    assert all(county.check_in(school, who).is_success for who in range(3))
    county.clock.sleep(200)
    entry = county.verdict_entry(school)
    assert county.report(school, entry).is_success
    assert _judged(county, school.lesson)[-1] == "pass"
    assert _counted(county, school) == {failed: True, second: False}
    with county.centre.uow.read() as session:
        training = session.get_one(TrainingClass, UUID(school.training["id"]))
        assert training.class_end == datetime(2026, 12, 2, 1, 3, tzinfo=UTC)


@pytest.mark.rule("A-14")
def test_a_lesson_moved_over_the_end_of_the_year(county: County) -> None:
    first = county.schools[0]
    old = first.lesson
    night = {"date": "2026-12-31", "start": "23:57", "end": "00:04"}
    problem(_ask(first, "move", **night | {"end": "23:58"}), 422, "PLAN_ROW_TOO_SHORT")
    change = _asked(first, "move", **night)
    post(county.approver, f"/api/changes/{change['id']}/approve", OK, 200)
    (moved,) = _sessions(first)
    assert (moved["start"], moved["end"]) == ("2026-12-31T15:57:00Z", "2026-12-31T16:04:00Z")
    listed = first.teacher.get("/api/lessons", params={"on": "2026-12-31"}).json()["lessons"]
    assert [one["lesson_hour_id"] for one in listed] == [one["id"] for one in moved["lesson_hours"]]
    _to(county, datetime(2026, 12, 31, 15, 30, tzinfo=UTC))
    other_day = {"date": "2027-01-01", "start": "00:10", "end": "00:17"}
    again = _asked(first, "move", session_id=moved["id"], **other_day)  # and over midnight into the new year
    post(county.approver, f"/api/changes/{again['id']}/approve", OK, 200)
    (moved,) = _sessions(first)
    assert moved["start"] == "2026-12-31T16:10:00Z"
    with county.centre.uow.read() as session:
        held = session.get_one(ClassSession, UUID(moved["id"]))
        assert held.local_date.isoformat() == "2027-01-01"
    assert first.teacher.get("/api/lessons", params={"on": "2026-12-31"}).json()["lessons"] == []
    assert _judged(county, old) == []


@pytest.mark.rule("A-14")
def test_a_cancelled_lesson_is_not_counted_until_it_is_made_up_for(county: County) -> None:
    school = county.schools[0]
    hours = [one["id"] for one in school.session["lesson_hours"]]
    change = _asked(school, "cancel", emergency=True)
    assert (change["after"], _sessions(school), _target(school)) == ({}, [], [])
    post(county.approver, f"/api/changes/{change['id']}/approve", OK, 200)
    assert _counted(county, school) == {}
    on = {"date": "2026-11-25", "start": "09:00", "end": "09:07", "room_id": school.room, "teachers": ["张老师"]}
    again = _asked(school, "makeup_lesson", lesson_hour_ids=hours, **on)
    post(county.approver, f"/api/changes/{again['id']}/approve", OK, 200)
    assert _counted(county, school) == dict.fromkeys(hours, False)
    (held,) = _sessions(school)
    onward = {"date": "2026-11-26", "start": "09:00", "end": "09:07"}
    moved = _asked(school, "move", session_id=held["id"], **onward)
    assert post(county.approver, f"/api/changes/{moved['id']}/approve", OK, 200)["version"] == 4
    assert _counted(county, school) == dict.fromkeys(hours, False)  # what was moved still makes up for them


@pytest.mark.rule("A-01", "A-14")
def test_a_verifier_takes_a_moved_lesson_as_approved(tmp_path: Path) -> None:
    def moved(county: County, school: School) -> None:
        """Away, and back to its time: lesson hours that the opening does not name."""
        for day in ("2026-11-24", "2026-11-23"):
            change = _asked(school, "move", date=day, start="09:00", end="09:07")
            post(county.approver, f"/api/changes/{change['id']}/approve", OK, 200)
            school.training["sessions"] = _sessions(school)

    lesson = witnessed_lesson(tmp_path, replanned=moved)
    report = verify(lesson.bundle, lesson.policy)
    assert (report.failures, report.facts["lesson_hour_id"]) == ([], lesson.school.lesson)


def _counted(county: County, school: School) -> dict[str, bool]:
    with county.centre.uow.read() as session:
        return counted_hours(session, UUID(school.training["id"]))


def _archived(county: County, school: School, folder: Path) -> list[str]:
    """States of the lesson hours in the class's archive, once a verifier has found nothing wrong with it."""
    answer = county.inspector.get(f"/api/classes/{school.training['id']}/archive.zip")
    (folder / "class.zip").write_bytes(answer.content)
    report = verify(folder / "class.zip", policy_of(county.centre))
    assert report.failures == []
    with zipfile.ZipFile(folder / "class.zip") as archive:
        told = json.loads(archive.read("class.json"))
    return [hour["state"] for hour in told["lesson_hours"]]
