"""The uplink as a whole against a real centre: off-line for long, then everything once; and its patience."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from config.errors import LessonProofError
from edge_agent.checks.centre import refusal
from edge_agent.checks.finding import Level
from edge_agent.lessons.plan import PlanStore
from edge_agent.opening import OpenBox
from edge_agent.remembered import Fact, recall
from edge_agent.uplink import client as client_module
from edge_agent.uplink.backoff import BackOff
from edge_agent.uplink.client import CentreAway, CentreClient
from edge_agent.uplink.exchange import Uplink
from tests.support.box import DEMO, lesson_of, target_of
from tests.support.enrolled_box import Centre, EnrolledBox
from tests.support.seed import clip as film

NEVER = threading.Event()  # never set


def test_one_round_brings_the_plan_and_delivers_facts_state_and_clips(centre: Centre, box: EnrolledBox) -> None:
    sha256 = box.judged_with_clip(film(seconds=64, brightness=50))
    box.boots(3)
    with box.client() as client:
        uplink = box.uplink(client)
        assert uplink.round(NEVER, box.state) == 5
    assert centre.entries(box.box_id) == box.log_bodies()
    assert centre.clips() == {sha256: "verified"}
    plan = PlanStore(box.work).current()
    assert plan is not None
    assert [camera.code for camera in plan.state.cameras] == ["room-a"]
    assert len(plan.state.lessons) == 2
    (told,) = [row for row in centre.county.admin.get("/api/boxes").json()["items"] if row["id"] == box.box_id]
    assert (told["version"], told["backlog_entries"], told["backlog_clips"]) == ("1", 0, 1)


def test_days_without_the_centre_then_everything_arrives_once(centre: Centre, box: EnrolledBox) -> None:
    with box.client() as client:
        uplink = box.uplink(client)
        uplink.round(NEVER, box.state)
        centre.stop()
        sha256 = box.judged_with_clip(film(seconds=64, brightness=50))
        for _ in range(20):
            box.boots(30)
            uplink.round(NEVER, box.state)
            box.clock.sleep(4 * 3600)
        assert PlanStore(box.work).current() is not None, "the plan is kept"
        centre.start()
        uplink.round(NEVER, box.state)
        uplink.round(NEVER, box.state)
    assert centre.entries(box.box_id) == box.log_bodies()
    assert len(centre.entries(box.box_id)) == 601
    assert centre.clips() == {sha256: "verified"}


def test_an_unchanged_plan_is_confirmed_and_a_check_in_changes_it(centre: Centre, box: EnrolledBox) -> None:
    plans = PlanStore(box.work)
    with box.client() as client:
        uplink = Uplink(box.work, plans, client, box.paths, box.checkpoints, box.rotation(client), box.clock, 5)
        uplink.round(NEVER, box.state)
        first = plans.current()
        box.clock.sleep(45 * 60)  # check-in is open now
        uplink.round(NEVER, box.state)
        second = plans.current()
        assert first is not None and second is not None
        assert second.state is first.state and second.confirmed_at > first.confirmed_at
        assert centre.county.check_in(box.school).is_success
        uplink.round(NEVER, box.state)
        third = plans.current()
    assert third is not None
    assert [len(lesson.attendance.present) for lesson in third.state.lessons] == [1, 1]


def test_an_absent_centre_is_said_once_and_asked_less_and_less_often(
    centre: Centre, box: EnrolledBox, caplog: pytest.LogCaptureFixture
) -> None:
    centre.stop()
    with box.client() as client:
        uplink = box.uplink(client)
        waits = [uplink.round(NEVER, box.state) for _ in range(30)]
        assert max(waits) <= 60
        assert max(waits) > 20
        assert caplog.text.count("CENTRE_UNREACHABLE") == 1
        centre.start()
        assert uplink.round(NEVER, box.state) == 5


def test_it_stops_at_once_when_told_to(centre: Centre, box: EnrolledBox) -> None:
    centre.stop()
    stop = threading.Event()
    with box.client() as client:
        thread = threading.Thread(target=box.uplink(client).run, args=(stop, box.state))
        thread.start()
        stop.set()
        thread.join(5)
        assert not thread.is_alive()


def test_a_revoked_box_keeps_everything_and_keeps_asking(
    centre: Centre, box: EnrolledBox, caplog: pytest.LogCaptureFixture
) -> None:
    centre.county.revoke(box.box_id, "stolen")
    box.boots(3)
    with box.client() as client:
        uplink = box.uplink(client)
        assert uplink.round(NEVER, box.state) > 0
        assert uplink.outbox.backlog() == 3
    assert "BOX_REVOKED" in caplog.text
    (found,) = refusal(OpenBox(box.work, box.paths))
    assert (found.code, found.level) == ("BOX_REVOKED", Level.PROBLEM)
    assert "被盗" in found.zh and "it was stolen" in found.en and "enrol --replace" in found.todo_en


@contextmanager
def answering(status: int, body: str = "", headers: dict[str, str] | None = None) -> Iterator[str]:
    """Some other server, that gives the same answer to everything."""

    class Same(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        do_POST = do_GET

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Same)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def test_a_centre_that_names_a_time_is_left_alone_until_then(box: EnrolledBox) -> None:
    with answering(503, headers={"Retry-After": "600"}) as url:
        box.url = url
        with box.client() as client:
            assert box.uplink(client).round(NEVER, box.state) == 600


@pytest.mark.parametrize(
    ("status", "body"), [(200, "<html>"), (404, "not here"), (200, '{"a": 1}'), (302, ""), (418, "[]")]
)
def test_what_is_no_centre_is_told_as_such(status: int, body: str) -> None:
    with answering(status, body) as url, CentreClient(url) as client, pytest.raises(LessonProofError) as caught:
        client.target(None)
    assert caught.value.code == "CENTRE_ANSWER_INVALID"


def test_a_centre_that_accepts_and_never_answers_does_not_hold_us(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    monkeypatch.setattr(client_module, "TIMEOUT", httpx.Timeout(0.3))
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with CentreClient(f"http://127.0.0.1:{silent.getsockname()[1]}") as client, pytest.raises(CentreAway):
            client.target(None)


def test_back_off_grows_is_bounded_and_starts_afresh() -> None:
    back_off = BackOff(5, 60, rng=random.Random(1))
    waits = [back_off.failed() for _ in range(200)]
    assert all(0.2 <= wait <= 60 for wait in waits)
    assert max(waits[:1]) <= 5 and max(waits) > 50
    assert len({round(wait, 3) for wait in waits}) > 150, "boxes do not come back together"
    back_off.succeeded()
    assert back_off.failed() <= 5


def test_what_the_centre_refuses_is_remembered_until_it_says_yes_again(centre: Centre, box: EnrolledBox) -> None:
    def refused() -> str | None:
        with box.work.read() as session:
            return recall(session, Fact.REFUSED)

    good = box.url
    body = '{"code": "BOX_REVOKED", "title": "this box was revoked", "title_zh": "本盒子已被撤销"}'
    with answering(403, body) as url:
        box.url = url
        with box.client() as client:
            box.uplink(client).round(NEVER, box.state)
    assert json.loads(refused() or "") == {"code": "BOX_REVOKED", "zh": "本盒子已被撤销", "en": "this box was revoked"}
    box.url = "http://127.0.0.1:9"
    with box.client() as client:
        box.uplink(client).round(NEVER, box.state)
    assert refused() is not None  # silence is not a yes
    box.url = good
    with box.client() as client:
        box.uplink(client).round(NEVER, box.state)
    assert refused() is None


@pytest.mark.parametrize("fault", [CentreAway("离线", "off-line"), LessonProofError("X", zh="x", en="x"), ValueError()])
def test_facts_and_clips_arrive_though_the_target_cannot_be_had(
    centre: Centre, box: EnrolledBox, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    sha256 = box.judged_with_clip(film(seconds=64, brightness=50))

    def no_target(*_: object) -> None:
        raise fault

    with box.client() as client:
        monkeypatch.setattr(client, "target", no_target)
        assert box.uplink(client).round(NEVER, box.state) == 5
    assert centre.entries(box.box_id) == box.log_bodies()
    assert centre.clips() == {sha256: "verified"}


def test_a_newer_centre_that_tells_more_is_understood(box: EnrolledBox) -> None:
    state = target_of([lesson_of()]).model_dump(mode="json")
    for part in (state, state["lessons"][0], state["cameras"][0], state["profiles"][DEMO.name]["lesson"]):
        part["of_next_year"] = 1
    with answering(200, json.dumps(state)) as url, CentreClient(url) as client:
        assert client.target(None).state == target_of([lesson_of()])
