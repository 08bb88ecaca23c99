"""One running practice camera for the tests that only look; tests that break it start their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from device_adapters.simulator.practice import PracticeCameras
from device_adapters.simulator.script import CameraSpec


@pytest.fixture(scope="package")
def cameras() -> Iterator[PracticeCameras]:
    rooms = [CameraSpec(path="/room-101", room="101", people=8), CameraSpec(path="/sound", has_video=False)]
    with PracticeCameras(rooms) as running:
        yield running
