"""One ONVIF camera with everything, for the tests that only ask; tests that break or move it start their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from device_adapters.simulator.onvif.spec import OnvifSpec
from device_adapters.simulator.practice import CameraHandle, PracticeCameras
from device_adapters.simulator.script import CameraSpec
from tests.device_adapters.simulator.onvif.onvif_client import OnvifClient

StartCamera = Callable[[OnvifSpec], tuple[CameraHandle, OnvifClient]]


@pytest.fixture(scope="package")
def running() -> Iterator[PracticeCameras]:
    with PracticeCameras([CameraSpec(path="/room-101", people=3, onvif=OnvifSpec(h265=True, ptz=True))]) as cameras:
        yield cameras


@pytest.fixture
def client(running: PracticeCameras) -> OnvifClient:
    return OnvifClient(running[0].onvif_url, running.user, running.password)


@pytest.fixture
def start() -> Iterator[StartCamera]:
    """Starts a camera of its own for the test."""
    with ExitStack() as stack:

        def begin(spec: OnvifSpec, has_video: bool = True) -> tuple[CameraHandle, OnvifClient]:
            camera = CameraSpec(path="/room-102", people=2, has_video=has_video, onvif=spec)
            cameras = stack.enter_context(PracticeCameras([camera]))
            return cameras[0], OnvifClient(cameras[0].onvif_url, cameras.user, cameras.password)

        yield begin
