"""Whoever should look at an alarm is told: in the process's log, over HTTP and on today's page."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from supervisor.audit.service import record
from supervisor.contract.evidence import canonical_json
from tests.support.county import START, County, School, post, problem


def boot(at: int) -> str:
    return canonical_json({"kind": "boot", "at": at, "boot_id": "b", "hostname": "h", "version": "1"}).decode()


def fork(county: County, school: School) -> None:
    county.report(school, boot(1))
    school.box_client.post("/api/box/log", json={"from_index": 0, "entries": [boot(2)]})


def test_an_alarm_is_in_the_log_and_shown_to_who_may_see_it(county: County, caplog: pytest.LogCaptureFixture) -> None:
    mine, other = county.schools
    fork(county, mine)
    assert [one.levelname for one in caplog.records if f"alarm log_fork: box:{mine.box}" in one.message] == ["ERROR"]
    for client in (county.admin, county.inspector, mine.inspector):
        assert [one["action"] for one in client.get("/api/alarms").json()] == ["log_fork"]
    assert other.inspector.get("/api/alarms").json() == []
    problem(mine.teacher.get("/api/alarms"), 403, "ROLE_NOT_ALLOWED")
    page = {"Accept": "text/html"}
    assert "告警 1" in county.inspector.get("/", headers=page).text
    assert "告警" not in mine.teacher.get("/", headers=page).text
    county.clock.step(timedelta(hours=24).total_seconds())
    assert county.admin.get("/api/alarms").json() == []


def test_a_verdict_that_box_and_centre_see_differently_is_an_alarm_of_its_institution(county: County) -> None:
    mine, other = county.schools
    county.clock.step(50 * 60)
    for who in range(3):
        county.check_in(mine, who)
    county.clock.step(15 * 60)
    lie = json.loads(county.verdict_entry(mine, county.evidence(mine, seen=1), clip=b"a clip"))
    lie["verdict"] |= {"state": "pass", "reasons": []}
    county.report(mine, canonical_json(lie).decode())
    shown = mine.inspector.get("/api/alarms").json()
    assert [(one["action"], one["subject"]) for one in shown] == [("verdict_disagrees", f"lesson_hour:{mine.lesson}")]
    assert other.inspector.get("/api/alarms").json() == []


def test_a_box_without_the_disk_for_its_lessons_is_an_alarm_as_long_as_it_says_so(county: County) -> None:
    school = county.schools[0]

    def report(admission_ok: bool) -> None:
        county.clock.step(1)
        disk = {"total_bytes": 2, "free_bytes": 1, "admission_ok": admission_ok}
        state = {"at": county.clock.now().isoformat(), "version": "1", "cameras": [], "lessons": [], "disk": disk}
        answer = school.box_client.post("/api/box/state", json=state | {"backlog_entries": 0, "backlog_clips": 0})
        assert answer.status_code == 204

    report(False)
    assert [one["action"] for one in school.inspector.get("/api/alarms").json()] == ["disk_short"]
    assert "磁盘不够" in county.admin.get("/", headers={"Accept": "text/html"}).text
    report(True)
    assert school.inspector.get("/api/alarms").json() == []


@pytest.mark.rule("A-26")
def test_a_person_acknowledges_an_alarm_then_ends_it_and_the_certificate_counts_it_no_longer(county: County) -> None:
    mine, other = county.schools
    county.clock.step(4 * 3600)
    with county.centre.uow.write() as session:
        subject = f"lesson_hour:{mine.lesson}"
        record(session, county.clock.now(), f"box:{mine.box}", "verdict_disagrees", subject, alarm=True)
    (shown,) = [one for one in mine.inspector.get("/api/alarms").json() if one["id"] is not None]
    assert shown["state"] == "open"
    path, why = f"/api/alarms/{shown['id']}/decisions", {"reason": "已联系学校"}
    problem(other.inspector.post(path, json=why | {"state": "acknowledged"}), 404, "ALARM_NOT_FOUND")
    problem(mine.teacher.post(path, json=why | {"state": "acknowledged"}), 403, "ROLE_NOT_ALLOWED")
    problem(mine.inspector.post(path, json=why | {"state": "resolved"}), 409, "ALARM_NOT_ACKNOWLEDGED")
    assert mine.inspector.post(path, json={"state": "acknowledged", "reason": " "}).status_code == 422
    assert post(mine.inspector, path, why | {"state": "acknowledged"}, 201)["state"] == "acknowledged"
    problem(county.admin.post(path, json=why | {"state": "acknowledged"}), 409, "ALARM_DECIDED")

    def open_alerts() -> int:
        county.clock.step(1)
        made = post(county.inspector, f"/api/classes/{mine.training['id']}/certificate", None, 201)
        return int(made["figures"]["open_alerts"])

    page = {"Accept": "text/html"}
    assert "告警 1" in county.inspector.get("/", headers=page).text
    assert open_alerts() == 1
    county.clock.step(timedelta(hours=25).total_seconds())
    assert [one["id"] for one in county.inspector.get("/api/alarms").json()] == []
    assert [one["state"] for one in county.inspector.get("/api/alarms?any_age=true").json()] == ["acknowledged"]
    post(county.admin, path, why | {"state": "false_alarm"}, 201)
    problem(county.inspector.post(path, json=why | {"state": "resolved"}), 409, "ALARM_DECIDED")
    assert county.inspector.get("/api/alarms?any_age=true").json() == []
    assert open_alerts() == 0
    auditor = county.account("audit_admin")
    told = [one for one in auditor.get("/api/audit/events").json()["events"] if one["action"].startswith("alarm_")]
    assert [one["action"] for one in told] == ["alarm_false_alarm", "alarm_acknowledged"]
    assert "联系" not in str(told)


@pytest.mark.rule("A-15")
def test_a_camera_that_is_away_for_two_minutes_of_a_lesson_is_an_alarm(county: County) -> None:
    school, other = county.schools

    def report(status: str, since: str, who: School = school) -> None:
        told = {"camera_id": who.camera, "status": status, "since": since, "last_picture_at": None, "people": None,
                "people_at": None, "bytes_recorded": 0}  # fmt: skip
        disk = {"total_bytes": 2, "free_bytes": 1, "admission_ok": True}
        state = {"at": county.clock.now().isoformat(), "version": "1", "cameras": [told], "lessons": [], "disk": disk}
        state |= {"backlog_entries": 0, "backlog_clips": 0}
        assert who.box_client.post("/api/box/state", json=state).status_code == 204

    def away() -> list[str]:
        return [one["subject"] for one in school.inspector.get("/api/alarms").json() if one["action"] == "camera_away"]

    county.clock.step((START - county.clock.now()).total_seconds())
    report("unreachable", (START - timedelta(hours=1)).isoformat())
    assert away() == []  # the lesson has only begun
    county.clock.step(121)
    report("unreachable", (START - timedelta(hours=1)).isoformat())
    assert away() == [f"camera:{school.camera}"]
    assert "离线超过 2 分钟" in county.inspector.get("/", headers={"Accept": "text/html"}).text
    county.clock.step(1)
    report("recording", county.clock.now().isoformat())
    assert away() == []
    county.clock.step(50)  # the lesson hour is over a little later
    assert [one["subject"] for one in other.inspector.get("/api/alarms").json()] == [f"camera:{other.camera}"]
    county.clock.step(60)
    assert other.inspector.get("/api/alarms").json() == []
