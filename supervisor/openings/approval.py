"""From a draft to an approved class, and the ways out of it (A-01, A-03, A-04). Silence is no consent."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from config.clock import CHINA
from config.errors import LessonProofError
from supervisor.audit.service import record
from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.classes import repository as classes
from supervisor.classes.files import require_file
from supervisor.classes.models import TrainingClass
from supervisor.classes.plan import planned
from supervisor.classes.schemas import Approval, ClassSummary
from supervisor.classes.secrecy import refuse_secret
from supervisor.classes.service import found_class, require_status, usable_profile
from supervisor.classes.shown import summary
from supervisor.contract.evidence import sha256_hex
from supervisor.openings import repository
from supervisor.openings.application import content_sha256, findings, is_signed, missing
from supervisor.openings.models import OpeningReview
from supervisor.openings.schemas import EndIn, ReturnIn, ReviewIn
from supervisor.profiles import profile_named
from supervisor.registry.outbox import tell_class
from supervisor.rosters.comparison import refuse_blocked, run_checks
from supervisor.rules.opening import ELEMENTS, Finding


def submit(centre: Centre, caller: Caller, class_id: UUID) -> ClassSummary:
    """draft or returned → submitted, after the machine's review of completeness. Raises CLASS_NOT_FOUND (404),
    CLASS_STATUS (409), SECRET_UNIT (403) and, 422, OPEN_MISSING_…, OPEN_NOT_SIGNED."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        training = found_class(session, caller, class_id, lock=True)
        require_status(training, "draft", "returned")
        refuse_secret(session, training.institution_id)
        absent = missing(session, training)
        if absent:
            first = absent[0]
            raise LessonProofError(first.code, status=422, where=f"/{first.element}", zh=first.zh, en=first.en)
        wanted = profile_named(training.profile).opening_application
        if wanted is not None:
            sha256 = content_sha256(session, training)
            if not is_signed(session, training, sha256):
                raise _error(
                    "OPEN_NOT_SIGNED", 422, "第一责任人尚未签署当前申请", "the application is not signed as it is now"
                )
            for element in (*ELEMENTS, *wanted.extra_elements):
                session.add(_review(training, "completeness", element, "true", "", None, sha256, now))
            run_checks(centre, session, training, now, "submission", caller.actor)
        training.status = "submitted"
        record(session, now, caller.actor, "class_submitted", f"training_class:{training.id}")
        return ClassSummary(**summary(training))


def require_review(centre: Centre, caller: Caller, class_id: UUID, wanted: ReviewIn) -> None:
    """That `review` takes it, but for its photos. Raises as that does."""
    with centre.uow.read() as session:
        _reviewable(found_class(session, caller, class_id), wanted)


def review(centre: Centre, caller: Caller, class_id: UUID, wanted: ReviewIn) -> None:
    """A person's word on the truth of one element (A-03). Raises REVIEW_NO_REASON, ELEMENT_UNKNOWN (422),
    FILE_NOT_FOUND (404)."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        training = found_class(session, caller, class_id, lock=True)
        _reviewable(training, wanted)
        for one in wanted.photos:
            require_file(session, caller, class_id, one)
        sha256 = content_sha256(session, training)
        row = _review(training, "truth", wanted.element, wanted.result, wanted.reason, caller.account_id, sha256, now)
        row.photos = list(dict.fromkeys(wanted.photos))
        session.add(row)
        record(
            session, now, caller.actor, "opening_reviewed", f"training_class:{training.id}",
            element=wanted.element, result=wanted.result, photos=row.photos,
        )  # fmt: skip


def give_back(centre: Centre, caller: Caller, class_id: UUID, wanted: ReturnIn) -> ClassSummary:
    """submitted → returned, with a reason for each element named."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        training = found_class(session, caller, class_id, lock=True)
        require_status(training, "submitted")
        _known(training, list(wanted.reasons))
        sha256 = content_sha256(session, training)
        for element, reason in wanted.reasons.items():
            session.add(_review(training, "return", element, "false", reason, caller.account_id, sha256, now))
        training.status = "returned"
        subject = f"training_class:{training.id}"
        record(session, now, caller.actor, "class_returned", subject, elements=sorted(wanted.reasons))
        return ClassSummary(**summary(training))


