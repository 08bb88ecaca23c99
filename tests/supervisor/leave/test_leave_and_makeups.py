"""Leave, make-up check-ins, drop-outs and late joiners through the interface, and what the register makes of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from supervisor.attendance.models import CheckIn
from supervisor.attendance.register import register
from supervisor.audit.models import AuditEvent
from supervisor.lessons.models import LessonVerdictRow
from supervisor.lessons.repository import lessons_of_session
from tests.support.county import START, County, School, id_number, post, problem

HOUR = timedelta(hours=1)
WHY = {"reason": "家中有事"}
OK = {"reason": "情况属实"}
PAPER = "a" * 64


def _path(school: School, what: str) -> str:
    return f"/api/classes/{school.training['id']}/{what}"


def _entry(school: School, who: int) -> str:
    entry: str = school.training["roster"][who]["id"]
    return entry


def _leave(school: School, who: int, start: datetime, length: timedelta, **wanted: Any) -> httpx.Response:
    body = {"roster_entry_id": _entry(school, who), "kind": "personal"} | WHY
    times = {"start": start.isoformat(), "until": (start + length).isoformat()}
    return school.teacher.post(_path(school, "leaves"), json=body | times | wanted)


def _to(county: County, at: datetime) -> None:
    county.clock.sleep((at - county.clock.now()).total_seconds())


def _register(county: County, school: School) -> list[list[str]]:
    """Status of each roster row in each lesson hour of the first session."""
    with county.centre.uow.read() as session:
        rows = lessons_of_session(session, UUID(school.session["id"]))
        told = register(session, [(row.hour, row.session, row.training) for row in rows])
        return [[one.status.value for one in told[row.hour.id]] for row in rows]


def _verdicts(county: County, school: School) -> list[tuple[str, int]]:
    with county.centre.uow.read() as session:
        query = select(LessonVerdictRow).where(LessonVerdictRow.lesson_hour_id == UUID(school.lesson))
        rows = session.scalars(query.order_by(LessonVerdictRow.version)).all()
        return [(row.state, row.body["required"]) for row in rows]


@pytest.mark.rule("A-14")
def test_leave_is_asked_decided_withdrawn_and_known_to_the_box(county: County) -> None:
    school, other = county.schools
    handler = county.account("handler")
    short = _leave(school, 0, START, HOUR).json()
    assert (short["state"], short["decider"]) == ("approved", "teacher")
    long = _leave(school, 1, START - HOUR / 2, 30 * HOUR).json()
    assert (long["state"], long["decider"]) == ("asked", "county")
    problem(_leave(school, 1, START, HOUR), 409, "LEAVE_OVERLAPS")
    problem(_leave(other, 0, START, HOUR, roster_entry_id=_entry(school, 0)), 404, "TRAINEE_NOT_FOUND")
    problem(other.teacher.post(_path(school, "leaves"), json={}), 422, "REQUEST_INVALID")
    path = f"/api/leaves/{long['id']}"
    problem(other.teacher.post(f"{path}/approve", json=OK), 404, "LEAVE_NOT_FOUND")
    problem(school.teacher.post(f"{path}/approve", json=OK), 403, "LEAVE_OF_COUNTY")
    assert post(handler, f"{path}/approve", OK, 200)["state"] == "approved"
    assert post(handler, f"{path}/approve", OK, 200)["state"] == "approved"  # twice is once
    problem(county.inspector.post(f"{path}/refuse", json=OK), 409, "LEAVE_DECIDED")

    third = _leave(school, 2, START, HOUR).json()
    assert post(school.teacher, f"/api/leaves/{third['id']}/withdraw", None, 200)["state"] == "withdrawn"
    problem(school.teacher.post(f"/api/leaves/{third['id']}/withdraw"), 409, "LEAVE_DECIDED")
    told = county.inspector.get(_path(school, "leaves")).json()
    assert len(told["leaves"]) == 3
    standings = [(one["leave_hours"], one["planned_hours"], one["leave_over_limit"]) for one in told["standings"]]
    assert standings == [(2, 2, True), (2, 2, True)]

    county.clock.sleep(45 * 60)
    assert county.check_in(school, 2).is_success
    (first, _) = school.box_client.get("/api/box/target").json()["lessons"]
    assert set(first["attendance"]["on_leave"]) == {_entry(school, 0), _entry(school, 1)}
    assert (len(first["attendance"]["present"]), first["attendance"]["roster"]) == (1, 3)
    _to(county, START)
    problem(school.teacher.post(f"/api/leaves/{short['id']}/withdraw"), 409, "LEAVE_BEGAN")
    problem(_leave(school, 2, START, HOUR), 422, "LEAVE_TOO_LATE")
    with county.centre.uow.read() as session:
        told_of = session.scalars(select(AuditEvent).where(AuditEvent.action.like("leave_%"))).all()
    assert len(told_of) == 7 and WHY["reason"] not in repr([event.details for event in told_of])


@pytest.mark.rule("A-14")
def test_sick_leave_with_a_paper_is_approved_late_and_the_hour_is_judged_again(county: County) -> None:
    school = county.schools[0]
    _to(county, START - HOUR / 6)
    assert all(county.check_in(school, who).is_success for who in range(3))
    _to(county, START + timedelta(minutes=10))
    assert county.report(school, county.verdict_entry(school, county.evidence(school, seen=2))).is_success
    assert _verdicts(county, school)[-1] == ("review", 3)
    problem(_leave(school, 2, START, HOUR, kind="sick"), 422, "LEAVE_PAPER_MISSING")
    sick = _leave(school, 2, START, HOUR, kind="sick", paper_sha256=PAPER).json()
    assert (sick["state"], sick["decider"]) == ("asked", "county")
    problem(school.teacher.post(f"/api/leaves/{sick['id']}/approve", json=OK), 403, "LEAVE_OF_COUNTY")
    before = len(_verdicts(county, school))
    post(county.inspector, f"/api/leaves/{sick['id']}/approve", OK, 200)
    assert _verdicts(county, school)[before:] == [("pass", 2)]
    assert _register(county, school) == [["normal", "normal", "leave"]] * 2


@pytest.mark.rule("A-14")
def test_a_phone_asks_for_leave_and_the_teacher_decides(county: County) -> None:
    school = county.schools[0]
    tomorrow = START + 24 * HOUR
    body = {"kind": "personal", "start": tomorrow.isoformat(), "until": (tomorrow + HOUR).isoformat()} | WHY
    path = f"/api/checkin/{school.session['code']}"
    phone = county.client()
    problem(phone.post(f"{path}/leave", json=body), 401, "PHONE_UNKNOWN")
    problem(phone.post("/api/checkin/nothing/leave", json=body), 404, "SESSION_NOT_FOUND")
    county.clock.sleep(45 * 60)
    name, number = school.trainees[1]
    seen = {"name": name, "id_last4": number[-4:], "direction": "in", "idempotency_key": "k" * 16}
    assert phone.post(path, json=seen).is_success
    asked = post(phone, f"{path}/leave", body, 201)
    assert asked.keys() == {"id", "state", "start", "until"} and asked["state"] == "asked"
    problem(phone.post(f"{path}/leave", json=body), 409, "LEAVE_OVERLAPS")
    for day in range(2, 6):
        times = {"start": (START + day * 24 * HOUR).isoformat(), "until": (START + (day * 24 + 1) * HOUR).isoformat()}
        post(phone, f"{path}/leave", body | times, 201)
    times = {"start": (START + 150 * HOUR).isoformat(), "until": (START + 151 * HOUR).isoformat()}
    problem(phone.post(f"{path}/leave", json=body | times), 409, "LEAVE_PENDING")
    decided = post(school.teacher, f"/api/leaves/{asked['id']}/refuse", {"reason": "考试日"}, 200)
    assert (decided["state"], decided["from_phone"], decided["roster_entry_id"]) == ("refused", True, _entry(school, 1))


@pytest.mark.rule("A-14")
def test_a_make_up_check_in_is_the_countys_to_approve_and_always_flagged(county: County) -> None:
    school, other = county.schools
    _to(county, START - HOUR / 6)
    assert all(county.check_in(school, who).is_success for who in range(2))
    _to(county, START + timedelta(minutes=10))
    assert county.report(school, county.verdict_entry(school, county.evidence(school, seen=3))).is_success
    assert _register(county, school)[0] == ["normal", "normal", "absent"]
    body = {
        "session_id": school.session["id"],
        "roster_entry_id": _entry(school, 2),
        "direction": "in",
        "at": START.isoformat(),
        "reason": "手机没电",
    }
    makeup = post(school.teacher, _path(school, "makeups"), body, 201)
    again = post(school.teacher, _path(school, "makeups"), body | {"direction": "out"}, 201)
    problem(school.teacher.post(_path(school, "makeups"), json=body), 422, "MAKEUP_TOO_MANY")
    problem(
        other.teacher.post(_path(other, "makeups"), json=body | {"roster_entry_id": _entry(other, 0)}),
        404,
        "SESSION_NOT_FOUND",
    )
    path = f"/api/makeups/{makeup['id']}"
    problem(school.teacher.post(f"{path}/approve", json=OK), 403, "ROLE_NOT_ALLOWED")
    for _ in range(2):
        assert post(county.inspector, f"{path}/approve", OK, 200)["state"] == "approved"
    problem(county.inspector.post(f"{path}/refuse", json=OK), 409, "MAKEUP_DECIDED")
    assert post(county.inspector, f"/api/makeups/{again['id']}/refuse", OK, 200)["state"] == "refused"
    with county.centre.uow.read() as session:
        rows = session.scalars(select(CheckIn).order_by(CheckIn.method)).all()
        told = [(row.method, row.status, row.reasons, row.at) for row in rows]
    assert told[0] == ("manual", "review", ["MANUAL"], START) and [row[0] for row in told[1:]] == ["phone"] * 2
    assert _register(county, school) == [["normal", "normal", "makeup"]] * 2
    assert _verdicts(county, school)[-1] == ("pass", 3)
    states = {one["direction"]: one["state"] for one in county.inspector.get(_path(school, "makeups")).json()}
    assert states == {"in": "approved", "out": "refused"}
    _to(county, START + 25 * HOUR)
    late = body | {"roster_entry_id": _entry(school, 0)}
    problem(school.teacher.post(_path(school, "makeups"), json=late), 422, "MAKEUP_TOO_LATE")


@pytest.mark.rule("A-14")
def test_who_drops_out_stays_in_the_history_and_who_joins_late_has_no_earlier_hours(county: County) -> None:
    school = county.schools[0]
    handler = county.account("handler")
    row = {"name": "周某", "id_number": id_number(100)}
    problem(handler.post(_path(school, "trainees"), json=row | {"id_number": "140521198001011234"}), 422,
            "ROSTER_ID_INVALID")  # fmt: skip
    problem(handler.post(_path(school, "trainees"), json={"name": "学员00", "id_number": id_number(0)}), 409,
            "TRAINEE_ON_ROSTER")  # fmt: skip
    joined = post(handler, _path(school, "trainees"), row, 201)["roster_entry_id"]
    _to(county, START - HOUR / 6)
    assert county.check_in(school, 0).is_success
    body = {"roster_entry_id": _entry(school, 0), "reason": "外出务工"}
    asked = post(school.teacher, _path(school, "drop-outs"), body, 201)
    problem(school.teacher.post(_path(school, "drop-outs"), json=body), 409, "DROP_OUT_PENDING")
    assert len(_register(county, school)[0]) == 4
    _to(county, START + timedelta(minutes=3, seconds=30))  # between the two lesson hours
    assert post(handler, f"/api/drop-outs/{asked['id']}/approve", OK, 200)["state"] == "approved"
    problem(handler.post(f"/api/drop-outs/{asked['id']}/refuse", json=OK), 409, "DROP_OUT_DECIDED")
    assert _register(county, school) == [["normal", "absent", "absent", "absent"], ["absent"] * 3]
    problem(school.teacher.post(_path(school, "drop-outs"), json=body), 404, "TRAINEE_NOT_FOUND")
    roster = school.teacher.get(f"/api/classes/{school.training['id']}").json()["roster"]
    assert [one["status"] for one in roster] == ["withdrawn", "active", "active", "active"]
    assert [one["state"] for one in handler.get(_path(school, "drop-outs")).json()] == ["approved"]
    late = {"name": "吴某", "id_number": id_number(101)}
    problem(handler.post(_path(school, "trainees"), json=late), 409, "JOIN_TOO_LATE")
    assert roster[3]["id"] == joined
