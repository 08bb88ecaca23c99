"""One trainee's history: in scope, masked, paged, and every look in the register; on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from supervisor.privacy.models import Reveal
from tests.support.county import START, County, post, problem


@pytest.mark.rule("A-12", "A-20")
def test_a_trainees_history_is_masked_scoped_and_registered(county: County) -> None:
    school, other = county.schools
    entry, away = school.training["roster"][0]["id"], school.training["roster"][1]["id"]
    path = f"/api/roster-entries/{entry}/history"
    county.clock.step((START - county.clock.now()).total_seconds())
    assert county.check_in(school, 0).is_success
    early = county.inspector.get(path).json()
    assert [hour["status"] for hour in early["sessions"][0]["hours"]] == [None, None]
    county.clock.step(2 * 3600)
    class_path = f"/api/classes/{school.training['id']}"
    makeup = {
        "session_id": school.session["id"], "roster_entry_id": away, "direction": "in", "at": START.isoformat(),
        "reason": "手机没电",
    }  # fmt: skip
    post(school.teacher, f"{class_path}/makeups", makeup)

    problem(school.teacher.get(path), 403, "ROLE_NOT_ALLOWED")
    problem(other.inspector.get(path), 404, "ROSTER_ENTRY_NOT_FOUND")
    problem(county.inspector.get(f"{path}?cursor=x"), 422, "CURSOR_INVALID")
    found = school.inspector.get(f"{path}?reason=complaint").json()
    assert found["name"] != school.trainees[0][0] and "*" in found["name"]
    assert (found["class_no"], found["others"], found["next"]) == (school.training["class_no"], [], None)
    assert found["totals"]["states"]["normal"] == 2 and found["totals"]["rate"]["attended"] == 2
    (session,) = found["sessions"]
    assert [hour["status"] for hour in session["hours"]] == ["normal", "normal"]
    assert [(one["direction"], one["status"], one["method"]) for one in session["check_ins"]] == [
        ("in", "accepted", "phone")
    ]
    assert session["makeups"] == session["leaves"] == []

    absent = county.inspector.get(f"/api/roster-entries/{away}/history").json()
    assert [hour["attends"] for hour in absent["sessions"][0]["hours"]] == [False, False]
    assert [one["state"] for one in absent["sessions"][0]["makeups"]] == ["asked"]
    assert "手机没电" not in str(absent) and school.trainees[1][1] not in str(absent)

    with county.centre.uow.read() as read:
        looks = read.scalars(select(Reveal).order_by(Reveal.at, Reveal.id)).all()
    assert [(str(one.roster_entry_id), one.field) for one in looks].count((entry, "history")) == 2
    assert {one.reason for one in looks} == {"routine", "complaint"} and len(looks) == 3
    shown = county.account("audit_admin").get("/api/reveals").json()["items"]
    assert {one["field"] for one in shown} == {"history"}


def test_other_classes_of_the_same_person_and_pages(county: County) -> None:
    school = county.schools[0]
    first = school.training
    again = {
        "institution_id": school.institution, "class_no": "2026-again", "name": "焊工四级", "profile": "000000-demo.1",
        "roster": [{"name": name, "id_number": number} for name, number in school.trainees[:1]],
        "plan": [
            {
                "date": day, "start": "14:00", "end": "14:07", "lesson_hours": 2, "kind": "theory",
                "room_id": school.room, "teachers": ["张老师"],
            }
            for day in ("2026-11-24", "2026-11-25", "2026-11-26")
        ],
    }  # fmt: skip
    second = post(school.teacher, "/api/classes", again)
    whole = school.teacher.get(f"/api/classes/{second['id']}").json()
    path = f"/api/roster-entries/{whole['roster'][0]['id']}/history"
    page = county.inspector.get(f"{path}?size=2").json()
    assert [one["class_no"] for one in page["others"]] == [first["class_no"]]
    assert [one["day"] for one in page["sessions"]] == ["2026-11-24", "2026-11-25"] and page["totals"] is not None
    rest = county.inspector.get(f"{path}?size=2&cursor={page['next']}").json()
    assert [one["day"] for one in rest["sessions"]] == ["2026-11-26"]
    assert (rest["next"], rest["totals"]) == (None, None)
