"""A real centre on a real port, and a real box enrolled at it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_agent.paths import BoxPaths
from edge_agent.remembered import Fact, remember
from storage.database.engine import UnitOfWork, open_engine
from storage.database.migrate import upgrade
from storage.evidence.note import COSIGNATURE
from tests.support.county import County
from tests.support.enrolled_box import Centre, EnrolledBox, save_key


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    running = Centre(County(tmp_path / "centre"))
    running.start()
    yield running
    running.stop()


@pytest.fixture
def fresh(tmp_path: Path) -> tuple[UnitOfWork, BoxPaths]:
    """A box that nobody knows."""
    paths = BoxPaths(tmp_path / "box")
    engine = open_engine(paths.database_url)
    upgrade(engine, "box")
    return UnitOfWork(engine), paths


@pytest.fixture
def box(centre: Centre, fresh: tuple[UnitOfWork, BoxPaths]) -> EnrolledBox:
    """The first school's own box: it has the key the school enrolled."""
    work, paths = fresh
    school = centre.county.schools[0]
    save_key(paths, school)
    with work.write() as session:
        remember(session, Fact.CENTRE_WITNESS, str(centre.county.centre.witness.verifier(COSIGNATURE)))
    return EnrolledBox(work, paths, centre.county.clock, school.box, centre.url, centre.county, school)
