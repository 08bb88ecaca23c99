"""Clips arrive: content-addressed, resumable at any byte, checked at the end.

The size of the file on disk *is* the offset: after `kill -9` nothing has to be remembered. A piece is written under a
lock, flushed, and only then acknowledged; the last one is followed by the digest check and the move into the archive,
which is the local disk or S3. When the archive is away, the file waits here and the box asks again. A clip of which
no piece has come yet may go straight into the bucket instead (`direct`).
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from config.errors import LessonProofError
from storage.evidence.fmp4 import Index, good_prefix
from storage.objects import ObjectInfo, fsync_folder
from supervisor.audit.service import record
from supervisor.centre import Centre
from supervisor.lessons import repository
from supervisor.lessons.models import EvidenceClip
from supervisor.registry.outbox import tell_clip

FOLDER = "clips/"  # of the archive
SINGLE_PUT_BYTES = 5 * 1024**3  # the most S3 takes in one request


@dataclass(frozen=True, slots=True)
class UploadState:
    """`direct`: the clip may go straight into the bucket."""

    offset: int
    complete: bool
    direct: bool = False


def upload_state(centre: Centre, box_id: UUID, sha256: str) -> UploadState:
    """Raises LessonProofError CLIP_NOT_FOUND (404): no verdict entry of this box names the clip."""
    clip = clip_of_box(centre, box_id, sha256)
    if clip.arrived:
        return UploadState(clip.bytes, complete=True)
    held = held_bytes(centre, clip)
    if held < clip.bytes:
        return UploadState(held, complete=False, direct=may_go_direct(centre, clip))
    try:
        return receive(centre, box_id, sha256, held, b"")  # we died between the last byte and the digest check
    except LessonProofError:
        return UploadState(held_bytes(centre, clip), complete=False)


def receive(centre: Centre, box_id: UUID, sha256: str, offset: int, piece: bytes) -> UploadState:
    """Add `piece` at `offset`. Raises CLIP_NOT_FOUND (404), UPLOAD_OFFSET (409), CLIP_TOO_LONG (422), CLIP_DIGEST
    (422), after which the upload starts again from 0, and ARCHIVE_AWAY or ARCHIVE_REFUSED (503), after which every byte
    is still here."""
    clip = clip_of_box(centre, box_id, sha256)
    if clip.arrived:
        return UploadState(clip.bytes, complete=True)
    part = part_of(centre, clip)
    with locked(part) as file:
        if clip_of_box(centre, box_id, sha256).arrived:  # while we waited for the lock
            part.unlink(missing_ok=True)
            return UploadState(clip.bytes, complete=True)
        held = add_piece(file, part, clip.bytes, offset, piece)
        if offset == 0:
            set_uploading(centre, box_id, sha256)
        if held < clip.bytes:
            return UploadState(held, complete=False)
        if not digest_fits(file, part, sha256):
            _refuse_digest(centre, clip)
        _archive(centre, clip, part)
        return UploadState(clip.bytes, complete=True)


def held_bytes(centre: Centre, clip: EvidenceClip) -> int:
    """Bytes of the clip that are at the centre."""
    if clip.arrived:
        return 0 if clip.state == "deleted" else clip.bytes
    try:
        return min(part_of(centre, clip).stat().st_size, clip.bytes)
    except FileNotFoundError:
        return 0


def may_go_direct(centre: Centre, clip: EvidenceClip) -> bool:
    """Once a piece has come through the centre, the others do too, and so does a clip that is asked for again."""
    fits = clip.bytes <= SINGLE_PUT_BYTES and clip.repairs == 0
    return centre.presigner is not None and fits and not part_of(centre, clip).exists()


def key_start(sha256: str) -> str:
    """What the keys of everything begin with that was ever archived as this clip."""
    return f"{FOLDER}{sha256[:2]}/{sha256}"


def object_key(sha256: str, repairs: int = 0) -> str:
    """`repairs`: an object that was damaged stays where it is until its term is over, so the next has another key."""
    return f"{key_start(sha256)}{f'-{repairs}' if repairs else ''}.mp4"


def clip_of_box(centre: Centre, box_id: UUID, sha256: str) -> EvidenceClip:
    """One that is not verified yet, if there is one. Raises LessonProofError CLIP_NOT_FOUND (404)."""
    with centre.uow.read() as session:
        found = repository.clips_of_box(session, box_id, sha256)
    if not found:
        raise LessonProofError("CLIP_NOT_FOUND", status=404, zh="没有登记这个片段", en="no such clip is expected")
    return next((clip for clip in found if not clip.arrived), found[0])


def part_of(centre: Centre, clip: EvidenceClip) -> Path:
    """One file per box and clip, so that no box can spoil another's upload."""
    return centre.settings.data_dir / "uploads" / str(clip.box_id) / f"{clip.sha256}.part"


