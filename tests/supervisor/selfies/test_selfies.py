"""Selfies at the centre: by separate consent only, kept sealed, answered by their own box, gone in time; a hint."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import cv2
import httpx
import numpy as np
import pytest
from sqlalchemy import select, update

from edge_agent.identity.sealing import SealingKeys
from supervisor.audit.models import AuditEvent
from supervisor.classes.models import TrainingClass
from supervisor.contract.evidence import canonical_json
from supervisor.contract.sealing import MOST_SEALED
from supervisor.devices.models import Box
from supervisor.jobs import JOBS
from supervisor.selfies.service import MOST_TAKEN, forget_selfies
from supervisor.tables import METADATA
from tests.support.county import County, School, post, problem
from tests.support.databases import KINDS, centre_database
from tests.support.selfies import offer, path_of, phone_of, rows, say, sealed_for, selfie_county

PICTURE = cv2.imencode(".jpg", np.full((64, 48, 3), 90, np.uint8))[1].tobytes()
ENGINE = {"name": "sface", "model_sha256": "0" * 64, "engine": "openvino", "threshold": 0.4}


@pytest.fixture(params=KINDS)
def county(request: pytest.FixtureRequest, tmp_path: Path, database_servers: None) -> County:
    return selfie_county(tmp_path / "centre", centre_database(request.param, tmp_path))


@pytest.fixture
def keys(tmp_path: Path, county: County) -> SealingKeys:
    return SealingKeys(tmp_path / "sealing", county.clock)


@pytest.fixture
def agreed(county: County, keys: SealingKeys) -> tuple[School, httpx.Client, dict[str, object]]:
    """Trainee 0 checked in and agreed; what the centre told the phone."""
    school = county.schools[0]
    offer(county, school, keys)
    phone = phone_of(county, school)
    say(phone, school, True)
    return school, phone, door(phone, school)


def door(phone: httpx.Client, school: School) -> dict[str, object]:
    told: dict[str, object] = phone.get(f"{path_of(school)}/selfie").json()
    return told


def send(phone: httpx.Client, school: School, body: object) -> httpx.Response:
    return phone.post(f"{path_of(school)}/selfie", json=body)


def result(county: County, school: School, selfie: str, result: str, similarity: float | None = None) -> None:
    entry = {"kind": "selfie", "at": 1_795_000_000_000, "selfie_id": selfie, "result": result,
             "similarity": similarity, "engine": ENGINE if similarity is not None else None}  # fmt: skip
    assert county.report(school, canonical_json(entry).decode()).is_success


def check_ins(county: County, school: School) -> list[dict[str, object]]:
    found: list[dict[str, object]] = county.inspector.get(f"/api/lessons/{school.lesson}").json()["check_ins"]
    return found


@pytest.mark.rule("A-13")
def test_it_is_taken_only_where_all_agree_and_after_the_check_in(county: County, keys: SealingKeys) -> None:
    school = county.schools[0]
    problem(county.client().get(f"{path_of(school)}/selfie"), 401, "PHONE_UNKNOWN")
    phone = phone_of(county, school)
    assert (door(phone, school)["closed"], door(phone, school)["key"]) == ("not_offered", None)  # the box takes none
    offer(county, school, keys)
    told = door(phone, school)
    assert told["closed"] == "no_consent"
    problem(send(phone, school, sealed_for(told, PICTURE)), 403, "SELFIE_NO_CONSENT")
    say(phone, school, True, "face")  # another purpose
    problem(send(phone, school, sealed_for(told, PICTURE)), 403, "SELFIE_NO_CONSENT")
    say(phone, school, True)
    assert door(phone, school)["closed"] is None
    problem(send(county.client(), school, sealed_for(told, PICTURE)), 401, "PHONE_UNKNOWN")
    assert send(phone, school, sealed_for(told, PICTURE)).status_code == 201
    offer(county, school, None)
    problem(send(phone, school, sealed_for(told, PICTURE)), 409, "SELFIE_NOT_OFFERED")
    county.clock.step(4 * 3600)
    offer(county, school, keys)
    problem(send(phone, school, sealed_for(told, PICTURE)), 409, "SELFIE_OVER")
    assert len(rows(county)) == 1


def test_rules_without_selfies_take_none_and_their_notice_is_the_old_one(tmp_path: Path) -> None:
    county = County(tmp_path / "centre", profile="000000-demo.2", plan_minutes=90)
    school = county.schools[0]
    county.clock.step(40 * 60)
    keys = SealingKeys(tmp_path / "sealing", county.clock)
    offer(county, school, keys)
    phone = phone_of(county, school)
    assert "自拍" not in phone.get(f"{path_of(school)}/notice").json()["zh"]
    assert phone.get(f"{path_of(school)}/my-data").json()["selfies_offered"] is False
    say(phone, school, True)
    told = door(phone, school) | {"key": keys.current().model_dump(), "direction": "in"}
    problem(send(phone, school, sealed_for(told, PICTURE)), 409, "SELFIE_NOT_OFFERED")


def test_the_notice_says_all_of_it(county: County) -> None:
    notice = county.client().get(f"{path_of(county.schools[0])}/notice").json()
    for said in ("单独同意", "中心看不到照片", "最多等 7 天", "保存 30 天", "不改变签到和课时"):
        assert said in notice["zh"]
    assert "the centre cannot see it" in notice["en"]
    kinds = {one["kind"]: one["days"] for one in county.inspector.get("/api/privacy/retention").json()}
    assert (kinds["selfie_sealed"], kinds["selfie_result"]) == (7, 30)


def test_the_centre_keeps_what_only_the_box_opens(county: County, keys: SealingKeys, agreed) -> None:
    school, phone, told = agreed
    sent = post(phone, f"{path_of(school)}/selfie", sealed_for(told, PICTURE), 201)
    assert (sent["via"], sent["result"]) == ("file", None)
    with county.centre.uow.read() as session:
        for table in METADATA.sorted_tables:
            for row in session.execute(select(table)):
                for value in row:
                    octets = bytes(value) if isinstance(value, (bytes, memoryview)) else str(value).encode()
                    assert b"\xff\xd8\xff" not in octets and PICTURE[100:140] not in octets, table
    (waits,) = school.box_client.get("/api/box/target").json()["selfies"]
    assert (waits["session_id"], waits["trainee"]) == (told["session_id"], told["trainee"])
    fetched = school.box_client.get(f"/api/box/selfies/{waits['selfie_id']}")
    assert fetched.content == rows(county)[0].sealed
    other = county.schools[1].box_client
    assert other.get("/api/box/target").json()["selfies"] == []
    problem(other.get(f"/api/box/selfies/{waits['selfie_id']}"), 404, "SELFIE_NOT_FOUND")
    problem(phone.get(f"/api/box/selfies/{waits['selfie_id']}"), 401, "SIGNATURE_INVALID")


def test_the_answer_is_a_hint_beside_the_check_in_and_changes_nothing(county: County, agreed) -> None:
    school, phone, told = agreed
    before = check_ins(county, school)
    assert before[0]["selfie"] is None
    post(phone, f"{path_of(school)}/selfie", sealed_for(told, PICTURE), 201)
    selfie = str(rows(county)[0].id)
    result(county, county.schools[1], selfie, "MATCH", 0.99)  # another box's word is nobody's
    assert check_ins(county, school)[0]["selfie"]["result"] is None
    result(county, school, selfie, "NO_MATCH", 0.12)
    (shown,) = check_ins(county, school)
    assert shown["selfie"] | {"received_at": ""} == {
        "direction": "in", "received_at": "", "via": "file", "result": "NO_MATCH", "similarity": 0.12, "threshold": 0.4,
    }  # fmt: skip
    assert {**shown, "selfie": None} == before[0]
    (row,) = rows(county)
    assert row.sealed is None and row.compared_at is not None
    assert school.box_client.get("/api/box/target").json()["selfies"] == []
    result(county, school, selfie, "MATCH", 0.9)  # the first answer stays
    result(county, school, str(uuid4()), "CANNOT_OPEN")  # of one that is gone: nothing to do, and no alarm
    assert check_ins(county, school)[0]["selfie"]["result"] == "NO_MATCH"
    (mine,) = phone.get(f"{path_of(school)}/my-data").json()["selfies"]
    assert mine["result"] == "NO_MATCH"


def test_it_may_be_replaced_twice(county: County, agreed) -> None:
    school, phone, told = agreed
    for number in range(1, MOST_TAKEN + 1):
        post(phone, f"{path_of(school)}/selfie", sealed_for(told, PICTURE), 201)
        (row,) = rows(county)
        assert row.taken == number
    assert door(phone, school)["closed"] == "none_left"
    problem(send(phone, school, sealed_for(told, PICTURE)), 429, "SELFIE_NONE_LEFT")
    county.clock.step(100 * 60)
    out = {"direction": "out", "idempotency_key": "o" * 20}
    post(phone, path_of(school), out, 200)
    told = door(phone, school)
    assert (told["closed"], told["direction"], told["left"]) == (None, "out", MOST_TAKEN)
    post(phone, f"{path_of(school)}/selfie", sealed_for(told, PICTURE), 201)
    assert {row.direction for row in rows(county)} == {"in", "out"}


@pytest.mark.parametrize("sealed", [b"", b"x" * 81, b"x" * (MOST_SEALED + 1)])
def test_of_a_size_that_cannot_be(county: County, agreed, sealed: bytes) -> None:
    school, phone, told = agreed
    body = sealed_for(told, PICTURE) | {"sealed": base64.b64encode(sealed).decode()}
    problem(send(phone, school, body), 413, "SELFIE_SIZE")
    problem(send(phone, school, body | {"sealed": "abc"}), 422, "REQUEST_INVALID")
    assert rows(county) == []


def test_another_key_of_the_box_asks_the_phone_to_begin_anew(county: County, keys: SealingKeys, agreed) -> None:
    school, phone, told = agreed
    keys.renew()
    offer(county, school, keys)
    problem(send(phone, school, sealed_for(told, PICTURE)), 409, "SELFIE_KEY_CHANGED")
    assert send(phone, school, sealed_for(door(phone, school), PICTURE)).status_code == 201
    wrong = {"key_id": "0" * 64, "public_key": keys.current().public_key}
    with county.centre.uow.read() as session:
        state = dict(session.get_one(Box, UUID(school.box)).state or {})
    problem(school.box_client.post("/api/box/state", json=state | {"sealing_key": wrong}), 422, "REQUEST_INVALID")


@pytest.mark.rule("A-20")
def test_withdrawing_deletes_them_and_nobody_is_asked_again(county: County, agreed) -> None:
    school, phone, told = agreed
    post(phone, f"{path_of(school)}/selfie", sealed_for(told, PICTURE), 201)
    selfie = str(rows(county)[0].id)
    result(county, school, selfie, "MATCH", 0.6)
    post(phone, f"{path_of(school)}/selfie", sealed_for(told, PICTURE), 201)
    say(phone, school, False)
    assert rows(county) == []
    assert check_ins(county, school)[0]["selfie"] is None
    assert check_ins(county, school)[0]["status"] == "accepted"
    assert school.box_client.get("/api/box/target").json()["selfies"] == []
    problem(send(phone, school, sealed_for(told, PICTURE)), 403, "SELFIE_NO_CONSENT")
    with county.centre.uow.read() as session:
        gone = session.scalars(select(AuditEvent).where(AuditEvent.action == "selfies_deleted")).one()
    assert gone.details == {"rows": 1, "reason": "withdrawn"}
    assert selfie not in json.dumps([event_text(one) for one in events(county)])


def events(county: County) -> list[AuditEvent]:
    with county.centre.uow.read() as session:
        return list(session.scalars(select(AuditEvent)))


def event_text(one: AuditEvent) -> str:
    return f"{one.actor} {one.action} {one.subject} {one.details}"


def test_what_no_box_answers_goes_and_so_does_an_old_answer(county: County, agreed) -> None:
    school, phone, told = agreed
    post(phone, f"{path_of(school)}/selfie", sealed_for(told, PICTURE), 201)
    assert JOBS["forget_selfies"][0] is forget_selfies
    county.clock.step(timedelta(days=7).total_seconds() - 60)
    assert forget_selfies(county.centre) == 0
    result(county, school, str(rows(county)[0].id), "NO_FACE")
    county.clock.step(timedelta(days=30).total_seconds() - 60)
    assert forget_selfies(county.centre) == 0
    county.clock.step(60)
    assert forget_selfies(county.centre) == 1
    assert rows(county) == []


def test_a_sealed_one_waits_for_its_days_only(county: County, agreed) -> None:
    school, phone, told = agreed
    post(phone, f"{path_of(school)}/selfie", sealed_for(told, PICTURE), 201)
    county.clock.step(timedelta(days=7).total_seconds())
    assert forget_selfies(county.centre) == 1
    assert school.box_client.get("/api/box/target").json()["selfies"] == []


def test_who_is_erased_leaves_none(county: County, agreed) -> None:
    school, phone, told = agreed
    post(phone, f"{path_of(school)}/selfie", sealed_for(told, PICTURE), 201)
    asked = post(phone, f"{path_of(school)}/rights-requests", {"kind": "delete", "words": "请删除"}, 201)["id"]
    with county.centre.uow.write() as session:
        session.execute(update(TrainingClass).values(status="voided"))
    handler = county.account("handler")
    post(handler, f"/api/rights-requests/{asked}/answer", {"result": "done", "words": "已删除"}, 200)
    assert rows(county) == []
