"""The pages over HTTP, without a browser: who may see what, errors in words, nothing from elsewhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from config.clock import ManualClock
from config.settings import CentreSettings
from supervisor.accounts import service as accounts
from supervisor.accounts.schemas import AccountIn
from supervisor.app import app_of
from supervisor.callers import Role
from supervisor.centre import open_centre
from supervisor.classes import service as classes
from supervisor.classes.schemas import InstitutionIn
from supervisor.console.rendering import bundle
from tests.support.accounts import granted_account
from tests.support.databases import with_tables
from tests.support.seed import ADMIN, MORNING, PEOPLE, Seeded, person, seed

HTML = {"accept": "text/html"}


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Seeded:
    return seed(CentreSettings(data_dir=tmp_path_factory.mktemp("centre")))


@pytest.fixture
def visitor(morning: Seeded) -> Iterator[TestClient]:
    with TestClient(app_of(morning.centre), follow_redirects=False, headers=HTML) as client:
        yield client


@pytest.fixture
def inspector(visitor: TestClient) -> TestClient:
    answer = visitor.post("/login", data={"username": ADMIN[0], "password": ADMIN[1]})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    return visitor


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[tuple[TestClient, str]]:
    """A centre nobody has set up, and the token of its first link."""
    settings = CentreSettings(data_dir=tmp_path)
    with_tables(settings.engine_url(), "centre")
    centre = open_centre(settings, ManualClock(MORNING))
    token = accounts.first_setup_link(centre).url.rsplit("/", 1)[1]
    with TestClient(app_of(centre), follow_redirects=False, headers=HTML) as client:
        yield client, token


def test_the_first_link_makes_the_administrator_and_signs_in(fresh: tuple[TestClient, str]) -> None:
    client, token = fresh
    assert "建立你的账号" in client.get(f"/setup/{token}").text
    wanted = {"name": "王督导", "username": "wang", "password": "ten-characters"}
    answer = client.post(f"/setup/{token}", data=wanted)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "主管单位 · </span>王督导" in client.get("/").text
    again = client.get(f"/setup/{token}")
    assert again.status_code == 404
    assert "SETUP_LINK_INVALID" in again.text


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [("password", "short", "密码至少 10 个字符"), ("username", "Wang Li", "用户名只能用"), ("name", " ", "请填写姓名")],
)
def test_a_wrong_field_is_named_and_the_others_are_kept(
    fresh: tuple[TestClient, str], field: str, value: str, said: str
) -> None:
    client, token = fresh
    wanted = {"name": "王督导", "username": "wang", "password": "ten-characters"} | {field: value}
    answer = client.post(f"/setup/{token}", data=wanted)
    assert answer.status_code == 422
    assert said in answer.text
    assert wanted["password"] not in answer.text
    assert (wanted["name"] in answer.text) and (wanted["username"] in answer.text)


def test_a_wrong_password_is_one_sentence_and_never_repeated(visitor: TestClient) -> None:
    answer = visitor.post("/login", data={"username": "nobody", "password": "not-the-password"})
    assert answer.status_code == 401
    assert "用户名或密码不正确" in answer.text
    assert "not-the-password" not in answer.text


def test_a_stranger_is_led_to_sign_in_and_back(visitor: TestClient, morning: Seeded) -> None:
    path = f"/lessons/{morning.places[0].ended}?why=routine"
    answer = visitor.get(path)
    assert answer.status_code == 303
    form = visitor.get(answer.headers["location"]).text
    assert f'name="next" value="{path}"' in form
    data = {"username": ADMIN[0], "password": ADMIN[1], "next": path}
    assert visitor.post("/login", data=data).headers["location"] == path


@pytest.mark.parametrize("target", ["https://example.org/", "//example.org", "/\\example.org", "javascript:alert(1)"])
def test_forms_never_lead_to_another_site(visitor: TestClient, target: str) -> None:
    sign_in = {"username": ADMIN[0], "password": ADMIN[1], "next": target}
    assert visitor.post("/login", data=sign_in).headers["location"] == "/"
    assert visitor.post("/language", data={"language": "en", "back": target}).headers["location"] == "/"


def test_signing_out_ends_the_session(inspector: TestClient) -> None:
    assert inspector.get("/").status_code == 200
    inspector.post("/logout")
    assert inspector.get("/").status_code == 303


def test_a_part_that_refreshes_itself_is_told_when_signed_out(visitor: TestClient) -> None:
    assert visitor.get("/", headers={"hx-request": "true"}).status_code == 401


@pytest.mark.parametrize(
    "path", ["/lessons/not-an-id", "/lessons/6b9f0a52-0000-4000-8000-000000000000", "/nothing/here"]
)
def test_what_does_not_exist_is_a_page_in_words(inspector: TestClient, path: str) -> None:
    answer = inspector.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "没有" in answer.text


def test_another_institutions_teacher_sees_none_of_it(morning: Seeded, visitor: TestClient) -> None:
    other = classes.create_institution(morning.centre, morning.admin, InstitutionIn(name="别的学校")).id
    wanted = AccountIn(username="teacher", name="刘老师", role=Role.TEACHER, institution_id=other)
    token = granted_account(morning.centre, morning.admin, wanted)
    visitor.post(f"/setup/{token}", data={"password": "ten-characters"})
    today = visitor.get("/")
    assert today.status_code == 200
    assert "26-031班" not in today.text
    assert visitor.get(f"/lessons/{morning.places[0].ended}").status_code == 404


def test_language_is_a_cookie_and_reaches_every_page(inspector: TestClient, morning: Seeded) -> None:
    inspector.post("/language", data={"language": "en"})
    for path in ("/", f"/lessons/{morning.places[0].ended}", f"/c/{morning.places[0].second.code}"):
        text = inspector.get(path).text
        assert '<html lang="en">' in text
        assert "Demo rules: never for payment" in text


def test_the_demo_profile_is_named_on_every_page_that_shows_its_lessons(inspector: TestClient, morning: Seeded) -> None:
    for path in ("/", f"/lessons/{morning.places[0].ended}", f"/c/{morning.places[0].second.code}"):
        assert "演示规则,不用于发放补贴" in inspector.get(path).text


def test_nothing_may_run_or_load_from_elsewhere(inspector: TestClient, morning: Seeded) -> None:
    for path in ("/", f"/lessons/{morning.places[0].ended}?why=routine", f"/c/{morning.places[0].second.code}"):
        answer = inspector.get(path)
        policy = answer.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert not re.search(r'(?:src|href|action)="(?:https?:)?//', answer.text)
        assert not re.search(r"\son\w+=|style=", answer.text)


def test_data_in_the_page_cannot_break_out_of_its_block(inspector: TestClient, morning: Seeded) -> None:
    text = inspector.get(f"/lessons/{morning.places[0].ended}").text
    block = re.search(r'<script type="application/json" id="lesson-data">(.*?)</script>', text, re.DOTALL)
    assert block is not None
    assert "<" not in block[1]
    assert json.loads(block[1])["lessons"][0]["required"] == PEOPLE - 1


def test_names_are_masked_and_no_id_number_is_shown(inspector: TestClient, morning: Seeded) -> None:
    text = inspector.get(f"/lessons/{morning.places[0].ended}").text
    name, identity = person(0)
    assert f"{name[0]}*" in text
    assert name not in text
    assert identity[-4:] not in re.sub(r"[0-9a-f]{64}", "", text).replace("2026", "")


def test_opening_a_recording_asks_why_first(inspector: TestClient, morning: Seeded) -> None:
    path = f"/lessons/{morning.places[0].ended}"
    assert "<video" not in inspector.get(path).text
    assert "查看事由" in inspector.get(path).text
    playlist = re.search(r'lesson-player src="([^"]+)"', inspector.get(f"{path}?why=complaint").text)
    assert playlist is not None
    assert inspector.get(playlist[1].replace("&amp;", "&")).text.startswith("#EXTM3U")


def test_bundle_files_are_kept_for_ever_and_nothing_else_is_served(visitor: TestClient) -> None:
    answer = visitor.get(f"/static/{bundle()['console.css']}")
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]
    for name in ("manifest.json", "..%2fmanifest.json", ".js", "none.js"):
        assert visitor.get(f"/static/{name}").status_code == 404


def test_phone_page_says_when_the_door_opens(visitor: TestClient, morning: Seeded) -> None:
    later = max(morning.places[0].training.sessions, key=lambda session: session.start)
    morning.clock.step(-20 * 60)  # 08:18; the session begins at 08:50, its door opens at 08:20
    try:
        page = visitor.get(f"/c/{later.code}").text
    finally:
        morning.clock.step(20 * 60)
    assert "还没到签到时间,08:20 开始。" in page
    assert "<input name=" not in page
    assert "请告诉老师" in page
    assert "只记录" in page


def test_phone_page_says_when_it_is_over(visitor: TestClient, morning: Seeded) -> None:
    morning.clock.step(6 * 3600)
    try:
        page = visitor.get(f"/c/{morning.places[0].first.code}").text
    finally:
        morning.clock.step(-6 * 3600)
    assert "签到 08:40 已结束,请找老师补签。" in page
    assert 'class="go' not in page


def test_a_refused_check_in_gets_a_new_key_and_keeps_the_name(visitor: TestClient, morning: Seeded) -> None:
    place = morning.places[3]
    first = re.search(r'name="key" value="([^"]+)"', visitor.get(f"/c/{place.second.code}").text)
    assert first is not None
    data = {"key": first[1], "direction": "in", "name": "没有这个人", "last4": "0000"}
    answer = visitor.post(f"/c/{place.second.code}", data=data)
    assert answer.status_code == 422
    assert "与花名册不符" in answer.text
    assert 'value="没有这个人"' in answer.text
    assert first[1] not in answer.text


def test_another_person_on_the_same_phone_is_asked_again(visitor: TestClient, morning: Seeded) -> None:
    place = morning.places[3]
    name, identity = person(3 * PEOPLE)
    data = {"key": "k" * 24, "direction": "out", "name": name, "last4": identity[-4:]}
    assert visitor.post(f"/c/{place.first.code}", data=data).status_code == 303
    assert f"{name[0]}*,您好" in visitor.get(f"/c/{place.first.code}").text
    visitor.post(f"/c/{place.first.code}/forget")
    assert "您好" not in visitor.get(f"/c/{place.first.code}").text


def test_an_unknown_code_is_told_to_scan_again(visitor: TestClient) -> None:
    answer = visitor.get("/c/NOSUCHCODE")
    assert answer.status_code == 404
    assert "请重新扫描" in answer.text
