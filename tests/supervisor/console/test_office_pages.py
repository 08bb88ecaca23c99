"""Pages of accounts, inspections, institutions and registers over HTTP: who may open which, what each finds in the
menu, and where somebody is led who may only set up a second factor."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pyotp
import pytest
from sqlalchemy import select

from config.accounts import AccountRules
from supervisor import callers
from supervisor.accounts.endpoints import ADMINISTRATORS
from supervisor.accounts.models import Account
from supervisor.accounts.schemas import AccountState
from supervisor.audit.events import READERS as READERS_OF_RECORD
from supervisor.callers import ANYONE_SIGNED_IN, Role, as_caller
from supervisor.console.navigation import menu_of, registers_of
from supervisor.devices.places import READERS as READERS_OF_SITES
from supervisor.inspections.endpoints import CERTIFICATE_READERS
from supervisor.inspections.record_endpoints import READERS as READERS_OF_INSPECTIONS
from supervisor.lessons.register import enter
from supervisor.lessons.schemas import ViewReason
from supervisor.openings.catalogues import READERS as READERS_OF_INSTITUTIONS
from supervisor.privacy.endpoints import KEEPERS, WATCHERS
from supervisor.rosters.endpoints import LIST_READERS
from supervisor.sampling.endpoints import READERS as READERS_OF_PLANS
from tests.support.county import PASSWORD, County

HTML = {"accept": "text/html"}
SCOPED = {
    Role.TEACHER: "institution", Role.RESPONSIBLE: "institution", Role.SECTOR: "sector", Role.THIRD_PARTY: "expires_at",
}  # fmt: skip
PAGES: list[tuple[str, Collection[Role]]] = [
    ("/me", ANYONE_SIGNED_IN),
    ("/accounts", ADMINISTRATORS),
    ("/accounts/new", (Role.SYSTEM_ADMIN,)),
    ("/inspections", READERS_OF_INSPECTIONS),
    ("/inspections/new", (Role.INSPECTOR,)),
    ("/classes/{class}/certificate", CERTIFICATE_READERS),
    ("/comparison-lists", LIST_READERS),
    ("/rights", KEEPERS),
    ("/viewings", WATCHERS),
    ("/record", READERS_OF_RECORD),
    ("/institutions", READERS_OF_INSTITUTIONS),
    ("/institutions/{institution}", READERS_OF_INSTITUTIONS),
    ("/catalogues", READERS_OF_INSTITUTIONS),
    ("/catalogues/blank.xlsx", (Role.HANDLER,)),
    ("/sampling-plans", READERS_OF_PLANS),
    ("/sites", READERS_OF_SITES),
    ("/sites/{site}", READERS_OF_SITES),
]
FORMS: list[tuple[str, dict[str, str], Collection[Role]]] = [
    ("/accounts/{id}/setup-link", {}, (Role.SYSTEM_ADMIN,)),
    ("/accounts/{id}/acts", {"act": "disable"}, (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN)),
    ("/accounts/{id}/acts", {"act": "enable"}, (Role.SECURITY_ADMIN,)),
    ("/accounts/{id}/unlock", {"reason": "xx"}, (Role.SECURITY_ADMIN,)),
    ("/inspections/new", {}, (Role.INSPECTOR,)),
    ("/inspections/{id}/signature", {}, (Role.INSPECTOR, Role.RESPONSIBLE, Role.TEACHER)),
    ("/inspections/{id}/answers", {"text": "x"}, (Role.RESPONSIBLE, Role.TEACHER)),
    ("/inspections/{id}/rulings", {"seq": "1", "ruling": "accept"}, (Role.INSPECTOR,)),
    ("/comparison-lists/{id}/withdraw", {}, (Role.HANDLER,)),
    ("/rights/{id}/answer", {"result": "done", "text": "x"}, (Role.HANDLER,)),
    (
        "/classes/{id}/exemptions", {"kind": "secret_unit", "basis": "x", "valid_until": "2030-01-01"},
        (Role.APPROVER,),
    ),
    ("/classes/{id}/exemptions/{id}/revoke", {"reason": "x"}, (Role.APPROVER,)),
    ("/classes/{id}/certificate", {}, (Role.INSPECTOR,)),
    ("/institutions/{id}/licences", {}, (Role.HANDLER,)),
    ("/institutions/{id}/licences/{id}/withdraw", {"reason": "x", "sure": "yes"}, (Role.HANDLER,)),
    (
        "/catalogues/withdraw", {"kind": "occupation", "version": "x", "reason": "x", "sure": "yes"}, (Role.HANDLER,),
    ),
    ("/institutions/{id}/verifications", {}, (Role.HANDLER,)),
    ("/institutions/{id}/verifications/{id}/photos", {}, (Role.HANDLER,)),
    ("/institutions/{id}/credit", {}, (Role.HANDLER,)),
    ("/institutions/{id}/secret", {"sure": "yes"}, (Role.HANDLER,)),
    ("/institutions/{id}/aggregate", {}, (Role.HANDLER,)),
    ("/sites/{id}/rooms", {}, (Role.SYSTEM_ADMIN,)),
    ("/sites/{id}/cameras", {}, (Role.SYSTEM_ADMIN,)),
    ("/sites/{id}/cameras/{id}", {}, (Role.SYSTEM_ADMIN,)),
    ("/sites/{id}/boxes", {}, (Role.SYSTEM_ADMIN,)),
    ("/sites/{id}/boxes/{id}/code", {}, (Role.SYSTEM_ADMIN,)),
    ("/sites/{id}/boxes/{id}/revoke", {}, (Role.SYSTEM_ADMIN,)),
    ("/sites/{id}/check-in-methods", {}, (Role.SYSTEM_ADMIN,)),
    ("/sites/{id}/geofence", {}, (Role.SYSTEM_ADMIN,)),
]  # fmt: skip


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> County:
    return County(tmp_path_factory.mktemp("centre"))


@pytest.fixture(scope="module")
def people(office: County) -> dict[Role, httpx.Client]:
    return {role: person(office, role) for role in ANYONE_SIGNED_IN}


def person(county: County, role: Role) -> httpx.Client:
    columns = {
        "sector": {"sector": "人社"},
        "expires_at": {"expires_at": county.clock.now() + timedelta(days=300)},
    }.get(SCOPED.get(role, ""), {})
    institution = county.schools[0].institution if SCOPED.get(role) == "institution" else None
    client = county.account(role.value, institution, **columns)
    client.headers.update(HTML)
    client.follow_redirects = False
    return client


@pytest.mark.parametrize(("path", "roles"), PAGES)
def test_each_page_opens_for_its_roles_and_refuses_the_others(
    office: County, people: dict[Role, httpx.Client], path: str, roles: Collection[Role]
) -> None:
    school = office.schools[0]
    filled = path.replace("{class}", school.training["id"]).replace("{institution}", school.institution)
    filled = filled.replace("{site}", school.site)
    told = {role: client.get(filled) for role, client in people.items()}
    assert {role for role, answer in told.items() if answer.status_code == 200} == set(roles)
    for role, answer in told.items():
        if role not in roles:
            assert (answer.status_code, "ROLE_NOT_ALLOWED" in answer.text) == (403, True), role
    assert office.client(follow_redirects=False, headers=HTML).get(filled).headers["location"].startswith("/login")


@pytest.mark.parametrize(("path", "said", "roles"), FORMS)
def test_each_form_refuses_roles_before_it_looks(
    people: dict[Role, httpx.Client], path: str, said: dict[str, str], roles: Collection[Role]
) -> None:
    """Of something that is not there: who may is told so, who may not is told that."""
    filled = path.replace("{id}", str(uuid4()))
    for role, client in people.items():
        answer = client.post(filled, data=said)
        expected = (404, "NOT_FOUND") if role in roles else (403, "ROLE_NOT_ALLOWED")
        assert (answer.status_code, expected[1] in answer.text) == (expected[0], True), (role, answer.text[-400:])


def test_what_the_menu_names_opens(county: County) -> None:
    for role in ANYONE_SIGNED_IN:
        client = person(county, role)
        entries = (*menu_of(role), *registers_of(role))
        assert len(menu_of(role)) <= 8
        for entry in entries:
            assert client.get(entry.path).status_code == 200, (role, entry.path)


def test_the_registers_are_searched(county: County) -> None:
    looked = county.schools[0]
    lesson = UUID(looked.lesson)
    with county.centre.uow.read() as session:
        seen = session.scalars(select(Account).where(Account.role == "inspector")).first()
    assert seen is not None
    enter(county.centre, as_caller(seen, None), lesson, "playback", ViewReason.ROUTINE, "10.0.0.1")
    audit = person(county, Role.AUDIT_ADMIN)
    found = {
        "text=李某": 1, "text=%": 0, f"class_no={looked.training['class_no']}": 1, "class_no=none": 0,
        "first_day=2026-11-23&last_day=2026-11-23": 1, "first_day=2026-11-24": 0, "last_day=2026-11-22": 0,
    }  # fmt: skip
    for asked, number in found.items():
        assert len(audit.get(f"/api/views?{asked}").json()["items"]) == number, asked
    one = audit.get("/api/audit/events", params={"action": "class_created"}).json()["events"]
    assert {each["action"] for each in one} == {"class_created"}
    about = audit.get("/api/audit/events", params={"subject": one[0]["subject"]}).json()["events"]
    assert {each["subject"] for each in about} == {one[0]["subject"]} and len(about) > 1
    assert audit.get("/api/audit/events", params={"actor": "centre", "action": "class_created"}).json()["events"] == []
    assert all(each["alarm"] for each in audit.get("/api/audit/events", params={"alarm": True}).json()["events"])


def test_the_list_counts_and_filters_by_the_same_states(county: County) -> None:
    ways = {
        AccountState.ASKED: {"granted_at": None},
        AccountState.REFUSED: {"granted_at": None, "refused_at": county.clock.now()},
        AccountState.INVITED: {"password_hash": None},
        AccountState.LOCKED: {"locked_until": county.clock.now() + timedelta(minutes=15)},
        AccountState.EXPIRED: {"expires_at": county.clock.now()},
        AccountState.DISABLED: {"disabled_at": county.clock.now(), "locked_until": county.clock.now()},
    }
    made = {}
    for state, columns in ways.items():
        client = county.account("finance")
        made[state] = UUID(client.get("/api/session").json()["id"])
        with county.centre.uow.write() as session:
            for name, value in columns.items():
                setattr(session.get_one(Account, made[state]), name, value)
    made[AccountState.ACTIVE] = UUID(county.account("finance").get("/api/session").json()["id"])
    for state, account in made.items():
        found = county.admin.get("/api/accounts", params={"role": "finance", "state": state}).json()["items"]
        assert str(account) in {one["id"] for one in found}
        assert {one["state"] for one in found} == {state}
        page = county.admin.get("/accounts", params={"role": "finance", "state": state}).text
        assert len(re.findall(r'<a href="/accounts/[0-9a-f-]{36}"', page)) == len(found)
        assert re.search(rf'state={state}&amp;[^>]*aria-current="true">[^<]*<b>{len(found)}</b>', page)
    assert county.admin.get("/api/accounts", params={"text": "finance-"}).json()["items"]
    assert county.admin.get("/api/accounts", params={"text": "%"}).json()["items"] == []


def test_who_may_only_enrol_is_led_there_and_told_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    county = County(tmp_path)
    inspector = person(county, Role.INSPECTOR)
    monkeypatch.setattr(
        callers, "account_rules", lambda *_: AccountRules(second_factor_for_county=True, unused_days=90)
    )
    for path in ("/", "/inspections", "/todo"):
        answer = inspector.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/me")
    scripted = inspector.get("/todo", headers={"hx-request": "true"})
    assert scripted.headers["hx-redirect"] == "/me"
    page = inspector.get("/me").text
    assert "本县要求主管单位的账户使用动态口令" in page
    assert 'href="/inspections"' not in page
    started = inspector.post("/me/second-factor", data={"password": PASSWORD}).text
    secret = re.search(r'class="secret[^>]*>([A-Z2-7 ]+)<', started)
    assert secret is not None
    wrong = inspector.post("/me/second-factor/confirm", data={"code": "000000"})
    assert (wrong.status_code, "动态口令不正确" in wrong.text) == (422, True)
    assert secret[1] not in wrong.text
    code = pyotp.TOTP(secret[1].replace(" ", "")).at(county.clock.now())
    assert (
        len(
            re.findall(r"<li>[A-Z2-7 ]{19}</li>", inspector.post("/me/second-factor/confirm", data={"code": code}).text)
        )
        == 10
    )
    assert inspector.get("/inspections").status_code == 200
