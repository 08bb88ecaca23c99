from __future__ import annotations

from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from supervisor.audit.models import AuditEvent
from supervisor.exams.service import advance_classes
from tests.support.county import START, County, class_wanted, id_number, post, problem


def exam_class(county: County, number: str = "2026-exam") -> dict[str, Any]:
    """Of the first institution: one session of teaching, later one of examining, approved."""
    school = county.schools[0]
    people = [(f"学员{each}", id_number(50 + each)) for each in range(3)]
    wanted = class_wanted(school.institution, school.room, people, number)
    teaching = wanted["plan"][0] | {"start": "10:00", "end": "10:07"}
    wanted["plan"] = [teaching, teaching | {"start": "11:00", "end": "11:04", "lesson_hours": 1, "kind": "exam"}]
    training: dict[str, Any] = post(school.teacher, "/api/classes", wanted, 201)
    post(school.teacher, f"/api/classes/{training['id']}/submit", None, 200)
    post(county.approver, f"/api/classes/{training['id']}/approve", {}, 200)
    return training


def at(county: County, hour: int, minute: int) -> None:
    """The clock of the site."""
    county.clock.step((START - county.clock.now()).total_seconds() + (hour - 9) * 3600 + minute * 60)


def status(county: County, training: dict[str, Any]) -> str:
    return str(county.inspector.get(f"/api/classes/{training['id']}").json()["status"])


@pytest.mark.rule("A-27")
def test_a_class_is_closed_only_when_every_active_trainee_has_a_result(county: County) -> None:
    school, other = county.schools
    training = exam_class(county)
    rows = [row["id"] for row in training["roster"]]
    path = f"/api/classes/{training['id']}"
    handler, responsible = county.account("handler"), county.account("responsible", school.institution)

    def enter(client: httpx.Client, *results: dict[str, Any], **more: Any) -> httpx.Response:
        return client.post(f"{path}/exam/results", json={"results": list(results), **more})

    passed = {"roster_entry_id": rows[0], "outcome": "pass", "theory": 85.5, "practice": 90}
    at(county, 10, 0)
    assert advance_classes(county.centre) == 3  # the other two classes are over
    assert status(county, training) == "running"
    problem(enter(responsible, passed), 409, "EXAM_NOT_HELD")
    at(county, 11, 0)
    assert advance_classes(county.centre) == 0
    post(county.client(), f"/api/checkin/{training['sessions'][1]['code']}",
         {"name": "学员0", "id_last4": id_number(50)[-4:], "direction": "in", "idempotency_key": "k" * 16})  # fmt: skip
    shown = enter(responsible, passed, evaluation_body="某评价机构").json()
    assert [(row["row"], row["name"], row["checked_in"], len(row["results"])) for row in shown["rows"]] == [
        (1, "学*", True, 1), (2, "学*", False, 0), (3, "学*", False, 0)
    ]  # fmt: skip
    first = shown["rows"][0]["results"][0]
    assert (first["outcome"], first["theory"], first["practice"]) == ("pass", 85.5, 90.0)

    at(county, 11, 4)
    advance_classes(county.centre)
    refused = problem(handler.post(f"{path}/close"), 409, "EXAM_RESULTS_MISSING")
    assert refused["title_zh"].endswith(":2 学*, 3 学*") and refused["title"].startswith("2 trainees")
    assert status(county, training) == "finished"
    failed = {"roster_entry_id": rows[1], "outcome": "fail"}
    absent = {"roster_entry_id": rows[2], "outcome": "absent"}
    stranger = {"roster_entry_id": other.training["roster"][0]["id"], "outcome": "pass"}
    assert problem(enter(responsible, failed, stranger), 422, "EXAM_ROW_UNKNOWN")["where"].startswith("/results/1/")
    problem(enter(responsible, failed, failed), 422, "EXAM_ROW_TWICE")
    problem(enter(responsible, absent | {"theory": 1}), 422, "REQUEST_INVALID")
    problem(enter(responsible, failed | {"theory": 100.5}), 422, "REQUEST_INVALID")
    assert sum(len(row["results"]) for row in handler.get(f"{path}/exam").json()["rows"]) == 1
    assert enter(school.teacher, failed, absent).json()["status"] == "examined"

    again = enter(responsible, passed, evaluation_body="某评价机构").json()  # the same again is no correction
    assert len(again["rows"][0]["results"]) == 1
    worse = passed | {"outcome": "fail", "theory": 55}
    body = {"evaluation_body": "某评价机构"}
    problem(enter(responsible, worse, **body, reason="登分错误"), 403, "CORRECTION_BY_COUNTY")
    problem(enter(handler, worse, **body), 422, "CORRECTION_REASON")
    corrected = enter(handler, worse, **body, reason="登分错误").json()["rows"][0]["results"]
    assert [(one["version"], one["outcome"], one["theory"]) for one in corrected] == [
        (2, "fail", 55.0), (1, "pass", 85.5)
    ]  # fmt: skip

    for client in (responsible, county.approver, county.admin):
        problem(client.post(f"{path}/close"), 403, "ROLE_NOT_ALLOWED")
    assert post(handler, f"{path}/close", None, 200)["status"] == "closed"
    problem(handler.post(f"{path}/close"), 409, "CLASS_STATUS")
    problem(enter(handler, passed, reason="再改"), 409, "CLASS_STATUS")
    for foreign in (other.teacher, county.account("responsible", other.institution)):
        problem(foreign.get(f"{path}/exam"), 404, "CLASS_NOT_FOUND")
        problem(enter(foreign, passed), 404, "CLASS_NOT_FOUND")

    with county.centre.uow.read() as session:
        events = [one for one in session.query(AuditEvent) if training["id"] in str((one.subject, one.details))]
    moved = [one.action for one in events if one.action.startswith("class_")]
    assert moved == ["class_created", "class_submitted", "class_approved", "class_running", "class_finished",
                     "class_examined", "class_closed"]  # fmt: skip
    entered = [one for one in events if one.action == "exam_result_entered"]
    assert len(entered) == 4 and "登分错误" not in str([one.details for one in entered])
    for change in ("UPDATE exam_result SET outcome = 'pass'", "DELETE FROM exam_result"):
        with pytest.raises(DBAPIError, match="append-only"), county.centre.uow.engine.begin() as connection:
            connection.execute(text(change))


@pytest.mark.rule("A-27")
def test_an_exam_that_is_not_in_the_plan_gives_no_results(county: County) -> None:
    school = county.schools[0]
    at(county, 12, 0)
    advance_classes(county.centre)
    assert status(county, school.training) == "finished"
    result = {"roster_entry_id": school.training["roster"][0]["id"], "outcome": "pass"}
    path = f"/api/classes/{school.training['id']}/exam/results"
    problem(school.teacher.post(path, json={"results": [result]}), 409, "EXAM_NOT_HELD")
