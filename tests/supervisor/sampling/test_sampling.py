"""A sampling plan can be drawn again by anybody, and gives the same list (B-19, Q20)."""

from __future__ import annotations

import re
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.sampling import DEFAULT_SAMPLING
from supervisor.rules.sampling import Candidate, Plan, draw_plan, verify
from tests.support.county import County, post, problem

RATES = dict(DEFAULT_SAMPLING.rates)
CANDIDATES = st.lists(
    st.builds(Candidate, st.uuids().map(str), st.sampled_from(["", "人社", "农业"]), st.sampled_from("ABCD")),
    max_size=40,
    unique_by=lambda one: one.class_id,
)


@given(st.text("0123456789abcdef", max_size=32), CANDIDATES)
def test_the_same_seed_draws_the_same_list_in_any_order(seed: str, candidates: list[Candidate]) -> None:
    people = ["p1", "p2", "p3"]
    drawn = draw_plan(seed, RATES, 2, candidates, people)
    assert drawn == draw_plan(seed, RATES, 2, candidates[::-1], people[::-1])
    assert {one.stratum for one in candidates if one.class_id in drawn} == {one.stratum for one in candidates}
    assert {one.class_id for one in candidates if one.grade == "D"} <= set(drawn)
    assert all(len(set(who)) == 2 for who in drawn.values())
    plan = Plan(seed, RATES, 2, tuple(candidates), tuple(people), drawn)
    assert verify(plan)
    assert not verify(replace(plan, drawn=drawn | {"another": ("p1", "p2")}))


@pytest.mark.parametrize(
    ("grade", "classes", "n"), [("A", 10, 1), ("A", 11, 2), ("B", 10, 2), ("C", 3, 2), ("D", 4, 4)]
)
def test_a_grade_has_its_rate_rounded_up(grade: str, classes: int, n: int) -> None:
    candidates = [Candidate(str(number), "", grade) for number in range(classes)]
    assert len(draw_plan("s", RATES, 2, candidates, ["p1", "p2"])) == n


def test_a_rate_of_nothing_draws_nothing() -> None:
    assert draw_plan("s", RATES | {"A": 0}, 2, [Candidate("1", "", "A")], ["p1", "p2"]) == {}


def test_a_handler_grades_institutions_and_draws_a_plan(county: County) -> None:
    school, other = county.schools
    handler = county.account("handler")
    wanted = {"grade": "D", "valid_from": "2026-11-01", "basis": "2025 年度评价"}
    path = f"/api/institutions/{school.institution}/credit"
    problem(county.inspector.post(path, json=wanted), 403, "ROLE_NOT_ALLOWED")
    problem(handler.post(f"/api/institutions/{school.room}/credit", json=wanted), 404, "INSTITUTION_NOT_FOUND")
    post(handler, path, wanted, 201)
    post(handler, path, wanted | {"grade": "A", "valid_from": "2026-12-01"}, 201)
    period = {"first_day": "2026-11-23", "last_day": "2026-11-23", "idempotency_key": "k" * 16}
    problem(handler.post("/api/sampling-plans", json=period), 409, "SAMPLING_FEW_INSPECTORS")
    county.account("inspector")
    backwards = period | {"first_day": "2026-11-24"}
    problem(handler.post("/api/sampling-plans", json=backwards), 422, "SAMPLING_PERIOD_WRONG")
    nothing = period | {"first_day": "2026-11-24", "last_day": "2026-11-30"}
    problem(handler.post("/api/sampling-plans", json=nothing), 409, "SAMPLING_NO_CLASSES")
    plan = post(handler, "/api/sampling-plans", period, 201)
    grades = {one["class_id"]: one["grade"] for one in plan["candidates"]}
    assert grades == {school.training["id"]: "D", other.training["id"]: "B"}
    assert plan["repeats"] and school.training["id"] in plan["drawn"]
    assert all(len(who) == 2 for who in plan["drawn"].values())
    shown = f"/api/sampling-plans/{plan['id']}"
    assert county.inspector.get(shown).json() == plan
    problem(school.inspector.get(shown), 404, "SAMPLE_PLAN_NOT_FOUND")
    (listed,) = county.inspector.get("/api/sampling-plans").json()["items"]
    assert (listed["id"], listed["candidates"], listed["drawn"], listed["done"]) == (
        plan["id"], 2, len(plan["drawn"]), 0,
    )  # fmt: skip
    assert school.inspector.get("/api/sampling-plans").json() == {"items": [], "next": None}
    problem(county.approver.get("/api/sampling-plans"), 403, "ROLE_NOT_ALLOWED")
    events = county.account("audit_admin").get("/api/audit/events").json()["events"]
    told = next(one for one in events if one["action"] == "sample_drawn")
    assert (told["details"]["seed"], told["details"]["drawn"]) == (plan["seed"], plan["drawn"])
    assert "年度" not in str(events)


