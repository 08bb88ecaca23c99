from __future__ import annotations

from datetime import UTC, datetime

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from config.clock import ManualClock
from config.errors import LessonProofError
from supervisor.contract.signing import BoxAuth, parse_public_key, public_key_text, verify_request

NOW = datetime(2026, 11, 23, tzinfo=UTC)
KEY = Ed25519PrivateKey.generate()
URL = "https://centre.example/api/box/log?a=1"


def signed(clock: ManualClock, body: bytes = b"{}", method: str = "POST", url: str = URL) -> httpx.Request:
    request = httpx.Request(method, url, content=body)
    return next(BoxAuth(KEY, "box-1", clock).auth_flow(request))


def verify(request: httpx.Request, clock: ManualClock, **changes: object) -> str:
    told = {"method": request.method, "url": str(request.url), "headers": request.headers, "body": request.content}
    return verify_request(
        **(told | changes),  # type: ignore[arg-type]
        clock=clock,
        public_key=lambda key_id: KEY.public_key() if key_id == "box-1" else None,
    )


@pytest.mark.parametrize(("method", "body"), [("POST", b"{}"), ("GET", b""), ("HEAD", b""), ("PATCH", bytes(10_000))])
def test_a_signed_request_names_its_box(method: str, body: bytes) -> None:
    clock = ManualClock(NOW)
    assert verify(signed(clock, body, method), clock) == "box-1"


def test_the_name_of_the_host_does_not_matter_behind_a_proxy() -> None:
    clock = ManualClock(NOW)
    assert verify(signed(clock), clock, url="http://10.0.0.1:8080/api/box/log?a=1") == "box-1"


@pytest.mark.parametrize(
    "change",
    [
        {"method": "PUT"},
        {"url": "https://centre.example/api/box/state?a=1"},
        {"url": "https://centre.example/api/box/log?a=2"},
        {"url": "https://centre.example/api/box/log"},
        {"body": b"[]"},
        {"body": b""},
        {"headers": {}},
    ],
)
def test_any_change_of_method_path_query_or_body_is_refused(change: dict[str, object]) -> None:
    clock = ManualClock(NOW)
    with pytest.raises(LessonProofError, match="SIGNATURE_INVALID"):
        verify(signed(clock), clock, **change)


@pytest.mark.parametrize(("moved_s", "good"), [(-30, True), (-31, False), (330, True), (331, False), (86_400, False)])
def test_a_signature_lives_five_minutes(moved_s: float, good: bool) -> None:
    request = signed(ManualClock(NOW))
    later = ManualClock(NOW)
    later.step(moved_s)
    if good:
        assert verify(request, later) == "box-1"
    else:
        with pytest.raises(LessonProofError, match="SIGNATURE_INVALID"):
            verify(request, later)


@pytest.mark.parametrize("component", ["@method", "@path", "@query", "content-digest"])
def test_a_signature_that_leaves_something_out_is_refused(component: str) -> None:
    clock = ManualClock(NOW)
    request = signed(clock)
    request.headers["signature-input"] = (
        request.headers["signature-input"].replace(f'"{component}"', "").replace("  ", " ")
    )
    with pytest.raises(LessonProofError, match="SIGNATURE_INVALID"):
        verify(request, clock)


def test_keys_travel_as_base64() -> None:
    text = public_key_text(KEY)
    assert public_key_text(KEY) == text and len(text) == 44
    assert parse_public_key(text).public_bytes_raw() == KEY.public_key().public_bytes_raw()
    for bad in ("", "x", "AAAA", text + "A", "é" * 44):
        with pytest.raises(LessonProofError, match="PUBLIC_KEY_INVALID"):
            parse_public_key(bad)
