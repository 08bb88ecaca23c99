"""One camera's thread with a scripted camera: surprises are survived, and said without an address."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from config.clock import ManualClock, SystemClock
from device_adapters.interfaces import CameraFault, CameraFaultKind, PacketStream, VideoPacket
from edge_agent.capture.ledger import Ledger
from edge_agent.capture.session import CameraSession
from storage.evidence.tables import GapRow, Run
from supervisor.contract.state import CameraStatus
from tests.support.pictures import INFO, Recording, encoded


class ScriptedCamera:
    """Each opening plays the next part of its script: packets at their own pace, and an end by an exception."""

    def __init__(self, *script: Exception) -> None:
        self._script = list(script)
        self.closed = 0
        self.info = INFO

    def open(self) -> PacketStream:
        if len(self._script) > 1 and isinstance(self._script[0], KeyError):
            raise self._script.pop(0)
        return self

    def packets(self) -> Iterator[VideoPacket]:
        end = self._script.pop(0) if self._script else None
        began = time.monotonic()
        for packet in encoded(2 if end is not None else 60, fps=10, gop=5):
            time.sleep(max(0.0, began + packet.arrived_monotonic - time.monotonic()))
            yield replace(packet, arrived_monotonic=began + packet.arrived_monotonic)
        if end is not None:
            raise end

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def box(tmp_path: Path) -> Recording:
    return Recording(tmp_path, ManualClock(SystemClock().now()))


def until(what: Callable[[], object], limit_s: float = 15) -> None:
    end = time.monotonic() + limit_s
    while not what():
        assert time.monotonic() < end
        time.sleep(0.02)


def played(box: Recording, camera: ScriptedCamera, *, admitted: Callable[[], bool] = lambda: True) -> CameraSession:
    ledger = Ledger(box.work, box.paths.recordings, "boot", SystemClock())
    box.ledger = ledger
    ledger.start()
    session = CameraSession(
        "cam-1", camera, folder=box.paths.recordings / "cam-1", ledger=ledger, clock=SystemClock(),
        segment_s=4, stall_after_s=2, admitted=admitted,
    )  # fmt: skip
    session.start()
    return session


def test_a_surprise_while_recording_and_one_while_opening_are_survived_without_telling_an_address(
    box: Recording, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    camera = ScriptedCamera(
        ZeroDivisionError("rtsp://admin:geheim-4711@10.0.0.1/x"),
        KeyError("rtsp://admin:geheim-4711@10.0.0.1/x"),
        ValueError(),
    )
    session = played(box, camera)
    until(lambda: camera.closed == 2)
    until(lambda: session.state().status is CameraStatus.RECORDING)
    session.stop()
    assert session.join(5) and box.ledger.stop(10)
    with box.work.read() as rows:
        runs, gaps = list(rows.scalars(select(Run))), list(rows.scalars(select(GapRow)))
    assert len(runs) == 3 and runs[-1].end_reason == "not_recorded"
    assert len(gaps) == 2 and all(gap.end_ms is not None for gap in gaps)
    assert "ZeroDivisionError" in caplog.text and "KeyError" in caplog.text and "4711" not in caplog.text


def test_no_room_on_the_disk_is_a_state_and_a_gap_and_recording_begins_when_there_is(box: Recording) -> None:
    room = []
    session = played(box, ScriptedCamera(), admitted=lambda: bool(room))
    until(lambda: session.state().status is CameraStatus.DISK_FULL)
    room.append(True)
    until(lambda: session.state().status is CameraStatus.RECORDING)
    session.stop(still_wanted=True)
    assert session.join(5) and box.ledger.stop(10)
    with box.work.read() as rows:
        gaps = list(rows.scalars(select(GapRow).order_by(GapRow.id)))
    assert [(gap.reason, gap.end_ms is None) for gap in gaps] == [("disk", False), ("box_restart", True)]


def test_a_fault_has_its_state_and_the_thread_goes_on(box: Recording) -> None:
    session = played(box, ScriptedCamera(CameraFault(CameraFaultKind.STALLED, "no picture")))
    until(lambda: session.state().status is CameraStatus.STALLED)
    assert session.state().detail == "no picture"
    until(lambda: session.state().status is CameraStatus.RECORDING)
    session.stop()
    assert session.join(5) and box.ledger.stop(10)


class KeylessCamera(ScriptedCamera):
    """Pictures without end, and never one that a recording could begin with."""

    def packets(self) -> Iterator[VideoPacket]:
        for packet in encoded(60, fps=10, gop=5):
            time.sleep(0.1)
            yield replace(packet, is_keyframe=False)


def test_a_wanted_camera_whose_bytes_do_not_grow_is_an_alarm_within_ten_seconds(box: Recording) -> None:
    session = played(box, KeylessCamera())
    until(lambda: session.state().status is CameraStatus.STALLED, limit_s=10)
    assert session.state().bytes == 0 and "no picture" in session.state().detail
    session.stop()
    assert session.join(5) and box.ledger.stop(10)
