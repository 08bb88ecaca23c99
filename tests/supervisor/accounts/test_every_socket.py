"""Every WebSocket of the application, called by every role from the wrong scope: it closes, and shows nothing."""

from __future__ import annotations

import json
from datetime import timedelta
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
    scoped = (Role.TRAINEE, Role.TEACHER, Role.RESPONSIBLE, Role.SECTOR, Role.THIRD_PARTY, Role.INSPECTOR)
    people = {role.value: county.account(role.value) for role in Role if role not in scoped}
    until = county.clock.now() + timedelta(days=300)
    people |= {
        "inspector": county.account("inspector", area="99"),
        "third_party": county.account("third_party", area="99", expires_at=until),
        "another sector": county.account("sector", sector="别的部门"),
        "responsible of another": county.account("responsible", mine.institution),
        "teacher of another": mine.teacher,
        "inspector of another": mine.inspector,
        "nobody": county.client(),
    }
    wish = json.dumps({"watch": [{"camera_id": other.camera, "mode": "video"}]})
    codes = {}
    for path in PAGES:
        for name, client in people.items():
            with client.websocket_connect(
                f"ws://centre.example{path}", headers={"origin": "http://centre.example"}
            ) as line:  # type: ignore[attr-defined]
                line.send_text(wish)
                with pytest.raises(WebSocketDisconnect) as closed:
                    line.receive_text()
            codes[name] = closed.value.code
    assert codes.pop("nobody") == 4401
    may_patrol = {codes.pop("inspector"), codes.pop("third_party"), codes.pop("inspector of another")}
    assert may_patrol <= {4403, 4404} and 4404 in may_patrol
    assert set(codes.values()) == {4403}
