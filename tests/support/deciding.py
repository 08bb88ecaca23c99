"""People who decide, signed in without a password, and a class of two weeks to decide about. For page tests."""

from __future__ import annotations

import secrets
from datetime import date, datetime, time, timedelta
from uuid import UUID

from config.clock import CHINA
from supervisor.accounts.models import Account, AccountSession
from supervisor.attendance.models import CheckIn
from supervisor.callers import Caller, as_caller
from supervisor.centre import Centre
from supervisor.classes.models import (
    ClassSession,
    Institution,
    LessonHour,
    RosterEntry,
    Trainee,
    TrainingClass,
)
from supervisor.contract.evidence import canonical_json, parse_verdict, verdict_json
from supervisor.decisions.cache import refresh
from supervisor.decisions.models import Decision
from supervisor.lessons.models import LessonVerdictRow
from supervisor.rules.verdict import ReasonCode, VerdictState
from supervisor.vault import token_hash
from tests.support.seed import Seeded, id_number, person

HEADS, DAYS, PAST, SLOTS = 30, 10, 6, 8
_PASS, _FAIL, _REVIEW = VerdictState.PASS, VerdictState.FAIL_PROPOSED, VerdictState.REVIEW
STORIES: dict[tuple[int, int], tuple[VerdictState, tuple[ReasonCode, ...], int | None]] = {
    (1, 6): (_FAIL, (ReasonCode.GAP,), None),
    (2, 3): (_FAIL, (ReasonCode.COUNT_LOW, ReasonCode.CHECKIN_MISMATCH), 15),
    (2, 8): (_FAIL, (ReasonCode.NO_VIDEO,), None),
    (3, 8): (_REVIEW, (ReasonCode.COUNT_UNSURE,), 26),
    (4, 3): (_FAIL, (ReasonCode.COUNT_LOW,), 17),
    (4, 6): (_FAIL, (ReasonCode.COUNT_LOW,), 13),
    (5, 5): (_FAIL, (ReasonCode.TOO_SHORT,), None),
    (5, 8): (_REVIEW, (ReasonCode.COUNT_UNSURE,), 27),
}
"""Day and slot → what the rules said of it, and how many were seen; of every other hour that is over: a pass."""
OVERRULED, AGREED = (4, 3), (2, 3)


def sign_in(
    centre: Centre, role: str, name: str, institution: UUID | None = None, **more: object
) -> tuple[Caller, str]:
    """An account and the token of its session. `more`: columns of the account."""
    now, token = centre.clock.now(), secrets.token_urlsafe(16)
    with centre.uow.write() as session:
        account = Account(
            created_at=now, granted_at=now, username=f"{role}-{secrets.token_hex(4)}", name=name, role=role,
            institution_id=institution, password_hash="-", **more,
        )  # fmt: skip
        session.add(account)
        session.flush()
        session.add(
            AccountSession(
                created_at=now, token_sha256=token_hash(token), account_id=account.id, expires_at=now + timedelta(400)
            )
        )
        school = session.get(Institution, institution) if institution else None
        return as_caller(account, school.name if school else None), token


def two_weeks(morning: Seeded, inspector: Caller, like: int = 0) -> UUID:
    """A class of ten days, of which six are over, in the room of the seed's first class, written straight into the
    tables: verdicts of all kinds, one agreed with, one overruled. Verdicts are as that of the seed's class `like`."""
    centre, clock = morning.centre, morning.clock
    now = clock.now()
    with centre.uow.write() as session:
        model = session.get_one(TrainingClass, morning.places[like].training.id)
        room = session.get_one(ClassSession, morning.places[like].first.id).room_id
        row = (
            session.query(LessonVerdictRow)
            .filter_by(lesson_hour_id=morning.places[like].ended, source="centre")
            .first()
        )
        assert row is not None
        body = row.body
        training = TrainingClass(
            created_at=now - timedelta(20), institution_id=model.institution_id, class_no="2026-1103-0087",
            name="电工五级 26-087班", status="running", profile=model.profile, approved_at=now - timedelta(19),
            approved_by=inspector.account_id, class_end=now + timedelta(7),
        )  # fmt: skip
        session.add(training)
        session.flush()
        entries = [_entry(centre, session, training.id, at, now) for at in range(HEADS)]
        for day in range(DAYS):
            _day(session, training, room, entries, day, now, body, inspector)
        return training.id


