"""A trainee with a small phone: one page, large words, exactly one check-in, also through a dead spot."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from supervisor.attendance import repository
from supervisor.classes.schemas import SessionOut
from tests.browser.conftest import NARROW, Visit
from tests.browser.test_console_pages import axe_faults, sideways
from tests.support.seed import PEOPLE, Place, Seeded, person

pytestmark = pytest.mark.browser
Visits = Callable[..., Visit]


def recorded(morning: Seeded, place: Place, name: str, held: SessionOut | None = None) -> int:
    """Check-ins of this person in the running session, or in `held`."""
    with morning.centre.uow.read() as session:
        entries = {
            entry.id
            for n in range(4 * PEOPLE)
            if person(n)[0] == name
            for entry, _ in repository.entries_named(
                session, place.training.id, name, morning.centre.vault.lookup("last4", person(n)[1][-4:])
            )
        }
        return sum(row.roster_entry_id in entries for row in repository.check_ins(session, [(held or place.second).id]))


def last_of(morning: Seeded, index: int) -> tuple[Place, str, str]:
    """The one trainee of the room who has not checked in yet."""
    name, identity = person((index + 1) * PEOPLE - 1)
    return morning.places[index], name, identity[-4:]


def open_page(visit: Visit, place: Place) -> Page:
    page = visit.page()
    page.goto(f"{visit.base}/c/{place.second.code}")
    return page


def fill(page: Page, name: str, last4: str) -> None:
    page.get_by_label("姓名").fill(name)
    page.get_by_label("身份证号最后 4 位").fill(last4)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_check_in_shows_a_tick_and_is_stored_once(morning: Seeded, visit: Visits, script: bool) -> None:
    place, name, last4 = last_of(morning, 0 if script else 1)
    phone = visit(NARROW, java_script_enabled=script)
    page = open_page(phone, place)
    fill(page, name, last4)
    page.get_by_role("button", name="签到", exact=True).click()
    expect(page.get_by_text("签到成功")).to_be_visible()
    expect(page.locator(".time").first).to_have_text("08:38:20")
    page.reload()  # remembered now, and nothing to tap twice
    expect(page.get_by_text(f"{name[0]}*,您好")).to_be_visible()
    expect(page.get_by_role("button", name="签到", exact=True)).to_have_count(0)
    assert recorded(morning, place, name) == 1


def test_a_dead_spot_keeps_the_check_in_and_sends_it_once(morning: Seeded, visit: Visits) -> None:
    place, name, last4 = last_of(morning, 2)
    phone = visit(NARROW)
    page = open_page(phone, place)
    fill(page, name, last4)
    phone.context.set_offline(True)
    page.get_by_role("button", name="签到", exact=True).click()
    expect(page.get_by_text("已存在手机里")).to_be_visible()
    expect(page.get_by_role("button", name="签到", exact=True)).to_have_count(0)
    phone.context.set_offline(False)
    expect(page.get_by_text("签到成功")).to_be_visible()
    assert recorded(morning, place, name) == 1
    phone.complaints[:] = [said for said in phone.complaints if "ERR_INTERNET_DISCONNECTED" not in said]


def test_two_people_with_one_phone_in_a_dead_spot_are_both_sent(morning: Seeded, visit: Visits) -> None:
    place, name, last4 = last_of(morning, 3)
    before = recorded(morning, place, name)
    phone = visit(NARROW)
    page = open_page(phone, place)
    sent: list[str] = []
    page.on("requestfinished", lambda one: sent.append(one.post_data or "") if one.method == "POST" else None)
    phone.context.set_offline(True)
    fill(page, name, last4)
    page.get_by_role("button", name="签到", exact=True).click()
    page.get_by_role("button", name="给另一个人签到").click()
    expect(page.get_by_label("姓名")).to_have_value("")
    fill(page, "没有这个人", "0000")
    page.get_by_role("button", name="签到", exact=True).click()
    expect(page.locator("#kl")).to_have_text(re.compile(r"^\d\d:\d\d 签到 · \d\d:\d\d 签到$"))
    phone.context.set_offline(False)
    expect(page.get_by_role("alert")).to_contain_text("与花名册不符")  # the second one's answer
    assert recorded(morning, place, name) == before + 1
    assert len({body.split("key=")[1].split("&")[0] for body in sent}) == 2
    assert page.evaluate("localStorage.length") == 0
    phone.complaints[:] = []


def test_a_wrong_name_is_told_in_one_sentence(morning: Seeded, visit: Visits) -> None:
    place = morning.places[3]
    phone = visit(NARROW)
    page = open_page(phone, place)
    fill(page, "没有这个人", "0000")
    page.get_by_role("button", name="签到", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("与花名册不符")
    expect(page.get_by_label("姓名")).to_have_value("没有这个人")
    phone.complaints[:] = [said for said in phone.complaints if "422" not in said]


PAGES = ("", "/hours", "/leave", "/data")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("known", [False, True], ids=["stranger", "known"])
@pytest.mark.parametrize(("width", "large"), [(390, ""), (320, "b")])
def test_every_page_is_small_large_lettered_and_accessible(
    morning: Seeded, visit: Visits, language: str, known: bool, width: int, large: str
) -> None:
    phone = visit((width, 740))
    cookies = {"language": language, "size": large}
    phone.context.add_cookies([{"name": key, "value": text, "url": phone.base} for key, text in cookies.items()])
    fetched: list[str] = []
    page = phone.page()
    home = f"{phone.base}/c/{morning.places[3].second.code}"
    if known:  # checked in before: the same answer again, and the phone is remembered
        name, identity = person(3 * PEOPLE)
        said = {"name": name, "id_last4": identity[-4:], "direction": "in", "idempotency_key": f"known-{PEOPLE:012d}"}
        assert phone.context.request.post(home.replace("/c/", "/api/checkin/"), data=said).ok
    page.on("request", lambda request: fetched.append(request.url))
    for under in PAGES:
        fetched.clear()
        answer = page.goto(home + under)
        assert answer is not None
        sizes = answer.request.sizes()
        assert sizes["responseBodySize"] + sizes["responseHeadersSize"] < 10_000
        assert answer.header_value("content-encoding") == "gzip"
        assert [url for url in fetched if not url.startswith("data:")] == [home + under], "nothing else to fetch"
        assert (axe_faults(page), sideways(page)) == ([], 0), under
        assert _small_letters(page) == [], under
        assert _small_targets(page) == [], under
    phone.complaints[:] = [said for said in phone.complaints if "401" not in said]


def _small_letters(page: Page) -> list[str]:
    found: list[str] = page.evaluate(
        "[...document.querySelectorAll('main *, header *')].filter(e => e.checkVisibility() && e.childNodes.length"
        " && parseFloat(getComputedStyle(e).fontSize) < 18).map(e => e.outerHTML)"
    )
    return found


def _small_targets(page: Page) -> list[str]:
    found: list[str] = page.evaluate(
        "[...document.querySelectorAll('button, a, select, textarea, label.tick, input:not([type=hidden]):not("
        "[type=checkbox])')].filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 48)"
        ".concat([...document.querySelectorAll('.go')].filter(e => e.checkVisibility()"
        " && e.getBoundingClientRect().height < 68))"
        ".map(e => e.outerHTML)"
    )
    return found


def test_larger_letters_stay_larger(morning: Seeded, visit: Visits) -> None:
    for script in (True, False):
        phone = visit(NARROW, java_script_enabled=script)
        page = open_page(phone, morning.places[3])
        page.get_by_role("button", name="字大些").click()
        expect(page.get_by_role("button", name="字小些")).to_be_visible()
        expect(page.locator("html")).to_have_css("font-size", "30px")
        page.get_by_role("link", name="我的课时").click()
        expect(page.get_by_role("heading", name="我的课时")).to_be_visible()
        expect(page.locator("html")).to_have_css("font-size", "30px")
        page.get_by_role("button", name="字小些").click()
        expect(page.locator("html")).to_have_css("font-size", "20px")
        phone.complaints[:] = []
