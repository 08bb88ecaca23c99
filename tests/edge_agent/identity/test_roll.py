"""Who was recognised in a lesson hour that asks for it: from pictures on the disk to the evidence."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from config.clock import epoch_ms
from edge_agent.identity import roll
from edge_agent.identity.daily import DailyPurge
from edge_agent.identity.recogniser import Recogniser
from edge_agent.identity.roll import Expected
from edge_agent.identity.sface import SFaceEngine
from edge_agent.identity.templates import Consent, Enrolled, TemplateStore
from edge_agent.vision.counter import Image
from edge_agent.vision.eyes import Eyes
from edge_agent.vision.sampler import Sampler, SamplingWish
from edge_agent.vision.yunet import YuNetCounter
from supervisor.rules.evidence import Counter, Identity
from tests.support.box import START, Box, camera_of, film, new_box
from tests.support.fixtures_models import models_path
from tests.support.portraits import portraits, sface_path

ENGINE = Counter("sface", "a" * 64, "openvino", 0.45)
HOUR = "hour-1"
END_MS = epoch_ms(START) + 2_700_000


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return new_box(tmp_path)


def told(box: Box) -> Identity | None:
    with box.work.read() as session:
        return roll.identity_of(session, HOUR)


def seen(box: Box, expected: Expected, enrolled: set[str], named: set[str]) -> None:
    with box.work.write() as session:
        roll.keep(session, expected, ENGINE, enrolled, named, epoch_ms(START))


def test_only_who_attends_and_consented_is_told_and_once_seen_is_seen(box: Box) -> None:
    expected = Expected(HOUR, frozenset({"anna", "bo", "cai"}), END_MS)
    assert told(box) is None
    seen(box, expected, {"anna", "bo", "somebody of another class"}, set())
    assert told(box) == Identity(ENGINE, ("anna", "bo"), ())
    seen(box, expected, {"anna", "bo"}, {"anna", "somebody of another class"})
    seen(box, expected, {"anna", "bo"}, set())
    assert told(box) == Identity(ENGINE, ("anna", "bo"), ("anna",))


def test_who_withdraws_is_no_longer_expected_and_what_was_seen_stays(box: Box) -> None:
    expected = Expected(HOUR, frozenset({"anna", "bo"}), END_MS)
    seen(box, expected, {"anna", "bo"}, {"anna"})
    seen(box, expected, set(), set())
    assert told(box) == Identity(ENGINE, ("anna",), ("anna",))
    with box.work.write() as session:
        roll.forget(session, HOUR)
    assert told(box) is None


def test_where_nobody_consented_nobody_is_looked_for_and_that_is_no_reproach(box: Box) -> None:
    seen(box, Expected(HOUR, frozenset({"anna"}), END_MS), set(), set())
    assert told(box) == Identity(ENGINE, (), ())


def test_once_a_day_what_nobody_judged_is_forgotten(box: Box, tmp_path: Path) -> None:
    seen(box, Expected(HOUR, frozenset({"anna"}), END_MS), {"anna"}, {"anna"})
    purge = DailyPurge(tmp_path, box.work, box.clock)
    purge.tick()
    assert told(box) is not None
    box.clock.sleep(5 * 86_400)
    purge.tick()
    assert told(box) is None


def room_with(*names: str) -> Image:
    """Real faces, side by side, 80 px and more."""
    canvas = np.full((360, 640, 3), 90, np.uint8)
    for place, name in enumerate(names):
        picture = cv2.imread(str(portraits()[name]))
        small = cv2.resize(picture, None, fx=300 / picture.shape[0], fy=300 / picture.shape[0])
        width = min(small.shape[1], 300)
        canvas[30:330, 10 + place * 320 : 10 + place * 320 + width] = small[:300, :width]
    return canvas


def test_the_sampler_recognises_who_consented_among_those_who_attend(box: Box, tmp_path: Path) -> None:
    counter, engine = YuNetCounter(models_path()), SFaceEngine(sface_path().parent)
    store = TemplateStore(tmp_path / "own")
    consent = Consent("C-1", "1", START - timedelta(days=1))
    for trainee, name in (("t-o", "obama"), ("t-absent", "obama3")):
        photograph = cv2.imread(str(portraits()[name]))
        (face,) = counter.count(photograph).faces
        template = engine.describe(photograph, face)
        store.enrol(Enrolled(trainee, engine.version, (template,), consent, START, date(2099, 1, 1)))
    picture = room_with("obama2", "biden")
    film(box, box.clock.now(), 12, look=lambda _: picture)
    wish = SamplingWish(
        str(camera_of().camera_id), every_s=2, expected=Expected(HOUR, frozenset({"t-o", "t-b"}), END_MS)
    )
    wishes = [wish]
    sampler = Sampler(
        recordings=box.paths.recordings, eyes=Eyes(counter), unit_of_work=box.work, wanted=lambda: wishes,
        clock=box.clock, recogniser=Recogniser(engine, store),
    )  # fmt: skip
    for _ in range(12):
        box.clock.sleep(1)
        while sampler.turn() == 0:
            pass
    # t-b has no photograph here, and t-absent is not expected
    assert told(box) == Identity(engine.version, ("t-o",), ("t-o",))
    wishes.clear()
    sampler.turn()  # nobody asks any more: nothing of anybody stays in memory
    assert sampler.status() == []