def _entry(centre: Centre, session: object, class_id: UUID, at: int, now: datetime) -> UUID:
    number = id_number(400 + at)
    trainee = Trainee(
        created_at=now, name=person(at)[0], id_number_cipher=b"-",
        id_number_hmac=centre.vault.lookup("id_number", number), last4_hmac=centre.vault.lookup("last4", number[-4:]),
    )  # fmt: skip
    session.add(trainee)  # type: ignore[attr-defined]
    session.flush()  # type: ignore[attr-defined]
    trainee.id_number_cipher = centre.vault.seal(number, trainee.id)
    entry = RosterEntry(created_at=now - timedelta(20), class_id=class_id, trainee_id=trainee.id, position=at)
    session.add(entry)  # type: ignore[attr-defined]
    session.flush()  # type: ignore[attr-defined]
    return entry.id


def _day(session, training, room, entries, day, now, body, inspector):  # type: ignore[no-untyped-def]
    first = now.astimezone(CHINA).date() - timedelta(PAST)
    on: date = first + timedelta(day)
    for half, begin in enumerate((time(8), time(14))):
        start = datetime.combine(on, begin, CHINA)
        held = ClassSession(
            created_at=now - timedelta(20), class_id=training.id, room_id=room, code=secrets.token_hex(8),
            local_date=on, start=start, end=start + timedelta(minutes=45 * 4), kind="theory", teachers=["刘老师"],
        )  # fmt: skip
        session.add(held)
        session.flush()
        if day < PAST:
            _check_ins(session, held, entries, day, start)
        for slot in range(4):
            begun = start + timedelta(minutes=45 * slot)
            hour = LessonHour(
                created_at=now - timedelta(20), session_id=held.id, slot=slot + 1, start=begun,
                end=begun + timedelta(minutes=45),
            )  # fmt: skip
            session.add(hour)
            session.flush()
            if day < PAST:
                _verdict(session, hour, (day, half * 4 + slot + 1), body, now, inspector)


def _check_ins(session, held, entries, day, start):  # type: ignore[no-untyped-def]
    for at, entry in enumerate(entries):
        if (at == 3 and day % 2) or (at == 7 and day in (1, 3, 4)) or (at == 11 and day == 2):
            continue
        status = "review" if at == 5 else "accepted"
        session.add(
            CheckIn(
                session_id=held.id, roster_entry_id=entry, direction="in", method="phone", device_hash=None,
                at=start - timedelta(minutes=5) if at != 9 else start + timedelta(minutes=20),
                idempotency_key=secrets.token_hex(12), status=status, reasons=["DEVICE_SHARED"] if at == 5 else [],
            )
        )  # fmt: skip
    session.flush()


def _verdict(session, hour, where, body, now, inspector):  # type: ignore[no-untyped-def]
    state, reasons, seen = STORIES.get(where, (_PASS, (), 29 - (where[0] + where[1]) % 3))
    told = dict(body) | {
        "lesson_hour_id": str(hour.id), "state": state, "reasons": list(reasons), "required": 28, "present": 28,
        "roster": HEADS, "peak": seen, "median": seen, "media_ms": 2_650_000 if seen is not None else 900_000,
    }  # fmt: skip
    if seen is None:
        told |= {"window": None, "clip_start_ms": None, "clip_end_ms": None}
    whole = verdict_json(parse_verdict(canonical_json(told)))
    session.add(
        LessonVerdictRow(
            created_at=hour.end + timedelta(minutes=2), lesson_hour_id=hour.id, version=1, source="centre", state=state,
            body=whole, agrees=True,
        )
    )  # fmt: skip
    session.flush()
    if where in (OVERRULED, AGREED):
        session.add(
            Decision(
                at=now - timedelta(hours=3), lesson_hour_id=hour.id, seq=1, version=1, signs=[],
                result="pass" if where == OVERRULED else "fail",
                reason="OTHER_RECORDING" if where == OVERRULED else "EVIDENCE_LACKING", words="已看手机录像,人数相符",
                account_id=inspector.account_id, answers=None,
            )
        )  # fmt: skip
    refresh(session, hour.id, now)
