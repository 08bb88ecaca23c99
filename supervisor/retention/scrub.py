"""Every night a thirtieth of the archive is read again and hashed, so that no clip goes unread for longer than a month.

The archive is also asked whether it deletes anything by itself.

What is damaged or missing is an alarm, and the box is asked for its copy (`TargetState.resend`). A damaged object is
neither deleted nor written over: it stays under its key until its term is over, the copy gets another.
"""

from __future__ import annotations

import hashlib
import math
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import func, select

from config.errors import LessonProofError
from supervisor.audit.service import CENTRE, record
from supervisor.centre import Centre
from supervisor.lessons.models import EvidenceClip
from supervisor.lessons.uploads import FOLDER
from supervisor.retention import repository

EVERY = timedelta(days=30)
CATCH_UP = 2  # times the even pace, after nights that were missed

Finding = Literal["ok", "damaged", "missing"]


def scrub_clips(centre: Centre) -> int:
    """How many clips were read. Raises what the archive raised last, at the end; the next night goes on."""
    now = centre.clock.now()
    _ask_for_rules(centre, now)
    with centre.uow.read() as session:
        count = select(func.count(EvidenceClip.object_key.distinct())).where(EvidenceClip.state == "verified")
        limit = math.ceil((session.scalar(count) or 0) * CATCH_UP / EVERY.days)
        chosen = repository.unchecked(session, now - EVERY, now, limit)
    missing: list[str] = []
    away: LessonProofError | None = None
    for key, sha256, size in chosen:
        try:
            found = _look(centre, key, sha256, size)
        except LessonProofError as error:  # of this object, perhaps: the others are read all the same
            away = error
            continue
        if found == "missing":
            missing.append(key)
        else:
            _note(centre, key, found, now)
    if missing and next(iter(centre.store.list(FOLDER)), None) is None:
        with centre.uow.write() as session:  # nothing at all is there: a disk that is not mounted, not thirty losses
            record(session, now, CENTRE, "archive_empty", "archive", alarm=True, looked_for=len(missing))
        return 0
    for key in missing:
        _note(centre, key, "missing", now)
    if away is not None:
        raise away
    return len(chosen)


def _ask_for_rules(centre: Centre, now: datetime) -> None:
    """An archive that deletes clips by a rule of its own, or does not say whether it does, is an alarm every night."""
    try:
        rules = centre.store.deletes_by_itself(FOLDER)
    except LessonProofError as error:
        if error.code != "ARCHIVE_REFUSED":
            raise
        rules = (error.code,)
    if rules:
        with centre.uow.write() as session:
            record(session, now, CENTRE, "archive_deletes", "archive", alarm=True, rules=list(rules))


def _look(centre: Centre, key: str, sha256: str, size: int) -> Finding:
    if centre.store.head(key) is None:
        return "missing"
    digest = hashlib.sha256()
    try:
        for piece in centre.store.get_range(key, 0, size + 1):
            digest.update(piece)
    except OSError:  # the disk cannot read it
        return "damaged"
    return "ok" if digest.hexdigest() == sha256 else "damaged"


def _note(centre: Centre, key: str, found: Finding, now: datetime) -> None:
    with centre.uow.write() as session:
        for clip in repository.stored_as(session, key):
            clip.checked_at = now
            if found == "ok":
                continue
            record(
                session, now, CENTRE, f"clip_{found}", f"clip:{clip.sha256}", alarm=True, sha256=clip.sha256,
                bytes=clip.bytes, lesson_hour_id=str(clip.lesson_hour_id), object_key=key,
                retain_until=clip.retain_until.isoformat(),
            )  # fmt: skip
            want_again(clip)


def want_again(clip: EvidenceClip) -> None:
    """What is at the centre is not the clip any more: the box's copy is asked for."""
    clip.state, clip.object_key, clip.verified_at, clip.repairs = "expected", None, None, clip.repairs + 1
