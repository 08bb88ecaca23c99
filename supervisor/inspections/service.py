"""The supervision certificate: figures taken at one moment and frozen (A-26)."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from config.profile import DEFAULT_PATROL
from supervisor.attendance.register import register
from supervisor.audit.service import record
from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.classes.models import TrainingClass
from supervisor.classes.repository import training_class
from supervisor.devices.service import not_found
from supervisor.inspections import repository
from supervisor.inspections.models import SupervisionCertificate
from supervisor.inspections.schemas import CertificateOut
from supervisor.lessons import repository as lessons
from supervisor.profiles import profile_named
from supervisor.rules.attendance import AttendanceStatus
from supervisor.rules.remote_effective import RULE_VERSION, Figures, filmed_ms, remote_effective
from supervisor.rules.verdict import VerdictState


def certify(centre: Centre, caller: Caller, class_id: UUID) -> CertificateOut:
    """Raises LessonProofError CLASS_NOT_FOUND (404)."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        training = training_class(session, caller, class_id, lock=True)
        if training is None:
            raise not_found("CLASS", "班级", "class")
        profile = profile_named(training.profile)
        figures = _figures(session, caller, class_id, now)
        made = SupervisionCertificate(
            at=now,
            class_id=class_id,
            account_id=caller.account_id,
            onsite_required=not remote_effective(figures, profile.patrol or DEFAULT_PATROL),
            figures=asdict(figures),
            rule_version=RULE_VERSION,
            profile=training.profile,
            profile_digest=profile.digest(),
        )
        session.add(made)
        session.flush()
        record(
            session,
            now,
            caller.actor,
            "supervision_certified",
            f"supervision_certificate:{made.id}",
            class_id=str(class_id),
            onsite_required=made.onsite_required,
            figures=made.figures,
            rule_version=RULE_VERSION,
            profile_digest=made.profile_digest,
        )
        return _out(made, training)


def newest(centre: Centre, caller: Caller, class_id: UUID) -> CertificateOut | None:
    """None: nobody has made one. Raises CLASS_NOT_FOUND (404)."""
    with centre.uow.read() as session:
        if training_class(session, caller, class_id) is None:
            raise not_found("CLASS", "班级", "class")
        found = repository.newest_certificate(session, caller, class_id)
        return None if found is None else _out(*found)


def on_site(centre: Centre, caller: Caller) -> list[CertificateOut]:
    with centre.uow.read() as session:
        return [_out(made, training) for made, training in repository.on_site(session, caller)]


def _figures(session: Session, caller: Caller, class_id: UUID, now: datetime) -> Figures:
    over = [one for one in lessons.lessons_of_class(session, caller, class_id) if one.countable and one.hour.end <= now]
    ids = [one.hour.id for one in over]
    length = {one.hour.id: round((one.hour.end - one.hour.start).total_seconds() * 1000) for one in over}
    filmed = sum(
        filmed_ms(
            ((span["start_ms"], span["end_ms"]) for camera in row.body["cameras"] for span in camera["spans"]),
            length[hour],
        )
        for hour, row in repository.newest_evidence(session, ids).items()
    )
    expected = [
        one
        for hour in register(session, [(each.hour, each.session, each.training) for each in over]).values()
        for one in hour
        if one.status is not AttendanceStatus.LEAVE
    ]
    versions = lessons.verdicts(session, ids)
    counting = {hour: next((one for one in rows if one.source != "box"), None) for hour, rows in versions.items()}
    proposed = {
        f"lesson_hour:{hour}"
        for hour, row in counting.items()
        if row is not None and row.state == VerdictState.FAIL_PROPOSED
    }
    return Figures(
        planned_ms=sum(length.values()),
        filmed_ms=filmed,
        expected_check_ins=len(expected),
        check_ins=sum(one.attends for one in expected),
        patrols=repository.closed_patrols(session, class_id),
        open_alerts=len(proposed | repository.alarmed(session, ids)),
    )


def _out(made: SupervisionCertificate, training: TrainingClass) -> CertificateOut:
    return CertificateOut(
        id=made.id,
        class_id=made.class_id,
        class_no=training.class_no,
        at=made.at,
        onsite_required=made.onsite_required,
        figures=made.figures,
        rule_version=made.rule_version,
        profile=made.profile,
        profile_digest=made.profile_digest,
    )
