"""The clips' way with the archive in a bucket: spooled and checked here, stored there, played from there."""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from config.errors import LessonProofError
from config.settings import CentreSettings
from supervisor.audit.models import AuditEvent
from supervisor.lessons import uploads
from tests.support.county import County, School, problem
from tests.support.databases import centre_database, database_servers
from tests.support.seaweed import ACCESS, Seaweed, own_seaweed, seaweed

__all__ = ["database_servers", "own_seaweed", "seaweed"]
CLIP = secrets.token_bytes(300_000)
NAME = hashlib.sha256(CLIP).hexdigest()


@pytest.fixture
def county_on(tmp_path: Path, database_servers: None) -> Callable[..., tuple[County, School]]:
    def make(server: Seaweed, *, lock_days: int | None = None, promised: int | None = None) -> tuple[County, School]:
        promise = {} if promised is None else {"object_lock": True, "retention_days": promised}
        bucket = server.settings(lock_days=lock_days, **promise)
        county = County(tmp_path / "centre", centre_database("sqlite", tmp_path), archive="s3", s3=bucket)
        school = county.schools[0]
        county.clock.step(50 * 60)
        for who in range(3):
            county.check_in(school, who)
        county.clock.step(15 * 60)
        assert county.report(school, county.verdict_entry(school, clip=CLIP)).is_success
        return county, school

    return make


def send(school: School, offset: int, piece: bytes):  # type: ignore[no-untyped-def]
    return school.box_client.patch(f"/api/box/clips/{NAME}", content=piece, headers={"Upload-Offset": str(offset)})


def alarms(county: County) -> set[str]:
    with county.centre.uow.read() as session:
        return set(session.scalars(select(AuditEvent.action).where(AuditEvent.alarm)))


def test_a_clip_is_spooled_checked_stored_and_played_back_by_range(
    county_on: Callable[..., tuple[County, School]], seaweed: Seaweed, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    county, school = county_on(seaweed)
    send(school, 0, CLIP[:100_000])
    assert county.centre.store.head(uploads.object_key(NAME)) is None
    assert send(school, 100_000, CLIP[100_000:]).headers["Upload-Complete"] == "?1"
    held = county.centre.store.head(uploads.object_key(NAME))
    assert held is not None and held.size == len(CLIP)
    assert not list((county.centre.settings.data_dir / "uploads").rglob("*.part"))
    played = county.inspector.get(
        f"/api/lessons/{school.lesson}/clips/{NAME}/clip.mp4?reason=routine", headers={"Range": "bytes=1000-1999"}
    )
    assert (played.status_code, played.content) == (206, CLIP[1000:2000])
    assert county.client().get("/readyz").is_success
    assert "X-Amz-Signature" not in caplog.text and ACCESS not in caplog.text


@pytest.mark.story
def test_while_the_archive_is_away_the_bytes_wait_at_the_centre_and_the_box_asks_again(
    county_on: Callable[..., tuple[County, School]], own_seaweed: Seaweed
) -> None:
    county, school = county_on(own_seaweed)
    own_seaweed.kill()
    problem(send(school, 0, CLIP), 503, "ARCHIVE_AWAY")
    problem(county.client().get("/readyz"), 503, "NOT_READY")
    held = school.box_client.head(f"/api/box/clips/{NAME}")
    assert (held.headers["Upload-Offset"], held.headers["Upload-Complete"]) == (str(len(CLIP)), "?0")
    own_seaweed.start()
    assert send(school, len(CLIP), b"").headers["Upload-Complete"] == "?1"
    assert county.centre.store.head(uploads.object_key(NAME)) is not None


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
    county, school = county_on(seaweed, lock_days=lock_days, promised=promised)
    assert send(school, 0, CLIP).headers["Upload-Complete"] == "?1"
    assert ("clip_not_locked" in alarms(county)) is alarm


def test_the_secret_comes_from_the_environment_or_a_file_and_is_never_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "centre.toml"
    config.write_text('archive = "s3"\n[s3]\nbucket = "clips"\naccess_key_id = "me"\n', encoding="utf-8")
    with pytest.raises(LessonProofError, match="secret_access_key"):
        CentreSettings.load(config)
    monkeypatch.setenv("LESSONPROOF_CENTRE_S3__SECRET_ACCESS_KEY", "from the environment")
    settings = CentreSettings.load(config)
    assert settings.s3.secret().get_secret_value() == "from the environment"
    assert "from the environment" not in repr(settings)
    monkeypatch.delenv("LESSONPROOF_CENTRE_S3__SECRET_ACCESS_KEY")
    secret = tmp_path / "secret"
    monkeypatch.setenv("LESSONPROOF_CENTRE_S3__SECRET_ACCESS_KEY_FILE", str(secret))
    with pytest.raises(LessonProofError, match="cannot read the key file"):
        CentreSettings.load(config).s3.secret()
    secret.write_text("from a file\n", encoding="utf-8")
    assert CentreSettings.load(config).s3.secret().get_secret_value() == "from a file"


def test_an_s3_archive_without_a_bucket_is_refused_at_start() -> None:
    with pytest.raises(LessonProofError, match=r"needs the table \[s3\]"):
        CentreSettings.load(archive="s3")
