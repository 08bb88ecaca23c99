"""`python -m tests.browser.shoot docs/screenshots`: the pages as pictures, on the morning of tests.support.seed."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from config.settings import CentreSettings
from tests.browser.conftest import FLAGS, NARROW, WIDE
from tests.support.centre_server import serving
from tests.support.seed import ADMIN, PEOPLE, Seeded, person, seed

LANGUAGES = ("zh", "en")


def shoot(morning: Seeded, base: str, browser: Browser, folder: Path) -> None:
    for language in LANGUAGES:
        for size in (WIDE, NARROW):
            context = browser.new_context(viewport={"width": size[0], "height": size[1]}, locale="zh-CN")
            context.add_cookies([{"name": "language", "value": language, "url": base}])
            page = context.new_page()
            suffix = f"{language}-{size[0]}.png"
            _console(morning, base, page, folder, suffix)
            if size == NARROW:
                _phone(morning, base, page, folder, suffix, LANGUAGES.index(language))
            context.close()


def _console(morning: Seeded, base: str, page: Page, folder: Path, suffix: str) -> None:
    page.goto(f"{base}/login")
    page.locator("[name=username]").fill(ADMIN[0])
    page.locator("[name=password]").fill(ADMIN[1])
    page.screenshot(path=folder / f"login-{suffix}")
    page.locator("main button").click()
    page.wait_for_url(f"{base}/")
    page.screenshot(path=folder / f"today-{suffix}")
    page.goto(f"{base}/lessons/{morning.places[0].ended}?why=routine")
    page.locator("lesson-player[ready]").wait_for()
    page.locator(".player-bar button").first.click()
    page.wait_for_timeout(2000)
    page.locator(".player-bar button").first.click()
    page.screenshot(path=folder / f"lesson-{suffix}", full_page=True)
    for name, place in zip(("few", "gap", "review"), morning.places[1:], strict=True):
        page.goto(f"{base}/lessons/{place.ended}")
        page.screenshot(path=folder / f"lesson-{name}-{suffix}", full_page=True)


def _phone(morning: Seeded, base: str, page: Page, folder: Path, suffix: str, index: int) -> None:
    """The one trainee of the room who has not checked in yet does so."""
    name, identity = person((index + 1) * PEOPLE - 1)
    page.goto(f"{base}/c/{morning.places[index].second.code}")
    page.locator("[name=name]").fill(name)
    page.locator("[name=last4]").fill(identity[-4:])
    page.screenshot(path=folder / f"phone-{suffix}")
    page.locator(".go").click()
    page.locator(".time").first.wait_for()
    page.screenshot(path=folder / f"phone-done-{suffix}")


def main(folder: Path) -> None:
    found = shutil.which("chromium")
    if found is None:
        raise SystemExit("chromium missing: run .ci/install-parts")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data:
        morning = seed(CentreSettings(data_dir=Path(data)))
        with serving(morning.centre) as base, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=Path(found), args=FLAGS)
            shoot(morning, base, browser, folder)
            browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
