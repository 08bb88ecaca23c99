"""An opening application with everything in it, from the draft to the approval, step by step over HTTP."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import httpx
from openpyxl import Workbook

HEADER = (
    "上课日期,课别(上课内容),课时,上课开始时间,上课结束时间,"
    "上课地点(教室名称),培训教师,教师身份证号,教材名称及出版社单位,类别"
)
BASIC = "安全、消防、法制、普通话"
"""Content of a plan row that has all four parts of the basic course (B-22) in it."""
TEXT = {"text_version": "1", "text_sha256": "0" * 64}


def plan_file(rows: Sequence[Sequence[str]]) -> bytes:
    """An .xlsx with the schools' header row."""
    book = Workbook()
    for row in [HEADER.split(","), *rows]:
        book.active.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def upload(client: httpx.Client, path: str, data: bytes, **query: str) -> httpx.Response:
    return client.post(path, files={"file": ("plan.xlsx", data)}, params=query)


def declaration(theory_hours: int, practice_hours: int) -> dict[str, Any]:
    return {
        "kind": "PROJECT",
        "occupation_code": "6-31-01-03",
        "occupation_name": "电工",
        "level": "5",
        "teaching_language": "普通话",
        "theory_hours": theory_hours,
        "practice_hours": practice_hours,
        "resources": ["教材"],
        "assessment": {"method": "笔试", "date": "2026-12-30", "pass_mark": 60, "body": "own"},
    }


def complete(
    teacher: httpx.Client, responsible: httpx.Client, training: dict[str, Any], rows: Sequence[Sequence[str]]
) -> None:
    """Timetable, declaration, commitments, signature: all but the submission. `rows`: as in the schools' sheet."""
    path = f"/api/classes/{training['id']}"
    _did(upload(teacher, f"{path}/plan", plan_file(rows), basic_by_content="1"))
    hours = {kind: sum(int(row[2]) for row in rows if row[-1] == kind) for kind in ("理论", "实操")}
    _did(teacher.put(f"{path}/opening", json=declaration(hours["理论"], hours["实操"])))
    _did(responsible.post(f"{path}/commitments", json=TEXT | {"kind": "institution_notice"}))
    for person in training["roster"]:
        paper = {"kind": "trainee_statement", "roster_entry_id": person["id"], "photo_sha256": "1" * 64}
        _did(teacher.post(f"{path}/commitments", json=TEXT | paper))
    sign(responsible, path)


def sign(responsible: httpx.Client, path: str) -> None:
    shown = responsible.get(f"{path}/opening").json()
    _did(responsible.post(f"{path}/opening/sign", json={"sha256": shown["sha256"]}))


def approve(handler: httpx.Client, approver: httpx.Client, path: str) -> None:
    """The county's side, of a submitted class: the truth of each element, then the approval."""
    for element in handler.get(f"{path}/opening").json()["elements"]:
        _did(handler.post(f"{path}/reviews", json={"element": element, "result": "true"}))
    _did(approver.post(f"{path}/approve", json={}))


def _did(answer: httpx.Response) -> None:
    assert answer.is_success, f"{answer.request.url.path}: {answer.text}"
