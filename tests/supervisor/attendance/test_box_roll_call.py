"""The teacher's roll call at the box: applied once from its signed log, for review, in time by the box's clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from config.clock import epoch_ms
from supervisor.attendance.models import TeacherRollCall
from supervisor.audit.models import AuditEvent
from supervisor.contract.evidence import canonical_json
from tests.support.county import START, County, School, post
from tests.support.databases import KINDS, centre_database


@pytest.fixture(params=KINDS)
def county(request: pytest.FixtureRequest, tmp_path: Path, database_servers: None) -> County:
    """Two minutes into the session."""
    database = centre_database(request.param, tmp_path)
    made = County(tmp_path / "centre", database, profile="000000-demo.3", plan_minutes=90)
    made.clock.sleep(3600 + 120)
    return made


def called(county: County, school: School, at: datetime | None = None, **changes: object) -> str:
    target = school.box_client.get("/api/box/target").json()
    entry = {
        "kind": "roll_call",
        "at": epoch_ms(at or county.clock.now()),
        "roll_call_id": str(uuid4()),
        "session_id": school.session["id"],
        "direction": "in",
        "present": [one["ref"] for one in target["sessions"][0]["people"][:2]],
    }
    return canonical_json(entry | changes).decode()


def sent(school: School, *entries: str) -> None:
    post(school.box_client, "/api/box/log", {"from_index": len(school.log), "entries": list(entries)}, 200)
    school.log += entries


def lines(county: County, school: School) -> list[dict[str, object]]:
    shown = county.inspector.get(f"/api/sessions/{school.session['id']}/check-ins")
    return list(shown.json()["check_ins"])


def alarms(county: County) -> list[str]:
    with county.centre.uow.read() as session:
        rows = session.query(AuditEvent).filter(AuditEvent.action == "roll_call_not_applied")
        return [str(row.details["reason"]) for row in rows]


def test_who_had_not_checked_in_gets_a_check_in_for_review_once(county: County) -> None:
    school = county.schools[0]
    county.check_in(school, 0)
    entry = called(county, school)
    sent(school, entry)
    sent(school, entry)  # another entry with the same id is the same roll call
    by_roll = [one for one in lines(county, school) if one["method"] == "roll_call"]
    assert [(one["status"], one["reasons"], one["corrected_by"]) for one in by_roll] == [("review", ["MANUAL"], "盒子")]
    assert len(lines(county, school)) == 2
    told = school.box_client.get("/api/box/target").json()["sessions"][0]
    assert sorted(told["checked_in"]) == sorted(one["ref"] for one in told["people"][:2])
    attendance = school.box_client.get("/api/box/target").json()["lessons"][0]["attendance"]
    assert len(attendance["present"]) == 2


def test_an_inspector_confirms_it_like_any_roll_call(county: County) -> None:
    school = county.schools[0]
    sent(school, called(county, school))
    with county.centre.uow.read() as session:
        (call,) = session.query(TeacherRollCall)
        assert (call.called_by, str(call.box_id)) == (None, school.box)
    post(county.inspector, f"/api/roll-calls/{call.id}/confirm", None, 204)
    assert {one["confirmed_by"] for one in lines(county, school)} == {"李某"}


def test_off_line_for_a_day_it_counts_from_when_it_was_called(county: County) -> None:
    school = county.schools[0]
    at = county.clock.now()
    entry = called(county, school)
    county.clock.sleep(24 * 3600)
    sent(school, entry)
    first = lines(county, school)[0]
    assert first["reasons"] == ["MANUAL", "OFFLINE_LATE"]
    assert datetime.fromisoformat(str(first["made_at"])) == at
    table = county.inspector.get(f"/api/classes/{school.training['id']}/attendance").json()
    assert [row["states"][0] for row in table["trainees"]] == ["late", "late", "absent"]


@pytest.mark.parametrize(
    ("called_min", "arrives_h", "changes", "reason"),
    [
        (-60, 0, {}, "TOO_EARLY"),
        (60, 2, {}, "TOO_LATE"),
        (2, 200, {}, "TOO_LATE"),
        (20, 0, {}, "CLOCK_SKEW"),
        (2, 0, {"session_id": str(uuid4())}, "SESSION_NOT_FOUND"),
    ],
)
def test_what_cannot_be_applied_is_kept_and_an_alarm_and_holds_up_nothing(
    county: County, called_min: int, arrives_h: int, changes: dict[str, object], reason: str
) -> None:
    school = county.schools[0]
    entry = called(county, school, START + timedelta(minutes=called_min), **changes)
    county.clock.sleep(arrives_h * 3600)
    sent(school, entry)
    sent(school, entry)
    assert alarms(county) == [reason, reason] and lines(county, school) == []


def test_another_box_and_a_site_without_roll_call_change_nothing(county: County) -> None:
    school, other = county.schools
    sent(other, called(county, school))
    methods = {"methods": ["phone", "roll_call"]}
    assert county.admin.put(f"/api/sites/{school.site}/check-in-methods", json=methods).status_code == 200
    strangers = called(county, school, present=[str(uuid4())])
    sent(school, strangers)
    assert alarms(county) == ["SESSION_NOT_FOUND"] and lines(county, school) == []
