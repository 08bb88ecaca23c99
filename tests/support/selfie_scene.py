"""A county with one real box that takes selfies, enrolled faces, and its agent, which runs when it is wanted."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from config.settings import EdgeSettings
from edge_agent.agent import Agent
from edge_agent.identity.photographs import describe_all
from edge_agent.identity.sealing import SealingKeys
from edge_agent.identity.selfies import Eye, SelfieDesk
from edge_agent.identity.sface import SFaceEngine
from edge_agent.identity.templates import Consent, Enrolled, TemplateStore
from edge_agent.lessons.plan import PlanStore
from edge_agent.paths import BoxPaths
from edge_agent.remembered import Fact, remember
from edge_agent.vision.yunet import YuNetCounter
from storage.database.engine import UnitOfWork, open_engine
from storage.evidence.note import COSIGNATURE
from supervisor.contract.state import BoxState
from tests.support.centre_server import serving
from tests.support.county import County, School
from tests.support.databases import with_tables
from tests.support.enrolled_box import EnrolledBox, save_key
from tests.support.fixtures_models import models_path
from tests.support.portraits import portraits, sface_path
from tests.support.selfies import selfie_county


@dataclass
class SelfieScene:
    county: County
    base: str
    box: EnrolledBox
    keys: SealingKeys

    @property
    def school(self) -> School:
        return self.county.schools[0]

    def exchange(self) -> None:
        """One round of the box's uplink."""
        with self.box.client() as client:
            self.box.uplink(client).round(threading.Event(), self._state)

    def answer(self) -> int:
        """What the box's selfie thread does in one turn; the answers go with the next exchange."""
        plans = PlanStore(self.box.work)
        return SelfieDesk(
            self.box.work, plans, self.keys, self.box.paths.data_dir, self.box.client, eye, self.county.clock
        ).tick()

    def enrol(self, who: int, *names: str) -> None:
        """As `edge-agent identity enrol` does, from photographs."""
        looks, now = eye(), self.county.clock.now()
        photographs = describe_all([portraits()[name] for name in names], looks.detector, looks.engine)
        TemplateStore(self.box.paths.data_dir).enrol(
            Enrolled(
                self.school.training["roster"][who]["id"],
                looks.engine.version,
                tuple(one.template for one in photographs),
                Consent("C-1", "1", now),
                now,
                date(2026, 12, 18),
            )
        )

    @contextmanager
    def agent(self) -> Iterator[None]:
        """The whole box at work, but for cameras, while the block runs."""
        settings = EdgeSettings(
            data_dir=self.box.paths.data_dir, models_dir=models_path(), identity=True, selfies=True, poll_s=0.2,
            min_free_bytes=1, clock_trust="operator", metrics_port=0, replay_days=0,
        )  # fmt: skip
        stop = threading.Event()
        thread = threading.Thread(target=Agent(settings, self.county.clock).run, args=(stop,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(20)
            assert not thread.is_alive()

    def _state(self, entries: int, clips: int) -> BoxState:
        self.county.clock.step(1)
        return self.box.state(entries, clips).model_copy(update={"sealing_key": self.keys.current()})


def eye() -> Eye:
    sface_path()
    return Eye(YuNetCounter(models_path()), SFaceEngine(models_path()))


@contextmanager
def selfie_scene(folder: Path) -> Iterator[SelfieScene]:
    """Twenty minutes before the class begins; nobody has checked in, nobody is enrolled."""
    county = selfie_county(folder / "centre")
    school, paths = county.schools[0], BoxPaths(folder / "box")
    paths.data_dir.mkdir()
    work = UnitOfWork(open_engine(with_tables(paths.database_url, "box")))
    save_key(paths, school)
    with serving(county.centre) as base:
        with work.write() as session:
            remember(session, Fact.BOX_ID, school.box)
            remember(session, Fact.CENTRE_URL, base)
            remember(session, Fact.SITE_NAME, "本部")
            remember(session, Fact.CENTRE_WITNESS, str(county.centre.witness.verifier(COSIGNATURE)))
        box = EnrolledBox(work, paths, county.clock, school.box, base, county, school)
        yield SelfieScene(county, base, box, SealingKeys(paths.sealing, county.clock))
