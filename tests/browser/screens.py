"""`uv run python -m tests.browser.screens`: every page as a picture, in both languages and widths, into docs/screens.

Scenes of tests/support: an invented morning at the centre, two weeks of a class, the work of an office, a day of one
room, a practice camera seen live, a classroom's screen, a selfie with a check-in. Names and numbers are made up.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import select

from config.settings import CentreSettings
from device_adapters.simulator.practice import PracticeCameras
from device_adapters.simulator.script import CameraSpec
from supervisor.attendance.device import DEVICE_COOKIE
from supervisor.callers import SESSION_COOKIE
from supervisor.centre import open_centre
from supervisor.contract.state import BoxState, CameraReport, CameraStatus, DiskReport
from supervisor.contract.target import TargetCards
from supervisor.devices.models import Site
from supervisor.devices.service import report_state
from tests.browser.conftest import FLAGS, NARROW, WIDE
from tests.support.blocked_class import blocked_class, lifted_and_asked
from tests.support.box import START
from tests.support.centre_server import serving, serving_app
from tests.support.classroom import classroom, session_of
from tests.support.county import post
from tests.support.county_work import county_work
from tests.support.deciding import sign_in, two_weeks
from tests.support.fetched_span import fetched
from tests.support.half_way import XLSX, half_way, timetable_rows
from tests.support.live import LiveCounty, live_box, live_county
from tests.support.office import office_day
from tests.support.opening import plan_file
from tests.support.portraits import portraits
from tests.support.room_day import watched_day
from tests.support.seed import ADMIN, PEOPLE, person, seed
from tests.support.selfie_scene import selfie_scene
from tests.support.selfies import jpeg, path_of, phone_of, say, sealed_for

FOLDER = Path("docs/screens")
LANGUAGES = ("zh", "en")
QUALITY = 80
Scene = Callable[["Camera", Path], None]


class Camera:
    """Takes each picture in both languages and both widths. `only`: names to take; empty: all."""

    def __init__(self, browser: Browser, folder: Path, only: frozenset[str]) -> None:
        self._browser = browser
        self._folder = folder
        self._only = only

    def shoot(
        self,
        name: str,
        url: str,
        act: Callable[[Page], None] = lambda page: None,
        *,
        token: str = "",
        sizes: tuple[tuple[int, int], ...] = (WIDE, NARROW),
        whole: bool = False,
    ) -> None:
        """`act`: what is done on the page first; `token`: of a session; `whole`: to the page's foot."""
        if self._only and name not in self._only:
            return
        base = "/".join(url.split("/")[:3])
        for language in LANGUAGES:
            for size in sizes:
                with self._page(base, language, size, token) as page:
                    page.goto(url if base in url and "lang=" not in url else url.replace("lang=zh", f"lang={language}"))
                    act(page)
                    path = self._folder / f"{name}-{language}-{size[0]}.jpg"
                    page.screenshot(path=path, full_page=whole, type="jpeg", quality=QUALITY)
                    print(path)

    @contextmanager
    def _page(self, base: str, language: str, size: tuple[int, int], token: str) -> Iterator[Page]:
        context = self._browser.new_context(viewport={"width": size[0], "height": size[1]}, locale="zh-CN")
        cookies = {"language": language} | ({SESSION_COOKIE: token} if token else {})
        context.add_cookies([{"name": key, "value": value, "url": base} for key, value in cookies.items()])
        try:
            yield context.new_page()
        finally:
            context.close()


