"""Session descriptions (RFC 8866) of a practice camera: H.264 (RFC 6184 §8.2.1), or a camera that has only sound."""

from __future__ import annotations

from base64 import b64encode

TRACK = "trackID=0"


def video_sdp(title: str, payload_type: int, sps: bytes, pps: bytes, rate: int) -> str:
    sets = ",".join(b64encode(nal).decode() for nal in (sps, pps))
    media = (
        f"m=video 0 RTP/AVP {payload_type}",
        f"a=rtpmap:{payload_type} H264/90000",
        f"a=fmtp:{payload_type} packetization-mode=1;profile-level-id={sps[1:4].hex()};sprop-parameter-sets={sets}",
        f"a=framerate:{rate}",
    )
    return _session(title, media)


def sound_sdp(title: str) -> str:
    """G.711 µ-law, static payload type 0 (RFC 3551)."""
    return _session(title, ("m=audio 0 RTP/AVP 0", "a=rtpmap:0 PCMU/8000"))


def _session(title: str, media: tuple[str, ...]) -> str:
    lines = (
        "v=0",
        "o=- 0 0 IN IP4 0.0.0.0",
        f"s={' '.join(title.split()) or '-'}",
        "c=IN IP4 0.0.0.0",
        "t=0 0",
        "a=control:*",
        "a=range:npt=now-",
        *media,
        f"a=control:{TRACK}",
    )
    return "\r\n".join(lines) + "\r\n"
