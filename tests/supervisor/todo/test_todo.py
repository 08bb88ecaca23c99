"""What waits for whom, on both databases, over the pages' own services."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import httpx

from supervisor.callers import Caller, Role
from supervisor.todo import service
from supervisor.todo.schemas import Kind, Waiting
from tests.support.county import START, TRAINEES, County, School, class_wanted, id_number, post
from tests.support.opening import BASIC, declaration, plan_file, sign, upload


def _caller(county: County, client: httpx.Client) -> Caller:
    told = client.get("/api/session").json()
    school = told["institution_id"]
    return Caller(
        UUID(told["id"]), told["username"], told["name"], Role(told["role"]), UUID(school) if school else None, "单位"
    )


def _list(county: County, client: httpx.Client) -> list[Waiting]:
    caller = _caller(county, client)
    found = service.waiting(county.centre, caller)
    assert found.whole
    assert service.count(county.centre, caller) == len(found.items)
    return found.items


def _judged(county: County, school: School) -> None:
    county.clock.step((START - county.clock.now()).total_seconds())
    for who in range(TRAINEES):
        county.check_in(school, who)
    county.clock.step(600)
    assert county.report(school, county.verdict_entry(school, county.evidence(school, seen=0))).is_success


def _change(school: School) -> str:
    body = {"kind": "substitute", "session_id": school.session["id"], "teachers": ["赵老师"], "reason": "刘老师出差"}
    made: str = post(school.teacher, f"/api/classes/{school.training['id']}/changes", body, 201)["id"]
    return made


def test_a_lesson_hour_waits_first_for_the_institution_then_for_the_inspector(county: County) -> None:
    school = county.schools[0]
    _judged(county, school)
    responsible = county.account("responsible", school.institution)
    assert _list(county, county.inspector) == []
    (one,) = _list(county, responsible)
    assert (one.kind, str(one.id), one.stage) == (Kind.LESSON, school.lesson, "fail_proposed_explain")
    assert one.until is not None and one.until - county.clock.now() == timedelta(hours=48)
    assert [str(code) for code in one.reasons] == ["COUNT_LOW", "CHECKIN_MISMATCH"]
    assert _list(county, county.schools[1].teacher) == []
    post(responsible, f"/api/lessons/{school.lesson}/explanations", {"words": "停电"}, 201)
    assert _list(county, responsible) == []
    assert [one.stage for one in _list(county, county.inspector)] == ["fail_proposed_decide"]


def test_each_request_waits_for_those_who_may_decide_on_it(county: County) -> None:
    school = county.schools[0]
    handler, entry = county.account("handler"), school.training["roster"][0]["id"]
    path = f"/api/classes/{school.training['id']}"
    change = _change(school)
    leave = {"roster_entry_id": entry, "kind": "sick", "reason": "发烧", "start": START.isoformat()}
    far = (START + timedelta(hours=80)).isoformat()
    own = post(school.teacher, f"{path}/leaves", leave | {"until": far}, 201)
    out = post(school.teacher, f"{path}/drop-outs", {"roster_entry_id": entry, "reason": "已就业"}, 201)
    wanted = {Kind.CHANGE: change, Kind.LEAVE: own["id"], Kind.DROP_OUT: out["id"]}
    county_leave = own["decider"] == "county"
    seen = {one.kind: str(one.id) for one in _list(county, handler)}
    assert seen == {kind: id_ for kind, id_ in wanted.items() if kind is not Kind.LEAVE or county_leave}
    seen = {one.kind: str(one.id) for one in _list(county, county.approver)}
    assert seen == {kind: id_ for kind, id_ in wanted.items() if kind is not Kind.LEAVE}
    deciders = county.inspector if county_leave else school.teacher
    assert [str(one.id) for one in _list(county, deciders) if one.kind is Kind.LEAVE] == [own["id"]]
    assert _list(county, county.schools[1].inspector) == []  # of another institution
    post(handler, f"/api/changes/{change}/approve", {"reason": "同意"}, 200)
    assert Kind.CHANGE not in {one.kind for one in _list(county, county.approver)}


def test_a_draft_waits_for_the_responsible_person_until_it_is_signed(county: County) -> None:
    school = county.schools[0]
    responsible = county.account("responsible", school.institution)
    wanted = class_wanted(
        school.institution, school.room, [("孙某", id_number(77))], "2026-78", profile="000000-demo.3"
    )
    del wanted["plan"]
    made = post(school.teacher, "/api/classes", wanted | {"opening_day": "2026-12-21"}, 201)
    path = f"/api/classes/{made['id']}"
    rows = [
        ["2026-12-21", BASIC, "2", "09:00", "09:07", "教室A", "张老师", id_number(900), "电工基础,某出版社", "理论"]
    ]
    assert upload(school.teacher, f"{path}/plan", plan_file(rows), basic_by_content="1").is_success
    assert _list(county, responsible) == []  # not declared yet
    declared = declaration(2, 0)
    assert school.teacher.put(f"{path}/opening", json=declared | {"resources": []}).is_success
    assert _list(county, responsible) == []  # an element is missing
    assert school.teacher.put(f"{path}/opening", json=declared).is_success
    (one,) = _list(county, responsible)
    assert (one.kind, str(one.class_id)) == (Kind.SIGNATURE, made["id"])
    for client in (school.teacher, county.approver, county.account("responsible", county.schools[1].institution)):
        assert _list(county, client) == []
    sign(responsible, path)
    assert _list(county, responsible) == []
    assert school.teacher.put(f"{path}/opening", json=declared | {"resources": ["另一本教材"]}).is_success
    assert [one.kind for one in _list(county, responsible)] == [Kind.SIGNATURE]  # another content: to be signed again


def test_a_request_for_an_exemption_waits_for_the_approver(county: County) -> None:
    school = county.schools[0]
    responsible = county.account("responsible", school.institution)
    path = f"/api/classes/{school.training['id']}"
    file = responsible.post(f"{path}/files", content=b"%PDF-1.7").json()["sha256"]
    wanted = {"kind": "enterprise_staff", "basis": "在岗职工", "valid_until": "2026-12-31", "file_sha256": file}
    asked = post(responsible, f"{path}/exemption-requests", wanted, 201)
    (one,) = _list(county, county.approver)
    assert (one.kind, str(one.id), one.reason) == (Kind.EXEMPTION, asked["id"], "在岗职工")
    for client in (responsible, county.inspector, county.account("handler")):
        assert _list(county, client) == []
    post(county.approver, f"{path}/exemption-requests/{asked['id']}/answer", {"granted": False, "words": "不符"}, 201)
    assert _list(county, county.approver) == []


def test_what_ends_soon_comes_first(county: County) -> None:
    """A change that lapses within a day stands before an application that has waited for longer."""
    school = county.schools[0]
    number = class_wanted(school.institution, school.room, [("孙某", id_number(77))], "2026-77")
    number["plan"][0]["date"] = "2026-12-07"
    made = post(school.teacher, "/api/classes", number, 201)
    post(school.teacher, f"/api/classes/{made['id']}/submit", None, 200)
    county.clock.step(60)
    _change(school)
    items = _list(county, county.approver)
    assert [one.kind for one in items] == [Kind.CHANGE, Kind.OPENING]
    assert items[1].until is not None  # five working days
    post(county.approver, f"/api/classes/{made['id']}/return", {"reasons": {"roster": "缺两人"}}, 200)
    assert [one.kind for one in _list(county, county.approver)] == [Kind.CHANGE]
    returned = [one for one in _list(county, school.teacher) if one.kind is Kind.OPENING]
    assert [(one.detail, one.reason) for one in returned] == [("returned", "缺两人")]
