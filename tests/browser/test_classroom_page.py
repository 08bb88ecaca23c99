"""The classroom's screen in a browser: one state from afar, off line, with the camera cut, with a wrong clock; the ring
of a real box at a practice camera fills."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from device_adapters.simulator.practice import PracticeCameras
from device_adapters.simulator.script import CameraSpec
from edge_agent.capture.timekeeping import ClockState
from edge_agent.panel.codes import Codes
from supervisor.contract.state import CameraStatus
from supervisor.contract.target import TargetCards, TargetRollCall
from supervisor.rules.card_hash import card_hash
from tests.browser.conftest import NARROW, WIDE, Visit
from tests.browser.test_console_pages import axe_faults
from tests.edge_agent.test_agent import ready_box, running, settings_file
from tests.support.box import START, uuid_of
from tests.support.centre_server import serving_app
from tests.support.classroom import PEOPLE, Classroom, classroom, session_of, to_explain
from tests.support.county import id_number
from tests.support.fixtures_models import yunet_path

pytestmark = pytest.mark.browser

HALL = (1920, 1080)


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Classroom, Codes, str]]:
    """6:20 into the first lesson hour, 38 of 39 seen."""
    room = classroom(tmp_path_factory.mktemp("box"))
    room.box.recorded(START, 380)
    room.box.counted(START, 380, 38)
    room.at(START + timedelta(seconds=380))
    app, codes = room.app()
    with serving_app(app) as url:
        yield room, codes, url


@pytest.fixture
def room(lesson: tuple[Classroom, Codes, str]) -> Classroom:
    """As it is when all is well."""
    room, codes, _ = lesson
    room.statuses, room.kernel = {"room-a": CameraStatus.RECORDING}, ClockState(True, 120, 12)
    room.centre, room.waiting = True, (0, 0)
    room.told(session=session_of())
    room.contact()
    codes.tick()
    return room


@pytest.fixture(scope="module")
def base(lesson: tuple[Classroom, Codes, str]) -> str:
    return lesson[2]


def fits(page: Page, *, whole: bool) -> None:
    """Nothing that axe finds fault with, nothing sideways, nothing to press below 48 px; `whole`: all on the screen."""
    assert axe_faults(page) == []
    wide, high = page.evaluate(
        "(e => [e.scrollWidth - innerWidth, e.scrollHeight - innerHeight])(document.documentElement)"
    )
    assert wide <= 0
    if whole:
        assert high <= 0
        for part in page.locator(".evidence, .check-in, .scan, .headline").all():
            over = part.evaluate("e => [e.scrollHeight - e.clientHeight, e.scrollWidth - e.clientWidth]")
            assert max(over) <= 1, part.get_attribute("class")
    for each in page.locator("a:visible, button:visible").all():
        box = each.bounding_box()
        assert box is not None and box["height"] >= 48


def filled(page: Page, more_than: float) -> float:
    """Waits until the ring's arc is longer than this; its length."""
    arc = page.locator(".gauge .arc")
    for _ in range(90):
        drawn = arc.get_attribute("stroke-dasharray", timeout=30_000)
        if drawn is not None and float(drawn.split()[0]) > more_than:
            return float(drawn.split()[0])
        page.wait_for_timeout(1000)
    raise AssertionError(f"the ring stays below {more_than}")


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("size", [WIDE, HALL, NARROW])
def test_the_board_says_one_thing_big_and_all_of_it_fits(
    room: Classroom, base: str, visit: Callable[..., Visit], size: tuple[int, int], lang: str
) -> None:
    room.told(session=session_of(), explain=(to_explain(), to_explain("another")))
    page = visit(size).page()
    page.goto(f"{base}/?lang={lang}")
    state = {"zh": "正在录像,画面里人不够", "en": "Recording, too few in the picture"}[lang]
    expect(page.locator(".state").first).to_have_text(state)
    ring = page.locator(".gauge")
    expect(ring).to_contain_text("6:20")
    expect(page.locator(".people")).to_have_text({"zh": "看到 38 人,应见 39 人", "en": "38 seen of 39"}[lang])
    expect(page.locator(".names li")).to_have_text(["钱*", "孙*", "李*"])
    expect(page.locator(".explain li")).to_have_count(2)
    fits(page, whole=size != NARROW)
    if size == HALL:  # 6 m away: a letter of a metre-wide screen is 20 mm high and more
        assert page.evaluate("parseFloat(getComputedStyle(document.querySelector('.state')).fontSize)") >= 70


