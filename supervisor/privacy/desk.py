"""The rights desk (L17; PIPL arts. 44–50; 网数条例 art. 23): ask, be answered within the term and once, be refused
with a reason."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from config.errors import LessonProofError
from storage.database.types import new_id
from supervisor.audit.service import record
from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.classes.models import TrainingClass
from supervisor.devices.repository import APPROVED
from supervisor.paging import Page, after, page_of
from supervisor.privacy import repository
from supervisor.privacy.consents import delete_selfies, enrolled, own_entry, shown_consents
from supervisor.privacy.models import RightsAnswer, RightsRequest
from supervisor.privacy.notice import privacy_rules
from supervisor.privacy.repository import RequestRow
from supervisor.privacy.schemas import (
    MyCheckIn,
    MyData,
    RightsAnswerIn,
    RightsAnswerOut,
    RightsIn,
    RightsKind,
    RightsOut,
    SeenBy,
)
from supervisor.profiles import profile_named
from supervisor.rules.masking import mask_id_number, mask_name
from supervisor.selfies.repository import of_entry
from supervisor.selfies.shown import shown

ERASED = "已删除"
_SHOWN_VIEWS = 100


def my_data(centre: Centre, code: str, trainee_id: UUID | None) -> MyData:
    """Everything of the person who holds the phone, in this class. Raises SESSION_NOT_FOUND (404), PHONE_UNKNOWN
    (401)."""
    with centre.uow.read() as session:
        entry, trainee, training = own_entry(session, code, trainee_id)
        rules = profile_named(training.profile)
        number = centre.vault.unseal(trainee.id_number_cipher, trainee.id)
        return MyData(
            name=mask_name(trainee.name),
            id_number=mask_id_number(number, rules.publicity.id_mask),
            class_name=training.name,
            check_ins=[
                MyCheckIn(at=one.at, direction=one.direction, status=one.status)
                for one in repository.check_ins_of(session, entry.id)
            ],
            selfies_offered=rules.selfie is not None,
            selfies=[shown(one) for one in of_entry(session, entry.id)],
            consents=shown_consents(session, trainee.id),
            seen_by=[
                SeenBy(at=one.at, unit=one.unit, what=one.what, reason=one.reason)
                for one in repository.views_of_class(session, training.id, _SHOWN_VIEWS)
            ],
            requests=[_shown(centre, row, centre.clock.now()) for row in repository.requests_of(session, entry.id)],
        )


def ask_by_phone(centre: Centre, code: str, trainee_id: UUID | None, wanted: RightsIn) -> RightsOut:
    """Raises SESSION_NOT_FOUND (404), PHONE_UNKNOWN (401)."""
    with centre.uow.write() as session:
        entry, _, training = own_entry(session, code, trainee_id)
        return _asked(centre, session, entry.id, training, wanted, "phone", f"roster_entry:{entry.id}")


def ask_for(centre: Centre, caller: Caller, entry_id: UUID, wanted: RightsIn) -> RightsOut:
    """At the desk, after looking at the person's ID card. Raises ROSTER_ENTRY_NOT_FOUND (404)."""
    with centre.uow.write() as session:
        found = enrolled(session, caller, entry_id)
        return _asked(centre, session, entry_id, found.training, wanted, "desk", caller.actor)


def requests(centre: Centre, caller: Caller, cursor: str | None, size: int, *, open_only: bool) -> Page[RightsOut]:
    now = centre.clock.now()
    with centre.uow.read() as session:
        rows = repository.requests(session, caller, after(cursor), size + 1, open_only=open_only)
        return Page(**page_of(rows, size, lambda row: (row[0].due_at, row[0].id), lambda row: _shown(centre, row, now)))


