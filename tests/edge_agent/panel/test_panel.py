"""Who is let in to the panel, and what it answers to what cannot be done."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from fastapi.testclient import TestClient

from config.clock import SystemClock
from config.settings import EdgeSettings
from edge_agent.lessons.plan import PlanStore
from edge_agent.opening import OpenBox
from edge_agent.panel.desk import Desk
from edge_agent.panel.serving import serving
from edge_agent.panel.words import LANGUAGES, WORDS, language_of
from storage.evidence.tables import AcceptanceRow
from tests.support.box import START, Box
from tests.support.classroom import away, idle, panel_of
from tests.support.practice_class import box_at_the_class, practice_class

Panel = Callable[..., httpx.Client]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> tuple[Box, Desk, Panel]:
    """Its camera cannot be reached, so nothing that is tried here changes it. `Panel`: (host, address) → client."""
    return site_of(tmp_path_factory.mktemp("box"), "rtsp://127.0.0.1:9/video")


def site_of(folder: Path, url: str) -> tuple[Box, Desk, Panel]:
    box, config = box_at_the_class(folder, url)
    settings, clock, opened = EdgeSettings.load(config), SystemClock(), OpenBox(box.work, box.paths)
    desk = Desk(opened, settings, clock)
    app = panel_of(opened, PlanStore(box.work), settings, clock, desk)

    def client(host: str = "127.0.0.1:8321", address: str = "127.0.0.1") -> httpx.Client:
        return TestClient(app, base_url=f"http://{host}", client=(address, 50000), follow_redirects=False)

    return box, desk, client


def token(client: httpx.Client) -> dict[str, str]:
    found = re.search(r'panel-token" content="([^"]+)"', client.get("/acceptance").text)
    assert found is not None
    return {"X-Panel-Token": found[1]}


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("host", ["127.0.0.1:8321", "localhost:8321", "[::1]:8321", "localhost"])
def test_the_box_itself_is_let_in_under_its_own_names(site: tuple[Box, Desk, Panel], host: str) -> None:
    answer = site[2](host).get("/acceptance")
    assert answer.status_code == 200 and "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("host", "address"),
    [("box.example:8321", "127.0.0.1"), ("127.0.0.1.example", "127.0.0.1"), ("127.0.0.1:8321", "192.168.1.7")],
)
def test_other_names_and_other_machines_are_not(site: tuple[Box, Desk, Panel], host: str, address: str) -> None:
    assert site[2](host, address).get("/acceptance").status_code == 403


@pytest.mark.parametrize(
    "headers",
    [{}, {"X-Panel-Token": "guess"}, {"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}],
)
def test_nothing_is_changed_without_the_pages_token_or_from_another_page(
    site: tuple[Box, Desk, Panel], headers: dict[str, str]
) -> None:
    _, desk, client = site
    page = client()
    own = token(page) if "X-Panel-Token" not in headers and headers else {}
    answer = page.post("/acceptance/start", json={"camera": "room-a", "known": 3}, headers=own | headers)
    assert answer.status_code == 403 and desk.progress() is None


def test_what_cannot_be_done_is_told_in_both_languages_and_leaves_nothing(site: tuple[Box, Desk, Panel]) -> None:
    box, desk, client = site
    page = client()
    own = token(page)

    def refused(path: str, **body: object) -> str:
        answer = page.post(path, headers=own, **body)  # type: ignore[arg-type]
        assert answer.json()["title_zh"] and answer.json()["title"]
        return str(answer.json()["code"])

    assert refused("/acceptance/start", json={"camera": "room-a", "known": 0}) == "KNOWN_INVALID"
    assert refused("/acceptance/start", json={"camera": "room-b", "known": 1}) == "CAMERA_NOT_REGISTERED"
    assert refused("/acceptance/zones?camera=room-a", content=b'{"seats": [[]]}') == "ZONES_INVALID"
    assert page.get("/acceptance/still.jpg?camera=room-a").json()["code"] == "CAMERA_UNREACHABLE"
    assert page.get("/acceptance/heat.jpg?camera=room-a").status_code == 404
    assert page.post("/acceptance/start", json={"camera": "room-a", "known": 3}, headers=own).status_code == 204
    wait_for(lambda: desk.progress() is None)
    assert "check power, cable and address" in page.get("/acceptance?lang=en").text
    with box.work.read() as session:
        assert session.query(AcceptanceRow).count() == 0


def test_one_session_at_a_time_and_one_that_is_stopped_leaves_nothing(tmp_path: Path) -> None:
    with practice_class() as camera:
        box, desk, client = site_of(tmp_path, camera.url)
        page = client()
        own = token(page)
        wanted = {"camera": "room-a", "known": 12, "minutes": 10, "every_s": 0.1}
        assert page.post("/acceptance/start", json=wanted, headers=own).status_code == 204
        assert page.post("/acceptance/start", json=wanted, headers=own).json()["code"] == "SESSION_RUNNING"
        zones = page.post("/acceptance/zones?camera=room-a", content=b"{}", headers=own)
        assert zones.json()["code"] == "SESSION_RUNNING"
        wait_for(lambda: (page.get("/acceptance/state").json()["running"] or {}).get("seated") == 12)
        assert page.post("/acceptance/stop", headers=own).status_code == 204
        wait_for(lambda: desk.progress() is None)
    assert desk.outcome("room-a") is None
    with box.work.read() as session:
        assert session.query(AcceptanceRow).count() == 0


def test_a_taken_port_is_no_reason_to_stop(site: tuple[Box, Desk, Panel], tmp_path: Path) -> None:
    box = site[0]
    opened, settings = OpenBox(box.work, box.paths), EdgeSettings(data_dir=tmp_path)
    now = lambda: idle(START)  # noqa: E731
    with serving(0, opened, box.plans, settings, SystemClock(), now, away) as off:
        assert off is None
    with serving(18_321, opened, box.plans, settings, SystemClock(), now, away) as url:
        assert url is not None
        wait_for(lambda: httpx.get(f"{url}/acceptance", timeout=5).status_code == 200)
        with serving(18_321, opened, box.plans, settings, SystemClock(), now, away) as taken:
            assert taken is None


def test_the_classroom_is_the_first_page_and_a_roll_call_needs_the_pages_token(site: tuple[Box, Desk, Panel]) -> None:
    page = site[2]()
    first = page.get("/", headers={"Accept-Language": "zh-CN"})
    assert first.status_code == 200 and 'class="headline' in first.text and 'href="/acceptance' in first.text
    assert "<html" not in page.get("/classroom/board").text
    wanted = {"roll_call_id": str(uuid4()), "session_id": str(uuid4()), "direction": "in", "present": [str(uuid4())]}
    assert page.post("/classroom/roll-call", json=wanted).status_code == 403
    own = {"X-Panel-Token": re.findall(r'panel-token" content="([^"]+)"', page.get("/classroom/roll-call").text)[0]}
    assert page.post("/classroom/roll-call", json=wanted, headers=own).json()["code"] == "SESSION_NOT_FOUND"
    assert site[2]("127.0.0.1:8321", "192.168.1.7").get("/").status_code == 403


def test_every_word_is_in_both_languages() -> None:
    assert all(len(both) == len(LANGUAGES) and all(both) for both in WORDS.values())
    assert [language_of(None, accepted) for accepted in ("en-GB,zh;q=0.5", "zh-CN", "fr", "")] == [
        "en", "zh", "zh", "zh",
    ]  # fmt: skip
    assert language_of("en", "zh-CN") == "en"
