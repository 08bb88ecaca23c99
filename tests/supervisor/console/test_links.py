"""Whoever follows every link of every page that is open to them never comes to a closed door or to nothing, and no page
shows them a form that they may not send."""

from __future__ import annotations

import re
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import timedelta
from html import unescape
from urllib.parse import urljoin, urlsplit

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from config.settings import CentreSettings
from supervisor.accounts.models import AccountInstitution
from supervisor.app import app_of
from supervisor.callers import SESSION_COOKIE, Role
from supervisor.classes.models import Institution
from tests.support.deciding import sign_in
from tests.support.half_way import half_way
from tests.support.office import Office, office_day
from tests.support.routes import routes

BASE = "http://testserver"
FORM = re.compile(r"""<form\b[^>]*\bmethod="post"[^>]*\baction="([^"]+)"[^>]*>(?!<fieldset disabled)""")
LINK = re.compile(r"""(?:href|src|data-src|poster|hx-get)="([^"#]+)""")
ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{64}|\d+")
SECTOR = "教育"
ALIKE = 3
"""Of links that differ in ids and numbers alone so many are followed."""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    made = office_day(CentreSettings(data_dir=tmp_path_factory.mktemp("centre")))
    head, _ = sign_in(made.seeded.centre, "responsible", "周校长", made.seeded.places[0].training.institution_id)
    half_way(made.seeded.centre, head)
    with made.seeded.centre.uow.write() as session:
        session.get_one(Institution, made.seeded.places[0].training.institution_id).sector = SECTOR
    return made


def token_of(office: Office, role: Role) -> str:
    centre, training = office.seeded.centre, office.seeded.places[0].training
    if role in (Role.TEACHER, Role.RESPONSIBLE):
        return sign_in(centre, role.value, "冯老师", training.institution_id)[1]
    if role is Role.SECTOR:
        return sign_in(centre, role.value, "冯科长", sector=SECTOR)[1]
    if role is not Role.THIRD_PARTY:
        return sign_in(centre, role.value, "冯督导")[1]
    caller, token = sign_in(centre, role.value, "冯监督", expires_at=centre.clock.now() + timedelta(days=200))
    with centre.uow.write() as session:
        session.add(AccountInstitution(account_id=caller.account_id, institution_id=training.institution_id))
    return token


@dataclass
class Walk:
    """`answers`: address → status, and the page that leads there. `forms`: where a page sends, and the page."""

    answers: dict[str, tuple[int, str]] = field(default_factory=dict)
    forms: dict[str, str] = field(default_factory=dict)


def walk(client: TestClient) -> Walk:
    waiting, done = deque([("/", "the address bar")]), Walk()
    seen, alike = {"/"}, Counter[str]()
    while waiting:
        path, source = waiting.popleft()
        answer = client.get(path, headers={"accept": "text/html"})
        done.answers[path] = (answer.status_code, source)
        if not answer.headers.get("content-type", "").startswith("text/html"):
            continue
        done.forms |= {urlsplit(urljoin(BASE + path, unescape(to))).path: path for to in FORM.findall(answer.text)}
        for found in LINK.findall(answer.text):
            where = urlsplit(urljoin(BASE + path, unescape(found)))
            link = where.path + (f"?{where.query}" if where.query else "")
            shape = ID.sub("*", link)
            if f"{where.scheme}://{where.netloc}" != BASE or link in seen or alike[shape] >= ALIKE:
                continue
            alike[shape] += 1
            seen.add(link)
            waiting.append((link, path))
    return done


def who_may_send(app: FastAPI, path: str) -> set[str] | None:
    """Roles that the route asks for; None: no such route."""
    for route in routes(app.routes):
        if "POST" in route.methods and route.path_regex.fullmatch(path):
            return {
                role.value if isinstance(role, Role) else role
                for one in route.dependant.dependencies
                for role in getattr(one.call, "roles", ())
            } or set(Role)
    return None


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.TRAINEE])
def test_no_link_leads_to_a_closed_door(office: Office, role: Role) -> None:
    app, cookies = app_of(office.seeded.centre), {SESSION_COOKIE: token_of(office, role)}
    with TestClient(app, base_url=BASE, cookies=cookies) as client:
        found = walk(client)
    assert [(path, told) for path, told in found.answers.items() if told[0] >= 400] == []
    assert len(found.answers) > 5 and "/logout" in found.forms
    assert [one for one in found.forms.items() if role not in (who_may_send(app, one[0]) or ())] == []
