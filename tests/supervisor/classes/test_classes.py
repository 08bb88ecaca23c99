from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, text

from supervisor.classes.models import Trainee
from tests.support.county import County, class_wanted, id_number, post, problem

Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def wanted(county: County) -> dict[str, Any]:
    """A class on the next day, with two trainees nobody knows yet."""
    school = county.schools[0]
    made = class_wanted(school.institution, school.room, [("周某", id_number(100)), ("吴某", id_number(101))], "2026-9")
    made["plan"][0]["date"] = "2026-11-24"
    return made


def test_a_class_gets_its_sessions_and_lesson_hours(county: County, wanted: dict[str, Any]) -> None:
    made = post(county.schools[0].teacher, "/api/classes", wanted, 201)
    assert (made["status"], len(made["roster"])) == ("draft", 2)
    hours = made["sessions"][0]["lesson_hours"]
    assert [(one["slot"], one["start"][11:19], one["end"][11:19]) for one in hours] == [
        (1, "01:00:00", "01:03:00"),
        (2, "01:04:00", "01:07:00"),
    ]


def test_lists_show_names_and_id_numbers_masked_only(county: County, wanted: dict[str, Any]) -> None:
    made = county.schools[0].teacher.post("/api/classes", json=wanted)
    assert made.json()["roster"][0]["name"] == "周*"
    assert made.json()["roster"][0]["id_number"] == f"140521********{id_number(100)[-4:]}"
    assert id_number(100) not in made.text and "周某" not in made.text


def test_the_id_number_is_in_the_database_only_encrypted(county: County) -> None:
    number = county.schools[0].trainees[0][1]
    with county.centre.uow.read() as session:
        people = session.scalars(select(Trainee)).all()
        raw = session.execute(text("SELECT * FROM trainee")).all()
    assert number not in repr(raw)
    assert {county.centre.vault.unseal(one.id_number_cipher, one.id) for one in people} >= {number}


CASES: list[tuple[Change, int, str, str | None]] = [
    (lambda c: c["roster"][1].update(id_number="140521198001011234"), 422, "ROSTER_ID_INVALID", "/roster/1/id_number"),
    (lambda c: c["roster"][1].update(id_number=id_number(100)), 422, "ROSTER_DUPLICATE", "/roster/1/id_number"),
    (lambda c: c["roster"][0].update(id_number=id_number(0)), 422, "ROSTER_NAME_DIFFERS", "/roster/0/name"),
    (lambda c: c["roster"].extend([c["roster"][0]] * 50), 422, "CLASS_TOO_LARGE", "/roster"),
    (lambda c: c.update(roster=[]), 422, "REQUEST_INVALID", "/roster"),
    (lambda c: c["plan"][0].update(end="09:05"), 422, "PLAN_ROW_TOO_SHORT", "/plan/0/lesson_hours"),
    (lambda c: c["plan"][0].update(end="08:59"), 422, "PLAN_ROW_TIMES", "/plan/0"),
    (lambda c: c["plan"][0].update(start="09:00+08:00"), 422, "PLAN_ROW_TIMES", "/plan/0"),
    (lambda c: c["plan"][0].update(end="12:00", lesson_hours=9), 422, "PLAN_DAY_TOO_LONG", "/plan/0/lesson_hours"),
    (lambda c: c["plan"].append(dict(c["plan"][0])), 422, "PLAN_ROOM_TAKEN", "/plan/1/room_id"),
    (lambda c: c["plan"][0].update(date="2026-11-23"), 422, "PLAN_ROOM_TAKEN", "/plan/0/room_id"),
    (lambda c: c["plan"][0].update(date="2026-02-30"), 422, "REQUEST_INVALID", "/plan/0/date"),
    (lambda c: c["plan"][0].update(kind="party"), 422, "REQUEST_INVALID", "/plan/0/kind"),
    (lambda c: c["plan"][0].update(teachers=[]), 422, "REQUEST_INVALID", "/plan/0/teachers"),
    (lambda c: c.update(profile="999999-9"), 422, "PROFILE_NOT_FOUND", "/profile"),
    (lambda c: c.update(profile="/etc/passwd.yaml"), 422, "PROFILE_NOT_FOUND", "/profile"),
    (lambda c: c.update(class_no="2026-0"), 409, "CLASS_NO_TAKEN", "/class_no"),
    (lambda c: c.update(surprise=1), 422, "REQUEST_INVALID", "/surprise"),
]


