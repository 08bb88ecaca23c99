"""The feed to the registry, over real HTTP against the reference registry."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import httpx
import pytest
from openpyxl import Workbook, load_workbook
from sqlalchemy import select

from config.clock import CHINA
from config.settings import RegistrySettings
from supervisor.classes.models import Institution, TrainingClass
from supervisor.registry.models import OutboxMessage, ReconcileReport
from supervisor.registry.reconcile import reconcile
from supervisor.registry.repository import differences
from supervisor.registry.sending import send_waiting
from tests.support.county import County, post, problem
from tests.support.registry import registry_of
from tests.support.seed import id_number


def rows(county: County, **where: Any) -> list[OutboxMessage]:
    with county.centre.uow.read() as session:
        query = select(OutboxMessage).filter_by(**where).order_by(OutboxMessage.subject, OutboxMessage.n)
        return list(session.scalars(query))


@pytest.mark.rule("A-31", "A-20")
def test_each_event_reaches_the_registry_once_and_in_order_whatever_breaks(county: County) -> None:
    school = county.schools[0]
    county.clock.step(50 * 60)
    for who in range(3):
        assert county.check_in(school, who).status_code == 200
    kinds = [row.kind for row in rows(county)]
    assert (kinds.count("roster_entry"), kinds.count("class_state"), kinds.count("check_in")) == (6, 2, 3)
    for row in rows(county):
        told = str(row.body)
        assert all(name not in told and number not in told for name, number in school.trainees)
    with registry_of(county.centre) as (reference, client):
        for fault in ("unavailable", "lose_acknowledgement"):
            reference.faults.append(fault)  # type: ignore[arg-type]
            send_waiting(county.centre, client)
            county.clock.step(3600)
        assert send_waiting(county.centre, client) > 0
        keys = list(reference.held)
        assert len(keys) == len(set(keys)) == len(rows(county))
        assert len(reference.seen) > len(keys)  # some were sent more than once, and are there once
        assert {row.state for row in rows(county)} == {"acknowledged"}
        places: dict[str, int] = {}
        for one in reference.held.values():
            assert one.n > places.get(one.subject, 0)
            places[one.subject] = one.n
        checked = next(one for one in reference.held.values() if one.kind == "check_in")
        assert (checked.fields["aac003"], checked.fields["aac002"]) in school.trainees
        county.clock.step(3600)
        assert send_waiting(county.centre, client) == 0


class _Killed(BaseException):
    pass


@pytest.mark.rule("A-31")
def test_killed_between_sending_and_keeping_the_answer(county: County, monkeypatch: pytest.MonkeyPatch) -> None:
    with registry_of(county.centre) as (reference, client):

        def die(*_: object) -> int:
            raise _Killed

        with monkeypatch.context() as killed:
            killed.setattr("supervisor.registry.sending._settle", die)
            with pytest.raises(_Killed):
                send_waiting(county.centre, client)
        assert reference.held
        assert {row.state for row in rows(county) if row.idempotency_key in reference.held} == {"sent"}
        assert send_waiting(county.centre, client) == 0  # all are claimed still
        county.clock.step(2 * 3600)
        send_waiting(county.centre, client)
        assert len(reference.held) == len(rows(county, state="acknowledged")) == 8
        assert len(reference.seen) == 16


@pytest.mark.rule("A-31")
def test_a_refused_message_holds_up_only_its_own_line_until_a_person_decides(county: County) -> None:
    school = county.schools[0]
    county.clock.step(50 * 60)
    county.check_in(school)
    handler = county.account("handler")
    with registry_of(county.centre) as (reference, client):
        reference.faults += ["refuse"] * 8
        send_waiting(county.centre, client)
        refused = rows(county, state="refused")
        assert len(refused) == 8
        assert all(number not in (row.last_error or "") for row in refused for _, number in school.trainees)
        (waiting,) = rows(county, state="waiting")
        assert waiting.kind == "check_in"
        person = next(row for row in refused if row.subject == waiting.subject)
        problem(
            county.inspector.post(f"/api/registry/messages/{person.id}/waive", json={"reason": "不必报送"}),
            403,
            "ROLE_NOT_ALLOWED",
        )
        again = post(handler, f"/api/registry/messages/{person.id}/correct", {"reason": "姓名已更正"})
        assert again["state"] == "waiting"
        problem(
            handler.post(f"/api/registry/messages/{person.id}/waive", json={"reason": "不必报送"}), 409, "MESSAGE_STATE"
        )
        send_waiting(county.centre, client)
        assert [one.kind for one in reference.held.values()] == ["roster_entry", "check_in"]
        other = next(row for row in refused if row.subject.startswith("class:"))
        assert (
            post(handler, f"/api/registry/messages/{other.id}/waive", {"reason": "登记系统已有"})["state"] == "waived"
        )


@pytest.mark.rule("A-28", "A-29")
def test_an_exempt_class_tells_its_state_and_persons_a_secret_unit_nothing(county: County) -> None:
    first, second = county.schools
    with county.centre.uow.write() as session:
        session.get_one(TrainingClass, UUID(first.training["id"])).exempt = "enterprise_staff"
        session.get_one(Institution, UUID(second.institution)).secret_related = True
    before = len(rows(county))
    county.clock.step(50 * 60)
    assert county.check_in(first).status_code == 200
    county.check_in(second)
    assert len(rows(county)) == before
    with registry_of(county.centre) as (reference, client):
        send_waiting(county.centre, client)
        assert {one.kind for one in reference.held.values()} == {"roster_entry", "class_state"}
        assert len(reference.held) == 4  # of the first only
        assert {str(row.institution_id) for row in rows(county, state="suspended")} == {second.institution}


@pytest.mark.rule("A-31", "B-13", "B-15")
def test_differences_are_listed_by_reference_and_explained(county: County) -> None:
    handler = county.account("handler")
    day = county.clock.now().astimezone(CHINA).date().isoformat()
    problem(handler.post("/api/registry/reports", json={"day": day}), 503, "REGISTRY_AWAY")
    with registry_of(county.centre) as (reference, client):
        county.clock.step(3600)
        send_waiting(county.centre, client)
        assert post(handler, "/api/registry/reports", {"day": day})["differences"] == []
        keys = sorted(reference.held)
        lost = reference.held.pop(keys[0])
        altered = reference.held[keys[-1]]
        altered.fields["aac003"] = "别人"
        strange = lost.model_copy(update={"key": "check_in:unknown"})
        reference.held[strange.key] = strange
        report = post(handler, "/api/registry/reports", {"day": day})
        found = {(one["what"], one["idempotency_key"], tuple(one["fields"])) for one in report["differences"]}
        assert found == {
            ("missing_there", lost.key, ()),
            ("differs", altered.key, ("name",)),
            ("missing_here", strange.key, ()),
        }
        assert report["open"] == 3
        for one in report["differences"]:
            told = {"reason": "登记系统维护丢失"}
            post(handler, f"/api/registry/differences/{one['id']}/explain", told)
        assert handler.get("/api/registry/reports").json()["items"][0]["open"] == 0
    asked = {"first": day, "last": day}
    lags = {one["kind"]: one for one in handler.get("/api/registry/lag", params=asked).json()}
    assert lags["class_state"]["p95_h"] == pytest.approx(1.0)
    assert (lags["class_state"]["events"], lags["class_state"]["late"]) == (2, 0)
    own = county.account("inspector", county.schools[0].institution)
    assert {one["events"] for one in own.get("/api/registry/lag", params=asked).json()} == {1, 3}
    for language in ("zh", "en"):
        handler.cookies.set("language", language)
        page = handler.get("/registry")
        assert page.status_code == 200
        assert ("实名制报送" if language == "zh" else "Real-name registry") in page.text


def test_a_slow_registry_meets_its_time_limit_and_a_dead_one_nothing_worse(tmp_path: Path) -> None:
    county = County(tmp_path / "centre")
    with registry_of(county.centre, timeout_s=0.5) as (reference, client):
        reference.slow_s = 1.5
        reference.faults.append("slow")
        send_waiting(county.centre, client)
        assert {row.last_error for row in rows(county, state="waiting")} == {"time limit"}
    county.clock.step(7200)
    send_waiting(county.centre, client)  # nobody listens any more
    assert {row.last_error for row in rows(county)} == {"ConnectError"}
    assert {row.tries for row in rows(county)} == {2}


@pytest.mark.rule("A-31")
def test_who_joins_or_leaves_after_the_opening_is_told_before_their_check_ins(county: County) -> None:
    school, handler = county.schools[0], county.account("handler")
    path = f"/api/classes/{school.training['id']}"
    joined = post(handler, f"{path}/trainees", {"name": "周某", "id_number": id_number(100)}, 201)["roster_entry_id"]
    leaver = school.training["roster"][0]["id"]
    asked = post(school.teacher, f"{path}/drop-outs", {"roster_entry_id": leaver, "reason": "外出务工"}, 201)
    county.clock.step(50 * 60)
    assert county.check_in(school, 0).is_success
    post(handler, f"/api/drop-outs/{asked['id']}/approve", {"reason": "属实"}, 200)
    told = [(row.kind, row.body.get("status")) for row in rows(county) if row.body.get("roster_entry_id") == joined]
    assert told == [("roster_entry", "active")]
    told = [(row.kind, row.body.get("status")) for row in rows(county) if row.body.get("roster_entry_id") == leaver]
    assert told == [("roster_entry", "active"), ("check_in", "accepted"), ("roster_entry", "withdrawn")]


@pytest.mark.rule("A-31")
def test_a_day_longer_than_a_page_is_compared_whole(county: County, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("supervisor.registry.reconcile.PAGE", 3)
    monkeypatch.setattr("supervisor.registry.reference.PAGE", 2)
    day = county.clock.now().astimezone(CHINA).date()
    with registry_of(county.centre) as (reference, client):
        send_waiting(county.centre, client)
        keys = sorted(reference.held)
        for lost in (keys[0], keys[3], keys[-1]):  # first, inside and last
            del reference.held[lost]
        report = reconcile(county.centre, day, "test", client)
    with county.centre.uow.read() as session:
        found = {(one.what, one.idempotency_key) for one in differences(session, report)}
        counted = session.get_one(ReconcileReport, report)
    assert found == {("missing_there", key) for key in (keys[0], keys[3], keys[-1])}
    assert (counted.local_count, counted.registry_count) == (8, 5)


def _told(path: Path) -> list[list[str]]:
    if path.suffix == ".csv":
        return [line.split(",") for line in path.read_text("utf-8-sig").splitlines()]
    return [["" if cell is None else str(cell) for cell in row] for row in load_workbook(path).active.values]  # type: ignore[union-attr]


def _sheet(kind: str, lines: list[list[str]]) -> bytes:
    if kind == "csv":
        return "".join(",".join(line) + "\n" for line in lines).encode()
    book, target = Workbook(), BytesIO()
    for line in lines:
        book.active.append(line)  # type: ignore[union-attr]
    book.save(target)
    return target.getvalue()


@pytest.mark.rule("A-31")
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_sheets_go_out_and_their_acknowledgement_comes_back(tmp_path: Path, kind: Literal["csv", "xlsx"]) -> None:
    folder = tmp_path / "out"
    county = County(tmp_path / "centre", registry=RegistrySettings(kind="file", folder=folder, sheet=kind))
    assert send_waiting(county.centre) == 8
    assert sorted(path.name.split("-")[0] for path in folder.iterdir()) == ["class_state", "roster_entry"]
    keys = [line[0] for path in folder.iterdir() for line in _told(path)[1:]]
    assert sorted(keys) == sorted(row.idempotency_key for row in rows(county))
    persons = [line for path in folder.iterdir() if path.name.startswith("roster_entry") for line in _told(path)[1:]]
    numbers = {number for school in county.schools for _, number in school.trainees}
    assert all(numbers & set(line) for line in persons)  # as text: a number cell would lose its last digits
    handler = county.account("handler")

    def bring(lines: list[list[str]]) -> httpx.Response:
        return handler.post("/api/registry/acknowledgements", files={"file": (f"回执.{kind}", _sheet(kind, lines))})

    problem(bring([["消息编号", "结果"], ["没有的", "成功"]]), 422, "ACKNOWLEDGEMENT_SHEET")
    told = [[key, "成功" if at else "失败", f"R{at}", ""] for at, key in enumerate(keys)]
    assert bring([["消息编号", "结果", "回执号", "说明"], *told]).json() == {"acknowledged": 7, "refused": 1}
    county.clock.step(timedelta(days=4).total_seconds())
    assert send_waiting(county.centre) == 0
