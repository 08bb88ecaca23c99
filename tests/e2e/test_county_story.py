"""The county's work from an application to a reconciled registry, through HTTP alone; SQLite and PostgreSQL give the
same answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from supervisor.registry.sending import send_waiting
from tests.support.county import County, School, id_number, post, problem
from tests.support.databases import KINDS, centre_database, database_servers
from tests.support.opening import BASIC, approve, complete
from tests.support.registry import registry_of

__all__ = ["database_servers"]
WHY = {"reason": "情况属实"}
WHO = ["教室A", "张老师", id_number(900), "教材,某社"]
ROWS = [
    ["2026-11-24", BASIC, "2", "09:00", "09:07", *WHO, "理论"],
    ["2026-11-24", "接线", "2", "10:00", "10:07", *WHO, "实操"],
    ["2026-11-25", "布线", "2", "09:00", "09:07", *WHO, "实操"],
]


def test_both_databases_tell_the_same_story(tmp_path: Path, database_servers: None) -> None:
    told = {}
    for kind in KINDS:
        folder = tmp_path / kind
        folder.mkdir()
        told[kind] = _story(County(folder / "centre", centre_database(kind, folder)))
    assert told["sqlite"] == told["postgresql"]
    assert told["sqlite"] == [
        ("application", "draft", "returned", "approved"),
        ("changes", ["move", "substitute"], "approved"),
        ("attendance", [["normal", "normal", "leave"], ["normal", "normal", "leave"]]),
        ("verdicts", "pass", "review", "fail_proposed", "no_data_yet"),
        ("lives", "pass", "decided_pass", "final_pass"),
        ("registry", 0),
    ]


def _story(county: County) -> list[Any]:
    school, handler = county.schools[0], county.account("handler")
    responsible, second = county.account("responsible", school.institution), county.account("inspector")
    told: list[Any] = []

    training, ways = _opened(county, school, handler, responsible)
    told.append(("application", *ways))
    path = f"/api/classes/{training['id']}"
    theory, practice, other_day = training["sessions"]

    wanted = {"kind": "move", "session_id": other_day["id"], "date": "2026-11-26", "start": "09:00", "end": "09:07"}
    moved = post(school.teacher, f"{path}/changes", wanted | WHY)
    substitute = {"kind": "substitute", "session_id": practice["id"], "teachers": ["李老师"]}
    changed = [moved, post(school.teacher, f"{path}/changes", substitute | WHY)]
    states = {post(handler, f"/api/changes/{one['id']}/approve", WHY, 200)["state"] for one in changed}
    told.append(("changes", [one["kind"] for one in changed], *states))

    ill = {"roster_entry_id": training["roster"][2]["id"], "kind": "personal"} | WHY
    leave = post(school.teacher, f"{path}/leaves", ill | {"start": theory["start"], "until": theory["end"]})
    post(school.teacher, f"/api/leaves/{leave['id']}/approve", WHY, 200)

    people = [(f"学员{each}", id_number(200 + each)) for each in range(3)]
    _to(county, theory["start"], -600)
    for who in (0, 1):
        _check_in(county, theory, *people[who])
    first, shown = (_hour(school, training, theory, slot) for slot in (0, 1))
    _to(county, theory["end"], 60)
    matrix = county.inspector.get(f"{path}/attendance").json()
    told.append(("attendance", _states(matrix, [first.lesson, shown.lesson])))
    verdicts = [_report(county, first, seen=2), _report(county, shown, seen=1)]
    _to(county, practice["start"], -600)
    for who in (0, 1, 2):
        _check_in(county, practice, *people[who])
    empty, silent = (_hour(school, training, practice, slot) for slot in (0, 1))
    _to(county, practice["end"], 60)
    verdicts.append(_report(county, empty, seen=0))
    told.append(("verdicts", *verdicts, _life(county.inspector, silent)["stage"]))

    told.append(("lives", *_decided(county, second, responsible, first, shown, empty)))
    told.append(("registry", _reconciled(county, handler, theory["start"])))
    return told


def _opened(
    county: County, school: School, handler: httpx.Client, responsible: httpx.Client
) -> tuple[dict[str, Any], list[str]]:
    """Applied for, returned for what is missing, completed, signed, reviewed, approved; and the states on the way."""
    wanted = {"institution_id": school.institution, "class_no": "n-1", "name": "电工", "profile": "000000-demo.3"}
    roster = [{"name": f"学员{each}", "id_number": id_number(200 + each)} for each in range(3)]
    training = post(school.teacher, "/api/classes", wanted | {"roster": roster})
    path = f"/api/classes/{training['id']}"
    problem(school.teacher.post(f"{path}/submit"), 422, "OPEN_MISSING_PLAN")
    complete(school.teacher, responsible, training, ROWS)
    post(school.teacher, f"{path}/submit", None, 200)
    returned = post(handler, f"{path}/return", {"reasons": {"assessment": "考核方案缺少附件"}}, 200)
    post(school.teacher, f"{path}/submit", None, 200)
    approve(handler, county.approver, path)
    opened = school.teacher.get(path).json()
    return opened, [training["status"], returned["status"], opened["status"]]


def _decided(
    county: County, second: httpx.Client, responsible: httpx.Client, passed: School, doubtful: School, failed: School
) -> list[str]:
    """The pass stands; a person passes the review; the fail is explained, decided, objected to, decided anew."""
    review = f"/api/lessons/{doubtful.lesson}"
    version = _life(county.inspector, doubtful)["version"]
    looked = {"version": version, "result": "pass", "reason": "EVIDENCE_ENOUGH"}
    decided = post(county.inspector, f"{review}/decisions", looked)
    fail = f"/api/lessons/{failed.lesson}"
    post(responsible, f"{fail}/explanations", {"words": "摄像头被投影幕布挡住"})
    county.clock.step(49 * 3600)
    version = _life(county.inspector, failed)["version"]
    against = {"version": version, "result": "fail", "reason": "NOT_EXPLAINED", "words": "未见学员"}
    post(county.inspector, f"{fail}/decisions", against)
    objection = post(responsible, f"{fail}/objections", {"words": "另有手机录像"})["objections"][0]["id"]
    answer = f"{fail}/objections/{objection}/decisions"
    well = against | {"result": "pass", "reason": "OTHER_RECORDING"}
    problem(county.inspector.post(answer, json=well), 409, "SAME_PERSON")
    final = post(second, answer, well)
    return [_life(county.inspector, passed)["stage"], decided["stage"], final["stage"]]


def _reconciled(county: County, handler: httpx.Client, day: str) -> int:
    """Differences between the centre and the registry, of the day of the lessons, after all has been sent."""
    with registry_of(county.centre) as (_, client):
        while send_waiting(county.centre, client):
            county.clock.step(60)
        report = post(handler, "/api/registry/reports", {"day": day[:10]})
        assert report["local_count"] > 0
        return len(report["differences"])


def _hour(school: School, training: dict[str, Any], session: dict[str, Any], slot: int) -> School:
    """The school as seen from one lesson hour of another class of its own."""
    hours = [session["lesson_hours"][slot]]
    return replace(school, training=training | {"sessions": [session | {"lesson_hours": hours}]})


def _check_in(county: County, session: dict[str, Any], name: str, number: str) -> None:
    body = {"name": name, "id_last4": number[-4:], "direction": "in", "idempotency_key": f"{session['code']}-{number}"}
    post(county.client(), f"/api/checkin/{session['code']}", body, 200)


def _report(county: County, hour: School, seen: int) -> str:
    answer = county.report(hour, county.verdict_entry(hour, county.evidence(hour, seen=seen)))
    assert answer.is_success, answer.text
    state: str = county.inspector.get(f"/api/lessons/{hour.lesson}").json()["lesson"]["verdict"]["verdict"]["state"]
    return state


def _life(client: httpx.Client, hour: School) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/api/lessons/{hour.lesson}/life").json()
    return found


def _states(matrix: dict[str, Any], hours: list[str]) -> list[list[str]]:
    """Lesson hour by lesson hour, the state of each trainee."""
    columns = [one["lesson_hour_id"] for one in matrix["hours"]]
    places = [columns.index(hour) for hour in hours]
    return [[row["states"][place] for row in matrix["trainees"]] for place in places]


def _to(county: County, at: str, later_s: float) -> None:
    county.clock.step((datetime.fromisoformat(at) - county.clock.now()).total_seconds() + later_s)
