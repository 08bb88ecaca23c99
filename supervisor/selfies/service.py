"""Selfies with a check-in: taken only with the trainee's separate consent, kept sealed for the box, gone soon.

The centre has no key that opens one. What the box says of it is a hint beside the check-in: nothing here changes a
check-in, its state or a verdict, and no selfie is ever asked for.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from config.errors import LessonProofError
from config.selfies import SelfieRules
from supervisor.attendance.service import session_coded
from supervisor.audit.service import CENTRE, record
from supervisor.centre import Centre
from supervisor.classes.models import ClassSession, RosterEntry, Trainee, TrainingClass
from supervisor.contract.log import SelfieEntry
from supervisor.contract.sealing import MOST_SEALED, OVERHEAD, SealingKey
from supervisor.contract.target import TargetSelfie
from supervisor.devices.models import Box
from supervisor.devices.service import state_of
from supervisor.privacy.consents import agreed, own_entry
from supervisor.privacy.schemas import Purpose
from supervisor.profiles import profile_named
from supervisor.rules.checkin import Direction, SessionTimes, check_in_window
from supervisor.rules.evidence import ExemptKind
from supervisor.selfies import repository
from supervisor.selfies.models import Selfie
from supervisor.selfies.schemas import Closed, SelfieDoor, SelfieIn, SelfieView
from supervisor.selfies.shown import shown

MOST_TAKEN = 3  # a person's in one session and direction: one, and two in its place

_REFUSALS: dict[Closed, tuple[str, int, str, str]] = {
    Closed.NOT_OFFERED: ("SELFIE_NOT_OFFERED", 409, "这里不收自拍;签到不需要照片", "no selfies are taken here"),
    Closed.NO_CONSENT: (
        "SELFIE_NO_CONSENT", 403, "没有您对自拍比对的单独同意;签到不需要照片",
        "you have not agreed to selfies: checking in needs none",
    ),
    Closed.NO_CHECK_IN: ("SELFIE_NO_CHECK_IN", 409, "请先签到;签到不需要照片", "check in first: that needs no selfie"),
    Closed.OVER: ("SELFIE_OVER", 409, "这节课已经结束,不再收自拍", "this session is over: it takes no selfies"),
    Closed.NONE_LEFT: ("SELFIE_NONE_LEFT", 429, "自拍已经换过两次,不再收", "it was replaced twice already"),
}  # fmt: skip


def door(centre: Centre, code: str, trainee_id: UUID | None) -> SelfieDoor:
    """For the phone's own page. Raises LessonProofError SESSION_NOT_FOUND (404), PHONE_UNKNOWN (401)."""
    with centre.uow.read() as session:
        return _door(centre, session, code, trainee_id)[0]


def send(centre: Centre, code: str, trainee_id: UUID | None, wanted: SelfieIn) -> SelfieView:
    """Keep one for the box; it takes the place of an earlier one of the same direction.

    Raises LessonProofError SESSION_NOT_FOUND (404), PHONE_UNKNOWN (401), SELFIE_NO_CONSENT (403), SELFIE_NOT_OFFERED,
    SELFIE_NO_CHECK_IN, SELFIE_OVER, SELFIE_KEY_CHANGED, SELFIE_AGAIN (409), SELFIE_SIZE (413), SELFIE_NONE_LEFT (429).
    """
    if not OVERHEAD < len(wanted.sealed) <= MOST_SEALED:
        raise LessonProofError(
            "SELFIE_SIZE", status=413, where="/sealed", zh="照片过大或是空的,请重拍", en="too large, or empty"
        )
    try:
        with centre.uow.write() as session:
            return _keep(centre, session, code, trainee_id, wanted)
    except IntegrityError:  # another of the same at the same moment
        raise _again("刚才已收到一张,请刷新页面", "one has just arrived: reload the page") from None


def target_selfies(session: Session, box_id: UUID) -> tuple[TargetSelfie, ...]:
    return tuple(
        TargetSelfie(
            selfie_id=selfie_id,
            session_id=session_id,
            trainee=str(entry_id),
            direction=Direction(direction),
            made_ms=made_ms,
            key_id=key_id,
        )
        for selfie_id, session_id, entry_id, direction, made_ms, key_id in repository.waiting(session, box_id)
    )


def sealed_bytes(centre: Centre, box_id: UUID, selfie_id: UUID) -> bytes:
    """For the box it is sealed to. Raises LessonProofError SELFIE_NOT_FOUND (404)."""
    with centre.uow.read() as session:
        found = repository.waiting_one(session, box_id, selfie_id)
        if found is None or found.sealed is None:
            raise LessonProofError("SELFIE_NOT_FOUND", status=404, zh="没有这张自拍", en="no such selfie")
        return found.sealed


