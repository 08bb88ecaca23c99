"""Conditional reads: the same answer costs a line the second time, another person's answer is another."""

from __future__ import annotations

import pytest

from supervisor.conditional import matches
from tests.support.county import County


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> County:
    return County(tmp_path_factory.mktemp("centre"))


def test_what_is_known_already_is_not_sent_again(county: County) -> None:
    first = county.inspector.get("/api/classes")
    again = county.inspector.get("/api/classes", headers={"If-None-Match": first.headers["etag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert again.headers["etag"] == first.headers["etag"] and "content-type" not in again.headers
    assert first.headers["cache-control"] == "no-store"  # by browsers


def test_another_scope_has_another_answer_and_a_stranger_none(county: County) -> None:
    etag = county.inspector.get("/api/classes").headers["etag"]
    narrow = county.schools[0].teacher.get("/api/classes", headers={"If-None-Match": etag})
    assert narrow.status_code == 200 and narrow.headers["etag"] != etag
    assert county.client().get("/api/classes", headers={"If-None-Match": etag}).status_code == 401


def test_a_change_is_seen(county: County) -> None:
    etag = county.admin.get("/api/institutions").headers["etag"]
    made = county.admin.post("/api/institutions", json={"name": "第3培训学校"})
    assert made.status_code == 201, made.text
    assert county.admin.get("/api/institutions", headers={"If-None-Match": etag}).status_code == 200


def test_other_answers_carry_no_tag_of_ours(county: County) -> None:
    class_id = county.schools[0].training["id"]
    assert "etag" not in county.inspector.get("/api/classes/none").headers
    assert "etag" not in county.inspector.get(f"/api/classes/{class_id}/attendance.csv").headers
    assert "etag" not in county.inspector.get("/login").headers


@pytest.mark.parametrize(
    ("asked", "same"), [('"a"', True), ('W/"a"', True), ('"b", "a"', True), ("*", True), ('"b"', False), ("a", False)]
)
def test_if_none_match_is_a_list_compared_weakly(asked: str, same: bool) -> None:
    assert matches(asked, '"a"') is same