def morning(camera: Camera, data: Path) -> None:
    """Sign-in, today, what waits, lesson hours, classes, the registry, the phone."""
    made = seed(CentreSettings(data_dir=data))
    school = made.places[0].training.institution_id
    inspector, token = sign_in(made.centre, "inspector", "王督导")
    _, admin = sign_in(made.centre, "system_admin", "李管理")
    head, responsible = sign_in(made.centre, "responsible", "周校长", school)
    opening = half_way(made.centre, head)
    handler, handling = sign_in(made.centre, "handler", "陈经办")
    _, approving = sign_in(made.centre, "approver", "何审批")
    blocked = blocked_class(made, head, handler)
    lifted_and_asked(made, blocked, head, handler)
    class_id = two_weeks(made, inspector)
    first, few, gap, review = (place.ended for place in made.places)
    with serving(made.centre) as base:
        camera.shoot("login", f"{base}/login", sizes=(NARROW,))
        camera.shoot("today", f"{base}/", token=token)
        camera.shoot("todo", f"{base}/todo", token=token)
        camera.shoot("todo-school", f"{base}/todo", token=responsible)
        camera.shoot("lesson", f"{base}/lessons/{first}?why=routine", _played, token=token)
        for name, lesson in (("lesson-few", few), ("lesson-gap", gap), ("lesson-review", review)):
            camera.shoot(name, f"{base}/lessons/{lesson}", token=token)
        camera.shoot("explain", f"{base}/lessons/{few}", token=responsible)
        camera.shoot("classes", f"{base}/classes", token=token)
        camera.shoot("class", f"{base}/classes/{class_id}", token=token, sizes=(WIDE,), whole=True)
        camera.shoot("class", f"{base}/classes/{class_id}", token=token, sizes=(NARROW,))
        camera.shoot("class-new", f"{base}/classes/new", token=responsible)
        camera.shoot("opening", f"{base}/classes/{opening}/opening", token=responsible, sizes=(WIDE,), whole=True)
        camera.shoot("opening", f"{base}/classes/{opening}/opening", token=responsible, sizes=(NARROW,))
        camera.shoot("opening-file", f"{base}/classes/{opening}/opening", _wrong_cells, token=responsible)
        camera.shoot("changes", f"{base}/classes/{class_id}/changes", _change_asked, token=responsible)
        camera.shoot("absences", f"{base}/classes/{class_id}/absences", token=responsible)
        camera.shoot("trainee", f"{base}/classes/{class_id}", _first_trainee, token=token)
        camera.shoot("roster", f"{base}/classes/{blocked}/roster", _lifting, token=handling, whole=True)
        camera.shoot("exemption-asked", f"{base}/classes/{blocked}", _asked, token=approving)
        camera.shoot("registry", f"{base}/registry", token=admin)
        place, (name, identity) = made.places[0], person(PEOPLE - 1)

        def check_in(page: Page) -> None:
            if page.locator("[name=name]").count():  # the second language finds it done
                page.locator("[name=name]").fill(name)
                page.locator("[name=last4]").fill(identity[-4:])
                page.locator(".go").first.click()
                page.locator(".time").first.wait_for()

        def own(part: str) -> Callable[[Page], None]:
            def act(page: Page) -> None:
                check_in(page)
                page.goto(f"{base}/c/{place.second.code}/{part}")

            return act

        phone = f"{base}/c/{place.second.code}"
        camera.shoot("phone", phone, sizes=(NARROW,))
        camera.shoot("phone-done", phone, check_in, sizes=(NARROW,))
        for part in ("hours", "leave", "data"):
            camera.shoot(f"phone-{part}", phone, own(part), sizes=(NARROW,))


def office(camera: Camera, data: Path) -> None:
    """Accounts, inspections and registers, each as the person whose work it is."""
    made = office_day(CentreSettings(data_dir=data))
    with serving(made.seeded.centre) as base:
        camera.shoot("me", f"{base}/me", token=made.inspector)
        camera.shoot("second-factor", f"{base}/me", _enrolling, token=made.enrolling)
        camera.shoot("second-factor-moves", f"{base}/me", _moving, token=made.handler)
        camera.shoot("accounts", f"{base}/accounts", token=made.system)
        camera.shoot("account-new", f"{base}/accounts/new?role=third_party", token=made.system)
        camera.shoot("account", f"{base}/accounts/{made.asked}", token=made.security)
        camera.shoot("account-locked", f"{base}/accounts/{made.locked}", token=made.security)
        camera.shoot("inspections", f"{base}/inspections", token=made.inspector)
        camera.shoot("inspection", f"{base}/inspections/{made.answered}", token=made.inspector, whole=True)
        camera.shoot("inspection-new", f"{base}/inspections/new?class_id={made.class_id}", token=made.inspector)
        camera.shoot("certificate", f"{base}/classes/{made.class_id}/certificate", token=made.inspector)
        camera.shoot("comparison-lists", f"{base}/comparison-lists", token=made.handler)
        camera.shoot("rights", f"{base}/rights", token=made.handler)
        camera.shoot("viewings", f"{base}/viewings", token=made.audit)
        camera.shoot("record", f"{base}/record", token=made.audit)


