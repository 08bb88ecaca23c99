"""The watchdog of the recorder's process outlives a machine that cannot start it for a while."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from config.clock import SystemClock
from config.settings import EdgeSettings
from edge_agent.capture import process as process_module
from edge_agent.capture.messages import RecorderConfig
from edge_agent.capture.process import RecorderProcess
from tests.support.box import new_box


def test_a_recorder_that_cannot_be_started_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    new_box(tmp_path)
    recorder = RecorderProcess(RecorderConfig.of(EdgeSettings(data_dir=tmp_path)), SystemClock())
    recorder.start()
    real, refused = subprocess.Popen, []

    def out_of_memory(*given, **more):  # type: ignore[no-untyped-def]
        if len(refused) < 2:
            refused.append(1)
            raise OSError(12, "Cannot allocate memory")
        return real(*given, **more)

    try:
        first, until = recorder.pid, time.monotonic() + 40
        assert first is not None
        monkeypatch.setattr(process_module.subprocess, "Popen", out_of_memory)  # nothing can stand by either
        while not recorder.ready:
            assert time.monotonic() < until
            time.sleep(0.1)
        os.kill(first, signal.SIGKILL)
        while not recorder.ready or recorder.pid == first:
            assert time.monotonic() < until
            time.sleep(0.1)
    finally:
        recorder.stop()
    assert len(refused) == 2
    assert caplog.text.count("cannot be started") + caplog.text.count("can stand by") == 2


def test_a_recorder_that_dies_is_replaced_by_the_one_that_stood_by(tmp_path: Path) -> None:
    new_box(tmp_path)
    recorder = RecorderProcess(RecorderConfig.of(EdgeSettings(data_dir=tmp_path)), SystemClock())
    before = {child.pid for child in psutil.Process().children()}
    recorder.start()
    try:
        first, until = recorder.pid, time.monotonic() + 40
        assert first is not None
        while not (others := {child.pid for child in psutil.Process().children()} - before - {first}):
            assert time.monotonic() < until
            time.sleep(0.1)
        os.kill(first, signal.SIGKILL)
        while not recorder.ready or recorder.pid == first:
            assert time.monotonic() < until
            time.sleep(0.05)
        assert {recorder.pid} == others
    finally:
        recorder.stop()
    assert {child.pid for child in psutil.Process().children()} <= before, "nobody is left behind"
