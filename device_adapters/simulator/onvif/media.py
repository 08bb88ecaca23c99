"""The first media service (ONVIF Media Service Specification): H.264 only; H.265 it calls H264, as real ones do."""

from __future__ import annotations

from device_adapters.simulator.onvif.operation import Asked, Operation
from device_adapters.simulator.onvif.profiles import Profile, find_profile
from device_adapters.simulator.onvif.ptz import ptz_configuration
from device_adapters.simulator.onvif.soap import Element, el, invalid


class MediaService:
    prefixes, path = ("trt",), "/onvif/media_service"

    def __init__(self, profiles: tuple[Profile, ...], *, has_ptz: bool) -> None:
        self._profiles, self._has_ptz = profiles, has_ptz
        self.operations = {
            "GetProfiles": Operation(self._get_profiles),
            "GetProfile": Operation(self._get_profile, ("ProfileToken!",)),
            "GetVideoSources": Operation(self._video_sources),
            "GetStreamUri": Operation(self._stream_uri, ("StreamSetup!", "ProfileToken!")),
            "GetSnapshotUri": Operation(self._snapshot_uri, ("ProfileToken!",)),
            "GetServiceCapabilities": Operation(self._service_capabilities, is_public=True),
        }

    def capabilities(self) -> Element:
        many = el("trt:ProfileCapabilities", {"MaximumNumberOfProfiles": str(len(self._profiles))})
        streaming = el(
            "trt:StreamingCapabilities", {"RTPMulticast": "false", "RTP_TCP": "true", "RTP_RTSP_TCP": "true"}
        )
        return el("trt:Capabilities", {"SnapshotUri": "true"}, many, streaming)

    async def _service_capabilities(self, asked: Asked) -> Element:
        return el("trt:GetServiceCapabilitiesResponse", self.capabilities())

    async def _get_profiles(self, asked: Asked) -> Element:
        described = [self._describe("trt:Profiles", profile) for profile in self._profiles]
        return el("trt:GetProfilesResponse", *described)

    async def _get_profile(self, asked: Asked) -> Element:
        profile = find_profile(self._profiles, asked.text("ProfileToken"))
        return el("trt:GetProfileResponse", self._describe("trt:Profile", profile))

    async def _video_sources(self, asked: Asked) -> Element:
        answer = el("trt:GetVideoSourcesResponse")
        real = self._profiles[-1]
        if real.codec is not None:
            size = el("tt:Resolution", el("tt:Width", str(real.width)), el("tt:Height", str(real.height)))
            rate = el("tt:Framerate", str(real.frames_per_s))
            answer.append(el("trt:VideoSources", {"token": "lens"}, rate, size))
        return answer

    async def _stream_uri(self, asked: Asked) -> Element:
        profile = find_profile(self._profiles, asked.text("ProfileToken"))
        if asked.text("StreamSetup/Stream") != "RTP-Unicast":
            raise invalid("ter:InvalidStreamSetup", "only RTP-Unicast is sent")
        if asked.text("StreamSetup/Transport/Protocol") not in ("RTSP", "TCP", "UDP"):
            raise invalid("ter:InvalidStreamSetup", "the protocol is RTSP, TCP or UDP")
        return el("trt:GetStreamUriResponse", _media_uri(asked.rtsp_base + profile.path))

    async def _snapshot_uri(self, asked: Asked) -> Element:
        profile = find_profile(self._profiles, asked.text("ProfileToken"), with_video=True)
        return el("trt:GetSnapshotUriResponse", _media_uri(asked.http_base + profile.snapshot_path))

    def _describe(self, tag: str, profile: Profile) -> Element:
        described = el(tag, {"token": profile.token, "fixed": "true"}, el("tt:Name", profile.name))
        if profile.codec is None:
            return described
        described.append(el("tt:VideoSourceConfiguration", {"token": "lens-1"}, *video_source(profile)))
        rate = el(
            "tt:RateControl",
            el("tt:FrameRateLimit", str(profile.frames_per_s)),
            el("tt:EncodingInterval", "1"),
            el("tt:BitrateLimit", str(profile.kbit_s)),
        )
        h264 = el("tt:H264", el("tt:GovLength", str(profile.gop_frames)), el("tt:H264Profile", "High"))
        encoder = el(
            "tt:VideoEncoderConfiguration",
            {"token": f"encoder-{profile.token}"},
            el("tt:Name", profile.name),
            el("tt:UseCount", "1"),
            el("tt:Encoding", "H264"),
            resolution(profile),
            el("tt:Quality", "5"),
            rate,
            h264,
            _no_multicast(),
            el("tt:SessionTimeout", "PT60S"),
        )
        described.append(encoder)
        if self._has_ptz:
            described.append(ptz_configuration("tt:PTZConfiguration"))
        return described


def video_source(profile: Profile) -> list[Element]:
    bounds = el("tt:Bounds", {"x": "0", "y": "0", "width": str(profile.width), "height": str(profile.height)})
    return [el("tt:Name", "lens"), el("tt:UseCount", "2"), el("tt:SourceToken", "lens"), bounds]


def resolution(profile: Profile) -> Element:
    return el("tt:Resolution", el("tt:Width", str(profile.width)), el("tt:Height", str(profile.height)))


def _no_multicast() -> Element:
    address = el("tt:Address", el("tt:Type", "IPv4"), el("tt:IPv4Address", "0.0.0.0"))  # noqa: S104 - says: none
    return el("tt:Multicast", address, el("tt:Port", "0"), el("tt:TTL", "0"), el("tt:AutoStart", "false"))


def _media_uri(uri: str) -> Element:
    return el(
        "trt:MediaUri",
        el("tt:Uri", uri),
        el("tt:InvalidAfterConnect", "false"),
        el("tt:InvalidAfterReboot", "false"),
        el("tt:Timeout", "PT0S"),
    )
