"""Import, comparison, lists and lifted blocks as people use them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select, text

from config.errors import LessonProofError
from supervisor.audit.models import AuditEvent
from supervisor.classes.models import RosterEntry
from supervisor.rosters.comparison import compare_by_night, refuse_blocked, unresolved_blocks
from supervisor.rosters.lists import forget_lists
from supervisor.rosters.models import ComparisonRow
from tests.support.county import County, class_wanted, id_number, post, problem

HEAD = "姓名,身份证号,性别,联系电话,家庭住址,备注"
PHONE = "13800001234"
PDF = b"%PDF-1.7 what was verified"


def upload(client: httpx.Client, path: str, lines: list[str], **form: str) -> httpx.Response:
    return client.post(path, files={"file": ("a.csv", "\n".join(lines).encode("gb18030"))}, data=form)


def draft(county: County) -> str:
    school = county.schools[0]
    wanted = class_wanted(school.institution, school.room, [("周某", id_number(100))], "2026-9")
    wanted["plan"][0]["date"] = "2026-11-24"
    made: str = post(school.teacher, "/api/classes", wanted, 201)["id"]
    return made


def hits(answer: dict[str, Any], result: str) -> list[tuple[str, str, int | None]]:
    return [(one["rule"], one["detail"], one["row"]) for one in answer["checks"] if one["result"] == result]


PENSION = {"kind": "pension", "source": "县社保中心", "as_of": "2026-11-01", "purpose": "开班比对"}


@pytest.mark.rule("A-05", "RC01", "RC11")
def test_a_roster_comes_from_a_file_whole_or_not_at_all(county: County) -> None:
    teacher, class_id = county.schools[0].teacher, draft(county)
    path = f"/api/classes/{class_id}/roster"
    good = [HEAD, f"周某,{id_number(100)},女,{PHONE},城关一号,甲", f"吴某,{id_number(101)},女,{PHONE},,乙"]
    wrong = [HEAD, f"周某人,{id_number(100)},,,,", f"吴某,{id_number(100)},,1,,"]
    body = problem(upload(teacher, path, wrong), 422, "SHEET_FAULTS")
    assert [(one["where"], one["code"]) for one in body["faults"]] == [
        ("B3", "ROSTER_DUPLICATE"),
        ("D3", "PHONE_INVALID"),
        ("A2", "ROSTER_NAME_DIFFERS"),
        ("A3", "ROSTER_NAME_DIFFERS"),
    ]
    preview = upload(teacher, f"{path}?dry_run=true", good)
    assert (preview.json()["stored"], preview.json()["ignored"]) == (False, ["备注"])
    assert [one["name"] for one in preview.json()["rows"]] == ["周*", "吴*"]
    assert preview.json()["rows"][0]["phone"] == "138****1234" and id_number(100) not in preview.text
    assert len(teacher.get(f"/api/classes/{class_id}").json()["roster"]) == 1

    assert upload(teacher, path, good).json()["version"] == 2
    assert [one["status"] for one in teacher.get(f"/api/classes/{class_id}").json()["roster"]] == ["active", "active"]
    checks = teacher.get(f"{path}/checks").json()
    assert checks["moment"] == "import" and hits(checks, "WARN") == [
        ("RC11", "SAME_PHONE", 1),
        ("RC11", "SAME_PHONE", 2),
    ]
    with county.centre.uow.read() as session:
        held = [text("SELECT * FROM roster_detail"), text("SELECT * FROM trainee")]
        raw = "".join(repr(session.execute(one).all()) for one in held)
        statuses = session.execute(
            select(RosterEntry.version, RosterEntry.status, func.count())
            .where(RosterEntry.class_id == UUID(class_id))
            .group_by(RosterEntry.version, RosterEntry.status)
            .order_by(RosterEntry.version)
        ).all()
    assert [tuple(one) for one in statuses] == [(1, "removed", 1), (2, "active", 2)]
    assert PHONE not in raw and "城关" not in raw and id_number(100) not in raw

    problem(upload(county.schools[1].teacher, path, good), 404, "CLASS_NOT_FOUND")
    problem(upload(county.inspector, path, good), 403, "ROLE_NOT_ALLOWED")
    post(teacher, f"/api/classes/{class_id}/submit", None, 200)
    problem(upload(teacher, path, good), 409, "CLASS_STATUS")


@pytest.mark.rule("A-05", "A-06", "B-12", "RC02", "RC05")
def test_a_list_blocks_and_a_person_lifts(county: County) -> None:
    handler, teacher, class_id = county.account("handler"), county.schools[0].teacher, draft(county)
    path = f"/api/classes/{class_id}/roster/checks"
    with county.centre.uow.read() as session, pytest.raises(LessonProofError, match="ROSTER_NOT_COMPARED"):
        refuse_blocked(session, UUID(class_id))
    first = post(handler, path, None, 200)
    assert first["unresolved"] == 0 and ("RC05", "NO_SOURCE", 1) in hits(first, "NOT_CHECKED")

    lines = ["身份证号,起,止", f"{id_number(100)},2026-01-01,"]
    form = PENSION | {"expires_on": "2026-12-31"}
    bad = problem(upload(handler, "/api/comparison-lists", [*lines, "1,2026-13-01,"], **form), 422, "SHEET_FAULTS")
    assert [one["where"] for one in bad["faults"]] == ["A3", "B3"]
    problem(upload(handler, "/api/comparison-lists", lines, **form | {"kind": "x"}), 422, "REQUEST_INVALID")
    problem(upload(handler, "/api/comparison-lists", lines, **form | {"kind": "category"}), 422, "LIST_CATEGORY")
    problem(upload(handler, "/api/comparison-lists", lines, **form | {"as_of": "2027-01-01"}), 422, "LIST_DATES")
    problem(upload(teacher, "/api/comparison-lists", lines, **form), 403, "ROLE_NOT_ALLOWED")
    held = upload(handler, "/api/comparison-lists", lines, **form)
    assert (held.status_code, held.json()["in_force"], held.json()["rows"]) == (201, True, 1)
    with county.centre.uow.read() as session:
        assert id_number(100) not in repr(session.execute(text("SELECT * FROM comparison_row")).all())

    found = post(handler, path, None, 200)
    assert hits(found, "BLOCK") == [("RC05", "ON_LIST_PENSION", 1)] and found["unresolved"] == 1
    block = next(one for one in found["checks"] if one["result"] == "BLOCK")
    assert (block["source"], block["source_asof"], block["name"]) == ("县社保中心", "2026-11-01", "周*")
    outside = teacher.get(path).json()
    assert hits(outside, "BLOCK") == [("RC05", "COMPARED_HIT", 1)] and "县社保中心" not in str(outside)
    with county.centre.uow.read() as session, pytest.raises(LessonProofError, match="RC05"):
        refuse_blocked(session, UUID(class_id))

    lift = f"{path}/{block['id']}/lift"
    reason = {"reason": "已核实,名单有误", "attachment_sha256": "0" * 64}
    problem(teacher.post(lift, json=reason), 403, "ROLE_NOT_ALLOWED")
    problem(handler.post(lift, json={"reason": "已核实"}), 422, "REQUEST_INVALID")
    problem(handler.post(lift, json=reason), 404, "FILE_NOT_FOUND")
    reason["attachment_sha256"] = handler.post(f"/api/classes/{class_id}/files", content=PDF).json()["sha256"]
    lifted = post(county.approver, f"{path}/{block['id']}/lift", reason, 200)
    assert lifted["unresolved"] == 0 and hits(lifted, "BLOCK") == [("RC05", "ON_LIST_PENSION", 1)]
    told = next(one["lifted"] for one in lifted["checks"] if one["id"] == block["id"])
    assert told == {"at": told["at"], "by": "李某", **reason}
    outside = next(one["lifted"] for one in teacher.get(path).json()["checks"] if one["lifted"])
    assert outside == {"at": told["at"], "by": None, "reason": None, "attachment_sha256": None}
    problem(handler.post(f"{path}/{block['id']}/lift", json=reason), 409, "CHECK_NOT_LIFTABLE")
    problem(handler.post(f"{path}/{class_id}/lift", json=reason), 404, "CHECK_NOT_FOUND")
    assert post(handler, path, None, 200)["unresolved"] == 0  # the same finding stays lifted
    newer = upload(handler, "/api/comparison-lists", lines, **form | {"as_of": "2026-11-20"}).json()
    assert post(handler, path, None, 200)["unresolved"] == 1  # a newer list says so again

    problem(county.account("finance").get("/api/comparison-lists"), 403, "ROLE_NOT_ALLOWED")
    withdrawn = post(handler, f"/api/comparison-lists/{newer['id']}/withdraw", None, 200)
    assert not withdrawn["in_force"]
    problem(handler.post(f"/api/comparison-lists/{newer['id']}/withdraw"), 409, "LIST_OVER")
    assert [one["in_force"] for one in handler.get("/api/comparison-lists").json()["items"]].count(True) == 1


@pytest.mark.rule("B-12", "RC05")
def test_a_new_hit_after_approval_raises_an_alarm_and_removes_nobody(county: County) -> None:
    handler, school = county.account("handler"), county.schools[0]
    path = f"/api/classes/{school.training['id']}/roster/checks"
    assert compare_by_night(county.centre) == 2
    lines = ["身份证号", school.trainees[0][1]]
    upload(handler, "/api/comparison-lists", lines, **PENSION, expires_on="2026-11-23")
    for _ in range(2):  # the second night finds nothing new
        assert compare_by_night(county.centre) == 2
    with county.centre.uow.read() as session:
        alarms = session.scalars(
            select(AuditEvent).where(AuditEvent.action == "roster_new_hit", AuditEvent.alarm)
        ).all()
        mine = [one for one in alarms if one.subject.endswith(school.training["id"]) and "RC05" in one.details["new"]]
        assert len(mine) == 1 and school.trainees[0][1] not in repr(mine[0].details)
        assert [one.rule for one in unresolved_blocks(session, UUID(school.training["id"]))] == ["RC05"]
    assert {one["status"] for one in school.teacher.get(f"/api/classes/{school.training['id']}").json()["roster"]} == {
        "active"
    }

    county.clock.step(2 * 24 * 3600)
    assert forget_lists(county.centre) == 1
    with county.centre.uow.read() as session:
        assert session.scalar(select(func.count()).select_from(ComparisonRow)) == 0
    over = post(handler, path, None, 200)
    assert ("RC05", "NO_SOURCE", 1) in hits(over, "NOT_CHECKED") and over["unresolved"] == 0
