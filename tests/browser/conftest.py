"""One centre with an invented morning and one Chromium for all browser tests; each test has its own context."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from config.settings import CentreSettings
from tests.support.centre_server import serving
from tests.support.seed import ADMIN, Seeded, seed

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE, NARROW = (1366, 800), (390, 844)
LIMIT_MS = 15_000
expect.set_options(timeout=LIMIT_MS)


@dataclass
class Visit:
    """A browser context that knows where its requests went and what its scripts complained about."""

    base: str
    context: BrowserContext
    outside: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def page(self) -> Page:
        page = self.context.new_page()
        page.on("request", self._note)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        return page

    def _note(self, request: object) -> None:
        url = str(request.url)  # type: ignore[attr-defined]
        if not url.startswith((self.base, "blob:", "data:")):
            self.outside.append(url)

    def sign_in(self) -> Page:
        page = self.page()
        page.goto(f"{self.base}/login")
        page.get_by_label("用户名").fill(ADMIN[0])
        page.get_by_label("密码").fill(ADMIN[1])
        page.get_by_role("button", name="登录").click()
        page.wait_for_url(f"{self.base}/")
        return page


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Seeded:
    return seed(CentreSettings(data_dir=tmp_path_factory.mktemp("centre")))


@pytest.fixture(scope="module")
def base(morning: Seeded) -> Iterator[str]:
    with serving(morning.centre) as url:
        yield url


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    # Debian's chromium without its window where there is that: the same engine, less work.
    found = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    assert found is not None  # tests of this folder carry the marker `browser`
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=Path(found), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(base: str, chromium: Browser) -> Iterator[Callable[..., Visit]]:
    """`visit(size)`; at the end of the test: no request left the centre, no script complained."""
    visits: list[Visit] = []

    def start(size: tuple[int, int] = WIDE, **options: object) -> Visit:
        # The browser's own zone is not the site's: every time shown must still be.
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]}, timezone_id="America/New_York", **options
        )  # type: ignore[arg-type]
        context.set_default_timeout(LIMIT_MS)
        visits.append(Visit(base, context))
        return visits[-1]

    yield start
    for one in visits:
        one.context.close()
        assert one.outside == []
        assert one.complaints == []
