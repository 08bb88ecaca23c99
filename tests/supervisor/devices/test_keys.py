"""A box changes its key: once, provably its own, on record, and never back."""

from __future__ import annotations

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from config.clock import epoch_ms
from supervisor.audit.log import entries_about
from supervisor.contract.evidence import canonical_json
from supervisor.contract.keys import KeyChange
from supervisor.contract.signing import public_key_text
from supervisor.devices.models import BoxKey
from tests.support.county import County, School, enrol_request, post, problem


def ask(client: httpx.Client, change: KeyChange, **other: str) -> httpx.Response:
    return client.post("/api/box/key", json=change.model_dump() | other)


def wanted(school: School, new: Ed25519PrivateKey) -> KeyChange:
    return KeyChange.of(school.box, school.key, new)


def test_the_new_key_counts_and_the_old_one_no_more(county: County) -> None:
    school, new = county.schools[0], Ed25519PrivateKey.generate()
    county.clock.step(100)
    change, renewed = wanted(school, new), county.box_client(school.box, new)
    assert renewed.get("/api/box/target").status_code == 401
    first = ask(school.box_client, change)
    county.clock.step(100)
    problem(school.box_client.get("/api/box/target"), 401, "SIGNATURE_INVALID")
    problem(ask(school.box_client, change), 401, "SIGNATURE_INVALID")
    assert renewed.get("/api/box/target").status_code == 200
    assert (first.status_code, ask(renewed, change).json()) == (200, first.json())
    with county.centre.uow.read() as session:
        (former,) = session.scalars(select(BoxKey))
        assert (former.public_key, str(former.box_id)) == (change.replaces, school.box)
        assert (former.valid_until - former.valid_from).total_seconds() == 100
        entry = entries_about(session, f"box:{school.box}")[-1]
    assert entry.body.encode() == canonical_json(
        {
            "kind": "box_key_rotated",
            "at": epoch_ms(former.valid_until),
            "subject": f"box:{school.box}",
            "actor": f"box:{school.box}",
            "details": {"key": change.public_key, "replaces": change.replaces},
        }
    )


def test_a_key_comes_from_its_holder_and_replaces_the_present_one(county: County) -> None:
    mine, other = county.schools
    new = Ed25519PrivateKey.generate()
    change = wanted(mine, new)
    problem(ask(mine.box_client, change, public_key=public_key_text(other.key)), 422, "KEY_PROOF_INVALID")
    problem(ask(mine.box_client, change, public_key="x"), 422, "PUBLIC_KEY_INVALID")
    problem(ask(mine.box_client, change, proof="?"), 422, "KEY_PROOF_INVALID")
    problem(ask(other.box_client, change), 422, "KEY_PROOF_INVALID")  # it was made for another box
    problem(ask(mine.box_client, KeyChange.of(mine.box, other.key, new)), 409, "KEY_SUPERSEDED")
    problem(ask(mine.box_client, wanted(mine, other.key)), 409, "PUBLIC_KEY_TAKEN")
    assert mine.box_client.get("/api/box/target").status_code == 200


def test_a_former_key_never_comes_back(county: County) -> None:
    school, new = county.schools[0], Ed25519PrivateKey.generate()
    assert ask(school.box_client, wanted(school, new)).is_success
    back = KeyChange.of(school.box, new, school.key)
    problem(ask(county.box_client(school.box, new), back), 409, "PUBLIC_KEY_TAKEN")
    made = post(county.admin, "/api/boxes", {"site_id": school.site, "name": "二号"})
    enrolling = county.client().post("/api/box/enrol", json=enrol_request(made["code"], school.key))
    problem(enrolling, 409, "PUBLIC_KEY_TAKEN")


def test_why_and_when_a_box_was_revoked_is_on_record_and_names_stay_out_of_the_log(county: County) -> None:
    school = county.schools[0]
    path = f"/api/boxes/{school.box}/revoke"
    for bad in (None, {}, {"reason": "because"}):
        problem(county.admin.post(path, json=bad), 422, "REQUEST_INVALID")
    post(county.admin, path, {"reason": "stolen", "remark": " 门卫王某报告 "}, 204)
    told = county.clock.now()
    county.clock.step(60)
    post(county.admin, path, {"reason": "other"}, 204)
    (box,) = [each for each in county.admin.get("/api/boxes").json()["items"] if each["id"] == school.box]
    assert (box["revoked_reason"], box["revoked_remark"]) == ("stolen", "门卫王某报告")
    assert box["revoked_at"] == told.isoformat().replace("+00:00", "Z")
    with county.centre.uow.read() as session:
        entries = [row.body for row in entries_about(session, f"box:{school.box}") if row.kind == "box_revoked"]
    assert len(entries) == 1 and '"reason":"stolen"' in entries[0] and "王某" not in entries[0]
    answer = problem(school.box_client.get("/api/box/target"), 403, "BOX_REVOKED")
    assert "被盗" in answer["title_zh"] and "stolen" in answer["title"] and "王某" not in str(answer)


@pytest.mark.parametrize("reason", ["lost", "stolen", "replaced", "closed", "key_exposed", "tampered", "other"])
def test_every_reason_has_its_words(county: County, reason: str) -> None:
    county.revoke(county.schools[0].box, reason)
    problem(county.schools[0].box_client.get("/api/box/target"), 403, "BOX_REVOKED")
