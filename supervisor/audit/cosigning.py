"""The centre's own log, cosigned outside: each witness is shown the newest checkpoint, what it answers is kept in the
checkpoint's note, and a refusal is an alarm.

A witness that is away costs a bounded wait and a line in the log, once. The centre works on without it: whoever checks
a bundle says how many cosignatures it must have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.evidence.checkpoint import AddCheckpoint, parse_checkpoint
from storage.evidence.note import Note, SignatureLine, parse_note
from storage.evidence.witness import Fork, Rollback
from supervisor.audit import log
from supervisor.audit.checkpoints import publish
from supervisor.audit.models import AuditEvent, CentreCheckpoint
from supervisor.audit.outside import Answer, OutsideWitness, ask_all
from supervisor.audit.service import CENTRE, record
from supervisor.centre import Centre

WITHIN_S = 10.0
_ROUNDS = 2
_REMEMBERED = 100  # newest checkpoints searched for a witness's last cosignature; an older one it tells itself (409)
_RAISED_AGAIN = timedelta(hours=24)


def collect(centre: Centre) -> int:
    """How many outside witnesses have cosigned all that is in the log now, or until a moment ago."""
    note = cosigned_head(centre)
    return sum(witness.verifier.cosigned(note) is not None for witness in centre.outside)


def cosigned_head(centre: Centre, within_s: float = WITHIN_S) -> Note:
    """A fresh checkpoint, with the cosignatures that came within `within_s` (and what the system's resolver of names
    takes). Not to be called from a coroutine.

    A witness may have to be asked twice: it answers 409 when we do not know what it cosigned last, or when another
    process was faster. The time of the second question is never used up by who did not answer the first.
    """
    asked, told = list(centre.outside), dict[OutsideWitness, int]()
    for _ in range(_ROUNDS):
        note = publish(centre)
        requests = _requests(centre, note, asked, told)
        if not requests:
            break
        answers = ask_all(requests, within_s / _ROUNDS)
        note = _keep(centre, note, answers)
        told = {witness: one.size for witness, one in answers.items() if isinstance(one, Rollback)}
        refused = [w for w, one in answers.items() if _is_refusal(centre, w, requests[w].old_size, one)]
        asked = [witness for witness in asked if witness not in refused]
        if not told:
            break
    return note


def quorum(centre: Centre) -> int:
    """More than half of the outside witnesses; 0: there are none."""
    return len(centre.outside) // 2 + 1 if centre.outside else 0


def first_cosigned(centre: Centre, session: Session, idx: int) -> Note | None:
    """The oldest checkpoint over entry `idx` that a quorum cosigned: it shows since when the entry was there. None:
    there is none."""
    query = select(CentreCheckpoint.note).where(CentreCheckpoint.size > idx).order_by(CentreCheckpoint.size)
    for text in session.scalars(query.limit(_REMEMBERED)) if centre.outside else ():
        note = parse_note(text)
        if sum(witness.verifier.cosigned(note) is not None for witness in centre.outside) >= quorum(centre):
            return note
    return None


def _requests(
    centre: Centre, note: Note, asked: Sequence[OutsideWitness], told: Mapping[OutsideWitness, int]
) -> dict[OutsideWitness, AddCheckpoint]:
    """For those of `asked` who have not cosigned `note`. `told`: where they say that they are."""
    size = parse_checkpoint(note).size
    waiting = [witness for witness in asked if witness.verifier.cosigned(note) is None]
    if not waiting:
        return {}
    with centre.uow.read() as session:
        known = {**_last_cosigned(session, waiting), **told}
        tree = log.tree_of(session)
        return {
            witness: AddCheckpoint(known[witness], tuple(tree.consistency_proof(known[witness], size)), note)
            for witness in waiting
            if known[witness] <= size
        }


def _last_cosigned(session: Session, witnesses: Sequence[OutsideWitness]) -> dict[OutsideWitness, int]:
    """The size that each cosigned last; 0: long ago, or never."""
    query = select(CentreCheckpoint.size, CentreCheckpoint.note).order_by(CentreCheckpoint.size.desc())
    notes = [(size, parse_note(note)) for size, note in session.execute(query.limit(_REMEMBERED))]
    return {
        witness: next((size for size, note in notes if witness.verifier.cosigned(note) is not None), 0)
        for witness in witnesses
    }


def _keep(centre: Centre, note: Note, answers: Mapping[OutsideWitness, Answer]) -> Note:
    """The note of the same checkpoint as it is in the database now, with the cosignatures among the answers."""
    with centre.uow.write() as session:
        query = select(CentreCheckpoint).where(CentreCheckpoint.size == parse_checkpoint(note).size).with_for_update()
        row = session.scalars(query).one()
        kept = parse_note(row.note)
        for witness, answer in answers.items():
            if isinstance(answer, SignatureLine) and witness.verifier.cosigned(kept) is None:
                kept = kept.with_lines([answer])
        row.note = str(kept)
    return kept


def _is_refusal(centre: Centre, witness: OutsideWitness, old_size: int, answer: Answer) -> bool:
    """Whether there is no use in asking again now. What asks for a person is raised."""
    if isinstance(answer, SignatureLine):
        witness.say(None)
        return False
    if isinstance(answer, Rollback):
        with centre.uow.read() as session:
            size = log.size(session)
        if answer.size <= size:
            if answer.size < old_size:
                _raise(centre, "witness_rollback", witness, cosigned=old_size, told=answer.size)
            return False
        _raise(centre, "centre_log_rollback", witness, cosigned=answer.size, size=size)
    elif isinstance(answer, Fork):
        _raise(centre, "centre_log_fork", witness, cosigned=old_size)
    witness.say(answer)
    return True


def _raise(centre: Centre, alarm: str, witness: OutsideWitness, **details: Any) -> None:
    """Once a day while it lasts."""
    now, subject = centre.clock.now(), f"witness:{witness.verifier.key_id.hex()}"
    raised = select(AuditEvent.id).where(
        AuditEvent.alarm, AuditEvent.at > now - _RAISED_AGAIN, AuditEvent.action == alarm, AuditEvent.subject == subject
    )
    with centre.uow.write() as session:
        if session.scalar(raised.limit(1)) is None:
            record(session, now, CENTRE, alarm, subject, alarm=True, name=witness.name, **details)
