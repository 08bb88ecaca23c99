"""Who may have an account: asked for by one administrator, granted by another, read over by a third."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from config.errors import LessonProofError
from supervisor.accounts.models import Account
from supervisor.accounts.service import first_setup_link, renew_link_here
from supervisor.audit.models import CentreLogRow
from tests.support.county import PASSWORD, County, id_number, post, problem

GRANT, REFUSE = {"decision": "grant"}, {"decision": "refuse"}


def asked(county: County, role: str, name: str, by: httpx.Client | None = None, **scope: Any) -> tuple[str, str]:
    """Username and id of an account that is asked for and whose link is redeemed."""
    username = f"a-{secrets.token_hex(4)}"
    made = post(by or county.admin, "/api/accounts", {"username": username, "name": name, "role": role, **scope})
    post(county.client(), f"/api/setup/{made['url'].rsplit('/', 1)[-1]}", {"password": PASSWORD}, 201)
    return username, made["account_id"]


def signed_in(county: County, username: str, password: str = PASSWORD) -> httpx.Client:
    client = county.client()
    post(client, "/api/session", {"username": username, "password": password}, 200)
    return client


def state(county: County, account: str) -> dict[str, Any]:
    return next(row for row in county.security.get("/api/accounts").json()["items"] if row["id"] == account)


@pytest.mark.rule("L24")
def test_a_fresh_county_makes_its_three_administrators_and_then_no_system_administrator_grants(county: County) -> None:
    with county.centre.uow.write() as session:
        for account in session.scalars(select(Account)):
            account.password_hash = None  # as on the first day
    token = first_setup_link(county.centre).url.rsplit("/", 1)[-1]
    post(county.client(), f"/api/setup/{token}", {"username": "system", "name": "钱某", "password": PASSWORD}, 201)
    system = signed_in(county, "system")
    names = {"security_admin": "孙某", "audit_admin": "周某", "inspector": "吴某"}
    people = {role: asked(county, role, name, by=system) for role, name in names.items()}
    wanted = {"username": people["inspector"][0], "password": PASSWORD}
    problem(county.client().post("/api/session", json=wanted), 403, "ACCOUNT_NOT_GRANTED")
    wrong = wanted | {"password": "wrong"}
    problem(county.client().post("/api/session", json=wrong), 401, "SIGN_IN_FAILED")  # learns nothing of the grant
    problem(system.post(f"/api/accounts/{people['inspector'][1]}/grant", json=GRANT), 403, "ROLE_NOT_ALLOWED")
    for role in ("security_admin", "audit_admin"):
        post(system, f"/api/accounts/{people[role][1]}/grant", GRANT, 204)
    for role in ("security_admin", "audit_admin"):
        _, second = asked(county, role, f"郑{role}", by=system)
        problem(system.post(f"/api/accounts/{second}/grant", json=GRANT), 403, "ROLE_NOT_ALLOWED")
    security = signed_in(county, people["security_admin"][0])
    post(security, f"/api/accounts/{people['inspector'][1]}/grant", GRANT, 204)
    problem(security.post(f"/api/accounts/{people['inspector'][1]}/grant", json=REFUSE), 409, "ACCOUNT_DECIDED")
    problem(security.post(f"/api/accounts/{people['security_admin'][1]}/grant", json=GRANT), 403, "ACCOUNT_OWN")
    assert signed_in(county, people["inspector"][0]).get("/api/lessons").is_success
    problem(security.post("/api/accounts", json={"username": "xx", "name": "冯某", "role": "inspector"}), 403,
            "ROLE_NOT_ALLOWED")  # fmt: skip

    audit = signed_in(county, people["audit_admin"][0])
    first = audit.get("/api/audit/events", params={"limit": 5}).json()
    older = audit.get("/api/audit/events", params={"limit": 500, "before": first["before"]}).json()
    assert len(first["events"]) == 5 and older["before"] is None
    assert first["events"][-1]["id"] > older["events"][0]["id"]
    granted = [event for event in first["events"] + older["events"] if event["action"] == "account_granted"]
    assert [event["subject"] for event in granted] == [
        f"account:{people[role][1]}" for role in ("inspector", "audit_admin", "security_admin")
    ]
    for other in (system, security, county.inspector):
        problem(other.get("/api/audit/events"), 403, "ROLE_NOT_ALLOWED")


@pytest.mark.rule("L24")
def test_nobody_is_two_of_the_three_administrators(county: County) -> None:
    ours = {"username": "second", "name": "李某", "role": "audit_admin"}  # the name of the county's own administrators
    problem(county.admin.post("/api/accounts", json=ours), 409, "ADMINISTRATOR_SEPARATE")
    one = {"id_number": id_number(1)}
    _, system = asked(county, "system_admin", "褚某", **one)
    again = {"username": "third", "name": "褚某甲", "role": "audit_admin", **one}
    problem(county.admin.post("/api/accounts", json=again), 409, "ADMINISTRATOR_SEPARATE")
    _, namesake = asked(county, "audit_admin", "褚某", id_number=id_number(2))
    post(county.security, f"/api/accounts/{namesake}/grant", GRANT, 204)
    post(county.security, f"/api/accounts/{system}/grant", GRANT, 204)
    unknown = {"username": "fourth", "name": "褚某", "role": "security_admin"}
    problem(county.admin.post("/api/accounts", json=unknown), 409, "ADMINISTRATOR_SEPARATE")
    bad = {"username": "fifth", "name": "卫某", "role": "handler", "id_number": "1"}
    problem(county.admin.post("/api/accounts", json=bad), 422, "ACCOUNT_ID_INVALID")

    # nor by being renamed, nor by coming back after another took the place
    problem(county.admin.put(f"/api/accounts/{namesake}/scope", json={"role": "handler"}), 409, "ADMINISTRATOR_STAYS")
    post(county.security, f"/api/accounts/{system}/disable", None, 204)
    post(county.admin, "/api/accounts", again, 201)
    problem(county.security.post(f"/api/accounts/{system}/enable"), 409, "ADMINISTRATOR_SEPARATE")
    # and a security administrator does not grant another account of the same person
    _, own = asked(county, "approver", "李某")
    problem(county.security.post(f"/api/accounts/{own}/grant", json=GRANT), 403, "ACCOUNT_OWN")


@pytest.mark.rule("L25", "A-30")
def test_a_commissioned_supervisor_sees_the_named_institutions_until_the_day_it_ends(county: County) -> None:
    mine, other = county.schools
    until = (county.clock.now() + timedelta(days=10)).isoformat()
    scope = {"institutions": [mine.institution], "expires_at": until, "unit": "某监督所"}
    for missing in scope:
        wanted = {"username": "third", "name": "蒋某", "role": "third_party", **scope}
        del wanted[missing]
        assert problem(county.admin.post("/api/accounts", json=wanted), 422, "ROLE_SCOPE")["where"] == f"/{missing}"
    wanted = {"username": "third", "name": "蒋某", "role": "third_party", **scope}
    past = wanted | {"expires_at": county.clock.now().isoformat()}
    problem(county.admin.post("/api/accounts", json=past), 422, "EXPIRY_PAST")
    unknown = wanted | {"institutions": [mine.institution, mine.site]}
    problem(county.admin.post("/api/accounts", json=unknown), 422, "INSTITUTION_UNKNOWN")
    username, account = asked(county, "third_party", "蒋某", **scope)
    post(county.security, f"/api/accounts/{account}/grant", GRANT, 204)
    client = signed_in(county, username)
    assert client.get("/api/session").json()["unit"] == "某监督所"
    assert [one["id"] for one in client.get("/api/classes").json()["items"]] == [mine.training["id"]]
    problem(client.get(f"/api/classes/{other.training['id']}"), 404, "CLASS_NOT_FOUND")

    # another scope: out at once, nothing before it is granted again
    both = {"role": "third_party", **scope, "institutions": [mine.institution, other.institution]}
    assert county.admin.put(f"/api/accounts/{account}/scope", json=both).status_code == 204
    problem(client.get("/api/session"), 401, "NOT_SIGNED_IN")
    problem(client.post("/api/session", json={"username": username, "password": PASSWORD}), 403, "ACCOUNT_NOT_GRANTED")
    post(county.security, f"/api/accounts/{account}/grant", REFUSE, 204)
    assert state(county, account)["state"] == "refused"
    assert county.admin.put(f"/api/accounts/{account}/scope", json=both).status_code == 204
    post(county.security, f"/api/accounts/{account}/grant", GRANT, 204)
    client = signed_in(county, username)
    assert client.get(f"/api/classes/{other.training['id']}").is_success
    assert len(state(county, account)["institutions"]) == 2

    county.clock.step(10 * 86400)
    problem(client.get("/api/session"), 401, "NOT_SIGNED_IN")
    problem(client.post("/api/session", json={"username": username, "password": PASSWORD}), 401, "SIGN_IN_FAILED")
    assert state(county, account)["state"] == "expired"


@pytest.mark.rule("L25")
def test_who_leaves_is_switched_off_and_accounts_are_looked_at_every_month(county: County) -> None:
    username, account = asked(county, "handler", "沈某")
    assert (state(county, account)["state"], state(county, account)["unused"]) == ("asked", False)
    post(county.security, f"/api/accounts/{account}/grant", GRANT, 204)
    client = signed_in(county, username)
    assert state(county, account)["last_sign_in_at"] is not None
    post(county.admin, f"/api/accounts/{account}/disable", None, 204)
    problem(client.get("/api/session"), 401, "NOT_SIGNED_IN")
    problem(client.post("/api/session", json={"username": username, "password": PASSWORD}), 401, "SIGN_IN_FAILED")
    problem(county.admin.post(f"/api/accounts/{account}/enable"), 403, "ROLE_NOT_ALLOWED")
    assert state(county, account)["state"] == "disabled"
    post(county.security, f"/api/accounts/{account}/enable", None, 204)
    signed_in(county, username)

    assert county.admin.get("/api/accounts/review").json() == []  # all were granted this month
    county.clock.step(91 * 86400)
    listed = {row["id"]: row for row in county.admin.get("/api/accounts/review").json()}
    assert listed[account]["marks"] == ["unused"] and listed[account]["unused"]
    post(county.security, f"/api/accounts/{account}/review", None, 204)
    assert account not in {row["id"] for row in county.admin.get("/api/accounts/review").json()}
    problem(county.admin.post(f"/api/accounts/{account}/review"), 403, "ROLE_NOT_ALLOWED")
    problem(county.security.post(f"/api/accounts/{county.schools[0].room}/review"), 404, "ACCOUNT_NOT_FOUND")


@pytest.mark.rule("L24")
def test_the_security_administrator_unlocks_an_account_and_says_why(county: County) -> None:
    username, account = asked(county, "handler", "学员00")
    post(county.security, f"/api/accounts/{account}/grant", GRANT, 204)
    unlock, why = f"/api/accounts/{account}/unlock", {"reason": "本人到窗口,核对了证件"}
    problem(county.security.post(unlock, json=why), 409, "ACCOUNT_NOT_LOCKED")
    for _ in range(5):
        wrong = {"username": username, "password": "wrong"}
        problem(county.client().post("/api/session", json=wrong), 401, "SIGN_IN_FAILED")
    assert state(county, account)["state"] == "locked"
    problem(county.admin.post(unlock, json=why), 403, "ROLE_NOT_ALLOWED")
    assert county.security.post(unlock, json={"reason": " "}).status_code == 422
    post(county.security, unlock, why, 204)
    signed_in(county, username)
    events = county.account("audit_admin").get("/api/audit/events", params={"action": "account_unlocked"}).json()
    (event,) = events["events"]
    assert event["subject"] == f"account:{account}" and event["details"]["words"] == why["reason"]
    with county.centre.uow.read() as session:
        (entry,) = session.scalars(select(CentreLogRow).where(CentreLogRow.kind == "account_unlocked"))
    assert why["reason"] not in entry.body and event["details"]["reason_sha256"] in entry.body


def test_a_person_changes_the_password_and_is_signed_in_nowhere(county: County) -> None:
    username, account = asked(county, "handler", "韩某")
    post(county.security, f"/api/accounts/{account}/grant", GRANT, 204)
    client, elsewhere = signed_in(county, username), signed_in(county, username)
    change = {"password": "wrong", "new_password": "another long password"}
    for _ in range(5):
        problem(client.post("/api/session/password", json=change), 403, "PASSWORD_WRONG")
    problem(client.post("/api/session/password", json=change | {"password": PASSWORD}), 429, "TOO_MANY_TRIES")
    county.clock.sleep(601)
    post(client, "/api/session/password", change | {"password": PASSWORD}, 204)
    for one in (client, elsewhere):
        problem(one.get("/api/session"), 401, "NOT_SIGNED_IN")
    problem(client.post("/api/session", json={"username": username, "password": PASSWORD}), 401, "SIGN_IN_FAILED")
    signed_in(county, username, "another long password")


@pytest.mark.rule("L24")
def test_whoever_sits_at_the_machine_grants_a_security_administrator_only_while_none_acts(county: County) -> None:
    username, _ = asked(county, "security_admin", "杨某")
    with pytest.raises(LessonProofError, match="ACCOUNT_NOT_FOUND"):
        renew_link_here(county.centre, "nobody", grant=True)
    county.security.get("/api/session")
    with pytest.raises(LessonProofError, match="SECURITY_ADMIN_THERE"):
        renew_link_here(county.centre, username, grant=True)
    with county.centre.uow.write() as session:
        for one in session.scalars(select(Account).where(Account.granted_at.is_not(None))):
            if one.role == "security_admin":
                one.disabled_at = county.clock.now()
    renew_link_here(county.centre, username, grant=True)
    assert signed_in(county, username).get("/api/accounts").is_success
    approver, _ = asked(county, "approver", "朱某")
    with pytest.raises(LessonProofError, match="SECURITY_ADMIN_THERE"):
        renew_link_here(county.centre, approver, grant=True)
