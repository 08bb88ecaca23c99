"""The same thing twice at the same moment is done once, on both databases."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select

from supervisor.attendance.models import TeacherCheckIn, TeacherRollCallConfirmation
from supervisor.callers import SESSION_COOKIE
from tests.support.county import County, post
from tests.support.databases import KINDS, centre_database


@pytest.fixture(params=KINDS)
def county(request: pytest.FixtureRequest, tmp_path: Path, database_servers: None) -> County:
    made = County(
        tmp_path / "centre", centre_database(request.param, tmp_path), profile="140521-2024.3", plan_minutes=100
    )
    made.clock.step(40 * 60)
    return made


def twice(county: County, one: httpx.Client, path: str) -> list[httpx.Response]:
    """The same request from eight clients of one person, as many at a time as there are."""
    clients = [county.client() for _ in range(8)]
    for client in clients:
        client.cookies.set(SESSION_COOKIE, one.cookies[SESSION_COOKIE])
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda client: client.post(path), clients))


def test_a_teacher_who_taps_twice_came_once(county: County) -> None:
    school = county.schools[0]
    answers = twice(county, school.teacher, f"/api/sessions/{school.session['id']}/teacher-check-in")
    assert {answer.status_code for answer in answers} == {200}, [answer.text for answer in answers]
    assert len({answer.json()["at"] for answer in answers}) == 1
    with county.centre.uow.read() as session:
        assert session.scalar(select(func.count()).select_from(TeacherCheckIn)) == 1


def test_of_two_confirmations_of_a_roll_call_one_is_taken(county: County) -> None:
    school = county.schools[0]
    call = {"direction": "in", "present": [school.training["roster"][2]["id"]]}
    roll = post(school.teacher, f"/api/sessions/{school.session['id']}/roll-call", call, 201)
    answers = twice(county, school.inspector, f"/api/roll-calls/{roll['id']}/confirm")
    told = Counter(answer.status_code for answer in answers)
    assert told == {204: 1, 409: 7}, [answer.text for answer in answers]
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"ROLL_CALL_CONFIRMED"}
    with county.centre.uow.read() as session:
        assert session.scalar(select(func.count()).select_from(TeacherRollCallConfirmation)) == 1