def take_result(session: Session, box: Box, entry: SelfieEntry, now: datetime) -> None:
    """The box's answer; the sealed picture goes with it. One that is gone meanwhile needs no answer any more."""
    found = repository.waiting_one(session, box.id, entry.selfie_id, lock=True)
    if found is None:
        return
    rules = _rules(repository.profile_of(session, found.session_id))
    found.sealed = None
    found.result, found.similarity, found.compared_at = entry.result, entry.similarity, now
    found.engine = entry.engine.model_dump(mode="json") if entry.engine else None
    found.delete_after = now + timedelta(days=rules.result_days if rules else 0)
    session.flush()


def forget_selfies(centre: Centre) -> int:
    """The hourly job: those whose time is over."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        gone = repository.delete_over(session, now)
        if gone:
            record(session, now, CENTRE, "selfies_deleted", "selfie:*", rows=gone, reason="term_over")
        return gone


def _keep(centre: Centre, session: Session, code: str, trainee_id: UUID | None, wanted: SelfieIn) -> SelfieView:
    entry, _, _ = own_entry(session, code, trainee_id)
    repository.lock_entry(session, entry.id)
    now = centre.clock.now()
    opened, rules, box = _door(centre, session, code, trainee_id)
    if opened.closed is not None or rules is None or box is None or opened.key is None:
        refused, status, zh, en = _REFUSALS[opened.closed or Closed.NOT_OFFERED]
        raise LessonProofError(refused, status=status, zh=zh, en=en)
    if wanted.direction is not opened.direction:
        raise _again("您已经签退,请刷新页面", "you have checked out meanwhile: reload the page")
    if wanted.key_id != opened.key.key_id:
        raise LessonProofError(
            "SELFIE_KEY_CHANGED",
            status=409,
            where="/key_id",
            zh="现场设备换了密钥,请刷新页面重拍",
            en="the classroom's box has another key now: reload the page and take it again",
        )
    before = repository.own(session, opened.session_id, entry.id).get(wanted.direction)
    taken = before.taken + 1 if before else 1
    if before is not None:
        session.delete(before)
        session.flush()
    row = Selfie(
        session_id=opened.session_id,
        roster_entry_id=entry.id,
        direction=wanted.direction,
        received_at=now,
        made_ms=wanted.made_ms,
        via="file",
        taken=taken,
        box_id=box.id,
        key_id=wanted.key_id,
        sealed=bytes(wanted.sealed),
        delete_after=now + timedelta(days=rules.wait_days),
    )
    session.add(row)
    session.flush()
    # Not its id: by it, whoever reads the box's log could tell whose the result is after the row is gone.
    record(
        session, now, f"roster_entry:{entry.id}", "selfie_received", f"session:{opened.session_id}",
        direction=wanted.direction, taken=taken,
    )  # fmt: skip
    return shown(row)


def _door(
    centre: Centre, session: Session, code: str, trainee_id: UUID | None
) -> tuple[SelfieDoor, SelfieRules | None, Box | None]:
    entry, trainee, training = own_entry(session, code, trainee_id)
    held = session_coded(session, code)[0]
    rules, box = _rules(training.profile), repository.working_box_of_room(session, held.room_id)
    key = key_of(box) if rules and training.exempt != ExemptKind.SECRET_UNIT else None
    counted = repository.counted(session, held.id, entry.id)
    direction = next((one for one in (Direction.OUT, Direction.IN) if one in counted), None)
    sent = repository.own(session, held.id, entry.id).get(direction) if direction else None
    left = MOST_TAKEN - (sent.taken if sent else 0)
    opened = SelfieDoor(
        closed=_closed(session, centre.clock.now(), held, training, trainee, entry, key, direction, left),
        session_id=held.id,
        trainee=str(entry.id),
        direction=direction,
        key=key,
        left=left,
        sent=shown(sent) if sent else None,
    )
    return opened, rules, box


def _closed(
    session: Session, now: datetime, held: ClassSession, training: TrainingClass, trainee: Trainee, entry: RosterEntry,
    key: SealingKey | None, direction: Direction | None, left: int,
) -> Closed | None:  # fmt: skip
    if key is None:
        return Closed.NOT_OFFERED
    if not agreed(session, trainee, training, Purpose.SELFIE):
        return Closed.NO_CONSENT
    if direction is None:
        return Closed.NO_CHECK_IN
    rules = profile_named(training.profile).checkin
    if now > check_in_window(Direction.OUT, SessionTimes(held.start, held.end), rules).closes:
        return Closed.OVER
    return Closed.NONE_LEFT if left <= 0 else None


def key_of(box: Box | None) -> SealingKey | None:
    """As the box last told, in a request signed with its own key; None: it takes no selfies."""
    state = state_of(box) if box is not None and box.revoked_at is None else None
    return state.sealing_key if state else None


def _rules(profile: str) -> SelfieRules | None:
    return profile_named(profile).selfie


def _again(zh: str, en: str) -> LessonProofError:
    return LessonProofError("SELFIE_AGAIN", status=409, zh=zh, en=en)
