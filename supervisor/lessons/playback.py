"""Looking at a clip: entered in the viewing register before the first byte, then played by byte ranges."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from config.clock import from_epoch_ms
from config.errors import LessonProofError
from storage.objects import ObjectStore
from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.contract.evidence import canonical_json
from supervisor.devices.service import not_found
from supervisor.lessons import repository, service
from supervisor.lessons.absent_clip import why_absent
from supervisor.lessons.models import EvidenceClip
from supervisor.lessons.register import enter
from supervisor.lessons.schemas import ViewReason


@dataclass(frozen=True, slots=True)
class Media:
    """Bytes [start, stop) of a clip of `size` bytes."""

    pieces: Iterator[bytes]
    start: int
    stop: int
    size: int


def playlist(
    centre: Centre, caller: Caller, lesson_hour_id: UUID, sha256: str | None, reason: ViewReason, ip: str
) -> str:
    """HLS VOD playlist of one clip (the first playable one when `sha256` is None): one segment per key-frame group.

    Raises LessonProofError LESSON_NOT_FOUND, CLIP_NOT_FOUND (404), CLIP_NOT_PLAYABLE, CLIP_DAMAGED (409), CLIP_DELETED
    (410).
    """
    clip = _open(centre, caller, lesson_hour_id, sha256, reason, ip)
    media = f"/api/lessons/{lesson_hour_id}/clips/{clip.sha256}/clip.mp4?reason={reason}"
    return hls(clip.playlist, media, int(clip.manifest["start_ms"]))


def hls(playlist: dict[str, Any] | None, media: str, start_ms: int) -> str:
    """`playlist`: as kept of the file (`uploads.playlist_of`); `media`: its address; `start_ms`: wall time of its first
    picture, where the file does not tell its own. Raises CLIP_NOT_PLAYABLE (409)."""
    if playlist is None:
        raise LessonProofError(
            "CLIP_NOT_PLAYABLE", status=409, zh="片段文件无法播放", en="the clip is no video that can be played"
        )
    groups = playlist["groups"]
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        f"#EXT-X-TARGETDURATION:{max(1, math.ceil(max(group['ms'] for group in groups) / 1000))}",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        f'#EXT-X-MAP:URI="{media}",BYTERANGE="{playlist["init"]}@0"',
    ]
    wall_ms = start_ms
    for group in groups:
        wall_ms = group.get("wall_ms", wall_ms)
        at = from_epoch_ms(wall_ms).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        lines += [
            f"#EXT-X-PROGRAM-DATE-TIME:{at}",
            f"#EXTINF:{group['ms'] / 1000:.3f},",
            f"#EXT-X-BYTERANGE:{group['size']}@{group['offset']}",
            media,
        ]
        wall_ms += group["ms"]
    return "\n".join([*lines, "#EXT-X-ENDLIST", ""])


def evidence_file(centre: Centre, caller: Caller, lesson_hour_id: UUID, reason: ViewReason, ip: str) -> bytes:
    """The evidence behind the lesson hour's verdict as canonical JSON: what `supervisor judge` recomputes from. Entered
    in the viewing register as an export. Raises LessonProofError LESSON_NOT_FOUND, EVIDENCE_NOT_FOUND (404)."""
    evidence = service.lesson_page(centre, caller, lesson_hour_id).evidence
    if evidence is None:
        raise not_found("EVIDENCE", "证据", "evidence")
    enter(centre, caller, lesson_hour_id, "export", reason, ip)
    return canonical_json(evidence)


def media(
    centre: Centre,
    caller: Caller,
    lesson_hour_id: UUID,
    sha256: str,
    reason: ViewReason,
    ip: str,
    wanted: str | None,
) -> Media:
    """`wanted`: the Range header (RFC 9110 §14.2), of which one range is served. Raises as `playlist`, and
    RANGE_INVALID (416)."""
    clip = _open(centre, caller, lesson_hour_id, sha256, reason, ip)
    assert clip.object_key is not None
    return served(centre.store, clip.object_key, clip.bytes, wanted)


def served(store: ObjectStore, key: str, size: int, wanted: str | None) -> Media:
    """Raises RANGE_INVALID (416)."""
    start, stop = _range(wanted, size)
    return Media(store.get_range(key, start, stop - start), start, stop, size)


def _open(
    centre: Centre, caller: Caller, lesson_hour_id: UUID, sha256: str | None, reason: ViewReason, ip: str
) -> EvidenceClip:
    """The clip, and a line in the register that this person opened it."""
    with centre.uow.read() as session:
        clip = _clip(session, caller, lesson_hour_id, sha256)
    enter(centre, caller, lesson_hour_id, "playback", reason, ip)
    return clip


def _clip(session: Session, caller: Caller, lesson_hour_id: UUID, sha256: str | None) -> EvidenceClip:
    if repository.lesson(session, caller, lesson_hour_id) is None:
        raise not_found("LESSON", "课时", "lesson hour")
    named = [
        clip
        for clip, _ in repository.clips(session, [lesson_hour_id]).get(lesson_hour_id, [])
        if sha256 in (None, clip.sha256)
    ]
    for clip in named:
        if clip.state == "verified":
            return clip
    if named:
        raise why_absent(named[0])
    raise not_found("CLIP", "取证片段", "clip")


def _range(wanted: str | None, size: int) -> tuple[int, int]:
    if wanted is None:
        return 0, size
    unit, _, span = wanted.partition("=")
    first, dash, last = span.strip().partition("-")
    if unit.strip().lower() != "bytes" or not dash or not (first or last) or not (first + last).isascii():
        raise _range_invalid(size)
    if (first and not first.isdecimal()) or (last and not last.isdecimal()):
        raise _range_invalid(size)
    if not first:
        start, stop = max(0, size - int(last)), size
    else:
        start, stop = int(first), min(size, int(last) + 1) if last else size
    if start >= stop:
        raise _range_invalid(size)
    return start, stop


def _range_invalid(size: int) -> LessonProofError:
    return LessonProofError(
        "RANGE_INVALID", status=416, zh=f"请求的范围不在文件内(共 {size} 字节)", en=f"no such range in {size} bytes"
    )
