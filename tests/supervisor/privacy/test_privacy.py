"""Consent, masking, the rights desk, the registers: over HTTP, on both databases."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select, text

from supervisor.accounts.models import Account
from supervisor.callers import Caller, Role
from supervisor.lessons.register import viewing
from supervisor.lessons.schemas import ViewReason
from tests.support.county import START, County, School, post, problem


@pytest.fixture
def at_the_door(county: County) -> tuple[County, School, httpx.Client]:
    """Trainee 0 has checked in; the client is that person's phone."""
    county.clock.step((START - county.clock.now()).total_seconds())
    school = county.schools[0]
    phone = county.client()
    name, number = school.trainees[0]
    wanted = {"name": name, "id_last4": number[-4:], "direction": "in", "idempotency_key": "k" * 20}
    post(phone, f"/api/checkin/{school.session['code']}", wanted, 200)
    return county, school, phone


def _entry(school: School, who: int = 0) -> str:
    return school.training["roster"][who]["id"]


@pytest.mark.rule("A-20")
def test_a_trainee_consents_withdraws_and_sees_all_of_it(at_the_door: tuple[County, School, httpx.Client]) -> None:
    county, school, phone = at_the_door
    door = f"/api/checkin/{school.session['code']}"
    notice = phone.get(f"{door}/notice").json()
    assert "不是人脸识别" in notice["zh"] and "not face recognition" in notice["en"]

    def say(purpose: str, given: bool, version: str = notice["version"]) -> dict[str, Any]:
        return {"purpose": purpose, "given": given, "text_version": version}

    problem(phone.post(f"{door}/consents", json=say("face", True, "0" * 64)), 409, "NOTICE_CHANGED")
    problem(county.client().post(f"{door}/consents", json=say("face", True)), 401, "PHONE_UNKNOWN")
    post(phone, f"{door}/consents", say("notice", True), 201)
    post(phone, f"{door}/consents", say("face", True), 201)
    assert school.box_client.get("/api/box/target").json()["faces_withdrawn"] == []
    post(phone, f"{door}/consents", say("face", False), 201)
    assert school.box_client.get("/api/box/target").json()["faces_withdrawn"] == [_entry(school)]
    assert county.schools[1].box_client.get("/api/box/target").json()["faces_withdrawn"] == []
    mine = phone.get(f"{door}/my-data").json()
    assert mine["name"] == "学*" and mine["id_number"].startswith("140521****")
    assert {(one["purpose"], one["given"]) for one in mine["consents"]} == {("notice", True), ("face", False)}
    assert [one["direction"] for one in mine["check_ins"]] == ["in"]
    assert mine["seen_by"] == [] and mine["requests"] == []

    paper = say("registry", True) | {"how": "paper"}
    post(school.teacher, f"/api/roster-entries/{_entry(school, 1)}/consents", paper, 201)
    problem(county.schools[1].teacher.post(f"/api/roster-entries/{_entry(school, 1)}/consents", json=paper), 404,
            "ROSTER_ENTRY_NOT_FOUND")  # fmt: skip
    assert [one["how"] for one in county.inspector.get(f"/api/roster-entries/{_entry(school, 1)}/consents").json()] == [
        "paper"
    ]
    same = county.inspector.get(f"/api/classes/{school.training['id']}/notice").json()
    assert same["version"] == notice["version"]


def test_the_full_value_is_shown_for_a_reason_and_on_the_record(county: County) -> None:
    school = county.schools[0]
    name, number = school.trainees[0]
    asked = f"/api/roster-entries/{_entry(school)}/reveal"
    assert post(county.inspector, asked, {"field": "id_number", "reason": "complaint"}, 200)["value"] == number
    county.clock.step(1)
    assert post(school.teacher, asked, {"field": "name", "reason": "routine"}, 200)["value"] == name
    problem(county.inspector.post(asked, json={"field": "id_number"}), 422, "REQUEST_INVALID")
    problem(county.schools[1].inspector.post(asked, json={"field": "name", "reason": "routine"}), 404,
            "ROSTER_ENTRY_NOT_FOUND")  # fmt: skip
    auditor = county.account("audit_admin")
    lines = auditor.get("/api/reveals", params={"size": 1}).json()
    assert [(one["field"], one["reason"]) for one in lines["items"]] == [("name", "routine")]
    rest = auditor.get("/api/reveals", params={"size": 1, "cursor": lines["next"]}).json()
    assert [one["field"] for one in rest["items"]] == ["id_number"] and rest["next"] is None
    problem(auditor.get("/api/reveals", params={"cursor": "x"}), 422, "CURSOR_INVALID")
    problem(county.inspector.get("/api/reveals"), 403, "ROLE_NOT_ALLOWED")
    with county.centre.uow.read() as session:
        told = session.execute(text("SELECT body FROM centre_log WHERE kind = 'personal_data_revealed'")).scalars()
        assert all(number not in body and name not in body for body in told)


