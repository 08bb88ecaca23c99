"""What the institution declares and signs, and what the county enters to check it against."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from config.clock import CHINA
from config.errors import LessonProofError
from supervisor.audit.service import record
from supervisor.callers import Caller, Role
from supervisor.centre import Centre
from supervisor.classes import repository as classes
from supervisor.classes.models import Institution
from supervisor.classes.secrecy import refuse_secret
from supervisor.classes.service import found_class, require_status
from supervisor.openings import application, photos, repository
from supervisor.openings.models import (
    Commitment,
    InstitutionAggregate,
    Licence,
    OpeningApplication,
    OpeningReview,
    OpeningSignature,
    SiteVerification,
)
from supervisor.openings.periods import require_order
from supervisor.openings.schemas import (
    AggregateIn,
    CommitmentIn,
    FindingOut,
    LicenceIn,
    OpeningIn,
    OpeningOut,
    ReviewOut,
    SignIn,
    VerificationIn,
)
from supervisor.profiles import profile_named, profile_on
from supervisor.rules.opening import ELEMENTS
from supervisor.rules.working_days import add_months

APPLICANTS = (Role.TEACHER, Role.RESPONSIBLE)
"""Who prepares an opening. Only the responsible person signs it and commits the institution."""
DEFAULT_VERIFICATION_MONTHS = 12  # A-09, for rules that say nothing of it
LEAST_INSPECTORS = 2


def show(centre: Centre, caller: Caller, class_id: UUID) -> OpeningOut:
    today = centre.clock.now().astimezone(CHINA).date()
    with centre.uow.read() as session:
        training = found_class(session, caller, class_id)
        row = session.get(OpeningApplication, training.id)
        absent = application.missing(session, training)
        rules = profile_named(training.profile).opening_application
        names = (*ELEMENTS, *rules.extra_elements) if rules else ("roster", "plan")
        lacking = {one.element for one in absent}
        sha256 = application.content_sha256(session, training)
        against = [*absent, *application.findings(session, training, today)]
        reviews = repository.of_class(session, OpeningReview, training.id)
        return OpeningOut(
            status=training.status,
            profile=training.profile,
            opening_day=application.opening_day(session, training),
            application=OpeningIn.model_validate(application.declared(row)) if row else None,
            elements={name: name not in lacking for name in names},
            sha256=sha256,
            signed=application.is_signed(session, training, sha256),
            findings=[
                FindingOut(code=one.code, level=one.level, element=one.element, zh=one.zh, en=one.en) for one in against
            ],
            reviews=[
                ReviewOut(
                    kind=one.kind,
                    element=one.element,
                    result=one.result,
                    reason=one.reason,
                    photos=one.photos,
                    current=one.sha256 == sha256,
                )
                for one in reviews
            ],
        )


def declare(centre: Centre, caller: Caller, class_id: UUID, wanted: OpeningIn) -> None:
    """Put or replace the declaration of a draft or returned class."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        training = found_class(session, caller, class_id, lock=True)
        require_status(training, "draft", "returned")
        refuse_secret(session, training.institution_id)
        row = session.get(OpeningApplication, training.id)
        if row is None:
            row = OpeningApplication(class_id=training.id, created_at=now)
            session.add(row)
        for name, value in wanted.model_dump(mode="json").items():
            setattr(row, name, value)
        session.flush()
        sha256 = application.content_sha256(session, training)
        record(session, now, caller.actor, "opening_declared", f"training_class:{training.id}", sha256=sha256)


