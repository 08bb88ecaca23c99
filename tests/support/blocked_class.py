"""A class that begins tomorrow, and two of its people on a list of pensioners. For page tests and pictures."""

from __future__ import annotations

from datetime import date, time
from uuid import UUID

from supervisor.callers import Caller
from supervisor.classes import files
from supervisor.classes.models import TrainingClass
from supervisor.classes.schemas import ClassIn, PlanRow, RosterRow
from supervisor.classes.service import create_class
from supervisor.decisions import exemption_requests
from supervisor.decisions.schemas import ExemptionRequestIn
from supervisor.rosters import lists, service
from supervisor.rosters.schemas import LiftIn, ListAbout
from supervisor.rules.evidence import ExemptKind, LessonKind
from supervisor.rules.roster_facts import ListKind
from tests.support.seed import Seeded, id_number

HEADS, FIRST = 4, 600
PDF = b"%PDF-1.7 what was verified"


def blocked_class(seeded: Seeded, responsible: Caller, handler: Caller) -> UUID:
    """Approved, of the responsible person's institution, compared: 学员00 and 学员01 draw a pension."""
    place = seeded.places[0]
    plan = PlanRow(
        date=date(2026, 11, 24), start=time(9), end=time(9, 7), lesson_hours=2, kind=LessonKind.THEORY,
        room_id=place.first.room_id, teachers=["刘老师"],
    )  # fmt: skip
    wanted = ClassIn(
        institution_id=place.training.institution_id, class_no="2026-1124-01", name="电工五级 冬季二班",
        profile="000000-demo.2", plan=[plan],
        roster=[RosterRow(name=f"学员{at:02}", id_number=id_number(FIRST + at)) for at in range(HEADS)],
    )  # fmt: skip
    class_id = create_class(seeded.centre, responsible, wanted).id
    with seeded.centre.uow.write() as session:
        training = session.get_one(TrainingClass, class_id)
        training.status, training.approved_at = "approved", seeded.clock.now()
    about = ListAbout(
        kind=ListKind.PENSION, source="县社保中心", as_of=date(2026, 11, 1), purpose="核对补贴培训花名册",
        expires_on=date(2026, 12, 31),
    )  # fmt: skip
    lines = ["身份证号", id_number(FIRST), id_number(FIRST + 1)]
    lists.import_list(seeded.centre, handler, about, "\n".join(lines).encode())
    service.compare(seeded.centre, handler, class_id)
    return class_id


def lifted_and_asked(seeded: Seeded, class_id: UUID, responsible: Caller, handler: Caller) -> None:
    """The first block is lifted, and the institution asks for an exemption."""
    centre = seeded.centre
    block = next(one for one in service.show_checks(centre, handler, class_id).checks if one.result == "BLOCK")
    kept = files.add(centre, handler, class_id, PDF)
    said = LiftIn(reason="已到社保中心核实:同名的另一人,证明附后", attachment_sha256=kept.sha256)
    service.lift(centre, handler, class_id, block.id, said)
    own = files.add(centre, responsible, class_id, PDF)
    wanted = ExemptionRequestIn(
        kind=ExemptKind.ENTERPRISE_STAFF, basis="本企业在岗职工名册", valid_until=date(2026, 12, 31),
        file_sha256=own.sha256,
    )  # fmt: skip
    exemption_requests.ask(centre, responsible, class_id, wanted)
