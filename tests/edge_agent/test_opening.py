"""The box's data folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.errors import LessonProofError
from config.settings import EdgeSettings
from edge_agent.opening import open_box


def test_only_its_owner_can_look_into_the_data_folder(tmp_path: Path) -> None:
    (tmp_path / "box").mkdir(mode=0o755)
    open_box(EdgeSettings(data_dir=tmp_path / "box"))
    assert (tmp_path / "box").stat().st_mode & 0o777 == 0o700


def test_a_database_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "box.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(LessonProofError, match="DATA_FOLDER"):
        open_box(EdgeSettings(data_dir=tmp_path))
