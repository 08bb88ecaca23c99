"""A recording is exported in a real browser: asked for by one person, approved by another, fetched, and verified off
line by the same command that anybody has."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Page, expect

from supervisor.callers import SESSION_COOKIE
from tests.browser.conftest import NARROW, WIDE, Visit
from tests.browser.test_console_pages import axe_faults, sideways
from tests.support.centre_server import serving
from tests.support.county import County
from tests.support.witnessed import witnessed_lesson

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "supervisor")


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> County:
    """Under rules that ask for a second person; a lesson hour went through the real parts of the box."""
    return witnessed_lesson(tmp_path_factory.mktemp("lesson"), profile="000000-demo.3").county


@pytest.fixture(scope="module")
def base(county: County) -> Iterator[str]:
    with serving(county.centre) as url:
        yield url


def page_of(one: Visit, client: httpx.Client, path: str, language: str = "zh") -> Page:
    cookies = {SESSION_COOKIE: str(client.cookies[SESSION_COOKIE]), "language": language}
    one.context.add_cookies([{"name": name, "value": value, "url": one.base} for name, value in cookies.items()])
    page = one.page()
    page.goto(one.base + path)
    return page


@pytest.mark.rule("L13")
def test_a_bundle_that_two_persons_agreed_on_verifies(
    county: County, visit: Callable[..., Visit], tmp_path: Path
) -> None:
    path = f"/lessons/{county.schools[0].lesson}"
    told = _agreed_on(county, visit, path, "申诉 2026-7", ("申请导出这个课时", "取存证包"), tmp_path)
    assert told["ok"] is True


@pytest.mark.rule("L13")
def test_the_archive_of_a_class_that_two_persons_agreed_on_verifies(
    county: County, visit: Callable[..., Visit], tmp_path: Path
) -> None:
    path = f"/classes/{county.schools[0].training['id']}"
    told = _agreed_on(county, visit, path, "投诉 2026-9", ("申请导出全班录像", "取班级档案"), tmp_path)
    assert told["ok"] is True and not told.get("clips_left_out")


def _agreed_on(
    county: County, visit: Callable[..., Visit], path: str, case: str, texts: tuple[str, str], folder: Path
) -> dict[str, Any]:
    """What the verifier says of what was asked for, approved by another person, and fetched. `texts`: on the page, to
    ask and to fetch."""
    asks = page_of(visit(), county.inspector, path)
    asks.get_by_text(texts[0]).click()
    form = asks.locator("#exports details form")
    form.get_by_label("用于哪件事(写进水印)").fill(case)
    form.get_by_role("button", name="提交申请").click()  # the browser's own check: no reason is chosen yet
    expect(asks.locator("#exports .hold", has_text=case)).to_have_count(0)
    form.get_by_label("导出事由").select_option("appeal")
    form.get_by_role("button", name="提交申请").click()
    expect(asks.locator("#exports .hold", has_text=case)).to_contain_text("等待另一人批准")
    expect(asks.get_by_role("button", name="批准导出")).to_have_count(0)  # nobody answers their own

    answers = page_of(visit(), county.approver, "/todo")
    answers.locator(".todo-item").filter(has_text=case).locator(".todo-open").press("Enter")
    answers.wait_for_url(f"**{path}*#exports")
    answers.get_by_role("button", name="批准导出").click()
    expect(answers.locator("#exports .hold", has_text=case)).to_contain_text("已批准")

    asks.reload()
    with asks.expect_download() as coming:
        asks.get_by_role("link", name=texts[1]).click()
    package, policy = folder / "package.zip", folder / "policy.json"
    coming.value.save_as(package)
    assert urlsplit(coming.value.url).path.endswith("/bundle.zip")
    policy.write_bytes(_run("policy", "--data", str(county.centre.settings.data_dir)))
    told: dict[str, Any] = json.loads(_run("verify", str(package), "--policy", str(policy), "--json"))
    return told


@pytest.mark.parametrize("size", [WIDE, NARROW])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_forms_are_accessible(
    county: County, visit: Callable[..., Visit], language: str, size: tuple[int, int]
) -> None:
    wanted = {"reason": "appeal", "case": "信访 2026-8"}
    for path in (f"/lessons/{county.schools[0].lesson}", f"/classes/{county.schools[0].training['id']}"):
        county.inspector.post(f"/api{path}/exports", json=wanted).raise_for_status()
        for who, button in ((county.approver, ".form button[value=true]"), (county.inspector, "details form button")):
            page = page_of(visit(size), who, path, language)
            if who is county.inspector:
                page.locator("#exports details summary").click()
            expect(page.locator(f"#exports {button}").first).to_be_visible()
            assert (axe_faults(page), sideways(page)) == ([], 0)


def _run(*words: str) -> bytes:
    return subprocess.run([*COMMAND, *words], cwd=ROOT, capture_output=True, timeout=60, check=True).stdout
