"""Every clip is read again within a month; what is not what was recorded is an alarm, and is asked for again."""

from __future__ import annotations

import secrets
from datetime import timedelta

import pytest

from supervisor.lessons.uploads import object_key
from supervisor.retention.retire import retire_clips
from supervisor.retention.scrub import EVERY, scrub_clips
from tests.support.archived import archive, clips, events, pass_to, send, term_end
from tests.support.county import County, School, problem
from tests.support.seaweed import seaweed

__all__ = ["seaweed"]
CONTENT = secrets.token_bytes(60_000)


@pytest.fixture
def school(county: County) -> School:
    return county.schools[0]


@pytest.fixture
def clip(county: County, school: School) -> str:
    """Beside another one, of the other school."""
    found = archive(county, school, CONTENT)
    archive(county, county.schools[1])
    return found


def damage(county: County, sha256: str) -> None:
    path = county.centre.store.root / object_key(sha256)  # type: ignore[attr-defined]
    path.write_bytes(b"\x00" + path.read_bytes()[1:])


def a_month(county: County) -> int:
    read = 0
    for _ in range(EVERY.days + 1):
        county.clock.step(86_400)
        read += scrub_clips(county.centre)
    return read


def test_each_clip_is_read_once_a_month(county: County, clip: str) -> None:
    assert scrub_clips(county.centre) == 0  # they were hashed when they came
    assert a_month(county) == 2
    assert a_month(county) == 2
    assert all(county.clock.now() - one.checked_at <= EVERY for one in clips(county))
    assert events(county, "clip_damaged", "clip_missing") == []


def test_a_night_reads_at_most_twice_its_share(county: County, school: School) -> None:
    for _ in range(31):
        archive(county, school, secrets.token_bytes(100))
    county.clock.step(40 * 86_400)
    assert [scrub_clips(county.centre) for _ in range(12)] == [3] * 10 + [1, 0]


@pytest.mark.parametrize("kind", ["damaged", "missing"])
def test_what_is_wrong_is_an_alarm_and_the_box_is_asked_again(
    county: County, school: School, clip: str, kind: str
) -> None:
    path = county.centre.store.root / object_key(clip)  # type: ignore[attr-defined]
    if kind == "damaged":
        damage(county, clip)
    else:
        path.unlink()
    a_month(county)
    (alarm,) = events(county, "clip_damaged", "clip_missing")
    assert (alarm.action, alarm.alarm, alarm.details["sha256"]) == (f"clip_{kind}", True, clip)
    assert path.exists() is (kind == "damaged")  # in term nothing is deleted, not even what is damaged
    inspector = county.account("inspector")
    problem(inspector.get(f"/api/lessons/{school.lesson}/clips/{clip}/clip.mp4"), 409, "CLIP_DAMAGED")
    assert school.box_client.get("/api/box/target").json()["resend"] == [clip]
    assert county.schools[1].box_client.get("/api/box/target").json()["resend"] == []
    send(school, CONTENT)
    assert school.box_client.get("/api/box/target").json()["resend"] == []
    played = inspector.get(f"/api/lessons/{school.lesson}/clips/{clip}/clip.mp4")
    assert played.content == CONTENT
    pass_to(county, term_end(county) + timedelta(days=1))
    assert retire_clips(county.centre) == 2
    assert list(county.centre.store.list()) == []  # what was damaged, too


def test_what_is_left_of_a_damaged_clip_that_never_came_again_goes_with_its_term(
    county: County, school: School, clip: str
) -> None:
    damage(county, clip)
    a_month(county)
    pass_to(county, term_end(county) + timedelta(days=1))
    retire_clips(county.centre)
    assert [one.state for one in clips(county)] == ["deleted", "deleted"]
    assert list(county.centre.store.list()) == []


def test_an_empty_archive_is_a_disk_that_is_not_mounted(county: County, clip: str) -> None:
    root = county.centre.store.root  # type: ignore[attr-defined]
    root.rename(root.with_name("elsewhere"))
    root.mkdir()
    county.clock.step(31 * 86_400)
    assert scrub_clips(county.centre) == 0
    assert [one.state for one in clips(county)] == ["verified", "verified"]
    assert events(county, "archive_empty")[0].alarm
    root.rmdir()
    root.with_name("elsewhere").rename(root)
    county.clock.step(86_400)
    assert scrub_clips(county.centre) == 1


def test_a_clip_dated_by_a_clock_that_was_ahead_is_read_soon(county: County, clip: str) -> None:
    with county.centre.uow.write() as session:
        for one in clips(county):
            session.merge(one).checked_at = county.clock.now() + timedelta(days=400)
    assert scrub_clips(county.centre) == 1
