from __future__ import annotations

import pytest

from supervisor.decisions.exemptions import end_exemptions
from supervisor.lessons.sweep import sweep_silence
from tests.support.county import START, County, post, problem

DAY = 24 * 3600
GIVEN = {"kind": "enterprise_staff", "basis": "企业在岗职工培训,承诺制", "valid_until": "2026-11-24"}


@pytest.mark.rule("A-28")
def test_a_class_of_an_enterprise_is_exempt_and_hands_in_papers(county: County) -> None:
    school, other = county.schools
    county.clock.step((START - county.clock.now()).total_seconds())
    assert county.check_in(school).is_success
    county.clock.step(600)
    assert county.report(school, county.verdict_entry(school, county.evidence(school))).is_success
    training = school.training["id"]
    path = f"/api/classes/{training}/exemptions"

    def life() -> dict[str, object]:
        told: dict[str, object] = county.inspector.get(f"/api/lessons/{school.lesson}/life").json()
        return told

    def exempt() -> str | None:
        told: str | None = school.teacher.get(f"/api/classes/{training}").json()["exempt"]
        return told

    responsible = county.account("responsible", school.institution)
    paper = {"sha256": "a" * 64, "kind": "commitment"}
    assert life()["stage"] == "pass"
    problem(school.teacher.post(path, json=GIVEN), 403, "ROLE_NOT_ALLOWED")
    problem(county.approver.post(path, json=GIVEN | {"valid_until": "2026-11-22"}), 422, "EXEMPTION_OVER")
    problem(responsible.post(f"/api/classes/{training}/papers", json=paper), 409, "NO_PAPERS_NEEDED")
    given = post(county.approver, path, GIVEN, 201)
    assert (life()["stage"], life()["final"], exempt()) == ("exempt", True, "enterprise_staff")

    revoke = f"{path}/{given[0]['id']}/revoke"
    assert post(county.approver, revoke, {"words": "非本企业职工"}, 201)[0]["revoked_at"]
    problem(county.approver.post(revoke, json={"words": "再次"}), 409, "EXEMPTION_REVOKED")
    assert (life()["stage"], exempt()) == ("pass", None)

    county.clock.step(60)
    post(county.approver, path, GIVEN, 201)
    assert life()["stage"] == "exempt"
    county.clock.step(2 * DAY)
    assert (end_exemptions(county.centre), end_exemptions(county.centre)) == (1, 0)
    assert (life()["stage"], exempt()) == ("exempt", None)  # the lesson hour was before its end
    county.clock.step(3 * DAY)
    sweep_silence(county.centre)  # also of the second lesson hour, which nobody recorded
    second = school.session["lesson_hours"][1]["id"]
    assert county.inspector.get(f"/api/lessons/{second}/life").json()["stage"] == "exempt"

    def late() -> list[str]:
        return [one["class_id"] for one in county.inspector.get("/api/papers/overdue").json()["items"]]

    assert late() == []
    county.clock.step(10 * DAY)  # the tenth working day, 7 December, is over
    assert late() == [training]
    assert county.account("responsible", other.institution).get("/api/papers/overdue").json()["items"] == []
    foreign = county.account("responsible", other.institution).post(f"/api/classes/{training}/papers", json=paper)
    problem(foreign, 404, "CLASS_NOT_FOUND")
    for _ in range(2):
        assert len(post(responsible, f"/api/classes/{training}/papers", paper, 201)) == 1
    assert late() == []
