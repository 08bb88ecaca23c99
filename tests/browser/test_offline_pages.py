"""Pages that are read from a folder, without a server: of a class archive, and of a lesson hour's bundle in it."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import select

from supervisor.accounts.models import Account
from supervisor.accounts.service import caller_named
from supervisor.archives.service import export
from supervisor.lessons.schemas import ViewReason
from tests.browser.conftest import NARROW, WIDE
from tests.support.witnessed import witnessed_lesson

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive as a reader has it: unpacked, and its bundle beside it."""
    folder = tmp_path_factory.mktemp("archive")
    lesson = witnessed_lesson(folder / "class")
    centre = lesson.county.centre
    with centre.uow.read() as session:
        username = session.scalars(select(Account.username).where(Account.role == "system_admin")).one()
    class_id = UUID(lesson.school.training["id"])
    export(centre, caller_named(centre, username), class_id, ViewReason.ROUTINE, "cli", folder / "x.zip")
    _unpack(folder / "x.zip", folder / "x")
    (bundle,) = (folder / "x" / "lesson-hours").iterdir()
    _unpack(bundle, folder / "bundle")
    return folder


def _unpack(archive: Path, folder: Path) -> None:
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(folder)


@pytest.fixture(params=[WIDE, NARROW], ids=["wide", "narrow"])
def page(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Page]:
    """Without scripts; nothing may be asked of a network."""
    width, height = request.param
    context = chromium.new_context(viewport={"width": width, "height": height}, java_script_enabled=False)
    asked: list[str] = []
    page = context.new_page()
    page.on("request", lambda one: asked.append(one.url))
    yield page
    context.close()
    assert [url for url in asked if not url.startswith("file://")] == []


def test_the_class_is_read_without_server_and_script(unpacked: Path, page: Page) -> None:
    page.goto((unpacked / "x" / "index.html").as_uri())
    assert page.locator("h1").inner_text() == "班级档案 电工五级 2026-0"
    assert page.locator(".hours .state").all_inner_texts() == ["合格\nPass", "尚未结束\nNot over yet"]
    for link in page.locator("a[href]").all():
        target = link.get_attribute("href") or ""
        assert page.locator(target).count() if target.startswith("#") else (unpacked / "x" / target).is_file()
    assert page.locator("h1").bounding_box() is not None
    box = page.locator("html").bounding_box()
    assert box is not None
    assert page.viewport_size is not None
    assert box["width"] <= page.viewport_size["width"], "the page itself does not scroll sideways"


def test_the_recording_plays_from_the_unpacked_bundle(unpacked: Path, chromium: Browser) -> None:
    page = chromium.new_page()
    page.goto((unpacked / "bundle" / "index.html").as_uri())
    page.evaluate("document.querySelector('video').muted = true; document.querySelector('video').play()")
    page.wait_for_function("document.querySelector('video').currentTime > 0.5", timeout=20_000)
    assert page.evaluate("document.querySelector('video').error") is None
    page.close()
