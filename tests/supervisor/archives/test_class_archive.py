"""An archive over HTTP: for whom, what the register keeps of it, and a class of which there is no evidence."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from config.errors import LessonProofError
from supervisor.accounts.models import Account
from supervisor.accounts.service import caller_named
from supervisor.archives import service
from supervisor.archives.service import export
from supervisor.audit.models import AuditEvent
from supervisor.bundles.trust import policy_of
from supervisor.callers import Caller
from supervisor.lessons.models import ViewLog
from supervisor.lessons.repository import lesson
from supervisor.lessons.schemas import ViewReason
from supervisor.lessons.sweep import sweep_silence
from supervisor.lessons.verdicts import judge_silence
from supervisor.verifier.verify import verify
from tests.support.county import County, School, problem


def archive_of(client: httpx.Client, school: School, **query: str) -> httpx.Response:
    return client.get(f"/api/classes/{school.training['id']}/archive.zip", params=query)


def files(answer: httpx.Response) -> dict[str, bytes]:
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def states(data: dict[str, bytes]) -> list[str]:
    told: dict[str, Any] = json.loads(data["class.json"])
    return [hour["state"] for hour in told["lesson_hours"]]


def inspector(county: County) -> Caller:
    with county.centre.uow.read() as session:
        account = session.scalars(select(Account).where(Account.role == "inspector")).first()
        assert account is not None
    return caller_named(county.centre, account.username)


def test_the_county_and_the_institutions_own_inspector_may_take_it_and_nobody_else(county: County) -> None:
    school, other = county.schools
    for client in (county.admin, county.approver, county.inspector, school.inspector):
        assert json.loads(files(archive_of(client, school))["class.json"])["training_class"]["class_no"] == "2026-0"
    problem(archive_of(other.inspector, school), 404, "CLASS_NOT_FOUND")
    problem(archive_of(school.teacher, school), 403, "ROLE_NOT_ALLOWED")
    problem(archive_of(county.client(), school), 401, "NOT_SIGNED_IN")
    with county.centre.uow.read() as session:
        assert len(session.scalars(select(ViewLog)).all()) == 4 * 2, "a line for each lesson hour, four times"


def test_every_export_is_in_the_register_and_in_the_record(county: County) -> None:
    school = county.schools[0]
    files(archive_of(school.inspector, school, reason="appeal"))
    with county.centre.uow.read() as session:
        lines = session.scalars(select(ViewLog)).all()
        events = session.scalars(select(AuditEvent).where(AuditEvent.action == "class_archived")).all()
    hours = {hour["id"] for hour in school.session["lesson_hours"]}
    assert {str(line.lesson_hour_id) for line in lines} == hours
    assert {(line.unit, line.what, line.reason) for line in lines} == {("第0培训学校", "export", "appeal")}
    assert [event.subject for event in events] == [f"training_class:{school.training['id']}"]


def test_a_class_without_evidence_says_what_is_known_and_proves_it(county: County, tmp_path: Path) -> None:
    school = county.schools[1]
    assert states(files(archive_of(county.inspector, school))) == ["not_yet_held", "not_yet_held"]
    county.clock.step(80 * 60)
    assert states(files(archive_of(county.inspector, school))) == ["waiting", "waiting"]
    county.clock.step(80 * 3600)
    assert sweep_silence(county.centre) == 4
    answer = archive_of(county.inspector, school)
    data = files(answer)
    assert not [name for name in data if name.startswith("lesson-hours/")]
    told = json.loads(data["class.json"])["lesson_hours"]
    assert [hour["verdict_source"] for hour in told] == ["sweep", "sweep"]
    assert "没有可以计入的录像" in data["index.html"].decode()
    (tmp_path / "x.zip").write_bytes(answer.content)
    report = verify(tmp_path / "x.zip", policy_of(county.centre))
    assert report.failures == []
    assert [hour["state"] for hour in report.facts["lesson_hours"]] == states(data)


def test_no_name_and_no_id_number_is_whole(county: County) -> None:
    school = county.schools[0]
    everything = b"".join(files(archive_of(county.inspector, school)).values()).decode()
    for name, number in school.trainees:
        assert name not in everything
        assert number not in everything
    assert "张老师" not in everything
    assert "学*" in everything
    assert "140521********0" in everything


def test_the_tables_open_in_a_spreadsheet(county: County) -> None:
    school = county.schools[0]
    county.clock.step(50 * 60)
    county.check_in(school, 1)
    county.clock.step(30 * 60)
    data = files(archive_of(county.inspector, school))
    assert data["lesson_hours.csv"].startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(data["attendance.csv"].decode("utf-8-sig"))))
    assert [row["考勤 status"] for row in rows] == ["absent", "normal", "absent"] * 2
    hours = list(csv.DictReader(io.StringIO(data["lesson_hours.csv"].decode("utf-8-sig"))))
    assert [hour["学时 lesson_hour_id"] for hour in hours] == [one["id"] for one in school.session["lesson_hours"]]


def test_text_that_a_spreadsheet_would_run_stays_text(county: County) -> None:
    school = county.schools[0]
    answer = county.admin.post("/api/rooms", json={"site_id": school.site, "name": "=1+1"})
    body = {
        "institution_id": school.institution,
        "class_no": "2026-9",
        "name": "焊工五级",
        "profile": school.training["profile"],
        "roster": [{"name": school.trainees[0][0], "id_number": school.trainees[0][1]}],
        "plan": [
            {
                "date": "2026-11-24", "start": "09:00", "end": "09:03", "lesson_hours": 1, "kind": "practice",
                "room_id": answer.json()["id"], "teachers": ["张老师"],
            }
        ],
    }  # fmt: skip
    made = school.teacher.post("/api/classes", json=body).json()
    data = files(county.inspector.get(f"/api/classes/{made['id']}/archive.zip"))
    assert states(data) == ["not_countable"]
    assert ",'=1+1," in data["lesson_hours.csv"].decode("utf-8-sig")


def test_a_verdict_that_comes_while_packing_stops_it_and_leaves_nothing(county: County, tmp_path: Path) -> None:
    school, caller, out = county.schools[0], inspector(county), tmp_path / "folder" / "x.zip"
    out.parent.mkdir()

    def judged(done: int, of: int) -> None:
        if done == 1:
            with county.centre.uow.write() as session:
                row = lesson(session, caller, UUID(school.lesson))
                assert row is not None
                judge_silence(session, row, county.clock.now())

    class_id = UUID(school.training["id"])
    with pytest.raises(LessonProofError, match="ARCHIVE_CHANGED"):
        export(county.centre, caller, class_id, ViewReason.ROUTINE, "cli", out, progress=judged)
    assert list(out.parent.iterdir()) == []
    export(county.centre, caller, class_id, ViewReason.ROUTINE, "cli", out)
    assert [path.name for path in out.parent.iterdir()] == ["x.zip"]


def test_a_disk_without_room_is_said_before_it_is_filled(
    county: County, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service.repository, "clip_bytes", lambda *_: [10**18, 10**18])
    answer = archive_of(county.inspector, county.schools[0])
    problem(answer, 507, "ARCHIVE_NO_SPACE")
    assert archive_of(county.inspector, county.schools[0], clips="false").status_code == 200