def test_off_line_the_lesson_goes_on_and_the_box_makes_the_code(
    room: Classroom, base: str, visit: Callable[..., Visit]
) -> None:
    room.centre, room.waiting = False, (12, 3)
    page = visit(WIDE).page()
    page.goto(f"{base}/?lang=zh")
    expect(page.locator(".tile").nth(2)).to_contain_text("在线")
    room.contact(timedelta(minutes=80))
    expect(page.locator(".tile.warn")).to_contain_text("已断网 1 小时 20 分")
    expect(page.locator(".tile.warn")).to_contain_text("待传 12 条记录、3 段录像")
    expect(page.locator(".state").first).to_contain_text("正在录像")
    expect(page.locator(".scan .qr")).to_be_visible()


def test_a_camera_that_is_cut_is_told_at_once_and_again_when_it_is_back(
    room: Classroom, base: str, visit: Callable[..., Visit]
) -> None:
    page = visit(WIDE).page()
    page.goto(f"{base}/?lang=zh")
    expect(page.locator(".headline.warn")).to_be_visible()
    room.statuses = {"room-a": CameraStatus.UNREACHABLE}
    expect(page.locator(".headline.bad .state")).to_have_text("没有在录像:摄像头连不上")
    expect(page.locator(".headline.bad .todo")).to_contain_text("检查摄像头的电源和网线")
    fits(page, whole=True)
    room.statuses = {"room-a": CameraStatus.RECORDING}
    expect(page.locator(".headline.bad")).to_have_count(0)


def test_a_wrong_clock_is_told_and_the_code_stays_away_rather_than_wrong(
    tmp_path: Path, visit: Callable[..., Visit]
) -> None:
    alone = classroom(tmp_path)
    alone.centre, alone.kernel = False, ClockState(False, None, None)
    with serving_app(alone.app()[0]) as url:
        one = visit(WIDE)
        one.base = url
        page = one.page()
        page.goto(f"{url}/?lang=zh")
        expect(page.locator(".state").first).to_have_text("正在录像,盒子时钟不准")
        expect(page.locator(".instead")).to_contain_text("请老师点名")
        expect(page.locator(".qr")).to_have_count(0)
        fits(page, whole=True)
        page.close()  # it would ask on when the server has gone


def test_an_inspectors_roll_call_fills_the_screen_with_names_and_goes_when_answered(
    room: Classroom, base: str, visit: Callable[..., Visit]
) -> None:
    three = PEOPLE[6:9]
    called = TargetRollCall(
        roll_call_id=uuid_of("call"),
        at=room.clock.now() - timedelta(seconds=19),
        called=tuple(one.ref for one in three),
    )
    page = visit(WIDE).page()
    page.goto(f"{base}/?lang=zh")
    room.told(session=session_of(drawn=called))
    expect(page.locator(".called li")).to_have_text([one.name for one in three])
    expect(page.locator(".called-left")).to_contain_text("2:41")
    assert axe_faults(page) == []
    room.told(session=session_of())
    expect(page.locator(".called")).to_be_hidden()


def test_the_teacher_calls_the_roll_and_the_board_knows_at_once(
    room: Classroom, base: str, visit: Callable[..., Visit]
) -> None:
    room.told(session=session_of(session_id=uuid_of("roll")))
    page = visit(NARROW).page()
    page.goto(f"{base}/?lang=zh")
    page.get_by_role("link", name="老师点名").click()
    expect(page.get_by_role("button", name="记下点名")).to_be_disabled()
    assert PEOPLE[10].name not in page.locator("main").inner_text()  # who is here needs no name on the screen
    page.get_by_label(PEOPLE[1].name).check()
    page.get_by_label(PEOPLE[2].name, exact=True).check()
    expect(page.locator("#ticked")).to_have_text("已点 2 人")
    fits(page, whole=False)
    page.get_by_role("button", name="记下点名").click()
    expect(page.locator(".names li")).to_have_text(["李*"])
    expect(page.locator(".count")).to_have_text("37 / 38")


