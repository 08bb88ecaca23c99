"""What was entered by mistake is withdrawn: it stays in sight, counts no more, and what was decided by it stands."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DatabaseError

from supervisor.audit.models import AuditEvent
from supervisor.openings.models import CatalogueWithdrawal, LicenceWithdrawal
from supervisor.rosters.comparison import compare_by_night
from tests.support.county import County, id_number, post, problem
from tests.support.opening import BASIC, approve, complete

LICENCE = {
    "licence_no": "许-1",
    "kind": "private",
    "valid_from": "2026-01-01",
    "valid_to": "2026-12-31",
    "scope": [{"occupation": "6-31-01-03", "level": "5"}],
}
COOK = {"occupation": "4-03-02-01", "level": "5"}
WHY = {"reason": "编号录错:许-1 应为许-7"}
ELECTRICIAN = {"code": "6-31-01-03", "name": "电工", "level": "5"}
VERSION = {"kind": "occupation", "version": "2026-1", "valid_from": "2026-12-01", "lines": [ELECTRICIAN]}
WITHDRAWN = {"kind": "occupation", "version": "2026-1", "reason": "文件发错"}


@pytest.fixture
def handler(county: County) -> httpx.Client:
    return county.account("handler")


def submitted(county: County, number: int) -> str:
    """A class of electricians that opens on 21 December, all but approved."""
    school, responsible = county.schools[0], county.account("responsible", county.schools[0].institution)
    draft = {
        "institution_id": school.institution,
        "class_no": f"n-{number}",
        "name": "电工",
        "profile": "000000-demo.3",
    }
    roster = [{"name": "周某", "id_number": id_number(100 + number)}]
    made = post(school.teacher, "/api/classes", draft | {"roster": roster, "opening_day": "2026-12-21"}, 201)
    day = f"2026-12-2{number}"
    row = [day, BASIC, "2", "09:00", "09:07", "教室A", "张老师", id_number(900), "教材,某社", "理论"]
    complete(school.teacher, responsible, made, [row])
    path = f"/api/classes/{made['id']}"
    post(school.teacher, f"{path}/submit", None, 200)
    return path


def against(county: County, path: str) -> set[str]:
    """Codes about licence and catalogue that stand against the opening."""
    found = county.approver.get(f"{path}/opening").json()["findings"]
    return {one["code"] for one in found if "LICENCE" in one["code"] or "CATALOGUE" in one["code"]}


def licence(handler: httpx.Client, county: County, **changes: Any) -> str:
    path = f"/api/institutions/{county.schools[0].institution}/licences"
    return str(post(handler, path, LICENCE | changes, 201)["id"])


def events(county: County, action: str) -> list[AuditEvent]:
    with county.centre.uow.read() as session:
        return list(session.scalars(select(AuditEvent).where(AuditEvent.action == action)).all())


@pytest.mark.rule("A-08")
def test_a_withdrawn_licence_counts_no_more_and_an_approved_class_keeps_it(
    county: County, handler: httpx.Client
) -> None:
    wrong = licence(handler, county)
    licence(handler, county, licence_no="许-2", scope=[COOK])
    approved, waiting = submitted(county, 1), submitted(county, 2)
    approve(handler, county.approver, approved)
    assert against(county, waiting) == {"CATALOGUE_NOT_CHECKED"}
    county.clock.step(60)
    post(handler, f"/api/licences/{wrong}/withdraw", WHY, 204)
    assert against(county, waiting) == {"OUTSIDE_LICENCE", "CATALOGUE_NOT_CHECKED"}
    refused = problem(county.approver.post(f"{waiting}/approve", json={}), 409, "ROSTER_BLOCKED")
    assert "RC15" in refused["title"]
    assert against(county, approved) == {"CATALOGUE_NOT_CHECKED"}
    compare_by_night(county.centre)
    assert events(county, "roster_new_hit") == []
    licence(handler, county, licence_no="许-7")
    assert against(county, waiting) == {"CATALOGUE_NOT_CHECKED"}


@pytest.mark.rule("A-08")
def test_a_withdrawn_licence_stays_in_sight_with_who_and_why(county: County, handler: httpx.Client) -> None:
    school = county.schools[0]
    wrong = licence(handler, county)
    path = f"/api/licences/{wrong}/withdraw"
    problem(county.approver.post(path, json=WHY), 403, "ROLE_NOT_ALLOWED")
    problem(handler.post(path, json={"reason": " "}), 422, "REQUEST_INVALID")
    problem(handler.post(f"/api/licences/{uuid4()}/withdraw", json=WHY), 404, "LICENCE_NOT_FOUND")
    post(handler, path, WHY, 204)
    problem(handler.post(path, json=WHY), 409, "LICENCE_WITHDRAWN")
    told = county.inspector.get(f"/api/institutions/{school.institution}").json()
    assert (told["licensed"], told["licensed_until"]) == ("none", None)
    (shown,) = told["licences"]
    assert (shown["licence_no"], shown["withdrawn"]["by"], shown["withdrawn"]["reason"]) == (
        "许-1",
        "李某",
        WHY["reason"],
    )
    (event,) = events(county, "licence_withdrawn")
    assert event.subject == f"licence:{wrong}" and "录错" not in str(event.details)
    for change in (update(LicenceWithdrawal).values(reason="x"), delete(LicenceWithdrawal)):
        with pytest.raises(DatabaseError, match="append-only"), county.centre.uow.write() as session:
            session.execute(change)


@pytest.mark.rule("A-08")
def test_a_catalogue_version_is_withdrawn_before_it_begins_and_never_after(
    county: County, handler: httpx.Client
) -> None:
    before = VERSION | {"version": "2026-0", "valid_from": "2026-01-01", "lines": [ELECTRICIAN | {"level": "4"}]}
    for version in (before, VERSION):
        post(handler, "/api/catalogues", version, 204)
    approved, waiting = submitted(county, 1), submitted(county, 2)
    approve(handler, county.approver, approved)
    assert against(county, waiting) == {"LICENCE_NOT_CHECKED"}
    county.clock.step(60)
    path = "/api/catalogues/withdraw"
    problem(county.approver.post(path, json=WITHDRAWN), 403, "ROLE_NOT_ALLOWED")
    problem(handler.post(path, json=WITHDRAWN | {"reason": ""}), 422, "REQUEST_INVALID")
    problem(handler.post(path, json=WITHDRAWN | {"version": "x"}), 404, "CATALOGUE_NOT_FOUND")
    problem(handler.post(path, json=WITHDRAWN | {"version": "2026-0"}), 409, "CATALOGUE_BEGUN")
    post(handler, path, WITHDRAWN, 204)
    problem(handler.post(path, json=WITHDRAWN), 409, "CATALOGUE_WITHDRAWN")
    problem(handler.post("/api/catalogues", json=VERSION), 409, "CATALOGUE_WITHDRAWN")
    assert against(county, waiting) == {"LICENCE_NOT_CHECKED", "OUTSIDE_CATALOGUE"}
    assert against(county, approved) == {"LICENCE_NOT_CHECKED"}
    told = county.inspector.get("/api/catalogues").json()
    assert [(one["version"], one["last_day"], one["withdrawn"] is None) for one in told] == [
        ("2026-1", "2026-11-30", False), ("2026-0", None, True),
    ]  # fmt: skip
    assert (told[0]["withdrawn"]["by"], told[0]["withdrawn"]["reason"]) == ("李某", "文件发错")
    (event,) = events(county, "catalogue_withdrawn")
    assert event.details["version"] == "2026-1" and "发错" not in str(event.details)
    for change in (update(CatalogueWithdrawal).values(reason="x"), delete(CatalogueWithdrawal)):
        with pytest.raises(DatabaseError, match="append-only"), county.centre.uow.write() as session:
            session.execute(change)


def said(client: httpx.Client, path: str, status: int, **form: str) -> httpx.Response:
    answer = client.post(path, data=form, headers={"accept": "text/html"}, follow_redirects=False)
    assert answer.status_code == status, answer.text
    return answer


def test_the_page_of_an_institution_withdraws_a_licence(county: County, handler: httpx.Client) -> None:
    school, other = county.schools
    wrong = licence(handler, county)
    page = f"/institutions/{school.institution}"
    form = f"{page}/licences/{wrong}/withdraw"
    assert form in handler.get(page).text and form not in county.inspector.get(page).text
    told = said(handler, form, 422, **WHY).text
    assert "请确认:撤回后不能恢复" in told and WHY["reason"] in told
    assert "「撤回原因」没有填" in said(handler, form, 422, sure="yes", reason=" ").text
    said(handler, f"/institutions/{other.institution}/licences/{wrong}/withdraw", 404, sure="yes", **WHY)
    onward = said(handler, form, 303, sure="yes", **WHY).headers["location"]
    shown = handler.get(onward).text
    assert "许可已撤回" in shown and WHY["reason"] in shown and "已撤回" in re.sub("许可已撤回", "", shown)
    assert form not in shown
    assert "这份许可已经撤回" in said(handler, form, 409, sure="yes", **WHY).text
    handler.cookies.set("language", "en")
    assert "withdrawn" in handler.get(page).text


def test_the_page_of_catalogues_withdraws_a_version_that_has_not_begun(county: County, handler: httpx.Client) -> None:
    for version in (VERSION, VERSION | {"version": "2026-0", "valid_from": "2026-01-01"}):
        post(handler, "/api/catalogues", version, 204)
    page = handler.get("/catalogues").text
    assert re.findall(r'name="version" value="([^"]+)"', page) == ["2026-1"]
    assert 'action="/catalogues/withdraw"' not in county.inspector.get("/catalogues").text
    told = said(handler, "/catalogues/withdraw", 422, **WITHDRAWN).text
    assert "请确认:撤回后不能恢复" in told and "文件发错" in told
    begun = WITHDRAWN | {"version": "2026-0", "sure": "yes"}
    assert "这个版本已经起始" in said(handler, "/catalogues/withdraw", 409, **begun).text
    onward = said(handler, "/catalogues/withdraw", 303, sure="yes", **WITHDRAWN).headers["location"]
    page = handler.get(onward).text
    assert "目录版本已撤回" in page and "文件发错" in page and 'action="/catalogues/withdraw"' not in page
