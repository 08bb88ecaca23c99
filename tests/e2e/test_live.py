"""Live pictures end to end: a real practice camera, the real box part, the real centre, a real WebSocket."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import av
import httpx
import pytest
from sqlalchemy import select
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from device_adapters.simulator.practice import PracticeCameras
from device_adapters.simulator.script import CameraSpec, Drop, Normal
from supervisor.audit.models import AuditEvent
from supervisor.callers import SESSION_COOKIE
from supervisor.contract.signing import BoxAuth
from supervisor.lessons.models import ViewLog
from tests.support.centre_server import serving
from tests.support.live import LiveCounty, live_box, live_county

LIMIT_S = 30.0


@pytest.fixture(scope="module")
def cameras() -> Iterator[PracticeCameras]:
    with PracticeCameras([CameraSpec(path="/sub", people=3)]) as running:
        yield running


class Scene:
    def __init__(self, county: LiveCounty, url: str) -> None:
        self.county = county
        self.url = url

    def open(self, token: str | None = None, origin: str | None = None, query: str = "") -> ClientConnection:
        headers = {"Cookie": f"{SESSION_COOKIE}={token or self.county.token}", "Origin": origin or self.url}
        address = self.url.replace("http", "ws") + "/live" + query
        return connect(address, additional_headers=headers, compression=None, open_timeout=LIMIT_S)

    def refusal(self, **visit: Any) -> tuple[int, str]:
        with self.open(**visit) as line, pytest.raises(ConnectionClosed) as closed:
            line.send(wish(self.county.cameras[0]))
            while True:
                line.recv(timeout=LIMIT_S)
        assert closed.value.rcvd is not None
        return closed.value.rcvd.code, closed.value.rcvd.reason


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    county = live_county(tmp_path / "centre")
    with serving(county.centre) as url:
        yield Scene(county, url)


def wish(camera: str, mode: str = "video") -> str:
    return json.dumps({"watch": [{"camera_id": camera, "mode": mode}]})


class Seen:
    """What came over a line, until `enough` says so."""

    def __init__(self) -> None:
        self.said: list[dict[str, Any]] = []
        self.frames: list[bytes] = []

    def of_kind(self, kind: int) -> list[bytes]:
        return [one for one in self.frames if one[1] == kind]

    def until(self, line: ClientConnection, enough: Callable[[], bool]) -> None:
        end = time.monotonic() + LIMIT_S
        while not enough():
            assert time.monotonic() < end, (self.said, len(self.frames))
            try:
                one = line.recv(timeout=1)
            except TimeoutError:
                continue
            if isinstance(one, str):
                self.said.append(json.loads(one))
            else:
                self.frames.append(one)

    def until_state(self, line: ClientConnection, state: str, reason: str | None = None) -> None:
        self.until(
            line, lambda: bool(self.said) and (self.said[-1]["state"], self.said[-1]["reason"]) == (state, reason)
        )


def decoded(frames: list[bytes]) -> list[tuple[int, int]]:
    """Width and height of each picture."""
    with av.open(io.BytesIO(b"".join(one[10:] for one in frames))) as film:
        return [(picture.width, picture.height) for picture in film.decode(video=0)]


def box_of(scene: Scene, cameras: PracticeCameras, folder: Path) -> Any:
    return live_box(folder, scene.url, scene.county.box, scene.county.key_pem, cameras[0].url)


def test_moving_pictures_reach_a_page_and_decode(scene: Scene, cameras: PracticeCameras, tmp_path: Path) -> None:
    camera = scene.county.cameras[0]
    with box_of(scene, cameras, tmp_path / "box"), scene.open(query="?reason=complaint") as line:
        seen = Seen()
        line.send(wish(camera))
        seen.until(line, lambda: len(seen.of_kind(1)) >= 12)
        assert seen.said[-1]["camera_id"] == camera and seen.said[-1]["codec"].startswith("avc1.64")
        assert seen.frames[0][1] == 0, "the init segment comes first"
        pictures = decoded(seen.frames)
        assert len(pictures) >= 12 and set(pictures) == {(1280, 720)}
        times = [int.from_bytes(one[2:10], "big") for one in seen.of_kind(1)]
        assert times == sorted(times)
        late_ms = scene.county.centre.clock.now().timestamp() * 1000 - times[-1]
        assert -500 < late_ms < 10_000

        with scene.open() as second:  # begins at once, in the middle of the group of pictures
            again = Seen()
            second.send(wish(camera))
            again.until(second, lambda: len(again.of_kind(1)) >= 3)
            assert [one["state"] for one in again.said] == ["video"]
            assert again.frames[0][1] == 0 and len(decoded(again.frames)) >= 3

    with scene.county.centre.uow.read() as session:
        lines = list(session.scalars(select(ViewLog).order_by(ViewLog.at)))
        events = list(session.scalars(select(AuditEvent).where(AuditEvent.action == "live_viewed")))
    assert [(line.what, line.reason) for line in lines] == [("patrol", "complaint"), ("patrol", "routine")]
    assert [event.details["cameras"] for event in events] == [[camera], [camera]]


def test_stills_come_one_by_one(scene: Scene, cameras: PracticeCameras, tmp_path: Path) -> None:
    with box_of(scene, cameras, tmp_path / "box"), scene.open() as line:
        seen = Seen()
        line.send(wish(scene.county.cameras[0], "picture"))
        seen.until(line, lambda: len(seen.frames) >= 2)
        assert {one[1] for one in seen.frames} == {2}
        assert seen.frames[0][10:12] == b"\xff\xd8"
        assert seen.said[-1]["state"] == "picture"


def test_a_camera_whose_line_drops_is_told_and_comes_back(
    scene: Scene, cameras: PracticeCameras, tmp_path: Path
) -> None:
    with box_of(scene, cameras, tmp_path / "box"), scene.open() as line:
        seen = Seen()
        line.send(wish(scene.county.cameras[0]))
        seen.until(line, lambda: len(seen.of_kind(1)) >= 2)
        cameras[0].apply(Drop(for_s=3))
        seen.until(line, lambda: seen.said[-1]["state"] == "down")
        assert seen.said[-1]["reason"] in {"ended", "unreachable"}
        cameras[0].apply(Normal())
        seen.until_state(line, "video")
        seen.frames.clear()
        seen.until(line, lambda: len(seen.of_kind(1)) >= 3)
        assert len(decoded(seen.frames)) >= 3


def test_a_box_that_goes_is_told_and_comes_back(scene: Scene, cameras: PracticeCameras, tmp_path: Path) -> None:
    with scene.open() as line:
        seen = Seen()
        line.send(wish(scene.county.cameras[0]))
        seen.until_state(line, "down", "box_away")
        with box_of(scene, cameras, tmp_path / "box"):
            seen.until(line, lambda: len(seen.of_kind(1)) >= 2)
        seen.until_state(line, "down", "box_away")
        assert cameras[0].camera.players == set() or _let_go(cameras), "the camera is let go"


def _let_go(cameras: PracticeCameras) -> bool:
    end = time.monotonic() + LIMIT_S
    while cameras[0].camera.players and time.monotonic() < end:
        time.sleep(0.05)
    return not cameras[0].camera.players


def test_a_centre_that_goes_is_dialled_again(cameras: PracticeCameras, tmp_path: Path) -> None:
    county = live_county(tmp_path / "centre")
    with serving(county.centre) as url:
        scene = Scene(county, url)
        running = box_of(scene, cameras, tmp_path / "box")
        running.__enter__()
    try:
        with serving(county.centre, int(url.rsplit(":", 1)[1])), scene.open() as line:
            seen = Seen()
            line.send(wish(county.cameras[0]))
            seen.until(line, lambda: len(seen.of_kind(1)) >= 2)
    finally:
        running.__exit__(None, None, None)


def test_who_may_not_look_is_told_by_code(scene: Scene) -> None:
    county = scene.county.county
    camera = scene.county.cameras[0]

    def token(client: httpx.Client) -> str:
        return str(client.cookies[SESSION_COOKIE])

    assert scene.refusal(token="nobody's") == (4401, "NOT_SIGNED_IN")
    assert scene.refusal(token=token(county.approver)) == (4403, "ROLE_NOT_ALLOWED")
    assert scene.refusal(token=token(county.schools[1].inspector)) == (4404, "CAMERA_NOT_FOUND")
    assert scene.refusal(origin="http://elsewhere.example") == (4403, "CROSS_ORIGIN")
    assert scene.refusal(query="?reason=curiosity") == (4422, "REQUEST_INVALID")
    with scene.open() as line, pytest.raises(ConnectionClosed) as closed:
        line.send(wish(str(uuid4())))
        line.recv(timeout=LIMIT_S)
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 4404
    for text in (
        "{",
        "[]",
        json.dumps({"watch": [{"camera_id": camera, "mode": "sound"}]}),
        wish(camera) + " " * 20_000,
    ):
        with scene.open() as line, pytest.raises(ConnectionClosed) as closed:
            line.send(text)
            line.recv(timeout=LIMIT_S)
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 4422
    with county.centre.uow.read() as session:
        assert session.scalars(select(ViewLog)).all() == []


def test_more_pages_than_anybody_looks_at_are_refused(scene: Scene) -> None:
    with ExitStack() as stack:
        lines = [stack.enter_context(scene.open()) for _ in range(9)]
        with pytest.raises(ConnectionClosed) as closed:
            lines[-1].recv(timeout=LIMIT_S)
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 4429


def box_line(scene: Scene, query: str, headers: dict[str, str]) -> ClientConnection:
    address = f"{scene.url.replace('http', 'ws')}/api/box/live?{query}"
    return connect(address, additional_headers=headers, open_timeout=LIMIT_S)


def signed(scene: Scene, query: str) -> dict[str, str]:
    county = scene.county
    request = httpx.Request("GET", f"{scene.url}/api/box/live?{query}")
    made = next(BoxAuth(county.school.key, county.box, county.centre.clock).auth_flow(request))
    return {name: made.headers[name] for name in ("Signature", "Signature-Input", "Content-Digest")}


def test_a_box_has_to_sign_and_a_handshake_opens_one_line(scene: Scene) -> None:
    def dial(query: str, headers: dict[str, str]) -> tuple[int, str]:
        try:
            with box_line(scene, query, headers):
                return 101, ""
        except InvalidStatus as refused:
            return refused.response.status_code, json.loads(refused.response.body)["code"]

    headers = signed(scene, "once=1")
    assert dial("once=1", {}) == (401, "SIGNATURE_INVALID")
    assert dial("once=2", headers) == (401, "SIGNATURE_INVALID"), "signed for another handshake"
    assert dial("once=1", headers) == (101, "")
    assert dial("once=1", headers) == (401, "SIGNATURE_INVALID"), "used before"
    scene.county.county.revoke(scene.county.box)
    assert dial("once=3", signed(scene, "once=3")) == (403, "BOX_REVOKED")


def test_the_open_line_of_a_box_that_is_revoked_is_closed(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("supervisor.live.endpoints.ASK_AGAIN_S", 0.2)
    with box_line(scene, "once=1", signed(scene, "once=1")) as line:
        scene.county.county.revoke(scene.county.box)
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                line.recv(timeout=LIMIT_S)
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4403, "BOX_REVOKED")
