"""A county whose first school has a lesson hour under way, and the live part of that school's box: real parts, real
sockets, a clock that runs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from config.clock import SystemClock
from config.settings import CameraSettings, EdgeSettings
from edge_agent.lessons.plan import PlanStore
from edge_agent.live.line import LiveLine
from edge_agent.live.source import LiveCameras
from edge_agent.paths import BoxPaths
from edge_agent.uplink import target
from edge_agent.uplink.client import CentreClient
from storage.database.engine import UnitOfWork, open_engine
from supervisor.callers import SESSION_COOKIE
from supervisor.centre import Centre
from tests.support.county import START, County, School, post
from tests.support.databases import with_tables

INTO_S = 60
"""How far into the first lesson hour it is when the county is made."""


class RunningClock(SystemClock):
    """The world's clock, set to another time."""

    def __init__(self, start: datetime) -> None:
        self._ahead = start - super().now()

    def now(self) -> datetime:
        return super().now() + self._ahead


@dataclass
class LiveCounty:
    """`cameras`: of the first school's room. `token`: of an inspector of the county who is signed in."""

    county: County
    centre: Centre
    school: School
    cameras: list[str]

    @property
    def token(self) -> str:
        token = self.county.inspector.cookies[SESSION_COOKIE]
        assert token is not None
        return token

    def another_token(self) -> str:
        """Of another inspector."""
        token = self.county.account("inspector").cookies[SESSION_COOKIE]
        assert token is not None
        return token

    @property
    def box(self) -> str:
        return self.school.box

    @property
    def key_pem(self) -> str:
        return self.school.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def live_county(folder: Path, cameras: int = 1, **county: Any) -> LiveCounty:
    made = County(folder, plan_minutes=60, **county)
    school = made.schools[0]
    ids = [school.camera]
    for number in range(1, cameras):
        wanted = {"room_id": school.room, "box_id": school.box, "code": f"room-a-{number}", "accepted": True}
        ids.append(post(made.admin, "/api/cameras", wanted)["id"])
    centre = replace(made.centre, clock=RunningClock(START + timedelta(seconds=INTO_S)))
    return LiveCounty(made, centre, school, ids)


@contextmanager
def live_box(
    folder: Path, centre_url: str, box_id: str, key_pem: str, camera_url: str, recorded: Path | None = None
) -> Iterator[LiveLine]:
    """The box's line, with a plan that the centre told, and every camera of it at `camera_url`."""
    clock = RunningClock(START + timedelta(seconds=INTO_S))
    key = load_pem_private_key(key_pem.encode(), None)
    assert isinstance(key, Ed25519PrivateKey)
    folder.mkdir(parents=True, exist_ok=True)
    paths = BoxPaths(folder)
    engine = open_engine(with_tables(paths.database_url, "box"))
    plans = PlanStore(UnitOfWork(engine))
    with CentreClient.for_box(centre_url, key, box_id, clock) as client:
        target.poll(client, plans, clock)
    plan = plans.current()
    assert plan is not None
    settings = EdgeSettings(
        data_dir=folder, cameras=[CameraSettings(code=one.code, url=camera_url) for one in plan.state.cameras]
    )
    source = LiveCameras(settings, plans, clock)
    where = recorded or paths.recordings
    line = LiveLine(centre_url, box_id, lambda: key, clock, where, source.camera, source.recording)
    stop = threading.Event()
    thread = threading.Thread(target=line.run, args=(stop,), name="live line", daemon=True)
    thread.start()
    try:
        yield line
    finally:
        stop.set()
        thread.join(10)
        engine.dispose()
