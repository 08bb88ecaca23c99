"""Who may ask for raw recording, of what, how often; what is written down; and how long it stays."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from config.clock import epoch_ms
from supervisor.contract.evidence import canonical_json
from supervisor.lessons.models import ViewLog
from supervisor.retention.retire import retire_clips
from supervisor.spans import service
from supervisor.spans.files import key_of, store_of
from supervisor.spans.models import RawSpan
from supervisor.spans.retire import retire_spans
from tests.support.archived import events, pass_to
from tests.support.county import START, County, School, post, problem
from tests.support.seed import clip as film

START_MS = epoch_ms(START)


@pytest.fixture
def school(county: County) -> School:
    """Its first lesson hour is over."""
    county.clock.step(3600 + 600)
    return county.schools[0]


@pytest.fixture(scope="module")
def content() -> bytes:
    return film(seconds=10, brightness=90)


def wanted(school: School, start_s: float = 10, end_s: float = 40, **changes: Any) -> dict[str, Any]:
    whole = {"camera_id": school.camera, "start": START_MS + round(start_s * 1000)}
    return whole | {"end": START_MS + round(end_s * 1000), "reason": "alert"} | changes


def ask(client: httpx.Client, school: School, *stretch: float, **changes: Any) -> httpx.Response:
    return client.post(f"/api/lessons/{school.lesson}/spans", json=wanted(school, *stretch, **changes))


def answered(county: County, school: School, span: dict[str, Any], content: bytes | None, **changes: Any) -> None:
    """The box's answer, and the bytes where there are any."""
    sha256 = hashlib.sha256(content or b"").hexdigest()
    same = {"lesson_hour_id": school.lesson, "camera_id": school.camera}
    file = same | {
        "sha256": sha256, "bytes": len(content or b""), "start_ms": span["start"], "end_ms": span["end"],
        "media_ms": 10_000, "codec": "h264", "width": 160, "height": 96,
    }  # fmt: skip
    entry = same | {
        "kind": "span", "at": epoch_ms(county.clock.now()), "span_id": span["id"], "start_ms": span["start"],
        "end_ms": span["end"], "file": file if content else None, "failure": None if content else "not_recorded",
        "gaps": [],
    }  # fmt: skip
    assert county.report(school, canonical_json(entry | changes).decode()).is_success
    if content:
        school.box_client.patch(f"/api/box/spans/{span['id']}", content=content, headers={"Upload-Offset": "0"})


def rows(county: County) -> list[RawSpan]:
    with county.centre.uow.read() as session:
        return list(session.scalars(select(RawSpan).order_by(RawSpan.asked_at, RawSpan.id)))


def register(county: County) -> list[tuple[str, str]]:
    with county.centre.uow.read() as session:
        return [(row.what, row.reason) for row in session.scalars(select(ViewLog).order_by(ViewLog.at, ViewLog.id))]


def test_it_is_asked_of_the_box_and_written_down(county: County, school: School) -> None:
    made = ask(county.inspector, school).json()
    assert (made["state"], made["who"], made["reason"], made["held"]) == ("asked", "李某", "alert", 0)
    assert register(county) == [("recording", "alert")]
    (event,) = events(county, "span_asked")
    assert event.details["span"] == made["id"] and event.details["start_ms"] == made["start"]
    (told,) = school.box_client.get("/api/box/target").json()["spans"]
    assert (told["span_id"], told["camera_id"], told["start_ms"]) == (made["id"], school.camera, made["start"])
    assert told["lesson_start_ms"] == START_MS
    assert county.schools[1].box_client.get("/api/box/target").json()["spans"] == []


def test_the_same_stretch_is_fetched_once_whoever_asks(county: County, school: School) -> None:
    first, again = ask(county.inspector, school).json(), ask(school.inspector, school).json()
    assert first["id"] == again["id"] and len(rows(county)) == 1
    assert register(county) == [("recording", "alert")] * 2


@pytest.mark.parametrize(
    ("stretch", "status", "code"),
    [
        ((-1, 30), 422, "SPAN_OUTSIDE_LESSON"),
        ((180, 211), 422, "SPAN_OUTSIDE_LESSON"),
        ((40, 10), 422, "REQUEST_INVALID"),
        ((0, 901), 422, "REQUEST_INVALID"),
    ],
)
def test_what_cannot_be_had_is_refused(
    county: County, school: School, stretch: tuple[float, float], status: int, code: str
) -> None:
    problem(ask(county.inspector, school, *stretch), status, code)
    assert rows(county) == [] and register(county) == []


def test_not_before_it_is_over_and_not_after_the_box_let_it_go(county: County, school: School) -> None:
    county.clock.step(-600 + 20)  # 20 s into the lesson hour
    problem(ask(county.inspector, school, 0, 30), 422, "SPAN_NOT_YET")
    assert ask(county.inspector, school, 0, 15).status_code == 201
    county.clock.step(200 * 86_400)
    problem(ask(county.inspector, school, 0, 20), 410, "SPAN_GONE")
    hold = {"lesson_hour_id": school.lesson, "reason": "audit", "text": "x"}
    post(county.inspector, "/api/holds", hold, 201)
    assert ask(county.inspector, school, 0, 20).status_code == 201


