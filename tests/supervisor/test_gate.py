from __future__ import annotations

import pytest
from starlette.websockets import WebSocketDisconnect

from tests.support.county import County, problem


def test_every_answer_carries_the_security_headers(county: County) -> None:
    for path in ("/healthz", "/api/classes", "/nowhere"):
        headers = county.client().get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'self'" in headers["content-security-policy"]
        assert headers["x-frame-options"] == "DENY"
    assert county.admin.get("/api/classes").headers["cache-control"] == "no-store"


def test_health_and_readiness(county: County) -> None:
    assert county.client().get("/healthz").json() == {"status": "ok"}
    assert county.client().get("/readyz").json() == {"status": "ready"}


def test_unknown_addresses_and_methods_are_problems_too(county: County) -> None:
    problem(county.client().get("/api/nowhere"), 404, "NOT_FOUND")
    problem(county.client().put("/api/session"), 405, "METHOD_NOT_ALLOWED")


@pytest.mark.parametrize(
    ("path", "size"),
    [("/api/session", 1024 * 1024 + 1), ("/api/box/log", 9 * 1024 * 1024 + 1), ("/api/box/enrol", 9 * 1024 * 1024 + 1)],
)
def test_a_body_that_is_too_large_is_refused_with_or_without_its_length(county: County, path: str, size: int) -> None:
    problem(county.client().post(path, content=bytes(size)), 413, "BODY_TOO_LARGE")
    pieces = (bytes(65536) for _ in range(size // 65536 + 1))
    problem(county.client().post(path, content=pieces), 413, "BODY_TOO_LARGE")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff", b'{"username": 1}'])
def test_json_that_is_none_is_refused_with_a_code(county: County, body: bytes) -> None:
    headers = {"content-type": "application/json"}
    answer = county.client().post("/api/session", content=body, headers=headers)
    problem(answer, 400 if body == b"\xff" else 422, "REQUEST_INVALID")


def test_a_refused_password_is_not_repeated(county: County) -> None:
    answer = county.client().post("/api/setup/none", json={"password": "hunter2"})
    problem(answer, 422, "REQUEST_INVALID")
    assert "hunter2" not in answer.text


def test_a_fault_of_ours_is_a_problem_without_its_details(county: County, caplog: pytest.LogCaptureFixture) -> None:
    county.centre.uow.engine.dispose()
    object.__setattr__(county.centre, "uow", None)
    answer = county.client().get("/api/checkin/x")
    problem(answer, 500, "INTERNAL")
    assert "NoneType" not in answer.text and "NoneType" in caplog.text


@pytest.mark.parametrize("origin", [None, "http://elsewhere.example", "https://centre.example.elsewhere", "null"])
def test_a_websocket_of_another_site_is_closed_with_its_code(county: County, origin: str | None) -> None:
    headers = {} if origin is None else {"origin": origin}
    dialled = county.inspector.websocket_connect("/live", headers=headers)  # type: ignore[attr-defined]
    with dialled as line, pytest.raises(WebSocketDisconnect) as closed:
        line.receive_text()
    assert (closed.value.code, closed.value.reason) == (4403, "CROSS_ORIGIN")