def institutions(camera: Camera, data: Path) -> None:
    """Institutions, catalogues and sampling plans, as the handler sees them."""
    made = seed(CentreSettings(data_dir=data))
    work = county_work(made)
    with serving(made.centre) as base:
        camera.shoot("institutions", f"{base}/institutions", token=work.token)
        camera.shoot("institution", f"{base}/institutions/{work.institution}", token=work.token, whole=True)
        camera.shoot("catalogues", f"{base}/catalogues", token=work.token)
        camera.shoot("sampling-plans", f"{base}/sampling-plans", token=work.token)
        camera.shoot("sampling-plan", f"{base}/sampling-plans/{work.plan}", token=work.token, whole=True)


def sites(camera: Camera, data: Path) -> None:
    """Sites and devices, as the system administrator sees them: of a new county, and of one that works."""
    made = seed(CentreSettings(data_dir=data / "county"))
    _, token = sign_in(made.centre, "system_admin", "李管理")
    with made.centre.uow.read() as session:
        site = session.scalars(select(Site.id)).one()
    with serving(made.centre) as base:
        camera.shoot("sites", f"{base}/sites", token=token)
        camera.shoot("site", f"{base}/sites/{site}", token=token, whole=True)
        camera.shoot("site-code", f"{base}/sites/{site}", _new_box, token=token)
    bare = open_centre(CentreSettings(data_dir=data / "bare"), made.clock)
    _, token = sign_in(bare, "system_admin", "李管理")
    with serving(bare) as base:
        camera.shoot("sites-first", f"{base}/sites", token=token, whole=True)


def _new_box(page: Page) -> None:
    """Of another name each time: the pictures are taken one after the other."""
    form = page.locator("#boxes form[action$='/boxes#boxes']")
    page.locator("#boxes summary").last.click()
    form.locator("[name=name]").fill(f"城东 {page.locator('#boxes h3').count() + 1} 号")
    form.locator("button").click()
    page.locator("#code").wait_for()


def _enrolling(page: Page) -> None:
    page.locator("[action='/me/second-factor'] [name=password]").fill(ADMIN[1])
    page.locator("[action='/me/second-factor'] button").click()
    page.locator(".qr-frame").wait_for()


def _moving(page: Page) -> None:
    for one in page.locator("details summary").all():
        one.click()


def _wrong_cells(page: Page) -> None:
    """A timetable with three cells to mend."""
    rows = timetable_rows()
    rows[0][0], rows[1][2], rows[1][5] = "下周一", "两", "教室Z"
    form = page.locator("#plan-form")
    form.locator("input[type=file]").set_input_files({"name": "p.xlsx", "mimeType": XLSX, "buffer": plan_file(rows)})
    form.locator("button.button").click()
    page.locator("#plan .cells").wait_for()
    page.locator("#plan").scroll_into_view_if_needed()


def _change_asked(page: Page) -> None:
    page.locator(".sessions li a").nth(1).click()
    page.locator("details.ask summary").first.click()


def _lifting(page: Page) -> None:
    page.locator(".liftable summary").first.click()


def _asked(page: Page) -> None:
    page.locator("#exemptions").scroll_into_view_if_needed()


def _played(page: Page) -> None:
    page.locator("lesson-player[ready]").wait_for()
    page.locator(".player-bar button").first.click()
    page.wait_for_timeout(1500)
    page.locator(".player-bar button").first.click()


def _first_trainee(page: Page) -> None:
    page.goto(page.url.split("/classes")[0] + str(page.locator(".people-table a").first.get_attribute("href")))


def room_day(camera: Camera, data: Path) -> None:
    """Playback: the chooser, and a day of a room with four cameras; raw recording that somebody fetched."""
    day = watched_day(CentreSettings(data_dir=data), clips=2)
    inspector, token = sign_in(day.centre, "inspector", "王督导")
    span = fetched(day, inspector)
    with serving(day.centre) as base:
        camera.shoot("playback-rooms", f"{base}/rooms", token=token)
        url = f"{base}/{day.path}?why=routine"
        camera.shoot("playback-day", url, _opened, token=token, sizes=(WIDE,), whole=True)
        camera.shoot("playback-day", url, _opened, token=token, sizes=(NARROW,))
        raw = f"{base}/{day.path}?lesson={day.lessons[1]}&why=complaint&camera={day.cameras[0]}&at={span.start_ms}"
        camera.shoot("playback-raw", f"{raw}#spans", _opened, token=token)


def _opened(page: Page) -> None:
    page.locator("room-day[ready]").wait_for()
    page.wait_for_timeout(4000)


