"""The whole way of a span: asked for at the centre, cut by the box, its bytes brought in pieces, played."""

from __future__ import annotations

import hashlib
import re
import threading
from datetime import timedelta

import pytest

from config.clock import epoch_ms
from edge_agent.lessons.plan import PlanStore
from edge_agent.spans.cutter import SpanCutter
from edge_agent.uplink import upload as upload_module
from edge_agent.uplink.client import CentreClient
from edge_agent.uplink.exchange import Uplink
from storage.evidence.tables import SpanRow
from tests.support.box import START, camera_of, film
from tests.support.county import post, problem
from tests.support.enrolled_box import Centre, EnrolledBox

START_MS = epoch_ms(START)


@pytest.fixture
def filmed(box: EnrolledBox) -> EnrolledBox:
    """The first lesson hour is over; the box recorded its first minute."""
    film(box, START, 60, camera=camera_of(camera_id=box.school.camera))  # type: ignore[arg-type]
    box.clock.step(3600 + 600)
    return box


def ask(box: EnrolledBox, start_s: float, end_s: float) -> dict[str, str]:
    start, end = (START_MS + round(at * 1000) for at in (start_s, end_s))
    wanted = {"camera_id": box.school.camera, "start": start, "end": end, "reason": "complaint"}
    made: dict[str, str] = post(box.county.inspector, f"/api/lessons/{box.school.lesson}/spans", wanted, 201)
    return made


def cutter(box: EnrolledBox) -> SpanCutter:
    return SpanCutter(box.work, PlanStore(box.work), box.paths, box.clock, lambda used: 0)


def turn(box: EnrolledBox, uplink: Uplink) -> float:
    return uplink.round(threading.Event(), box.state)


def state(box: EnrolledBox, span: dict[str, str]) -> dict[str, object]:
    answer: dict[str, object] = box.county.inspector.get(f"/api/spans/{span['id']}").json()
    return answer


def uplink_of(box: EnrolledBox, client: CentreClient) -> Uplink:
    return box.uplink(client)


def test_asked_cut_brought_played_and_let_go_by_the_box(centre: Centre, filmed: EnrolledBox) -> None:
    span = ask(filmed, 10, 40)
    assert span["state"] == "asked"
    with filmed.client() as client:
        uplink = uplink_of(filmed, client)
        turn(filmed, uplink)
        assert cutter(filmed).tick() == span["id"]
        (path,) = filmed.paths.spans.rglob("*.mp4")
        content = path.read_bytes()
        turn(filmed, uplink)
        here = state(filmed, span)
        assert (here["state"], here["playable"], here["gaps"]) == ("here", True, [])
        assert here["file"]["sha256"] == hashlib.sha256(content).hexdigest()  # type: ignore[index]
        turn(filmed, uplink)  # the target names it no more
    cutter(filmed).tick()
    assert list(filmed.paths.spans.iterdir()) == []
    inspector = filmed.county.inspector
    whole = inspector.get(f"/api/spans/{span['id']}/span.mp4?reason=complaint")
    assert (whole.status_code, whole.content) == (200, content)
    part = inspector.get(f"/api/spans/{span['id']}/span.mp4", headers={"Range": "bytes=100-299"})
    assert (part.status_code, part.content) == (206, content[100:300])
    text = inspector.get(f"/api/spans/{span['id']}/playlist.m3u8?reason=complaint").text
    pieces = re.findall(r"BYTERANGE:(\d+)@(\d+)", text)
    assert sum(int(size) for size, _ in pieces) + int(re.findall(r'BYTERANGE="(\d+)@0"', text)[0]) == len(content)
    assert f"PROGRAM-DATE-TIME:{(START + timedelta(seconds=10)).strftime('%Y-%m-%dT%H:%M:%S')}" in text


def test_an_upload_that_is_cut_off_goes_on_at_the_byte_where_it_was(
    centre: Centre, filmed: EnrolledBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    span = ask(filmed, 5, 55)
    with filmed.client() as client:
        turn(filmed, uplink_of(filmed, client))
        cutter(filmed).tick()
        (path,) = filmed.paths.spans.rglob("*.mp4")
        size = path.stat().st_size
        monkeypatch.setattr(upload_module, "CHUNK", size // 5)
        uplink = filmed.uplink(client, poll_s=0)
        assert turn(filmed, uplink) == 0  # one piece, and more waits
        told = state(filmed, span)
        assert (told["state"], told["held"]) == ("fetching", size // 5)
    centre.stop()
    centre.start()
    with filmed.client() as client:  # another life of the box, too
        uplink = filmed.uplink(client, poll_s=5)
        sent: list[int] = []
        send = client.send_span
        monkeypatch.setattr(client, "send_span", lambda *given: sent.append(given[1]) or send(*given))
        turn(filmed, uplink)
    assert sent == [size // 5 * number for number in range(1, 6)]
    assert state(filmed, span)["state"] == "here"


def test_evidence_clips_go_first(centre: Centre, filmed: EnrolledBox, monkeypatch: pytest.MonkeyPatch) -> None:
    span = ask(filmed, 10, 40)
    with filmed.client() as client:
        turn(filmed, uplink_of(filmed, client))
        cutter(filmed).tick()
        content = b"x" * 5000
        monkeypatch.setattr(upload_module, "CHUNK", 1000)
        sha256 = filmed.judged_with_clip(content)
        uplink = filmed.uplink(client, poll_s=0)
        while centre.clips().get(sha256) != "verified":
            turn(filmed, uplink)
            assert state(filmed, span)["held"] == 0 or centre.clips()[sha256] == "verified"
        for _ in range(500):
            if state(filmed, span)["state"] == "here":
                break
            turn(filmed, uplink)
    assert state(filmed, span)["state"] == "here"


def test_nothing_recorded_is_the_answer_and_nothing_is_sent(centre: Centre, filmed: EnrolledBox) -> None:
    span = ask(filmed, 120, 150)
    with filmed.client() as client:
        uplink = uplink_of(filmed, client)
        turn(filmed, uplink)
        cutter(filmed).tick()
        turn(filmed, uplink)
    told = state(filmed, span)
    assert (told["state"], told["failure"], told["file"]) == ("not_recorded", "not_recorded", None)
    assert [(gap["start"] if "start" in gap else gap["start_ms"]) for gap in told["gaps"]] == [START_MS + 120_000]  # type: ignore[union-attr]
    problem(filmed.county.inspector.get(f"/api/spans/{span['id']}/span.mp4"), 409, "SPAN_NOT_HERE")


def test_days_without_a_line_it_waits_and_comes_afterwards_or_is_given_up(centre: Centre, filmed: EnrolledBox) -> None:
    from supervisor.spans.uploads import expire_spans

    first = ask(filmed, 10, 20)
    filmed.clock.step(1)
    second = ask(filmed, 30, 40)
    with filmed.client() as client:
        turn(filmed, uplink_of(filmed, client))
    cutter(filmed).tick()
    filmed.clock.step(6 * 86_400)
    with filmed.client() as client:
        uplink = uplink_of(filmed, client)
        assert state(filmed, first)["box_silent"] is True
        turn(filmed, uplink)
        assert state(filmed, first)["state"] == "here"
        filmed.clock.step(2 * 86_400)
        assert expire_spans(filmed.county.centre) == 1
        assert state(filmed, second)["state"] == "expired"
        turn(filmed, uplink)
    assert cutter(filmed).tick() is None
    with filmed.work.read() as session:
        assert session.query(SpanRow).count() == 0
