"""Checking in by ID number at the box: what the box is given, and what becomes of its entries."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from config.clock import epoch_ms
from supervisor.attendance.box_card import make_card_hashes
from supervisor.attendance.models import CardHash
from supervisor.contract.evidence import canonical_json
from supervisor.rules.card_hash import card_hash
from tests.support.archived import events
from tests.support.county import County, School, post
from tests.support.databases import KINDS, centre_database, database_servers

__all__ = ["database_servers"]


@pytest.fixture(params=KINDS)
def county(request: pytest.FixtureRequest, tmp_path: Path, database_servers: None) -> County:
    """Two minutes into the session; the first school's site takes ID cards."""
    database = centre_database(request.param, tmp_path)
    made = County(tmp_path / "centre", database, profile="000000-demo.3", plan_minutes=90)
    made.clock.sleep(3600 + 120)
    methods = {"methods": ["phone", "rotating_code", "roll_call", "id_card"]}
    assert made.admin.put(f"/api/sites/{made.schools[0].site}/check-in-methods", json=methods).is_success
    return made


def session_told(school: School) -> dict[str, Any]:
    (told,) = school.box_client.get("/api/box/target").json()["sessions"]
    return dict(told)


def carded(county: County, school: School, person: str, at: datetime | None = None, **changes: object) -> str:
    entry = {
        "kind": "card_check_in",
        "at": epoch_ms(at or county.clock.now()),
        "card_id": str(uuid4()),
        "session_id": school.session["id"],
        "direction": "in",
        "person": person,
    }
    return canonical_json(entry | changes).decode()


def sent(school: School, *entries: str) -> None:
    post(school.box_client, "/api/box/log", {"from_index": len(school.log), "entries": list(entries)}, 200)
    school.log += entries


def lines(county: County, school: School) -> list[tuple[str, str, list[str]]]:
    shown = county.inspector.get(f"/api/sessions/{school.session['id']}/check-ins").json()["check_ins"]
    return [(one["method"], one["status"], one["reasons"]) for one in shown]


def test_the_box_gets_a_hash_a_person_and_no_number(county: County) -> None:
    school, other = county.schools
    assert session_told(school)["cards"]["hashes"] == {}  # not made yet
    assert make_card_hashes(county.centre) == len(school.trainees)
    assert make_card_hashes(county.centre) == 0
    told = session_told(school)
    salt, hashes = bytes.fromhex(told["cards"]["salt"]), told["cards"]["hashes"]
    names = {one["ref"]: one["name"] for one in told["people"]}
    assert {names[ref]: digest for ref, digest in hashes.items()} == {
        name: card_hash(number, salt) for name, number in school.trainees
    }
    text = school.box_client.get("/api/box/target").text
    assert not any(number in text or number[6:14] in text for _, number in school.trainees)
    assert session_told(other)["cards"] is None


def test_hashes_go_with_their_session(county: County) -> None:
    make_card_hashes(county.centre)
    county.clock.sleep(90 * 60 + 3601)
    make_card_hashes(county.centre)
    with county.centre.uow.read() as session:
        assert session.scalar(select(func.count()).select_from(CardHash)) == 0


def test_an_entry_is_one_check_in_by_id_card(county: County) -> None:
    school = county.schools[0]
    first, second = (one["ref"] for one in session_told(school)["people"][:2])
    entry = carded(county, school, first)
    sent(school, entry)
    sent(school, carded(county, school, first))  # twice at the screen is once
    assert lines(county, school) == [("id_card", "accepted", [])]
    assert session_told(school)["checked_in"] == [first]
    county.clock.sleep(600)
    sent(school, carded(county, school, second, county.clock.now() - timedelta(minutes=5)))
    assert sorted(lines(county, school)) == [("id_card", "accepted", []), ("id_card", "review", ["OFFLINE_LATE"])]


@pytest.mark.parametrize(
    ("minutes", "person", "reason"),
    [(0, "stranger", "NOT_ON_ROSTER"), (-120, None, "TOO_EARLY"), (30, None, "CLOCK_SKEW")],
)
def test_what_cannot_be_is_noted_and_applied_to_nobody(
    county: County, minutes: int, person: str | None, reason: str
) -> None:
    school = county.schools[0]
    ref = session_told(school)["people"][0]["ref"] if person is None else str(uuid4())
    sent(school, carded(county, school, ref, county.clock.now() + timedelta(minutes=minutes)))
    assert lines(county, school) == []
    (event,) = events(county, "card_not_applied")
    assert event.alarm and event.details["reason"] == reason


def test_a_site_that_does_not_take_cards_and_another_box_are_not_believed(county: County) -> None:
    school, other = county.schools
    ref = session_told(other)["people"][0]["ref"]
    sent(other, carded(county, other, ref))
    sent(other, carded(county, other, ref, session_id=school.session["id"]))
    assert [event.details["reason"] for event in events(county, "card_not_applied")] == [
        "METHOD_NOT_ENABLED",
        "SESSION_NOT_FOUND",
    ]
