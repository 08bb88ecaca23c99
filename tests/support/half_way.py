"""An opening application that is half way: roster, timetable and declaration are in, the rest is to come."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.classes.schemas import ClassIn
from supervisor.classes.service import create_class
from supervisor.openings.schemas import OpeningIn
from supervisor.openings.service import declare
from supervisor.openings.timetable import import_plan
from supervisor.rosters.service import import_roster
from tests.support.opening import BASIC, declaration, plan_file
from tests.support.seed import id_number, person

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DAY = date(2026, 12, 21)
HEADS = 6


def timetable_rows() -> list[list[str]]:
    """Two theory and two practice hours, in the first room of the seed."""
    who = ["教室A", "张老师", id_number(900), "电工基础,某出版社"]
    return [
        [DAY.isoformat(), BASIC, "2", "09:00", "09:07", *who, "理论"],
        [DAY.isoformat(), "接线", "2", "10:00", "10:07", *who, "实操"],
    ]


def half_way(centre: Centre, caller: Caller) -> UUID:
    """Of the caller's institution, which has the seed's rooms."""
    assert caller.institution_id is not None
    wanted = ClassIn(
        institution_id=caller.institution_id, class_no="2026-1221-01", name="电工五级 冬季班", profile="000000-demo.3",
        opening_day=DAY,
    )  # fmt: skip
    class_id = create_class(centre, caller, wanted).id
    rows = "\n".join(",".join(person(300 + at)) for at in range(HEADS))
    declare(centre, caller, class_id, OpeningIn(**declaration(2, 2) | {"resources": [], "assessment": {}}))
    import_plan(centre, caller, class_id, plan_file(timetable_rows()), dry_run=False, basic_by_content=True)
    import_roster(centre, caller, class_id, f"姓名,身份证号\n{rows}".encode(), dry_run=False)
    return class_id
