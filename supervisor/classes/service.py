"""From an application to lesson hours: every row is checked, and the first fault is named with its place."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from config.clock import CHINA
from config.errors import LessonProofError
from config.profile import RegionProfile
from supervisor.audit.service import record
from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.classes import repository
from supervisor.classes.models import Institution, TrainingClass
from supervisor.classes.plan import add_sessions, row_slots, row_times
from supervisor.classes.schemas import ClassIn, ClassOut, ClassSummary, InstitutionIn, InstitutionOut
from supervisor.classes.secrecy import refuse_secret
from supervisor.classes.shown import class_out, summary
from supervisor.paging import Page, page_of
from supervisor.profiles import profile_named, profile_on
from supervisor.rosters.enrolment import add_roster, id_numbers


def create_institution(centre: Centre, caller: Caller, wanted: InstitutionIn) -> InstitutionOut:
    """Raises LessonProofError INSTITUTION_EXISTS (409)."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        if repository.institution_named(session, wanted.name) is not None:
            raise _error("INSTITUTION_EXISTS", 409, "/name", "已有同名培训机构", "there is an institution of this name")
        institution = Institution(
            created_at=now,
            name=wanted.name,
            area=wanted.area or centre.settings.region,
            sector=wanted.sector,
            secret_related=wanted.secret_related,
        )
        session.add(institution)
        session.flush()
        subject = f"institution:{institution.id}"
        record(session, now, caller.actor, "institution_created", subject, secret_related=wanted.secret_related)
        return _institution(institution)


def institutions(centre: Centre, caller: Caller, cursor: str | None, size: int) -> Page[InstitutionOut]:
    """Raises LessonProofError CURSOR_INVALID (422), as each list does."""
    with centre.uow.read() as session:
        rows = repository.institutions(session, caller, cursor, size)
        return Page(**page_of(rows, size, lambda one: (one.created_at, one.id), _institution))


def _institution(one: Institution) -> InstitutionOut:
    return InstitutionOut(id=one.id, name=one.name, area=one.area, sector=one.sector, secret_related=one.secret_related)


def create_class(centre: Centre, caller: Caller, wanted: ClassIn) -> ClassOut:
    """A draft with its roster, sessions and lesson hours, or nothing at all.

    Raises LessonProofError with `where` = JSON pointer: INSTITUTION_NOT_FOUND (404), CLASS_NO_TAKEN (409), and 422
    PROFILE_NOT_FOUND, PROFILE_DEMO, PROFILE_OTHER_REGION, CLASS_TOO_LARGE, ROSTER_ID_INVALID, ROSTER_DUPLICATE,
    ROSTER_NAME_DIFFERS, LESSON_SHORTER_THAN_CLIP, PLAN_ROW_TIMES, PLAN_ROW_TOO_SHORT, PLAN_ROOM_UNKNOWN,
    PLAN_ROOM_TAKEN, PLAN_DAY_TOO_LONG.
    """
    now = centre.clock.now()
    days = [row.date for row in wanted.plan]
    opening_day = wanted.opening_day or min(days, default=now.astimezone(CHINA).date())
    name = profile_on(centre.settings.region, opening_day).name if wanted.profile is None else wanted.profile
    profile = usable_profile(centre, name)
    numbers = id_numbers(wanted.roster, profile, now.astimezone(CHINA).date())
    slots = row_slots(wanted.plan, profile)
    with centre.uow.write() as session:
        if repository.institution(session, caller, wanted.institution_id) is None:
            raise _error("INSTITUTION_NOT_FOUND", 404, "/institution_id", "没有这个培训机构", "no such institution")
        refuse_secret(session, wanted.institution_id)
        if repository.class_numbered(session, wanted.class_no) is not None:
            raise _error("CLASS_NO_TAKEN", 409, "/class_no", "班号已被使用", "this class number is taken")
        training = TrainingClass(
            created_at=now,
            institution_id=wanted.institution_id,
            class_no=wanted.class_no,
            name=wanted.name,
            status="draft",
            profile=name,
            opening_day=wanted.opening_day,
            class_end=max((row_times(row, index)[1] for index, row in enumerate(wanted.plan)), default=now),
        )
        session.add(training)
        session.flush()
        add_roster(centre, session, training, wanted.roster, numbers, now)
        add_sessions(session, training, wanted.plan, slots, now)
        record(session, now, caller.actor, "class_created", f"training_class:{training.id}")
        return class_out(centre, session, training)


def draft_like(centre: Centre, caller: Caller, wanted: ClassIn) -> UUID | None:
    """The draft that this very application made before, so that a form sent twice makes one class."""
    with centre.uow.read() as session:
        found = repository.class_numbered(session, wanted.class_no)
        if found is None or repository.training_class(session, caller, found.id) is None:
            return None
        said = (wanted.institution_id, wanted.name, wanted.opening_day)
        same = found.status == "draft" and said == (found.institution_id, found.name, found.opening_day)
        return found.id if same else None


def classes(centre: Centre, caller: Caller, cursor: str | None, size: int) -> Page[ClassSummary]:
    with centre.uow.read() as session:
        rows = repository.classes(session, caller, cursor, size)
        return Page(**page_of(rows, size, lambda one: (one.created_at, one.id), _summary))


def _summary(training: TrainingClass) -> ClassSummary:
    return ClassSummary(**summary(training))


def show_class(centre: Centre, caller: Caller, class_id: UUID) -> ClassOut:
    """Raises LessonProofError CLASS_NOT_FOUND (404)."""
    with centre.uow.read() as session:
        return class_out(centre, session, found_class(session, caller, class_id))


def usable_profile(centre: Centre, name: str) -> RegionProfile:
    """The rules if this county's classes may be held under them: its own, or the demo's where that is allowed."""
    profile = profile_named(name)
    if profile.demo:
        if not centre.settings.demo:
            raise _error(
                "PROFILE_DEMO",
                422,
                "/profile",
                "演示规则不能用于开班:请选择本县的规则",
                "demo rules are for no real class: choose this county's rules",
            )
    elif profile.region != centre.settings.region:
        raise _error(
            "PROFILE_OTHER_REGION",
            422,
            "/profile",
            f"这是 {profile.region} 的规则,本中心只用 {centre.settings.region} 的规则",
            f"these are the rules of {profile.region}; this centre uses those of {centre.settings.region}",
        )
    return profile


def found_class(session: Session, caller: Caller, class_id: UUID, *, lock: bool = False) -> TrainingClass:
    training = repository.training_class(session, caller, class_id, lock=lock)
    if training is None:
        raise _error("CLASS_NOT_FOUND", 404, None, "没有这个班级", "no such class")
    return training


def require_status(training: TrainingClass, *allowed: str) -> None:
    if training.status not in allowed:
        raise _error(
            "CLASS_STATUS",
            409,
            None,
            "班级当前状态不能进行此操作",
            f"a class that is {training.status} does not allow this",
        )


def _error(code: str, status: int, where: str | None, zh: str, en: str) -> LessonProofError:
    return LessonProofError(code, status=status, where=where, zh=zh, en=en)
