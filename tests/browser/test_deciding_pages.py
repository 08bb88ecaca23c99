"""Lesson hours are worked off in a real browser: explained with a file, decided by keyboard alone, objected to. Each
test has a morning of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from config.settings import CentreSettings
from supervisor.callers import SESSION_COOKIE, Caller
from supervisor.changes import service as changes
from supervisor.changes.schemas import Substitute
from supervisor.decisions import service as decisions
from supervisor.decisions.models import Decision
from supervisor.decisions.schemas import DecisionIn
from supervisor.lessons.models import ViewLog
from supervisor.rules.verdict_life import Reason, Result
from tests.browser.conftest import NARROW, WIDE, Visit
from tests.browser.test_console_pages import axe_faults, sideways
from tests.support.centre_server import serving
from tests.support.deciding import sign_in
from tests.support.seed import Seeded, seed

pytestmark = pytest.mark.browser
Visits = Callable[..., Visit]
PDF = b"%PDF-1.7 of a power cut"


@dataclass(frozen=True)
class People:
    """Each with the token of a session."""

    first: tuple[Caller, str]
    second: tuple[Caller, str]
    responsible: tuple[Caller, str]
    teacher: tuple[Caller, str]
    handler: tuple[Caller, str]


@pytest.fixture
def morning(tmp_path: Path) -> Seeded:
    return seed(CentreSettings(data_dir=tmp_path / "centre"))


@pytest.fixture
def base(morning: Seeded) -> Iterator[str]:
    with serving(morning.centre) as url:
        yield url


@pytest.fixture
def people(morning: Seeded) -> People:
    school = morning.places[0].training.institution_id
    return People(
        first=sign_in(morning.centre, "inspector", "王督导"),
        second=sign_in(morning.centre, "inspector", "李督导"),
        responsible=sign_in(morning.centre, "responsible", "周校长", school),
        teacher=sign_in(morning.centre, "teacher", "刘老师", school),
        handler=sign_in(morning.centre, "handler", "陈经办"),
    )


def as_person(one: Visit, who: tuple[Caller, str], path: str, language: str = "zh") -> Page:
    one.context.add_cookies(
        [
            {"name": SESSION_COOKIE, "value": who[1], "url": one.base},
            {"name": "language", "value": language, "url": one.base},
        ]
    )
    one.context.set_default_timeout(45_000)
    page = one.page()
    page.goto(one.base + path)
    return page


def _explained(morning: Seeded, people: People, *places: int) -> None:
    for place in places:
        decisions.explain(morning.centre, people.responsible[0], morning.places[place].ended, f"停电,第 {place} 间")


def _failed(morning: Seeded, people: People, place: int, words: str) -> None:
    """Explained, and decided by the first inspector."""
    _explained(morning, people, place)
    version = decisions.life_of(morning.centre, people.first[0], morning.places[place].ended).version
    wanted = DecisionIn(version=version, result=Result.FAIL, reason=Reason.EXPLANATION_REFUSED, words=words)
    decisions.decide(morning.centre, people.first[0], morning.places[place].ended, wanted)


def _focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.textContent"))


@pytest.mark.parametrize("size", [WIDE, NARROW])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_list_and_the_decision_are_accessible(
    morning: Seeded, people: People, visit: Visits, language: str, size: tuple[int, int]
) -> None:
    page = as_person(visit(size), people.responsible, "/todo", language)
    expect(page.locator(".todo-item")).to_have_count(2)
    expect(page.locator(".menu-count")).to_have_text("2")
    assert (axe_faults(page), sideways(page)) == ([], 0)
    page.goto(f"{page.url.split('/todo')[0]}/lessons/{morning.places[1].ended}")
    page.keyboard.press("w")
    expect(page.locator("textarea")).to_be_focused()
    assert (axe_faults(page), sideways(page)) == ([], 0)
    page.keyboard.press("Escape")
    expect(page.locator("textarea")).to_be_hidden()
    expect(page.locator(".decide-bar")).to_be_in_viewport()


def test_an_institution_explains_with_a_file(morning: Seeded, people: People, visit: Visits, tmp_path: Path) -> None:
    paper = tmp_path / "停电通知.pdf"
    paper.write_bytes(PDF)
    wrong = tmp_path / "x.pdf"
    wrong.write_bytes(b"MZ no paper")
    page = as_person(visit(), people.responsible, "/todo")
    expect(page.locator(".todo-item .mark.wait").first).to_contain_text("还剩 47 小时")
    page.keyboard.press("Enter")
    page.wait_for_url("**/lessons/**")
    assert page.url.split("/lessons/")[1][:36] in {str(place.ended) for place in morning.places[1:3]}  # due together
    page.goto(f"{page.url.split('/lessons/')[0]}/lessons/{morning.places[1].ended}?from=todo")
    expect(page.locator(".why-card")).to_contain_text("应当看见 11 人,最多看见 6 人")
    expect(page.locator(".why-card .rule-id").first).to_have_text("A-17")
    page.keyboard.press("w")
    page.keyboard.type("八点三十一分停电,老师在黑板上继续讲。")
    page.locator("[name=files]").set_input_files(paper)
    page.get_by_role("button", name="提交说明").click()
    page.wait_for_url("**/lessons/*?said=1*")
    step = page.locator("#life li").filter(has_text="机构说明")
    expect(step).to_contain_text("老师在黑板上继续讲")
    expect(step).to_contain_text("周校长")
    link = step.get_by_role("link")
    answer = page.request.get(page.url.split("/lessons")[0] + str(link.get_attribute("href")))
    assert (answer.body(), answer.headers["content-type"]) == (PDF, "application/pdf")
    assert answer.headers["content-disposition"] == "inline"
    with morning.centre.uow.read() as session:
        looked = session.scalars(select(ViewLog.what).where(ViewLog.account_id == people.responsible[0].account_id))
        assert list(looked) == ["papers"]


def test_a_file_that_is_refused_says_so_and_the_words_are_kept(
    morning: Seeded, people: People, visit: Visits, tmp_path: Path
) -> None:
    wrong = tmp_path / "x.pdf"
    wrong.write_bytes(b"MZ no paper")
    one = visit()
    page = as_person(one, people.responsible, f"/lessons/{morning.places[2].ended}")
    page.keyboard.press("w")
    page.keyboard.type("断线。")
    page.locator("[name=files]").set_input_files(wrong)
    page.get_by_role("button", name="提交说明").click()
    expect(page.locator(".sent-files .failed")).to_contain_text("只收 PDF、JPEG、PNG、MP4")
    expect(page.locator("textarea")).to_have_value("断线。")
    assert all("415" in said for said in one.complaints)
    one.complaints.clear()


def test_a_list_is_worked_off_by_keyboard_alone(morning: Seeded, people: People, visit: Visits) -> None:
    _explained(morning, people, 1, 2)
    review = morning.places[3].ended
    second, third = sorted(place.ended for place in morning.places[1:3])  # due together: then by id
    page = as_person(visit(), people.first, "/todo")
    expect(page.locator(".todo-item")).to_have_count(3)
    first = _focused(page)
    page.keyboard.press("j")
    assert _focused(page) != first
    page.keyboard.press("k")
    assert _focused(page) == first and "中式烹调" in first
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/lessons/{review}?from=todo")
    expect(page.locator(".decide-list")).to_contain_text("清单 1/3")
    page.keyboard.press("y")  # a review: nothing is overruled, so one key is enough
    page.wait_for_url(f"**/lessons/{second}?from=todo&done=pass")
    expect(page.locator(".done-note")).to_contain_text("认定合格")
    page.keyboard.press("x")
    page.keyboard.press("Enter")  # without words it is not sent
    expect(page.locator(".decide.bad [name=text]")).to_be_focused()
    page.keyboard.type("停电不影响人数,录像只见六人")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/lessons/{third}?from=todo&done=fail")
    page.keyboard.press("y")  # against the proposal: it asks why
    expect(page.locator(".decide.ok [name=text]")).to_be_focused()
    page.keyboard.type("已看机构的手机录像")
    page.keyboard.press("Enter")
    page.wait_for_url("**/todo?done=pass")
    expect(page.get_by_role("heading", name="都处理完了")).to_be_visible()
    expect(page.locator(".menu-count")).to_be_empty()
    with morning.centre.uow.read() as session:
        rows = session.scalars(select(Decision).order_by(Decision.at, Decision.seq)).all()
        told = {one.lesson_hour_id: (one.result, one.reason, one.words) for one in rows}
    assert told == {
        review: ("pass", "EVIDENCE_ENOUGH", ""),
        second: ("fail", "EXPLANATION_REFUSED", "停电不影响人数,录像只见六人"),
        third: ("pass", "EXPLANATION_ACCEPTED", "已看机构的手机录像"),
    }


def test_a_decision_on_an_older_verdict_is_refused_beside_the_form(
    morning: Seeded, people: People, visit: Visits
) -> None:
    """What somebody else decided meanwhile: the page says so, and keeps what was written."""
    place = morning.places[1]
    _failed(morning, people, 1, "录像只见六人")
    page = as_person(visit(), people.responsible, f"/lessons/{place.ended}")
    page.keyboard.press("w")
    page.keyboard.type("未看手机录像")
    decisions.object_to(morning.centre, people.responsible[0], place.ended, "未看手机录像")
    page.get_by_role("button", name="提出异议").click()
    expect(page.locator("#decide-fault")).to_contain_text("现在没有可以提出异议的认定")
    expect(page.locator("textarea")).to_have_value("未看手机录像")


def test_another_inspector_answers_the_objection(morning: Seeded, people: People, visit: Visits) -> None:
    path = f"/lessons/{morning.places[1].ended}"
    _failed(morning, people, 1, "停电不影响人数,录像只见六人")
    decisions.object_to(morning.centre, people.responsible[0], morning.places[1].ended, "未看手机录像")
    mine = as_person(visit(), people.first, path)
    expect(mine.locator(".decide-bar")).to_contain_text("须由另一名督导处理")
    expect(mine.locator(".decide-bar .decide")).to_have_count(0)
    page = as_person(visit(), people.second, "/todo")
    page.locator(f'.todo-open[href^="{path}"]').press("Enter")
    page.wait_for_url(f"**{path}?from=todo")
    page.keyboard.press("y")
    page.keyboard.type("手机录像里人数相符")
    page.keyboard.press("Enter")
    page.wait_for_url("**done=pass")
    page.goto(mine.url)
    expect(page.locator("#life li").last).to_contain_text("最终:合格")
    for said in ("系统初判", "机构说明", "停电不影响人数", "机构提出异议", "对异议的认定", "手机录像里人数相符"):
        expect(page.locator("#life")).to_contain_text(said)
    expect(page.locator(".decide-bar .decide")).to_have_count(0)


def test_a_change_is_approved_in_the_list_by_keyboard(morning: Seeded, people: People, visit: Visits) -> None:
    training = morning.places[0].training
    later = max(training.sessions, key=lambda session: session.start)
    wanted = Substitute(kind="substitute", session_id=later.id, teachers=["赵老师"], reason="刘老师出差")
    made: UUID = changes.ask(morning.centre, people.teacher[0], training.id, wanted).id
    page = as_person(visit(), people.handler, "/todo")
    item = page.locator(f"#todo-{made}")
    expect(item).to_contain_text("替课 · 家政四级 26-031班")
    expect(item).to_contain_text("刘老师出差")
    page.keyboard.press("r")
    expect(item.locator("[value=refuse]")).to_be_checked()
    expect(item.locator("[name=reason]")).to_be_focused()
    assert (axe_faults(page), sideways(page)) == ([], 0)
    page.keyboard.press("Enter")  # without a reason it is not sent
    item.locator("[value=approve]").check()
    item.locator("[name=reason]").fill("同意")
    page.keyboard.press("Enter")
    page.wait_for_url("**/todo?done=1")
    expect(page.get_by_role("heading", name="都处理完了")).to_be_visible()
    plan = changes.show(morning.centre, people.handler[0], training.id)
    assert [(str(one.state), one.version) for one in plan.changes] == [("approved", 2)]
