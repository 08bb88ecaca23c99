from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pyotp
import pytest

from config.accounts import AccountRules
from supervisor import profiles
from supervisor.accounts.models import RecoveryCode, SecondFactor
from supervisor.accounts.second_factor import step_of
from supervisor.accounts.service import renew_link_here
from tests.support.county import PASSWORD, County, post, problem

RFC_6238_SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.rule("L24")
@pytest.mark.parametrize(
    ("at", "code"),
    [
        (1111111111, "050471"),
        (1111111109, "081804"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_rfc_6238_within_a_step(at: int, code: str) -> None:
    def step(seconds: int, typed: str = code) -> int | None:
        return step_of(RFC_6238_SECRET, typed, datetime.fromtimestamp(seconds, UTC))

    assert step(at) == step(at - 30) == step(at + 30) == at // 30
    assert step(at, f" {code} ") == at // 30
    assert step(at - 60) is step(at + 60) is step(at, "12345") is step(at, "一二三四五六") is None


def account(county: County, role: str = "approver") -> tuple[str, str]:
    made = post(county.admin, "/api/accounts", {"username": "person", "name": "秦某", "role": role})
    post(county.security, f"/api/accounts/{made['account_id']}/grant", {"decision": "grant"}, 204)
    post(county.client(), f"/api/setup/{made['url'].rsplit('/', 1)[-1]}", {"password": PASSWORD}, 201)
    return "person", made["account_id"]


def enrolled(county: County, client: httpx.Client, code: str | None = None) -> tuple[pyotp.TOTP, list[str]]:
    """`code`: of the one that is to be replaced."""
    wanted = {"password": PASSWORD} | ({"code": code} if code else {})
    uri = post(client, "/api/session/second-factor", wanted, 201)["uri"]
    totp = pyotp.TOTP(parse_qs(urlsplit(uri).query)["secret"][0])
    assert uri.startswith("otpauth://totp/LessonProof:person?")
    codes = post(client, "/api/session/second-factor/confirm", {"code": totp.at(county.clock.now())}, 201)["codes"]
    return totp, codes


@pytest.mark.rule("L24")
def test_with_a_second_factor_nobody_signs_in_by_the_password_alone(county: County) -> None:
    username, who = account(county)

    def sign_in(code: str | None = None, password: str = PASSWORD) -> httpx.Response:
        wanted: dict[str, Any] = {"username": username, "password": password}
        return county.client().post("/api/session", json=wanted | ({} if code is None else {"code": code}))

    client = county.client()
    post(client, "/api/session", {"username": username, "password": PASSWORD}, 200)
    problem(client.post("/api/session/second-factor/confirm", json={"code": "1"}), 409, "SECOND_FACTOR_NOT_ASKED")
    problem(client.post("/api/session/second-factor", json={"password": "wrong"}), 403, "PASSWORD_WRONG")
    post(client, "/api/session/second-factor", {"password": PASSWORD}, 201)
    problem(client.post("/api/session/second-factor/confirm", json={"code": "000000x"}), 422, "SECOND_FACTOR_WRONG")
    assert sign_in().is_success  # asked for is not confirmed
    totp, recovery = enrolled(county, client)
    problem(client.post("/api/session/second-factor", json={"password": PASSWORD}), 403, "SECOND_FACTOR_NEEDED")
    with county.centre.uow.read() as session:
        kept = session.get_one(SecondFactor, session.query(SecondFactor).one().account_id)
        assert totp.secret.encode() not in kept.secret_cipher
        hashes = {code.code_hmac for code in session.query(RecoveryCode)}
    assert len(hashes) == len(set(recovery)) == 10 and not hashes & set(recovery)

    problem(sign_in(), 401, "SECOND_FACTOR_NEEDED")
    problem(sign_in(password="wrong"), 401, "SIGN_IN_FAILED")
    problem(sign_in(totp.at(county.clock.now()), "wrong"), 401, "SIGN_IN_FAILED")
    problem(sign_in(totp.at(county.clock.now())), 401, "SECOND_FACTOR_WRONG")  # it confirmed the second factor
    county.clock.step(30)
    assert sign_in(totp.at(county.clock.now())).is_success
    problem(sign_in(totp.at(county.clock.now())), 401, "SECOND_FACTOR_WRONG")  # once
    assert sign_in(recovery[0].lower()).is_success
    problem(sign_in(recovery[0]), 401, "SECOND_FACTOR_WRONG")

    for _ in range(4):
        problem(sign_in("000000x"), 401, "SECOND_FACTOR_WRONG")
    county.clock.step(60)
    problem(sign_in(totp.at(county.clock.now())), 401, "SIGN_IN_FAILED")  # wrong codes lock the account too
    county.clock.step(15 * 60)
    login = {"username": username, "password": PASSWORD}
    page = county.client(follow_redirects=False)
    assert "动态口令" in page.post("/login", data=login).text
    answer = page.post("/login", data=login | {"code": totp.at(county.clock.now())})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")

    problem(county.admin.delete(f"/api/accounts/{who}/second-factor"), 403, "ROLE_NOT_ALLOWED")
    assert county.security.delete(f"/api/accounts/{who}/second-factor").status_code == 204
    problem(client.get("/api/session"), 401, "NOT_SIGNED_IN")
    post(client, "/api/session", {"username": username, "password": PASSWORD}, 200)
    enrolled(county, client)
    renew_link_here(county.centre, username, forget_second_factor=True)
    assert sign_in().is_success


@pytest.mark.rule("L24")
def test_where_the_profile_asks_it_the_countys_own_accounts_may_do_nothing_before(
    county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    username, _ = account(county)
    client = county.client()
    post(client, "/api/session", {"username": username, "password": PASSWORD}, 200)
    assert client.get("/api/classes").is_success
    newest = profiles.profile_on("140521", county.clock.now().date())
    rules = AccountRules(second_factor_for_county=True, unused_days=90)
    monkeypatch.setitem(profiles._known, newest.name, newest.model_copy(update={"accounts": rules}))
    assert client.get("/api/session").json()["second_factor_missing"]
    problem(client.get("/api/classes"), 403, "SECOND_FACTOR_MISSING")
    led = client.get("/", headers={"accept": "text/html"}, follow_redirects=False)
    assert (led.status_code, led.headers["location"]) == (303, "/me")
    assert county.schools[0].teacher.get("/api/classes").is_success  # of an institution: not asked
    totp, _ = enrolled(county, client)
    assert client.get("/api/classes").is_success
    county.clock.step(60)
    proof = {"password": PASSWORD, "code": totp.at(county.clock.now())}
    problem(client.post("/api/session/second-factor/remove", json=proof), 409, "SECOND_FACTOR_DUTY")


@pytest.mark.rule("L24")
def test_a_person_moves_the_second_factor_to_another_phone(county: County) -> None:
    username, _ = account(county)

    def signed_in(code: str | None = None) -> httpx.Client:
        client = county.client()
        wanted = {"username": username, "password": PASSWORD} | ({"code": code} if code else {})
        post(client, "/api/session", wanted, 200)
        return client

    client, elsewhere = signed_in(), signed_in()
    old, recovery = enrolled(county, client)
    county.clock.step(60)
    ask = "/api/session/second-factor"
    problem(client.post(ask, json={"password": PASSWORD, "code": "000000x"}), 403, "SECOND_FACTOR_WRONG")
    problem(client.post(ask, json={"password": "wrong", "code": old.at(county.clock.now())}), 403, "PASSWORD_WRONG")
    uri = post(client, ask, {"password": PASSWORD, "code": old.at(county.clock.now())}, 201)["uri"]
    new = pyotp.TOTP(parse_qs(urlsplit(uri).query)["secret"][0])
    county.clock.step(60)
    confirm = f"{ask}/confirm"
    problem(client.post(confirm, json={"code": old.at(county.clock.now())}), 422, "SECOND_FACTOR_WRONG")
    signed_in(old.at(county.clock.now()))  # holds until the new one is confirmed
    told = post(client, confirm, {"code": new.at(county.clock.now())}, 201)
    assert told["replaced"] and len(told["codes"]) == 10 and not set(told["codes"]) & set(recovery)
    assert client.get("/api/session").is_success
    problem(elsewhere.get("/api/session"), 401, "NOT_SIGNED_IN")
    problem(client.post(confirm, json={"code": new.at(county.clock.now())}), 409, "SECOND_FACTOR_NOT_ASKED")
    county.clock.step(60)
    for void in (old.at(county.clock.now()), recovery[0]):
        wanted = {"username": username, "password": PASSWORD, "code": void}
        problem(county.client().post("/api/session", json=wanted), 401, "SECOND_FACTOR_WRONG")
    signed_in(new.at(county.clock.now()))
    post(client, ask, {"password": PASSWORD, "code": told["codes"][0]}, 201)  # the phone is lost, the paper is there
    events = [one["action"] for one in county.account("audit_admin").get("/api/audit/events").json()["events"]]
    assert {"second_factor_asked", "second_factor_replaced", "recovery_code_used"} <= set(events)


@pytest.mark.rule("L24")
def test_who_needs_no_second_factor_gives_it_up_with_password_and_code(county: County) -> None:
    username, _ = account(county)
    client, elsewhere = county.client(), county.client()
    for one in (client, elsewhere):
        post(one, "/api/session", {"username": username, "password": PASSWORD}, 200)
    remove = "/api/session/second-factor/remove"
    post(client, remove, {"password": PASSWORD}, 204)  # there is none
    totp, _ = enrolled(county, client)
    county.clock.step(60)
    problem(client.post(remove, json={"password": PASSWORD}), 403, "SECOND_FACTOR_NEEDED")
    for _ in range(4):
        problem(client.post(remove, json={"password": PASSWORD, "code": "000000x"}), 403, "SECOND_FACTOR_WRONG")
    post(client, remove, {"password": PASSWORD, "code": totp.at(county.clock.now())}, 204)
    problem(elsewhere.get("/api/session"), 401, "NOT_SIGNED_IN")
    post(county.client(), "/api/session", {"username": username, "password": PASSWORD}, 200)
    events = [one["action"] for one in county.account("audit_admin").get("/api/audit/events").json()["events"]]
    assert events.count("second_factor_given_up") == 1
