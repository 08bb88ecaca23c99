"""A responsible person asks the county for an exemption; an approver grants it, which makes it, or refuses and says
why. Each is appended under the class's lock."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.errors import LessonProofError
from storage.database.types import new_id
from supervisor.accounts.models import Account
from supervisor.audit.service import record
from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.classes.files import require_file
from supervisor.classes.secrecy import refuse_secret
from supervisor.classes.service import found_class, require_status
from supervisor.contract.evidence import sha256_hex
from supervisor.decisions import exemptions
from supervisor.decisions.models import ExemptionAnswer, ExemptionRequest
from supervisor.decisions.schemas import ExemptionAnswerIn, ExemptionIn, ExemptionRequestIn, ExemptionRequestOut
from supervisor.rules.evidence import ExemptKind

ASKABLE = ("approved", "running")
"""Before the approval it is part of the opening."""


def ask(centre: Centre, caller: Caller, class_id: UUID, wanted: ExemptionRequestIn) -> ExemptionRequestOut:
    """The same request again, while nobody has answered, is no error. Raises CLASS_NOT_FOUND, FILE_NOT_FOUND (404),
    CLASS_STATUS, EXEMPTION_ASKED (409), SECRET_UNIT (403), EXEMPTION_OVER (422)."""
    now = centre.clock.now()
    exemptions.refuse_over(wanted, now)
    with centre.uow.write() as session:
        training = found_class(session, caller, class_id, lock=True)
        require_status(training, *ASKABLE)
        refuse_secret(session, training.institution_id)
        require_file(session, caller, class_id, wanted.file_sha256)
        waiting = [one for one in _shown(session, class_id) if one.granted is None and one.kind == wanted.kind]
        if waiting:
            if all(getattr(waiting[0], name) == value for name, value in wanted.model_dump().items()):
                return waiting[0]
            raise _error("EXEMPTION_ASKED", 409, "这一种免除已经申请,等待答复", "this kind was asked for already")
        asked = ExemptionRequest(
            id=new_id(), at=now, class_id=class_id, account_id=caller.account_id, **wanted.model_dump()
        )
        session.add(asked)
        record(
            session, now, caller.actor, "exemption_asked", f"training_class:{class_id}",
            request=str(asked.id), kind=wanted.kind, valid_until=wanted.valid_until.isoformat(),
            basis_sha256=sha256_hex(wanted.basis.encode()), file_sha256=wanted.file_sha256,
        )  # fmt: skip
        return next(one for one in _shown(session, class_id) if one.id == asked.id)


def requests(centre: Centre, caller: Caller, class_id: UUID) -> list[ExemptionRequestOut]:
    """Newest first. Raises CLASS_NOT_FOUND (404)."""
    with centre.uow.read() as session:
        found_class(session, caller, class_id)
        return _shown(session, class_id)


def answer(
    centre: Centre, caller: Caller, class_id: UUID, request_id: UUID, wanted: ExemptionAnswerIn
) -> ExemptionRequestOut:
    """Raises CLASS_NOT_FOUND, REQUEST_NOT_FOUND (404), REQUEST_ANSWERED (409), REASON_NEEDED, EXEMPTION_OVER (422)."""
    now = centre.clock.now()
    if not wanted.granted and not wanted.words:
        raise _error("REASON_NEEDED", 422, "不同意须写明理由", "say why it is refused", "/words")
    with centre.uow.write() as session:
        training = found_class(session, caller, class_id, lock=True)
        asked = next((one for one in _shown(session, class_id) if one.id == request_id), None)
        if asked is None:
            raise _error("REQUEST_NOT_FOUND", 404, "没有这项申请", "no such request")
        if asked.granted is not None:
            raise _error("REQUEST_ANSWERED", 409, "该申请已经答复", "this request is answered already")
        made = None
        if wanted.granted:
            as_asked = ExemptionIn(kind=asked.kind, basis=asked.basis, valid_until=asked.valid_until)
            made = exemptions.give(session, caller, training, as_asked, now, request_id)
        session.flush()
        session.add(
            ExemptionAnswer(
                request_id=request_id, at=now, account_id=caller.account_id, words=wanted.words, exemption_id=made
            )
        )
        record(
            session, now, caller.actor, "exemption_answered", f"training_class:{class_id}",
            request=str(request_id), granted=wanted.granted, words_sha256=sha256_hex(wanted.words.encode()),
        )  # fmt: skip
        return next(one for one in _shown(session, class_id) if one.id == request_id)


def _shown(session: Session, class_id: UUID) -> list[ExemptionRequestOut]:
    session.flush()
    query = (
        select(ExemptionRequest, ExemptionAnswer, Account.name)
        .outerjoin(ExemptionAnswer, ExemptionAnswer.request_id == ExemptionRequest.id)
        .join(Account, Account.id == ExemptionRequest.account_id)
        .where(ExemptionRequest.class_id == class_id)
        .order_by(ExemptionRequest.at.desc(), ExemptionRequest.id)
    )
    return [_out(asked, told, name) for asked, told, name in session.execute(query)]


def _out(asked: ExemptionRequest, told: ExemptionAnswer | None, name: str) -> ExemptionRequestOut:
    return ExemptionRequestOut(
        id=asked.id,
        at=asked.at,
        kind=ExemptKind(asked.kind),
        basis=asked.basis,
        valid_until=asked.valid_until,
        file_sha256=asked.file_sha256,
        asked_by=name,
        granted=None if told is None else told.exemption_id is not None,
        words=told.words if told else None,
        answered_at=told.at if told else None,
        exemption_id=told.exemption_id if told else None,
    )


def _error(code: str, status: int, zh: str, en: str, where: str | None = None) -> LessonProofError:
    return LessonProofError(code, status=status, where=where, zh=zh, en=en)
