"""Each test has a morning of its own, which it changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from config.settings import CentreSettings
from supervisor.callers import Caller
from tests.support.centre_server import serving
from tests.support.deciding import sign_in
from tests.support.seed import Seeded, seed


@pytest.fixture
def morning(tmp_path: Path) -> Seeded:
    return seed(CentreSettings(data_dir=tmp_path / "centre"))


@pytest.fixture
def base(morning: Seeded) -> Iterator[str]:
    with serving(morning.centre) as url:
        yield url


@pytest.fixture
def teacher(morning: Seeded) -> tuple[Caller, str]:
    return sign_in(morning.centre, "teacher", "刘老师", morning.places[0].training.institution_id)
