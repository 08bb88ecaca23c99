"""How an institution stands: what the county entered, what of it holds today, and who sees it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import httpx
import pytest

from supervisor.institutions.service import licensed
from supervisor.openings.models import Licence
from tests.support.county import County, post, problem

TODAY = date(2026, 11, 23)
SCOPE = [{"occupation": "6-31-01-03", "level": "5"}]
LICENCE = {
    "licence_no": "许-1",
    "kind": "private",
    "valid_from": "2026-01-01",
    "valid_to": "2026-12-31",
    "scope": SCOPE,
}
VISIT = {"day": "2026-11-01", "passed": True, "capacity": 40, "inspectors": ["检查员00", "检查员01"]}


@pytest.fixture
def handler(county: County) -> httpx.Client:
    return county.account("handler")


def held(first: date, last: date | None) -> Licence:
    return Licence(valid_from=first, valid_to=last)


@pytest.mark.rule("A-08")
def test_the_state_of_a_licence_is_that_of_the_day() -> None:
    day = timedelta(days=1)
    over, now, long = held(TODAY - 9 * day, TODAY - day), held(TODAY - day, TODAY), held(TODAY, TODAY + day)
    told = [
        licensed(some, TODAY) for some in ([], [held(TODAY + day, None)], [over], [over, now], [now, long])
    ]  # fmt: skip
    assert [(one["licensed"], one["licensed_until"]) for one in told] == [
        ("none", None), ("ahead", None), ("expired", TODAY - day), ("valid", TODAY), ("valid", TODAY + day),
    ]  # fmt: skip
    assert licensed([now, held(TODAY, None)], TODAY)["licensed_until"] is None


@pytest.mark.rule("A-08", "A-09")
def test_what_is_entered_is_read_again(county: County, handler: httpx.Client) -> None:
    school, other = county.schools
    path = f"/api/institutions/{school.institution}"
    empty = handler.get(path).json()
    assert (empty["licensed"], empty["rooms"], empty["verified"], empty["grade"]) == ("none", 1, 0, None)
    problem(handler.post(f"{path}/licences", json=LICENCE | {"valid_to": "2025-12-31"}), 422, "PERIOD_BACKWARDS")
    post(handler, f"{path}/licences", LICENCE, 201)
    post(
        handler, f"{path}/licences", LICENCE | {"licence_no": "许-2", "valid_from": "2027-01-01", "valid_to": None}, 201
    )
    visits = f"/api/rooms/{school.room}/verifications"
    problem(handler.post(visits, json=VISIT | {"day": "2026-11-24"}), 422, "VERIFICATION_AHEAD")
    problem(handler.post(visits, json=VISIT | {"inspectors": ["检查员00"] * 2}), 422, "VERIFICATION_ALONE")
    post(handler, visits, VISIT, 201)
    post(handler, visits, VISIT | {"day": "2026-10-01", "passed": False}, 201)  # entered late: the newest day counts
    for grade, since in (("C", "2026-01-01"), ("A", "2027-01-01")):
        post(handler, f"{path}/credit", {"grade": grade, "valid_from": since, "basis": "2025 年度评价"}, 201)
    told = county.inspector.get(path).json()
    assert (told["licensed"], told["licensed_until"], told["verified"], told["grade"]) == (
        "valid",
        "2026-12-31",
        1,
        "C",
    )
    assert [one["licence_no"] for one in told["licences"]] == ["许-2", "许-1"]
    (room,) = told["room_list"]
    assert room["verified"] and [one["day"] for one in room["verifications"]] == ["2026-11-01", "2026-10-01"]
    assert room["verifications"][0]["valid_to"] == "2027-11-01"
    assert [(one["grade"], one["basis"], one["by"]) for one in told["grades"]] == [
        ("A", "2025 年度评价", "李某"), ("C", "2025 年度评价", "李某"),
    ]  # fmt: skip
    post(handler, visits, VISIT | {"day": "2026-11-20", "passed": False}, 201)
    standing = {one["id"]: one for one in handler.get("/api/institutions/standing").json()["items"]}
    assert (standing[school.institution]["verified"], standing[school.institution]["licensed"]) == (0, "valid")
    assert standing[other.institution]["licensed"] == "none"


def test_a_list_is_paged_and_keeps_to_the_scope(county: County, handler: httpx.Client) -> None:
    school, other = county.schools
    one = handler.get("/api/institutions/standing", params={"size": 1}).json()
    two = handler.get("/api/institutions/standing", params={"size": 1, "cursor": one["next"]}).json()
    assert {each["id"] for each in one["items"] + two["items"]} == {school.institution, other.institution}
    assert two["next"] is None
    mine = school.inspector.get("/api/institutions/standing").json()["items"]
    assert [each["id"] for each in mine] == [school.institution]
    problem(school.inspector.get(f"/api/institutions/{other.institution}"), 404, "INSTITUTION_NOT_FOUND")
    problem(school.teacher.get(f"/api/institutions/{school.institution}"), 403, "ROLE_NOT_ALLOWED")


def test_totals_of_a_secret_unit_are_listed(county: County, handler: httpx.Client) -> None:
    path = f"/api/institutions/{county.schools[0].institution}"
    post(handler, f"{path}/secret", None, 204)
    total = {"first_day": "2026-01-01", "last_day": "2026-06-30", "heads": 12}
    problem(handler.post(f"{path}/aggregate", json=total | {"last_day": "2025-01-01"}), 422, "PERIOD_BACKWARDS")
    post(handler, f"{path}/aggregate", total, 201)
    told = handler.get(path).json()
    assert (told["secret_related"], [one["heads"] for one in told["totals"]]) == (True, [12])
    assert datetime.fromisoformat(told["totals"][0]["at"]).tzinfo is not None
