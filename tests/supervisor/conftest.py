"""Every test of the centre's behaviour runs the same on SQLite and on PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.county import County
from tests.support.databases import KINDS, centre_database, database_servers

__all__ = ["database_servers"]


@pytest.fixture(params=KINDS)
def county(request: pytest.FixtureRequest, tmp_path: Path, database_servers: None) -> County:
    return County(tmp_path / "centre", centre_database(request.param, tmp_path))
