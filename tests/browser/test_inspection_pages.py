"""An inspection in a real browser: entered after a visit, answered with a file, sent back, accepted; and the
certificate of remote supervision."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from supervisor.callers import Caller
from tests.browser.conftest import NARROW, WIDE, Visit
from tests.browser.test_console_pages import axe_faults, sideways
from tests.browser.test_deciding_pages import as_person
from tests.support.deciding import sign_in, two_weeks
from tests.support.seed import Seeded

pytestmark = pytest.mark.browser
Visits = Callable[..., Visit]
Person = tuple[Caller, str]
PDF = b"%PDF-1.7 of a mended lamp"


@pytest.fixture(scope="module")
def inspector(morning: Seeded) -> Person:
    return sign_in(morning.centre, "inspector", "王督导")


@pytest.fixture(scope="module")
def responsible(morning: Seeded) -> Person:
    return sign_in(morning.centre, "responsible", "周校长", morning.places[0].training.institution_id)


@pytest.fixture(scope="module")
def class_id(morning: Seeded, inspector: Person) -> UUID:
    return two_weeks(morning, inspector[0])


def enter(page: Page, class_id: UUID, words: str = "后排灯不亮,缺两本教材") -> None:
    page.goto(f"{page.url.split('/inspections')[0]}/inspections/new?class_id={class_id}")
    page.get_by_label("开始").fill("2026-11-22T09:00")
    page.get_by_label("结束").fill("2026-11-22T09:40")
    page.locator("[name=lesson_hour_ids]").first.check()
    page.get_by_label("清点人数").fill("27")
    page.locator("[name=item_textbooks][value=no]").check()
    page.get_by_label("其他").check()
    page.locator("[name=words]").fill(words)
    page.get_by_label("不合格", exact=True).check()


def test_a_visit_is_entered_answered_sent_back_and_accepted(
    inspector: Person, responsible: Person, class_id: UUID, visit: Visits, tmp_path: Path
) -> None:
    one = visit()
    page = as_person(one, inspector, "/inspections")
    expect(page.get_by_text("没有待处理的检查")).to_be_visible()
    page.get_by_role("link", name="记一次检查").click()
    page.get_by_role("link", name="26-087班").click()
    enter(page, class_id)
    page.get_by_role("button", name="提交并签名").click()
    expect(page.get_by_role("alert")).to_contain_text("结论不合格时请写明整改要求")
    one.complaints.clear()
    expect(page.locator("[name=words]")).to_have_value("后排灯不亮,缺两本教材")
    page.locator("[name=demand]").fill("修好后排照明,补齐教材")
    page.get_by_role("button", name="提交并签名").click()
    expect(page.locator(".done-note")).to_have_text("检查记录已提交")
    expect(page.locator("#rectification .mark").first).to_contain_text("还剩")
    address = page.url.split("?")[0]

    paper = tmp_path / "lamp.pdf"
    paper.write_bytes(PDF)
    wrong = tmp_path / "lamp.jpg"
    wrong.write_bytes(b"MZ no picture")
    school = as_person(visit(), responsible, "/todo")
    school.locator(".todo-item").filter(has_text="检查整改").get_by_role("link", name="整改").click()
    school.get_by_label("整改情况").fill("灯已修好")
    school.locator("[name=files]").set_input_files(wrong)
    school.get_by_role("button", name="提交答复").click()
    expect(school.locator("#act-fault")).to_contain_text("只收 PDF、JPEG、PNG、MP4")
    large = [tmp_path / f"{n}.pdf" for n in range(2)]
    for one_of in large:
        one_of.write_bytes(PDF + bytes(11 * 1024 * 1024))
    school.locator("[name=files]").set_input_files(large)
    school.get_by_role("button", name="提交答复").click()
    expect(school.locator("#act-fault")).to_contain_text("合计超过 20 MB")
    school.locator("[name=files]").set_input_files(paper)
    school.get_by_role("button", name="提交答复").click()
    expect(school.locator(".done-note")).to_have_text("答复已提交")
    link = school.locator(".files a")
    answer = school.request.get(address.split("/inspections")[0] + str(link.get_attribute("href")))
    assert answer.body() == PDF

    page.goto(f"{address.split('/inspections')[0]}/todo?kind=rectification")
    page.locator(".todo-item").get_by_role("link", name="整改").click()
    page.get_by_role("button", name="退回重新整改").click()
    expect(page.locator("#act-fault")).to_contain_text("退回整改须写明理由")
    page.get_by_label("意见").fill("教材还没有补齐")
    page.get_by_label("退回后再给几个工作日").fill("2")
    page.get_by_role("button", name="退回重新整改").click()
    expect(page.locator(".rounds > li")).to_have_count(2)
    school.goto(address)
    school.get_by_label("整改情况").fill("教材已补齐")
    school.get_by_role("button", name="提交答复").click()
    expect(school.locator(".done-note")).to_have_text("答复已提交")
    school.get_by_role("button", name="签名").click()
    expect(school.get_by_text("周校长 · 机构")).to_be_visible()
    page.goto(address)
    page.get_by_role("button", name="整改通过").click()
    expect(page.locator(".page-head")).to_contain_text("整改已通过")
    page.goto(f"{address.split('/inspections')[0]}/classes/{class_id}")
    expect(page.locator("#inspections li")).to_contain_text("整改已通过")


def test_a_class_gets_its_certificate_and_it_prints(inspector: Person, class_id: UUID, visit: Visits) -> None:
    page = as_person(visit(), inspector, f"/classes/{class_id}")
    page.get_by_role("link", name="远程监管证明").click()
    page.get_by_role("button", name="按现在的数据出具").click()
    expect(page.locator(".paper .mark.big")).to_have_text("须到现场监管")
    expect(page.locator(".paper tbody tr")).to_have_count(4)
    page.emulate_media(media="print")
    expect(page.locator(".tools")).to_be_hidden()
    expect(page.locator(".paper-signs")).to_be_visible()
    page.emulate_media(media="screen")
    page.goto(f"{page.url.split('/classes')[0]}/inspections?show=on_site")
    expect(page.locator(".choice")).to_have_count(1)


@pytest.mark.parametrize("size", [WIDE, NARROW])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_inspection_pages_are_accessible(
    inspector: Person, class_id: UUID, visit: Visits, language: str, size: tuple[int, int]
) -> None:
    page = as_person(visit(size), inspector, "/inspections?show=all", language)
    base = page.url.split("/inspections")[0]
    assert (axe_faults(page), sideways(page)) == ([], 0)
    paths = [
        "/inspections/new", f"/inspections/new?class_id={class_id}", "/inspections?show=on_site",
        f"/classes/{class_id}/certificate", f"/inspections?class_id={class_id}",
    ]  # fmt: skip
    if page.locator("tbody a").count():
        paths.append(str(page.locator("tbody a").first.get_attribute("href")))
    for path in paths:
        page.goto(base + path)
        assert (axe_faults(page), sideways(page)) == ([], 0), path
