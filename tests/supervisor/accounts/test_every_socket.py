"""Every WebSocket of the application, called by every role from the wrong scope: it closes, and shows nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from starlette.websockets import WebSocketDisconnect

from supervisor.callers import Role
from tests.support.county import County
from tests.support.routes import sockets

PAGES, BOXES = {"/live"}, {"/api/box/live"}


def test_every_websocket_is_known_here(tmp_path: Path) -> None:
    county = County(tmp_path)
    assert {route.path for route in sockets(county.app.routes)} == PAGES | BOXES


@pytest.mark.rule("L24", "L25", "A-30")
def test_no_role_sees_a_camera_out_of_its_scope(tmp_path: Path) -> None:
    county = County(tmp_path)
    mine, other = county.schools
    schools = (Role.TRAINEE, Role.TEACHER, Role.RESPONSIBLE)  # none at all, or only with an institution
    people = {role.value: county.account(role.value, area="99") for role in Role if role not in schools}
    people |= {
        "responsible of another": county.account("responsible", mine.institution),
        "teacher of another": mine.teacher,
        "inspector of another": mine.inspector,
        "nobody": county.client(),
    }
    wish = json.dumps({"watch": [{"camera_id": other.camera, "mode": "video"}]})
    codes = {}
    for path in PAGES:
        for name, client in people.items():
            with client.websocket_connect(path, headers={"origin": "http://centre.example"}) as line:  # type: ignore[attr-defined]
                line.send_text(wish)
                with pytest.raises(WebSocketDisconnect) as closed:
                    line.receive_text()
            codes[name] = closed.value.code
    assert codes.pop("nobody") == 4401
    may_patrol = {codes.pop("inspector"), codes.pop("third_party"), codes.pop("inspector of another")}
    assert may_patrol <= {4403, 4404} and 4404 in may_patrol
    assert set(codes.values()) == {4403}
