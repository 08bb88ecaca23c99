"""Who is let in: UsernameToken against the camera's own clock, each nonce once; HTTP Digest where that is the way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device_adapters.simulator.onvif.spec import OnvifSpec
from device_adapters.simulator.script import ClockOffset
from tests.device_adapters.simulator.onvif.conftest import StartCamera
from tests.device_adapters.simulator.onvif.onvif_client import OnvifClient, envelope, token

INFORMATION = "<tds:GetDeviceInformation/>"
DATE = "<tds:GetSystemDateAndTime/>"
NOT_AUTHORIZED = ["env:Sender", "ter:NotAuthorized"]


def told_time(client: OnvifClient) -> datetime:
    answer = client.ask(DATE, header="")
    parts = ["Date/tt:Year", "Date/tt:Month", "Date/tt:Day", "Time/tt:Hour", "Time/tt:Minute", "Time/tt:Second"]
    return datetime(*(int(answer.text(f"tt:UTCDateTime/tt:{part}") or "") for part in parts), tzinfo=UTC)


def test_time_is_told_to_anybody_and_nothing_else_is(client: OnvifClient) -> None:
    assert abs(told_time(client) - datetime.now(UTC)) < timedelta(seconds=3)
    refused = client.ask(INFORMATION, header="")
    assert (refused.status, refused.fault) == (400, NOT_AUTHORIZED)


def test_the_right_token_is_let_in(client: OnvifClient) -> None:
    answer = client.ask(INFORMATION)
    assert answer.status == 200
    assert answer.text("tds:Manufacturer") == "LessonProof"
    assert len(answer.text("tds:SerialNumber") or "") == 12


@pytest.mark.parametrize(
    "header",
    [
        token("camera", "wrong"),
        token("nobody", "wrong"),
        token("camera", "x", nonce=b""),
        "<wsse:Security/>",
        "<wsse:Security><wsse:UsernameToken/></wsse:Security>",
    ],
)
def test_what_proves_nothing_is_refused(client: OnvifClient, header: str) -> None:
    assert client.ask(INFORMATION, header=header).fault == NOT_AUTHORIZED


def test_a_password_in_the_clear_is_refused(client: OnvifClient) -> None:
    good = token(client.user, client.password)
    digest = good.partition('#PasswordDigest">')[2].partition("<")[0]
    clear = good.replace("#PasswordDigest", "#PasswordText").replace(digest, client.password)
    assert client.ask(INFORMATION, header=clear).fault == NOT_AUTHORIZED


def test_a_nonce_is_good_once(client: OnvifClient) -> None:
    header = token(client.user, client.password)
    assert client.ask(INFORMATION, header=header).status == 200
    assert client.ask(INFORMATION, header=header).fault == NOT_AUTHORIZED
    again = token(client.user, client.password, nonce=b"the same nonce")
    assert client.ask(INFORMATION, header=again).status == 200
    later = token(client.user, client.password, nonce=b"the same nonce", at=datetime.now(UTC) + timedelta(seconds=1))
    assert client.ask(INFORMATION, header=later).fault == NOT_AUTHORIZED


@pytest.mark.parametrize("seconds", [-7, 7, -120, 3600])
def test_created_may_not_be_far_from_the_cameras_clock(client: OnvifClient, seconds: int) -> None:
    header = token(client.user, client.password, at=datetime.now(UTC) + timedelta(seconds=seconds))
    assert client.ask(INFORMATION, header=header).fault == NOT_AUTHORIZED


@pytest.mark.parametrize("years", [-9, 2])
def test_the_cameras_own_wrong_clock_is_what_counts(start: StartCamera, years: int) -> None:
    handle, client = start(OnvifSpec())
    handle.apply(ClockOffset(offset_s=years * 365 * 86400))
    assert client.ask(INFORMATION).fault == NOT_AUTHORIZED
    there = told_time(client)
    assert abs(there - datetime.now(UTC) - timedelta(days=365 * years)) < timedelta(seconds=3)
    assert client.ask(INFORMATION, header=token(client.user, client.password, at=there)).status == 200


def test_the_allowed_difference_is_the_configured_one(start: StartCamera) -> None:
    _, client = start(OnvifSpec(clock_skew_s=600, refusal_status=401))
    near = token(client.user, client.password, at=datetime.now(UTC) + timedelta(seconds=590))
    assert client.ask(INFORMATION, header=near).status == 200
    far = client.ask(INFORMATION, header=token(client.user, client.password, at=datetime(2000, 1, 1, tzinfo=UTC)))
    assert (far.status, far.fault) == (401, NOT_AUTHORIZED)


def test_some_cameras_take_created_only_with_z(client: OnvifClient, start: StartCamera) -> None:
    def with_offset(who: OnvifClient) -> str:
        return token(who.user, who.password, created=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00"))

    assert client.ask(INFORMATION, header=with_offset(client)).status == 200
    _, strict = start(OnvifSpec(zulu_only=True))
    assert strict.ask(INFORMATION, header=with_offset(strict)).fault == NOT_AUTHORIZED
    assert strict.ask(INFORMATION).status == 200


@pytest.mark.parametrize("created", ["2026-11-23T10:00:00", "now", "2026-13-45T10:00:00Z", "9999-12-31T23:59:59-14:00"])
def test_created_that_is_no_time_with_a_zone_is_refused(client: OnvifClient, created: str) -> None:
    header = token(client.user, client.password, created=created)
    assert client.ask(INFORMATION, header=header).fault == NOT_AUTHORIZED


def test_a_camera_may_know_http_digest_alone(start: StartCamera) -> None:
    _, client = start(OnvifSpec(authentication="http_digest"))
    assert client.send(envelope(DATE)).status_code == 200
    refused = client.send(envelope(INFORMATION, token(client.user, client.password)))
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith('Digest realm="')
    right, wrong = httpx.DigestAuth(client.user, client.password), httpx.DigestAuth(client.user, "wrong")
    assert [client.send(envelope(INFORMATION), auth=right).status_code for _ in range(3)] == [200, 200, 200]
    assert client.send(envelope(INFORMATION), auth=wrong).status_code == 401


def test_an_overheard_digest_is_of_no_use_again(start: StartCamera) -> None:
    _, client = start(OnvifSpec(authentication="http_digest"))
    answer = client.send(envelope(INFORMATION), auth=httpx.DigestAuth(client.user, client.password))
    overheard = answer.request.headers["authorization"]
    replayed = client.http.post(
        client.url,
        content=envelope(INFORMATION),
        headers={"Content-Type": "application/soap+xml", "Authorization": overheard},
    )
    assert (answer.status_code, replayed.status_code) == (200, 401)


def test_a_modern_camera_takes_either(start: StartCamera) -> None:
    _, client = start(OnvifSpec(authentication="either"))
    assert client.send(envelope(INFORMATION, token(client.user, client.password))).status_code == 200
    digest = httpx.DigestAuth(client.user, client.password)
    assert client.send(envelope(INFORMATION), auth=digest).status_code == 200


@given(header=st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=200))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_authorization_header_is_answered_and_lets_nobody_in(client: OnvifClient, header: str) -> None:
    url = client.url.replace("/onvif/device_service", "/snapshot/sub.jpg")
    assert client.http.get(url, headers={"Authorization": f"Digest {header}="}).status_code == 401