@pytest.mark.parametrize(("change", "status", "code", "where"), CASES)
def test_a_fault_is_named_with_its_place_and_nothing_is_stored(
    county: County, wanted: dict[str, Any], change: Change, status: int, code: str, where: str | None
) -> None:
    change(wanted)
    teacher = county.schools[0].teacher
    answer = teacher.post("/api/classes", json=wanted)
    assert problem(answer, status, code).get("where") == where
    assert id_number(100) not in answer.text and id_number(0) not in answer.text
    assert len(teacher.get("/api/classes").json()["items"]) == 1


def test_a_lesson_over_midnight_ends_on_the_next_day(county: County, wanted: dict[str, Any]) -> None:
    wanted["plan"][0].update(start="23:58", end="00:05")
    made = post(county.schools[0].teacher, "/api/classes", wanted)
    assert made["sessions"][0]["end"] == "2026-11-24T16:05:00Z"


def test_only_a_submitted_class_is_approved_and_only_once(county: County, wanted: dict[str, Any]) -> None:
    made = post(county.schools[0].teacher, "/api/classes", wanted)
    approve = f"/api/classes/{made['id']}/approve"
    problem(county.approver.post(approve, json={}), 409, "CLASS_STATUS")
    post(county.schools[0].teacher, f"/api/classes/{made['id']}/submit", None, 200)
    assert post(county.approver, approve, {"exempt": "enterprise_staff"}, 200)["exempt"] == "enterprise_staff"
    problem(county.approver.post(approve, json={}), 409, "CLASS_STATUS")


@pytest.mark.rule("A-01")
def test_lesson_hours_before_the_approval_never_count_and_are_never_sent_to_the_box(
    county: County, wanted: dict[str, Any]
) -> None:
    school = county.schools[0]
    made = post(school.teacher, "/api/classes", wanted)
    post(school.teacher, f"/api/classes/{made['id']}/submit", None)
    hours = made["sessions"][0]["lesson_hours"]

    def sent() -> set[str]:
        target = school.box_client.get("/api/box/target").json()
        return {lesson["lesson_hour_id"] for lesson in target["lessons"]} & {one["id"] for one in hours}

    assert sent() == set()
    county.clock.step(25 * 3600 + 60)  # one minute after the first lesson hour began
    post(county.approver, f"/api/classes/{made['id']}/approve", {})
    assert sent() == {hours[1]["id"]}
    assert [county.inspector.get(f"/api/lessons/{one['id']}").json()["lesson"]["countable"] for one in hours] == [
        False,
        True,
    ]


def test_a_class_is_held_under_the_countys_own_rules_only(county: County, wanted: dict[str, Any]) -> None:
    teacher, settings = county.schools[0].teacher, county.centre.settings
    submitted = post(teacher, "/api/classes", wanted)["id"]
    post(teacher, f"/api/classes/{submitted}/submit", None, 200)
    settings.demo, settings.region = False, "110101"
    problem(teacher.post("/api/classes", json=wanted | {"class_no": "n"}), 422, "PROFILE_DEMO")
    problem(county.approver.post(f"/api/classes/{submitted}/approve", json={}), 422, "PROFILE_DEMO")
    other = wanted | {"class_no": "n", "profile": "140521-2024.1"}
    assert problem(teacher.post("/api/classes", json=other), 422, "PROFILE_OTHER_REGION")["where"] == "/profile"
    settings.region = "140521"
    problem(teacher.post("/api/classes", json=other), 422, "PLAN_ROW_TOO_SHORT")  # the rules themselves are accepted


def test_who_approves_reads_under_which_rules(county: County) -> None:
    shown = county.approver.get("/api/classes").json()["items"][0]
    assert (shown["profile"], shown["demo"]) == ("000000-demo.1", True)
    assert shown["profile_zh"].startswith("演示规则") and shown["profile_en"].startswith("Demo rules")
