"""A whole lesson hour through the real parts, fast: trainees check in, a box records, counts, judges, signs and
delivers, the centre cosigns, and the lesson is exported as a bundle."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from config.clock import epoch_ms
from edge_agent.lessons.plan import PlanStore
from edge_agent.lessons.watch import LessonWatch
from edge_agent.paths import BoxPaths
from edge_agent.remembered import Fact, remember
from edge_agent.uplink.exchange import Uplink
from storage.database.engine import UnitOfWork, open_engine
from storage.evidence.note import COSIGNATURE
from supervisor.accounts.models import Account
from supervisor.bundles.service import export
from supervisor.bundles.trust import policy_of
from supervisor.callers import Caller, Role
from supervisor.contract.target import TargetCamera
from supervisor.lessons.schemas import ViewReason
from supervisor.rules.evidence import ClockVoucher
from supervisor.verifier.policy import Policy
from tests.support.box import Box, film
from tests.support.county import START, County, School
from tests.support.databases import with_tables
from tests.support.enrolled_box import Centre, EnrolledBox, save_key

Filming = Callable[[Box, datetime, int, TargetCamera], None]
"""(box, start, seconds, camera) → recorded by the recorder's own parts."""


def small_film(box: Box, start: datetime, seconds: int, camera: TargetCamera) -> None:
    film(box, start, seconds, camera=camera)


@dataclass
class WitnessedLesson:
    county: County
    school: School
    box: EnrolledBox
    bundle: Path
    policy: Policy

    def export(self, out: Path) -> Path:
        with self.county.centre.uow.read() as session:
            account = session.query(Account).filter_by(role="inspector", institution_id=None).first()
            assert account is not None
            caller = Caller(account.id, account.username, account.name, Role.INSPECTOR, None, "主管单位")
        export(self.county.centre, caller, UUID(self.school.lesson), ViewReason.APPEAL, "cli", out)
        return out


def witnessed_lesson(
    folder: Path,
    *,
    seconds: int = 200,
    filming: Filming = small_film,
    replanned: Callable[[County, School], None] | None = None,
    **county_like: Any,
) -> WitnessedLesson:
    """`seconds`: recorded, from 10 s before the bell. `replanned`: called before the box asks what it has to do.
    `county_like`: as `County` takes it."""
    county = County(folder / "centre", **county_like)
    school = county.schools[0]
    if replanned is not None:
        replanned(county, school)
    centre = Centre(county)
    url = centre.start()
    try:
        box = _held(folder, county, school, url, seconds, filming)
    finally:
        centre.stop()
    lesson = WitnessedLesson(county, school, box, folder / "lesson.zip", policy_of(county.centre))
    lesson.export(lesson.bundle)
    return lesson


def _held(folder: Path, county: County, school: School, url: str, seconds: int, filming: Filming) -> EnrolledBox:
    clock = county.clock
    box = _enrolled(folder, county, school, url)
    plans = PlanStore(box.work)
    with box.client() as client:
        uplink = Uplink(box.work, plans, client, box.paths, box.checkpoints, box.rotation(client), clock, 0.1)

        def exchange(times: int = 1) -> None:
            for _ in range(times):
                uplink.round(threading.Event(), box.state)

        clock.sleep((START - timedelta(minutes=5) - clock.now()).total_seconds())
        exchange()
        for who in range(len(school.trainees)):
            assert county.check_in(school, who).is_success
            exchange()
        plan = plans.current()
        assert plan is not None
        (camera,) = plan.state.cameras
        recorder = Box(box.work, box.paths, clock, plans)
        filming(recorder, START - timedelta(seconds=10), seconds, camera)
        recorder.counted(START, seconds - 10, len(school.trainees), camera=camera)
        clock.sleep((START + timedelta(seconds=seconds - 10) - clock.now()).total_seconds())
        box.checkpoints.tick()
        exchange()
        hour = min(plan.state.lessons, key=lambda one: one.start)
        clock.sleep(max(0.0, (hour.end + timedelta(seconds=10) - clock.now()).total_seconds()))
        exchange()
        watch = LessonWatch(
            box.work, plans, box.paths, clock, segment_s=20, version="test", voucher=ClockVoucher.OPERATOR
        )
        assert watch.tick() == [school.lesson]
        box.checkpoints.tick()
        exchange(3)
        assert all(box.delivered().values())
    return box


def _enrolled(folder: Path, county: County, school: School, url: str) -> EnrolledBox:
    paths = BoxPaths(folder / "box")
    engine = open_engine(with_tables(paths.database_url, "box"))
    work = UnitOfWork(engine)
    save_key(paths, school)
    with work.write() as session:
        remember(session, Fact.BOX_ID, school.box)
        remember(session, Fact.CENTRE_URL, url)
        remember(session, Fact.ENROLLED_MS, epoch_ms(county.clock.now()))
        remember(session, Fact.CENTRE_WITNESS, str(county.centre.witness.verifier(COSIGNATURE)))
    return EnrolledBox(work, paths, county.clock, school.box, url, county, school)
