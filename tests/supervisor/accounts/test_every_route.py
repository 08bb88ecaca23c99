"""Every route of the application, called by every role from the wrong scope: nothing of another school comes back.

Routes are found, not listed: their path and their body are filled with what belongs to the other school.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi.routing import APIRoute
from pydantic import TypeAdapter

from supervisor.accounts.models import Account, AccountInstitution
from supervisor.callers import Role
from tests.support.county import County, School, verified
from tests.support.routes import body_kind, routes

SCOPED = {Role.TRAINEE, Role.TEACHER, Role.RESPONSIBLE, Role.INSPECTOR, Role.SECTOR, Role.THIRD_PARTY}
REFUSED = {401, 403, 404, 405, 413, 422}
SHA = "0" * 64


def theirs(school: School) -> dict[str, Any]:
    """Names of parameters and fields → what the school has of it."""
    roster, session = school.training["roster"], school.session
    return {
        "institution_id": school.institution,
        "institutions": [school.institution],
        "site_id": school.site,
        "room_id": school.room,
        "camera_id": school.camera,
        "box_id": school.box,
        "class_id": school.training["id"],
        "class_no": school.training["class_no"],
        "session_id": session["id"],
        "session_code": session["code"],
        "code": session["code"],
        "lesson_hour_id": school.lesson,
        "lesson_id": school.lesson,
        "roster_entry_id": roster[0]["id"],
        "sha256": SHA,
        "clip_sha256": SHA,
    }


def traces(school: School) -> list[str]:
    """What must stand in no answer: ids and random codes, which stand nowhere by chance."""
    return [value for key, value in theirs(school).items() if key.endswith(("_id", "code"))]


def value_of(schema: dict[str, Any], name: str, known: dict[str, Any], defs: dict[str, Any]) -> Any:
    """Something that fits a JSON schema, the school's own where the name says what it is."""
    if name in known:
        return known[name]
    if "$ref" in schema:
        return value_of(defs[schema["$ref"].rsplit("/", 1)[-1]], name, known, defs)
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            some = [one for one in schema[key] if one.get("type") != "null"]
            return value_of(some[0], name, known, defs)
    if "const" in schema or "enum" in schema:
        return schema.get("const", (schema.get("enum") or [None])[0])
    match schema.get("type"):
        case "object":
            fields = schema.get("properties", {})
            return {field: value_of(one, field, known, defs) for field, one in fields.items()}
        case "array":
            least = max(1, schema.get("minItems", 1))
            return [value_of(schema.get("items", {}), name.removesuffix("s"), known, defs) for _ in range(least)]
        case "integer" | "number":
            return schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
        case "boolean":
            return True
    formats = {
        "uuid": known["class_id"], "date": "2026-11-24", "time": "09:00", "date-time": "2026-11-24T09:00:00+08:00",
    }  # fmt: skip
    return formats.get(schema.get("format", ""), "x" * max(2, schema.get("minLength", 2)))


def body_of(route: APIRoute, known: dict[str, Any]) -> dict[str, Any]:
    """Keyword arguments of a request: JSON, a form, or nothing."""
    fields, kind = route.dependant.body_params, body_kind(route)
    if kind == "form":
        return {"data": {field.name: str(known.get(field.name, "x")) for field in fields}}
    if kind == "files":
        return {"files": {field.name: ("x.csv", b"x") for field in fields}}
    if kind is None or route.body_field is None:
        return {}
    schema = TypeAdapter(route.body_field.field_info.annotation).json_schema()
    return {"json": value_of(schema, "", known, schema.get("$defs", {}))}


def guarded(route: APIRoute) -> bool:
    """Whether it asks who is signed in; others are open, or a box's, or take a secret of their own."""

    def calls(dependant: Any) -> Iterator[Any]:
        for one in dependant.dependencies:
            yield one.call
            yield from calls(one)

    return any(hasattr(call, "roles") for call in calls(route.dependant))


def supervisor_of(county: County, school: School) -> tuple[httpx.Client, UUID]:
    """A commissioned supervisor of this school, and the account."""
    client = county.account("third_party", expires_at=county.clock.now() + timedelta(days=300))
    account = account_of(client)
    with county.centre.uow.write() as session:
        session.add(AccountInstitution(account_id=account, institution_id=UUID(school.institution)))
    return client, account


def account_of(client: httpx.Client) -> UUID:
    return UUID(client.get("/api/session").json()["id"])


def strangers(county: County) -> dict[str, httpx.Client]:
    """For every role somebody to whom nothing of the second school is open."""
    mine, other = county.schools
    over, ended = supervisor_of(county, other)
    waiting = {role: county.account(role.value) for role in Role if role not in SCOPED}
    not_granted = [account_of(client) for client in waiting.values()]
    with county.centre.uow.write() as session:
        session.get_one(Account, ended).expires_at = county.clock.now()
        for one in not_granted:
            session.get_one(Account, one).granted_at = None
    return {
        "teacher": mine.teacher,
        "responsible": county.account("responsible", mine.institution),
        "inspector of another institution": mine.inspector,
        "inspector of another area": county.account("inspector", area="99"),
        "another sector": county.account("sector", sector="别的部门"),
        "third party of another institution": supervisor_of(county, mine)[0],
        "third party whose time is over": over,
    } | {f"{role} whom nobody granted": client for role, client in waiting.items()}


OUT = ("over", "granted")


@pytest.mark.rule("L24", "L25", "A-30")
def test_no_route_gives_any_role_something_of_another_school(tmp_path: Path) -> None:
    county = County(tmp_path)
    other = county.schools[1]
    known, foreign = theirs(other), traces(other)
    known["verification_id"] = verified(county.account("handler"), other)
    foreign.append(known["verification_id"])
    people = strangers(county)
    faults, called = [], 0
    for route in routes(county.app.routes):
        open_to_all = not guarded(route)
        path = re.sub(r"\{(\w+)(:\w+)?\}", lambda one: str(known.get(one[1], known["class_id"])), route.path)
        aimed = path != route.path
        body = body_of(route, known)
        who = {"nobody": county.client(follow_redirects=False)} if open_to_all else people
        for name, client in who.items():
            for method in route.methods - {"HEAD", "OPTIONS"}:
                client.follow_redirects = False
                answer = client.request(method, path, **body)
                called += 1
                to_sign_in = answer.status_code == 303 and answer.headers["location"].startswith("/login")
                refused = answer.status_code in REFUSED or to_sign_in
                if answer.status_code >= 500 or not (refused or open_to_all or not aimed):
                    faults.append(f"{method} {route.path} by {name}: {answer.status_code} {answer.text[:120]}")
                elif answer.is_success and not open_to_all and any(one in answer.text for one in foreign):
                    faults.append(f"{method} {route.path} by {name}: shows what is the other school's")
    assert not faults, "\n".join(faults)
    assert called > 300
    still_in = [client.get("/api/session").is_success for name, client in people.items() if not name.endswith(OUT)]
    assert len(still_in) == 6 and all(still_in)  # nobody was refused only for being out
