from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from supervisor.attendance.models import CheckIn
from tests.support.county import County, class_wanted, id_number, post, problem

OPEN = 30 * 60  # the county's clock starts an hour before the session; the door opens half an hour before


def rows(county: County) -> list[CheckIn]:
    with county.centre.uow.read() as session:
        return list(session.scalars(select(CheckIn).order_by(CheckIn.at)))


@pytest.mark.parametrize(
    ("after_s", "direction", "code"),
    [
        (OPEN - 1, "in", "TOO_EARLY"),
        (OPEN, "in", None),
        (60 * 60 + 10 * 60, "in", None),
        (60 * 60 + 10 * 60 + 1, "in", "TOO_LATE"),
        (OPEN, "out", "TOO_EARLY"),
        (60 * 60 + 7 * 60, "out", None),
    ],
)
def test_the_servers_time_decides(county: County, after_s: int, direction: str, code: str | None) -> None:
    county.clock.step(after_s)
    answer = county.check_in(county.schools[0], direction=direction)
    if code is None:
        assert answer.json()["status"] == "accepted"
    else:
        problem(answer, 422, code)
    assert [row.status for row in rows(county)] == ["rejected" if code else "accepted"]


def test_the_same_key_gets_the_same_answer_exactly_once(county: County) -> None:
    county.clock.step(OPEN)
    key = secrets.token_urlsafe(16)
    first = county.check_in(county.schools[0], idempotency_key=key)
    county.clock.step(3600)  # the door is closed by now; the retry still gets the first answer
    again = county.check_in(county.schools[0], idempotency_key=key)
    assert first.json() == again.json()
    assert len(rows(county)) == 1
    problem(county.check_in(county.schools[0], 1, idempotency_key=key), 409, "IDEMPOTENCY_KEY_REUSED")


def test_the_same_key_from_many_retries_at_once_is_one_check_in(county: County) -> None:
    county.clock.step(OPEN)
    key = secrets.token_urlsafe(16)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: county.check_in(county.schools[0], idempotency_key=key), range(8)))
    assert {answer.status_code for answer in answers} == {200}, [answer.text for answer in answers]
    assert len(rows(county)) == 1


def test_a_refusal_is_repeated_for_its_key_too(county: County) -> None:
    key = secrets.token_urlsafe(16)
    problem(county.check_in(county.schools[0], idempotency_key=key), 422, "TOO_EARLY")
    county.clock.step(OPEN)
    problem(county.check_in(county.schools[0], idempotency_key=key), 422, "TOO_EARLY")
    assert county.check_in(county.schools[0]).is_success


def test_wrong_people_get_one_answer_and_few_tries(county: County) -> None:
    county.clock.step(OPEN)
    school = county.schools[0]
    name = county.check_in(school, name="不在册")
    digits = county.check_in(school, id_last4="0000")
    assert problem(name, 422, "CHECKIN_NOT_MATCHED") == problem(digits, 422, "CHECKIN_NOT_MATCHED")
    for _ in range(4):
        county.check_in(school, id_last4="0000")
    problem(county.check_in(school), 429, "TOO_MANY_TRIES")
    assert county.check_in(school, 1).is_success, "somebody else's guesses lock nobody else out"
    county.clock.sleep(601)
    assert county.check_in(school).is_success
    assert school.trainees[0][0] not in name.text


def test_a_phone_remembers_its_owner_and_a_second_person_on_it_is_for_review(county: County) -> None:
    county.clock.step(OPEN)
    school = county.schools[0]
    phone, path = county.client(), f"/api/checkin/{school.session['code']}"

    def body(who: int | None, direction: str) -> dict[str, str]:
        told = {"direction": direction, "idempotency_key": secrets.token_urlsafe(16)}
        if who is not None:
            told |= {"name": school.trainees[who][0], "id_last4": school.trainees[who][1][-4:]}
        return told

    problem(phone.post(path, json=body(None, "in")), 422, "CHECKIN_NOT_MATCHED")
    assert phone.get(path).json()["name"] is None
    assert phone.post(path, json=body(0, "in")).json()["status"] == "accepted"
    page = phone.get(path).json()
    assert page["name"] == "学*" and [own["direction"] for own in page["own"]] == ["in"]
    second = phone.post(path, json=body(1, "in")).json()
    assert (second["status"], second["reasons"]) == ("review", ["DEVICE_SHARED"])
    other_class = county.client(cookies=dict(phone.cookies))
    answer = other_class.post(f"/api/checkin/{county.schools[1].session['code']}", json=body(None, "in"))
    problem(answer, 422, "CHECKIN_NOT_MATCHED")


def test_a_forged_phone_mark_is_worth_nothing(county: County) -> None:
    county.clock.step(OPEN)
    school = county.schools[0]
    phone, path = county.client(), f"/api/checkin/{school.session['code']}"
    county.check_in(school)
    entry = school.training["roster"][0]["id"]
    phone.cookies.set("lessonproof_device", f"{'0' * 32}.{entry}.{'0' * 64}")
    body = {"direction": "in", "idempotency_key": secrets.token_urlsafe(16)}
    problem(phone.post(path, json=body), 422, "CHECKIN_NOT_MATCHED")


def test_a_class_that_is_not_approved_has_no_check_in(county: County) -> None:
    school = county.schools[0]
    people = [("郑某", id_number(200))]
    wanted = class_wanted(school.institution, school.room, people, "2026-7")
    wanted["plan"][0].update(start="09:10", end="09:20")
    made = post(school.teacher, "/api/classes", wanted)
    county.clock.step(3600)
    body = {"name": "郑某", "id_last4": people[0][1][-4:], "direction": "in", "idempotency_key": "k" * 16}
    path = f"/api/checkin/{made['sessions'][0]['code']}"
    problem(county.client().post(path, json=body), 422, "NO_SESSION")


@pytest.mark.parametrize(
    "change",
    [{"direction": "up"}, {"idempotency_key": "short"}, {"id_last4": "12345"}, {"name": ""}, {"at": "2026-11-23"}],
)
def test_a_malformed_check_in_is_refused_without_repeating_what_was_typed(
    county: County, change: dict[str, str]
) -> None:
    answer = county.check_in(county.schools[0], **change)
    assert problem(answer, 422, "REQUEST_INVALID")["where"] == f"/{next(iter(change))}"
    assert county.schools[0].trainees[0][0] not in answer.text


def test_an_unknown_session_code_is_not_found(county: County) -> None:
    problem(county.client().get("/api/checkin/none"), 404, "SESSION_NOT_FOUND")


def test_the_class_sees_who_checked_in_masked(county: County) -> None:
    county.clock.step(OPEN)
    school = county.schools[0]
    county.check_in(school)
    page = school.inspector.get(f"/api/lessons/{school.lesson}")
    assert [(one["name"], one["status"]) for one in page.json()["check_ins"]] == [("学*", "accepted")]
    assert page.json()["lesson"]["checked_in"] == 1
    assert school.trainees[0][0] not in page.text
