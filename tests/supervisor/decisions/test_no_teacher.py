"""A pass of a session to which no teacher checked in is for a person to look at, where the class's rules ask for it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from uuid import UUID

import pytest

from supervisor.decisions import cache
from supervisor.decisions.models import Exemption
from supervisor.decisions.signs import no_teacher
from supervisor.lessons.repository import lesson_by_id
from tests.support.county import START, County, School, post
from tests.support.databases import KINDS, centre_database

ASKS = "140521-2024.3"


def county_of(profile: str, folder: Path, database: str | None = None) -> County:
    made = County(folder, database, profile=profile, plan_minutes=100)
    made.clock.step((START - made.clock.now()).total_seconds())
    for who in range(3):
        assert made.check_in(made.schools[0], who).is_success
    return made


@pytest.fixture(params=KINDS)
def county(request: pytest.FixtureRequest, tmp_path: Path, database_servers: None) -> County:
    return county_of(ASKS, tmp_path / "centre", centre_database(request.param, tmp_path))


def stage(county: County, school: School) -> tuple[str, list[str]]:
    life = county.inspector.get(f"/api/lessons/{school.lesson}/life").json()
    return life["stage"], life["signs"]


def first_hour_passes(county: County) -> School:
    school = county.schools[0]
    county.clock.step(55 * 60)
    assert county.report(school, county.verdict_entry(school)).is_success
    assert stage(county, school) == ("pass", [])  # the teacher has until the end of the session
    return school


def todo(county: County) -> list[str]:
    return [one["lesson_hour_id"] for one in county.inspector.get("/api/decisions/todo").json()["items"]]


@pytest.mark.rule("A-11")
def test_when_the_session_is_over_its_pass_goes_to_review(county: County) -> None:
    school = first_hour_passes(county)
    assert (cache.move_on(county.centre), todo(county)) == (0, [])
    county.clock.step(45 * 60)
    assert cache.move_on(county.centre) == 1
    assert stage(county, school) == ("review_open", ["NO_TEACHER"])
    assert todo(county) == [school.lesson]
    assert cache.move_on(county.centre) == cache.rebuild(county.centre) == 0
    version = county.inspector.get(f"/api/lessons/{school.lesson}/life").json()["version"]
    decision = {"version": version, "result": "pass", "reason": "EVIDENCE_ENOUGH", "words": "录像中有老师"}
    assert post(county.inspector, f"/api/lessons/{school.lesson}/decisions", decision, 201)["stage"] == "decided_pass"
    assert cache.move_on(county.centre) == 0  # the person was shown the sign


def test_what_was_decided_before_the_end_is_opened_again(county: County) -> None:
    school = county.schools[0]
    county.clock.step(55 * 60)
    assert county.report(school, county.verdict_entry(school, county.evidence(school, seen=2))).is_success
    life = county.inspector.get(f"/api/lessons/{school.lesson}/life").json()
    decision = {"version": life["version"], "result": "pass", "reason": "EVIDENCE_ENOUGH", "words": "看过录像"}
    post(county.inspector, f"/api/lessons/{school.lesson}/decisions", decision, 201)
    assert (cache.move_on(county.centre), stage(county, school)) == (0, ("decided_pass", []))
    county.clock.step(45 * 60)
    assert (cache.move_on(county.centre), stage(county, school)[0]) == (1, "review_open")


def test_a_teacher_who_came_leaves_it_a_pass(county: County) -> None:
    school = first_hour_passes(county)
    post(school.teacher, f"/api/sessions/{school.session['id']}/teacher-check-in", None, 200)
    county.clock.step(45 * 60)
    assert cache.move_on(county.centre) == 0
    assert stage(county, school) == ("pass", [])


def test_who_is_exempt_has_no_teacher_who_must(county: County) -> None:
    school = first_hour_passes(county)
    county.clock.step(45 * 60)
    with county.centre.uow.write() as session:
        lesson = lesson_by_id(session, UUID(school.lesson))
        assert no_teacher(session, lesson) == ("NO_TEACHER",)
        account = UUID(county.inspector.get("/api/session").json()["id"])
        session.add(
            Exemption(
                at=county.clock.now(),
                class_id=lesson.training.id,
                kind="enterprise_staff",
                basis="承诺制",
                valid_until=date(2026, 12, 31),
                account_id=account,
            )
        )
        session.flush()
        assert no_teacher(session, lesson) == ()


def test_rules_from_before_it_ask_for_no_teacher(tmp_path: Path) -> None:
    county = county_of("140521-2024.2", tmp_path / "centre")
    school = first_hour_passes(county)
    county.clock.step(45 * 60)
    assert cache.move_on(county.centre) == 0
    assert stage(county, school) == ("pass", [])
