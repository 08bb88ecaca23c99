"""The centre's word on a camera's acceptance, from the figures in the box's log."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from supervisor.audit.models import AuditEvent
from supervisor.contract.evidence import canonical_json
from supervisor.contract.zones import CameraZones
from supervisor.devices.models import Camera
from tests.support.county import County, School

HOUR = 3_600_000
EVERYWHERE = CameraZones().digest()
SEATS = CameraZones(seats=(((0.1, 0.4), (0.9, 0.4), (0.9, 0.9)),))


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> County:
    """One for all: each test reports what it starts from, as a log that only grows."""
    return County(tmp_path_factory.mktemp("centre"))


def session_at(hour: float, *, samples: int = 36, exact: int = 36) -> dict[str, Any]:
    start = round(hour * HOUR)
    return {
        "start_ms": start, "end_ms": start + 180_000, "known": 12, "samples": samples, "exact": exact, "least": 11,
        "most": 12, "smallest_face_px": 24.5, "blind_seats": 0,
    }  # fmt: skip


def acceptance(school: School, *sessions: dict[str, Any], zones: str = EVERYWHERE, camera: str | None = None) -> str:
    entry = {
        "kind": "acceptance", "at": 9, "camera": camera or school.camera, "counter": {}, "watcher": {},
        "zones_sha256": zones, "sessions": list(sessions),
    }  # fmt: skip
    return canonical_json(entry).decode()


def zones_entry(school: School, zones: CameraZones, camera: str | None = None) -> str:
    entry = {
        "kind": "zones", "at": 9, "camera": camera or school.camera, "scale": 0.8, "zones_sha256": zones.digest(),
        "zones": zones.model_dump(mode="json"),
    }  # fmt: skip
    return canonical_json(entry).decode()


def standing(county: County, school: School) -> tuple[bool, str | None]:
    with county.centre.uow.read() as session:
        camera = session.get_one(Camera, UUID(school.camera))
        return camera.accepted, camera.accepted_zones


def events(county: County, action: str) -> list[dict[str, Any]]:
    with county.centre.uow.read() as session:
        return [event.details for event in session.scalars(select(AuditEvent).where(AuditEvent.action == action))]


@pytest.mark.rule("A-22")
def test_three_times_of_day_accept_the_camera_and_the_note_names_the_figures(county: County) -> None:
    school = county.schools[0]
    assert county.report(school, acceptance(school, session_at(9), session_at(11.5))).is_success
    assert standing(county, school) == (False, EVERYWHERE)
    assert county.report(school, acceptance(school, session_at(9), session_at(11.5), session_at(14))).is_success
    assert standing(county, school) == (True, EVERYWHERE)
    told = events(county, "camera_changed")[-1]
    assert (told["accepted"], told["times_of_day"], told["sessions"], told["exact"]) == (True, 3, 3, 108)


def test_a_session_that_counted_wrong_takes_the_acceptance_away(county: County) -> None:
    school = county.schools[0]
    good = [session_at(9), session_at(11.5), session_at(14)]
    county.report(school, acceptance(school, *good))
    county.report(school, acceptance(school, *good, session_at(24 + 14, exact=30)))
    assert standing(county, school)[0] is False


def test_other_zones_than_the_accepted_ones_need_a_new_acceptance(county: County) -> None:
    school = county.schools[0]
    county.report(school, acceptance(school, session_at(9), session_at(11.5), session_at(14)))
    county.report(school, zones_entry(school, CameraZones()))  # another scale, the same zones
    assert standing(county, school) == (True, EVERYWHERE)
    county.report(school, zones_entry(school, SEATS))
    assert standing(county, school) == (False, EVERYWHERE)


def test_an_administrators_word_stays_possible_and_names_no_zones(county: County) -> None:
    school = county.schools[0]
    county.report(school, acceptance(school, session_at(9)))
    assert county.admin.patch(f"/api/cameras/{school.camera}", json={"accepted": True}).is_success
    assert standing(county, school) == (True, None)
    county.report(school, zones_entry(school, SEATS))
    assert standing(county, school) == (True, None)


def test_a_camera_of_another_box_is_left_alone_and_alarmed(county: County) -> None:
    mine, other = county.schools
    good = [session_at(9, exact=0)]
    answer = county.report(
        mine, acceptance(mine, *good, camera=other.camera), zones_entry(mine, SEATS, camera=other.camera)
    )
    assert answer.is_success
    assert standing(county, other) == (True, None)
    assert len(events(county, "acceptance_of_unknown_camera")) == len(events(county, "zones_of_unknown_camera")) == 1
    assert events(county, "log_chain_broken") == []  # they are about a camera, and not links of its chain


@pytest.mark.parametrize("lie", [{"exact": 37}, {"end_ms": 0}, {"least": 13}, {"samples": -1}])
def test_impossible_figures_are_refused(county: County, lie: dict[str, int]) -> None:
    school = county.schools[0]
    answer = county.report(school, acceptance(school, session_at(9) | lie))
    assert answer.status_code == 422 and answer.json()["code"] == "LOG_ENTRY_INVALID"


def test_a_count_made_with_other_zones_than_the_accepted_ones_is_not_an_accepted_cameras(county: County) -> None:
    school = county.schools[0]
    county.clock.step(50 * 60)
    for who in range(3):
        assert county.check_in(school, who).is_success
    county.clock.step(15 * 60)
    county.report(school, acceptance(school, session_at(9), session_at(11.5), session_at(14)))
    report = json.loads(county.verdict_entry(school, clip=b"a clip"))
    counted = {"version": "seats/1", "persons": None, "hold_s": 20, "scale": 1}
    for watcher, accepted in (
        (None, True),  # from before there were zones: as the camera is
        (counted | {"zones_sha256": EVERYWHERE}, True),
        (counted | {"zones_sha256": SEATS.digest()}, False),
        (counted | {"zones_sha256": None}, False),
    ):
        report["evidence"]["cameras"][0]["watcher"] = watcher
        assert county.report(school, canonical_json(report).decode()).is_success
        page = county.inspector.get(f"/api/lessons/{school.lesson}").json()
        assert page["evidence"]["cameras"][0]["accepted"] is accepted
