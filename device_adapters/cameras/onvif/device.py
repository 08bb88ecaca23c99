"""One camera, connected: the OnvifDevice on onvif-zeep."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from lxml import etree
from pydantic import SecretStr

from config.clock import Clock
from device_adapters.cameras.address import Network
from device_adapters.cameras.onvif.addresses import Entrance, entrance
from device_adapters.cameras.onvif.camera_time import camera_time
from device_adapters.cameras.onvif.events import pull_events
from device_adapters.cameras.onvif.plain import plain
from device_adapters.cameras.onvif.profiles import MEDIA2, media1_profiles, media2_profiles, media2_question
from device_adapters.cameras.onvif.soap import Caller
from device_adapters.cameras.onvif.trust import Trust
from device_adapters.cameras.onvif.wire import LIMIT_S
from device_adapters.interfaces import (
    CameraEvent,
    CameraTime,
    Certificate,
    DeviceInformation,
    MediaProfile,
    OnvifFault,
    OnvifFaultKind,
    Preset,
)

SNAPSHOT_LIMIT_BYTES = 8 * 1024**2
_JPEG = b"\xff\xd8\xff"
_MEDIA1 = "http://www.onvif.org/ver10/media/wsdl"
_EVENTS = "http://www.onvif.org/ver10/events/wsdl"
_PTZ = "http://www.onvif.org/ver20/ptz/wsdl"
_CAPABILITY_NAMES = {"Media": _MEDIA1, "Events": _EVENTS, "PTZ": _PTZ}
_SURVIVABLE = (OnvifFaultKind.REFUSED, OnvifFaultKind.GARBAGE, OnvifFaultKind.NOT_ONVIF)


def connect(
    url_or_host: str,
    *,
    networks: Sequence[Network],
    clock: Clock,
    user: str = "",
    password: str = "",
    limit_s: float = LIMIT_S,
    certificate: str | None = None,
) -> OnvifCamera:
    """Reach the camera, measure its clock, learn its services, and prove the login with its time: three or four calls
    of at most `limit_s` each, twice that for each where it wants HTTP Digest. `certificate`: fingerprint by which the
    camera is known (`Certificate.sha256`). Raises OnvifFault."""
    reached = entrance(url_or_host, networks)
    trust = Trust(certificate)
    caller = Caller(clock, user, password, limit_s, trust)
    camera = OnvifCamera(reached, caller, clock, user, password, trust)
    try:
        caller.offset = timedelta(seconds=camera.time().offset_s)
    except OnvifFault as fault:
        secret = fault.kind is OnvifFaultKind.UNAUTHORIZED and not caller.digest_offered
        if not secret and fault.kind not in (OnvifFaultKind.GARBAGE, OnvifFaultKind.REFUSED):
            raise  # otherwise: a camera that keeps its time to itself may still let us in with ours
    camera.learn_services()
    if user:
        camera.information()  # time and services are told to everyone: a wrong password would show only later
    return camera


class OnvifCamera:
    """Made by `connect`. Holds no connection and no subscription between calls."""

    def __init__(
        self, entrance: Entrance, caller: Caller, clock: Clock, user: str, password: str, trust: Trust
    ) -> None:
        self._entrance = entrance
        self._caller = caller
        self._clock = clock
        self._user = user
        self._password = password
        self._trust = trust
        self._services: dict[str, str] = {}  # namespace: address

    @property
    def shown(self) -> str:
        """Its address, for people."""
        return self._entrance.shown

    @property
    def certificate(self) -> Certificate | None:
        return self._trust.certificate

    def information(self) -> DeviceInformation:
        told = self._device("GetDeviceInformation")
        names = ("Manufacturer", "Model", "FirmwareVersion", "SerialNumber", "HardwareId")
        return DeviceInformation(*(plain(getattr(told, name, None)) for name in names))

    def time(self) -> CameraTime:
        asked, began = self._clock.now(), self._clock.monotonic()
        told = self._device("GetSystemDateAndTime", login=False)
        return camera_time(told, asked, self._clock.monotonic() - began)

    def profiles(self) -> tuple[MediaProfile, ...]:
        """Media2's where the camera has it, else Media's."""
        if MEDIA2 in self._services:
            try:
                found = media2_profiles(self._media2("GetProfiles", Type="All"))
            except OnvifFault as fault:
                if fault.kind not in _SURVIVABLE or _MEDIA1 not in self._services:
                    raise
                found = ()
            if found or _MEDIA1 not in self._services:
                return found
        return media1_profiles(self._media1("GetProfiles"))

    def stream_uri(self, profile: MediaProfile) -> SecretStr:
        if profile.service == "media2":
            told = self._media2("GetStreamUri", Protocol="RTSP", ProfileToken=profile.token).findtext(".//{*}Uri")
        else:
            setup = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
            answer = self._media1("GetStreamUri", {"StreamSetup": setup, "ProfileToken": profile.token})
            told = getattr(answer, "Uri", None)
        return SecretStr(self._entrance.stream(told, self._user, self._password))

    def snapshot(self, profile: MediaProfile) -> bytes:
        if profile.service == "media2":
            told = self._media2("GetSnapshotUri", ProfileToken=profile.token).findtext(".//{*}Uri")
        else:
            told = getattr(self._media1("GetSnapshotUri", {"ProfileToken": profile.token}), "Uri", None)
        picture = self._caller.get(self._entrance.service(told), SNAPSHOT_LIMIT_BYTES).content
        if not picture.startswith(_JPEG):
            raise OnvifFault(OnvifFaultKind.GARBAGE, "the snapshot is not a JPEG")
        return picture

    def presets(self, profile: MediaProfile) -> tuple[Preset, ...]:
        if not profile.ptz or _PTZ not in self._services:
            return ()
        told = self._ptz("GetPresets", {"ProfileToken": profile.token})
        found = [preset for preset in list(told or [])[:256] if getattr(preset, "token", None)]
        return tuple(Preset(plain(preset.token, 64), plain(getattr(preset, "Name", None), 64)) for preset in found)

    def go_to(self, profile: MediaProfile, preset: Preset) -> None:
        self._ptz("GotoPreset", {"ProfileToken": profile.token, "PresetToken": preset.token})

    def events(self, for_s: float) -> Iterator[CameraEvent]:
        return pull_events(self._caller, self._entrance, self._address(_EVENTS), self._clock, for_s)

    def close(self) -> None:
        """Nothing is open between calls."""

    def learn_services(self) -> None:
        """Where each service lives: GetServices, which knows Media2; GetCapabilities for devices older than that.
        Raises OnvifFault, GARBAGE when neither names one."""
        try:
            told = self._device("GetServices", {"IncludeCapability": False})
            offered = [(getattr(s, "Namespace", None), getattr(s, "XAddr", None)) for s in list(told or [])[:64]]
        except OnvifFault as fault:
            if fault.kind not in _SURVIVABLE:
                raise
            told = self._device("GetCapabilities", {"Category": ["All"]})
            parts = {ns: getattr(told, name, None) for name, ns in _CAPABILITY_NAMES.items()}
            offered = [(ns, getattr(part, "XAddr", None)) for ns, part in parts.items()]
        self._services = {str(ns): self._entrance.service(address) for ns, address in offered if ns and address}
        if not self._services:
            raise OnvifFault(OnvifFaultKind.GARBAGE, "the camera named no services")

    def _device(self, operation: str, params: dict[str, Any] | None = None, *, login: bool = True) -> Any:
        return self._caller.call("devicemgmt", "DeviceBinding", self._entrance.url, operation, params, login=login)

    def _media1(self, operation: str, params: dict[str, Any] | None = None) -> Any:
        return self._caller.call("media", "MediaBinding", self._address(_MEDIA1), operation, params)

    def _media2(self, operation: str, **parts: str) -> etree._Element:
        return self._caller.ask_raw(self._address(MEDIA2), media2_question(operation, **parts))

    def _ptz(self, operation: str, params: dict[str, Any]) -> Any:
        return self._caller.call("ptz", "PTZBinding", self._address(_PTZ), operation, params)

    def _address(self, namespace: str) -> str:
        try:
            return self._services[namespace]
        except KeyError:
            raise OnvifFault(OnvifFaultKind.REFUSED, f"the camera does not offer {namespace}") from None