def approve(centre: Centre, caller: Caller, class_id: UUID, approval: Approval) -> ClassSummary:
    """submitted → approved. Lesson hours that begin before this moment never count. Raises CLASS_NOT_FOUND (404),
    CLASS_STATUS, OPEN_BLOCKED, ROSTER_BLOCKED, REVIEW_MISSING (409), FOUR_EYES, SECRET_UNIT (403), PROFILE_DEMO,
    PROFILE_OTHER_REGION (422)."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        training = found_class(session, caller, class_id, lock=True)
        require_status(training, "submitted")
        usable_profile(centre, training.profile)
        refuse_secret(session, training.institution_id)
        if profile_named(training.profile).roster is not None:
            run_checks(centre, session, training, now, "opening", caller.actor)
            refuse_blocked(session, training.id)
        _may_open(session, caller, training, findings(session, training, now.astimezone(CHINA).date()))
        training.status = "approved"
        training.approved_at = now
        training.approved_by = caller.account_id
        training.exempt = approval.exempt
        record(
            session,
            now,
            caller.actor,
            "class_approved",
            f"training_class:{training.id}",
            exempt=approval.exempt,
            class_no=training.class_no,
            profile=training.profile,
            lesson_hours=planned(session, classes.sessions(session, training.id)),
        )
        tell_class(session, now, training)
        return ClassSummary(**summary(training))


def _may_open(session: Session, caller: Caller, training: TrainingClass, against: list[Finding]) -> None:
    stopping = [one for one in against if one.level == "BLOCK"]
    if stopping:
        first = stopping[0]
        raise LessonProofError("OPEN_BLOCKED", status=409, where=first.code, zh=first.zh, en=first.en)
    wanted = profile_named(training.profile).opening_application
    if wanted is None:
        return
    sha256 = content_sha256(session, training)
    truth = {
        one.element: one
        for one in repository.of_class(session, OpeningReview, training.id)
        if one.kind == "truth" and one.sha256 == sha256
    }
    if any(name not in truth or truth[name].result == "false" for name in (*ELEMENTS, *wanted.extra_elements)):
        raise _error(
            "REVIEW_MISSING", 409, "真实性审核尚未逐项完成或未通过", "the truth of an element is not established"
        )
    if wanted.four_eyes and any(one.reviewer == caller.account_id for one in truth.values()):
        raise _error("FOUR_EYES", 403, "审核人不能批准本班", "who reviewed the truth does not approve")


ENDS = {
    "withdrawn": ("draft", "submitted", "returned"),
    "rejected": ("submitted",),
    "suspended": ("approved", "running"),
    "voided": ("approved", "running", "suspended"),
}


def end(centre: Centre, caller: Caller, class_id: UUID, status: str, wanted: EndIn) -> ClassSummary:
    """Withdraw (the institution), reject, suspend or void (the county): a state of `ENDS`, from the states it names."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        training = found_class(session, caller, class_id, lock=True)
        require_status(training, *ENDS[status])
        sha256 = content_sha256(session, training)
        session.add(_review(training, "return", status, "false", wanted.reason, caller.account_id, sha256, now))
        training.status = status
        reason = sha256_hex(wanted.reason.encode())
        record(session, now, caller.actor, f"class_{status}", f"training_class:{training.id}", reason_sha256=reason)
        if training.approved_at is not None:
            tell_class(session, now, training)
        return ClassSummary(**summary(training))


def _reviewable(training: TrainingClass, wanted: ReviewIn) -> None:
    require_status(training, "submitted")
    _known(training, [wanted.element])
    if wanted.result != "true" and not wanted.reason:
        raise _error("REVIEW_NO_REASON", 422, "请说明理由", "give a reason")


def _known(training: TrainingClass, elements: list[str]) -> None:
    rules = profile_named(training.profile).opening_application
    extra = rules.extra_elements if rules else ()
    if not set(elements) <= {*ELEMENTS, *extra}:
        raise _error("ELEMENT_UNKNOWN", 422, "没有这个要素", "no such element")


def _review(
    training: TrainingClass,
    kind: str,
    element: str,
    result: str,
    reason: str,
    reviewer: UUID | None,
    sha256: str,
    now: datetime,
) -> OpeningReview:
    return OpeningReview(
        at=now,
        class_id=training.id,
        kind=kind,
        element=element,
        result=result,
        reason=reason,
        reviewer=reviewer,
        sha256=sha256,
    )


def _error(code: str, status: int, zh: str, en: str) -> LessonProofError:
    return LessonProofError(code, status=status, zh=zh, en=en)
