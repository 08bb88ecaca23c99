"""Acceptance on the record: rows and signed log together, or not at all."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from config.clock import epoch_ms
from config.errors import LessonProofError
from edge_agent.acceptance.outlook import outlook
from edge_agent.acceptance.record import keep_trial, set_zones, standing, view_to_try, zones_in_force
from edge_agent.acceptance.trial import Trial
from edge_agent.acceptance.zones_file import parse_zones
from edge_agent.vision.counter import Count, Image
from edge_agent.vision.view import UNTAUGHT, view_of
from edge_agent.vision.watcher import SeatWatcher
from storage.evidence.log import entries
from storage.evidence.tables import AcceptanceRow
from supervisor.contract.log import LOG_ENTRY, AcceptanceSession
from supervisor.contract.zones import CameraZones
from supervisor.rules.evidence import Counter
from tests.support.box import START, Box, camera_of, new_box

CAMERA = str(camera_of().camera_id)
SEATS = CameraZones(seats=(((0, 0.3), (1, 0.3), (1, 1), (0, 1)),))
BLANK: Image = np.zeros((90, 160, 3), np.uint8)


class Nobody:
    """A detector that finds no face: only its name goes on the record here."""

    counter = Counter("yunet", "a" * 64, "openvino 1", 0.6)

    def count(self, image: Image) -> Count:
        return Count(0, ())


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return new_box(tmp_path)


def trial_at(hours: float, *, exact: int = 36, face: float | None = 40.0) -> Trial:
    start = epoch_ms(START + timedelta(hours=hours))
    session = AcceptanceSession(
        start_ms=start, end_ms=start + 180_000, known=12, samples=36, exact=exact, least=11, most=12,
        smallest_face_px=face, blind_seats=0,
    )  # fmt: skip
    return Trial(session, (), (), BLANK, (BLANK,))


def keep(box: Box, trial: Trial, zones: CameraZones | None = None, **changes: Any) -> Any:
    with box.work.read() as session:
        before = view_of(session, CAMERA)
    tried = view_to_try(before, zones)
    watcher = SeatWatcher(Nobody(), None, tried, hold_s=60, scan_s=30, podium=False)
    return keep_trial(box.work, CAMERA, trial, tried, changes.pop("before", before), watcher, 7, **changes)


def log_of(box: Box) -> list[dict[str, Any]]:
    with box.work.read() as session:
        bodies = [row.body for row in entries(session, 0, 100)]
    for body in bodies:
        LOG_ENTRY.validate_json(body)  # as the centre reads it
    return [json.loads(body) for body in bodies]


def test_three_sessions_with_the_same_zones_and_what_is_missing_after_each(box: Box) -> None:
    told = [keep(box, trial_at(hours)) for hours in (0, 1, 2.5, 5)]
    assert [(one.times, one.missing, one.passed) for one in told] == [
        (1, 2, False), (1, 2, False), (2, 1, False), (3, 0, True),
    ]  # fmt: skip
    assert [line.code for line in outlook(told[0])] == ["TIMES_MISSING"]
    assert "from 09:00, which" in outlook(told[0])[0].en and [line.code for line in outlook(told[3])] == ["ACCEPTED"]
    log = log_of(box)
    assert [entry["kind"] for entry in log] == ["zones", *["acceptance"] * 4]
    assert [len(entry["sessions"]) for entry in log[1:]] == [1, 2, 3, 4]
    assert log[0]["zones_sha256"] == log[4]["zones_sha256"] == log[4]["watcher"]["zones_sha256"]


def test_a_session_that_is_not_good_has_to_be_held_again_at_that_time(box: Box) -> None:
    keep(box, trial_at(0, exact=20))
    told = keep(box, trial_at(3))
    assert [line.code for line in outlook(told)] == ["TIMES_MISSING", "TIMES_AGAIN"]
    assert "09:00" in outlook(told)[1].zh
    assert keep(box, trial_at(24.5)).again == ()


def test_other_zones_begin_anew_also_those_that_come_back(box: Box) -> None:
    keep(box, trial_at(0))
    assert keep(box, trial_at(3), SEATS).times == 1
    assert set_zones(box.work, CAMERA, SEATS, 8) is False
    assert set_zones(box.work, CAMERA, CameraZones(), 9) is True
    with box.work.read() as session:
        assert standing(session, CAMERA).times == 0
    assert [entry["kind"] for entry in log_of(box)] == ["zones", "acceptance", "zones", "acceptance", "zones"]


def test_the_scale_is_learnt_from_the_first_good_session_and_given_up_when_a_count_goes_wrong(box: Box) -> None:
    scales = []
    for hours, exact, face in ((0, 20, 40.0), (3, 36, 40.0), (6, 36, 30.0), (9, 20, 30.0), (12, 36, 60.0)):
        keep(box, trial_at(hours, exact=exact, face=face))
        with box.work.read() as session:
            scales.append(view_of(session, CAMERA).scale)
    assert scales == [1.0, 0.6, 0.8, 1.0, 1.0]
    assert [entry["scale"] for entry in log_of(box) if entry["kind"] == "zones"] == [1.0, 0.6, 0.8, 1.0]


def test_a_scene_is_kept_when_one_is_learnt(box: Box) -> None:
    def reference() -> bytes | None:
        with box.work.read() as session:
            return view_of(session, CAMERA).reference

    keep(box, trial_at(0), learn=lambda pictures: bytes([len(pictures)]))
    keep(box, trial_at(3, exact=20), learn=lambda pictures: b"misaimed")
    assert reference() == b"\x01"
    keep(box, trial_at(6), learn=lambda pictures: None)  # right, but nothing could be learnt
    assert reference() is None


def test_zones_that_changed_meanwhile_leave_nothing_of_the_session(box: Box) -> None:
    set_zones(box.work, CAMERA, SEATS, 8)
    with pytest.raises(LessonProofError, match="ZONES_CHANGED"):
        keep(box, trial_at(0), before=UNTAUGHT)
    with box.work.read() as session:
        assert session.query(AcceptanceRow).count() == 0
        assert zones_in_force(view_of(session, CAMERA)) == SEATS
    assert [entry["kind"] for entry in log_of(box)] == ["zones"]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (b"{", ""),
        (b"[]", ""),
        (b'{"seats": [[[0, 0], [1, 1]]]}', "/seats/0"),
        (b'{"seats": [[[0, 0], [1, 0], [2, 2]]]}', "/seats/0/2/0"),
        (b'{"masks": [[[0, 0], [0.5, 0.5], [1, 1]]]}', ""),
        (b'{"desks": []}', "/desks"),
        (b'{"seats": [[[NaN, 0], [1, 0], [1, 1]]]}', "/seats/0/0/0"),
        (b" " * 300_000, ""),
    ],
)
def test_malformed_zones_are_refused_with_the_place_that_is_wrong(text: bytes, where: str) -> None:
    with pytest.raises(LessonProofError) as caught:
        parse_zones(text)
    assert (caught.value.code, caught.value.where or "") == ("ZONES_INVALID", where)