def test_only_inspectors_of_that_institution_ask_and_only_the_supervision_looks(
    county: County, school: School, content: bytes
) -> None:
    for client in (
        school.teacher,
        county.approver,
        county.admin,
        county.account("third_party", expires_at=county.clock.now() + timedelta(days=9)),
    ):
        problem(ask(client, school), 403, "ROLE_NOT_ALLOWED")
    problem(ask(county.schools[1].inspector, school), 404, "LESSON_NOT_FOUND")
    made = ask(county.inspector, school).json()
    answered(county, school, made, content)
    for path in ("", "/playlist.m3u8", "/span.mp4"):
        assert county.account("oversight").get(f"/api/spans/{made['id']}{path}").status_code == 200
        problem(school.teacher.get(f"/api/spans/{made['id']}{path}"), 403, "ROLE_NOT_ALLOWED")
        problem(county.schools[1].inspector.get(f"/api/spans/{made['id']}{path}"), 404, "SPAN_NOT_FOUND")
    problem(county.inspector.get(f"/api/spans/{school.lesson}"), 404, "SPAN_NOT_FOUND")


def test_each_viewing_is_in_the_register_before_the_first_byte(county: County, school: School, content: bytes) -> None:
    made = ask(county.inspector, school).json()
    answered(county, school, made, content)
    county.clock.step(3600)
    for _ in range(3):
        county.inspector.get(f"/api/spans/{made['id']}/span.mp4?reason=appeal")
    assert register(county) == [("recording", "alert"), ("recording", "appeal")]


def test_so_many_a_day_and_the_next_day_again(county: County, school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MOST_A_DAY", 2)
    for number in range(2):
        assert ask(county.inspector, school, number, 30).status_code == 201
    problem(ask(county.inspector, school, 2, 30), 429, "SPANS_TODAY")
    assert ask(county.inspector, school, 1, 30).status_code == 201  # which is on its way already
    assert ask(school.inspector, school, 3, 30).status_code == 201
    county.clock.step(86_400)
    assert ask(county.inspector, school, 2, 30).status_code == 201


def test_an_answer_to_what_nobody_asked_is_an_alarm(county: County, school: School, content: bytes) -> None:
    made = ask(county.inspector, school).json()
    other = county.schools[1]
    answered(county, other, made, None)
    answered(county, school, made, None, start_ms=made["start"] + 1)
    assert [event.alarm for event in events(county, "span_not_asked_for")] == [True, True]
    assert [row.state for row in rows(county)] == ["asked"]
    answer = other.box_client.patch(f"/api/box/spans/{made['id']}", content=b"x", headers={"Upload-Offset": "0"})
    problem(answer, 404, "SPAN_NOT_FOUND")


def test_other_bytes_than_the_box_named_are_not_taken(county: County, school: School, content: bytes) -> None:
    made = ask(county.inspector, school).json()
    answered(county, school, made, content[:-1] + b"!")
    (row,) = rows(county)
    assert row.state == "here"
    second = ask(county.inspector, school, 11, 40).json()
    answered(county, school, second, None, failure=None, file=row.manifest)
    sent = school.box_client.patch(
        f"/api/box/spans/{second['id']}", content=content[:-1] + b"?", headers={"Upload-Offset": "0"}
    )
    problem(sent, 422, "CLIP_DIGEST")
    assert school.box_client.head(f"/api/box/spans/{second['id']}").headers["Upload-Offset"] == "0"
    assert [event.alarm for event in events(county, "span_digest_wrong")] == [True]


def test_its_short_term_a_lock_that_stretches_it_and_its_end(county: County, school: School, content: bytes) -> None:
    made = ask(county.inspector, school).json()
    answered(county, school, made, content)
    (row,) = rows(county)
    assert row.retain_until is not None
    over = row.retain_until + timedelta(days=3)
    pass_to(county, row.retain_until)
    assert retire_spans(county.centre) == 0
    hold = post(county.inspector, "/api/holds", {"lesson_hour_id": school.lesson, "reason": "audit", "text": "x"}, 201)
    pass_to(county, over)
    assert retire_spans(county.centre) == 0
    assert county.inspector.get(f"/api/spans/{made['id']}/span.mp4").content == content
    post(county.account("inspector"), f"/api/holds/{hold['id']}/lift", {"text": "x"}, 200)
    retire_clips(county.centre)
    assert retire_spans(county.centre) == 1
    assert store_of(county.centre).head(key_of(row)) is None
    problem(county.inspector.get(f"/api/spans/{made['id']}/span.mp4"), 410, "SPAN_DELETED")
    (event,) = events(county, "span_deleted")
    assert event.details["sha256"] == hashlib.sha256(content).hexdigest()
    assert retire_spans(county.centre) == 0
