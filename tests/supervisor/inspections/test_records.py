"""From a drawn class to an inspection record, and from its demand to an accepted rectification; on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DatabaseError

from supervisor.audit.models import AuditEvent
from supervisor.callers import Caller, Role
from supervisor.gate import MAX_BODY
from supervisor.inspections.models import (
    InspectionRecord,
    InspectionSignature,
    RectificationAnswer,
    RectificationFile,
    RectificationRuling,
)
from supervisor.lessons.models import ViewLog
from supervisor.lessons.register import viewing
from supervisor.lessons.schemas import ViewReason
from tests.support.county import START, County, School, post, problem

PDF = b"%PDF-1.7 the corridor is clear"
TYPE = {"content-type": "application/pdf"}
DAY = 24 * 3600


@pytest.fixture
def after_class(county: County) -> tuple[County, School]:
    """Two of three trainees checked in, and the lesson hours are over."""
    county.clock.step((START - county.clock.now()).total_seconds())
    school = county.schools[0]
    assert all(county.check_in(school, who).is_success for who in range(2))
    county.clock.step(3600)
    return county, school


def wanted(county: County, school: School, **changes: Any) -> dict[str, Any]:
    now = county.clock.now()
    return {
        "class_id": school.training["id"],
        "lesson_hour_ids": [school.lesson],
        "kind": "on_site",
        "started_at": (now - timedelta(minutes=40)).isoformat(),
        "ended_at": (now - timedelta(minutes=10)).isoformat(),
        "present": 2,
        "items": {"putonghua": "yes", "textbooks": "no"},
        "findings": ["safety"],
        "words": "王某座位旁堆放纸箱",
        "conclusion": "not_qualified",
        "demand": "清理通道,补发教材",
    } | changes


def account_of(client: httpx.Client) -> str:
    return str(client.get("/api/session").json()["id"])


def opened(county: County, client: httpx.Client, lesson: str) -> None:
    """As if this person had played the recording."""
    person = Caller(UUID(account_of(client)), "i", "李某", Role.INSPECTOR, None, "主管单位")
    with county.centre.uow.write() as session:
        line = viewing(person, UUID(lesson), "playback", ViewReason.ROUTINE, "", county.clock.now())
        session.add(line)


@pytest.mark.rule("A-20", "B-19")
def test_from_a_demand_to_an_accepted_rectification(after_class: tuple[County, School]) -> None:
    county, school = after_class
    other = county.schools[1]
    responsible = county.account("responsible", school.institution)
    body = wanted(county, school)
    problem(school.teacher.post("/api/inspections", json=body), 403, "ROLE_NOT_ALLOWED")
    problem(other.inspector.post("/api/inspections", json=body), 404, "CLASS_NOT_FOUND")
    foreign = body | {"lesson_hour_ids": [other.lesson]}
    problem(county.inspector.post("/api/inspections", json=foreign), 404, "LESSON_NOT_FOUND")
    problem(county.inspector.post("/api/inspections", json=body | {"findings": []}), 422, "INSPECTION_NO_FINDING")
    later = body | {"ended_at": (county.clock.now() + timedelta(minutes=1)).isoformat()}
    problem(county.inspector.post("/api/inspections", json=later), 422, "INSPECTION_TIMES")
    long = body | {"working_days": 31}
    problem(county.inspector.post("/api/inspections", json=long), 422, "INSPECTION_TERM_TOO_LONG")

    made = post(county.inspector, "/api/inspections", body, 201)
    path = f"/api/inspections/{made['id']}"
    assert made["figures"] == {"expected": 3, "attended": 2, "lowest": 0.6667}
    assert (made["standing"], made["entered_late"], made["late"]) == ("open", False, False)
    assert made["due_at"] == "2026-11-30T16:00:00Z"  # Monday; five working days to the end of Monday the 30th
    assert [one["side"] for one in made["signatures"]] == ["county"]
    assert responsible.get(path).json() == made
    problem(other.teacher.get(path), 404, "INSPECTION_NOT_FOUND")
    assert county.account("handler").get(path).json()["words"] is None  # words may hold names

    colleague = county.account("inspector")
    for who in (colleague, responsible, responsible):
        signed = post(who, f"{path}/signature", None, 200)
    assert sorted(one["side"] for one in signed["signatures"]) == ["county", "county", "institution"]
    problem(county.inspector.post(f"{path}/rulings", json={"seq": 1, "accepted": True}), 409, "NOTHING_TO_RULE")

    county.clock.step(8 * DAY)
    assert [one["id"] for one in responsible.get("/api/inspections/overdue").json()["items"]] == [made["id"]]
    assert other.inspector.get("/api/inspections/overdue").json()["items"] == []
    told = post(responsible, f"{path}/answers", {"words": "已清理"}, 201)
    assert (told["standing"], told["late"], told["overdue"], told["rounds"][0]["late"]) == (
        "answered", True, False, True,
    )  # fmt: skip
    assert responsible.get("/api/inspections/overdue").json()["items"] == []
    problem(school.teacher.post(f"{path}/answers", json={"words": "再说"}), 409, "NOTHING_TO_RECTIFY")
    _files(county, school, responsible, path)
    problem(colleague.post(f"{path}/rulings", json={"seq": 1, "accepted": False}), 422, "REASON_NEEDED")
    back = post(colleague, f"{path}/rulings", {"seq": 1, "accepted": False, "words": "教材未补"}, 201)
    assert (back["standing"], back["due_at"]) == ("open", "2026-12-04T16:00:00Z")  # three working days from Tuesday
    problem(responsible.post(f"{path}/answers/1/files", content=PDF + b"2", headers=TYPE), 409, "ANSWER_RULED")
    assert _turn(county.inspector, "institution") == [made["id"]] and _turn(county.inspector, "inspector") == []
    county.clock.step(4 * DAY)
    assert len(county.inspector.get("/api/inspections/overdue").json()["items"]) == 1
    post(responsible, f"{path}/answers", {"words": "教材已补发"}, 201)
    assert _turn(county.inspector, "inspector") == [made["id"]]
    problem(county.inspector.post(f"{path}/rulings", json={"seq": 1, "accepted": True}), 409, "NOTHING_TO_RULE")
    done = post(county.inspector, f"{path}/rulings", {"seq": 2, "accepted": True}, 201)
    assert (done["standing"], done["late"], [one["accepted"] for one in done["rounds"]]) == (
        "accepted", True, [False, True],
    )  # fmt: skip
    assert _turn(county.inspector, "inspector") == _turn(county.inspector, "institution") == []
    _stays(county, made["id"])


def _files(county: County, school: School, responsible: httpx.Client, path: str) -> None:
    files = f"{path}/answers/1/files"
    added = responsible.post(files, content=PDF, headers=TYPE)
    assert added.status_code == 201, added.text
    assert school.teacher.post(files, content=PDF, headers=TYPE).json() == added.json()  # the same file is one
    problem(responsible.post(files, content=b"MZ..", headers=TYPE), 415, "FILE_TYPE")
    problem(responsible.post(f"{path}/answers/2/files", content=PDF, headers=TYPE), 404, "ANSWER_NOT_FOUND")
    large = b"%PDF-" + bytes(MAX_BODY)
    assert responsible.post(files, content=large, headers=TYPE).status_code == 201
    assert len(county.inspector.get(path).json()["rounds"][0]["files"]) == 2
    got = f"{path}/files/{added.json()['sha256']}"
    problem(county.account("handler").get(got), 403, "ROLE_NOT_ALLOWED")
    problem(county.schools[1].inspector.get(got), 404, "INSPECTION_NOT_FOUND")
    problem(county.inspector.get(f"{path}/files/{'0' * 64}"), 404, "FILE_NOT_FOUND")
    assert county.inspector.get(got).content == PDF
    with county.centre.uow.read() as session:
        assert session.scalars(select(ViewLog.what)).all() == ["papers"]


def _turn(client: httpx.Client, turn: str) -> list[str]:
    return [one["id"] for one in client.get(f"/api/inspections?turn={turn}").json()["items"]]


def _stays(county: County, inspection: str) -> None:
    """No word stands in the log, every step does, and no row can be changed."""
    with county.centre.uow.read() as session:
        subject = AuditEvent.subject == f"inspection:{inspection}"
        told = session.scalars(select(AuditEvent).where(subject).order_by(AuditEvent.id)).all()
    assert [one.action.removeprefix("rectification_").removeprefix("inspection_") for one in told] == [
        "entered", "signed", "signed", "answered", "file_added", "file_added", "ruled", "answered", "ruled",
    ]  # fmt: skip
    assert not any(word in str([one.details for one in told]) for word in ("王某", "清理", "教材"))
    for table in (InspectionRecord, InspectionSignature, RectificationAnswer, RectificationFile, RectificationRuling):
        for change in (update(table).values(at=county.clock.now()), delete(table)):
            with pytest.raises(DatabaseError, match="append-only"), county.centre.uow.write() as session:
                session.execute(change)


@pytest.mark.rule("B-19", "A-25")
def test_a_drawn_class_is_done_by_the_record_of_who_was_drawn(after_class: tuple[County, School]) -> None:
    county, school = after_class
    handler = county.account("handler")
    credit = {"grade": "D", "valid_from": "2026-11-01", "basis": "年度评价"}
    post(handler, f"/api/institutions/{school.institution}/credit", credit, 201)
    people = {account_of(client): client for client in (county.inspector, county.account("inspector"))}
    period = {"first_day": "2026-11-23", "last_day": "2026-11-23", "idempotency_key": "k" * 16}
    plan = post(handler, "/api/sampling-plans", period, 201)
    assert plan["done"] == {}
    drawn = plan["drawn"][school.training["id"]]
    author = people[drawn[0]]
    people[account_of(school.inspector)] = school.inspector
    body = wanted(
        county, school, kind="playback", plan_id=plan["id"], findings=["normal"], items={}, conclusion="qualified",
        demand="", words="",
    )  # fmt: skip
    problem(author.post("/api/inspections", json=body), 409, "INSPECTION_NOT_OPENED")  # nobody looked
    opened(county, author, school.lesson)
    stranger = county.account("inspector")
    opened(county, stranger, school.lesson)
    problem(stranger.post("/api/inspections", json=body), 409, "INSPECTION_NOT_DRAWN")
    problem(author.post("/api/inspections", json=body | {"plan_id": school.room}), 404, "SAMPLE_PLAN_NOT_FOUND")
    county.clock.step(2 * DAY)
    made = post(author, "/api/inspections", body, 201)
    assert (made["standing"], made["entered_late"], made["due_at"]) == ("nothing_demanded", True, None)
    problem(
        school.teacher.post(f"/api/inspections/{made['id']}/answers", json={"words": "?"}), 409, "NOTHING_TO_RECTIFY"
    )
    post(people[drawn[1]], f"/api/inspections/{made['id']}/signature", None, 200)
    shown = handler.get(f"/api/sampling-plans/{plan['id']}").json()
    assert list(shown["done"]) == [school.training["id"]] and shown["repeats"]
    assert shown["done"][school.training["id"]]["inspection_id"] == made["id"]
    assert sorted(shown["done"][school.training["id"]]["signed"]) == sorted(drawn)


def test_pages_and_what_a_class_had(after_class: tuple[County, School]) -> None:
    county, school = after_class
    body = wanted(county, school, findings=["disorder"], items={}, conclusion="qualified", demand="", words="")
    ids = []
    for _ in range(3):
        ids.append(post(county.inspector, "/api/inspections", body, 201)["id"])
        county.clock.step(1)
    first = county.inspector.get("/api/inspections?size=2").json()
    second = county.inspector.get(f"/api/inspections?size=2&cursor={first['next']}").json()
    assert [one["id"] for one in [*first["items"], *second["items"]]] == ids[::-1] and second["next"] is None
    here, there = school.training["id"], county.schools[1].training["id"]
    assert len(county.inspector.get(f"/api/inspections?class_id={here}").json()["items"]) == 3
    assert county.inspector.get(f"/api/inspections?class_id={there}").json()["items"] == []
    assert county.schools[1].teacher.get("/api/inspections").json()["items"] == []
    assert len(county.inspector.get("/api/inspections/form").json()["items"]) == 8


def test_the_overdue_list_is_paged_by_the_end_of_the_term(after_class: tuple[County, School]) -> None:
    county, school = after_class
    days = (3, 1, 2)
    made = {
        count: post(county.inspector, "/api/inspections", wanted(county, school, working_days=count), 201)["id"]
        for count in days
    }
    county.clock.step(3 * DAY)
    assert [one["id"] for one in _overdue(county.inspector, 1)] == [made[1], made[2]]
    county.clock.step(DAY)
    assert [one["id"] for one in _overdue(county.inspector, 1)] == [made[1], made[2], made[3]]
    path = f"/api/inspections/{made[3]}"
    post(school.teacher, f"{path}/answers", {"words": "已整改"}, 201)
    assert [one["id"] for one in _overdue(county.inspector, 2)] == [made[1], made[2]]


def test_a_returned_answers_shorter_term_counts(after_class: tuple[County, School]) -> None:
    county, school = after_class
    path = f"/api/inspections/{post(county.inspector, '/api/inspections', wanted(county, school), 201)['id']}"
    post(school.teacher, f"{path}/answers", {"words": "已整改"}, 201)
    back = {"seq": 1, "accepted": False, "words": "没有", "working_days": 1}
    post(county.inspector, f"{path}/rulings", back, 201)
    assert _overdue(county.inspector, 5) == []
    county.clock.step(2 * DAY)  # the first term of five days would still run
    assert [one["overdue"] for one in _overdue(county.inspector, 5)] == [True]


def _overdue(client: httpx.Client, size: int) -> list[dict[str, Any]]:
    found, cursor = [], ""
    while True:
        page = client.get(f"/api/inspections/overdue?size={size}{cursor}").json()
        found += page["items"]
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"


def test_two_answers_and_two_rulings_at_once_are_one(after_class: tuple[County, School]) -> None:
    county, school = after_class
    made = post(county.inspector, "/api/inspections", wanted(county, school), 201)
    path = f"/api/inspections/{made['id']}"
    for client, body, where in (
        (school.teacher, {"words": "已整改"}, "answers"),
        (county.inspector, {"seq": 1, "accepted": True}, "rulings"),
    ):
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda _, c=client, b=body, w=where: c.post(f"{path}/{w}", json=b), range(4)))
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409], [one.text for one in answers]
