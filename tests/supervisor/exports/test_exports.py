"""A recording leaves the centre when one person asks and another agrees, with a watermark, for a week (L13)."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import httpx
import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError

from supervisor.contract.evidence import sha256_hex
from supervisor.exports.models import ExportAnswer, ExportRequest
from supervisor.lessons.models import ViewLog
from tests.supervisor.bundles.test_bundles import CLIP, countersign
from tests.support.county import County, School, problem

DAY_S = 86_400
WANTED = {"reason": "appeal", "case": "申诉 2026-7"}


@pytest.fixture
def county(tmp_path: Path) -> County:
    """Rules under which a second person must agree; one lesson hour is over, reported with its clip, countersigned."""
    county = County(tmp_path, profile="000000-demo.3")
    school = county.schools[0]
    county.clock.step(65 * 60)
    county.report(school, county.verdict_entry(school, clip=CLIP))
    path = f"/api/box/clips/{sha256_hex(CLIP)}"
    assert school.box_client.patch(path, content=CLIP, headers={"Upload-Offset": "0"}).status_code == 204
    countersign(county, school)
    return county


def ask(client: httpx.Client, school: School) -> str:
    answer = client.post(f"/api/lessons/{school.lesson}/exports", json=WANTED)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def fetch(client: httpx.Client, export: str) -> httpx.Response:
    return client.get(f"/api/exports/{export}/bundle.zip")


@pytest.mark.rule("L13")
def test_nobody_takes_a_recording_alone(county: County) -> None:
    school = county.schools[0]
    for path in (f"/api/lessons/{school.lesson}/bundle.zip", f"/api/classes/{school.training['id']}/archive.zip"):
        problem(county.inspector.get(path), 409, "EXPORT_NEEDS_APPROVAL")
    bare = county.inspector.get(f"/api/classes/{school.training['id']}/archive.zip?clips=false")
    assert bare.status_code == 200
    export = ask(county.inspector, school)
    problem(fetch(county.inspector, export), 409, "EXPORT_NOT_APPROVED")
    problem(county.inspector.post(f"/api/exports/{export}/answer", json={"approved": True}), 409, "SAME_PERSON")


@pytest.mark.rule("L13")
def test_another_person_agrees_and_the_bundle_says_whose_it_is(county: County) -> None:
    school = county.schools[0]
    export = ask(county.inspector, school)
    answered = county.approver.post(f"/api/exports/{export}/answer", json={"approved": True})
    assert answered.json()["state"] == "approved" and not answered.json()["own"]
    again = county.approver.post(f"/api/exports/{export}/answer", json={"approved": False, "text": "不行"})
    problem(again, 409, "EXPORT_ANSWERED")
    taken = fetch(county.inspector, export)
    assert taken.status_code == 200, taken.text
    with zipfile.ZipFile(io.BytesIO(taken.content)) as archive:
        page = archive.read("index.html").decode()
        assert archive.read(f"clips/{sha256_hex(CLIP)}.mp4") == CLIP  # the recording itself is as it was
    assert "申诉 2026-7" in page and 'class="watermark"' in page and "批准人" in page
    problem(fetch(county.admin, export), 404, "EXPORT_NOT_FOUND")  # somebody else's
    (shown,) = county.inspector.get("/api/exports").json()["items"]
    assert (shown["fetched"], shown["own"], shown["case"]) == (1, True, "申诉 2026-7")
    with county.centre.uow.read() as session:
        assert [row.what for row in session.scalars(select(ViewLog))] == ["export"]


@pytest.mark.rule("L13")
def test_an_approval_lasts_a_week_and_a_refusal_says_why(county: County) -> None:
    school = county.schools[0]
    first, second = ask(county.inspector, school), ask(county.inspector, school)
    assert len(county.approver.get("/api/exports?waiting=true").json()["items"]) == 2
    county.approver.post(f"/api/exports/{first}/answer", json={"approved": True})
    problem(county.approver.post(f"/api/exports/{second}/answer", json={"approved": False}), 422, "EXPORT_TEXT_MISSING")
    refused = county.approver.post(f"/api/exports/{second}/answer", json={"approved": False, "text": "事由不足"})
    assert refused.json()["state"] == "refused"
    problem(fetch(county.inspector, second), 409, "EXPORT_NOT_APPROVED")
    county.clock.step(7 * DAY_S)
    inspector = county.account("inspector")
    problem(fetch(inspector, first), 404, "EXPORT_NOT_FOUND")
    states = {one["id"]: one["state"] for one in inspector.get("/api/exports").json()["items"]}
    assert states == {first: "expired", second: "refused"}


def test_another_school_and_another_role_find_nothing(county: County) -> None:
    school, other = county.schools
    export = ask(county.inspector, school)
    problem(other.inspector.post(f"/api/exports/{export}/answer", json={"approved": True}), 404, "EXPORT_NOT_FOUND")
    problem(other.inspector.post(f"/api/lessons/{school.lesson}/exports", json=WANTED), 404, "LESSON_NOT_FOUND")
    problem(school.teacher.get("/api/exports"), 403, "ROLE_NOT_ALLOWED")
    assert other.inspector.get("/api/exports").json() == {"items": [], "next": None}


def test_what_was_asked_and_answered_stays(county: County) -> None:
    export = ask(county.inspector, county.schools[0])
    county.approver.post(f"/api/exports/{export}/answer", json={"approved": True})
    for change in (update(ExportAnswer).values(approved=False), delete(ExportAnswer), delete(ExportRequest)):
        with pytest.raises(DBAPIError), county.centre.uow.write() as session:
            session.execute(change)


def test_the_lesson_page_asks_answers_and_hands_out(county: County) -> None:
    school = county.schools[0]
    path = f"/lessons/{school.lesson}"
    asked = county.inspector.post(f"{path}/exports", data=WANTED)
    assert asked.status_code == 200 and "等待另一人批准" in asked.text and "批准导出" not in asked.text
    assert "导出录像" in county.approver.get("/todo").text
    export = county.approver.get("/api/exports").json()["items"][0]["id"]
    assert "批准导出" in county.approver.get(path).text
    done = county.approver.post(f"/exports/{export}/answer", data={"approved": "true"})
    assert done.status_code == 200 and "已批准" in done.text
    assert "导出录像" not in county.approver.get("/todo").text
    assert f"/api/exports/{export}/bundle.zip" in county.inspector.get(path).text
    assert f"/api/exports/{export}/bundle.zip" not in county.approver.get(path).text
    assert "申诉 2026-7" not in school.teacher.get(path).text


@pytest.mark.rule("L13")
def test_the_archive_of_a_class_leaves_by_the_same_two_persons(county: County) -> None:
    school, other = county.schools
    path = f"/api/classes/{school.training['id']}/exports"
    problem(other.inspector.post(path, json=WANTED), 404, "CLASS_NOT_FOUND")
    problem(school.teacher.post(path, json=WANTED), 403, "ROLE_NOT_ALLOWED")
    asked = county.approver.post(path, json=WANTED)
    assert asked.status_code == 201, asked.text
    told = asked.json()
    assert (told["lesson_hour_id"], told["start"], told["class_id"]) == (None, None, school.training["id"])
    export = told["id"]
    problem(county.approver.post(f"/api/exports/{export}/answer", json={"approved": True}), 409, "SAME_PERSON")
    problem(fetch(county.approver, export), 409, "EXPORT_NOT_APPROVED")
    problem(other.inspector.post(f"/api/exports/{export}/answer", json={"approved": True}), 404, "EXPORT_NOT_FOUND")
    assert county.inspector.post(f"/api/exports/{export}/answer", json={"approved": True}).is_success
    problem(fetch(county.inspector, export), 404, "EXPORT_NOT_FOUND")  # somebody else's
    taken = fetch(county.approver, export)
    assert taken.status_code == 200, taken.text
    with zipfile.ZipFile(io.BytesIO(taken.content)) as archive:
        page = archive.read("index.html").decode()
        (name,) = [one for one in archive.namelist() if one.startswith("lesson-hours/")]
        with zipfile.ZipFile(io.BytesIO(archive.read(name))) as bundle:
            inner = bundle.read("index.html").decode()
            assert bundle.read(f"clips/{sha256_hex(CLIP)}.mp4") == CLIP
    assert all("申诉 2026-7" in one and 'class="watermark"' in one for one in (page, inner))
    with county.centre.uow.read() as session:
        hours = {str(row.lesson_hour_id) for row in session.scalars(select(ViewLog).where(ViewLog.what == "export"))}
    assert hours == {hour["id"] for hour in school.session["lesson_hours"]}
    of_class = county.approver.get("/api/exports", params={"class_id": school.training["id"]}).json()["items"]
    assert [(one["id"], one["fetched"]) for one in of_class] == [(export, 1)]
    of_lesson = county.approver.get("/api/exports", params={"lesson_hour_id": school.lesson}).json()["items"]
    assert of_lesson == []


def test_the_class_page_asks_answers_and_hands_out(county: County) -> None:
    path = f"/classes/{county.schools[0].training['id']}"
    asked = county.inspector.post(f"{path}/exports", data=WANTED)
    assert asked.status_code == 200 and "等待另一人批准" in asked.text and "批准导出" not in asked.text
    assert f"{path}#exports" in county.approver.get("/todo").text
    export = county.approver.get("/api/exports").json()["items"][0]["id"]
    assert "批准导出" in county.approver.get(path).text
    done = county.approver.post(f"/exports/{export}/answer", data={"approved": "true"})
    assert done.status_code == 200 and "已批准" in done.text
    assert f"/api/exports/{export}/bundle.zip" in county.inspector.get(path).text
    assert f"/api/exports/{export}/bundle.zip" not in county.approver.get(path).text


def test_under_rules_without_approval_the_class_page_has_no_requests(tmp_path: Path) -> None:
    county = County(tmp_path)
    assert 'id="exports"' not in county.inspector.get(f"/classes/{county.schools[0].training['id']}").text