def answer(centre: Centre, caller: Caller, request_id: UUID, wanted: RightsAnswerIn) -> RightsOut:
    """Raises RIGHTS_REQUEST_NOT_FOUND (404), RIGHTS_ANSWERED (409), RIGHTS_NEW_NAME (422), DATA_STILL_NEEDED (409)."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        row = repository.request(session, caller, request_id)
        if row is None:
            raise LessonProofError("RIGHTS_REQUEST_NOT_FOUND", status=404, zh="没有这个申请", en="no such request")
        if row[1] is not None:
            raise LessonProofError("RIGHTS_ANSWERED", status=409, zh="该申请已答复", en="this request is answered")
        if wanted.result == "done":
            _apply(centre, session, caller, row, wanted, now)
        told = RightsAnswer(
            request_id=request_id,
            at=now,
            account_id=caller.account_id,
            result=wanted.result,
            words=centre.vault.seal(wanted.words, request_id),
        )
        session.add(told)
        session.flush()
        record(
            session, now, caller.actor, "rights_answered", f"rights_request:{request_id}",
            kind=row[0].kind, result=wanted.result,
        )  # fmt: skip
        return _shown(centre, (row[0], told, row[2], row[3]), now)


def _asked(
    centre: Centre, session: Session, entry_id: UUID, training: TrainingClass, wanted: RightsIn, how: str, actor: str
) -> RightsOut:
    now = centre.clock.now()
    rules = privacy_rules(profile_named(training.profile))
    row = RightsRequest(
        id=new_id(),  # the words are sealed for it
        created_at=now,
        roster_entry_id=entry_id,
        kind=wanted.kind,
        words=b"",
        how=how,
        due_at=now + timedelta(days=rules.answer_days),
    )
    row.words = centre.vault.seal(wanted.words, row.id)
    session.add(row)
    session.flush()
    record(session, now, actor, "rights_asked", f"rights_request:{row.id}", kind=wanted.kind, how=how)
    return _shown(centre, next(one for one in repository.requests_of(session, entry_id) if one[0].id == row.id), now)


def _apply(
    centre: Centre, session: Session, caller: Caller, row: RequestRow, wanted: RightsAnswerIn, now: datetime
) -> None:
    """A correction and a deletion change the record of the person; the other kinds only answer."""
    asked, _, trainee, _ = row
    if asked.kind == RightsKind.CORRECT:
        if wanted.new_name is None:
            raise LessonProofError(
                "RIGHTS_NEW_NAME", status=422, where="/new_name", zh="请填写更正后的姓名", en="say the corrected name"
            )
        trainee.name = wanted.new_name
        record(session, now, caller.actor, "trainee_corrected", f"trainee:{trainee.id}", field="name")
    elif asked.kind == RightsKind.DELETE:
        if repository.class_runs(session, trainee.id, APPROVED) or repository.clips_kept(session, trainee.id):
            raise LessonProofError(
                "DATA_STILL_NEEDED",
                status=409,
                zh="保存期未满,依法不能删除;请写明理由并答复不予删除",
                en="the term is not over, so the law keeps it: refuse, with the reason",
            )
        delete_selfies(session, trainee.id, now, caller.actor, "erased")
        trainee.name = ERASED
        trainee.id_number_cipher = centre.vault.seal(ERASED, trainee.id)
        trainee.id_number_hmac = centre.vault.lookup("erased", str(trainee.id))
        trainee.last4_hmac = centre.vault.lookup("erased-last4", str(trainee.id))
        record(session, now, caller.actor, "trainee_erased", f"trainee:{trainee.id}")


def _shown(centre: Centre, row: RequestRow, now: datetime) -> RightsOut:
    asked, told, trainee, training = row
    return RightsOut(
        id=asked.id,
        roster_entry_id=asked.roster_entry_id,
        trainee=mask_name(trainee.name),
        class_no=training.class_no,
        kind=RightsKind(asked.kind),
        words=centre.vault.unseal(asked.words, asked.id),
        how=asked.how,
        created_at=asked.created_at,
        due_at=asked.due_at,
        overdue=told is None and asked.due_at < now,
        answer=told
        and RightsAnswerOut(result=told.result, words=centre.vault.unseal(told.words, asked.id), at=told.at),
    )
