"""A check-in on a bad network: kept in the phone, sent when it can be, recorded exactly once whatever goes wrong."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from supervisor.attendance.repository import check_in_keyed
from supervisor.classes.schemas import SessionOut
from tests.browser.conftest import NARROW, Visit
from tests.browser.test_phone_page import fill, recorded
from tests.support.seed import PEOPLE, Place, Seeded, person

pytestmark = pytest.mark.browser
Visits = Callable[..., Visit]
NOISE = ("ERR_", "status of 503", "status of 409", "status of 422")


def later(place: Place) -> SessionOut:
    """The session nobody has checked in to yet; its door is open."""
    return max(place.training.sessions, key=lambda session: session.start)


def start(visit: Visit, place: Place) -> Page:
    page = visit.page()
    page.goto(f"{visit.base}/c/{later(place).code}")
    return page


def tap(page: Page, number: int) -> str:
    name, identity = person(number)
    fill(page, name, identity[-4:])
    page.get_by_role("button", name="签到", exact=True).click()
    return name


def quiet(phone: Visit) -> None:
    phone.complaints[:] = [said for said in phone.complaints if not any(noise in said for noise in NOISE)]


def kept(page: Page) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(page.evaluate("localStorage.getItem('lp-queue')") or "[]")
    return found


def test_it_outlives_the_page_and_is_sent_by_the_next_one(morning: Seeded, visit: Visits) -> None:
    place, other = morning.places[0], morning.places[1]
    phone = visit(NARROW)
    page = start(phone, place)
    phone.context.set_offline(True)
    name = tap(page, 0)
    expect(page.get_by_text("已存在手机里,还没有送到")).to_be_visible()
    (one,) = kept(page)
    page.close()
    phone.context.set_offline(False)
    assert recorded(morning, place, name, later(place)) == 0
    page = start(phone, other)  # of another class: it is sent all the same, to where it belongs
    expect(page.get_by_text("之前存下的签到已送到")).to_be_visible()
    assert kept(page) == []
    assert recorded(morning, place, name, later(place)) == 1
    with morning.centre.uow.read() as session:
        assert check_in_keyed(session, str(one["k"])) is not None
    page = start(phone, place)
    expect(page.get_by_text("签到成功")).to_be_visible()
    quiet(phone)


@pytest.mark.parametrize("trouble", ["busy", "portal", "lost answer", "cut off"])
def test_it_is_sent_again_until_the_centre_has_it(morning: Seeded, visit: Visits, trouble: str) -> None:
    place = morning.places[1]
    phone = visit(NARROW)
    page = start(phone, place)
    tries: list[str] = []

    def trouble_first(route: Route) -> None:
        if route.request.method != "POST" or len(tries) == 2:
            route.continue_()
            return
        tries.append(route.request.post_data or "")
        if trouble == "busy":
            route.fulfill(status=503, body="busy")
        elif trouble == "portal":
            route.fulfill(status=200, content_type="text/html", body="<main><p>请先登录酒店网络</p></main>")
        elif trouble == "lost answer":
            route.fetch()  # the centre has it
            route.abort("connectionreset")
        else:
            route.abort("connectionreset")

    phone.context.route("**/c/*", trouble_first)
    who = PEOPLE + ["busy", "portal", "lost answer", "cut off"].index(trouble)
    name = tap(page, who)
    expect(page.get_by_text("已存在手机里,还没有送到")).to_be_visible()
    expect(page.get_by_text("签到成功")).to_be_visible(timeout=20_000)
    assert len(tries) == 2
    assert len({body.split("key=")[1].split("&")[0] for body in tries}) == 1
    assert kept(page) == []
    assert recorded(morning, place, name, later(place)) == 1
    quiet(phone)


def test_two_taps_and_two_pages_make_one_check_in(morning: Seeded, visit: Visits) -> None:
    place = morning.places[2]
    phone = visit(NARROW)
    pages = [start(phone, place) for _ in range(2)]
    phone.context.set_offline(True)
    name, identity = person(2 * PEOPLE)
    fill(pages[0], name, identity[-4:])
    pages[0].get_by_role("button", name="签到", exact=True).dblclick()
    expect(pages[0].get_by_text("已存在手机里,还没有送到")).to_be_visible()
    assert len(kept(pages[0])) == 1
    phone.context.set_offline(False)  # both pages hear of it and send what they find
    pages[1].reload()
    expect(pages[0].get_by_text("签到成功")).to_be_visible()
    assert recorded(morning, place, name, later(place)) == 1
    quiet(phone)


def test_a_saved_tap_is_for_whom_the_phone_knew_then(morning: Seeded, visit: Visits) -> None:
    """The first person taps off line; the phone is another's before it is sent: it is taken for neither by mistake."""
    place = morning.places[3]
    phone = visit(NARROW)
    page = start(phone, place)
    tap(page, 3 * PEOPLE)
    expect(page.get_by_text("签到成功")).to_be_visible()
    ended = f"{phone.base}/c/{place.first.code}"
    page.goto(ended)
    expect(page.get_by_role("button", name="签退", exact=True)).to_be_visible()
    phone.context.set_offline(True)
    page.get_by_role("button", name="签退", exact=True).click()
    expect(page.get_by_text("已存在手机里,还没有送到")).to_be_visible()
    other, identity = person(3 * PEOPLE + 1)
    page.route("**/c/*", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    phone.context.set_offline(False)  # for the test's own request, not for the page's
    said = {"name": other, "id_last4": identity[-4:], "direction": "in", "idempotency_key": "another-person-00"}
    assert phone.context.request.post(f"{phone.base}/api/checkin/{later(place).code}", data=said).ok
    page.unroute("**/c/*")
    page.reload()
    expect(page.get_by_text("这部手机已换人")).to_be_visible()
    assert kept(page) == []
    for name in (person(3 * PEOPLE)[0], other):
        assert recorded(morning, place, name, place.first) == 1  # their check-in of the morning, and no check-out
    quiet(phone)


def test_links_wait_for_the_network_and_keep_the_page(morning: Seeded, visit: Visits) -> None:
    phone = visit(NARROW)
    page = start(phone, morning.places[3])
    phone.context.set_offline(True)
    page.get_by_role("link", name="请假").click()
    expect(page.get_by_text("现在没有网,等有网时再点")).to_be_visible()
    page.get_by_role("button", name="字大些").click()
    expect(page.locator("html")).to_have_css("font-size", "30px")
    phone.context.set_offline(False)
    expect(page.get_by_text("现在没有网,等有网时再点")).to_be_hidden()
    page.get_by_role("link", name="请假").click()
    expect(page.get_by_text("请先用这部手机签到")).to_be_visible()
    phone.complaints[:] = [said for said in phone.complaints if "401" not in said]
