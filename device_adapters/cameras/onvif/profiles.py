"""The streams a camera offers, as its two media services tell them, and which of them to record and to show live.

Media (ver10) cannot say H.265: cameras report such a stream as "H264" or leave it out. Media2 (ver20) can, so it is
asked first. onvif-zeep has no description of Media2; its three questions are asked without one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lxml import etree

from device_adapters.cameras.onvif.plain import number, plain, whole
from device_adapters.interfaces import MediaProfile

MEDIA2 = "http://www.onvif.org/ver20/media/wsdl"
MAX_PROFILES = 64
RECORDABLE = ("h264", "hevc")
LIVE_MAX_PX = (768, 576)  # D1 and smaller
_CODECS = {"h265": "hevc", "jpeg": "jpeg", "mpv4-es": "mpeg4"}


def main_profile(profiles: Sequence[MediaProfile]) -> MediaProfile | None:
    """The one to record: most pixels, then most pictures a second, then most bits. None: nothing recordable."""
    videos = [profile for profile in profiles if profile.codec in RECORDABLE]
    return max(videos, key=lambda p: (_pixels(p), p.fps or 0, p.bit_rate or 0), default=None)


def live_profile(profiles: Sequence[MediaProfile]) -> MediaProfile | None:
    """The one to show live: H.264, which every browser plays; the largest within 768x576, else the smallest that is
    less than the main stream or spares the browser its H.265. None: the camera has none."""
    main = main_profile(profiles)
    playable = [profile for profile in profiles if profile.codec == "h264" and profile.width and profile.height]
    small = [profile for profile in playable if is_small(profile)]
    if small:
        return max(small, key=lambda p: (_pixels(p), p.fps or 0))
    lesser = [p for p in playable if main is not None and (main.codec != "h264" or _pixels(p) < _pixels(main))]
    return min(lesser, key=_pixels, default=None)


def is_small(profile: MediaProfile) -> bool:
    return profile.width <= LIVE_MAX_PX[0] and profile.height <= LIVE_MAX_PX[1]


def _pixels(profile: MediaProfile) -> int:
    return profile.width * profile.height


def media1_profiles(told: Any) -> tuple[MediaProfile, ...]:
    """From zeep's answer to trt:GetProfiles."""
    return tuple(_media1(profile) for profile in list(told or [])[:MAX_PROFILES] if _of(profile, "token"))


def media2_profiles(body: etree._Element) -> tuple[MediaProfile, ...]:
    """From the soap:Body of the answer to tr2:GetProfiles."""
    found = list(body.iter("{*}Profiles"))[:MAX_PROFILES]
    return tuple(_media2(profile) for profile in found if profile.get("token"))


def media2_question(operation: str, **parts: str) -> etree._Element:
    """`tr2:operation` with one child element for each of `parts`, in the order given."""
    question = etree.Element(f"{{{MEDIA2}}}{operation}", nsmap={"tr2": MEDIA2})
    for name, text in parts.items():
        etree.SubElement(question, f"{{{MEDIA2}}}{name}").text = text
    return question


def _media1(profile: Any) -> MediaProfile:
    video = _of(profile, "VideoEncoderConfiguration")
    size, rate = _of(video, "Resolution"), _of(video, "RateControl")
    encoding = plain(_of(video, "Encoding"), 16)
    limit = whole(_of(rate, "BitrateLimit"))  # kbit/s
    return MediaProfile(
        token=plain(_of(profile, "token"), 64),
        name=plain(_of(profile, "Name"), 64),
        service="media1",
        codec=_codec(encoding),
        width=whole(_of(size, "Width")) or 0,
        height=whole(_of(size, "Height")) or 0,
        fps=_fps(_of(rate, "FrameRateLimit")),
        bit_rate=limit * 1000 if limit else None,
        gop=whole(_of(_of(video, "H264"), "GovLength")),
        audio=_of(profile, "AudioEncoderConfiguration") is not None,
        ptz=_of(profile, "PTZConfiguration") is not None,
    )


def _media2(profile: etree._Element) -> MediaProfile:
    video = profile.find("{*}Configurations/{*}VideoEncoder")
    limit = whole(_text(video, "{*}RateControl/{*}BitrateLimit"))
    return MediaProfile(
        token=plain(profile.get("token"), 64),
        name=plain(profile.findtext("{*}Name"), 64),
        service="media2",
        codec=_codec(plain(_text(video, "{*}Encoding"), 16)),
        width=whole(_text(video, "{*}Resolution/{*}Width")) or 0,
        height=whole(_text(video, "{*}Resolution/{*}Height")) or 0,
        fps=_fps(_text(video, "{*}RateControl/{*}FrameRateLimit")),
        bit_rate=limit * 1000 if limit else None,
        gop=None if video is None else whole(video.get("GovLength")),
        audio=profile.find("{*}Configurations/{*}AudioEncoder") is not None,
        ptz=profile.find("{*}Configurations/{*}PTZ") is not None,
    )


def _codec(encoding: str) -> str:
    name = encoding.lower()
    return _CODECS.get(name, name)


def _fps(told: object) -> float | None:
    value = number(told)
    return value if value is not None and 0 < value <= 1000 else None


def _text(element: etree._Element | None, path: str) -> str | None:
    return None if element is None else element.findtext(path)


def _of(told: Any, name: str) -> Any:
    return getattr(told, name, None)
