"""A day in the county's office, for page tests and pictures: accounts in every state, inspections and what follows from
them, comparison lists, requests of trainees."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from pyotp import random_base32
from sqlalchemy import select

from config.clock import CHINA
from config.settings import CentreSettings
from supervisor.accounts.models import Account, SecondFactor
from supervisor.accounts.people import create_account
from supervisor.accounts.schemas import AccountIn
from supervisor.accounts.service import sign_in as sign_in_by_password
from supervisor.callers import Caller, Role
from supervisor.classes.models import ClassSession, LessonHour, RosterEntry
from supervisor.inspections import records, rectification, service
from supervisor.inspections.record_schemas import InspectionIn
from supervisor.lessons.register import enter
from supervisor.lessons.schemas import ViewReason
from supervisor.privacy import desk
from supervisor.privacy.schemas import RightsIn, RightsKind
from supervisor.rosters import lists
from supervisor.rosters.schemas import ListAbout
from supervisor.rules.inspection import Check, Conclusion, InspectionKind, Item
from supervisor.rules.roll_call import Finding
from supervisor.rules.roster_facts import ListKind
from tests.support.deciding import sign_in, two_weeks
from tests.support.seed import ADMIN, Seeded, id_number, seed


@dataclass(frozen=True)
class Office:
    """Tokens of sessions, and what stands on the pages. `enrolling`: of the seed's administrator; the handler has a
    second factor."""

    seeded: Seeded
    inspector: str
    handler: str
    system: str
    security: str
    audit: str
    enrolling: str
    class_id: UUID
    asked: UUID
    locked: UUID
    answered: UUID


def office_day(settings: CentreSettings) -> Office:
    seeded = seed(settings)
    centre = seeded.centre
    inspector, inspecting = sign_in(centre, "inspector", "王督导")
    handler, handling = sign_in(centre, "handler", "陈经办")
    system, asking = sign_in(centre, "system_admin", "孙管理")
    _, granting = sign_in(centre, "security_admin", "钱安全")
    _, auditing = sign_in(centre, "audit_admin", "周审计")
    school = seeded.places[0].training.institution_id
    responsible, _ = sign_in(centre, "responsible", "周校长", school)
    locked, _ = sign_in(centre, "teacher", "刘老师", school)
    now = seeded.clock.now()
    with centre.uow.write() as session:
        session.get_one(Account, locked.account_id).locked_until = now + timedelta(minutes=12)
        sealed = centre.vault.seal(random_base32(), handler.account_id)
        session.add(SecondFactor(account_id=handler.account_id, created_at=now, secret_cipher=sealed, confirmed_at=now))
    wanted = AccountIn(
        username="feng", name="冯监督", role=Role.THIRD_PARTY, institutions=[school], unit="某会计师事务所",
        expires_at=(now + timedelta(days=128)).astimezone(CHINA),
    )  # fmt: skip
    asked = create_account(centre, system, wanted).account_id
    assert asked is not None
    class_id = two_weeks(seeded, inspector)
    answered = _inspected(seeded, inspector, class_id, "后排照明不亮,缺两本教材", "修好后排照明,补齐教材")
    rectification.answer(centre, responsible, answered, "灯管已更换,教材已补齐,照片附后。")
    _inspected(seeded, inspector, class_id, "有学员玩手机", "整顿课堂秩序")
    _inspected(seeded, inspector, class_id, "", "")
    service.certify(centre, inspector, class_id)
    _lists(seeded, handler)
    with centre.uow.read() as session:
        entries = session.scalars(select(RosterEntry.id).where(RosterEntry.class_id == class_id).limit(2)).all()
    for entry, kind, words in zip(
        entries, (RightsKind.CORRECT, RightsKind.ACCESS), ("名字写错了一个字", "想知道谁看过我的录像"), strict=True
    ):
        desk.ask_for(centre, handler, entry, RightsIn(kind=kind, words=words))
    for place, why in zip(seeded.places, (ViewReason.ROUTINE, ViewReason.COMPLAINT), strict=False):
        enter(centre, inspector, place.ended, "playback", why, "10.14.5.21")
    return Office(
        seeded=seeded,
        inspector=inspecting,
        handler=handling,
        system=asking,
        security=granting,
        audit=auditing,
        enrolling=sign_in_by_password(centre, ADMIN[0], ADMIN[1], "10.14.5.9").token,
        class_id=class_id,
        asked=asked,
        locked=locked.account_id,
        answered=answered,
    )


def _inspected(seeded: Seeded, inspector: Caller, class_id: UUID, words: str, demand: str) -> UUID:
    now = seeded.clock.now()
    with seeded.centre.uow.read() as session:
        query = select(LessonHour.id).join(ClassSession, ClassSession.id == LessonHour.session_id)
        hours = session.scalars(query.where(ClassSession.class_id == class_id).order_by(LessonHour.start)).all()
    body = InspectionIn(
        class_id=class_id,
        lesson_hour_ids=list(hours[:2]),
        kind=InspectionKind.ON_SITE,
        started_at=now - timedelta(hours=20),
        ended_at=now - timedelta(hours=19),
        present=27,
        items=dict.fromkeys(Item, Check.YES) | ({Item.TEXTBOOKS: Check.NO} if demand else {}),
        findings=[Finding.OTHER, Finding.FEW_PEOPLE] if demand else [Finding.NORMAL],
        words=words,
        conclusion=Conclusion.NOT_QUALIFIED if demand else Conclusion.QUALIFIED,
        demand=demand,
    )
    return records.enter(seeded.centre, inspector, body).id


def _lists(seeded: Seeded, handler: Caller) -> None:
    today = seeded.clock.now().astimezone(CHINA).date()
    for kind, source, people in (
        (ListKind.DECEASED, "县民政局", 3), (ListKind.PENSION, "县社保中心", 12), (ListKind.STUDENTS, "县教育局", 40),
    ):  # fmt: skip
        about = ListAbout(
            kind=kind, source=source, as_of=today - timedelta(days=6), purpose="核对补贴培训花名册",
            expires_on=today + timedelta(days=90),
        )  # fmt: skip
        rows = "\n".join(id_number(7000 + one) for one in range(people))
        lists.import_list(seeded.centre, handler, about, f"身份证号\n{rows}\n".encode())
