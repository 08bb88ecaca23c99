from __future__ import annotations

import json
from datetime import date

import pytest
from sqlalchemy import select

from supervisor.audit.models import CentreLogRow
from supervisor.decisions import cache
from supervisor.decisions.rechecks import draw_rechecks, seed_of
from tests.support.county import START, County, post

DAY = 24 * 3600


@pytest.mark.rule("A-20")
def test_a_pass_that_is_drawn_is_confirmed_or_goes_to_review(county: County) -> None:
    county.clock.step((START - county.clock.now()).total_seconds())
    for school in county.schools:
        assert county.check_in(school).is_success
    county.clock.step(600)
    for school in county.schools:
        assert county.report(school, county.verdict_entry(school)).is_success

    def stages() -> list[str]:
        lives = [county.inspector.get(f"/api/lessons/{school.lesson}/life").json() for school in county.schools]
        return sorted(life["stage"] for life in lives)

    assert stages() == ["pass", "pass"]
    assert draw_rechecks(county.centre) == 0  # the day is not over
    county.clock.step(DAY)
    assert (draw_rechecks(county.centre), draw_rechecks(county.centre)) == (1, 0)  # 5 %, rounded up
    assert stages() == ["pass", "pass_to_recheck"]
    with county.centre.uow.read() as session:
        rows = session.scalars(select(CentreLogRow).where(CentreLogRow.kind.startswith("recheck_"))).all()
    seeds = [json.loads(row.body)["details"] for row in rows if row.kind == "recheck_seed"]
    drawn = [json.loads(row.body)["details"] for row in rows if row.kind == "recheck_drawn"]
    assert [row.kind for row in sorted(rows, key=lambda row: row.idx)][-2:] == ["recheck_seed", "recheck_drawn"]
    subject = rows[-1].subject.removeprefix("recheck_draw:")
    assert subject == "2026-11-23" and drawn[-1]["candidates"] == 2
    told = seeds[-1]
    assert told["seed"] == seed_of(date.fromisoformat(subject), told["log_size"], told["log_root"])

    listed = county.inspector.get("/api/decisions/todo").json()["items"]
    assert [one["lesson_hour_id"] for one in listed] == drawn[-1]["lesson_hours"]
    decide = f"/api/lessons/{listed[0]['lesson_hour_id']}/decisions"
    doubt = {"version": listed[0]["version"], "result": "review", "reason": "DOUBT", "words": ""}
    assert post(county.inspector, decide, doubt, 201)["stage"] == "review_open"
    well = doubt | {"result": "pass", "reason": "EVIDENCE_ENOUGH"}
    end = post(county.inspector, decide, well, 201)
    assert (end["stage"], end["final"]) == ("final_pass", True)
    assert cache.rebuild(county.centre) == 0
