"""The classroom's rotating code on the phone: read on the first load, swapped for a ticket; place; what comes late."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from importlib import resources
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, expect

from supervisor.attendance import repository
from supervisor.attendance.models import CheckIn
from tests.browser.conftest import NARROW, Visit
from tests.browser.test_console_pages import axe_faults
from tests.support.centre_server import serving
from tests.support.county import County

pytestmark = pytest.mark.browser
STRICT = "000000-demo.90"
SITE = {"latitude": 35.69, "longitude": 112.19}
AWAY = {"latitude": 35.70, "longitude": 112.19}
"""About 1.1 km north."""


@dataclass
class Classroom:
    """One class whose rules ask for the rotating code and look at the place; 20 minutes before it begins."""

    county: County
    base: str

    @property
    def session(self) -> dict[str, str]:
        return self.county.schools[0].session

    def url(self) -> str:
        """What the screen shows now, at the address the test's centre really has."""
        shown = self.county.schools[0].teacher.get(f"/api/sessions/{self.session['id']}/rotating-code").json()
        assert shown["url"] == shown["url"].upper()
        return self.base + "/C/" + shown["url"].split("/C/")[1]

    def code(self) -> str:
        return self.url().rsplit("/", 1)[1]

    def check_ins(self) -> list[CheckIn]:
        with self.county.centre.uow.read() as session:
            return list(repository.check_ins(session, [UUID(self.session["id"])]))


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Classroom]:
    text = (resources.files("config") / "profiles/000000-demo.3.yaml").read_text(encoding="utf-8")
    text = text.replace("rotating_code: optional", "rotating_code: required").replace('fence: "off"', "fence: review")
    folder = tmp_path / "profiles"
    folder.mkdir()
    (folder / f"{STRICT}.yaml").write_text(text.replace('"demo.3"', '"demo.90"'), "utf-8")
    county = County(tmp_path / "centre", profile=STRICT, plan_minutes=7, profiles_dir=folder)
    fence = {"lat": SITE["latitude"], "lon": SITE["longitude"], "datum": "WGS-84"}
    assert county.admin.put(f"/api/sites/{county.schools[0].site}/geofence", json=fence).is_success
    county.clock.step(40 * 60)
    with serving(county.centre) as base:
        yield Classroom(county, base)


@pytest.fixture
def phone(room: Classroom, chromium: Browser) -> Iterator[Callable[..., Visit]]:
    visits: list[Visit] = []

    def start(**options: object) -> Visit:
        size = {"width": NARROW[0], "height": NARROW[1]}
        context = chromium.new_context(viewport=size, timezone_id="America/New_York", **options)  # type: ignore[arg-type]
        context.set_default_timeout(15_000)
        visits.append(Visit(room.base, context))
        return visits[-1]

    yield start
    for one in visits:
        one.context.close()
        assert [said for said in one.complaints if "status of 422" not in said and "ERR_INTERNET" not in said] == []


def fill(page: Page, room: Classroom, who: int) -> None:
    name, number = room.county.schools[0].trainees[who]
    page.get_by_label("姓名").fill(name)
    page.get_by_label("身份证号最后 4 位").fill(number[-4:])


def tap(page: Page) -> None:
    page.get_by_role("button", name="签到", exact=True).click()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_the_code_is_read_on_the_first_load_and_may_grow_old(
    room: Classroom, phone: Callable[..., Visit], script: bool
) -> None:
    page = phone(java_script_enabled=script).page()
    page.goto(room.url())
    expect(page.get_by_text("扫码有效")).to_be_visible()
    if script:
        assert page.url == f"{room.base}/c/{room.session['code']}", "nobody passes the code on with the address"
        assert axe_faults(page) == []
    room.county.clock.step(120)  # a slow phone and an old hand: the screen's code is another one by now
    page.goto(f"{room.base}/c/{room.session['code']}")
    expect(page.get_by_text("扫码有效")).to_be_visible()
    fill(page, room, 0)
    tap(page)
    expect(page.get_by_text("签到成功")).to_be_visible()
    (row,) = room.check_ins()
    assert (row.method, row.status, row.code_step is not None) == ("rotating_code", "accepted", True)


