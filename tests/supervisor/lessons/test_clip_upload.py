from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime

import pytest

from supervisor.lessons import uploads
from tests.support.county import County, School, problem

CLIP = secrets.token_bytes(300_000)
NAME = hashlib.sha256(CLIP).hexdigest()


@pytest.fixture
def school(county: County) -> School:
    """A box whose verdict entry named CLIP."""
    school = county.schools[0]
    county.clock.step(50 * 60)
    for who in range(3):
        county.check_in(school, who)
    county.clock.step(15 * 60)
    assert county.report(school, county.verdict_entry(school, clip=CLIP)).is_success
    return school


def send(school: School, offset: int, piece: bytes, name: str = NAME):  # type: ignore[no-untyped-def]
    return school.box_client.patch(f"/api/box/clips/{name}", content=piece, headers={"Upload-Offset": str(offset)})


def test_a_clip_arrives_in_pieces_and_is_complete_when_its_digest_fits(county: County, school: School) -> None:
    head = school.box_client.head(f"/api/box/clips/{NAME}")
    assert (head.headers["Upload-Offset"], head.headers["Upload-Complete"]) == ("0", "?0")
    first = send(school, 0, CLIP[:100_000])
    assert (first.status_code, first.headers["Upload-Offset"]) == (204, "100000")
    last = send(school, 100_000, CLIP[100_000:])
    assert (last.headers["Upload-Offset"], last.headers["Upload-Complete"]) == ("300000", "?1")
    held = county.centre.store.head(uploads.object_key(NAME))
    assert held is not None and held.size == len(CLIP)
    again = send(school, 300_000, b"")  # a lost answer is asked for again
    assert again.headers["Upload-Complete"] == "?1"


def test_a_wrong_offset_is_refused_and_changes_nothing(school: School) -> None:
    send(school, 0, CLIP[:1000])
    problem(send(school, 0, CLIP[:1000]), 409, "UPLOAD_OFFSET")
    problem(send(school, 5000, CLIP[5000:6000]), 409, "UPLOAD_OFFSET")
    assert school.box_client.head(f"/api/box/clips/{NAME}").headers["Upload-Offset"] == "1000"


def test_wrong_bytes_are_found_at_the_end_and_the_upload_starts_again(county: County, school: School) -> None:
    problem(send(school, 0, b"\x00" * len(CLIP)), 422, "CLIP_DIGEST")
    assert school.box_client.head(f"/api/box/clips/{NAME}").headers["Upload-Offset"] == "0"
    assert county.centre.store.head(uploads.object_key(NAME)) is None
    assert send(school, 0, CLIP).headers["Upload-Complete"] == "?1"


@pytest.mark.parametrize(("left", "offset", "complete"), [(CLIP, "300000", "?1"), (bytes(300_000), "0", "?0")])
def test_a_death_between_the_last_byte_and_the_digest_check_is_made_good_when_the_box_asks(
    county: County, school: School, left: bytes, offset: str, complete: str
) -> None:
    part = county.centre.settings.data_dir / "uploads" / school.box / f"{NAME}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(left)
    head = school.box_client.head(f"/api/box/clips/{NAME}")
    assert (head.headers["Upload-Offset"], head.headers["Upload-Complete"]) == (offset, complete)
    assert send(school, int(offset), CLIP[int(offset) :]).headers["Upload-Complete"] == "?1"


def test_more_bytes_than_the_manifest_says_are_refused(school: School) -> None:
    problem(send(school, 0, CLIP + b"x"), 422, "CLIP_TOO_LONG")


def test_a_clip_that_no_verdict_entry_names_is_unknown_also_to_another_box(county: County, school: School) -> None:
    assert school.box_client.head(f"/api/box/clips/{'0' * 64}").status_code == 404
    other = county.schools[1]
    problem(send(other, 0, CLIP), 404, "CLIP_NOT_FOUND")
    assert other.box_client.head(f"/api/box/clips/{NAME}").status_code == 404


@pytest.mark.parametrize("offset", ["-1", "x", "", "1e3", "9" * 20])
def test_an_offset_that_is_no_number_is_refused(school: School, offset: str) -> None:
    answer = school.box_client.patch(f"/api/box/clips/{NAME}", content=b"x", headers={"Upload-Offset": offset})
    assert answer.status_code in {409, 422}
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_retention_date_is_two_years_after_the_class_end_and_only_rises(county: County, school: School) -> None:
    clip = county.inspector.get(f"/api/lessons/{school.lesson}").json()["clips"][0]
    assert datetime.fromisoformat(clip["retain_until"]).astimezone(UTC) == datetime(
        2028, 11, 23, 15, 59, 59, tzinfo=UTC
    )
    county.report(school, county.verdict_entry(school, clip=CLIP))
    again = county.inspector.get(f"/api/lessons/{school.lesson}").json()["clips"]
    assert [one["retain_until"] for one in again] == [clip["retain_until"]]
