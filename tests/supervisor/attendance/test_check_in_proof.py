"""Check-in with the county's own rules over HTTP: place, code, roll call, the inspector's list, the class's table."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from supervisor.attendance.models import CheckIn, CheckInPlace
from supervisor.attendance.proof import forget_places
from supervisor.rules.geofence import Point, gcj02
from tests.support.county import County, post, problem
from tests.support.databases import KINDS, centre_database

SITE = Point(35.69, 112.19)
HERE = {"lat": 35.6901, "lon": 112.19, "accuracy_m": 20, "consent": True}


@pytest.fixture(params=KINDS)
def county(request: pytest.FixtureRequest, tmp_path: Path, database_servers: None) -> County:
    database = centre_database(request.param, tmp_path)
    return County(tmp_path / "centre", database, profile="140521-2024.3", plan_minutes=100)


def phone_check_in(county: County, phone: httpx.Client, who: int, **changes: Any) -> httpx.Response:
    school = county.schools[0]
    name, number = school.trainees[who]
    body = {"name": name, "id_last4": number[-4:], "direction": "in", "idempotency_key": secrets.token_urlsafe(16)}
    return phone.post(f"/api/checkin/{school.session['code']}", json=body | changes)


@pytest.mark.rule("A-11", "A-12", "A-13", "A-14", "Q10")
def test_a_morning_of_check_ins(county: County) -> None:
    school, other = county.schools
    session, code = school.session["id"], school.session["code"]
    drawn = gcj02(SITE)
    fence = {"lat": drawn.lat, "lon": drawn.lon, "datum": "GCJ-02"}
    assert county.admin.put(f"/api/sites/{school.site}/geofence", json=fence).is_success
    methods = f"/api/sites/{school.site}/check-in-methods"
    problem(county.admin.put(methods, json={"methods": ["face"]}), 422, "METHOD_NOT_OFFERED")
    problem(county.admin.put(methods, json={"methods": ["phone", "rotating_code"]}), 422, "METHODS_NEED_PHONE")
    three = {"methods": ["phone", "rotating_code", "roll_call"]}
    assert county.admin.put(methods, json=three).json()["methods"] == three["methods"]

    problem(school.teacher.post(f"/api/sessions/{session}/teacher-check-in"), 422, "TOO_EARLY")
    county.clock.step(40 * 60)
    problem(other.teacher.post(f"/api/sessions/{session}/teacher-check-in"), 404, "SESSION_NOT_FOUND")
    assert school.teacher.post(f"/api/sessions/{session}/teacher-check-in").is_success

    shown = school.teacher.get(f"/api/sessions/{session}/rotating-code").json()
    assert school.box_client.get(f"/api/box/sessions/{session}/rotating-code").json()["code"] == shown["code"]
    problem(other.box_client.get(f"/api/box/sessions/{session}/rotating-code"), 404, "SESSION_NOT_FOUND")
    phones = [county.client() for _ in range(2)]
    swap = post(phones[0], f"/api/checkin/{code}/ticket", {"rotating_code": shown["code"]})
    county.clock.step(120)
    problem(phones[1].post(f"/api/checkin/{code}/ticket", json={"rotating_code": shown["code"]}), 422, "QR_EXPIRED")
    first = phone_check_in(county, phones[0], 0, ticket=swap["ticket"], location=HERE).json()
    assert (first["status"], first["reasons"]) == ("accepted", [])
    county.clock.step(5)
    again = phone_check_in(county, phones[0], 0, ticket=swap["ticket"]).json()
    assert (again["status"], again["reasons"]) == ("review", ["QR_REPLAY"])
    county.clock.step(5)
    stolen = phone_check_in(county, phones[1], 1, ticket=swap["ticket"], location=HERE | {"lat": 35.75}).json()
    assert stolen["reasons"] == ["QR_EXPIRED", "OUT_OF_FENCE"]
    assert phone_check_in(county, phones[1], 1, location=HERE | {"consent": False}).status_code == 422

    county.clock.step(5)
    call = {"direction": "in", "present": [school.training["roster"][2]["id"]]}
    roll = post(school.teacher, f"/api/sessions/{session}/roll-call", call, 201)
    confirm = f"/api/checkin/{code}/roll-calls/{roll['id']}/confirm"
    problem(county.client().post(confirm), 403, "CONFIRMER_NOT_THERE")
    problem(other.inspector.post(f"/api/roll-calls/{roll['id']}/confirm"), 404, "ROLL_CALL_NOT_FOUND")
    assert phones[0].post(confirm).status_code == 204
    problem(school.inspector.post(f"/api/roll-calls/{roll['id']}/confirm"), 409, "ROLL_CALL_CONFIRMED")

    path = f"/api/sessions/{session}/check-ins"
    page = school.inspector.get(path).json()
    lines = page["check_ins"]
    assert [line["status"] for line in lines] == ["accepted", "review", "review", "accepted"]
    assert (lines[0]["distance_m"], lines[0]["inside"], lines[0]["method"]) == (11, True, "rotating_code")
    assert (lines[3]["corrected_by"], lines[3]["confirmed_by"], lines[3]["name"]) == ("李某", "学*", "学*")
    assert not {"35.69", "112.19", school.trainees[0][0]} & set(school.inspector.get(path).text.split('"'))
    odd = school.inspector.get(path, params={"only_anomalies": True}).json()["check_ins"]
    assert len(odd) == 3
    assert school.inspector.get(f"{path}.csv").content.startswith("\ufeff姓名".encode())
    problem(other.inspector.get(path), 404, "SESSION_NOT_FOUND")
    problem(school.teacher.get(path), 403, "ROLE_NOT_ALLOWED")

    county.clock.step(3 * 3600)
    over = school.inspector.get(path).json()
    assert [sign["code"] for sign in over["signs"]] == ["NO_EXIT"]
    table = school.teacher.get(f"/api/classes/{school.training['id']}/attendance").json()
    assert [row["states"] for row in table["trainees"]] == [["normal", "normal"]] * 3
    assert table["days"][0]["rate"] == {"attended": 6, "hours": 6, "enough": True}
    assert school.inspector.get(f"/api/classes/{school.training['id']}/attendance.csv").is_success
    problem(other.teacher.get(f"/api/classes/{school.training['id']}/attendance"), 404, "CLASS_NOT_FOUND")

    assert forget_places(county.centre) == 0
    county.clock.step(31 * 86400)
    assert forget_places(county.centre) == 2
    with county.centre.uow.read() as read:
        assert read.scalar(select(func.count()).select_from(CheckInPlace)) == 0
        assert read.scalar(select(func.count()).select_from(CheckIn)) == 4


@pytest.mark.rule("A-11")
def test_a_queued_check_in_and_a_session_without_its_teacher(county: County) -> None:
    school = county.schools[0]
    county.clock.step(45 * 60)
    made = county.clock.now().isoformat()
    county.clock.step(40 * 60)
    times = {"made_at": made, "sent_at": county.clock.now().isoformat()}
    late = phone_check_in(county, county.client(), 0, **times).json()
    assert (late["status"], late["reasons"]) == ("review", ["OFFLINE_LATE"])
    problem(phone_check_in(county, county.client(), 1), 422, "TOO_LATE")
    county.clock.step(2 * 3600)
    page = school.inspector.get(f"/api/sessions/{school.session['id']}/check-ins").json()
    assert [sign["code"] for sign in page["signs"]] == ["NO_TEACHER"]
    table = school.teacher.get(f"/api/classes/{school.training['id']}/attendance").json()
    assert [row["states"][0] for row in table["trainees"]] == ["normal", "absent", "absent"]