def test_the_rights_desk_answers_once_and_within_its_term(at_the_door: tuple[County, School, httpx.Client]) -> None:
    county, school, phone = at_the_door
    handler, door = county.account("handler"), f"/api/checkin/{school.session['code']}"
    wrong = post(phone, f"{door}/rights-requests", {"kind": "correct", "words": "我的姓名有错字"}, 201)
    county.clock.step(1)
    gone = post(
        school.teacher, f"/api/roster-entries/{_entry(school, 1)}/rights-requests",
        {"kind": "delete", "words": "请删除我的信息"}, 201,
    )  # fmt: skip
    listed = handler.get("/api/rights-requests", params={"open_only": True}).json()["items"]
    assert [(one["id"], one["kind"], one["overdue"]) for one in listed] == [
        (wrong["id"], "correct", False),
        (gone["id"], "delete", False),
    ]
    assert county.schools[1].teacher.get("/api/rights-requests").json()["items"] == []
    answered = f"/api/rights-requests/{wrong['id']}/answer"
    problem(school.teacher.post(answered, json={"result": "done", "words": "x"}), 403, "ROLE_NOT_ALLOWED")
    problem(handler.post(answered, json={"result": "done", "words": "已更正"}), 422, "RIGHTS_NEW_NAME")
    done = post(handler, answered, {"result": "done", "words": "已更正", "new_name": "周正"}, 200)
    assert done["trainee"] == "周*" and done["answer"]["words"] == "已更正"
    problem(handler.post(answered, json={"result": "refused", "words": "x"}), 409, "RIGHTS_ANSWERED")
    erase = f"/api/rights-requests/{gone['id']}/answer"
    problem(handler.post(erase, json={"result": "done", "words": "已删除"}), 409, "DATA_STILL_NEEDED")
    county.clock.step(16 * 86_400)
    overdue = handler.get("/api/rights-requests", params={"open_only": True}).json()["items"]
    assert [(one["id"], one["overdue"]) for one in overdue] == [(gone["id"], True)]
    with county.centre.uow.write() as session:  # the county voids the class; nothing is owed any more
        session.execute(text("UPDATE training_class SET status = 'voided'"))
    post(handler, erase, {"result": "done", "words": "已删除"}, 200)
    assert [one["name"] for one in county.inspector.get(f"/api/classes/{school.training['id']}").json()["roster"]][
        1
    ] == "已*"
    number = school.trainees[1][1]
    with county.centre.uow.read() as session:
        hashed = county.centre.vault.lookup("id_number", number)
        found = session.execute(text("SELECT count(*) FROM trainee WHERE id_number_hmac = :h"), {"h": hashed}).scalar()
        stored = session.execute(text("SELECT words FROM rights_request")).scalars()
        assert found == 0 and all("删除".encode() not in bytes(words) for words in stored)


@pytest.mark.rule("A-25")
def test_the_viewing_register_is_read_by_who_may_and_in_their_scope(county: County) -> None:
    mine, other = county.schools
    with county.centre.uow.write() as session:
        who = session.scalars(select(Account.id).where(Account.role == Role.INSPECTOR).limit(1)).one()
        caller = Caller(who, "z", "赵某", Role.INSPECTOR, None, "主管单位")
        for school in (mine, other, other):
            entered = viewing(
                caller, UUID(school.lesson), "playback", ViewReason.COMPLAINT, "10.0.0.1", county.clock.now()
            )
            session.add(entered)
    oversight = county.account("oversight")
    first = oversight.get("/api/views", params={"size": 2}).json()
    second = oversight.get("/api/views", params={"size": 2, "cursor": first["next"]}).json()
    assert len(first["items"]) == 2 and len(second["items"]) == 1 and second["next"] is None
    responsible = county.account("responsible", mine.institution)
    assert [one["class_no"] for one in responsible.get("/api/views").json()["items"]] == [mine.training["class_no"]]
    problem(mine.teacher.get("/api/views"), 403, "ROLE_NOT_ALLOWED")
    sheet = f"/classes/{mine.training['id']}"
    for path in (sheet, f"{sheet}/sheet.xlsx?reason=complaint"):
        assert oversight.get(path).is_success
    pack = oversight.get("/api/privacy/compliance/2026").json()
    figures = {line["name"]: line["count"] for line in pack["lines"]}
    assert (figures["views"], figures["exports"], figures["reveals"]) == (3, 0, 0)
    assert (figures["sheet_views"], figures["sheet_exports"]) == (2, 1)
    assert pack["log_size"] > 0 and len(pack["log_root"]) == 64
    problem(oversight.get("/api/privacy/compliance/1999"), 422, "REQUEST_INVALID")
    kept = {one["kind"]: one["days"] for one in county.inspector.get("/api/privacy/retention").json()}
    assert kept["raw_recording"] == 90 and kept["evidence_clip"] == 731 and kept["signed_log"] is None
