"""Whoever listened to a box may send all of it again, in any order: the centre stays as it is."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from edge_agent.paths import BoxPaths
from edge_agent.uplink import upload
from edge_agent.uplink.enrolment import enrol
from edge_agent.uplink.rotation import wish
from storage.database.engine import UnitOfWork
from storage.evidence.keyfile import load
from supervisor.tables import METADATA
from tests.support.county import post
from tests.support.enrolled_box import Centre, EnrolledBox
from tests.support.seed import clip as film

NEVER = threading.Event()  # never set
ORDERS = 6


@dataclass(frozen=True)
class Sent:
    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def kind(self) -> str:
        path = httpx.URL(self.url).path
        return f"{self.method} {'/api/box/clips' if 'clips' in path else path}"


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> list[Sent]:
    """Everything that leaves this process by HTTP, as it was sent."""
    sent: list[Sent] = []
    real = httpx.HTTPTransport.handle_request

    def tapped(self: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        sent.append(Sent(request.method, str(request.url), tuple(request.headers.items()), request.read()))
        return real(self, request)

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", tapped)
    return sent


def test_every_request_again_in_any_order_changes_nothing(
    centre: Centre, fresh: tuple[UnitOfWork, BoxPaths], wire: list[Sent], monkeypatch: pytest.MonkeyPatch
) -> None:
    box = enrolled(centre, fresh)
    content = film(seconds=64, brightness=50)
    monkeypatch.setattr(upload, "CHUNK", len(content) // 3 + 1)
    box.boots(3)
    box.checkpoints.tick()
    rounds(box, 1)
    box.judged_with_clip(content)
    box.checkpoints.tick()
    rounds(box, 2)
    again(centre, wire)
    wish(box.paths)
    rounds(box, 1)
    box.clock.sleep(60)
    box.checkpoints.tick()
    rounds(box, 1)
    again(centre, wire)
    assert {one.kind for one in wire} == {
        "POST /api/box/enrol",
        "POST /api/box/key",
        "GET /api/box/target",
        "POST /api/box/log",
        "POST /api/box/state",
        "POST /witness/add-checkpoint",
        "HEAD /api/box/clips",
        "PATCH /api/box/clips",
    }
    assert centre.entries(box.box_id) == box.log_bodies()
    assert set(centre.clips().values()) == {"verified"}


def again(centre: Centre, wire: list[Sent]) -> None:
    """Within the five minutes in which a signature counts: the clock moves on, so that a time written shows. The server
    is stopped, whose scheduled work writes too."""
    centre.stop()
    before, captured, anybody = contents(centre), list(wire), centre.county.client()

    @settings(max_examples=ORDERS, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.permutations(captured))
    def replay(order: list[Sent]) -> None:
        centre.county.clock.step(1)
        for one in order:
            answer = anybody.request(one.method, httpx.URL(one.url).path, headers=list(one.headers), content=one.body)
            assert answer.status_code < 500
        assert contents(centre) == before

    replay()
    centre.start()


def contents(centre: Centre) -> dict[str, list[str]]:
    with centre.county.centre.uow.read() as session:
        return {table.name: sorted(map(repr, session.execute(select(table)))) for table in METADATA.sorted_tables}


def rounds(box: EnrolledBox, number: int) -> None:
    for _ in range(number):
        box.clock.sleep(1)
        with box.client() as client:
            box.uplink(client).round(NEVER, box.state)


def enrolled(centre: Centre, fresh: tuple[UnitOfWork, BoxPaths]) -> EnrolledBox:
    """A new box in the place of the first school's."""
    county, (work, paths) = centre.county, fresh
    school = county.schools[0]
    made = post(county.admin, "/api/boxes", {"site_id": school.site, "name": "新盒子"})
    done = enrol(work, paths, county.clock, centre_url=centre.url, code=made["code"], version="1")
    county.revoke(school.box, "replaced")
    assert county.admin.patch(f"/api/cameras/{school.camera}", json={"box_id": done.box_id}).is_success
    key = load(paths.key)
    school = replace(school, box=done.box_id, key=key, box_client=county.box_client(done.box_id, key))
    return EnrolledBox(work, paths, county.clock, done.box_id, centre.url, county, school)
