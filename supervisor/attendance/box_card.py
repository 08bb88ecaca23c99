"""Checking in by ID number at the box's screen: the hashes a box knows people by, and its entries as check-ins.

The hashes are made in the background, for the sessions of the next day at sites that take ID cards, and forgotten with
the session. They are slow to make on purpose.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid5

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from config.clock import from_epoch_ms
from supervisor.attendance import repository, staff_repository
from supervisor.attendance.box_roll_call import LATE, fault_of
from supervisor.attendance.models import CardHash, CheckIn
from supervisor.attendance.proof import methods_at
from supervisor.attendance.repository import ON_ROSTER
from supervisor.audit.service import record
from supervisor.centre import Centre
from supervisor.classes.models import ClassSession, RosterEntry, Trainee, TrainingClass
from supervisor.contract.log import CardEntry
from supervisor.devices.models import Box, Room, Site
from supervisor.devices.repository import APPROVED
from supervisor.lessons.verdicts import rejudge_session
from supervisor.registry.outbox import tell_check_in
from supervisor.rules.card_hash import card_hash
from supervisor.rules.checkin import CheckInReason, CheckInResult
from supervisor.rules.checkin_methods import Method

AHEAD = timedelta(hours=24)
AFTER = timedelta(hours=1)
A_TURN = 100  # hashes; each takes a tenth of a second


def salt_of(centre: Centre, session_id: UUID) -> bytes:
    return bytes.fromhex(centre.vault.lookup("card_salt", str(session_id)))


def make_card_hashes(centre: Centre) -> int:
    """How many were made. Those of sessions that are over go."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        over = select(ClassSession.id).where(ClassSession.end < now - AFTER)
        session.execute(delete(CardHash).where(CardHash.session_id.in_(over)))
    with centre.uow.read() as session:
        query = (
            select(ClassSession.id, RosterEntry.id, Trainee, Site.id)
            .join(TrainingClass, TrainingClass.id == ClassSession.class_id)
            .join(RosterEntry, RosterEntry.class_id == TrainingClass.id)
            .join(Trainee, Trainee.id == RosterEntry.trainee_id)
            .join(Room, Room.id == ClassSession.room_id)
            .join(Site, Site.id == Room.site_id)
            .where(
                ClassSession.start <= now + AHEAD,
                ClassSession.end >= now - AFTER,
                ClassSession.voided_at.is_(None),
                TrainingClass.status.in_(APPROVED),
                RosterEntry.status.in_(ON_ROSTER),
                ~exists().where(CardHash.session_id == ClassSession.id, CardHash.roster_entry_id == RosterEntry.id),
            )
            .order_by(ClassSession.start, ClassSession.id, RosterEntry.position)
        )
        rows = [(held, entry, trainee, site) for held, entry, trainee, site in session.execute(query)]
        taking = {site for site in {row[3] for row in rows} if Method.ID_CARD in methods_at(session, site)}
    wanted = [row for row in rows if row[3] in taking and row[2].id_number_cipher][:A_TURN]
    made = []
    for held, entry, trainee, _ in wanted:
        number = centre.vault.unseal(trainee.id_number_cipher, trainee.id)
        made.append(CardHash(session_id=held, roster_entry_id=entry, hash=card_hash(number, salt_of(centre, held))))
    with centre.uow.write() as session:
        session.add_all(made)
    return len(made)


def hashes_of(session: Session, session_id: UUID) -> dict[str, str]:
    """Roster reference → hash."""
    query = select(CardHash.roster_entry_id, CardHash.hash).where(CardHash.session_id == session_id)
    return {str(entry): digest for entry, digest in session.execute(query.order_by(CardHash.roster_entry_id))}


def take_card(session: Session, box: Box, index: int, entry: CardEntry, now: datetime) -> None:
    """Applied once. An entry that cannot be applied is kept as log and noted, as with a roll call."""
    at = from_epoch_ms(entry.at)
    key = uuid5(entry.card_id, str(entry.person)).hex
    actor, subject = f"box:{box.id}", f"session:{entry.session_id}"
    fault = fault_of(session, box, entry.session_id, entry.direction, Method.ID_CARD, at, now)
    if fault is not None:
        record(session, now, actor, "card_not_applied", subject, alarm=True, index=index, reason=fault)
        return
    found = staff_repository.session_of_box(session, box.id, entry.session_id)
    assert found is not None
    held, training = found
    spans = repository.roster_spans(session, [training.id]).get(training.id, [])
    roster = {one for one, since, until in spans if since <= at and (until is None or at < until)}
    if str(entry.person) not in roster:
        record(session, now, actor, "card_not_applied", subject, alarm=True, index=index, reason="NOT_ON_ROSTER")
        return
    for one in repository.check_ins(session, [held.id]):
        same = one.roster_entry_id == entry.person and one.direction == entry.direction
        if one.idempotency_key == key or (same and one.status != CheckInResult.REJECTED):
            return
    late = now - at > LATE
    row = CheckIn(
        session_id=held.id,
        roster_entry_id=entry.person,
        direction=entry.direction,
        at=now,
        method=Method.ID_CARD,
        device_hash=None,
        idempotency_key=key,
        status=CheckInResult.REVIEW if late else CheckInResult.ACCEPTED,
        reasons=[CheckInReason.OFFLINE_LATE] if late else [],
        made_at=at if late else None,
    )
    session.add(row)
    session.flush()
    tell_check_in(session, now, training, row, repository.trainees_of(session, [entry.person])[entry.person])
    session.flush()
    record(
        session, now, actor, "card_checked_in", subject, check_in=str(row.id), direction=entry.direction.value,
        index=index,
    )  # fmt: skip
    rejudge_session(session, held.id, now)
