"""From a draft that lacks everything to an approved class, and the files and papers on the way."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from supervisor.profiles import profile_named
from supervisor.rules.opening import (
    Application,
    Permitted,
    PlanFact,
    commitment_findings,
    missing,
    plan_findings,
    room_findings,
    scope_findings,
    tags_of,
)
from supervisor.rules.working_days import WEEKDAYS
from tests.support.county import County, id_number, post, problem
from tests.support.opening import plan_file, upload

DAY = date(2026, 12, 21)
WHOLE = Application(
    opening_day=DAY,
    kind="PROJECT",
    occupation="6-31-01-03",
    level="5",
    teaching_language="普通话",
    theory_hours=2,
    practice_hours=0,
    roster=2,
    plan=(PlanFact(DAY, 2, "theory", "room", 1, True),),
    resources=1,
    assessment={"method": "笔试", "date": "2026-12-30", "pass_mark": 60, "body": "own"},
)


@pytest.mark.rule("A-02")
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"roster": 0}, "OPEN_MISSING_ROSTER"),
        ({"theory_hours": 3}, "OPEN_MISSING_PLAN"),
        ({"plan": (replace(WHOLE.plan[0], teachers=0),)}, "OPEN_MISSING_TEACHER"),
        ({"resources": 0}, "OPEN_MISSING_RESOURCES"),
        ({"assessment": {}}, "OPEN_MISSING_ASSESSMENT"),
    ],
)
def test_each_absent_element_has_its_code(change: dict[str, Any], code: str) -> None:
    rules = profile_named("000000-demo.3").opening_application
    assert rules is not None and missing(WHOLE, rules) == []
    assert [one.code for one in missing(replace(WHOLE, **change), rules)] == [code]


@pytest.mark.rule("A-08")
def test_a_class_opened_the_day_before_a_change_uses_the_old_catalogue() -> None:
    old = [Permitted("6-31-01-03", "5", DAY - timedelta(days=100), DAY)]
    codes = lambda day, lines: [f.code for f in scope_findings(replace(WHOLE, opening_day=day), lines, lines)]  # noqa: E731
    assert codes(DAY, old) == []
    assert codes(DAY + timedelta(days=1), old) == ["OUTSIDE_LICENCE", "OUTSIDE_CATALOGUE"]
    assert codes(DAY, []) == ["LICENCE_NOT_CHECKED", "CATALOGUE_NOT_CHECKED"]


def _rows() -> list[list[str]]:
    who = ["教室A", "张老师", id_number(900), "教材,某出版社"]
    return [
        ["2026-12-21", "安全、消防、法制、普通话", "2", "09:00", "09:07", *who, "理论"],
        ["2026-12-21", "接线", "2", "10:00", "10:07", *who, "实操"],
    ]


@pytest.mark.rule("A-01", "A-02", "A-03", "A-04", "A-10", "A-24", "B-22")
def test_a_draft_is_completed_signed_returned_and_approved(county: County) -> None:
    school = county.schools[0]
    handler, responsible = county.account("handler"), county.account("responsible", school.institution)
    roster = [{"name": "周某", "id_number": id_number(100)}]
    draft = {"institution_id": school.institution, "class_no": "n-1", "name": "电工", "profile": "000000-demo.3"}
    made = post(school.teacher, "/api/classes", draft | {"roster": roster, "opening_day": "2026-12-21"}, 201)
    path = f"/api/classes/{made['id']}"
    problem(school.teacher.post(f"{path}/submit"), 422, "OPEN_MISSING_PLAN")

    bad = _rows()
    bad[1][2], bad[1][7] = "many", "140521"
    fault = problem(upload(school.teacher, f"{path}/plan", plan_file(bad)), 422, "SHEET_FAULTS")
    assert [one["where"] for one in fault["faults"]] == ["C3", "H3"]
    assert upload(school.teacher, f"{path}/plan", plan_file(_rows()), dry_run="1").json()["stored"] is False
    assert county.approver.get(path).json()["sessions"] == []
    for _ in range(2):  # the second import replaces the first
        answer = upload(school.teacher, f"{path}/plan", plan_file(_rows()), basic_by_content="1")
        assert answer.json() == {"rows": 2, "lesson_hours": 4, "stored": True}
    problem(upload(county.schools[1].teacher, f"{path}/plan", plan_file(_rows())), 404, "CLASS_NOT_FOUND")

    opening = {
        "kind": "PROJECT",
        "occupation_code": "6-31-01-03",
        "occupation_name": "电工",
        "level": "5",
        "teaching_language": "普通话",
        "theory_hours": 2,
        "practice_hours": 2,
        "resources": ["教材"],
        "assessment": {"method": "笔试", "date": "2026-12-30", "pass_mark": 60, "body": "own"},
    }
    assert school.teacher.put(f"{path}/opening", json=opening).status_code == 204
    problem(school.teacher.post(f"{path}/submit"), 422, "OPEN_NOT_SIGNED")

    def sign() -> None:
        sha256 = county.approver.get(f"{path}/opening").json()["sha256"]
        post(responsible, f"{path}/opening/sign", {"sha256": sha256}, 204)

    sign()
    post(school.teacher, f"{path}/submit", None, 200)
    problem(county.approver.post(f"{path}/approve", json={}), 409, "ROSTER_BLOCKED")  # nobody made a commitment
    assert post(handler, f"{path}/return", {"reasons": {"plan": "请核对"}}, 200)["status"] == "returned"
    assert school.teacher.put(f"{path}/opening", json=opening | {"level": "4"}).status_code == 204
    problem(school.teacher.post(f"{path}/submit"), 422, "OPEN_NOT_SIGNED")  # a change voids the signature
    sign()
    text = {"text_version": "1", "text_sha256": "0" * 64}
    post(responsible, f"{path}/commitments", text | {"kind": "institution_notice"}, 201)
    paper = {"kind": "trainee_statement", "roster_entry_id": made["roster"][0]["id"], "photo_sha256": "1" * 64}
    post(school.teacher, f"{path}/commitments", text | paper, 201)
    post(school.teacher, f"{path}/submit", None, 200)
    problem(county.approver.post(f"{path}/approve", json={}), 409, "REVIEW_MISSING")
    shown = county.approver.get(f"{path}/opening").json()
    for element in shown["elements"]:
        post(handler, f"{path}/reviews", {"element": element, "result": "true"}, 204)
    assert shown["signed"] and {one["level"] for one in shown["findings"]} <= {"WARN", "NOT_CHECKED"}
    assert post(county.approver, f"{path}/approve", {}, 200)["status"] == "approved"
    assert id_number(900) not in county.approver.get(path).text


@pytest.mark.rule("A-29")
def test_a_secret_unit_is_a_total_and_nothing_else(county: County) -> None:
    school, handler = county.schools[0], county.account("handler")
    total = {"first_day": "2026-01-01", "last_day": "2026-12-31", "heads": 12}
    path = f"/api/institutions/{school.institution}"
    problem(handler.post(f"{path}/aggregate", json=total), 422, "NOT_SECRET_UNIT")
    post(handler, f"{path}/secret", None, 204)
    for where, body in (
        ("sites", {"institution_id": school.institution, "name": "n"}),
        ("rooms", {"site_id": school.site, "name": "n"}),
        ("boxes", {"site_id": school.site, "name": "n"}),
        ("cameras", {"room_id": school.room, "box_id": school.box, "code": "c", "accepted": True}),
        ("classes", {"institution_id": school.institution, "class_no": "n", "name": "n", "profile": "000000-demo.3"}),
    ):
        problem(county.admin.post(f"/api/{where}", json=body), 403, "SECRET_UNIT")
    post(handler, f"{path}/aggregate", total, 201)
    assert len(school.teacher.get("/api/classes").json()["items"]) == 1  # nothing is deleted


@pytest.mark.rule("A-09")
def test_a_room_is_verified_on_site_and_holds_the_class() -> None:
    says = lambda capacities: [one.code for one in room_findings(WHOLE, capacities)]  # noqa: E731
    assert says({"room": 2}) == []
    assert says({}) == ["SITE_NOT_CHECKED"]
    assert says({"room": None}) == ["SITE_NOT_VALID"]
    assert says({"room": 1}) == ["ROOM_TOO_SMALL"]


@pytest.mark.rule("A-07", "A-24")
def test_statements_and_proofs_of_hiring_are_counted_person_by_person() -> None:
    says = lambda *given, **more: [one.code for one in commitment_findings(["1", "2"], *given, **more)]  # noqa: E731
    assert says(True, {"1", "2"}, None) == []
    assert says(False, {"1"}, {"1"}) == ["NO_INSTITUTION_NOTICE", "NO_TRAINEE_STATEMENT", "NO_HIRE_INTENT"]


@pytest.mark.rule("A-10")
def test_each_part_of_the_basic_course_and_the_shares_have_their_codes() -> None:
    profile = profile_named("140521-2024.3")
    assert profile.opening_application is not None
    practice = PlanFact(DAY, 2, "practice", "room", 1, True, tags_of("安全、消防、法律、普通话"))

    def says(*rows: PlanFact) -> list[str]:
        plan = replace(WHOLE, plan=rows, theory_hours=0, practice_hours=2)
        today = DAY - timedelta(days=30)
        return [one.code for one in plan_findings(plan, profile.opening_application, profile.opening, today, WEEKDAYS)]

    assert says(replace(practice, kind="theory"), practice) == []
    assert [one for one in says(replace(practice, tags=frozenset())) if one.startswith("PLAN_NO")] == [
        "PLAN_NO_SAFETY", "PLAN_NO_FIRE", "PLAN_NO_LAW", "PLAN_NO_PUTONGHUA",
    ]  # fmt: skip
