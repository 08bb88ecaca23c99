from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from config.profile import DEFAULT_PATROL
from supervisor.decisions.signs import not_seen
from supervisor.lessons.models import ViewLog
from supervisor.lessons.repository import lesson_by_id
from supervisor.rules.remote_effective import Figures, filmed_ms, remote_effective
from supervisor.rules.roll_call import Finding, findings_fault
from supervisor.rules.sampling import draw
from tests.support.county import County, post, problem
from tests.support.routes import routes


@pytest.mark.rule("A-23", "B-19")
@given(st.text("0123456789abcdef", max_size=32), st.sets(st.text(min_size=1)), st.integers(0, 9))
def test_a_draw_can_be_repeated_in_any_order(seed: str, candidates: set[str], n: int) -> None:
    drawn = draw(seed, sorted(candidates), n)
    assert drawn == draw(seed, sorted(candidates, reverse=True), n)
    assert len(set(drawn)) == min(n, len(candidates)) and set(drawn) <= candidates


@pytest.mark.rule("A-23")
@pytest.mark.parametrize(
    ("findings", "text", "fault"),
    [
        ([], "", "PATROL_NO_FINDING"),
        ([Finding.NORMAL], "", None),
        ([Finding.NORMAL, Finding.SAFETY], "", "PATROL_NORMAL_ALONE"),
        ([Finding.OTHER], " ", "PATROL_TEXT_MISSING"),
        ([Finding.OTHER, Finding.FEW_PEOPLE], "空调坏了", None),
    ],
)
def test_a_patrol_closes_with_a_finding_only(findings: list[Finding], text: str, fault: str | None) -> None:
    assert findings_fault(findings, text) == fault


@pytest.mark.rule("A-26")
@pytest.mark.parametrize(
    ("figures", "effective"),
    [
        (Figures(100, 95, 20, 19, 1, 0), True),
        (Figures(100, 94, 20, 19, 1, 0), False),
        (Figures(100, 95, 20, 18, 1, 0), False),
        (Figures(100, 95, 20, 19, 0, 0), False),
        (Figures(100, 95, 20, 19, 1, 1), False),
        (Figures(0, 0, 0, 0, 1, 0), False),
    ],
)
def test_each_figure_can_send_somebody_there(figures: Figures, effective: bool) -> None:
    assert remote_effective(figures, DEFAULT_PATROL) is effective


@pytest.mark.rule("A-26")
def test_two_cameras_at_once_film_once() -> None:
    assert filmed_ms([(0, 60), (30, 70), (40, 50), (90, 200), (-5, 3)], 100) == 80


@pytest.mark.rule("A-23", "A-25", "A-26")
def test_a_patrol_finds_the_swapped_trainee_and_a_certificate_freezes_the_figures(county: County) -> None:
    school, other = county.schools
    wanted = {"lesson_hour_id": school.lesson, "cameras": [school.camera]}
    problem(county.inspector.post("/api/patrols", json=wanted), 409, "LESSON_NOT_RUNNING")
    county.clock.step(50 * 60)
    for who in range(3):
        county.check_in(school, who)
    county.clock.step(10 * 60 + 30)
    problem(other.inspector.post("/api/patrols", json=wanted), 404, "LESSON_NOT_FOUND")
    problem(school.teacher.post("/api/patrols", json=wanted), 403, "ROLE_NOT_ALLOWED")
    problem(county.inspector.post("/api/patrols", json=wanted | {"cameras": [other.camera]}), 404, "CAMERA_NOT_FOUND")
    patrol = post(county.inspector, "/api/patrols", wanted, 201)
    with county.centre.uow.read() as session:
        assert session.scalars(select(ViewLog.what)).all() == ["patrol"]
    path = f"/api/patrols/{patrol['id']}"
    call = post(county.inspector, f"{path}/roll-calls", None, 201)["roll_calls"][0]
    assert (call["among"], len(call["drawn"])) == ("attending", 3)
    assert call["drawn"] == list(draw(call["seed"], call["candidates"], 3))
    problem(county.inspector.post(f"{path}/close", json={"findings": []}), 422, "PATROL_NO_FINDING")
    problem(county.inspector.post(f"{path}/close", json={"findings": ["normal"]}), 409, "ROLL_CALL_UNANSWERED")
    answers = dict.fromkeys(call["drawn"], "seen") | {call["drawn"][0]: "not_seen"}  # the count is right, the face not
    said = f"{path}/roll-calls/{call['id']}/answers"
    problem(school.inspector.post(said, json={"answers": answers}), 403, "PATROL_NOT_OWN")
    post(county.inspector, said, {"answers": answers}, 200)
    problem(county.inspector.post(said, json={"answers": answers}), 409, "ROLL_CALL_ANSWERED")
    with county.centre.uow.read() as session:
        assert not_seen(session, lesson_by_id(session, UUID(school.lesson))) == ("ROLL_CALL_NOT_SEEN",)
        assert not_seen(session, lesson_by_id(session, UUID(other.lesson))) == ()
    county.clock.step(61 * 60)
    assert [one["id"] for one in county.inspector.get("/api/patrols?unfinished=true").json()["items"]] == [patrol["id"]]
    certificate = f"/api/classes/{school.training['id']}/certificate"
    problem(other.inspector.post(certificate), 404, "CLASS_NOT_FOUND")
    first = post(county.inspector, certificate, None, 201)
    assert (first["onsite_required"], first["figures"]["patrols"], first["figures"]["filmed_ms"]) == (True, 0, 0)
    assert first["figures"]["check_ins"] == first["figures"]["expected_check_ins"] == 6
    assert [one["id"] for one in county.inspector.get("/api/inspections/on-site").json()] == [first["id"]]
    assert other.inspector.get("/api/inspections/on-site").json() == []
    closed = post(county.inspector, f"{path}/close", {"findings": ["few_people", "other"], "text": "换人"}, 200)
    assert closed["findings"] == ["few_people", "other"] and not closed["unfinished"]
    problem(county.inspector.post(f"{path}/close", json={"findings": ["normal"]}), 409, "PATROL_CLOSED")
    county.clock.step(1)
    second = post(county.inspector, certificate, None, 201)
    assert second["figures"]["patrols"] == 1 and second["id"] != first["id"]
    for query in (f"class_id={school.training['id']}", f"account_id={patrol['account_id']}", "day=2026-11-23"):
        assert len(county.inspector.get(f"/api/patrols?{query}").json()["items"]) == 1
    assert other.inspector.get("/api/patrols").json() == {"items": [], "next": None}
    problem(other.inspector.get(path), 404, "PATROL_NOT_FOUND")


@pytest.mark.rule("A-30")
def test_commissioned_supervision_patrols_but_exports_nothing(county: County) -> None:
    allowed = {
        route.path: {role.value for one in route.dependant.dependencies for role in getattr(one.call, "roles", ())}
        for route in routes(county.app.routes)
    }
    assert "third_party" in allowed["/api/patrols"]
    exports = [path for path in allowed if path.endswith((".zip", "/evidence.json", "/evidence"))]
    assert len(exports) >= 2
    assert {path for path in exports if "third_party" in allowed[path]} == set()
