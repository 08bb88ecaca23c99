from __future__ import annotations

import secrets
from contextlib import ExitStack
from threading import Thread

import pytest
from sqlalchemy import select

from config.errors import LessonProofError
from supervisor.accounts.models import Account, AccountSession, SetupLink
from supervisor.accounts.passwords import HASHING
from supervisor.accounts.service import first_setup_link, has_accounts, renew_link_here
from supervisor.audit.models import AuditEvent
from supervisor.callers import SESSION_COOKIE
from supervisor.jobs import forget
from tests.support.county import PASSWORD, County, post, problem


def invited(county: County, role: str = "inspector", institution: str | None = None) -> tuple[str, str]:
    """Username and setup token of a new account."""
    username = f"new-{secrets.token_hex(4)}"
    wanted = {"username": username, "name": "赵某", "role": role, "institution_id": institution}
    made = post(county.admin, "/api/accounts", wanted)
    post(county.security, f"/api/accounts/{made['account_id']}/grant", {"decision": "grant"}, 204)
    return username, made["url"].rsplit("/", 1)[-1]


def test_a_setup_link_works_once_and_then_the_account_signs_in_and_out(county: County) -> None:
    username, token = invited(county)
    client = county.client()
    problem(client.post(f"/api/setup/{token}", json={"password": "short"}), 422, "REQUEST_INVALID")
    post(client, f"/api/setup/{token}", {"password": PASSWORD}, 201)
    problem(client.post(f"/api/setup/{token}", json={"password": PASSWORD}), 404, "SETUP_LINK_INVALID")
    answer = client.post("/api/session", json={"username": username, "password": PASSWORD})
    assert answer.json()["role"] == "inspector"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Secure" not in cookie
    assert client.get("/api/session").status_code == 200
    token_before = client.cookies[SESSION_COOKIE]
    assert client.delete("/api/session").status_code == 204
    client.cookies.set(SESSION_COOKIE, token_before)
    problem(client.get("/api/session"), 401, "NOT_SIGNED_IN")


def test_the_first_link_makes_an_administrator_and_there_is_no_default_account(county: County) -> None:
    with county.centre.uow.write() as session:
        for account in session.scalars(select(Account)):
            account.password_hash = None  # nobody can sign in: as on the first day
    assert not has_accounts(county.centre)
    token = first_setup_link(county.centre).url.rsplit("/", 1)[-1]
    other = first_setup_link(county.centre).url.rsplit("/", 1)[-1]
    problem(county.client().post(f"/api/setup/{token}", json={"password": PASSWORD}), 422, "USERNAME_REQUIRED")
    first = {"username": "first", "name": "钱某", "password": PASSWORD}
    assert post(county.client(), f"/api/setup/{token}", first)["role"] == "system_admin"
    problem(county.client().post(f"/api/setup/{other}", json=first | {"username": "second"}), 404, "SETUP_LINK_INVALID")
    with pytest.raises(LessonProofError, match="ALREADY_SET_UP"):
        first_setup_link(county.centre)


def test_five_wrong_passwords_lock_the_account_for_a_quarter_of_an_hour(county: County) -> None:
    username, token = invited(county)
    post(county.client(), f"/api/setup/{token}", {"password": PASSWORD})
    wrong, right = {"username": username, "password": "wrong"}, {"username": username, "password": PASSWORD}
    for _ in range(4):
        problem(county.client().post("/api/session", json=wrong), 401, "SIGN_IN_FAILED")
    locked = problem(county.client().post("/api/session", json=wrong), 401, "SIGN_IN_FAILED")
    assert problem(county.client().post("/api/session", json=right), 401, "SIGN_IN_FAILED") == locked
    county.clock.step(15 * 60 + 1)
    assert county.client().post("/api/session", json=right).is_success


def test_an_unknown_name_and_a_wrong_password_get_the_same_answer(county: County) -> None:
    username, token = invited(county)
    post(county.client(), f"/api/setup/{token}", {"password": PASSWORD})
    for _ in range(6):  # one of them locks the account
        unknown = county.client().post("/api/session", json={"username": "nobody", "password": "x"})
        wrong = county.client().post("/api/session", json={"username": username, "password": "x"})
        assert (unknown.status_code, unknown.json()) == (wrong.status_code, wrong.json())
    with county.centre.uow.read() as session:
        failures = session.scalars(select(AuditEvent.subject).where(AuditEvent.action == "sign_in_failed")).all()
    assert failures.count("account:unknown") == len(failures) / 2 == 6


