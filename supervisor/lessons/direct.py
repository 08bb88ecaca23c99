"""Clips that go straight into the bucket: the centre gives leave for one request, and afterwards looks for itself.

Nothing is remembered between the two: whether the object is there is asked of the store each time, so that box and
centre may die at any moment. What lies there counts for nothing before it was read back whole and its digest fitted.
Each box has a key of its own for each clip: an object with wrong bytes, which a store that ignores checksums takes and
Object Lock then keeps, so stands in nobody's way. Reasons: docs/decisions/0005-clips-straight-into-the-bucket.md.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from storage.objects import ObjectInfo
from supervisor.centre import Centre
from supervisor.contract.direct import DirectUpload, PutRequest
from supervisor.lessons import uploads
from supervisor.lessons.models import EvidenceClip

VALID = timedelta(minutes=15)


def arrange(centre: Centre, box_id: UUID, sha256: str) -> DirectUpload:
    """Leave to put the clip into the bucket; or, when it is there, the check of it. May be asked at any time.

    Raises LessonProofError CLIP_NOT_FOUND (404), and ARCHIVE_AWAY or ARCHIVE_REFUSED (503), which change nothing."""
    clip = uploads.clip_of_box(centre, box_id, sha256)
    if clip.arrived:
        return DirectUpload(complete=True)
    if centre.presigner is None or not uploads.may_go_direct(centre, clip):
        return DirectUpload(complete=False)
    key = direct_key(clip)
    stored = centre.store.head(key)
    if stored is not None:
        return DirectUpload(complete=_examine(centre, clip, stored))
    uploads.set_uploading(centre, box_id, sha256)
    put = centre.presigner.put(key, clip.bytes, sha256, VALID)
    return DirectUpload(
        complete=False, put=PutRequest(url=put.url, headers=dict(put.headers), expires_at=put.expires_at)
    )


def direct_key(clip: EvidenceClip) -> str:
    return f"{uploads.key_start(clip.sha256)}-{clip.box_id}.mp4"


def _examine(centre: Centre, clip: EvidenceClip, stored: ObjectInfo) -> bool:
    """Read the object back. False: it is not the clip, which from now on comes through the centre."""
    copy = uploads.part_of(centre, clip).with_suffix(".check")
    with uploads.locked(copy):  # a box that did not wait for the answer asks again, and then waits for the first
        try:
            if uploads.clip_of_box(centre, clip.box_id, clip.sha256).arrived:
                return True
            if stored.size != clip.bytes or _read_back(centre, stored, copy) != clip.sha256:
                uploads.only_through_centre(centre, clip)
                return False
            uploads.set_verified(centre, clip, stored, uploads.playlist_of(copy))
            return True
        finally:
            copy.unlink()


def _read_back(centre: Centre, stored: ObjectInfo, copy: Path) -> str:
    """The digest of what the store sends, which is in `copy` afterwards."""
    digest = hashlib.sha256()
    with copy.open("wb") as file:
        for piece in centre.store.get_range(stored.key, 0, stored.size):
            digest.update(piece)
            file.write(piece)
    return digest.hexdigest()
