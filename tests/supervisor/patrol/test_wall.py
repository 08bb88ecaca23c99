"""Rounds of the wall: what truly showed becomes a patrol, the rest is on record with its reason."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import delete, event, select
from sqlalchemy.exc import DBAPIError

from supervisor.audit.models import AuditEvent
from supervisor.audit.service import record
from supervisor.callers import SESSION_COOKIE, caller_of
from supervisor.lessons.models import ViewLog
from supervisor.patrol.models import PatrolDismissal, PatrolMark, PatrolRound, PatrolRoundTile, WallDraw
from supervisor.patrol.names import names_called
from supervisor.patrol.schemas import Trouble
from supervisor.patrol.wall import wall
from supervisor.privacy.models import Reveal
from supervisor.rules.sampling import draw
from tests.support.county import County, School, post, problem

INTO_S = 60 * 60 + 40


@pytest.fixture
def running(county: County) -> County:
    """Forty seconds into the first lesson hour of both schools."""
    county.clock.step(INTO_S)
    return county


def watch(county: County, client: httpx.Client, school: School) -> None:
    """As the live part writes it before the first picture goes out."""
    caller = caller_of(county.centre, client.cookies[SESSION_COOKIE])
    assert caller is not None
    with county.centre.uow.write() as session:
        told = {"cameras": [school.camera], "lessons": [school.lesson]}
        record(session, county.clock.now(), caller.actor, "live_viewed", caller.actor, **told)


def tile(school: School, **changes: Any) -> dict[str, Any]:
    shown = {"shown": "video", "shown_ms": 20_000, "findings": ["normal"]}
    return {"lesson_hour_id": school.lesson, "camera_id": school.camera} | shown | changes


def signed(county: County, *tiles: dict[str, Any]) -> list[tuple[str | None, bool]]:
    made = post(county.inspector, "/api/wall/rounds", {"tiles": list(tiles)}, 201)
    by_lesson = {one["lesson_hour_id"]: one for one in made["tiles"]}
    told = [by_lesson[one["lesson_hour_id"]] for one in tiles]
    return [(one["reason"], one["patrol_id"] is not None) for one in told]


@pytest.mark.rule("A-23", "A-25")
def test_signing_off_writes_a_patrol_for_each_tile_that_truly_showed(running: County) -> None:
    school, other = running.schools
    watch(running, running.inspector, school)
    running.clock.step(30)
    assert signed(running, tile(school), tile(other)) == [(None, True), ("not_watched", False)]
    (patrol,) = running.inspector.get("/api/patrols").json()["items"]
    assert (patrol["lesson_hour_id"], patrol["findings"]) == (school.lesson, ["normal"])
    assert patrol["cameras"] == [school.camera]
    with running.centre.uow.read() as session:
        assert session.scalars(select(ViewLog.what)).all() == ["patrol"]
        (kept,) = session.scalars(select(AuditEvent).where(AuditEvent.action == "patrol_round_signed")).all()
    assert {one["reason"] for one in kept.details["tiles"]} == {None, "not_watched"}
    rounds = running.inspector.get("/api/wall/rounds").json()
    assert len(rounds) == 1 and len(rounds[0]["tiles"]) == 2
    assert running.inspector.get("/api/wall/rounds?day=2026-11-22").json() == []
    assert school.inspector.get("/api/wall/rounds").json() == []  # a tile of it is another school's


@pytest.mark.parametrize(("shown_ms", "seconds"), [(20_000, 20), (3_600_000, 30)])
def test_a_patrol_began_when_the_page_says_but_never_before_a_picture_went_out(
    running: County, shown_ms: int, seconds: int
) -> None:
    school = running.schools[0]
    watch(running, running.inspector, school)
    running.clock.step(30)
    signed(running, tile(school, shown_ms=shown_ms))
    (patrol,) = running.inspector.get("/api/patrols").json()["items"]
    took = datetime.fromisoformat(patrol["closed_at"]) - datetime.fromisoformat(patrol["opened_at"])
    assert took == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"shown": "nothing"}, "nothing_shown"),
        ({"camera_id": None}, "nothing_shown"),
        ({"findings": []}, "no_finding"),
    ],
)
def test_a_tile_without_picture_or_finding_gives_no_patrol(
    running: County, changes: dict[str, Any], reason: str
) -> None:
    watch(running, running.inspector, running.schools[0])
    assert signed(running, tile(running.schools[0], **changes)) == [(reason, False)]
    assert running.inspector.get("/api/patrols").json()["items"] == []


def test_neither_another_persons_looking_nor_an_open_patrol_nor_an_ended_hour_counts(running: County) -> None:
    school = running.schools[0]
    watch(running, school.inspector, school)
    assert signed(running, tile(school)) == [("not_watched", False)]
    watch(running, running.inspector, school)
    post(running.inspector, "/api/patrols", {"lesson_hour_id": school.lesson, "cameras": [school.camera]}, 201)
    assert signed(running, tile(school)) == [("being_patrolled", False)]
    running.clock.step(3600)
    assert signed(running, tile(running.schools[1])) == [("not_running", False)]


def test_a_round_with_a_wrong_tile_writes_nothing(running: County) -> None:
    school, other = running.schools
    for one in running.schools:
        watch(running, running.inspector, one)
    path = "/api/wall/rounds"
    for body, status, code in (
        ({"tiles": [tile(school), tile(school)]}, 422, "ROUND_TWICE"),
        ({"tiles": [tile(school), tile(other, findings=["normal", "safety"])]}, 422, "PATROL_NORMAL_ALONE"),
        ({"tiles": [tile(school), tile(other, findings=["other"])]}, 422, "PATROL_TEXT_MISSING"),
        ({"tiles": [tile(school), tile(other, camera_id=school.camera)]}, 404, "CAMERA_NOT_FOUND"),
        ({"tiles": [tile(school, lesson_hour_id=str(uuid4()))]}, 404, "LESSON_NOT_FOUND"),
        ({"tiles": [tile(school)], "draw_id": str(uuid4())}, 404, "DRAW_NOT_FOUND"),
    ):
        problem(running.inspector.post(path, json=body), status, code)
    problem(school.inspector.post(path, json={"tiles": [tile(other)]}), 404, "LESSON_NOT_FOUND")
    problem(school.teacher.post(path, json={"tiles": [tile(school)]}), 403, "ROLE_NOT_ALLOWED")
    assert running.inspector.get("/api/patrols").json()["items"] == []
    assert running.inspector.get(path).json() == []


@pytest.mark.rule("B-19")
def test_a_draw_is_of_what_runs_in_scope_and_can_be_repeated(running: County) -> None:
    school, other = running.schools
    made = post(running.inspector, "/api/wall/draws", None, 201)
    assert sorted(made["candidates"]) == sorted([school.lesson, other.lesson])
    assert made["drawn"] == list(draw(made["seed"], made["candidates"], 10))
    assert post(school.inspector, "/api/wall/draws", None, 201)["candidates"] == [school.lesson]
    path = f"/api/wall/draws/{made['id']}"
    assert running.inspector.get(path).json() == made
    problem(school.inspector.get(path), 404, "DRAW_NOT_FOUND")
    with running.centre.uow.read() as session:
        kept = session.scalars(select(AuditEvent).where(AuditEvent.action == "wall_drawn")).all()
    assert made["seed"] in {one.details["seed"] for one in kept}


def test_no_problem_is_said_once_with_a_reason_and_shows_on_the_wall(running: County) -> None:
    school, other = running.schools
    body = {"lesson_hour_id": school.lesson, "trouble": "few", "reason": "分组实操,半班在隔壁"}
    problem(other.inspector.post("/api/wall/dismissals", json=body), 404, "LESSON_NOT_FOUND")
    problem(running.inspector.post("/api/wall/dismissals", json=body | {"reason": " "}), 422, "REQUEST_INVALID")
    post(running.inspector, "/api/wall/dismissals", body, 204)
    caller = caller_of(running.centre, running.inspector.cookies[SESSION_COOKIE])
    assert caller is not None
    assert wall(running.centre, caller).dismissed == {(UUID(school.lesson), Trouble.FEW)}
    with running.centre.uow.read() as session:
        (kept,) = session.scalars(select(AuditEvent).where(AuditEvent.action == "wall_trouble_dismissed")).all()
    assert "分组" not in str(kept.details)
    running.clock.step(3600)
    problem(running.inspector.post("/api/wall/dismissals", json=body), 409, "LESSON_NOT_RUNNING")


@pytest.mark.rule("A-30")
def test_a_snapshot_is_an_export_on_record_and_not_for_commissioned_supervisors(running: County) -> None:
    school = running.schools[0]
    mark = {"lesson_hour_id": school.lesson, "camera_id": school.camera, "kind": "snapshot", "sha256": "ab" * 32}
    problem(running.inspector.post("/api/wall/marks", json=mark | {"sha256": None}), 422, "MARK_HASH")
    problem(running.inspector.post("/api/wall/marks", json=mark | {"kind": "bookmark"}), 422, "MARK_HASH")
    elsewhere = mark | {"camera_id": running.schools[1].camera}
    problem(running.inspector.post("/api/wall/marks", json=elsewhere), 404, "CAMERA_NOT_FOUND")
    third = running.account("third_party", expires_at=running.clock.now() + timedelta(days=30))
    problem(third.post("/api/wall/marks", json=mark), 403, "SNAPSHOT_NOT_ALLOWED")
    assert post(running.inspector, "/api/wall/marks", mark, 201)["sha256"] == "ab" * 32
    post(running.inspector, "/api/wall/marks", mark | {"kind": "bookmark", "sha256": None}, 201)
    with running.centre.uow.read() as session:
        assert session.scalars(select(ViewLog.what)).all() == ["export"]


@pytest.mark.rule("L14")
def test_names_of_a_roll_call_are_shown_to_who_calls_it_and_each_is_on_record_once(county: County) -> None:
    school = county.schools[0]
    county.clock.step(INTO_S)
    wanted = {"lesson_hour_id": school.lesson, "cameras": [school.camera]}
    patrol = post(county.inspector, "/api/patrols", wanted, 201)
    caller = caller_of(county.centre, county.inspector.cookies[SESSION_COOKIE])
    other = caller_of(county.centre, school.inspector.cookies[SESSION_COOKIE])
    assert caller is not None and other is not None
    assert names_called(county.centre, caller, UUID(patrol["id"]), "") == {}
    call = post(county.inspector, f"/api/patrols/{patrol['id']}/roll-calls", None, 201)["roll_calls"][0]
    for _ in range(2):
        names = names_called(county.centre, caller, UUID(patrol["id"]), "10.0.0.1")
        assert set(names) == set(call["drawn"])
        assert set(names.values()) == {name for name, _ in school.trainees}
    assert names_called(county.centre, other, UUID(patrol["id"]), "") == {}
    with county.centre.uow.read() as session:
        assert len(session.scalars(select(Reveal)).all()) == len(call["drawn"])


def test_the_walls_queries_do_not_grow_with_its_tiles(running: County) -> None:
    def queries(client: httpx.Client) -> int:
        seen: list[str] = []

        def note(*arguments: Any) -> None:
            seen.append(arguments[2])

        caller = caller_of(running.centre, client.cookies[SESSION_COOKIE])
        assert caller is not None
        event.listen(running.centre.uow.engine, "before_cursor_execute", note)
        try:
            assert len(wall(running.centre, caller).lessons) in (2, 4)
        finally:
            event.remove(running.centre.uow.engine, "before_cursor_execute", note)
        return sum(one.lstrip().startswith("SELECT") for one in seen)

    assert queries(running.inspector) == queries(running.schools[0].inspector)


def test_what_the_wall_wrote_stays(running: County) -> None:
    school = running.schools[0]
    post(running.inspector, "/api/wall/draws", None, 201)
    watch(running, running.inspector, school)
    signed(running, tile(school))
    post(running.inspector, "/api/wall/dismissals", {"lesson_hour_id": school.lesson, "trouble": "few", "reason": "x"})
    bookmark = {"lesson_hour_id": school.lesson, "camera_id": school.camera, "kind": "bookmark"}
    post(running.inspector, "/api/wall/marks", bookmark)
    for table in (WallDraw, PatrolDismissal, PatrolRoundTile, PatrolRound, PatrolMark):
        with pytest.raises(DBAPIError), running.centre.uow.write() as session:
            session.execute(delete(table))
