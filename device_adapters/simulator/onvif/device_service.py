"""The device management service (ONVIF Core Specification §8): who the camera is, its clock, its other services."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime

from config.clock import CHINA
from device_adapters.simulator.onvif.operation import Asked, Operation, Service
from device_adapters.simulator.onvif.soap import NS, Element, el
from device_adapters.simulator.script import CameraSpec

MANUFACTURER, MODEL, FIRMWARE = "LessonProof", "Practice camera", "1.0"
VERSION = (2, 6)  # of the ONVIF services spoken here


def endpoint(spec: CameraSpec, host: str, rtsp_port: int) -> str:
    """The device's name (WS-Discovery endpoint reference): its own, and the same after each start on the same port."""
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'rtsp://{host}:{rtsp_port}{spec.path}')}"


def scopes(spec: CameraSpec) -> list[str]:
    base = "onvif://www.onvif.org"
    found = [f"{base}/type/video_encoder", f"{base}/Profile/Streaming", f"{base}/name/PracticeCamera"]
    found += [f"{base}/hardware/PracticeCamera", f"{base}/location/practice{spec.path}"]
    if spec.onvif is not None and spec.onvif.media2:
        found.append(f"{base}/Profile/T")
    return found


class DeviceService:
    prefixes, path = ("tds",), "/onvif/device_service"

    def __init__(self, spec: CameraSpec, name: str, others: Iterable[Service]) -> None:
        assert spec.onvif is not None
        self._spec, self._onvif, self._name = spec, spec.onvif, name
        self._services: list[Service] = [self, *others]
        self.operations = {
            "GetSystemDateAndTime": Operation(self._date_and_time, is_public=True),
            "GetDeviceInformation": Operation(self._information),
            "GetServices": Operation(self._get_services, ("IncludeCapability!",), is_public=True),
            "GetServiceCapabilities": Operation(self._service_capabilities, is_public=True),
            "GetCapabilities": Operation(self._get_capabilities, ("Category",), is_public=True),
            "GetScopes": Operation(self._scopes),
            "GetEndpointReference": Operation(self._endpoint, is_public=True),
        }

    def capabilities(self) -> Element:
        uses_token = "false" if self._onvif.authentication == "http_digest" else "true"
        uses_digest = "false" if self._onvif.authentication == "usertoken" else "true"
        security = el("tds:Security", {"UsernameToken": uses_token, "HttpDigest": uses_digest})
        return el("tds:Capabilities", el("tds:Network"), security, el("tds:System", {"DiscoveryBye": "true"}))

    async def _date_and_time(self, asked: Asked) -> Element:
        now = asked.now
        answer = el(
            "tds:SystemDateAndTime",
            el("tt:DateTimeType", "Manual"),
            el("tt:DaylightSavings", "false"),
            el("tt:TimeZone", el("tt:TZ", "CST-8")),
            _date_time("tt:UTCDateTime", now) if self._onvif.tells_utc else None,
            _date_time("tt:LocalDateTime", now.astimezone(CHINA)),
        )
        return el("tds:GetSystemDateAndTimeResponse", answer)

    async def _information(self, asked: Asked) -> Element:
        return el(
            "tds:GetDeviceInformationResponse",
            el("tds:Manufacturer", MANUFACTURER),
            el("tds:Model", MODEL),
            el("tds:FirmwareVersion", FIRMWARE),
            el("tds:SerialNumber", self._name[-12:]),
            el("tds:HardwareId", "practice"),
        )

    async def _get_services(self, asked: Asked) -> Element:
        wants = asked.text("IncludeCapability") in ("true", "1")
        answer = el("tds:GetServicesResponse")
        for service in self._services:
            part = el("tds:Service", el("tds:Namespace", NS[service.prefixes[0]]))
            part.append(el("tds:XAddr", asked.http_base + service.path))
            if wants:
                part.append(el("tds:Capabilities", service.capabilities()))
            part.append(_version())
            answer.append(part)
        return answer

    async def _service_capabilities(self, asked: Asked) -> Element:
        return el("tds:GetServiceCapabilitiesResponse", self.capabilities())

    async def _get_capabilities(self, asked: Asked) -> Element:
        """The old way; knows nothing of Media2."""
        wanted = set(asked.texts("Category")) or {"All"}
        known = {service.prefixes[0]: asked.http_base + service.path for service in self._services}
        answer = el("tds:Capabilities")
        for category, prefix in (("Device", "tds"), ("Events", "tev"), ("Media", "trt"), ("PTZ", "tptz")):
            if prefix in known and wanted & {category, "All"}:
                part = el(f"tt:{category}", el("tt:XAddr", known[prefix]))
                if prefix == "tev":
                    part.append(el("tt:WSSubscriptionPolicySupport", "false"))
                    part.append(el("tt:WSPullPointSupport", "true"))
                    part.append(el("tt:WSPausableSubscriptionManagerInterfaceSupport", "false"))
                if prefix == "trt":
                    streaming = el("tt:StreamingCapabilities", el("tt:RTPMulticast", "false"))
                    streaming.append(el("tt:RTP_TCP", "true"))
                    streaming.append(el("tt:RTP_RTSP_TCP", "true"))
                    part.append(streaming)
                answer.append(part)
        return el("tds:GetCapabilitiesResponse", answer)

    async def _scopes(self, asked: Asked) -> Element:
        answer = el("tds:GetScopesResponse")
        for scope in scopes(self._spec):
            answer.append(el("tds:Scopes", el("tt:ScopeDef", "Fixed"), el("tt:ScopeItem", scope)))
        return answer

    async def _endpoint(self, asked: Asked) -> Element:
        return el("tds:GetEndpointReferenceResponse", el("tds:GUID", self._name))


def _version() -> Element:
    return el("tds:Version", el("tt:Major", str(VERSION[0])), el("tt:Minor", str(VERSION[1])))


def _date_time(tag: str, at: datetime) -> Element:
    time = el("tt:Time", el("tt:Hour", str(at.hour)), el("tt:Minute", str(at.minute)), el("tt:Second", str(at.second)))
    date = el("tt:Date", el("tt:Year", str(at.year)), el("tt:Month", str(at.month)), el("tt:Day", str(at.day)))
    return el(tag, time, date)
