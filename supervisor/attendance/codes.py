"""The classroom's rotating code: shown by the teacher's computer or the box, swapped by a phone for a ticket."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from config.errors import LessonProofError
from supervisor.attendance import staff_repository
from supervisor.attendance.device import device_cookie, read_device
from supervisor.attendance.proof import proof_rules, sealed_ticket, session_secret, ticket_step
from supervisor.attendance.repository import code_used, entry_of
from supervisor.attendance.schemas import TICKET, TicketOut, TicketRequest
from supervisor.attendance.service import WINDOW_S, WRONG_PER_ADDRESS, session_coded
from supervisor.attendance.staff import found_session, session_not_found
from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.classes.models import ClassSession, TrainingClass
from supervisor.contract.rotating_code import CodeAhead, RotatingCodeOut
from supervisor.profiles import profile_named
from supervisor.rules.rotating_code import rotating_code, scan_address, step_at, step_ends, step_of

AHEAD = 3  # codes after the present one, so that a short silence of the line is not seen on the screen


def shown_to_staff(centre: Centre, caller: Caller, session_id: UUID) -> RotatingCodeOut:
    """Raises LessonProofError SESSION_NOT_FOUND (404), ROTATING_CODE_OFF (409)."""
    with centre.uow.read() as session:
        held = found_session(session, caller, session_id)
        return _shown(centre, held.session, held.training, centre.clock.now())


def shown_to_box(centre: Centre, box_id: UUID, session_id: UUID) -> RotatingCodeOut:
    """For the panel in the box's own rooms. Raises as `shown_to_staff`."""
    with centre.uow.read() as session:
        found = staff_repository.session_of_box(session, box_id, session_id)
        if found is None:
            raise session_not_found()
        return _shown(centre, *found, centre.clock.now())


def swap(centre: Centre, code: str, wanted: TicketRequest, cookie: str | None, ip: str) -> TicketOut:
    """A ticket for this phone and session, so that a slow phone is not too late.

    Raises LessonProofError SESSION_NOT_FOUND (404), ROTATING_CODE_OFF (409), QR_EXPIRED (422), TOO_MANY_TRIES (429).
    """
    now = centre.clock.now()
    with centre.uow.read() as session:
        held, training, _, _ = session_coded(session, code)
    profile = profile_named(training.profile)
    _require_on(training)
    key = f"rotating-code:{held.id}:{ip}"
    centre.throttle.check(key, centre.clock, limit=WRONG_PER_ADDRESS, window_s=WINDOW_S)
    step = step_of(session_secret(centre, held.id), wanted.rotating_code, now, profile.checkin)
    if step is None:
        centre.throttle.wrong(key, centre.clock)
        raise LessonProofError(
            "QR_EXPIRED", status=422, zh="动态码已过期,请重新扫描", en="the code is no longer valid: scan again"
        )
    device = read_device(centre.vault, cookie)
    until = now.replace(microsecond=0) + timedelta(seconds=proof_rules(profile).ticket_s)
    return TicketOut(
        ticket=sealed_ticket(centre, held.id, device, step, until),
        valid_until=until,
        device_cookie=device_cookie(centre.vault, device),
    )


def _shown(centre: Centre, held: ClassSession, training: TrainingClass, now: datetime) -> RotatingCodeOut:
    _require_on(training)
    rules = profile_named(training.profile).checkin
    first = step_at(now, rules)
    secret, address = session_secret(centre, held.id), scan_address(centre.public_url, held.code)
    codes = [rotating_code(secret, first + ahead) for ahead in range(AHEAD + 1)]
    until = step_ends(first, now, rules)
    return RotatingCodeOut(
        code=codes[0],
        valid_until=until,
        period_s=rules.qr_period_s,
        url=address + codes[0],
        now=now,
        ahead=[
            CodeAhead(code=code, show_from=until + timedelta(seconds=index * rules.qr_period_s), url=address + code)
            for index, code in enumerate(codes[1:])
        ],
    )


def ticket_good(centre: Centre, code: str, ticket: str | None, cookie: str | None) -> bool:
    """Whether the ticket would still do for whoever holds this phone. Raises SESSION_NOT_FOUND (404)."""
    now, device = centre.clock.now(), read_device(centre.vault, cookie)
    if ticket is None or TICKET.fullmatch(ticket) is None:
        return False
    with centre.uow.read() as session:
        held, training, _, _ = session_coded(session, code)
        step = ticket_step(centre, held.id, device, ticket, now)
        known = entry_of(session, training.id, device.trainee_id) if device.trainee_id else None
        return step is not None and (known is None or not code_used(session, held.id, known[0].id, step))


def _require_on(training: TrainingClass) -> None:
    if proof_rules(profile_named(training.profile)).rotating_code == "off":
        raise LessonProofError(
            "ROTATING_CODE_OFF",
            status=409,
            zh="本班规则不使用动态码",
            en="the rules of this class use no rotating code",
        )
