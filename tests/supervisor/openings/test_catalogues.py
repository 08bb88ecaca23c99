"""Catalogues are entered in versions, of which one is in force on a day; from a file all of it or nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import pytest

from config.errors import LessonProofError
from supervisor.openings.catalogue_sheet import read_lines
from supervisor.openings.catalogues import Term, last_days
from tests.support.county import County, post, problem

AT = datetime(2026, 1, 1, tzinfo=UTC)
LINE = {"code": "6-31-01-03", "name": "电工", "level": "5"}
BODY = {"kind": "occupation", "version": "2026-1", "valid_from": "2026-01-01", "lines": [LINE]}


@pytest.mark.rule("A-08")
def test_a_version_is_in_force_until_the_next_begins() -> None:
    first = Term("1", date(2026, 1, 1), None)
    second = Term("2", date(2026, 7, 1), date(2026, 12, 31))
    third = Term("3", date(2026, 7, 1), None)
    at = {first: AT, second: AT + timedelta(days=1), third: AT + timedelta(days=2)}
    for some in permutations(at):
        assert last_days({one: at[one] for one in some}) == {
            first: date(2026, 6, 30), second: date(2026, 6, 30), third: None,
        }  # fmt: skip
    assert last_days({second: AT}) == {second: date(2026, 12, 31)}
    assert last_days({}) == {}


def test_versions_are_published_read_and_added_to(county: County) -> None:
    handler, reader = county.account("handler"), county.account("oversight")
    problem(county.inspector.post("/api/catalogues", json=BODY), 403, "ROLE_NOT_ALLOWED")
    problem(county.schools[0].teacher.get("/api/catalogues"), 403, "ROLE_NOT_ALLOWED")
    assert reader.get("/api/catalogues").json() == []
    backwards = BODY | {"valid_to": "2025-12-31"}
    problem(handler.post("/api/catalogues", json=backwards), 422, "PERIOD_BACKWARDS")
    post(handler, "/api/catalogues", BODY, 204)
    county.clock.step(60)
    more = [LINE, LINE | {"level": "4"}, {"code": "4-03-02-01", "name": "中式烹调师", "level": "5"}]
    post(handler, "/api/catalogues", BODY | {"lines": more}, 204)
    problem(handler.post("/api/catalogues", json=BODY | {"valid_from": "2026-02-01"}), 409, "CATALOGUE_DATES")
    post(handler, "/api/catalogues", BODY | {"version": "2027-1", "valid_from": "2027-01-01"}, 204)
    bodies = [{"code": "E-1", "name": "某评价机构"}]
    post(handler, "/api/catalogues", BODY | {"kind": "evaluation_body", "lines": bodies}, 204)
    told = reader.get("/api/catalogues").json()
    assert [(one["kind"], one["version"], one["lines"], one["last_day"], one["in_force"]) for one in told] == [
        ("occupation", "2027-1", 1, None, False),
        ("occupation", "2026-1", 3, "2026-12-31", True),
        ("evaluation_body", "2026-1", 1, None, True),
    ]
    asked = {"kind": "occupation", "version": "2026-1"}
    whole = reader.get("/api/catalogues/lines", params=asked).json()
    assert (whole["total"], whole["items"][0]["name"]) == (3, "中式烹调师")
    found = reader.get("/api/catalogues/lines", params=asked | {"text": "电工"}).json()
    assert [one["level"] for one in found["items"]] == ["4", "5"]
    assert reader.get("/api/catalogues/lines", params=asked | {"text": "%"}).json() == {"total": 0, "items": []}
    assert reader.get("/api/catalogues/lines", params=asked | {"page": 2}).json() == {"total": 3, "items": []}
    unknown = reader.get("/api/catalogues/lines", params=asked | {"version": "x"})
    problem(unknown, 404, "CATALOGUE_NOT_FOUND")


def test_a_file_becomes_lines() -> None:
    text = "职业(工种)代码,职业名称,技能等级,备注\n6-31-01-03,电工,5,x\n6-31-01-03,电工,4,\n"
    assert [one.level for one in read_lines("occupation", text.encode())] == ["5", "4"]
    bodies = read_lines("evaluation_body", "代码,名称,等级\nE-1,某评价机构,5\n".encode("gb18030"))
    assert [(one.code, one.level) for one in bodies] == [("E-1", "")]


def test_every_wrong_cell_of_a_file_is_named() -> None:
    text = f"代码,名称,等级\n6-31-01-03,电工,\n1,{'长' * 129},5\n2,甲,5\n2,乙,5\n"
    with pytest.raises(LessonProofError) as told:
        read_lines("occupation", text.encode())
    assert [(one["where"], one["code"]) for one in told.value.faults] == [
        ("C2", "CELL_EMPTY"), ("B3", "CELL_TOO_LONG"), ("A5", "CELL_TWICE"),
    ]  # fmt: skip
    with pytest.raises(LessonProofError) as told:
        read_lines("occupation", "代码,名称\n1,电工\n".encode())
    assert told.value.code == "SHEET_HEADER"
