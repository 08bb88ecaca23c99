"""Every route names who may call it, and shows nobody another institution's things."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from supervisor.requests import signed_box
from tests.support.county import START, County, class_wanted, id_number, problem
from tests.support.routes import routes

SHA = "0" * 64


def guards(dependant: object) -> Iterator[object]:
    for one in dependant.dependencies:  # type: ignore[attr-defined]
        yield one.call
        yield from guards(one)


def test_every_route_names_the_roles_that_may_call_it(county: County) -> None:
    found = list(routes(county.app.routes))
    assert len(found) > 30
    for route in found:
        calls = list(guards(route.dependant))
        named = any(hasattr(call, "roles") for call in calls) or signed_box in calls
        assert named or (route.openapi_extra or {}).get("x-roles"), f"{route.methods} {route.path} names no role"


READS = [
    ("GET", "/api/classes/{class}"),
    ("GET", "/api/lessons/{lesson}"),
    ("GET", "/api/lessons/{lesson}/playlist.m3u8"),
    ("GET", "/api/lessons/{lesson}/clips/" + SHA + "/playlist.m3u8"),
    ("GET", "/api/lessons/{lesson}/clips/" + SHA + "/clip.mp4"),
]


@pytest.mark.parametrize(("method", "path"), READS)
def test_what_belongs_to_another_institution_is_not_there(county: County, method: str, path: str) -> None:
    mine, other = county.schools
    filled = path.format(**{"class": other.training["id"], "lesson": other.lesson})
    for client in (mine.teacher, mine.inspector):
        answer = client.request(method, filled)
        assert answer.status_code == 404, answer.text
    problem(county.client().request(method, filled), 401, "NOT_SIGNED_IN")


@pytest.mark.parametrize("path", ["institutions", "sites", "rooms", "cameras", "boxes", "classes", "lessons"])
def test_lists_show_only_the_callers_institution(county: County, path: str) -> None:
    county.clock.step((START - county.clock.now()).total_seconds())
    mine, other = county.schools

    def size(answer: dict[str, Any]) -> int:
        return len(answer.get("items") or answer["lessons"])

    whole = county.inspector.get(f"/api/{path}").json()
    part = mine.teacher.get(f"/api/{path}").json()
    assert size(part) * 2 == size(whole) > 0
    assert other.institution not in str(part) and other.room not in str(part)
    problem(county.client().get(f"/api/{path}"), 401, "NOT_SIGNED_IN")


def test_changes_are_refused_to_the_wrong_role(county: County) -> None:
    school = county.schools[0]
    admin_only = ["institutions", "sites", "rooms", "cameras", "boxes", "accounts"]
    changes = [f"/api/{name}" for name in admin_only]
    changes += [f"/api/boxes/{school.box}/code", f"/api/boxes/{school.box}/revoke"]
    for client in (county.approver, county.inspector, school.teacher, school.inspector):
        for path in changes:
            assert client.post(path, json={}).status_code in {403, 422}, path
            problem(client.post(path, json=_valid(county, path)), 403, "ROLE_NOT_ALLOWED")
    approve = f"/api/classes/{school.training['id']}/approve"
    for client in (county.admin, county.inspector, school.teacher):
        problem(client.post(approve, json={}), 403, "ROLE_NOT_ALLOWED")


def _valid(county: County, path: str) -> dict[str, object]:
    school = county.schools[0]
    return {
        "/api/institutions": {"name": "x"},
        "/api/sites": {"institution_id": school.institution, "name": "x"},
        "/api/rooms": {"site_id": school.site, "name": "x"},
        "/api/cameras": {"room_id": school.room, "box_id": school.box, "code": "x"},
        "/api/boxes": {"site_id": school.site, "name": "x"},
        "/api/accounts": {"username": "xx", "name": "x", "role": "inspector"},
    }.get(path, {})


def test_a_teacher_cannot_open_a_class_in_another_institution_nor_in_its_rooms(county: County) -> None:
    mine, other = county.schools
    people = [("孙某", id_number(90))]
    foreign = class_wanted(other.institution, other.room, people, "2026-x")
    problem(mine.teacher.post("/api/classes", json=foreign), 404, "INSTITUTION_NOT_FOUND")
    room = class_wanted(mine.institution, other.room, people, "2026-x")
    assert problem(mine.teacher.post("/api/classes", json=room), 422, "PLAN_ROOM_UNKNOWN")["where"] == "/plan/0/room_id"
    problem(mine.teacher.post(f"/api/classes/{other.training['id']}/submit"), 404, "CLASS_NOT_FOUND")
