"""The second media service (ONVIF Media 2 Service Specification): knows H.265, and tells only what it is asked for."""

from __future__ import annotations

from device_adapters.simulator.onvif.media import resolution, video_source
from device_adapters.simulator.onvif.operation import Asked, Operation
from device_adapters.simulator.onvif.profiles import Profile, find_profile
from device_adapters.simulator.onvif.ptz import ptz_configuration
from device_adapters.simulator.onvif.soap import Element, el, invalid


class Media2Service:
    prefixes, path = ("tr2",), "/onvif/media2_service"

    def __init__(self, profiles: tuple[Profile, ...], *, has_ptz: bool) -> None:
        self._profiles, self._has_ptz = profiles, has_ptz
        self.operations = {
            "GetProfiles": Operation(self._get_profiles, ("Token", "Type")),
            "GetVideoEncoderConfigurations": Operation(self._encoders, ("ConfigurationToken", "ProfileToken")),
            "GetStreamUri": Operation(self._stream_uri, ("Protocol!", "ProfileToken!")),
            "GetSnapshotUri": Operation(self._snapshot_uri, ("ProfileToken!",)),
            "GetServiceCapabilities": Operation(self._service_capabilities, is_public=True),
        }

    def capabilities(self) -> Element:
        known = "VideoSource VideoEncoder" + (" PTZ" if self._has_ptz else "")
        counts = {"MaximumNumberOfProfiles": str(len(self._profiles)), "ConfigurationsSupported": known}
        how = {"RTSPStreaming": "true", "RTPMulticast": "false", "RTP_RTSP_TCP": "true"}
        many, streaming = el("tr2:ProfileCapabilities", counts), el("tr2:StreamingCapabilities", how)
        return el("tr2:Capabilities", {"SnapshotUri": "true"}, many, streaming)

    async def _service_capabilities(self, asked: Asked) -> Element:
        return el("tr2:GetServiceCapabilitiesResponse", self.capabilities())

    async def _get_profiles(self, asked: Asked) -> Element:
        """Without a Type no configuration is told at all, as §5.2.2 has it."""
        token = asked.text("Token")
        chosen = (find_profile(self._profiles, token),) if token else self._profiles
        types = set(asked.texts("Type"))
        return el("tr2:GetProfilesResponse", *(self._describe(profile, types) for profile in chosen))

    async def _encoders(self, asked: Asked) -> Element:
        token, answer = asked.text("ProfileToken"), el("tr2:GetVideoEncoderConfigurationsResponse")
        chosen = (find_profile(self._profiles, token),) if token else self._profiles
        wanted = asked.text("ConfigurationToken")
        for profile in chosen:
            if profile.codec is not None and wanted in ("", f"encoder-{profile.token}"):
                answer.append(_encoder("tr2:Configurations", profile))
        return answer

    async def _stream_uri(self, asked: Asked) -> Element:
        profile = find_profile(self._profiles, asked.text("ProfileToken"))
        if asked.text("Protocol") not in ("RtspUnicast", "RTSP"):
            raise invalid("ter:InvalidStreamSetup", "the protocol is RtspUnicast or RTSP")
        return el("tr2:GetStreamUriResponse", el("tr2:Uri", asked.rtsp_base + profile.path))

    async def _snapshot_uri(self, asked: Asked) -> Element:
        profile = find_profile(self._profiles, asked.text("ProfileToken"), with_video=True)
        return el("tr2:GetSnapshotUriResponse", el("tr2:Uri", asked.http_base + profile.snapshot_path))

    def _describe(self, profile: Profile, types: set[str]) -> Element:
        described = el("tr2:Profiles", {"token": profile.token, "fixed": "true"}, el("tr2:Name", profile.name))
        configurations = el("tr2:Configurations")
        if profile.codec is not None:
            if types & {"All", "VideoSource"}:
                configurations.append(el("tr2:VideoSource", {"token": "lens-1"}, *video_source(profile)))
            if types & {"All", "VideoEncoder"}:
                configurations.append(_encoder("tr2:VideoEncoder", profile))
            if self._has_ptz and types & {"All", "PTZ"}:
                configurations.append(ptz_configuration("tr2:PTZ"))
        if len(configurations):
            described.append(configurations)
        return described


def _encoder(tag: str, profile: Profile) -> Element:
    assert profile.codec is not None
    about = {
        "token": f"encoder-{profile.token}",
        "GovLength": str(profile.gop_frames),
        "Profile": "Main" if profile.codec == "H265" else "High",
    }
    rate = el(
        "tt:RateControl",
        {"ConstantBitRate": "false"},
        el("tt:FrameRateLimit", str(profile.frames_per_s)),
        el("tt:BitrateLimit", str(profile.kbit_s)),
    )
    return el(
        tag,
        about,
        el("tt:Name", profile.name),
        el("tt:UseCount", "1"),
        el("tt:Encoding", profile.codec),
        resolution(profile),
        rate,
        el("tt:Quality", "5"),
    )
