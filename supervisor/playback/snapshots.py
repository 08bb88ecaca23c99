"""Snapshots: a picture taken out of a clip in somebody's browser. The centre reads it once, keeps its digest with who,
when, which camera and which moment, and lets it go: whoever is shown the picture later can ask whether it is that one.

What is proved is that these bytes were handed in by that person at that time as the picture of that moment. Whether
they are is seen by taking the same moment out of the clip again, whose own digest the box signed.
"""

from __future__ import annotations

import struct
from uuid import UUID

from config.clock import epoch_ms, from_epoch_ms
from config.errors import LessonProofError
from supervisor.audit.service import record
from supervisor.callers import Caller, as_caller
from supervisor.centre import Centre
from supervisor.contract.evidence import sha256_hex
from supervisor.devices.models import Camera
from supervisor.devices.service import not_found
from supervisor.lessons import repository as lessons
from supervisor.lessons.register import viewing
from supervisor.lessons.schemas import ViewReason
from supervisor.playback import repository
from supervisor.playback.models import Snapshot
from supervisor.playback.schemas import SnapshotOut
from supervisor.spans.repository import of_lessons
from supervisor.spans.service import READERS

_PNG = b"\x89PNG\r\n\x1a\n"
_EDGE_MS = 10_000
"""A clip begins and ends with whole groups of pictures: so much may its edges miss of what it shows."""


def take(
    centre: Centre, caller: Caller, lesson_hour_id: UUID, sha256: str, at: int, reason: ViewReason, body: bytes, ip: str
) -> SnapshotOut:
    """`sha256`: of the clip, or of raw recording that was fetched; `at`: the moment of the picture, epoch ms. A picture
    leaves the centre, so it is an export in the viewing register. Raises LessonProofError LESSON_NOT_FOUND,
    CLIP_NOT_FOUND (404), SNAPSHOT_ELSEWHERE, SNAPSHOT_NOT_PNG (422)."""
    width, height = _size(body)
    digest, now = sha256_hex(body), centre.clock.now()
    with centre.uow.write() as session:
        if lessons.lesson(session, caller, lesson_hour_id) is None:
            raise not_found("LESSON", "课时", "lesson hour")
        of_lesson = lessons.clips(session, [lesson_hour_id]).get(lesson_hour_id, [])
        files = [(clip.manifest, camera) for clip, camera in of_lesson]
        if caller.role in READERS:
            files += [(span.manifest, camera) for span, camera, _, _ in of_lessons(session, [lesson_hour_id])
                      if span.manifest is not None]  # fmt: skip
        found = next((pair for pair in files if pair[0]["sha256"] == sha256), None)
        if found is None:
            raise not_found("CLIP", "取证片段", "clip")
        manifest, camera = found
        if not manifest["start_ms"] - _EDGE_MS <= at <= manifest["end_ms"] + _EDGE_MS:
            raise LessonProofError(
                "SNAPSHOT_ELSEWHERE",
                status=422,
                where="/at",
                zh="这一时刻不在片段内",
                en="this moment is not in the clip",
            )
        made = Snapshot(
            at=now,
            account_id=caller.account_id,
            lesson_hour_id=lesson_hour_id,
            camera_id=camera.id,
            clip_sha256=sha256,
            moment=from_epoch_ms(at),
            sha256=digest,
            bytes=len(body),
            width=width,
            height=height,
        )
        session.add(made)
        session.add(viewing(caller, lesson_hour_id, "export", reason, ip, now))
        session.flush()
        subject = f"lesson_hour:{lesson_hour_id}"
        record(session, now, caller.actor, "snapshot_taken", subject, sha256=digest, clip=sha256, moment=at)
        return _out(made, camera, caller.name, caller.unit)


def known(centre: Centre, caller: Caller, sha256: str) -> list[SnapshotOut]:
    """Who registered a picture of this very content, oldest first, as far as the caller may see the lesson hours.
    Raises LessonProofError SNAPSHOT_NOT_FOUND (404): nobody did."""
    with centre.uow.read() as session:
        found = repository.snapshots(session, sha256)
        seen = lessons.lessons_seen(session, caller, {one.lesson_hour_id for one, *_ in found})
        kept = [
            _out(one, camera, account.name, as_caller(account, institution).unit)
            for one, camera, account, institution in found
            if one.lesson_hour_id in seen
        ]
    if not kept:
        raise not_found("SNAPSHOT", "登记的截图", "registered snapshot")
    return kept


def _size(body: bytes) -> tuple[int, int]:
    """Width and height of a PNG, from its first chunk."""
    if not body.startswith(_PNG) or body[12:16] != b"IHDR" or len(body) < 33:
        raise _not_png()
    width, height = struct.unpack(">II", body[16:24])
    if not (0 < width <= 20_000 and 0 < height <= 20_000):
        raise _not_png()
    return width, height


def _not_png() -> LessonProofError:
    return LessonProofError("SNAPSHOT_NOT_PNG", status=422, zh="截图必须是 PNG 图像", en="a snapshot is a PNG picture")


def _out(one: Snapshot, camera: Camera, who: str, unit: str) -> SnapshotOut:
    return SnapshotOut(
        id=one.id,
        sha256=one.sha256,
        bytes=one.bytes,
        width=one.width,
        height=one.height,
        lesson_hour_id=one.lesson_hour_id,
        camera_id=camera.id,
        camera_code=camera.code,
        clip_sha256=one.clip_sha256,
        moment=epoch_ms(one.moment),
        who=who,
        unit=unit,
        at=one.at,
    )
