"""Admission to the disk, and what happens when the disk is full in the middle."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.clock import ManualClock
from edge_agent.capture.disk import admit, free_bytes, needed_bytes
from edge_agent.capture.writer import NO_SPACE
from storage.evidence.fmp4 import good_prefix
from supervisor.rules.evidence import GapReason
from tests.support.pictures import Recording, encoded


def test_a_lesson_of_45_minutes_at_4_mbit_needs_1_62_gb() -> None:
    assert needed_bytes(4_000_000, 45 * 60) == 1_620_000_000


@given(st.integers(0, 10**13), st.integers(0, 10**12), st.lists(st.integers(0, 10**12), max_size=8))
def test_admission_leaves_the_minimum_free(free: int, least: int, needed: list[int]) -> None:
    assert admit(free, least, needed) == (free - sum(needed) >= least)


def test_time_that_is_over_needs_nothing() -> None:
    assert needed_bytes(4_000_000, -5) == 0


def test_free_space_is_told(tmp_path: Path) -> None:
    assert free_bytes(tmp_path) > 0


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Path]:
    """A disk of 256 kB."""
    if os.geteuid() != 0:
        pytest.skip("needs root to mount a tiny tmpfs; admission is tested without it")
    folder = tmp_path / "tiny"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)], capture_output=True, timeout=10, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("this machine does not let root mount a tmpfs (a container?); admission is tested without it")
    yield folder
    subprocess.run(["umount", str(folder)], timeout=10, check=True)


def test_a_full_disk_ends_the_run_with_whole_pictures_only(tiny: Path, tmp_path: Path) -> None:
    recording = Recording(tmp_path / "box", ManualClock(datetime(2026, 11, 23, tzinfo=UTC)), segment_s=1000)
    recording.paths.recordings.mkdir()
    recording.paths.recordings.joinpath("cam-1").symlink_to(tiny, target_is_directory=True)
    with pytest.raises(OSError) as caught:
        recording.feed(encoded(120, width=640, height=360))
    assert caught.value.errno in NO_SPACE
    recording.writer.end(GapReason.DISK, whole=False)
    (part,) = list(tiny.rglob("*.part"))
    index = good_prefix(part)
    assert index.end_offset == part.stat().st_size
    assert index.media_ms > 1000