def test_an_expired_code_says_what_to_do_and_may_be_typed(room: Classroom, phone: Callable[..., Visit]) -> None:
    old = room.url()
    room.county.clock.step(120)
    page = phone().page()
    page.goto(old)
    expect(page.get_by_role("alert")).to_have_text("动态码已过期,请重新扫描")
    expect(page.get_by_text("用微信扫屏幕上的码")).to_be_visible()
    assert axe_faults(page) == []
    fill(page, room, 0)
    page.get_by_label("教室屏幕上的动态码").fill("AAAAAAAA")
    tap(page)
    expect(page.get_by_role("alert")).to_contain_text("请重新扫描")
    assert [row.status for row in room.check_ins()] == ["rejected"]
    fill(page, room, 0)
    page.get_by_label("教室屏幕上的动态码").fill(room.code().lower())
    tap(page)
    expect(page.get_by_text("签到成功")).to_be_visible()
    room.county.clock.step(400)  # a ticket is good for so long and no longer
    page = phone().page()
    page.goto(old)
    expect(page.get_by_text("扫码有效")).to_have_count(0)


def test_a_shared_phone_takes_both_and_a_person_looks(room: Classroom, phone: Callable[..., Visit]) -> None:
    page = phone().page()
    page.goto(room.url())
    fill(page, room, 0)
    tap(page)
    expect(page.get_by_text("签到成功")).to_be_visible()
    page.get_by_role("button", name="不是我,换人签到").click()
    fill(page, room, 1)
    tap(page)
    expect(page.get_by_text("签到已记录")).to_be_visible()
    expect(page.get_by_text("待老师确认: 这部手机也替别人签到")).to_be_visible()
    assert sorted(row.status for row in room.check_ins()) == ["accepted", "review"]


@pytest.mark.parametrize(
    ("where", "said", "inside"),
    [
        (SITE, "签到成功", True),
        (AWAY, "待老师确认: 位置不在培训地点、距离约 1112 米", False),
        (None, "签到成功", None),
    ],
    ids=["there", "away", "refused"],
)
def test_the_place_is_asked_for_only_when_ticked_and_never_refuses(
    room: Classroom, phone: Callable[..., Visit], where: dict[str, float] | None, said: str, inside: bool | None
) -> None:
    allowed = {"permissions": ["geolocation"], "geolocation": {**where, "accuracy": 35}} if where else {}
    page = phone(**allowed).page()
    page.goto(room.url())
    fill(page, room, 0)
    expect(page.get_by_label("附上位置")).not_to_be_checked()
    page.get_by_label("附上位置").check()
    expect(page.get_by_text("✓ 位置已取得,误差约 35 米" if where else "? 没有取得位置,照样可以签到")).to_be_visible()
    tap(page)
    expect(page.get_by_text(said)).to_be_visible()
    (row,) = room.check_ins()
    assert row.inside is inside


@pytest.mark.parametrize(("skew_s", "result"), [(0, "review"), (900, "rejected")], ids=["honest", "wrong clock"])
def test_what_was_tapped_in_time_and_sent_late_is_marked(
    room: Classroom, phone: Callable[..., Visit], skew_s: int, result: str
) -> None:
    """Off line from before the class until the door is closed; with its clock wrong a phone's word is not taken."""
    visit = phone()
    page = visit.page()
    page.clock.set_fixed_time(room.county.clock.now() + timedelta(seconds=skew_s))
    page.goto(room.url())
    fill(page, room, 0)
    visit.context.set_offline(True)
    tap(page)
    expect(page.get_by_text("已存在手机里,还没有送到")).to_be_visible()
    room.county.clock.step(3600)
    page.clock.set_fixed_time(room.county.clock.now() + timedelta(seconds=skew_s))
    visit.context.set_offline(False)
    if result == "review":
        expect(page.get_by_text("没有信号,过后补传")).to_be_visible()
        expect(page.get_by_text("08:40:00")).to_be_visible()
    else:
        expect(page.get_by_role("alert")).to_contain_text("签到时间已过")
    (row,) = room.check_ins()
    assert (row.status, row.method) == (result, "rotating_code" if result == "review" else "phone")
