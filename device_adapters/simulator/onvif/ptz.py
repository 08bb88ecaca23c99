"""The PTZ service (ONVIF PTZ Service Specification): one node with presets. Nothing turns; the head's state is kept."""

from __future__ import annotations

from dataclasses import dataclass

from config.clock import Clock
from device_adapters.simulator.onvif.operation import Asked, Operation
from device_adapters.simulator.onvif.profiles import Profile, find_profile
from device_adapters.simulator.onvif.soap import NS, Element, SoapFault, el, invalid
from device_adapters.simulator.onvif.times import duration_s, utc_text

_SPACES = "http://www.onvif.org/ver10/tptz"
_POSITIONS = f"{_SPACES}/PanTiltSpaces/PositionGenericSpace"
_SPEEDS = f"{_SPACES}/PanTiltSpaces/VelocityGenericSpace"
_ZOOMS = f"{_SPACES}/ZoomSpaces/PositionGenericSpace"
_TURN_S = 10.0  # from one end to the middle at full speed
_MOVE_MAX_S = 60.0  # a move without Timeout ends by itself


@dataclass(frozen=True, slots=True)
class Preset:
    token: str
    name: str
    pan: float  # -1..1
    tilt: float  # -1..1


PRESETS = (Preset("1", "whole room", 0.0, 0.0), Preset("2", "front rows", 0.0, -0.4), Preset("3", "door", 0.8, 0.1))


def ptz_configuration(tag: str) -> Element:
    return el(
        tag,
        {"token": "head"},
        el("tt:Name", "head"),
        el("tt:UseCount", "2"),
        el("tt:NodeToken", "node"),
        el("tt:DefaultAbsolutePantTiltPositionSpace", _POSITIONS),  # the schema's own spelling
        el("tt:DefaultContinuousPanTiltVelocitySpace", _SPEEDS),
        el("tt:DefaultPTZTimeout", "PT5S"),
    )


class PtzService:
    prefixes, path = ("tptz",), "/onvif/ptz_service"

    def __init__(self, profiles: tuple[Profile, ...], clock: Clock) -> None:
        self._profiles, self._clock = profiles, clock
        self._at = (0.0, 0.0)
        self._speed = (0.0, 0.0)  # of full speed, pan and tilt
        self._since = self._until = clock.monotonic()
        self.operations = {
            "GetNodes": Operation(self._nodes),
            "GetPresets": Operation(self._presets, ("ProfileToken!",)),
            "GotoPreset": Operation(self._go, ("ProfileToken!", "PresetToken!", "Speed")),
            "ContinuousMove": Operation(self._move, ("ProfileToken!", "Velocity!", "Timeout")),
            "Stop": Operation(self._stop, ("ProfileToken!", "PanTilt", "Zoom")),
            "GetStatus": Operation(self._status, ("ProfileToken!",)),
            "GetServiceCapabilities": Operation(self._service_capabilities, is_public=True),
        }

    def capabilities(self) -> Element:
        return el("tptz:Capabilities", {"MoveStatus": "true", "StatusPosition": "true"})

    async def _service_capabilities(self, asked: Asked) -> Element:
        return el("tptz:GetServiceCapabilitiesResponse", self.capabilities())

    async def _nodes(self, asked: Asked) -> Element:
        spaces = el(
            "tt:SupportedPTZSpaces",
            _space("tt:AbsolutePanTiltPositionSpace", _POSITIONS),
            _space("tt:ContinuousPanTiltVelocitySpace", _SPEEDS),
        )
        node = el(
            "tptz:PTZNode",
            {"token": "node", "FixedHomePosition": "true"},
            el("tt:Name", "node"),
            spaces,
            el("tt:MaximumNumberOfPresets", str(len(PRESETS))),
            el("tt:HomeSupported", "false"),
        )
        return el("tptz:GetNodesResponse", node)

    async def _presets(self, asked: Asked) -> Element:
        find_profile(self._profiles, asked.text("ProfileToken"), with_video=True)
        answer = el("tptz:GetPresetsResponse")
        for preset in PRESETS:
            place = el("tt:PTZPosition", _vector("tt:PanTilt", preset.pan, preset.tilt, _POSITIONS))
            answer.append(el("tptz:Preset", {"token": preset.token}, el("tt:Name", preset.name), place))
        return answer

    async def _go(self, asked: Asked) -> Element:
        find_profile(self._profiles, asked.text("ProfileToken"), with_video=True)
        preset = next((preset for preset in PRESETS if preset.token == asked.text("PresetToken")), None)
        if preset is None:
            raise invalid("ter:NoToken", "no preset has this token")
        self._at, self._speed = (preset.pan, preset.tilt), (0.0, 0.0)
        return el("tptz:GotoPresetResponse")

    async def _move(self, asked: Asked) -> Element:
        find_profile(self._profiles, asked.text("ProfileToken"), with_video=True)
        vector = asked.content.find("tptz:Velocity/tt:PanTilt", NS)
        try:
            speed = (0.0, 0.0) if vector is None else (float(vector.get("x", "")), float(vector.get("y", "")))
        except ValueError:
            raise SoapFault("env:Sender", ["ter:InvalidArgs"], "a speed is a number") from None
        if not all(-1 <= part <= 1 for part in speed):
            raise invalid("ter:SpaceNotSupported", "a speed is between -1 and 1")
        lasts = duration_s(asked.text("Timeout")) if asked.text("Timeout") else _MOVE_MAX_S
        self._settle()
        self._speed, self._until = speed, self._since + min(lasts, _MOVE_MAX_S)
        return el("tptz:ContinuousMoveResponse")

    async def _stop(self, asked: Asked) -> Element:
        find_profile(self._profiles, asked.text("ProfileToken"), with_video=True)
        self._settle()
        if asked.text("PanTilt", "true") in ("true", "1"):
            self._speed = (0.0, 0.0)
        return el("tptz:StopResponse")

    async def _status(self, asked: Asked) -> Element:
        find_profile(self._profiles, asked.text("ProfileToken"), with_video=True)
        self._settle()
        place = el("tt:Position", _vector("tt:PanTilt", *self._at, _POSITIONS))
        moving = "MOVING" if any(self._speed) else "IDLE"
        answer = el("tptz:PTZStatus", place, el("tt:MoveStatus", el("tt:PanTilt", moving)))
        answer.append(el("tt:UtcTime", utc_text(asked.now)))
        return el("tptz:GetStatusResponse", answer)

    def _settle(self) -> None:
        """Bring the head to where its speed has carried it by now."""
        now = self._clock.monotonic()
        moved = max(0.0, min(now, self._until) - self._since) / _TURN_S
        pan, tilt = (min(1.0, max(-1.0, at + speed * moved)) for at, speed in zip(self._at, self._speed, strict=True))
        self._at, self._since = (pan, tilt), now
        if now >= self._until:
            self._speed = (0.0, 0.0)


def _vector(tag: str, x: float, y: float, space: str) -> Element:
    return el(tag, {"x": f"{x:.3f}", "y": f"{y:.3f}", "space": space})


def _space(tag: str, uri: str) -> Element:
    def span(name: str) -> Element:
        return el(f"tt:{name}", el("tt:Min", "-1"), el("tt:Max", "1"))

    return el(tag, el("tt:URI", uri), span("XRange"), span("YRange"))
