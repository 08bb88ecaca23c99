"""Clips past their term: they go once, in two phases, finished after any crash; nothing else goes."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from storage.objects import ObjectInfo
from supervisor.classes.models import TrainingClass
from supervisor.lessons.uploads import object_key
from supervisor.retention.retire import retire_clips
from tests.support.archived import archive, clips, events, pass_to, tell_state, term_end
from tests.support.county import County, School, problem


@pytest.fixture
def school(county: County) -> School:
    return county.schools[0]


@pytest.fixture
def clip(county: County, school: School) -> str:
    return archive(county, school)


def there(county: County, sha256: str) -> bool:
    return county.centre.store.head(object_key(sha256)) is not None


def states(county: County) -> list[str]:
    return [one.state for one in clips(county)]


def test_the_day_after_the_last_day_it_goes_and_the_record_keeps_its_hash(
    county: County, school: School, clip: str
) -> None:
    end = term_end(county)
    assert end == datetime(2028, 11, 23, 16, tzinfo=UTC)  # midnight at the site after two years
    pass_to(county, end - timedelta(seconds=1))
    assert retire_clips(county.centre) == 0
    assert there(county, clip) and events(county, "clip_deleting", "clip_deleted") == []
    pass_to(county, end + timedelta(seconds=1))
    assert retire_clips(county.centre) == 1
    assert not there(county, clip)
    (row,) = clips(county)
    assert (row.state, row.deleted_at) == ("deleted", county.clock.now())
    told = events(county, "clip_deleting", "clip_deleted")
    assert [(one.action, one.details["sha256"], one.details["bytes"]) for one in told] == [
        ("clip_deleting", clip, 100_000),
        ("clip_deleted", clip, 100_000),
    ]
    assert told[1].details["retain_until"] == row.retain_until.isoformat()
    assert retire_clips(county.centre) == 0


def test_a_deleted_clip_says_so_wherever_somebody_asks_for_it(county: County, school: School, clip: str) -> None:
    pass_to(county, term_end(county) + timedelta(days=1))
    retire_clips(county.centre)
    inspector = county.account("inspector")
    for path in ("playlist.m3u8", f"clips/{clip}/playlist.m3u8", f"clips/{clip}/clip.mp4"):
        told = problem(inspector.get(f"/api/lessons/{school.lesson}/{path}"), 410, "CLIP_DELETED")
        assert "2028-11-23" in told["title_zh"]
    page = inspector.get(f"/api/lessons/{school.lesson}").json()
    assert (page["clips"][0]["state"], page["clips"][0]["playable"], page["clips"][0]["bytes_held"]) == (
        "deleted", False, 0,
    )  # fmt: skip
    head = school.box_client.head(f"/api/box/clips/{clip}")
    assert head.headers["Upload-Complete"] == "?1"  # the box is not asked for it again


class Crash(BaseException):
    """The process is gone."""


class Dying:
    """A store in which the process dies at call number `at` of the deletion, before or after it had its effect."""

    def __init__(self, store: Any, at: str, after: bool) -> None:
        self._store, self._at, self._after = store, at, after

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._store, name)
        if name != self._at:
            return real

        def call(*arguments: Any) -> Any:
            if self._after:
                real(*arguments)
            raise Crash

        return call


@pytest.mark.parametrize(("at", "after"), [("list", False), ("head", False), ("delete", False), ("delete", True)])
def test_what_a_crash_cut_off_is_finished_the_next_night(county: County, clip: str, at: str, after: bool) -> None:
    pass_to(county, term_end(county) + timedelta(days=1))
    store = county.centre.store
    object.__setattr__(county.centre, "store", Dying(store, at, after))
    with pytest.raises(Crash):
        retire_clips(county.centre)
    object.__setattr__(county.centre, "store", store)
    assert states(county) == ["deleting"]
    assert there(county, clip) is not after
    pass_to(county, county.clock.now() + timedelta(days=1))
    assert retire_clips(county.centre) == 1
    assert states(county) == ["deleted"] and not there(county, clip)
    assert [one.action for one in events(county, "clip_deleting", "clip_deleted")] == ["clip_deleting", "clip_deleted"]


def test_a_hold_that_comes_after_the_mark_stops_the_deletion(county: County, school: School, clip: str) -> None:
    pass_to(county, term_end(county) + timedelta(days=1))
    store = county.centre.store
    object.__setattr__(county.centre, "store", Dying(store, "delete", after=False))
    with pytest.raises(Crash):
        retire_clips(county.centre)
    object.__setattr__(county.centre, "store", store)
    body = {"lesson_hour_id": school.lesson, "reason": "audit", "text": "省厅审计"}
    assert county.account("inspector").post("/api/holds", json=body).status_code == 201
    pass_to(county, county.clock.now() + timedelta(days=1))
    assert retire_clips(county.centre) == 0
    assert states(county) == ["verified"] and there(county, clip)
    assert events(county, "clip_deletion_stopped")[0].details["vetoes"] == ["on_hold"]


def test_bytes_that_two_lesson_hours_need_go_only_when_both_let_them(county: County, school: School) -> None:
    content = secrets.token_bytes(50_000)
    clip = archive(county, school, content)
    archive(county, county.schools[1], content)
    with county.centre.uow.write() as session:
        later = session.query(TrainingClass).filter_by(class_no="2026-1").one()
        later.class_end += timedelta(days=10)
    pass_to(county, term_end(county) + timedelta(days=1))
    assert retire_clips(county.centre) == 0
    assert there(county, clip) and states(county) == ["verified", "verified"]
    pass_to(county, term_end(county) + timedelta(days=1))
    assert retire_clips(county.centre) == 1
    assert states(county) == ["deleted", "deleted"]


def test_a_class_that_ends_later_keeps_its_clips_longer_and_an_earlier_end_takes_nothing_back(
    county: County, clip: str
) -> None:
    before = term_end(county)

    def move(days: int) -> None:
        with county.centre.uow.write() as session:
            session.query(TrainingClass).filter_by(class_no="2026-0").one().class_end += timedelta(days=days)

    move(30)
    pass_to(county, before + timedelta(days=1))
    assert retire_clips(county.centre) == 0
    assert term_end(county) == before + timedelta(days=30)
    (raised,) = events(county, "term_raised")
    assert raised.details["why"] == "rules" and raised.details["sha256"] == clip
    move(-60)
    pass_to(county, before + timedelta(days=29))
    assert retire_clips(county.centre) == 0
    pass_to(county, before + timedelta(days=31))
    assert retire_clips(county.centre) == 1


def test_the_database_itself_refuses_a_shorter_term_and_to_forget_a_clip(county: County, clip: str) -> None:
    from sqlalchemy import delete, update
    from sqlalchemy.exc import DBAPIError

    from supervisor.lessons.models import EvidenceClip

    with pytest.raises(DBAPIError, match="never falls"), county.centre.uow.write() as session:
        session.execute(update(EvidenceClip).values(retain_until=datetime(2027, 1, 1, tzinfo=UTC)))
    with pytest.raises(DBAPIError, match="append-only"), county.centre.uow.write() as session:
        session.execute(delete(EvidenceClip))


def test_a_clock_two_years_ahead_deletes_nothing_and_says_so(county: County, school: School, clip: str) -> None:
    tell_state(county, school)
    assert retire_clips(county.centre) == 0  # the first night begins to count
    county.clock.step(3 * 366 * 86_400)
    for _ in range(3):
        retire_clips(county.centre)
        county.clock.step(86_400)
    assert there(county, clip) and states(county) == ["verified"]
    assert events(county, "retirement_waits")[0].alarm
    tell_state(county, school)  # even a box whose clock went the same way moves the day by two days a night only
    for _ in range(10):
        county.clock.step(86_400)
        tell_state(county, school)
        retire_clips(county.centre)
    assert there(county, clip)


def test_a_centre_without_any_box_knows_no_day_and_deletes_nothing(county: County, clip: str) -> None:
    pass_to(county, term_end(county) + timedelta(days=100), confirmed=False)
    assert retire_clips(county.centre) == 0
    assert there(county, clip)


class Locked:
    """A store that keeps everything until `until`, as Object Lock does."""

    def __init__(self, store: Any, until: datetime) -> None:
        self._store, self._until = store, until

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def head(self, key: str) -> ObjectInfo | None:
        found = self._store.head(key)
        return found and ObjectInfo(found.key, found.size, self._until)


def test_what_the_store_keeps_stays_and_its_time_is_the_term(county: County, clip: str) -> None:
    until = term_end(county) + timedelta(days=20)
    object.__setattr__(county.centre, "store", Locked(county.centre.store, until))
    pass_to(county, term_end(county) + timedelta(days=1))
    assert retire_clips(county.centre) == 0
    assert there(county, clip) and states(county) == ["verified"]
    (alarm,) = events(county, "clip_not_deleted")
    assert alarm.alarm and alarm.details["vetoes"] == ["locked"]
    assert term_end(county) == until + timedelta(seconds=1)
    pass_to(county, until + timedelta(days=1))
    assert retire_clips(county.centre) == 1


def test_whatever_lies_under_the_hash_goes_with_the_clip_and_nothing_else(
    county: County, school: School, clip: str
) -> None:
    """A box may have put its own object there, straight into the bucket; and there are other clips."""
    root = county.centre.store.root  # type: ignore[attr-defined]
    own = root / f"clips/{clip[:2]}/{clip}-{school.box}.mp4"
    own.write_bytes(b"not even the clip")
    other = root / f"clips/{clip[:2]}/{clip[:63]}{'0' if clip[63] != '0' else '1'}.mp4"
    other.write_bytes(b"another clip")
    pass_to(county, term_end(county) - timedelta(days=1))
    assert retire_clips(county.centre) == 0
    assert own.exists()
    pass_to(county, term_end(county) + timedelta(days=1))
    assert retire_clips(county.centre) == 1
    assert [one.key for one in county.centre.store.list()] == [other.relative_to(root).as_posix()]
