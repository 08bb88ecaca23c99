"""Samples of one camera as evidence: numbers of one counter and one way of keeping places, and pictures in doubt."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_agent.lessons.counts import counts
from edge_agent.vision import samples
from edge_agent.vision.watcher import Look, Seen
from storage.evidence.tables import SightingRow
from supervisor.rules.evidence import Counter, Excluded, ExcludedReason, Sample, Seated, Watcher
from tests.support.box import Box, new_box

ZERO = 1_764_000_000_000
DURATION = 180_000
YUNET = Counter("yunet", "a" * 64, "openvino 1", 0.6)
OTHER = Counter("yunet", "b" * 64, "openvino 1", 0.6)
PLACES = Watcher("seats/1", None, 30, 1.0, None)
OTHER_ZONES = Watcher("seats/1", YUNET, 30, 1.0, "c" * 64)


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return new_box(tmp_path)


def keep(
    box: Box, at_s: float, count: int, seated: int | None = None, conditions: str = "", counter: Counter = YUNET,
    watcher: Watcher | None = PLACES,
) -> None:  # fmt: skip
    people = tuple(Seen(10.4 * n, 20, 0.2, 30, "face", 1.0) for n in range(count))
    look = Look(ZERO + round(at_s * 1000), 1280, 720, count, seated or count, 0.9, people)
    with box.work.write() as session:
        samples.keep(session, "cam", look, counter, watcher if seated is not None else None, conditions.split(","))


def told(box: Box):
    with box.work.read() as session:
        return counts(session, "cam", ZERO, DURATION)


def test_both_counts_of_each_picture_and_how_they_came_about(box: Box) -> None:
    keep(box, 0, 3, 4)
    keep(box, 5, 2, 4)
    found = told(box)
    assert found.samples == (Sample(0, 3), Sample(5000, 2))
    assert found.seated == (Seated(0, 4, 0.9), Seated(5000, 4, 0.9))
    assert (found.counter, found.watcher, found.excluded) == (YUNET, PLACES, ())


def test_the_same_picture_is_kept_once(box: Box) -> None:
    keep(box, 0, 3, 4)
    keep(box, 0, 9, 9)
    assert told(box).samples == (Sample(0, 3),)


def test_counters_and_ways_of_keeping_places_are_not_mixed(box: Box) -> None:
    for second in range(0, 50, 5):
        keep(box, second, 3, 4)
    for second in range(50, 70, 5):
        keep(box, second, 3, 5, watcher=OTHER_ZONES)
    for second in range(70, 85, 5):
        keep(box, second, 9, 9, counter=OTHER)
    found = told(box)
    assert [one.count for one in found.samples] == [3] * 10
    assert [one.count for one in found.seated] == [4] * 10
    assert (found.counter, found.watcher) == (YUNET, PLACES)


def test_under_rules_that_do_not_ask_no_places_are_told(box: Box) -> None:
    keep(box, 0, 3)
    found = told(box)
    assert (found.samples, found.seated, found.watcher) == ((Sample(0, 3),), (), None)


def test_nothing_was_counted(box: Box) -> None:
    found = told(box)
    assert (found.counter, found.samples, found.seated, found.watcher, found.excluded) == (None, (), (), None, ())


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        ("black", ExcludedReason.LENS_COVERED),
        ("covered", ExcludedReason.LENS_COVERED),
        ("frozen", ExcludedReason.FROZEN),
        ("moved", ExcludedReason.SCENE_MOVED),
        ("blurred", ExcludedReason.BLURRED),
        ("overexposed", ExcludedReason.OVEREXPOSED),
        ("overlay_missing", ExcludedReason.OVERLAY_MISSING),
    ],
)
def test_each_condition_has_its_reason_and_the_span_it_lasted(box: Box, condition: str, reason: ExcludedReason) -> None:
    for second in range(0, 180, 5):
        keep(box, second, 3, 3, condition if 60 <= second < 90 else "")
    (found,) = told(box).excluded
    begins = 55_000 if condition == "frozen" else 60_000  # a picture that stands still did so since the one before
    assert found == Excluded(begins, 90_000, reason)


def test_what_began_before_the_bell_is_clipped_to_the_hour(box: Box) -> None:
    for second in range(-40, 30, 5):
        keep(box, second, 3, 3, "black" if second < 20 else "")
    assert told(box).excluded == (Excluded(0, 20_000, ExcludedReason.LENS_COVERED),)
    assert told(box).samples[0] == Sample(0, 3)


def test_where_people_were_is_forgotten_after_the_hour(box: Box) -> None:
    for second in (0, 5, 200):
        keep(box, second, 2, 2)
    with box.work.write() as session:
        samples.forget_sightings(session, ["cam", "other"], ZERO, ZERO + DURATION)
    with box.work.read() as session:
        (left,) = session.query(SightingRow).all()
    assert left.at_ms == ZERO + 200_000
    assert len(told(box).samples) == 2
    with box.work.write() as session:
        samples.forget_old_sightings(session, ZERO + 200_001)
        assert session.query(SightingRow).count() == 0
