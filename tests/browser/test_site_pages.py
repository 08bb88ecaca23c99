"""A county is set up in a real browser: institution, site, room, box, camera, check-in; each test has a centre of its
own."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from playwright.sync_api import Page, expect
from sqlalchemy import select

from config.clock import ManualClock
from config.settings import CentreSettings
from supervisor.accounts import service as accounts
from supervisor.audit.models import AuditEvent
from supervisor.callers import Caller
from supervisor.centre import Centre, open_centre
from supervisor.classes.schemas import InstitutionIn
from supervisor.classes.service import create_institution
from supervisor.contract.enrolment import EnrolRequest
from supervisor.devices import enrolment
from supervisor.devices.models import Box, Camera, Site
from tests.browser.conftest import NARROW, WIDE, Visit
from tests.browser.test_console_pages import axe_faults, sideways
from tests.browser.test_deciding_pages import as_person
from tests.support.centre_server import serving
from tests.support.databases import with_tables
from tests.support.deciding import sign_in
from tests.support.seed import MORNING, Seeded, seed

pytestmark = pytest.mark.browser
Visits = Callable[..., Visit]
Person = tuple[Caller, str]


@pytest.fixture
def morning(tmp_path: Path) -> Seeded:
    return seed(CentreSettings(data_dir=tmp_path / "centre"))


@pytest.fixture
def bare(tmp_path: Path) -> Centre:
    """A centre nobody has entered anything at."""
    settings = CentreSettings(data_dir=tmp_path / "bare")
    with_tables(settings.engine_url(), "centre")
    return open_centre(settings, ManualClock(MORNING))


@pytest.fixture
def base(request: pytest.FixtureRequest) -> Iterator[str]:
    of_bare = "bare" in request.fixturenames
    centre = request.getfixturevalue("bare") if of_bare else request.getfixturevalue("morning").centre
    with serving(centre) as url:
        yield url


def site_of(morning: Seeded) -> UUID:
    with morning.centre.uow.read() as session:
        return session.scalars(select(Site.id)).one()


def enrolled(centre: Centre, code: str) -> None:
    key = base64.b64encode(Ed25519PrivateKey.generate().public_key().public_bytes_raw()).decode()
    enrolment.enrol(centre, EnrolRequest(code=code, public_key=key, hostname="box", version="1"), "127.0.0.1")


def next_step(page: Page) -> str:
    return page.locator("li[aria-current=step] b").inner_text()


def fold(page: Page, section: str, form: str):  # type: ignore[no-untyped-def]
    """The section with its form open."""
    card = page.locator(f"section#{section}")
    details = card.locator("details", has=page.locator("summary", has_text=form)).first
    if details.get_attribute("open") is None:
        details.locator("summary").click()
    return details


def test_a_fresh_county_is_led_from_step_to_step(bare: Centre, visit: Visits) -> None:
    token = accounts.first_setup_link(bare).url.rsplit("/", 1)[1]
    accounts.redeem(bare, token, username="first", name="孙管理", password="a-long-password")
    one = visit()
    page = one.page()
    page.goto(f"{one.base}/login")
    page.get_by_label("用户名").fill("first")
    page.get_by_label("密码").fill("a-long-password")
    page.get_by_role("button", name="登录").click()
    page.get_by_role("link", name="从登记机构、场地和设备开始").click()
    expect(page.locator(".steps li")).to_have_count(6)
    assert next_step(page) == "培训机构"
    form = page.locator("#new-institution")
    form.get_by_label("名称").fill("城东家政学校")
    form.get_by_role("button", name="登记机构").click()
    expect(page.locator(".done-note")).to_have_text("机构已登记")
    assert next_step(page) == "培训点"
    form = page.locator("#new-site")
    expect(form.get_by_label("培训机构").locator("option:checked")).to_have_text("城东家政学校")
    form.get_by_label("名称").fill("城东校区")
    form.get_by_role("button", name="登记培训点").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("城东校区")
    form = fold(page, "rooms", "登记教室")
    form.get_by_label("名称").fill("教室A")
    form.get_by_role("button", name="登记教室").click()
    expect(page.locator("#rooms h3")).to_have_text("教室A")
    page.get_by_role("link", name="场地设备").first.click()
    assert next_step(page) == "现场设备"
    page.get_by_role("link", name="城东校区").click()
    form = fold(page, "boxes", "登记现场设备")
    form.get_by_label("名称").fill("城东 1 号")
    form.get_by_role("button", name="登记并生成登记码").click()
    code = page.locator("#code").inner_text()
    expect(page.locator("#command")).to_contain_text(f"edge-agent enrol --centre {bare.public_url} --code {code}")
    assert code not in page.url
    page.get_by_role("link", name="回到培训点").click()
    expect(page.locator("#boxes h3 .mark")).to_have_text("等待登记")
    assert code not in page.content()
    enrolled(bare, code)
    form = fold(page, "rooms", "登记摄像头")
    form.get_by_label("在哪间教室").select_option(label="教室A")
    form.get_by_label("接在哪台现场设备").select_option(label="城东 1 号")
    form.get_by_label("摄像头代号").fill("room-a")
    form.get_by_role("button", name="登记摄像头").click()
    expect(page.locator("#rooms tbody tr")).to_contain_text("没有验收")
    page.get_by_role("link", name="场地设备").first.click()
    assert next_step(page) == "账户"
    sign_in(bare, "security_admin", "钱安全")
    page.reload()
    expect(page.locator(".steps")).to_have_count(0)
    expect(page.locator("tbody tr")).to_contain_text("1 台正常")


def test_the_code_of_a_box_is_shown_once_and_not_written_down(morning: Seeded, visit: Visits) -> None:
    page = as_person(visit(), sign_in(morning.centre, "system_admin", "孙管理"), f"/sites/{site_of(morning)}")
    form = fold(page, "boxes", "登记现场设备")
    form.get_by_label("名称").fill("城东 2 号")
    form.get_by_role("button", name="登记并生成登记码").press("Enter")
    first = page.locator("#code").inner_text()
    page.get_by_role("link", name="回到培训点").press("Enter")
    page.get_by_role("button", name="生成新的登记码").press("Enter")
    second = page.locator("#code").inner_text()
    assert first != second
    page.get_by_role("link", name="回到培训点").click()
    with morning.centre.uow.read() as session:
        told = str([one.details for one in session.scalars(select(AuditEvent))])
    for code in (first, second):
        assert code not in page.content() and code not in told
    page.get_by_role("button", name="EN", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("城东校区")


def test_a_camera_is_changed_and_a_faulty_form_loses_nothing_by_keyboard(morning: Seeded, visit: Visits) -> None:
    one = visit()
    page = as_person(one, sign_in(morning.centre, "system_admin", "孙管理"), f"/sites/{site_of(morning)}")
    card = page.locator("section#rooms")
    card.locator("summary", has_text="登记摄像头").focus()
    page.keyboard.press("Enter")
    form = fold(page, "rooms", "登记摄像头")
    form.get_by_label("在哪间教室").select_option(label="教室B")
    form.get_by_label("接在哪台现场设备").select_option(label="城东 1 号")
    form.get_by_label("摄像头代号").fill("room-a")
    form.get_by_label("座区名称").fill("后排")
    form.get_by_label("讲台也在画面里").focus()
    page.keyboard.press("Space")
    form.get_by_role("button", name="登记摄像头").press("Enter")
    expect(form.get_by_role("alert")).to_have_text("该盒子已有同名摄像头")
    expect(form.get_by_label("座区名称")).to_have_value("后排")
    expect(form.get_by_label("讲台也在画面里")).to_be_checked()
    expect(form.get_by_label("在哪间教室").locator("option:checked")).to_have_text("教室B")
    one.complaints.clear()
    form.get_by_label("摄像头代号").fill("room-b2")
    form.get_by_role("button", name="登记摄像头").press("Enter")
    expect(page.locator(".done-note")).to_have_text("摄像头已登记")
    form = fold(page, "rooms", "更改摄像头 room-b2")
    form.get_by_label("座区名称").fill("前排")
    form.get_by_label("已验收").check()
    form.get_by_role("button", name="保存").click()
    expect(page.locator(".done-note")).to_have_text("摄像头已更改")
    with morning.centre.uow.read() as session:
        camera = session.scalars(select(Camera).where(Camera.code == "room-b2")).one()
    assert (camera.zone, camera.accepted, camera.podium_in_zone) == ("前排", True, True)


def test_a_box_is_revoked_after_a_warning_and_a_tick(morning: Seeded, visit: Visits) -> None:
    page = as_person(visit(), sign_in(morning.centre, "system_admin", "孙管理"), f"/sites/{site_of(morning)}")
    expect(page.locator("#boxes h3 .mark").first).to_have_text("工作正常")
    form = fold(page, "boxes", "停用「城东 1 号」")
    expect(form.locator(".notice")).to_contain_text("停用后不能恢复")
    expect(form.locator(".notice")).to_contain_text("4 个摄像头会停止上报")
    form.get_by_label("停用原因").select_option(label="丢失")
    form.get_by_role("button", name="停用设备").click()
    expect(page.locator(".done-note")).to_have_count(0)  # the browser asks for the tick first
    form.get_by_label("我已核对").check()
    form.get_by_role("button", name="停用设备").click()
    expect(page.locator(".done-note")).to_have_text("现场设备已停用")
    expect(page.locator("#boxes h3 .mark").first).to_have_text("设备已停用")
    with morning.centre.uow.read() as session:
        box = session.get_one(Box, morning.box_id)
    assert (box.revoked_reason, box.revoked_remark) == ("lost", None)


def test_ways_to_check_in_and_the_area(morning: Seeded, visit: Visits) -> None:
    one = visit()
    page = as_person(one, sign_in(morning.centre, "system_admin", "孙管理"), f"/sites/{site_of(morning)}")
    form = fold(page, "methods", "更改打卡方式")
    form.get_by_label("教师点名").uncheck()
    form.get_by_role("button", name="保存打卡方式").click()
    expect(form.get_by_role("alert")).to_contain_text("不需要智能手机、不刷脸")
    expect(form.get_by_label("教师点名")).not_to_be_checked()
    one.complaints.clear()
    form.get_by_label("身份证读卡").check()
    form.get_by_role("button", name="保存打卡方式").click()
    expect(page.locator(".done-note")).to_have_text("打卡方式已保存")
    form = fold(page, "fence", "设打卡范围")
    form.get_by_label("纬度").fill("三十五度")
    form.get_by_label("经度").fill("112.85")
    form.get_by_label("坐标系").select_option("GCJ-02")
    form.get_by_label("半径").fill("150")
    form.get_by_role("button", name="保存打卡范围").click()
    expect(form.get_by_role("alert")).to_contain_text("纬度")
    expect(form.get_by_label("半径")).to_have_value("150")
    expect(form.get_by_label("坐标系")).to_have_value("GCJ-02")
    one.complaints.clear()
    form.get_by_label("纬度").fill("35.49")
    form.get_by_role("button", name="保存打卡范围").click()
    expect(page.locator(".done-note")).to_have_text("打卡范围已保存")
    expect(page.locator("#fence dl")).to_contain_text("35.490000, 112.850000")
    expect(page.locator("#fence dl")).to_contain_text("150")


def test_who_looks_goes_to_and_fro_and_the_rest_is_not_there(morning: Seeded, visit: Visits) -> None:
    inspector = sign_in(morning.centre, "inspector", "王督导")
    page = as_person(visit(), inspector, "/institutions")
    page.get_by_role("link", name="场地设备").click()
    page.get_by_role("link", name="城东校区").click()
    expect(page.locator("main form")).to_have_count(0)
    page.get_by_role("link", name="城东家政学校").click()
    page.get_by_role("link", name="城东校区 教室A").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("城东校区")
    other = create_institution(morning.centre, morning.admin, InstitutionIn(name="另一所学校", area="990000")).id
    one = visit()
    page = as_person(one, sign_in(morning.centre, "inspector", "李督导", other), "/sites")
    expect(page.get_by_text("城东校区")).to_have_count(0)
    answer = page.goto(f"{one.base}/sites/{site_of(morning)}")
    assert answer is not None and answer.status == 404
    one.complaints.clear()


@pytest.mark.parametrize("size", [WIDE, NARROW])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_site_pages_are_accessible(morning: Seeded, visit: Visits, language: str, size: tuple[int, int]) -> None:
    admin = sign_in(morning.centre, "system_admin", "孙管理")
    create_institution(morning.centre, morning.admin, InstitutionIn(name="新办培训学校"))
    page = as_person(visit(size), admin, "/sites", language)
    base = page.url.split("/sites")[0]
    for path in ("/sites", f"/sites/{site_of(morning)}"):
        page.goto(base + path)
        for summary in page.locator("main summary").all():
            if summary.locator("..").get_attribute("open") is None:
                summary.click()
        assert (axe_faults(page), sideways(page)) == ([], 0), path
    page.locator("#boxes [name=name]").fill("城东 2 号")
    page.locator("#boxes form[action$='/boxes#boxes'] button").click()
    page.locator("#code").wait_for()
    assert (axe_faults(page), sideways(page)) == ([], 0)
    for role in ("system_admin", "inspector", "approver", "handler", "oversight") if size == WIDE else ():
        page = as_person(visit(size), sign_in(morning.centre, role, "王某某"), "/sites", language)
        menu = page.locator(".nav").bounding_box()
        assert menu is not None and menu["height"] < 70, f"the menu of {role} is in one line"


@pytest.mark.parametrize("size", [WIDE, NARROW])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_first_steps_are_accessible(bare: Centre, visit: Visits, language: str, size: tuple[int, int]) -> None:
    page = as_person(visit(size), sign_in(bare, "system_admin", "孙管理"), "/sites", language)
    expect(page.locator(".steps li")).to_have_count(6)
    assert (axe_faults(page), sideways(page)) == ([], 0)
