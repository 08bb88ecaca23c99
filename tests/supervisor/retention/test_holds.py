"""Legal holds: the county's, with a reason, lifted by another person, over by themselves; they stop deletion."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from typer.testing import CliRunner

from supervisor.accounts.models import Account
from supervisor.cli import app
from supervisor.retention.retire import retire_clips
from tests.support.archived import archive, clips, events, pass_to, term_end
from tests.support.county import County, School, post, problem


@pytest.fixture
def school(county: County) -> School:
    return county.schools[0]


@pytest.fixture
def clip(county: County, school: School) -> str:
    return archive(county, school)


def wanted(school: School, what: str, clip: str) -> dict[str, str]:
    place = {
        "class": {"class_id": school.training["id"]},
        "lesson": {"lesson_hour_id": school.lesson},
        "clip": {"lesson_hour_id": school.lesson, "sha256": clip},
    }[what]
    return place | {"reason": "audit", "text": "省厅审计,李某经办"}


def states(county: County) -> list[str]:
    return [one.state for one in clips(county)]


@pytest.mark.parametrize("what", ["class", "lesson", "clip"])
def test_what_is_held_stays_until_another_person_lifts_it(county: County, school: School, clip: str, what: str) -> None:
    hold = post(county.inspector, "/api/holds", wanted(school, what, clip), 201)
    assert (hold["active"], hold["clips"], hold["placed_by_name"]) == (True, 1, "李某")
    pass_to(county, term_end(county) + timedelta(days=50))
    assert retire_clips(county.centre) == 0
    assert states(county) == ["verified"]
    inspector, approver = county.account("inspector"), county.account("approver")
    assert [one["id"] for one in inspector.get(f"/api/holds?lesson_hour_id={school.lesson}").json()] == [hold["id"]]
    lifted = post(approver, f"/api/holds/{hold['id']}/lift", {"text": "审计结束"}, 200)
    assert lifted["active"] is False
    pass_to(county, county.clock.now() + timedelta(days=1))
    assert retire_clips(county.centre) == 1
    assert states(county) == ["deleted"]
    told = events(county, "hold_placed", "hold_lifted")
    assert [one.action for one in told] == ["hold_placed", "hold_lifted"]
    assert told[0].actor != told[1].actor
    assert all("李某" not in str(one.details) for one in told)  # people's names stay out of the record


def test_who_placed_it_cannot_lift_it_and_nobody_lifts_it_twice(county: County, school: School, clip: str) -> None:
    hold = post(county.inspector, "/api/holds", wanted(school, "lesson", clip), 201)
    place = f"/api/holds/{hold['id']}/lift"
    problem(county.inspector.post(place, json={"text": "x"}), 403, "HOLD_LIFTED_BY_PLACER")
    post(county.admin, place, {"text": "x"}, 200)
    problem(county.admin.post(place, json={"text": "x"}), 409, "HOLD_OVER")


def test_an_expired_hold_no_longer_stops_anything(county: County, school: School, clip: str) -> None:
    until = term_end(county) + timedelta(days=30)
    body = wanted(school, "lesson", clip) | {"expires_at": until.isoformat()}
    hold = post(county.inspector, "/api/holds", body, 201)
    pass_to(county, until - timedelta(hours=1))
    assert retire_clips(county.centre) == 0
    pass_to(county, until + timedelta(days=2))
    assert retire_clips(county.centre) == 1
    problem(county.account("system_admin").post(f"/api/holds/{hold['id']}/lift", json={"text": "x"}), 409, "HOLD_OVER")


def test_a_hold_on_another_lesson_hour_or_class_saves_nothing(county: County, school: School, clip: str) -> None:
    second = school.session["lesson_hours"][1]["id"]
    post(county.inspector, "/api/holds", wanted(school, "lesson", clip) | {"lesson_hour_id": second}, 201)
    post(county.inspector, "/api/holds", wanted(county.schools[1], "class", clip), 201)
    pass_to(county, term_end(county) + timedelta(days=1))
    assert retire_clips(county.centre) == 1


def test_only_the_county_places_sees_and_lifts(county: County, school: School, clip: str) -> None:
    body = wanted(school, "lesson", clip)
    hold = post(county.inspector, "/api/holds", body, 201)
    calls = (
        ("POST", "/api/holds", body),
        ("GET", "/api/holds", None),
        ("POST", f"/api/holds/{hold['id']}/lift", {"text": "x"}),
    )

    def codes(client: httpx.Client) -> set[tuple[int, str]]:
        answers = [client.request(method, path, json=told) for method, path, told in calls]
        return {(answer.status_code, answer.json()["code"]) for answer in answers}

    assert codes(school.inspector) == {(403, "HOLD_OF_COUNTY")}
    assert codes(school.teacher) == {(403, "ROLE_NOT_ALLOWED")}
    assert codes(county.client()) == {(401, "NOT_SIGNED_IN")}
    assert "证据锁定" in county.inspector.get(f"/lessons/{school.lesson}").text
    assert "证据锁定" not in school.inspector.get(f"/lessons/{school.lesson}").text


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"lesson_hour_id": None}, 422, "HOLD_OF_WHAT"),
        ({"lesson_hour_id": "00000000-0000-4000-8000-000000000000"}, 404, "LESSON_NOT_FOUND"),
        ({"sha256": "0" * 64}, 404, "CLIP_NOT_FOUND"),
        ({"expires_at": "2026-11-01T00:00:00Z"}, 422, "HOLD_EXPIRY"),
        ({"lesson_hour_id": None, "class_id": "00000000-0000-4000-8000-000000000000"}, 404, "CLASS_NOT_FOUND"),
    ],
)
def test_what_cannot_be_held_is_refused(
    county: County, school: School, clip: str, changes: dict[str, str], status: int, code: str
) -> None:
    problem(county.inspector.post("/api/holds", json=wanted(school, "lesson", clip) | changes), status, code)
    assert events(county, "hold_placed") == []


def test_the_page_places_and_lifts(county: County, school: School, clip: str) -> None:
    page = f"/lessons/{school.lesson}"
    form = {"reason": "complaint", "text": "家长投诉", "covers": "class", "until": "2029-01-31"}
    assert county.inspector.post(f"{page}/holds", data=form, follow_redirects=False).status_code == 303
    (hold,) = county.inspector.get("/api/holds").json()
    assert (hold["class_id"], hold["lesson_hour_id"]) == (school.training["id"], None)
    assert hold["expires_at"] == "2029-01-31T16:00:00Z"  # the end of that day at the site
    assert "解除须由另一人办理" in county.inspector.get(page).text
    lift = f"{page}/holds/{hold['id']}/lift"
    assert county.approver.post(lift, data={"text": "查清"}, follow_redirects=False).status_code == 303
    assert county.inspector.get("/api/holds").json()[0]["active"] is False
    assert county.inspector.post(f"{page}/holds", data=form | {"until": "soon"}).status_code == 422


def test_the_box_keeps_the_raw_recording_of_a_held_lesson_hour(county: County, school: School, clip: str) -> None:
    assert school.box_client.get("/api/box/target").json()["held"] == []
    post(county.inspector, "/api/holds", wanted(school, "class", clip), 201)
    hours = [one["id"] for one in school.session["lesson_hours"]]
    assert school.box_client.get("/api/box/target").json()["held"] == hours
    assert county.schools[1].box_client.get("/api/box/target").json()["held"] == []


def test_the_command_places_one_in_the_name_of_a_county_person(
    county: County, school: School, clip: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LESSONPROOF_CENTRE_DATABASE_URL", county.centre.settings.engine_url())
    with county.centre.uow.read() as session:
        who = session.query(Account).filter_by(role="inspector", institution_id=None).first().username
    asked = [
        "hold", "--by", who, "--reason", "inquiry", "--text", "调取", "--lesson", school.lesson,
        "--until", "2099-01-01", "--data", str(county.centre.settings.data_dir),
    ]  # fmt: skip
    shown = CliRunner().invoke(app, asked, catch_exceptions=False)
    assert shown.exit_code == 0, shown.output
    (hold,) = county.inspector.get("/api/holds").json()
    assert shown.stdout.startswith(hold["id"]) and hold["clips"] == 1
    assert (hold["reason"], hold["expires_at"]) == ("inquiry", "2098-12-31T16:00:00Z")
