"""Switched on by the configuration file or the command line; what cannot be is refused with the name of the field."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from config.errors import LessonProofError
from device_adapters.simulator.onvif.spec import OnvifSpec
from device_adapters.simulator.script import OnvifFault, load_spec
from tests.device_adapters.simulator.onvif.onvif_client import OnvifClient


def write(folder: Path, content: object) -> Path:
    file = folder / "cameras.json"
    file.write_text(json.dumps(content), encoding="utf-8")
    return file


def test_a_device_and_its_faults_are_read_from_json(tmp_path: Path) -> None:
    step = {"at_s": 5, "action": {"do": "onvif_fault", "fault": "silent"}}
    onvif = {"authentication": "http_digest", "h265": True, "inside_address": "192.168.1.64"}
    content = {"discovery": True, "cameras": [{"path": "/a", "onvif": onvif, "script": [step]}]}
    camera = load_spec(write(tmp_path, content)).cameras[0]
    assert camera.onvif is not None
    assert (camera.onvif.authentication, camera.onvif.clock_skew_s) == ("http_digest", OnvifSpec().clock_skew_s)
    assert camera.script[0].action == OnvifFault(fault="silent")


@pytest.mark.parametrize(
    ("content", "where"),
    [
        ({"cameras": [{"path": "/a", "onvif": {"authentication": "none"}}]}, "cameras.0.onvif.authentication"),
        ({"cameras": [{"path": "/a", "onvif": {"clock_skew_s": 0}}]}, "cameras.0.onvif.clock_skew_s"),
        ({"cameras": [{"path": "/a", "onvif": {"inside_address": "camera"}}]}, "cameras.0.onvif.inside_address"),
        ({"discovery": True, "cameras": [{"path": "/a"}]}, ""),
        ({"discovery": True, "host": "localhost", "cameras": [{"path": "/a", "onvif": {}}]}, ""),
    ],
)
def test_what_cannot_be_is_refused_with_the_field(tmp_path: Path, content: object, where: str) -> None:
    with pytest.raises(LessonProofError) as refused:
        load_spec(write(tmp_path, content))
    assert (refused.value.code, refused.value.where or "") == ("PRACTICE_CAMERA_CONFIG", where)


def test_the_command_tells_where_the_device_is(tmp_path: Path) -> None:
    file = tmp_path / "camera.password"
    command = [sys.executable, "-m", "device_adapters.simulator", "--port", "0", "--onvif-port", "0", "--discovery"]
    with subprocess.Popen([*command, "--password-file", str(file)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        client = OnvifClient(ready["onvif"], ready["user"], file.read_text().strip())
        assert client.ask("<tds:GetDeviceInformation/>").text("tds:Model") == "Practice camera"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