def test_an_id_number_checks_in_off_line_and_is_not_shown(
    room: Classroom, base: str, visit: Callable[..., Visit]
) -> None:
    salt = "7c" * 32
    hashes = {PEOPLE[1].ref: card_hash(id_number(1), bytes.fromhex(salt))}
    held = session_of(session_id=uuid_of("cards"), cards=TargetCards(salt=salt, hashes=hashes))
    room.told(session=held)
    room.centre = False
    for size, language in ((WIDE, "zh"), (HALL, "zh"), (WIDE, "en")):
        page = visit(size).page()
        page.goto(f"{base}/?lang={language}")
        fits(page, whole=True)
        seen(page, f"board-{language}-{size[0]}")
    one = visit(NARROW)
    page = one.page()
    page.goto(f"{base}/?lang=zh")
    page.get_by_role("link", name="没有手机?刷身份证").click()
    field = page.get_by_label("身份证号")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("type", "password")
    fits(page, whole=False)
    page.keyboard.type(id_number(77))  # as a reader does
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("这个号码不在本班花名册上,请核对或找老师")
    one.complaints.clear()  # the browser's own, about the answer 404
    page.keyboard.type(id_number(1))
    page.keyboard.press("Enter")
    expect(page.locator("#done")).to_have_text("钱* 已签到")
    seen(page, "card-zh")
    page.keyboard.type(id_number(1))
    page.keyboard.press("Enter")
    expect(page.locator("#done")).to_have_text("钱* 已经签到过了")
    assert field.input_value() == ""
    page.get_by_role("link", name="返回").click()
    expect(page.locator(".count")).to_have_text("36 / 38")
    wide = visit(WIDE).page()
    wide.goto(f"{base}/classroom/card?lang=en")
    expect(wide.get_by_label("ID number")).to_be_focused()
    seen(wide, "card-en")


def seen(page: Page, name: str) -> None:
    if folder := os.environ.get("SPAN_SCREENS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def test_a_screen_that_lost_the_box_says_so_instead_of_an_old_state(
    room: Classroom, base: str, visit: Callable[..., Visit]
) -> None:
    one = visit(WIDE)
    page = one.page()
    page.goto(f"{base}/?lang=zh")
    page.route("**/classroom/board*", lambda route: route.abort())
    expect(page.locator("#lost")).to_be_visible(timeout=15_000)
    page.unroute("**/classroom/board*")
    expect(page.locator("#lost")).to_be_hidden()
    one.complaints.clear()  # the browser's own, about what was cut


def test_the_ring_of_a_real_box_at_a_practice_camera_fills(tmp_path: Path, visit: Callable[..., Visit]) -> None:
    box = ready_box(tmp_path, starts_in_s=1, seconds=300)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    models = str(yunet_path().parent)
    with PracticeCameras([CameraSpec(path="/room-a", people=3)]) as cameras:
        config = settings_file(tmp_path, ("room-a", cameras[0].url), panel_port=port, metrics_port=0, models_dir=models)
        with running(config, tmp_path / "log"):
            one = visit(WIDE)
            one.base = f"http://127.0.0.1:{port}"
            page = one.page()
            deadline = 60
            while deadline:
                try:
                    page.goto(f"{one.base}/?lang=zh")
                    break
                except Exception:  # it is starting
                    page.wait_for_timeout(1000)
                    deadline -= 1
            expect(page.locator(".headline .state")).to_contain_text("正在录像", timeout=120_000)
            first = filled(page, 0)
            assert filled(page, first + 20) <= page.evaluate("2 * Math.PI * 88") + 0.1
            expect(page.locator(".tile").first).to_contain_text("正在录像")
            expect(page.locator(".timetable [aria-current]")).to_contain_text("正在上课")
            page.close()  # it would complain of the box that is gone
            one.complaints.clear()
    assert box.plans.current() is not None
