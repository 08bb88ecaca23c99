"""The forms of an opening without a browser and without a script: what comes back, what is stored, and for whom."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from supervisor.openings.models import Commitment
from tests.support.county import County, School, id_number, post
from tests.support.opening import BASIC, plan_file

PNG = b"\x89PNG\r\n\x1a\n of a signed sheet"
NEW = {"name": "电工五级", "class_no": "n-1", "opening_day": "2026-12-21", "profile": "000000-demo.3"}
BASICS = {
    "kind": "PROJECT", "occupation_code": "6-31-01-03", "occupation_name": "电工", "level": "5",
    "theory_hours": "2", "practice_hours": "0", "teaching_language": "1",
}  # fmt: skip


@pytest.fixture
def school(county: County) -> School:
    return county.schools[0]


@pytest.fixture
def responsible(county: County, school: School) -> httpx.Client:
    return county.account("responsible", school.institution)


def opened(client: httpx.Client, **changes: str) -> str:
    """The address of a new draft's application."""
    answer = client.post("/classes/new", data=NEW | changes, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def sent(client: httpx.Client, path: str, **form: Any) -> httpx.Response:
    return client.post(path, data=form, follow_redirects=False)


def files(**some: tuple[str, bytes]) -> dict[str, tuple[str, bytes]]:
    return some


def test_a_new_class_is_made_once(county: County, responsible: httpx.Client, school: School) -> None:
    path = opened(responsible)
    assert opened(responsible) == path
    taken = sent(responsible, "/classes/new", **NEW | {"name": "另一个班"})
    assert (taken.status_code, "班号已被使用" in taken.text, "另一个班" in taken.text) == (409, True, True)
    odd = sent(responsible, "/classes/new", **NEW | {"class_no": "第一班"})
    assert (odd.status_code, "「班号」没有填或填得不对" in odd.text) == (422, True)
    assert sent(school.inspector, "/classes/new", **NEW).status_code == 403
    for stranger in (county.schools[1].teacher, county.account("responsible", county.schools[1].institution)):
        assert stranger.get(path).status_code == 404
        assert sent(stranger, f"{path}/basics", **BASICS).status_code == 404
        assert sent(stranger, f"{path}/submit").status_code == 404
    assert school.inspector.get(path).status_code == 403
    assert county.approver.get(path).status_code == 200


def test_a_fault_leaves_what_was_typed_and_what_was_stored(responsible: httpx.Client) -> None:
    path = opened(responsible)
    early = sent(responsible, f"{path}/resources", resources="教材甲\n教材乙")
    assert (early.status_code, "请先填写并保存申报信息" in early.text, "教材甲\n教材乙" in early.text) == (
        409,
        True,
        True,
    )
    wrong = sent(responsible, f"{path}/basics", **BASICS | {"theory_hours": "两"})
    assert (wrong.status_code, "「理论学时」没有填或填得不对" in wrong.text) == (422, True)
    assert 'value="电工"' in wrong.text
    assert f'name="back" value="{path}"' in wrong.text  # the other language is not asked of an address for forms
    assert sent(responsible, f"{path}/basics", **BASICS).status_code == 303
    assert sent(responsible, f"{path}/resources", resources=" 教材甲 \n\n教材乙").status_code == 303
    scheme = {"method": "笔试", "date": "2026-12-30", "pass_mark": "60", "body": "own"}
    assert sent(responsible, f"{path}/assessment", **scheme).status_code == 303
    assert sent(responsible, f"{path}/basics", **BASICS | {"level": "4"}).status_code == 303
    told = responsible.get(f"/api{path}").json()["application"]
    assert (told["level"], told["teaching_language"], told["resources"]) == ("4", "普通话", ["教材甲", "教材乙"])
    assert (told["assessment"]["pass_mark"], told["assessment"]["reason"]) == (60, None)
    assert sent(responsible, f"{path}/sign", sha256="0" * 64).status_code == 409
    absent = sent(responsible, f"{path}/submit")
    assert (absent.status_code, "OPEN_MISSING_ROSTER" in absent.text) == (422, True)


def test_a_programme_of_the_county_s_catalogue_is_chosen(county: County, responsible: httpx.Client) -> None:
    line = {"code": "6-31-01-03", "name": "电工", "level": "4"}
    body = {"version": "1", "valid_from": "2026-01-01", "valid_to": "2026-12-31"}
    handler = county.account("handler")
    over = body | {"version": "0", "valid_from": "2025-01-01"}
    post(handler, "/api/catalogues", over | {"kind": "occupation", "lines": [line | {"level": "3"}]}, 204)
    post(handler, "/api/catalogues", body | {"kind": "occupation", "lines": [line]}, 204)
    school = [{"code": "E-1", "name": "某评价机构"}]
    post(handler, "/api/catalogues", body | {"kind": "evaluation_body", "lines": school}, 204)
    path = opened(responsible)
    page = responsible.get(path).text
    assert ("电工 · 四级 / 中级工 · 6-31-01-03" in page, "三级 / 高级工 · 6-31" in page) == (True, False)
    assert "某评价机构 · E-1" in page
    bare = {name: BASICS[name] for name in ("kind", "theory_hours", "practice_hours")}
    assert sent(responsible, f"{path}/basics", **bare, programme="6-31-01-03|4|电工").status_code == 303
    told = responsible.get(f"/api{path}").json()["application"]
    assert (told["occupation_code"], told["occupation_name"], told["level"]) == ("6-31-01-03", "电工", "4")


def test_files_are_taken_whole_or_pointed_at_cell_by_cell(responsible: httpx.Client, school: School) -> None:
    path = opened(responsible)
    number = id_number(100)
    bad = f"姓名,身份证号,性别\n周某,{number[:-1]},女\n吴某,{number},不详".encode()
    page = responsible.post(f"{path}/roster", files=files(file=("r.csv", bad)), follow_redirects=False)
    assert page.status_code == 422
    for part in ("B2", "C3", "不详", "个人信息,不显示", "SHEET_FAULTS"):
        assert part in page.text
    assert number[:-1] not in page.text
    good = f"姓名,身份证号,备注\n周某,{number},无".encode()
    looked = responsible.post(f"{path}/roster", files=files(file=("r.csv", good)), data={"look": "1"})
    assert ("文件没有错误:1 人" in looked.text, "不读取的列:备注" in looked.text) == (True, True)
    assert responsible.get(f"/api{path.removesuffix('/opening')}").json()["roster"] == []
    taken = responsible.post(f"{path}/roster", files=files(file=("r.csv", good)), follow_redirects=False)
    assert taken.status_code == 303
    assert number not in responsible.get(path).text

    row = ["2026-12-21", BASIC, "2", "09:00", "09:07", "教室A", "张老师", id_number(900), "教材,某社", "理论"]
    busy = ["2026-11-23", BASIC, "2", "09:00", "09:07", "教室A", "张老师", id_number(900), "教材,某社", "理论"]
    htmx = {"hx-request": "true"}
    twice = responsible.post(f"{path}/plan", files=files(file=("p.xlsx", plan_file([row, busy]))), headers=htmx)
    assert twice.status_code == 200  # htmx shows nothing else
    for part in ("PLAN_ROOM_TAKEN", "F3", "上课地点(教室名称)", "<q>教室A</q>"):
        assert part in twice.text
    taken = responsible.post(
        f"{path}/plan", files=files(file=("p.xlsx", plan_file([row]))), data={"basic": "1"}, headers=htmx
    )
    assert taken.headers["hx-redirect"].startswith(f"{path}?done=plan-")
    moments = responsible.get(f"/api{path.removesuffix('/opening')}/roster/checks").json()
    assert moments["moment"] == "demand"  # compared again, now that there is a plan
    assert "RC13" in {one["rule"] for one in moments["checks"] if one["detail"] != "NO_PLAN"}
    empty = responsible.post(f"{path}/plan", files=files(file=("p.xlsx", b"")), follow_redirects=False)
    assert (empty.status_code, "SHEET_EMPTY" in empty.text) == (422, True)


def test_one_photograph_is_for_all_who_signed_it(county: County, responsible: httpx.Client, school: School) -> None:
    path = opened(responsible)
    rows = "\n".join(f"周{name},{id_number(100 + at)}" for at, name in enumerate("甲乙丙"))
    responsible.post(f"{path}/roster", files=files(file=("r.csv", f"姓名,身份证号\n{rows}".encode())))
    people = [one["id"] for one in school.teacher.get(f"/api{path.removesuffix('/opening')}").json()["roster"]]
    form = {"kind": "trainee_statement", "text_version": "1", "entry": people[:2]}
    some = files(photo=("p.png", PNG), text=("t.txt", b"words"))

    def enter(given: dict[str, Any], made: dict[str, tuple[str, bytes]]) -> httpx.Response:
        return school.teacher.post(f"{path}/statements", data=given, files=made, follow_redirects=False)

    assert "COMMITMENT_NOBODY" in enter(form | {"entry": []}, some).text
    assert "FILE_TYPE" in enter(form, some | files(photo=("p.txt", b"no picture"))).text
    assert "COMMITMENT_NO_TEXT" in enter(form, files(photo=("p.png", PNG))).text
    for _ in range(2):  # sent twice, it is entered once
        assert enter(form, some).status_code == 303
    page = school.teacher.get(path).text
    assert "已登记 2 人,还差 1 人" in page
    last = page.split('name="last_text" value="')[1].split('"')[0]
    kept = {"kind": "trainee_statement", "last_text": last, "entry": people[2:]}
    assert enter(kept, files(photo=("p.png", PNG))).status_code == 303
    notice = {"text_version": "1"}
    own = school.teacher.post(f"{path}/notice", data=notice, files=files(text=("t.txt", b"words")))
    assert own.status_code == 403
    done = responsible.post(
        f"{path}/notice", data=notice, files=files(text=("t.txt", b"words")), follow_redirects=False
    )
    assert done.status_code == 303
    with county.centre.uow.read() as session:
        made = session.query(Commitment).filter(Commitment.text_version == "1", Commitment.kind != "x").all()
        mine = [one for one in made if str(one.class_id) in path]
    assert sorted(one.kind for one in mine) == ["institution_notice", *["trainee_statement"] * 3]