def sign(centre: Centre, caller: Caller, class_id: UUID, wanted: SignIn) -> None:
    """A-04, L20. Raises OPEN_CHANGED (409): the application is no longer what the person was shown."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        training = found_class(session, caller, class_id, lock=True)
        require_status(training, "draft", "returned")
        if application.content_sha256(session, training) != wanted.sha256:
            raise _error(
                "OPEN_CHANGED", 409, "申请内容已变化:请重新查看后签署", "the application has changed: read it again"
            )
        session.add(OpeningSignature(at=now, class_id=training.id, account_id=caller.account_id, sha256=wanted.sha256))
        record(session, now, caller.actor, "opening_signed", f"training_class:{training.id}", sha256=wanted.sha256)


def commit(centre: Centre, caller: Caller, class_id: UUID, wanted: CommitmentIn) -> UUID:
    """A-24. A sheet of paper comes with its photo; only the responsible person commits the institution, on-line.

    Raises COMMITMENT_INVALID (422), COMMITMENT_NOT_YOURS (403)."""
    now = centre.clock.now()
    of_institution = wanted.kind == "institution_notice"
    if of_institution and caller.role is not Role.RESPONSIBLE:
        raise _error(
            "COMMITMENT_NOT_YOURS", 403, "机构承诺由第一责任人作出", "the responsible person commits the institution"
        )
    with centre.uow.write() as session:
        training = found_class(session, caller, class_id, lock=True)
        require_status(training, "draft", "returned", "submitted")
        refuse_secret(session, training.institution_id)
        entries = {entry.id for entry, _ in classes.roster(session, training.id)}
        whose = wanted.roster_entry_id
        if (whose is not None) if of_institution else (whose not in entries or wanted.photo_sha256 is None):
            raise _error(
                "COMMITMENT_INVALID", 422, "请指明花名册中的学员并附照片", "name a trainee of the roster and a photo"
            )
        row = Commitment(
            at=now,
            class_id=training.id,
            entered_by=caller.account_id,
            paper=wanted.photo_sha256 is not None,
            **wanted.model_dump(),
        )
        session.add(row)
        session.flush()
        record(session, now, caller.actor, "commitment_made", f"commitment:{row.id}", kind=row.kind)
        return row.id


def add_licence(centre: Centre, caller: Caller, institution_id: UUID, wanted: LicenceIn) -> UUID:
    """Raises LessonProofError INSTITUTION_NOT_FOUND (404), PERIOD_BACKWARDS (422), as a total does."""
    now = centre.clock.now()
    require_order(wanted.valid_from, wanted.valid_to, "/valid_to")
    with centre.uow.write() as session:
        _institution(session, caller, institution_id)
        fields = wanted.model_dump() | {"scope": [one.model_dump() for one in wanted.scope]}
        row = Licence(created_at=now, institution_id=institution_id, **fields)
        session.add(row)
        session.flush()
        record(session, now, caller.actor, "licence_entered", f"licence:{row.id}", lines=len(wanted.scope))
        return row.id


def add_verification(
    centre: Centre, caller: Caller, room_id: UUID, wanted: VerificationIn, pictured: Sequence[bytes] = ()
) -> UUID:
    """A-09: by at least two inspectors, valid for as long as the rules of that day say. `pictured`: bytes of photos
    that `wanted` names; others may follow.

    Raises LessonProofError ROOM_NOT_FOUND (404), SECRET_UNIT (403), FILE_TYPE (415), and 422 VERIFICATION_AHEAD,
    VERIFICATION_ALONE."""
    now = centre.clock.now()
    if wanted.day > now.astimezone(CHINA).date():
        raise _error("VERIFICATION_AHEAD", 422, "核实日期不能晚于今天", "the visit cannot be later than today", "/day")
    if len(set(wanted.inspectors)) < LEAST_INSPECTORS:
        raise _error(
            "VERIFICATION_ALONE",
            422,
            "实地核实须有两名以上不同的人员",
            "a room is verified by two different people or more",
            "/inspectors",
        )
    rules = profile_on(centre.settings.region, wanted.day).opening_application
    months = rules.verification_months if rules else DEFAULT_VERIFICATION_MONTHS
    with centre.uow.read() as session:  # before anything is stored for who may not
        _require_room(session, caller, room_id)
    kept = photos.stored(centre, pictured)
    with centre.uow.write() as session:
        _require_room(session, caller, room_id)
        valid_to = add_months(wanted.day, months)
        row = SiteVerification(created_at=now, room_id=room_id, valid_to=valid_to, **wanted.model_dump())
        session.add(row)
        session.flush()
        record(session, now, caller.actor, "room_verified", f"room:{room_id}", passed=row.passed, capacity=row.capacity)
        photos.enter(session, caller, row, kept, now)
        return row.id


def mark_secret(centre: Centre, caller: Caller, institution_id: UUID) -> None:
    """A-29: from now on nothing new is taken; what is there stays, and the county is called."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        one = _institution(session, caller, institution_id)
        if not one.secret_related:
            one.secret_related = True
            record(session, now, caller.actor, "institution_marked_secret", f"institution:{one.id}", alarm=True)


def add_aggregate(centre: Centre, caller: Caller, institution_id: UUID, wanted: AggregateIn) -> UUID:
    """Raises NOT_SECRET_UNIT (422): only such a unit is told by a total."""
    now = centre.clock.now()
    require_order(wanted.first_day, wanted.last_day, "/last_day")
    with centre.uow.write() as session:
        one = _institution(session, caller, institution_id)
        if not one.secret_related:
            raise _error("NOT_SECRET_UNIT", 422, "只有涉密单位登记汇总人数", "only a secret-related unit has totals")
        row = InstitutionAggregate(at=now, institution_id=one.id, entered_by=caller.account_id, **wanted.model_dump())
        session.add(row)
        session.flush()
        record(session, now, caller.actor, "aggregate_entered", f"institution:{one.id}")
        return row.id


def _require_room(session: Session, caller: Caller, room_id: UUID) -> None:
    seen = repository.room(session, caller, room_id)
    if seen is None:
        raise _error("ROOM_NOT_FOUND", 404, "没有这个教室", "no such room")
    refuse_secret(session, seen[1])


def _institution(session: Session, caller: Caller, institution_id: UUID) -> Institution:
    one = classes.institution(session, caller, institution_id)
    if one is None:
        raise _error("INSTITUTION_NOT_FOUND", 404, "没有这个培训机构", "no such institution")
    return one


def _error(code: str, status: int, zh: str, en: str, where: str | None = None) -> LessonProofError:
    return LessonProofError(code, status=status, zh=zh, en=en, where=where)
