"""Every night: clips whose term is over, that nobody holds and that no other lesson hour needs, are deleted.

In two phases: the rows are marked (`deleting`) with an entry in the record; whatever the archive holds under the hash
is deleted and looked for; the rows become `deleted`, keep their hash, and the record says so. Whatever dies in between
is finished the next night. Before both `storage.retention` is asked: the class may end later than it did, a hold may
have come.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from config.clock import epoch_ms, from_epoch_ms
from config.errors import LessonProofError
from storage.retention import Answer, Asset, Claim, DeletionRefused, Kind, Veto, delete_object, may_delete
from supervisor.audit.service import CENTRE, record
from supervisor.centre import Centre
from supervisor.classes.models import TrainingClass
from supervisor.lessons.models import EvidenceClip
from supervisor.lessons.uploads import key_start, object_key
from supervisor.retention import repository, today
from supervisor.retention.scrub import want_again
from supervisor.retention.terms import raise_term, raise_to, recorded_ms

A_NIGHT = 5000
"""Clips; the rest follows the next night."""

Rows = Sequence[tuple[EvidenceClip, TrainingClass]]


def retire_clips(centre: Centre) -> int:
    """How many objects were deleted. Raises what the archive raised last, at the end; the next night goes on."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        day = today.advance(session, now)
        if day is None:
            return 0
        _say_if_held_back(session, day, now)
    with centre.uow.read() as session:
        due = [*repository.deleting(session), *repository.term_over(session, day, A_NIGHT)]
    done, away = 0, None
    for sha256 in dict.fromkeys(due):
        try:
            done += _retire(centre, sha256, day)
        except LessonProofError as error:  # of this object, perhaps: the others are tried all the same
            away = error
    if away is not None:
        raise away
    return done


def _say_if_held_back(session: Session, day: datetime, now: datetime) -> None:
    """A clock that jumped, or that no box has confirmed for days, is an alarm as soon as it matters."""
    if now - day < today.STEP:
        return
    waiting = len(set(repository.term_over(session, now, A_NIGHT)) - set(repository.term_over(session, day, A_NIGHT)))
    if waiting:
        record(
            session, now, CENTRE, "retirement_waits", "retention_clock:1", alarm=True,
            day=day.isoformat(), clock=now.isoformat(), clips=waiting,
        )  # fmt: skip


def _retire(centre: Centre, sha256: str, day: datetime) -> bool:
    now = centre.clock.now()
    with centre.uow.write() as session:
        rows = repository.same_bytes(session, sha256, lock=True)
        if not _mark(session, rows, day, now):
            return False
    try:
        for stored in list(centre.store.list(key_start(sha256))):
            with centre.uow.read() as session:
                asset = _asset(session, repository.same_bytes(session, sha256), day)
            delete_object(centre.store, stored.key, asset, epoch_ms(day))
    except DeletionRefused as refusal:
        with centre.uow.write() as session:
            _stays(session, repository.same_bytes(session, sha256, lock=True), refusal, now)
        return False
    except LessonProofError as error:
        if error.code != "ARCHIVE_REFUSED":
            raise
        with centre.uow.write() as session:
            record(
                session, now, CENTRE, "clip_not_deleted", f"clip:{sha256}", alarm=True, sha256=sha256, why=error.code
            )
        return False
    with centre.uow.write() as session:
        _gone(session, repository.same_bytes(session, sha256, lock=True), now)
    return True


def _mark(session: Session, rows: Rows, day: datetime, now: datetime) -> bool:
    """Whether the bytes may go; then every row that has them says `deleting`, else none does."""
    for clip, training in rows:
        if clip.state != "deleted":
            raise_term(session, clip, training, now, CENTRE)
    answer = may_delete(_asset(session, rows, day), epoch_ms(day))
    if answer.allowed:
        for clip in _there(rows):
            if clip.state != "deleting":
                clip.state, clip.object_key = "deleting", clip.object_key or object_key(clip.sha256, clip.repairs)
                _note(session, now, "clip_deleting", clip)
    else:
        _undo(session, rows, answer, now)
    return answer.allowed


def _asset(session: Session, rows: Rows, day: datetime) -> Asset:
    here = [clip for clip, _ in rows if clip.state != "deleted"]
    held = repository.held_clips(session, [clip.id for clip in here], day)
    claims = (Claim(epoch_ms(clip.retain_until + timedelta(seconds=1)), held=clip.id in held) for clip in here)
    recorded = (recorded_ms(clip.manifest["end_ms"], clip.created_at) for clip in here)
    return Asset(Kind.CLIP, max(recorded, default=0), tuple(claims))


def _there(rows: Rows) -> list[EvidenceClip]:
    """Rows that have, or had, something in the archive; one that never got its clip stays `expected`."""
    return [clip for clip, _ in rows if clip.state in ("verified", "deleting") or (clip.repairs and not clip.arrived)]


def _undo(session: Session, rows: Rows, answer: Answer, now: datetime) -> None:
    """Deletion had begun and may not go on: a hold came, or a longer term, or the store keeps it."""
    for clip, _ in rows:
        if clip.state == "deleting":
            if clip.verified_at is None:  # only what was left of a damaged one was there
                clip.state, clip.object_key = "expected", None
            else:
                clip.state = "verified"
            _note(session, now, "clip_deletion_stopped", clip, vetoes=list(answer.vetoes))


def _stays(session: Session, rows: Rows, refusal: DeletionRefused, now: datetime) -> None:
    """A hold came in between; or the store keeps it: an alarm, and if it says until when, that is the term now."""
    _undo(session, rows, refusal.answer, now)
    if not {Veto.LOCKED, Veto.STAYS} & set(refusal.answer.vetoes):
        return
    for clip in _there(rows):
        if refusal.locked_until_ms is not None:
            raise_to(session, clip, from_epoch_ms(refusal.locked_until_ms), now, CENTRE, why="object_lock")
        _note(session, now, "clip_not_deleted", clip, alarm=True, vetoes=list(refusal.answer.vetoes))


def _gone(session: Session, rows: Rows, now: datetime) -> None:
    for clip, _ in rows:
        if clip.state == "deleting":
            clip.state, clip.deleted_at = "deleted", now
            _note(session, now, "clip_deleted", clip)
        elif clip.state == "verified":  # named by another lesson hour in the very moment: the box is asked again
            want_again(clip)
            _note(session, now, "clip_wanted_again", clip, alarm=True)


def _note(
    session: Session, now: datetime, action: str, clip: EvidenceClip, *, alarm: bool = False, **details: Any
) -> None:
    record(
        session, now, CENTRE, action, f"clip:{clip.sha256}", alarm=alarm, sha256=clip.sha256, bytes=clip.bytes,
        lesson_hour_id=str(clip.lesson_hour_id), retain_until=clip.retain_until.isoformat(), **details,
    )  # fmt: skip