@pytest.fixture
def drawer(county: County) -> httpx.Client:
    """A handler of a county that has inspectors enough."""
    county.account("inspector")
    return county.account("handler")


def test_a_draw_that_is_sent_twice_is_one_plan(county: County, drawer: httpx.Client) -> None:
    wanted = {"first_day": "2026-11-23", "last_day": "2026-11-23"}
    problem(drawer.post("/api/sampling-plans", json=wanted), 422, "REQUEST_INVALID")
    problem(drawer.post("/api/sampling-plans", json=wanted | {"idempotency_key": "short"}), 422, "REQUEST_INVALID")
    wanted["idempotency_key"] = secrets.token_urlsafe(16)
    first = post(drawer, "/api/sampling-plans", wanted, 201)
    county.clock.step(3600)
    assert post(drawer, "/api/sampling-plans", wanted, 201) == first
    longer = wanted | {"last_day": "2026-11-24"}
    problem(drawer.post("/api/sampling-plans", json=longer), 409, "IDEMPOTENCY_KEY_REUSED")
    problem(county.account("handler").post("/api/sampling-plans", json=wanted), 409, "IDEMPOTENCY_KEY_REUSED")
    assert [one["id"] for one in drawer.get("/api/sampling-plans").json()["items"]] == [first["id"]]
    another = wanted | {"idempotency_key": secrets.token_urlsafe(16)}
    assert post(drawer, "/api/sampling-plans", another, 201)["id"] != first["id"]
    events = county.account("audit_admin").get("/api/audit/events").json()["events"]
    assert [one["action"] for one in events].count("sample_drawn") == 2


def test_a_draw_from_many_retries_at_once_is_one_plan(county: County, drawer: httpx.Client) -> None:
    wanted = {"first_day": "2026-11-23", "last_day": "2026-11-23", "idempotency_key": secrets.token_urlsafe(16)}
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: post(drawer, "/api/sampling-plans", wanted, 201), range(8)))
    assert len({one["id"] for one in answers}) == len({one["seed"] for one in answers}) == 1
    assert len(drawer.get("/api/sampling-plans").json()["items"]) == 1


def test_a_form_that_is_sent_twice_leads_to_the_first_plan(county: County, drawer: httpx.Client) -> None:
    def key() -> str:
        page = drawer.get("/sampling-plans", headers={"accept": "text/html"}).text
        found = re.search(r'name="idempotency_key" value="([A-Za-z0-9_-]{16,64})"', page)
        assert found is not None
        return found[1]

    def sent(**form: str) -> httpx.Response:
        return drawer.post("/sampling-plans", data=form, headers={"accept": "text/html"}, follow_redirects=False)

    form = {"first_day": "2026-11-23", "last_day": "2026-11-23", "idempotency_key": key()}
    first, again = sent(**form), sent(**form)
    assert (first.status_code, again.status_code) == (303, 303)
    assert first.headers["location"] == again.headers["location"]
    assert sent(**form | {"idempotency_key": key()}).headers["location"] != first.headers["location"]
    other = sent(**form | {"last_day": "2026-11-24"})
    assert other.status_code == 409 and "本页已经抽取过另一份计划" in other.text
    assert form["idempotency_key"] not in other.text and 'value="2026-11-24"' in other.text
