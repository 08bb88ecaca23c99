"""Consents and withdrawals (L02, L03), what a phone may ask about its own person, and what lists mask (L14)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from config.errors import LessonProofError
from supervisor.attendance.repository import entry_of, session_by_code
from supervisor.audit.service import record
from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.classes.models import RosterEntry, Trainee, TrainingClass
from supervisor.privacy import repository
from supervisor.privacy.looks import enter_look
from supervisor.privacy.models import Consent
from supervisor.privacy.notice import notice, version_of
from supervisor.privacy.schemas import (
    ConsentIn,
    ConsentOut,
    NoticeOut,
    PaperConsentIn,
    Purpose,
    RevealIn,
    RevealOut,
)
from supervisor.profiles import profile_named
from supervisor.selfies.repository import delete_of_trainee


def notice_of_class(centre: Centre, caller: Caller, class_id: UUID) -> NoticeOut:
    """Raises LessonProofError CLASS_NOT_FOUND (404)."""
    from supervisor.classes.repository import training_class

    with centre.uow.read() as session:
        training = training_class(session, caller, class_id)
        if training is None:
            raise LessonProofError("CLASS_NOT_FOUND", status=404, zh="没有这个班级", en="no such class")
        return _notice(training)


def notice_of_session(centre: Centre, code: str) -> NoticeOut:
    """For a phone at the door, before anything is asked of it. Raises SESSION_NOT_FOUND (404)."""
    with centre.uow.read() as session:
        return _notice(_training(session, code))


def say_by_phone(centre: Centre, code: str, trainee_id: UUID | None, wanted: ConsentIn) -> ConsentOut:
    """The trainee's own word. Raises SESSION_NOT_FOUND (404), PHONE_UNKNOWN (401), NOTICE_CHANGED (409)."""
    with centre.uow.write() as session:
        entry, trainee, training = own_entry(session, code, trainee_id)
        now = centre.clock.now()
        return _said(session, trainee, training, wanted, now, "phone", None, f"roster_entry:{entry.id}")


def say_for(centre: Centre, caller: Caller, entry_id: UUID, wanted: PaperConsentIn) -> ConsentOut:
    """From a signed sheet. Raises ROSTER_ENTRY_NOT_FOUND (404), NOTICE_CHANGED (409)."""
    with centre.uow.write() as session:
        found = enrolled(session, caller, entry_id)
        now = centre.clock.now()
        return _said(session, found.trainee, found.training, wanted, now, wanted.how, caller, caller.actor)


def consents_of(centre: Centre, caller: Caller, entry_id: UUID) -> list[ConsentOut]:
    with centre.uow.read() as session:
        found = enrolled(session, caller, entry_id)
        return shown_consents(session, found.trainee.id)


def reveal(centre: Centre, caller: Caller, entry_id: UUID, wanted: RevealIn, ip: str) -> RevealOut:
    """The full value, and a line of the register before it is shown. Raises ROSTER_ENTRY_NOT_FOUND (404)."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        found = enrolled(session, caller, entry_id)
        enter_look(session, caller, entry_id, wanted.field, wanted.reason, ip, now)
        trainee = found.trainee
        if wanted.field == "name":
            return RevealOut(field=wanted.field, value=trainee.name)
        return RevealOut(field=wanted.field, value=centre.vault.unseal(trainee.id_number_cipher, trainee.id))


def agreed_by_phone(centre: Centre, code: str, trainee_id: UUID | None, purpose: Purpose) -> bool:
    """Whether whoever holds the phone has agreed to it, and to the notice as it is now. Raises as `say_by_phone`."""
    with centre.uow.read() as session:
        _, trainee, training = own_entry(session, code, trainee_id)
        return agreed(session, trainee, training, purpose)


def agreed(session: Session, trainee: Trainee, training: TrainingClass, purpose: Purpose) -> bool:
    last = repository.consents(session, trainee.id).get(purpose)
    return last is not None and last.given and last.text_sha256 == _notice(training).version


def enrolled(session: Session, caller: Caller, entry_id: UUID) -> repository.Enrolled:
    found = repository.enrolled(session, caller, entry_id)
    if found is None:
        raise LessonProofError(
            "ROSTER_ENTRY_NOT_FOUND", status=404, zh="花名册中没有这个人", en="nobody of this roster"
        )
    return found


def own_entry(session: Session, code: str, trainee_id: UUID | None) -> tuple[RosterEntry, Trainee, TrainingClass]:
    """Who holds the phone: only a phone that has checked this person in before speaks for them."""
    training = _training(session, code)
    found = entry_of(session, training.id, trainee_id) if trainee_id else None
    if found is None:
        raise LessonProofError(
            "PHONE_UNKNOWN",
            status=401,
            zh="请先用这部手机签到,再查看或修改您的信息",
            en="check in with this phone first, then look at your data",
        )
    return found[0], found[1], training


def shown_consents(session: Session, trainee_id: UUID) -> list[ConsentOut]:
    return [_shown(one) for one in repository.consents(session, trainee_id).values()]


def _said(
    session: Session, trainee: Trainee, training: TrainingClass, wanted: ConsentIn, now: datetime, how: str,
    caller: Caller | None, actor: str,
) -> ConsentOut:  # fmt: skip
    if wanted.given and wanted.text_version != _notice(training).version:
        raise LessonProofError(
            "NOTICE_CHANGED",
            status=409,
            where="/text_version",
            zh="告知书已更新,请阅读新的告知书再确认",
            en="the notice has changed: read the new one, then say again",
        )
    repository.lock_trainee(session, trainee.id)
    last = repository.consents(session, trainee.id).get(wanted.purpose)
    row = Consent(
        at=now,
        seq=1 if last is None else last.seq + 1,
        trainee_id=trainee.id,
        purpose=wanted.purpose,
        given=wanted.given,
        how=how,
        text_sha256=wanted.text_version,
        account_id=caller.account_id if caller else None,
    )
    session.add(row)
    session.flush()
    record(
        session, now, actor, "consent_given" if wanted.given else "consent_withdrawn", f"trainee:{trainee.id}",
        purpose=wanted.purpose, how=how, text_sha256=wanted.text_version,
    )  # fmt: skip
    if wanted.purpose is Purpose.SELFIE and not wanted.given:
        delete_selfies(session, trainee.id, now, actor, "withdrawn")
    return _shown(row)


def delete_selfies(session: Session, trainee_id: UUID, now: datetime, actor: str, reason: str) -> None:
    """Every selfie of a person, sealed or answered. The box has none: it keeps no picture."""
    gone = delete_of_trainee(session, trainee_id)
    if gone:
        record(session, now, actor, "selfies_deleted", f"trainee:{trainee_id}", rows=gone, reason=reason)


def _shown(one: Consent) -> ConsentOut:
    return ConsentOut(
        purpose=Purpose(one.purpose), given=one.given, how=one.how, text_version=one.text_sha256, at=one.at
    )


def _training(session: Session, code: str) -> TrainingClass:
    found = session_by_code(session, code)
    if found is None:
        raise LessonProofError(
            "SESSION_NOT_FOUND",
            status=404,
            zh="签到地址无效,请重新扫描教室里的二维码",
            en="not a check-in address: scan the code in the classroom again",
        )
    return found[1]


def _notice(training: TrainingClass) -> NoticeOut:
    text = notice(profile_named(training.profile))
    return NoticeOut(version=version_of(text), zh=text[0], en=text[1])
