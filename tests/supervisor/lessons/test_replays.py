"""A box's replay entry at the centre: a further verdict for a person, never a FAIL; what it found is shown to those who
may see it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from supervisor.contract.evidence import canonical_json, parse_evidence, verdict_json
from supervisor.profiles import profile_named
from supervisor.rules.judge import judge
from tests.supervisor.lessons.test_log_ingest import after_the_lesson, alarms, versions
from tests.support.county import County, School, problem

DAY_MS = 86_400_000


def start_ms(school: School) -> int:
    return round(datetime.fromisoformat(school.session["lesson_hours"][0]["start"]).timestamp() * 1000)


def replay_entry(school: School, *findings: dict[str, Any], **changes: Any) -> str:
    camera = {
        "camera": str(school.camera), "not_checked": None, "pictures": 180, "step_ms": 1000, "described_ms": 180_000,
        "nearest": 0.31,
    }  # fmt: skip
    entry = {
        "kind": "replay", "at": start_ms(school) + 9_000_000, "lesson_hour_id": str(school.lesson),
        "detector": "replay/1", "threshold": 0.18, "compared": 12, "since_ms": start_ms(school) - 30 * DAY_MS,
        "cameras": [camera], "findings": list(findings),
    }  # fmt: skip
    return canonical_json(entry | changes).decode()


def finding(school: School, **changes: Any) -> dict[str, Any]:
    """The whole lesson hour looks like the same minutes of the day before."""
    start = start_ms(school)
    return {
        "camera": str(school.camera), "kind": "same_view", "start_ms": start, "end_ms": start + 150_000,
        "twin_camera": str(school.camera), "twin_lesson_hour_id": "00000000-0000-4000-8000-000000000001",
        "twin_start_ms": start - DAY_MS, "twin_end_ms": start - DAY_MS + 150_000, "distance": 0.07,
    } | changes  # fmt: skip


def judged(county: County) -> School:
    school = county.schools[0]
    after_the_lesson(county)
    assert county.report(school, county.verdict_entry(school, clip=b"a clip")).is_success
    assert versions(county)[0] == (2, "centre", "pass", True)
    county.clock.step(4 * 3600)
    return school


def page(county: County, school: School) -> dict[str, Any]:
    answer: dict[str, Any] = county.inspector.get(f"/api/lessons/{school.lesson}").json()
    return answer


def test_a_finding_brings_a_version_for_a_person_that_anybody_can_recompute(county: County) -> None:
    school = judged(county)
    assert county.report(school, replay_entry(school, finding(school))).is_success
    assert versions(county)[0] == (3, "centre", "review", None)
    shown = page(county, school)
    verdict = shown["lesson"]["verdict"]["verdict"]
    assert (verdict["reasons"], verdict["rule_version"]) == (["REPLAY_SUSPECT"], "judge/4")
    assert verdict["media_ms"] == shown["verdicts"][1]["verdict"]["media_ms"]  # what is suspected counts
    evidence = parse_evidence(canonical_json(shown["evidence"]))
    (replay,) = evidence.cameras[0].replays
    assert (replay.start_ms, replay.twin_start_ms, replay.distance) == (0, -DAY_MS, 0.07)
    profile = profile_named(shown["profile"])
    assert canonical_json(verdict_json(judge(evidence, profile))) == canonical_json(verdict)
    assert alarms(county) == []


def test_nothing_found_is_kept_and_shown_and_changes_no_verdict(county: County) -> None:
    school = judged(county)
    assert county.report(school, replay_entry(school)).is_success
    assert versions(county)[0] == (2, "centre", "pass", True)
    (check,) = page(county, school)["replay_checks"]
    assert (check["detector"], check["compared"], check["findings"]) == ("replay/1", 12, [])
    assert check["cameras"] == [{"camera_code": "room-a", "not_checked": None, "nearest": 0.31}]


def test_an_entry_sent_again_brings_no_second_version(county: County) -> None:
    school = judged(county)
    text = replay_entry(school, finding(school))
    assert county.report(school, text).is_success
    again = {"from_index": len(school.log) - 1, "entries": [text]}
    assert school.box_client.post("/api/box/log", json=again).is_success
    assert [version[0] for version in versions(county)] == [3, 2, 1]


def test_a_later_report_of_the_same_hour_does_not_lose_the_finding(county: County) -> None:
    school = judged(county)
    county.report(school, replay_entry(school, finding(school)))
    assert county.report(school, county.verdict_entry(school, clip=b"a clip")).is_success
    assert versions(county)[0][2] == "review"


def test_people_missing_and_a_replay_are_for_a_person_and_nothing_is_proposed(county: County) -> None:
    school = county.schools[0]
    after_the_lesson(county)
    evidence = county.evidence(school, seen=0)
    assert county.report(school, county.verdict_entry(school, evidence, clip=b"a clip")).is_success
    assert versions(county)[0][2] == "fail_proposed"
    county.report(school, replay_entry(school, finding(school)))
    assert versions(county)[0][2] == "review"


def test_a_replay_entry_of_another_boxes_lesson_hour_is_alarmed_and_judges_nothing(county: County) -> None:
    judged(county)
    other = county.schools[1]
    entry = replay_entry(other, lesson_hour_id=str(county.schools[0].lesson))
    assert county.report(other, entry).is_success
    assert alarms(county) == ["replay_of_unknown_lesson"]
    assert versions(county)[0] == (2, "centre", "pass", True)


@pytest.mark.parametrize(
    "changes",
    [{"end_ms": 0}, {"distance": 1.5}, {"kind": "forged"}, {"twin_end_ms": 2**53 - 1}, {"twin_camera": "room-a"}],
    ids=lambda changes: next(iter(changes)),
)
def test_a_malformed_finding_is_refused_and_nothing_is_stored(county: County, changes: dict[str, Any]) -> None:
    school = judged(county)
    answer = county.report(school, replay_entry(school, finding(school, **changes)))
    assert problem(answer, 422, "LOG_ENTRY_INVALID")["where"].startswith("/entries/0/replay/findings/0")
    assert page(county, school)["replay_checks"] == []


def test_the_twin_is_named_to_those_who_may_see_it_and_only_its_time_to_others(county: County) -> None:
    school, other = judged(county), county.schools[1]
    foreign = finding(school, twin_lesson_hour_id=str(other.lesson), twin_camera=str(other.camera))
    county.report(school, replay_entry(school, foreign))
    (seen,) = page(county, school)["replay_checks"][0]["findings"]
    assert seen["twin"]["lesson_hour_id"] == str(other.lesson)
    assert (seen["twin"]["camera_code"], seen["twin"]["has_clip"]) == ("room-a", False)
    own = school.inspector.get(f"/api/lessons/{school.lesson}").json()
    (hidden,) = own["replay_checks"][0]["findings"]
    assert (hidden["twin"]["lesson_hour_id"], hidden["twin"]["place"], hidden["twin"]["camera_code"]) == (None,) * 3
    assert hidden["twin"]["start"] == seen["twin"]["start"]


def test_a_box_that_judged_by_the_rule_before_still_agrees(county: County) -> None:
    school = county.schools[0]
    after_the_lesson(county)
    evidence = county.evidence(school)
    profile = profile_named(page(county, school)["profile"])
    old = verdict_json(judge(evidence, profile, "judge/2"))
    assert county.report(school, county.verdict_entry(school, evidence, clip=b"a clip", verdict=old)).is_success
    assert versions(county) == [(2, "centre", "pass", True), (1, "box", "pass", None)]
    assert alarms(county) == []
