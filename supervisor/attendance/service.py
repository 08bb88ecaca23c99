"""Check-in by phone: who it is, whether it counts, exactly once. The decision itself is `supervisor.rules.checkin`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from config.errors import LessonProofError
from supervisor.attendance import repository
from supervisor.attendance.device import Device, device_cookie, read_device
from supervisor.attendance.models import CheckIn
from supervisor.attendance.own_check_ins import own_check_ins
from supervisor.attendance.proof import (
    code_check,
    flag_elsewhere,
    keep_place,
    methods_at,
    place_of,
    proof_rules,
    require_method,
)
from supervisor.attendance.schemas import CheckInPage, CheckInReply, CheckInRequest, DoorOut
from supervisor.centre import Centre
from supervisor.classes.models import ClassSession, RosterEntry, Trainee, TrainingClass
from supervisor.devices.models import Room, Site
from supervisor.devices.repository import APPROVED
from supervisor.lessons.verdicts import rejudge_session
from supervisor.profiles import profile_named
from supervisor.registry.outbox import tell_check_in
from supervisor.rules.checkin import (
    CheckInReason,
    CheckInResult,
    Direction,
    PhoneTimes,
    SessionTimes,
    Signs,
    check_in_window,
    decide_check_in,
    made_at,
)
from supervisor.rules.checkin_methods import Method
from supervisor.rules.masking import mask_name
from supervisor.rules.rotating_code import CodeCheck

WRONG_PER_NAME, WRONG_PER_ADDRESS, WINDOW_S = 5, 60, 600.0
"""A class shares one Wi-Fi address, so an address has many tries; a name in a session has few: four digits are
guessed soon."""

_SENTENCES = {
    CheckInReason.TOO_EARLY: ("签到还没有开始", "check-in is not open yet"),
    CheckInReason.TOO_LATE: ("签到时间已过,请找老师补签", "check-in is over: ask the teacher for a correction"),
    CheckInReason.QR_EXPIRED: (
        "动态码已过期,请重新扫描教室屏幕上的动态码",
        "the code is no longer valid: scan the one on the classroom's screen again",
    ),
    CheckInReason.QR_REPLAY: ("这个动态码您已经用过,请重新扫描", "you have used this code already: scan again"),
    CheckInReason.NO_SESSION: ("这节课还没有获准开班", "this class is not approved"),
}


@dataclass(frozen=True, slots=True)
class _Door:
    """The session a code opens, and the person at it."""

    session: ClassSession
    training: TrainingClass
    site: Site
    entry: RosterEntry
    trainee: Trainee


def open_session(centre: Centre, code: str, cookie: str | None) -> CheckInPage:
    """What the phone page shows. Raises LessonProofError SESSION_NOT_FOUND (404)."""
    now = centre.clock.now()
    device = read_device(centre.vault, cookie)
    with centre.uow.read() as session:
        held, training, room, site = session_coded(session, code)
        known = repository.entry_of(session, training.id, device.trainee_id) if device.trainee_id else None
        own = own_check_ins(session, known[0].id).get(held.id, []) if known else []
        methods = methods_at(session, site.id)
        fenced = repository.fence_of(session, site.id) is not None
    rules = profile_named(training.profile)
    return CheckInPage(
        code=code,
        class_name=training.name,
        site=site.name,
        room=room.name,
        start=held.start,
        end=held.end,
        now=now,
        demo=rules.demo,
        approved=training.status in APPROVED,
        doors=[
            DoorOut(
                direction=direction, opens=door.opens, closes=door.closes, open_now=door.opens <= now <= door.closes
            )
            for direction in Direction
            for door in [check_in_window(direction, SessionTimes(held.start, held.end), rules.checkin)]
        ],
        name=mask_name(known[1].name) if known else None,
        own=own,
        methods=methods,
        rotating_code=proof_rules(rules).rotating_code,
        ask_location=fenced and proof_rules(rules).fence != "off",
    )


def check_in(centre: Centre, code: str, wanted: CheckInRequest, cookie: str | None, ip: str) -> CheckInReply:
    """Accepted or for review. The same key gets the same answer, whenever it is asked again.

    Raises LessonProofError SESSION_NOT_FOUND (404), CHECKIN_NOT_MATCHED (422; the same for every wrong identity),
    TOO_MANY_TRIES (429), IDEMPOTENCY_KEY_REUSED (409), and TOO_EARLY, TOO_LATE, NO_SESSION, QR_EXPIRED, QR_REPLAY,
    METHOD_NOT_ENABLED (422) when it is refused.
    """
    device = read_device(centre.vault, cookie)
    try:
        row, trainee = _check_in(centre, code, wanted, device, ip)
    except IntegrityError:  # the same key arrived twice at the same moment; the other one is committed now
        row, trainee = _check_in(centre, code, wanted, device, ip)
    status = CheckInResult(row.status)
    if status is CheckInResult.REJECTED:
        reason = CheckInReason(row.reasons[0])
        zh, en = _SENTENCES[reason]
        raise LessonProofError(reason, status=422, zh=zh, en=en)
    return CheckInReply(
        status=status,
        reasons=[CheckInReason(code) for code in row.reasons],
        direction=Direction(row.direction),
        at=row.at,
        name=mask_name(trainee.name),
        device_cookie=device_cookie(centre.vault, Device(device.number, trainee.id)),
    )


def _check_in(centre: Centre, code: str, wanted: CheckInRequest, device: Device, ip: str) -> tuple[CheckIn, Trainee]:
    now = centre.clock.now()
    with centre.uow.write() as session:
        door = _identify(centre, session, code, wanted, device, ip)
        known = repository.check_in_keyed(session, wanted.idempotency_key)
        if known is not None:
            same = (known.session_id, known.roster_entry_id, known.direction)
            if same != (door.session.id, door.entry.id, wanted.direction):
                raise LessonProofError(
                    "IDEMPOTENCY_KEY_REUSED",
                    status=409,
                    zh="请刷新页面后再签到",
                    en="this key was used for another check-in: reload the page",
                )
            return known, door.trainee
        row, twins = _decided(centre, session, door, wanted, device, now)
        session.add(row)
        session.flush()
        tell_check_in(session, now, door.training, row, door.trainee.id)
        if row.status != CheckInResult.REJECTED:
            keep_place(centre, session, row, door.training, wanted.location, now)
            for other in flag_elsewhere(session, twins, now) | {door.session.id}:
                rejudge_session(session, other, now)
        return row, door.trainee


def _decided(
    centre: Centre, session: Session, door: _Door, wanted: CheckInRequest, device: Device, now: datetime
) -> tuple[CheckIn, Sequence[CheckIn]]:
    """The check-in, and those of the same person in other classes at the same time."""
    profile = profile_named(door.training.profile)
    proof = proof_rules(profile)
    phone = PhoneTimes(wanted.made_at, wanted.sent_at) if wanted.made_at and wanted.sent_at else None
    made = made_at(now, phone, proof)
    step, code = code_check(
        centre, session, door.session.id, door.entry.id, wanted, device, made or now, profile.checkin, proof
    )
    method = Method.ROTATING_CODE if code is CodeCheck.VALID else Method.PHONE
    require_method(session, door.site.id, method)
    at_site = place_of(session, door.site.id, wanted.location, profile)
    twins = repository.elsewhere(session, door.trainee.id, door.session) if profile.checkin_proof else []
    people = repository.people_on_device(session, door.session.id, device.hashed) | {door.entry.id}
    decision = decide_check_in(
        now,
        wanted.direction,
        SessionTimes(door.session.start, door.session.end) if door.training.status in APPROVED else None,
        profile.checkin,
        on_roster=True,
        people_on_device=len(people),
        proof=proof,
        signs=Signs(
            place=at_site,
            code=code,
            changed_device=repository.last_device(session, door.entry.id) not in (None, device.hashed),
            elsewhere=bool(twins),
        ),
        phone=phone,
    )
    counts = decision.result is not CheckInResult.REJECTED
    row = CheckIn(
        session_id=door.session.id,
        roster_entry_id=door.entry.id,
        direction=wanted.direction,
        at=now,
        method=method,
        device_hash=device.hashed,
        idempotency_key=wanted.idempotency_key,
        status=decision.result,
        reasons=list(decision.reasons),
        distance_m=at_site.distance_m if at_site else None,
        inside=at_site.inside if at_site else None,
        made_at=made if CheckInReason.OFFLINE_LATE in decision.reasons else None,
        code_step=step if code is CodeCheck.VALID and counts else None,
    )
    return row, twins


def _identify(centre: Centre, session: Session, code: str, wanted: CheckInRequest, device: Device, ip: str) -> _Door:
    held, training, _, site = session_coded(session, code)
    if wanted.name is None and wanted.id_last4 is None and device.trainee_id is not None:
        found = repository.entry_of(session, training.id, device.trainee_id)
        if found is None:
            raise _not_matched()
        return _Door(held, training, site, *found)
    keys = {f"checkin:{held.id}:{wanted.name}": WRONG_PER_NAME, f"checkin:{held.id}:{ip}": WRONG_PER_ADDRESS}
    for key, limit in keys.items():
        centre.throttle.check(key, centre.clock, limit=limit, window_s=WINDOW_S)
    last4 = centre.vault.lookup("last4", wanted.id_last4 or "")
    matches = repository.entries_named(session, training.id, wanted.name or "", last4)
    if len(matches) != 1:  # two of one name and one ending: only the teacher can tell them apart
        for key in keys:
            centre.throttle.wrong(key, centre.clock)
        raise _not_matched()
    return _Door(held, training, site, *matches[0])


def session_coded(session: Session, code: str) -> tuple[ClassSession, TrainingClass, Room, Site]:
    found = repository.session_by_code(session, code)
    if found is None:
        raise LessonProofError(
            "SESSION_NOT_FOUND",
            status=404,
            zh="签到地址无效,请重新扫描教室里的二维码",
            en="not a check-in address: scan the code in the classroom again",
        )
    return found


def _not_matched() -> LessonProofError:
    return LessonProofError(
        "CHECKIN_NOT_MATCHED",
        status=422,
        zh="姓名或身份证后四位与花名册不符,请核对或找老师",
        en="the name or the last four characters do not match the roster: check them, or ask the teacher",
    )
