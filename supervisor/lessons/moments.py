"""The three pictures of a verdict (三张画面): what the box signed that it saw, and the picture itself, taken out of the
evidence clip when somebody looks. Nothing is kept beside the clip, so whoever has the bundle can do the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import accumulate
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from config.clock import epoch_ms
from config.errors import LessonProofError
from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.contract.log import VerdictEntry, VerdictMoment
from supervisor.devices.models import Camera
from supervisor.devices.service import not_found
from supervisor.lessons import repository
from supervisor.lessons.absent_clip import why_absent
from supervisor.lessons.key_frame import MOST_BYTES, jpeg_of
from supervisor.lessons.models import EvidenceClip, LessonVerdictRow
from supervisor.lessons.register import enter
from supervisor.lessons.repository import LessonRow
from supervisor.lessons.schemas import MomentView, PictureState, ViewReason
from supervisor.profiles import profile_named

_NEAR_MS = 10_000
"""No key frame of a clip is further away from any of its pictures: cut at whole groups."""


def moments_of(
    session: Session, row: LessonRow, counting: LessonVerdictRow | None, clips: Sequence[tuple[EvidenceClip, Camera]]
) -> list[MomentView]:
    """Of the report that the counting verdict was judged from: by camera, then by time, at most as many of a camera as
    the profile has moments. Empty: no report, or one of a box that did not tell yet."""
    entry = None if counting is None else _reported(session, counting)
    if entry is None:
        return []
    parts = profile_named(row.training.profile).visible.moments
    told = {camera["camera_id"] for camera in entry.evidence["cameras"]}
    shown = []
    for camera in repository.cameras(session, {one.camera_id for one in entry.moments if str(one.camera_id) in told}):
        own = sorted((one for one in entry.moments if one.camera_id == camera.id), key=lambda one: one.at)
        shown += [
            MomentView(
                camera_code=camera.code,
                part=_part(one, entry, row.hour.start, parts),
                parts=parts,
                picture=_state(_showing(clips, one)),
                moment=one,
            )
            for one in own[:parts]
        ]
    return shown


def picture(
    centre: Centre, caller: Caller, lesson_hour_id: UUID, camera_id: UUID, at: int, reason: ViewReason, ip: str
) -> bytes:
    """JPEG of the key frame of the moment `at` (epoch ms) of `camera_id`; entered in the viewing register before it is
    read, once for all pictures of the lesson hour that somebody opens for one reason within ten minutes.

    Raises LessonProofError LESSON_NOT_FOUND, MOMENT_NOT_FOUND, CLIP_NOT_FOUND (404), CLIP_NOT_PLAYABLE, CLIP_DAMAGED,
    PICTURE_DAMAGED (409), CLIP_DELETED (410), PICTURES_BUSY (503).
    """
    with centre.uow.read() as session:
        if repository.lesson(session, caller, lesson_hour_id) is None:
            raise not_found("LESSON", "课时", "lesson hour")
        counting = repository.counting_verdict(session, lesson_hour_id)
        entry = None if counting is None else _reported(session, counting)
        told = [one for one in (entry.moments if entry else ()) if (one.camera_id, one.at) == (camera_id, at)]
        if not told:
            raise not_found("MOMENT", "这一时刻的画面", "moment")
        clip = _showing(repository.clips(session, [lesson_hour_id]).get(lesson_hour_id, []), told[0])
    if clip is None:
        raise not_found("CLIP", "取证片段", "clip")
    if clip.state != "verified":
        raise why_absent(clip)
    if clip.playlist is None:
        raise LessonProofError(
            "CLIP_NOT_PLAYABLE", status=409, zh="片段文件无法播放", en="the clip is no video that can be played"
        )
    number, _ = nearest_group(clip.manifest, clip.playlist, at)
    enter(centre, caller, lesson_hour_id, "pictures", reason, ip)
    group = clip.playlist["groups"][number]
    init = _bytes(centre, clip, 0, min(clip.playlist["init"], MOST_BYTES))
    return jpeg_of(init, _bytes(centre, clip, group["offset"], min(group["size"], MOST_BYTES)))


def nearest_group(manifest: dict[str, Any], playlist: dict[str, Any], at: int) -> tuple[int, int]:
    """Which key-frame group begins nearest to the instant `at` (epoch ms), and how many ms of media lie before it.

    The box looks at key frames, so nearest is the very one; its date and the clip's may differ by some ms either way.
    """
    groups, wall_ms, starts = playlist["groups"], int(manifest["start_ms"]), []
    for group in groups:
        wall_ms = group.get("wall_ms", wall_ms)
        starts.append(wall_ms)
        wall_ms += group["ms"]
    number = min(range(len(groups)), key=lambda each: abs(starts[each] - at))
    if abs(starts[number] - at) > _NEAR_MS:
        raise not_found("MOMENT", "这一时刻的画面", "moment")
    return number, [0, *accumulate(group["ms"] for group in groups)][number]


def _reported(session: Session, counting: LessonVerdictRow) -> VerdictEntry | None:
    if counting.evidence_id is None:
        return None
    report = repository.evidence_by_id(session, counting.evidence_id)
    return VerdictEntry.model_validate_json(repository.log_body(session, report.box_id, report.idx))


def _part(moment: VerdictMoment, entry: VerdictEntry, start: datetime, parts: int) -> int | None:
    """Which part of the box's best window it is in, from 1; None: in none."""
    window = entry.verdict.get("window")
    if window is None:
        return None
    length_ms = window["end_ms"] - window["start_ms"]
    after_ms = moment.at - epoch_ms(start) - window["start_ms"]
    return 1 + after_ms * parts // length_ms if 0 <= after_ms < length_ms else None


def _showing(clips: Sequence[tuple[EvidenceClip, Camera]], moment: VerdictMoment) -> EvidenceClip | None:
    """The clip with this moment; one that is here, if there is one."""
    with_it = [
        clip
        for clip, _ in clips
        if clip.camera_id == moment.camera_id
        and clip.manifest["start_ms"] - _NEAR_MS <= moment.at <= clip.manifest["end_ms"] + _NEAR_MS
    ]
    return min(with_it, key=lambda clip: clip.state != "verified", default=None)


def _state(clip: EvidenceClip | None) -> PictureState:
    if clip is None:
        return PictureState.NONE
    if clip.state == "verified":
        return PictureState.HERE if clip.playlist is not None else PictureState.DAMAGED
    if clip.state in ("deleting", "deleted"):
        return PictureState.DELETED
    return PictureState.DAMAGED if clip.repairs else PictureState.WAITING


def _bytes(centre: Centre, clip: EvidenceClip, start: int, length: int) -> bytes:
    assert clip.object_key is not None
    return b"".join(centre.store.get_range(clip.object_key, start, length))
