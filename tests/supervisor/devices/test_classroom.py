"""What a box is told for its classroom's screen: its rooms' people of today, codes ahead, who is called, what waits."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from supervisor.decisions.models import LessonLife
from supervisor.profiles import profile_named
from supervisor.rules.rotating_code import rotating_code, step_at
from tests.support.county import START, TRAINEES, County, post
from tests.support.databases import KINDS, centre_database

PROFILE = "000000-demo.3"


@pytest.fixture(params=KINDS)
def county(request: pytest.FixtureRequest, tmp_path: Path, database_servers: None) -> County:
    database = centre_database(request.param, tmp_path)
    return County(tmp_path / "centre", database, profile=PROFILE, plan_minutes=90)


def test_a_box_is_told_of_its_own_rooms_people_and_who_has_come(county: County) -> None:
    school, other = county.schools
    (told,) = school.box_client.get("/api/box/target").json()["sessions"]
    assert [one["name"] for one in told["people"]] == [name for name, _ in school.trainees]
    assert len(told["people"]) == TRAINEES and told["session_id"] == school.session["id"]
    assert told["checked_in"] == [] and told["roll_call"] and told["drawn"] is None
    (elsewhere,) = other.box_client.get("/api/box/target").json()["sessions"]
    assert not {one["ref"] for one in told["people"]} & {one["ref"] for one in elsewhere["people"]}
    assert told["code"]["secret"] != elsewhere["code"]["secret"]
    county.clock.sleep(3600)
    county.check_in(school, 1)
    (after,) = school.box_client.get("/api/box/target").json()["sessions"]
    assert after["checked_in"] == [told["people"][1]["ref"]]


def test_names_leave_only_around_their_session(county: County) -> None:
    school = county.schools[0]
    county.clock.sleep((START + timedelta(hours=2.6) - county.clock.now()).total_seconds())
    target = school.box_client.get("/api/box/target").json()
    assert target["sessions"] == [] and school.trainees[0][0] not in str(target)


def test_codes_come_ahead_and_are_those_the_box_can_make_itself(county: County) -> None:
    school = county.schools[0]
    answer = school.box_client.get(f"/api/box/sessions/{school.session['id']}/rotating-code").json()
    (told,) = school.box_client.get("/api/box/target").json()["sessions"]
    assert datetime.fromisoformat(answer["now"]) == county.clock.now() and len(answer["ahead"]) == 3
    secret = bytes.fromhex(told["code"]["secret"])
    for one in answer["ahead"]:
        step = step_at(datetime.fromisoformat(one["show_from"]), profile_named(PROFILE).checkin)
        assert one["code"] == rotating_code(secret, step) and one["url"] == told["code"]["address"] + one["code"]
    path = answer["url"].partition("8080")[2]
    assert path == path.upper()
    opened = county.client().get(path)
    assert opened.status_code == 200 and "lessonproof_ticket" in opened.headers["set-cookie"]


def test_an_inspectors_roll_call_is_told_until_everybody_has_answered(county: County) -> None:
    school = county.schools[0]
    county.clock.sleep(3700)
    patrol = post(county.inspector, "/api/patrols", {"lesson_hour_id": school.lesson, "cameras": [school.camera]})
    call = post(county.inspector, f"/api/patrols/{patrol['id']}/roll-calls", None)["roll_calls"][0]
    drawn = school.box_client.get("/api/box/target").json()["sessions"][0]["drawn"]
    assert (drawn["roll_call_id"], drawn["called"]) == (call["id"], call["drawn"])
    answers = f"/api/patrols/{patrol['id']}/roll-calls/{call['id']}/answers"
    post(county.inspector, answers, {"answers": {call["drawn"][0]: "seen"}})
    drawn = school.box_client.get("/api/box/target").json()["sessions"][0]["drawn"]
    assert drawn["called"] == call["drawn"][1:]
    post(county.inspector, answers, {"answers": dict.fromkeys(call["drawn"][1:], "seen")})
    assert school.box_client.get("/api/box/target").json()["sessions"][0]["drawn"] is None


def test_hours_that_wait_for_an_explanation_are_told_while_they_do(county: County) -> None:
    school, other = county.schools
    county.clock.sleep(2 * 3600)
    until = county.clock.now() + timedelta(hours=48)
    with county.centre.uow.write() as session:
        session.add(
            LessonLife(
                lesson_hour_id=UUID(school.lesson),
                institution_id=UUID(school.institution),
                stage="fail_proposed_explain",
                next="institution",
                since=county.clock.now(),
                until=until,
                due_at=until,
                version=1,
            )
        )
    (told,) = school.box_client.get("/api/box/target").json()["to_explain"]
    assert told["lesson_hour_id"] == school.lesson and told["address"].endswith(f"/lessons/{school.lesson}")
    assert other.box_client.get("/api/box/target").json()["to_explain"] == []
    county.clock.sleep(49 * 3600)
    assert school.box_client.get("/api/box/target").json()["to_explain"] == []


def test_the_target_stays_the_same_while_nothing_happens(county: County) -> None:
    school = county.schools[0]
    etag = school.box_client.get("/api/box/target").headers["ETag"]
    county.clock.sleep(25)
    assert school.box_client.get("/api/box/target", headers={"If-None-Match": etag}).status_code == 304
