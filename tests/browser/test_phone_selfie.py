"""From the phone's camera to the hint on the lesson's page: sealed in the browser, opened in the box only."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from supervisor.callers import SESSION_COOKIE
from tests.browser.conftest import NARROW, WIDE, Visit
from tests.browser.test_console_pages import axe_faults, sideways
from tests.browser.test_phone_page import _small_letters, _small_targets
from tests.support.portraits import portraits
from tests.support.selfie_scene import SelfieScene, selfie_scene
from tests.support.selfies import rows

pytestmark = pytest.mark.browser
Visits = Callable[..., Visit]


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[SelfieScene]:
    with selfie_scene(tmp_path) as made:
        yield made


@pytest.fixture
def visits(scene: SelfieScene, chromium: Browser) -> Iterator[Visits]:
    begun: list[Visit] = []

    def start(size: tuple[int, int] = NARROW, **options: object) -> Visit:
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]}, timezone_id="America/New_York", **options
        )  # type: ignore[arg-type]
        context.set_default_timeout(15_000)
        begun.append(Visit(scene.base, context))
        return begun[-1]

    yield start
    for one in begun:
        one.context.close()
        assert (one.outside, one.complaints) == ([], [])


def checked_in(scene: SelfieScene, visit: Visit, who: int = 0) -> Page:
    page = visit.page()
    name, number = scene.school.trainees[who]
    page.goto(f"{scene.base}/c/{scene.school.session['code']}")
    page.get_by_label("姓名").fill(name)
    page.get_by_label("身份证号最后 4 位").fill(number[-4:])
    page.get_by_role("button", name="签到", exact=True).click()
    expect(page.get_by_text("签到成功")).to_be_visible()
    return page


def agree(page: Page) -> None:
    """From the check-in page, and back to it."""
    page.get_by_role("link", name="我的信息和同意").click()
    page.get_by_role("button", name="同意: 自拍比对").click()
    expect(page.get_by_role("button", name="撤回: 自拍比对")).to_be_visible()
    page.get_by_role("link", name="回到签到").click()


def shoot(page: Page, photograph: Path) -> None:
    expect(page.get_by_label("一张")).to_be_visible()  # its script has begun
    page.get_by_label("一张").set_input_files(photograph)
    expect(page.get_by_role("img", name="刚拍的照片")).to_be_visible()
    page.get_by_role("button", name="加密并送出").click()
    expect(page.get_by_text("自拍已加密送出")).to_be_visible()


def wait_for(result: str, scene: SelfieScene) -> None:
    deadline = time.monotonic() + 60
    while [row.result for row in rows(scene.county)] != [result]:
        assert time.monotonic() < deadline, rows(scene.county)[0].result
        time.sleep(0.2)


@pytest.mark.timeout(240)
def test_from_the_phone_to_the_hint_on_the_lessons_page(scene: SelfieScene, visits: Visits) -> None:
    scene.enrol(0, "obama", "obama3")
    lesson = visits(WIDE)
    token = scene.county.inspector.cookies[SESSION_COOKIE]
    lesson.context.add_cookies([{"name": SESSION_COOKIE, "value": token, "url": scene.base}])
    shown = lesson.page()
    with scene.agent():
        scene.exchange()  # as the agent does by itself; so that its key is known before the page is opened
        page = checked_in(scene, visits())
        expect(page.get_by_role("link", name="附一张自拍(可以不附)")).to_have_count(0)  # nobody asked for it
        agree(page)
        page.get_by_role("link", name="附一张自拍(可以不附)").click()
        shoot(page, portraits()["obama2"])
        (row,) = rows(scene.county)
        assert 5_000 < len(row.sealed or b"x" * 6_000) < 80_000
        wait_for("MATCH", scene)
        page.reload()
        expect(page.get_by_text("自拍比对:相符(仅供参考)")).to_be_visible()
        shown.goto(f"{scene.base}/lessons/{scene.school.lesson}")
        cell = shown.get_by_role("row").filter(has_text="学*").get_by_role("cell").last
        expect(cell).to_contain_text("有效")
        expect(cell).to_contain_text("自拍比对:相符(仅供参考) · 相似度")
        shoot(page, portraits()["biden"])
        wait_for("NO_MATCH", scene)
    shown.reload()
    expect(cell).to_contain_text("有效")  # a hint changes nothing
    expect(cell).to_contain_text("自拍比对:不相符(仅供参考) · 相似度")
    assert axe_faults(shown) == []
    page.get_by_role("link", name="回到签到").click()
    page.get_by_role("link", name="我的信息和同意").click()
    expect(page.get_by_role("heading", name="我的自拍")).to_be_visible()
    page.get_by_role("button", name="撤回: 自拍比对").click()
    expect(page.get_by_role("button", name="同意: 自拍比对")).to_be_visible()
    expect(page.get_by_role("heading", name="我的自拍")).to_have_count(0)
    assert rows(scene.county) == []
    shown.reload()
    expect(cell).to_have_text("有效")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(("width", "large"), [(390, ""), (320, "b")])
def test_its_page_is_small_large_lettered_and_accessible(
    scene: SelfieScene, visits: Visits, language: str, width: int, large: str
) -> None:
    scene.exchange()
    visit = visits((width, 740))
    page = checked_in(scene, visit)
    agree(page)
    cookies = {"language": language, "size": large}
    visit.context.add_cookies([{"name": key, "value": text, "url": scene.base} for key, text in cookies.items()])
    for picture in (None, portraits()["obama2"]):
        answer = page.goto(f"{scene.base}/c/{scene.school.session['code']}/selfie")
        assert answer is not None and answer.request.sizes()["responseBodySize"] < 10_000
        if picture is not None:
            page.locator("input[type=file]").set_input_files(picture)
            page.locator("canvas").wait_for(state="visible")
        assert (axe_faults(page), sideways(page), _small_letters(page), _small_targets(page)) == ([], 0, [], [])
        page.screenshot(path=f"/tmp/selfie-{language}-{width}-{picture is not None}.png", full_page=True)
    answer = page.goto(f"{scene.base}/c/{scene.school.session['code']}")
    assert answer is not None and answer.request.sizes()["responseBodySize"] < 10_000
    page.screenshot(path=f"/tmp/checkin-{language}-{width}.png", full_page=True)


def test_where_it_cannot_be_sealed_it_says_why(scene: SelfieScene, visits: Visits) -> None:
    scene.exchange()
    visit = visits()
    page = checked_in(scene, visit)
    agree(page)
    address = f"{scene.base}/c/{scene.school.session['code']}/selfie"
    page.goto(address)
    page.get_by_label("一张").set_input_files(Path(__file__))
    expect(page.get_by_role("alert")).to_have_text("这个文件不是能读的照片,请重拍。")
    page.get_by_label("一张").set_input_files(portraits()["obama2"])
    expect(page.get_by_role("img", name="刚拍的照片")).to_be_visible()
    visit.context.set_offline(True)
    page.get_by_role("button", name="加密并送出").click()
    expect(page.get_by_role("alert")).to_contain_text("没有送到")
    visit.context.set_offline(False)
    scene.keys.renew()
    scene.exchange()
    page.get_by_role("button", name="加密并送出").click()
    expect(page.get_by_role("alert")).to_contain_text("现场设备换了密钥")
    visit.complaints[:] = [said for said in visit.complaints if "409" not in said]
    plain = visit.page()
    plain.add_init_script("Object.defineProperty(window, 'isSecureContext', {value: false})")  # as on http://
    plain.goto(address)
    expect(plain.get_by_text("不是 https")).to_be_visible()
    expect(plain.locator("input[type=file]")).to_be_hidden()
    without = visits(java_script_enabled=False)
    without.context.add_cookies(visit.context.cookies())  # type: ignore[arg-type]
    silent = without.page()
    silent.goto(address)
    expect(silent.get_by_text("这部手机的浏览器不能加密照片")).to_be_visible()
    assert rows(scene.county) == []