def live(camera: Camera, data: Path) -> None:
    """The patrol wall with the live picture of a practice camera, and its panel."""
    county = live_county(data / "centre")
    _seen(county)
    with ExitStack() as stack:
        practice = stack.enter_context(PracticeCameras([CameraSpec(path="/sub", people=3)]))
        base = stack.enter_context(serving(county.centre))
        stack.enter_context(live_box(data / "box", base, county.box, county.key_pem, practice[0].url))
        camera.shoot("wall", f"{base}/wall", _shown, token=county.token)

        def enlarged(page: Page) -> None:
            _shown(page)
            page.keyboard.press("1")
            page.locator("#panel-body").wait_for()
            page.wait_for_timeout(1500)

        camera.shoot("wall-panel", f"{base}/wall", enlarged, token=county.token, sizes=(WIDE,))


def _shown(page: Page) -> None:
    page.locator("wall-board[data-size]").wait_for()
    if page.locator("live-tile").count():
        page.locator("live-tile[ready]").first.wait_for()
        page.wait_for_timeout(1500)


def _seen(county: LiveCounty) -> None:
    """The box says that it records, and sees three people."""
    now = county.centre.clock.now()
    camera = CameraReport(
        camera_id=county.cameras[0], status=CameraStatus.RECORDING, since=now - timedelta(minutes=1),
        last_picture_at=now, people=3, people_at=now, bytes_recorded=1,
    )  # fmt: skip
    disk = DiskReport(total_bytes=2, free_bytes=1, admission_ok=True)
    state = BoxState(
        at=now, version="1", cameras=(camera,), lessons=(), backlog_entries=0, backlog_clips=0, disk=disk
    )  # fmt: skip
    report_state(county.centre, UUID(county.box), state)


def screen(camera: Camera, data: Path) -> None:
    """The classroom's screen, 6:20 into the evidence."""
    room = classroom(data)
    room.box.recorded(START, 380)
    room.box.counted(START, 380, 38)
    room.at(START + timedelta(seconds=380))
    app, codes = room.app()
    codes.tick()
    with serving_app(app) as base:
        camera.shoot("classroom", f"{base}/?lang=zh", lambda page: page.wait_for_timeout(1500))
        salt = "7c" * 32
        room.told(session=session_of(cards=TargetCards(salt=salt, hashes={})))
        camera.shoot("classroom-card", f"{base}/classroom/card?lang=zh")


def selfie(camera: Camera, data: Path) -> None:
    """The trainee's page for a selfie that the box has answered, what is kept of it, and the hint on the lesson's
    page."""
    with selfie_scene(data) as scene:
        scene.enrol(0, "obama", "obama3")
        scene.exchange()
        phone = phone_of(scene.county, scene.school)
        say(phone, scene.school, True)
        told = phone.get(f"{path_of(scene.school)}/selfie").json()
        post(phone, f"{path_of(scene.school)}/selfie", sealed_for(told, jpeg(portraits()["obama2"])), 201)
        scene.exchange()
        scene.answer()
        scene.exchange()
        home = f"{scene.base}/c/{scene.school.session['code']}"
        mark = {"name": DEVICE_COOKIE, "value": phone.cookies[DEVICE_COOKIE], "url": scene.base}

        def own(part: str) -> Callable[[Page], None]:
            def act(page: Page) -> None:
                page.context.add_cookies([mark])  # type: ignore[list-item]
                page.goto(home + part)

            return act

        camera.shoot("phone-with-selfie", home, own(""), sizes=(NARROW,), whole=True)
        camera.shoot("phone-selfie", home, own("/selfie"), sizes=(NARROW,), whole=True)
        camera.shoot("phone-data-selfie", home, own("/data"), sizes=(NARROW,), whole=True)
        lesson = f"{scene.base}/lessons/{scene.school.lesson}"
        camera.shoot("lesson-selfie", lesson, token=scene.county.inspector.cookies[SESSION_COOKIE], whole=True)


SCENES: tuple[Scene, ...] = (morning, office, institutions, sites, room_day, live, screen, selfie)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    parser.add_argument("names", nargs="*", help="only these pictures")
    options = parser.parse_args()
    found = shutil.which("chromium")
    if found is None:
        raise SystemExit("chromium missing: run .ci/install-parts")
    options.folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=Path(found), args=FLAGS)
        camera = Camera(browser, options.folder, frozenset(options.names))
        for scene in SCENES:
            with tempfile.TemporaryDirectory() as data:
                scene(camera, Path(data))
        browser.close()


if __name__ == "__main__":
    main()
