"""The phone's own pages without a browser: hours in words, leave, consents, requests, answers that name their key."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from config.settings import CentreSettings
from supervisor.app import app_of
from supervisor.attendance.schemas import OwnHalfDay, OwnStanding
from supervisor.console.i18n import words
from supervisor.console.phone_own_view import SEEN, present_hours
from supervisor.console.phone_view import REASONS, hours_of
from supervisor.rules.attendance import AttendanceStatus
from supervisor.rules.attendance_rates import may_still_miss
from supervisor.rules.checkin import CheckInReason
from tests.support.seed import NOW, Place, Seeded, person, seed

ZH = words("zh")


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Seeded:
    return seed(CentreSettings(data_dir=tmp_path_factory.mktemp("centre")))


@pytest.fixture
def phone(morning: Seeded) -> Iterator[TestClient]:
    headers = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
    with TestClient(app_of(morning.centre), follow_redirects=False, headers=headers) as client:
        yield client


@pytest.fixture
def place(morning: Seeded) -> Place:
    return morning.places[0]


def check_in(phone: TestClient, place: Place, number: int, **more: str) -> str:
    name, identity = person(number)
    data = {"key": f"phone-pages-{number:06d}", "direction": "in", "name": name, "last4": identity[-4:]} | more
    answer = phone.post(f"/c/{place.second.code}", data=data)
    assert answer.status_code == (200 if more.get("js") else 303)
    return answer.headers.get("check-in-key", "")


@pytest.mark.parametrize(
    ("attended", "over", "planned", "left"),
    [(40, 40, 48, 9), (40, 41, 48, 8), (0, 0, 5, 1), (0, 2, 5, -1), (48, 48, 48, 9), (0, 0, 0, 0)],
)
def test_how_many_hours_may_still_be_missed(attended: int, over: int, planned: int, left: int) -> None:
    """80 % of 48 is 38.4: 39 hours are needed."""
    assert may_still_miss(attended, over, planned, 0.80) == left


@pytest.mark.parametrize(
    ("left", "said"),
    [(8, "已到 40/48 课时,最多还能缺 8 课时"), (-2, "已到 40/48 课时,已比规定多缺 2 课时,请找老师")],
)
def test_hours_in_one_sentence(left: int, said: str) -> None:
    standing = OwnStanding(attended=40, planned=48, needed=39, may_miss=left, makeup_hours=24, half_days=[])
    assert hours_of(standing, ZH).sentence == said
    assert hours_of(standing, ZH).done == 83


@pytest.mark.parametrize(
    ("states", "attended", "no_out", "tone", "state", "why"),
    [
        (["normal", "normal"], 2, False, "ok", "2 课时有效", ""),
        (["late", "normal"], 2, False, "ok", "2 课时有效", "迟到"),
        (["late", "normal"], 1, False, "ok", "1 课时有效", "迟到、1 课时不计"),
        (["absent", "absent"], 0, False, "bad", "不计课时", "缺勤"),
        (["leave", "leave"], 0, False, "none", "请假", ""),
        (["normal", "normal"], 2, True, "ask", "待老师确认", "没有签退"),
        ([], 0, False, "none", "还没有签到", ""),
    ],
)
def test_a_half_day_in_words(states: list[str], attended: int, no_out: bool, tone: str, state: str, why: str) -> None:
    half = OwnHalfDay(
        start=NOW,
        end=NOW,
        hours=len(states),
        attended=attended,
        states=[AttendanceStatus(one) for one in states],
        check_ins=[],
        no_out=no_out,
    )
    standing = OwnStanding(attended=0, planned=4, needed=4, may_miss=0, makeup_hours=24, half_days=[half])
    (line,) = present_hours(standing, ZH).half_days
    assert (line.tone, line.state, line.why) == (tone, state, why)


def test_every_reason_has_its_words() -> None:
    assert set(REASONS) == set(CheckInReason)
    assert set(SEEN) >= {"playback", "pictures", "papers", "export", "patrol"}


def test_an_answer_names_its_check_in_only_when_it_is_final(phone: TestClient, place: Place) -> None:
    assert check_in(phone, place, 0, js="1") == "phone-pages-000000"
    wrong = {"key": "x" * 20, "direction": "in", "name": "没有这个人", "last4": "0000", "js": "1"}
    told = [phone.post(f"/c/{place.second.code}", data=wrong) for _ in range(7)]
    assert [(one.status_code, "check-in-key" in one.headers) for one in (told[0], told[-1])] == [
        (422, True),
        (429, False),
    ]
    gone = phone.post("/c/NOSUCHCODE", data=wrong)
    assert (gone.status_code, gone.headers["check-in-key"]) == (404, "x" * 20)


def test_only_a_known_phone_has_own_pages(phone: TestClient, place: Place) -> None:
    for page in ("hours", "leave", "data"):
        answer = phone.get(f"/c/{place.second.code}/{page}")
        assert (answer.status_code, "请先用这部手机签到" in answer.text) == (401, True)
        assert phone.get(f"/c/NOSUCHCODE/{page}").status_code == 404


def test_leave_is_asked_for_whole_sessions_ahead(phone: TestClient, place: Place) -> None:
    check_in(phone, place, 1)
    ahead = max(place.training.sessions, key=lambda session: session.start)
    asked = {"kind": "personal", "first": str(ahead.id), "last": str(ahead.id), "reason": "家里有事"}
    path = f"/c/{place.second.code}/leave"
    assert phone.post(path, data=asked).status_code == 303
    page = phone.get(path).text
    assert "事假 · 等待审批" in page
    again = phone.post(path, data=asked)
    assert (again.status_code, "这段时间已有请假" in again.text) == (409, True)
    begun = phone.post(path, data=asked | {"first": str(place.second.id), "reason": "<b>晚了</b>"})
    assert begun.status_code == 422
    assert "&lt;b&gt;晚了" in begun.text and "<b>晚了" not in begun.text


def test_consents_are_given_and_withdrawn_and_requests_made(phone: TestClient, place: Place) -> None:
    check_in(phone, place, 2)
    home = f"/c/{place.second.code}"
    page = phone.get(f"{home}/data").text
    assert page.count("没有同意") == 3
    version = re.search(r'name="text" value="([0-9a-f]{64})"', page)
    assert version is not None
    for given, state in (("yes", "已同意 ·"), ("no", "没有同意 ·")):
        said = {"purpose": "location", "given": given, "text": version[1]}
        assert phone.post(f"{home}/consents", data=said).status_code == 303
        assert state in phone.get(f"{home}/data").text
    old = phone.post(f"{home}/consents", data={"purpose": "face", "given": "yes", "text": "0" * 64})
    assert (old.status_code, "告知书已更新" in old.text) == (409, True)
    assert phone.post(f"{home}/rights", data={"kind": "correct", "said": "名字写错了"}).status_code == 303
    page = phone.get(f"{home}/data").text
    assert "更正我的信息 · 等待答复" in page and "名字写错了" in page


def test_what_the_page_holds_is_compressed_and_repeats_no_address(phone: TestClient, place: Place) -> None:
    answer = phone.get(f"/c/{place.second.code}?tried=guessguess", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) < 6000
    assert "guessguess" not in answer.text
    plain = phone.get(f"/c/{place.second.code}", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers


def test_a_position_nobody_can_use_sends_nobody_away(phone: TestClient, place: Place) -> None:
    assert check_in(phone, place, 3, js="1", loc="1", lat="nan", lon="x", acc="-1") == "phone-pages-000003"
