"""The head that turns: presets, moves that end by themselves, and a device without one."""

from __future__ import annotations

import time

import pytest

from device_adapters.simulator.onvif.spec import OnvifSpec
from tests.device_adapters.simulator.onvif.conftest import StartCamera
from tests.device_adapters.simulator.onvif.onvif_client import NS, Answer, OnvifClient

PROFILE = "<tptz:ProfileToken>main</tptz:ProfileToken>"


def ask(client: OnvifClient, name: str, inside: str = "") -> Answer:
    return client.ask(f"<tptz:{name}>{PROFILE}{inside}</tptz:{name}>", "ptz_service")


def pan(client: OnvifClient) -> tuple[float, str]:
    answer = ask(client, "GetStatus")
    return float(answer.find("tt:Position/tt:PanTilt").get("x")), answer.text("tt:MoveStatus/tt:PanTilt") or ""


def test_presets_are_listed_and_gone_to(client: OnvifClient) -> None:
    presets = ask(client, "GetPresets")
    tokens = [found.get("token") for found in presets.root.iterfind(".//tptz:Preset", NS)]
    assert presets.texts("tt:Name") == ["whole room", "front rows", "door"]
    assert ask(client, "GotoPreset", f"<tptz:PresetToken>{tokens[2]}</tptz:PresetToken>").status == 200
    assert pan(client) == (0.8, "IDLE")
    assert ask(client, "GotoPreset", "<tptz:PresetToken>99</tptz:PresetToken>").fault[-1] == "ter:NoToken"
    ask(client, "GotoPreset", f"<tptz:PresetToken>{tokens[0]}</tptz:PresetToken>")
    assert pan(client) == (0.0, "IDLE")


def test_a_move_goes_on_until_its_time_or_a_stop(client: OnvifClient) -> None:
    move = '<tptz:Velocity><tt:PanTilt x="-0.5" y="0"/></tptz:Velocity><tptz:Timeout>PT{}S</tptz:Timeout>'
    assert ask(client, "ContinuousMove", move.format(1)).status == 200
    assert pan(client)[1] == "MOVING"
    time.sleep(1.3)
    at, state = pan(client)
    assert state == "IDLE"
    assert at == pytest.approx(-0.05, abs=0.001)
    ask(client, "ContinuousMove", move.format(30))
    assert ask(client, "Stop").status == 200
    assert pan(client)[1] == "IDLE"


@pytest.mark.parametrize("speed", ['x="fast" y="0"', 'x="3" y="0"', 'x="nan" y="0"'])
def test_a_speed_that_is_none_is_refused(client: OnvifClient, speed: str) -> None:
    velocity = f"<tptz:Velocity><tt:PanTilt {speed}/></tptz:Velocity>"
    assert ask(client, "ContinuousMove", velocity).fault[0] == "env:Sender"


def test_the_node_is_described_and_profiles_carry_it(client: OnvifClient) -> None:
    nodes = client.ask("<tptz:GetNodes/>", "ptz_service")
    assert nodes.find("tptz:PTZNode").get("token") == "node"
    assert client.ask("<trt:GetProfiles/>", "media_service").texts("tt:NodeToken") == ["node", "node"]


def test_a_fixed_camera_has_no_ptz_service(start: StartCamera) -> None:
    _, client = start(OnvifSpec())
    assert client.send("", "ptz_service").status_code == 404
    assert client.ask("<trt:GetProfiles/>", "media_service").texts("tt:NodeToken") == []
