"""Clips straight into the bucket, as the centre sees it: leave for one's own clips only, and nothing believed."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from supervisor.audit.models import AuditEvent
from supervisor.lessons import direct, uploads
from supervisor.lessons.models import EvidenceClip
from tests.support.county import County, School, problem
from tests.support.databases import centre_database, database_servers
from tests.support.seaweed import Seaweed, own_seaweed, seaweed
from tests.support.seed import clip as film

__all__ = ["database_servers", "own_seaweed", "seaweed"]
CLIP = secrets.token_bytes(300_000)
NAME = hashlib.sha256(CLIP).hexdigest()
PATH = f"/api/box/clips/{NAME}"


@pytest.fixture
def county_on(tmp_path: Path, database_servers: None) -> Callable[..., tuple[County, School]]:
    def make(s3: dict[str, object], *, clip: bytes = CLIP, kind: str = "sqlite") -> tuple[County, School]:
        county = County(tmp_path / "centre", centre_database(kind, tmp_path), archive="s3", s3=s3)
        school = county.schools[0]
        county.clock.step(50 * 60)
        for who in range(3):
            county.check_in(school, who)
        county.clock.step(15 * 60)
        assert county.report(school, county.verdict_entry(school, clip=clip)).is_success
        return county, school

    return make


def ask(school: School, name: str = NAME) -> dict[str, Any]:
    answer = school.box_client.post(f"/api/box/clips/{name}/direct")
    assert answer.is_success, answer.text
    told: dict[str, Any] = answer.json()
    return told


def sent(school: School, clip: bytes = CLIP, name: str = NAME) -> None:
    """Asked for and put into the bucket, without a word to the centre afterwards."""
    put = ask(school, name)["put"]
    assert httpx.put(put["url"], content=clip, headers=put["headers"], timeout=20).is_success


def row(county: County) -> EvidenceClip:
    with county.centre.uow.read() as session:
        return session.scalars(select(EvidenceClip)).one()


def events(county: County, action: str) -> list[bool]:
    """Of each event with this name, whether it is an alarm."""
    with county.centre.uow.read() as session:
        return list(session.scalars(select(AuditEvent.alarm).where(AuditEvent.action == action)))


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_clip_in_the_bucket_is_read_back_and_then_verified_as_any_other(
    county_on: Callable[..., tuple[County, School]], seaweed: Seaweed, kind: str
) -> None:
    clip = film(seconds=4, brightness=90)
    name = hashlib.sha256(clip).hexdigest()
    county, school = county_on(seaweed.settings(lock_days=730, direct_upload=True), clip=clip, kind=kind)
    assert school.box_client.head(f"/api/box/clips/{name}").headers["Upload-Direct"] == "?1"
    sent(school, clip, name)
    assert row(county).state == "uploading", "nothing is believed before it was asked for"
    assert ask(school, name) == {"complete": True, "put": None}
    found = row(county)
    assert (found.state, found.object_key) == ("verified", direct.direct_key(found))
    assert found.playlist is not None and found.verified_at is not None
    assert events(county, "clip_verified") == [False]
    assert list((county.centre.settings.data_dir / "uploads").rglob("*.*")) == []
    played = county.inspector.get(
        f"/api/lessons/{school.lesson}/clips/{name}/clip.mp4?reason=routine", headers={"Range": "bytes=1000-1999"}
    )
    assert (played.status_code, played.content) == (206, clip[1000:2000])
    assert ask(school, name)["complete"] is True, "asked again, told again"
    assert events(county, "clip_verified") == [False]


def test_leave_is_given_for_a_clip_only_to_the_box_whose_verdict_entry_named_it(
    county_on: Callable[..., tuple[County, School]], seaweed: Seaweed
) -> None:
    county, school = county_on(seaweed.settings(direct_upload=True))
    problem(county.schools[1].box_client.post(f"{PATH}/direct"), 404, "CLIP_NOT_FOUND")
    problem(school.box_client.post(f"/api/box/clips/{'0' * 64}/direct"), 404, "CLIP_NOT_FOUND")
    problem(county.client().post(f"{PATH}/direct"), 401, "SIGNATURE_INVALID")
    assert row(county).state == "expected"


@pytest.mark.parametrize("settings", [{}, {"direct_upload": True}])
def test_without_the_setting_or_after_a_first_piece_clips_come_through_the_centre(
    county_on: Callable[..., tuple[County, School]], seaweed: Seaweed, settings: dict[str, object]
) -> None:
    _, school = county_on(seaweed.settings(**settings))
    if settings:
        assert school.box_client.patch(PATH, content=CLIP[:10], headers={"Upload-Offset": "0"}).is_success
    assert "Upload-Direct" not in school.box_client.head(PATH).headers
    assert ask(school) == {"complete": False, "put": None}


@pytest.mark.parametrize(
    "wrong", [b"\0" * len(CLIP), CLIP[:-1], CLIP + b"x", b""], ids=["other", "cut", "long", "none"]
)
def test_wrong_bytes_in_the_bucket_are_an_alarm_and_the_clip_comes_through_the_centre(
    county_on: Callable[..., tuple[County, School]], seaweed: Seaweed, wrong: bytes
) -> None:
    """As a store leaves them that ignores checksums."""
    s3 = seaweed.settings(direct_upload=True)
    county, school = county_on(s3)
    seaweed.put(str(s3["bucket"]), direct.direct_key(row(county)), wrong)
    assert ask(school) == {"complete": False, "put": None}
    assert row(county).state == "expected"
    assert events(county, "clip_digest_wrong") == [True]
    assert ask(school) == {"complete": False, "put": None}, "and it is not read again"
    assert events(county, "clip_digest_wrong") == [True]
    head = school.box_client.head(PATH).headers
    assert (head["Upload-Offset"], head.get("Upload-Direct")) == ("0", None)
    answer = school.box_client.patch(PATH, content=CLIP, headers={"Upload-Offset": "0"})
    assert answer.headers["Upload-Complete"] == "?1"
    assert row(county).object_key == uploads.object_key(NAME)


@pytest.mark.parametrize(
    ("lock_days", "promised", "alarm"), [(730, 730, False), (None, 730, True), (30, 730, True), (None, None, False)]
)
def test_a_promised_object_lock_that_is_not_there_is_an_alarm(
    county_on: Callable[..., tuple[County, School]],
    seaweed: Seaweed,
    lock_days: int | None,
    promised: int | None,
    alarm: bool,
) -> None:
    promise = {} if promised is None else {"object_lock": True, "retention_days": promised}
    county, school = county_on(seaweed.settings(lock_days=lock_days, direct_upload=True, **promise))
    sent(school)
    assert ask(school)["complete"] is True
    assert events(county, "clip_not_locked") == ([True] if alarm else [])


def test_a_box_that_asks_again_and_again_gets_one_check(
    county_on: Callable[..., tuple[County, School]], seaweed: Seaweed
) -> None:
    county, school = county_on(seaweed.settings(direct_upload=True))
    sent(school)
    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda _: direct.arrange(county.centre, row(county).box_id, NAME), range(4)))
    assert all(reply.complete for reply in replies)
    assert len(events(county, "clip_verified")) == 1


def test_what_a_check_left_when_it_was_killed_is_written_over(
    county_on: Callable[..., tuple[County, School]], seaweed: Seaweed
) -> None:
    county, school = county_on(seaweed.settings(direct_upload=True))
    sent(school)
    left = uploads.part_of(county.centre, row(county)).with_suffix(".check")
    left.parent.mkdir(parents=True)
    left.write_bytes(CLIP + b"more")
    assert ask(school)["complete"] is True
    assert not left.exists()


@pytest.mark.story
def test_while_the_store_is_away_nothing_changes(
    county_on: Callable[..., tuple[County, School]], own_seaweed: Seaweed
) -> None:
    county, school = county_on(own_seaweed.settings(direct_upload=True))
    sent(school)
    own_seaweed.kill()
    problem(school.box_client.post(f"{PATH}/direct"), 503, "ARCHIVE_AWAY")
    assert row(county).state == "uploading"
    own_seaweed.start()
    assert ask(school)["complete"] is True
