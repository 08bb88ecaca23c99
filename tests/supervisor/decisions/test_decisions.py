"""From a proposed fail to the end of it, over HTTP, on both databases."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from sqlalchemy import delete, select, text, update

from supervisor.decisions import cache, signs
from supervisor.decisions.models import LessonLife
from supervisor.gate import MAX_BODY, MAX_PAPER_BODY
from supervisor.jobs import JOBS
from supervisor.lessons.models import ViewLog
from supervisor.lessons.sweep import sweep_silence
from supervisor.rules.evidence import LessonEvidence
from tests.support.county import START, County, School, post, problem

HOUR = 3600
PDF = b"%PDF-1.7 of a power cut"


@pytest.fixture
def after_class(county: County) -> tuple[County, School]:
    """All three trainees checked in, and the lesson hour is over."""
    county.clock.step((START - county.clock.now()).total_seconds())
    school = county.schools[0]
    assert all(county.check_in(school, who).is_success for who in range(3))
    county.clock.step(600)
    return county, school


def _judged(county: County, school: School, evidence: LessonEvidence) -> dict[str, Any]:
    assert county.report(school, county.verdict_entry(school, evidence)).is_success
    return _life(county.inspector, school)


def _life(client: httpx.Client, school: School) -> dict[str, Any]:
    answer = client.get(_path(school, "life"))
    assert answer.is_success, answer.text
    return answer.json()


def _path(school: School, what: str) -> str:
    return f"/api/lessons/{school.lesson}/{what}"


def _decision(version: int, result: str, reason: str, words: str = "看过录像和说明") -> dict[str, Any]:
    return {"version": version, "result": result, "reason": reason, "words": words}


def _todo(client: httpx.Client) -> list[tuple[str, str]]:
    answer = client.get("/api/decisions/todo")
    assert answer.is_success, answer.text
    return [(one["lesson_hour_id"], one["stage"]) for one in answer.json()["items"]]


def _true_cache(county: County) -> None:
    """Nothing is left to correct in any cached row."""
    assert cache.rebuild(county.centre) == 0


@pytest.mark.rule("A-20")
def test_from_a_proposed_fail_to_a_final_pass(after_class: tuple[County, School]) -> None:
    county, school = after_class
    responsible = county.account("responsible", school.institution)
    first, second = county.inspector, county.account("inspector")
    life = _judged(county, school, county.evidence(school, seen=0))
    version = life["version"]
    assert (life["stage"], life["next"], life["may_decide"]) == ("fail_proposed_explain", "institution", ["pass"])
    here = school.lesson
    assert (_todo(first), _todo(responsible)) == ([], [(here, "fail_proposed_explain")])
    assert _todo(county.schools[1].teacher) == []
    fail = _decision(version, "fail", "NOT_EXPLAINED")
    problem(first.post(_path(school, "decisions"), json=fail), 409, "EXPLANATION_OPEN")
    problem(county.schools[1].teacher.post(_path(school, "explanations"), json={"words": "?"}), 404, "LESSON_NOT_FOUND")

    said = post(school.teacher, _path(school, "explanations"), {"words": "停电,李某可以作证"}, 201)
    explanation = said["explanations"][0]["id"]
    files = _path(school, f"explanations/{explanation}/files")
    pdf = {"content-type": "application/pdf"}
    added = school.teacher.post(files, content=PDF, headers=pdf)
    assert added.status_code == 201, added.text
    again = school.teacher.post(files, content=PDF, headers=pdf)  # the same file delivered twice is one
    assert again.json() == added.json()
    assert len(_life(first, school)["explanations"][0]["files"]) == 1
    problem(school.teacher.post(files, content=PDF, headers={"content-type": "image/png"}), 415, "FILE_TYPE")
    problem(school.teacher.post(files, content=b"MZ..", headers=pdf), 415, "FILE_TYPE")
    large = b"%PDF-" + bytes(MAX_BODY)
    assert school.teacher.post(files, content=large, headers=pdf).status_code == 201
    too_large = school.teacher.post(files, content=b"%PDF-" + bytes(MAX_PAPER_BODY), headers=pdf)
    problem(too_large, 413, "BODY_TOO_LARGE")
    problem(school.teacher.post(_path(school, "explanations"), content=large), 413, "BODY_TOO_LARGE")

    file = _path(school, f"files/{added.json()['sha256']}")
    read = first.get(file, params={"reason": "complaint"})
    assert (read.content, read.headers["content-type"]) == (PDF, "application/pdf")
    assert read.headers["content-disposition"].startswith("attachment")
    problem(county.schools[1].inspector.get(file), 404, "LESSON_NOT_FOUND")
    problem(first.get(_path(school, f"files/{'0' * 64}")), 404, "FILE_NOT_FOUND")
    with county.centre.uow.read() as session:
        assert [(one.what, one.reason) for one in session.scalars(select(ViewLog))] == [("papers", "complaint")]

    assert (_todo(first), _todo(responsible)) == ([(here, "fail_proposed_decide")], [])
    decide = _path(school, "decisions")
    problem(first.post(decide, json=fail | {"version": version + 1}), 409, "VERDICT_CHANGED")
    problem(first.post(decide, json=fail | {"words": " "}), 422, "REASON_NEEDED")
    problem(first.post(decide, json=fail | {"reason": "DOUBT"}), 422, "REASON_NOT_FOR_RESULT")
    assert post(first, decide, fail, 201)["stage"] == "decided_fail"
    problem(first.post(decide, json=fail), 409, "NOT_TO_DECIDE")
    assert (_todo(first), _todo(responsible)) == ([], [(here, "decided_fail")])

    objected = post(responsible, _path(school, "objections"), {"words": "未看手机录像"}, 201)
    assert objected["stage"] == "objected"
    problem(responsible.post(_path(school, "objections"), json={"words": "再次"}), 409, "OBJECTION_OVER")
    answer = _path(school, f"objections/{objected['objections'][0]['id']}/decisions")
    well = _decision(version, "pass", "OTHER_RECORDING")
    assert (_todo(first), _todo(second)) == ([], [(here, "objected")])
    assert (_life(first, school)["may_decide"], _life(second, school)["may_decide"]) == ([], ["pass", "fail"])
    problem(first.post(answer, json=well), 409, "SAME_PERSON")
    problem(second.post(decide, json=well), 409, "NOT_TO_DECIDE")  # that would pass the objection by
    end = post(second, answer, well, 201)
    assert (end["stage"], end["final"]) == ("final_pass", True)
    assert [(one["result"], one["holds"]) for one in end["decisions"]] == [("fail", False), ("pass", True)]
    _true_cache(county)
    assert _life(county.account("finance"), school)["explanations"][0]["words"] is None
    with county.centre.uow.read() as session:
        kept = session.execute(text("SELECT body FROM centre_log WHERE subject = :s"), {"s": f"lesson_hour:{here}"})
        log = "".join(kept.scalars())
    assert "lesson_objected" in log and "李某" not in log
    for table in ("decision", "explanation", "explanation_file", "objection", "view_log"):
        with pytest.raises(Exception, match="append-only"), county.centre.uow.write() as session:
            session.execute(text(f"DELETE FROM {table}"))  # noqa: S608


def test_a_newer_verdict_of_another_state_reopens_the_hour(after_class: tuple[County, School]) -> None:
    county, school = after_class
    nobody, everybody = (county.evidence(school, seen=seen) for seen in (0, 3))
    version = _judged(county, school, nobody)["version"]
    county.clock.step(49 * HOUR)
    problem(school.teacher.post(_path(school, "explanations"), json={"words": "晚了"}), 409, "EXPLANATION_OVER")
    assert _todo(county.inspector) == [(school.lesson, "fail_proposed_decide")]  # before any job has come by
    assert JOBS["lives_move_on"][0](county.centre) == 1
    assert _todo(county.inspector) == [(school.lesson, "fail_proposed_decide")]
    post(county.inspector, _path(school, "decisions"), _decision(version, "fail", "NOT_EXPLAINED"), 201)
    same = _judged(county, school, nobody)
    assert same["version"] > version and same["stage"] == "decided_fail"
    reopened = _judged(county, school, everybody)
    assert (reopened["stage"], len(reopened["decisions"]), reopened["decisions"][0]["holds"]) == (
        "review_open",
        1,
        False,
    )
    old = _decision(version, "pass", "EVIDENCE_ENOUGH")
    problem(county.inspector.post(_path(school, "decisions"), json=old), 409, "VERDICT_CHANGED")
    decided = post(county.inspector, _path(school, "decisions"), old | {"version": reopened["version"]}, 201)
    assert (decided["stage"], decided["final"]) == ("decided_pass", True)
    _true_cache(county)


@pytest.mark.parametrize(("hours", "stages"), [(71, ["pass"]), (73, ["fail_proposed_explain", "review_open"])])
def test_what_comes_after_71_hours_is_in_time_and_after_73_a_person_looks(
    after_class: tuple[County, School], hours: int, stages: list[str]
) -> None:
    county, school = after_class
    entry = county.verdict_entry(school)
    assert _life(county.inspector, school)["stage"] == "no_data_yet"
    county.clock.step(hours * HOUR - 600 + 180)
    sweep_silence(county.centre)
    seen = [_life(county.inspector, school)["stage"]]
    assert county.report(school, entry).is_success
    seen.append(_life(county.inspector, school)["stage"])
    assert seen[-len(stages) :] == stages
    before = _life(county.inspector, school)
    body = {"from_index": 0, "entries": [entry]}
    assert school.box_client.post("/api/box/log", json=body).is_success  # delivered twice
    assert _life(county.inspector, school) == before
    _true_cache(county)


def test_a_pass_with_a_sign_is_a_review(after_class: tuple[County, School], monkeypatch: pytest.MonkeyPatch) -> None:
    county, school = after_class
    monkeypatch.setattr(signs, "SIGNS", [lambda session, lesson: ["WRONG_ROOM"]])
    life = _judged(county, school, county.evidence(school, seen=3))
    assert (life["stage"], life["signs"]) == ("review_open", ["WRONG_ROOM"])
    assert _todo(county.inspector) == [(school.lesson, "review_open")]
    told = _decision(life["version"], "pass", "EVIDENCE_ENOUGH", "")
    decided = post(county.inspector, _path(school, "decisions"), told, 201)
    assert (decided["stage"], decided["decisions"][0]["signs"]) == ("decided_pass", ["WRONG_ROOM"])


def test_the_cache_is_made_again_from_the_tables(after_class: tuple[County, School]) -> None:
    county, school = after_class
    _judged(county, school, county.evidence(school, seen=0))
    with county.centre.uow.write() as session:
        truth = session.execute(select(LessonLife.__table__)).all()
        session.execute(update(LessonLife).values(stage="pass", next="nobody"))
    assert cache.rebuild(county.centre) == 1
    with county.centre.uow.write() as session:
        assert session.execute(select(LessonLife.__table__)).all() == truth
        session.execute(delete(LessonLife))
    assert JOBS["rebuild_lives"][0](county.centre) == 1
    with county.centre.uow.read() as session:
        assert session.execute(select(LessonLife.__table__)).all() == truth