@contextmanager
def locked(part: Path) -> Iterator[int]:
    """The open file, locked against a second request (also of another process) for the same clip."""
    part.parent.mkdir(parents=True, exist_ok=True)
    while True:
        file = os.open(part, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            if _same_file(file, part):
                yield file
                return
        finally:
            os.close(file)


def _same_file(file: int, path: Path) -> bool:
    """False when the file was moved into the archive while we waited for its lock."""
    try:
        named = path.stat()
    except FileNotFoundError:
        return False
    held = os.fstat(file)
    return (named.st_dev, named.st_ino) == (held.st_dev, held.st_ino)


def add_piece(file: int, part: Path, size: int, offset: int, piece: bytes) -> int:
    """Bytes that are there afterwards, flushed. `size`: of the whole. Raises UPLOAD_OFFSET (409), CLIP_TOO_LONG
    (422)."""
    held = os.fstat(file).st_size
    if held > size:  # left by somebody else's hand: no honest way leads here
        os.ftruncate(file, 0)
        held = 0
    if offset != held:
        raise LessonProofError(
            "UPLOAD_OFFSET",
            status=409,
            zh=f"中心已有 {held} 字节,请从那里继续",
            en=f"the centre holds {held} bytes: continue there",
        )
    if held + len(piece) > size:
        raise LessonProofError(
            "CLIP_TOO_LONG", status=422, zh="片段比清单所述更长", en="more bytes than the clip's manifest says"
        )
    _write(file, piece)
    if held == 0:
        fsync_folder(part.parent)
    return held + len(piece)


def digest_fits(file: int, part: Path, sha256: str) -> bool:
    """False: the bytes are thrown away, and the upload starts again from 0."""
    if _digest(part) == sha256:
        return True
    os.ftruncate(file, 0)
    os.fsync(file)
    return False


def _write(file: int, piece: bytes) -> None:
    view = memoryview(piece)
    while view:
        view = view[os.write(file, view) :]
    os.fsync(file)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def set_uploading(centre: Centre, box_id: UUID, sha256: str) -> None:
    with centre.uow.write() as session:
        for clip in repository.clips_of_box(session, box_id, sha256):
            if clip.state == "expected":
                clip.state = "uploading"


def _refuse_digest(centre: Centre, clip: EvidenceClip) -> None:
    _note_wrong_digest(centre, clip)
    raise LessonProofError(
        "CLIP_DIGEST",
        status=422,
        zh="片段内容与其指纹不符,请从头上传",
        en="the bytes do not match the clip's hash: upload it again from the start",
    )


def only_through_centre(centre: Centre, clip: EvidenceClip) -> None:
    """What lies in the bucket under the box's own key is not the clip."""
    _note_wrong_digest(centre, clip)
    part = part_of(centre, clip)
    part.touch(0o600)  # from now on `may_go_direct` says no
    fsync_folder(part.parent)


def _note_wrong_digest(centre: Centre, clip: EvidenceClip) -> None:
    now = centre.clock.now()
    with centre.uow.write() as session:
        record(session, now, f"box:{clip.box_id}", "clip_digest_wrong", f"clip:{clip.sha256}", alarm=True)


def _archive(centre: Centre, clip: EvidenceClip, part: Path) -> None:
    """A crash between the move and the commit leaves the object without its rows: the box asks, is told to start
    again, and the second move finds the same bytes there."""
    playlist = playlist_of(part)
    set_verified(centre, clip, centre.store.put(object_key(clip.sha256, clip.repairs), part, clip.sha256), playlist)


def set_verified(centre: Centre, clip: EvidenceClip, stored: ObjectInfo, playlist: dict[str, Any] | None) -> None:
    """The bytes of `stored` were read and are the clip's: so say its rows, and the audit log."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        for row in repository.clips_of_box(session, clip.box_id, clip.sha256):
            if row.arrived:
                continue
            row.state = "verified"
            row.verified_at = row.checked_at = now
            row.object_key = stored.key
            row.playlist = playlist
            tell_clip(session, now, row)
        playable = playlist is not None
        who, what = f"box:{clip.box_id}", f"clip:{clip.sha256}"
        record(session, now, who, "clip_verified", what, alarm=not playable, playable=playable)
        if not _lock_holds(centre, stored):
            record(session, now, "archive", "clip_not_locked", what, alarm=True)


def _lock_holds(centre: Centre, stored: ObjectInfo) -> bool:
    """Whether the store guards the object as long as the settings promise (a day less: its clock is not ours)."""
    s3 = centre.settings.s3
    if centre.settings.archive == "local" or s3 is None or not s3.object_lock:
        return True
    promised = centre.clock.now() + timedelta(days=s3.retention_days - 1)
    return stored.locked_until is not None and stored.locked_until >= promised


def playlist_of(path: Path) -> dict[str, Any] | None:
    """Where the init segment and each key-frame group lie; None when the clip is not the fMP4 that we can play."""
    try:
        index = good_prefix(path)  # the digest fits, so whatever follows the last whole fragment is as the box made it
    except LessonProofError:
        return None
    return {"init": index.init_size, "groups": _groups(index)} if index.fragments else None


def _groups(index: Index) -> list[dict[str, int]]:
    """One per key frame: byte offset and size, length in ms, wall time where the file tells it."""
    starts = [at for at, one in enumerate(index.fragments) if one.keyframe or at == 0]
    groups = []
    for first, after in zip(starts, [*starts[1:], len(index.fragments)], strict=True):
        head, tail = index.fragments[first], index.fragments[after - 1]
        end_tick = index.fragments[after].tfdt if after < len(index.fragments) else tail.tfdt + tail.duration
        group = {
            "offset": head.offset,
            "size": tail.offset + tail.size - head.offset,
            "ms": index.ms(end_tick) - index.ms(head.tfdt),
        }
        groups.append(group if head.wall_ms is None else group | {"wall_ms": head.wall_ms})
    return groups
