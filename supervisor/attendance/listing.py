"""A session's check-ins as the inspector sees them (A-12): masked names, distances, anomalies; never a position."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from supervisor.attendance import repository, staff_repository
from supervisor.attendance.models import CheckIn
from supervisor.attendance.proof import proof_rules
from supervisor.attendance.schemas import CheckInLine, SessionCheckIns, SignOut
from supervisor.attendance.staff import found_session
from supervisor.attendance.staff_repository import Held
from supervisor.audit.service import record
from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.csv_file import csv_file
from supervisor.lessons.repository import counting_verdict, lessons_of_session
from supervisor.profiles import profile_named
from supervisor.rules.checkin import CheckInReason, CheckInResult, Direction, SessionTimes, check_in_window
from supervisor.rules.checkin_methods import Method
from supervisor.rules.masking import mask_name
from supervisor.rules.proxy import OF_THE_CLASS, ProxySign, SeenCheckIn, SessionFacts, proxy_signs

_DEVICE_SHOWN = 8
"""Characters of a device's hash: enough to tell the phones of one class apart."""
_HEAD = (
    "姓名,方向,时间,打卡时刻,方式,结果,原因,距离(米),围栏内,设备,异常,补录人,确认人".split(",")  # noqa: SIM905
)


def check_ins(centre: Centre, caller: Caller, session_id: UUID, *, only_anomalies: bool) -> SessionCheckIns:
    """Raises LessonProofError SESSION_NOT_FOUND (404)."""
    return _looked_at(centre, caller, session_id, "check_ins_viewed", only_anomalies)


def exported(centre: Centre, caller: Caller, session_id: UUID, *, only_anomalies: bool) -> bytes:
    """CSV. Raises LessonProofError SESSION_NOT_FOUND (404)."""
    page = _looked_at(centre, caller, session_id, "check_ins_exported", only_anomalies)
    return csv_file(
        _HEAD,
        (
            (
                line.name,
                line.direction,
                line.at.isoformat(),
                line.made_at.isoformat() if line.made_at else "",
                line.method,
                line.status,
                " ".join(line.reasons),
                line.distance_m,
                line.inside,
                line.device,
                " ".join(line.signs),
                line.corrected_by,
                line.confirmed_by,
            )
            for line in page.check_ins
        ),
    )


def _looked_at(centre: Centre, caller: Caller, session_id: UUID, action: str, only_anomalies: bool) -> SessionCheckIns:
    """Looking is recorded with what is looked at: both or neither."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        held = found_session(session, caller, session_id)
        rows = repository.check_ins(session, [session_id])
        teachers = staff_repository.teacher_check_ins(session, session_id)
        flags = repository.flags(session, [row.id for row in rows])
        rules = profile_named(held.training.profile)
        leaving = check_in_window(Direction.OUT, SessionTimes(held.session.start, held.session.end), rules.checkin)
        facts = SessionFacts(
            seen_peak=_seen_peak(session, session_id),
            exits_over=now > leaving.closes,
            over=now >= held.session.end,
            teacher_came=bool(teachers),
        )
        signs = proxy_signs(_seen(session, rows, flags), facts, proof_rules(rules))
        lines = _lines(session, held, rows, flags, signs)
        record(session, now, caller.actor, action, f"session:{session_id}", only_anomalies=only_anomalies)
    return SessionCheckIns(
        session_id=session_id,
        class_no=held.training.class_no,
        class_name=held.training.name,
        start=held.session.start,
        end=held.session.end,
        teacher_came=teachers[0].at if teachers else None,
        signs=[
            SignOut(code=sign.code, zh=sign.zh, en=sign.en, entries=[UUID(entry) for entry in sign.entries])
            for sign in signs
        ],
        check_ins=[line for line in lines if not only_anomalies or _anomalous(line)],
    )


def _anomalous(line: CheckInLine) -> bool:
    return bool(line.status is not CheckInResult.ACCEPTED or line.reasons or line.signs)


def _seen(session: Session, rows: Sequence[CheckIn], flags: dict[UUID, list[str]]) -> list[SeenCheckIn]:
    places = repository.places(session, [row.id for row in rows])
    return [
        SeenCheckIn(
            entry=str(row.roster_entry_id),
            direction=Direction(row.direction),
            at=row.at,
            method=Method(row.method),
            device=row.device_hash,
            place=places.get(row.id),
            reasons=reasons_of(row, flags),
        )
        for row in rows
        if row.status != CheckInResult.REJECTED
    ]


def reasons_of(row: CheckIn, flags: dict[UUID, list[str]]) -> tuple[CheckInReason, ...]:
    return tuple(CheckInReason(code) for code in [*row.reasons, *flags.get(row.id, [])])


def _seen_peak(session: Session, session_id: UUID) -> int | None:
    verdicts = [counting_verdict(session, lesson.hour.id) for lesson in lessons_of_session(session, session_id)]
    peaks = [verdict.body.get("peak") for verdict in verdicts if verdict is not None]
    return max((peak for peak in peaks if peak is not None), default=None)


def _lines(
    session: Session,
    held: Held,
    rows: Sequence[CheckIn],
    flags: dict[UUID, list[str]],
    signs: Sequence[ProxySign],
) -> list[CheckInLine]:
    names = staff_repository.names(session, held.training.id)
    by_hand = staff_repository.by_hand(session, [row.id for row in rows])
    marks = [sign for sign in signs if sign.code not in OF_THE_CLASS]
    lines = []
    for row in rows:
        hand = by_hand.get(row.id)
        confirmer = None
        if hand is not None:
            confirmer = hand.inspector or (mask_name(names[hand.trainee]) if hand.trainee else None)
        refused = row.status == CheckInResult.REJECTED
        lines.append(
            CheckInLine(
                roster_ref=row.roster_entry_id,
                name=mask_name(names.get(row.roster_entry_id, "")),
                direction=Direction(row.direction),
                at=row.at,
                made_at=row.made_at,
                method=Method(row.method),
                status=status_of(row, bool(flags.get(row.id)), hand is not None and hand.confirmed),
                reasons=list(reasons_of(row, flags)),
                distance_m=row.distance_m,
                inside=row.inside,
                device=row.device_hash[:_DEVICE_SHOWN] if row.device_hash else None,
                signs=[] if refused else [sign.code for sign in marks if str(row.roster_entry_id) in sign.entries],
                corrected_by=hand.called_by if hand else None,
                confirmed_by=confirmer,
            )
        )
    return lines


def status_of(row: CheckIn, flagged: bool, confirmed: bool) -> CheckInResult:
    """As `repository.check_in_facts` has it."""
    status = CheckInResult(row.status)
    if status is CheckInResult.REJECTED:
        return status
    if flagged:
        return CheckInResult.REVIEW
    return CheckInResult.ACCEPTED if confirmed else status