def test_an_address_that_guesses_is_slowed_down_whatever_the_names(county: County) -> None:
    for number in range(20):
        guess = {"username": f"name-{number}", "password": "x"}
        problem(county.client().post("/api/session", json=guess), 401, "SIGN_IN_FAILED")
    problem(county.client().post("/api/session", json=guess), 429, "TOO_MANY_TRIES")


def test_a_lost_password_is_renewed_by_a_new_link_and_the_old_link_and_sessions_are_over(county: County) -> None:
    username, first = invited(county)
    listed = post(county.client(), f"/api/setup/{first}", {"password": PASSWORD})
    client = county.client()
    post(client, "/api/session", {"username": username, "password": PASSWORD})
    path = f"/api/accounts/{listed['id']}/setup-link"
    second, third = (post(county.admin, path, None, 201)["url"].rsplit("/", 1)[-1] for _ in range(2))
    assert client.get("/api/session").is_success  # until the link is redeemed
    problem(county.client().post(f"/api/setup/{second}", json={"password": PASSWORD}), 404, "SETUP_LINK_INVALID")
    post(county.client(), f"/api/setup/{third}", {"password": "another long password"})
    problem(client.get("/api/session"), 401, "NOT_SIGNED_IN")
    problem(client.post("/api/session", json={"username": username, "password": PASSWORD}), 401, "SIGN_IN_FAILED")
    post(client, "/api/session", {"username": username, "password": "another long password"})
    problem(county.inspector.post(path), 403, "ROLE_NOT_ALLOWED")
    problem(county.admin.post(f"/api/accounts/{county.schools[0].box}/setup-link"), 404, "ACCOUNT_NOT_FOUND")


def test_a_locked_out_administrator_comes_back_through_the_machine_itself(county: County) -> None:
    username, token = invited(county, "system_admin")
    post(county.client(), f"/api/setup/{token}", {"password": PASSWORD})
    for _ in range(5):
        county.client().post("/api/session", json={"username": username, "password": "x"})
    token = renew_link_here(county.centre, username).url.rsplit("/", 1)[-1]
    post(county.client(), f"/api/setup/{token}", {"password": PASSWORD})
    assert county.client().post("/api/session", json={"username": username, "password": PASSWORD}).is_success
    with pytest.raises(LessonProofError, match="ACCOUNT_NOT_FOUND"):
        renew_link_here(county.centre, "nobody")


def test_a_made_up_link_costs_no_hashing_and_never_more_than_two_passwords_are_hashed_at_once(county: County) -> None:
    with ExitStack() as both:
        both.enter_context(HASHING)
        both.enter_context(HASHING)
        problem(county.client().post("/api/setup/made-up", json={"password": PASSWORD}), 404, "SETUP_LINK_INVALID")
        waiting = Thread(
            target=county.client().post, args=("/api/session",), kwargs={"json": {"username": "n", "password": "x"}}
        )
        waiting.start()
        waiting.join(0.5)
        assert waiting.is_alive()
    waiting.join(20)
    assert not waiting.is_alive()


def test_an_account_whose_time_is_over_is_out_at_once(county: County) -> None:
    client = county.account("inspector")
    with county.centre.uow.write() as session:
        for account in session.scalars(select(Account).where(Account.role == "inspector")):
            account.expires_at = county.clock.now()
    problem(client.get("/api/session"), 401, "NOT_SIGNED_IN")


def test_sessions_and_links_are_forgotten_when_their_time_is_over(county: County) -> None:
    invited(county)
    county.clock.step(401 * 24 * 3600)
    problem(county.admin.get("/api/session"), 401, "NOT_SIGNED_IN")
    assert forget(county.centre) > 0
    with county.centre.uow.read() as session:
        assert session.scalars(select(AccountSession)).all() == []
        assert session.scalars(select(SetupLink)).all() == []


@pytest.mark.parametrize(
    ("role", "own", "code"),
    [("teacher", False, "ROLE_SCOPE"), ("system_admin", True, "ROLE_SCOPE"), ("emperor", False, "REQUEST_INVALID")],
)
def test_a_role_that_does_not_fit_its_scope_is_refused(county: County, role: str, own: bool, code: str) -> None:
    institution = county.schools[0].institution if own else None
    wanted = {"username": "someone", "name": "某", "role": role, "institution_id": institution}
    problem(county.admin.post("/api/accounts", json=wanted), 422, code)


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}]
)
def test_a_change_from_another_site_is_refused(county: County, headers: dict[str, str]) -> None:
    problem(county.admin.post("/api/institutions", json={"name": "x"}, headers=headers), 403, "CROSS_ORIGIN")
    assert county.admin.get("/api/institutions", headers=headers).is_success
