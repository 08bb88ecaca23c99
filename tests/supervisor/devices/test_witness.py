"""The centre as witness of a box's log: it cosigns what continues, refuses and raises what does not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from storage.evidence import merkle
from storage.evidence.checkpoint import AddCheckpoint, Checkpoint, InclusionProof, box_origin, parse_checkpoint
from storage.evidence.note import COSIGNATURE, Note, Signer, parse_lines, parse_note
from supervisor.audit import checkpoints, log
from supervisor.audit.models import AuditEvent, CentreLogRow, LogTreeNode, Receipt
from supervisor.devices import witness
from tests.support.county import County, School, problem


class BoxLog:
    """A box's log as the box has it."""

    def __init__(self, county: County, school: School) -> None:
        self.county, self.school = county, school
        self.signer = Signer(box_origin(school.box), school.key)
        self.nodes: dict[merkle.Key, bytes] = {}
        self.size = 0

    def grow(self, number: int, *, send: bool = True) -> None:
        entries = [self.county.boot_entry(name=f"host-{self.size + one}") for one in range(number)]
        leaves = [merkle.leaf_hash(entry.encode()) for entry in entries]
        self.nodes |= dict(merkle.growth(self.size, leaves, self._read))
        if send:
            body = {"from_index": self.size, "entries": entries}
            assert self.school.box_client.post("/api/box/log", json=body).status_code == 200
        self.size += number

    def checkpoint(self, size: int | None = None) -> Checkpoint:
        size = self.size if size is None else size
        return Checkpoint(self.signer.name, size, merkle.root(size, self._read))

    def ask(self, old: int, size: int | None = None, **changes: Any) -> AddCheckpoint:
        new = self.checkpoint(size)
        proof = merkle.consistency_proof(old, new.size, self._read) if old <= new.size else []
        return AddCheckpoint(**{"old_size": old, "proof": tuple(proof), "note": new.signed(self.signer)} | changes)

    def _read(self, keys: Any) -> dict[merkle.Key, bytes]:
        return {key: self.nodes[key] for key in keys}


@pytest.fixture
def box(county: County) -> BoxLog:
    return BoxLog(county, county.schools[0])


def post(county: County, request: AddCheckpoint | str) -> httpx.Response:
    return county.client().post("/witness/add-checkpoint", content=str(request).encode())


def alarms(county: County) -> list[str]:
    with county.centre.uow.read() as session:
        return list(session.scalars(select(AuditEvent.action).where(AuditEvent.alarm)))


def test_what_continues_is_cosigned_with_the_centres_time(county: County, box: BoxLog) -> None:
    box.grow(3)
    answer = post(county, box.ask(0))
    assert answer.status_code == 200
    cosigned = Note(str(box.checkpoint()), parse_lines(answer.text))
    key = county.centre.witness.verifier(COSIGNATURE)
    assert key.cosigned(cosigned) == int(county.clock.now().timestamp())
    box.grow(5)
    county.clock.sleep(60)
    assert post(county, box.ask(3)).status_code == 200
    with county.centre.uow.read() as session:
        receipts = session.scalars(select(Receipt).order_by(Receipt.size)).all()
        assert [one.size for one in receipts] == [3, 8]
        assert receipts[1].at - receipts[0].at == timedelta(seconds=60)
        assert box.signer.verifier().signed(parse_note(receipts[1].note))
        covering = witness.receipt_covering(session, receipts[0].box_id, 3)
        assert covering is not None and covering.size == 8
    assert alarms(county) == []


def test_a_lost_answer_can_be_asked_for_again(county: County, box: BoxLog) -> None:
    box.grow(3)
    first = post(county, box.ask(0))
    county.clock.sleep(10)
    again = post(county, box.ask(3))
    assert (again.status_code, again.text) == (200, first.text)


def test_who_forgot_what_was_cosigned_is_told(county: County, box: BoxLog) -> None:
    box.grow(3)
    post(county, box.ask(0))
    box.grow(1)
    answer = post(county, box.ask(0))
    assert (answer.status_code, answer.text, answer.headers["content-type"]) == (409, "3\n", "text/x.tlog.size")
    assert alarms(county) == []


def test_a_log_that_goes_back_is_refused_and_raised(county: County, box: BoxLog) -> None:
    box.grow(5)
    post(county, box.ask(0))
    assert post(county, box.ask(2, 3)).status_code == 409
    assert alarms(county) == ["log_rollback"]


@pytest.mark.parametrize("how", ["other root", "other proof", "same size"])
def test_a_fork_is_refused_and_raised(county: County, box: BoxLog, how: str) -> None:
    box.grow(4)
    post(county, box.ask(0))
    box.grow(4)
    forged = Checkpoint(box.signer.name, 4 if how == "same size" else 8, bytes(32)).signed(box.signer)
    changes = {"other root": {"note": forged}, "other proof": {"proof": (bytes(32),)}, "same size": {"note": forged}}[
        how
    ]
    answer = post(county, box.ask(4, **changes | ({"proof": ()} if how == "same size" else {})))
    assert (answer.status_code, answer.json()["code"]) == (422, "LOG_FORK")
    assert alarms(county) == ["log_fork"]


def test_a_first_checkpoint_must_be_over_the_entries_that_the_centre_holds(county: County, box: BoxLog) -> None:
    box.grow(4)
    forged = Checkpoint(box.signer.name, 4, bytes(32)).signed(box.signer)
    assert post(county, box.ask(0, note=forged)).status_code == 422
    box.grow(2, send=False)
    answer = post(county, box.ask(0))
    assert (answer.status_code, answer.json()["code"]) == (503, "LOG_NOT_HERE")


def test_only_the_boxs_own_key_counts_and_not_after_it_was_revoked(county: County, box: BoxLog) -> None:
    box.grow(2)
    other = Signer(box.signer.name, county.schools[1].key)
    assert post(county, box.ask(0, note=box.checkpoint().signed(other))).status_code == 403
    county.revoke(box.school.box)
    problem(post(county, box.ask(0, note=box.checkpoint().signed(other))), 403, "CHECKPOINT_UNSIGNED")
    problem(post(county, box.ask(0)), 403, "BOX_REVOKED")


def test_what_was_countersigned_before_a_revocation_stays_valid_and_nothing_comes_after(
    county: County, box: BoxLog
) -> None:
    box.grow(3)
    assert post(county, box.ask(0)).status_code == 200
    county.revoke(box.school.box, "stolen")
    body = {"from_index": 3, "entries": [county.boot_entry()]}
    problem(box.school.box_client.post("/api/box/log", json=body), 403, "BOX_REVOKED")
    box.grow(1, send=False)
    problem(post(county, box.ask(3)), 403, "BOX_REVOKED")
    with county.centre.uow.read() as session:
        (receipt,) = session.scalars(select(Receipt))
        note = parse_note(receipt.note)
        assert (receipt.size, receipt.root) == (3, box.checkpoint(3).root)
        assert county.centre.witness.verifier(COSIGNATURE).cosigned(note) and box.signer.verifier().signed(note)
        kinds = [row.kind for row in log.entries_about(session, f"box:{box.school.box}")]
    assert kinds[-1] == "box_revoked"
    assert alarms(county) == []


def test_what_was_cosigned_before_is_shown_again_by_anybody_without_an_alarm(county: County, box: BoxLog) -> None:
    asked = []
    for _ in range(3):
        box.grow(2)
        asked.append(box.ask(box.size - 2))
        assert post(county, asked[-1]).status_code == 200
    for request in asked:
        assert (post(county, request).status_code, post(county, request).text) == (409, "6\n")
    junk = AddCheckpoint(6, (bytes(32),), asked[-1].note)  # the newest one, with a proof that is none
    assert post(county, junk).status_code == 422
    assert alarms(county) == []


@pytest.mark.parametrize(
    "origin", ["lessonproof/box/00000000-0000-4000-8000-000000000000", "example.com/log", "lessonproof/box/x"]
)
def test_unknown_logs_are_not_found(county: County, box: BoxLog, origin: str) -> None:
    box.grow(1)
    note = Checkpoint(origin, 1, box.checkpoint().root).signed(Signer(origin, box.school.key))
    assert post(county, box.ask(0, note=note)).status_code == 404


def test_garbage_is_a_bad_request(county: County) -> None:
    answer = post(county, "old 0\n\nno note")
    assert (answer.status_code, answer.json()["code"]) == (400, "NOTE_INVALID")


def test_the_centres_own_log_holds_what_happened_and_proves_it(county: County, box: BoxLog) -> None:
    box.grow(2)
    post(county, box.ask(0))
    note = checkpoints.publish(county.centre)
    assert county.centre.log_signer.verifier().signed(note)
    assert checkpoints.publish(county.centre) == note
    size = parse_checkpoint(note).size
    with county.centre.uow.read() as session:
        rows = session.scalars(select(CentreLogRow).order_by(CentreLogRow.idx)).all()
        assert [row.idx for row in rows] == list(range(size))
        assert {"profile", "box_created", "box_enrolled", "class_approved", "receipt"} <= {row.kind for row in rows}
        for row in rows:
            hashes = log.tree_of(session).inclusion_proof(row.idx, size)
            assert InclusionProof(row.idx, tuple(hashes), note).includes(row.body.encode())
        assert [row.kind for row in log.entries_about(session, f"box:{box.school.box}")] == [
            "box_created",
            "box_enrolled",
        ]
        leaves = [merkle.leaf_hash(row.body.encode()) for row in rows]
        assert dict(merkle.growth(0, leaves, lambda _: {})) == {
            (node.level, node.idx): node.hash
            for node in session.scalars(select(LogTreeNode).where(LogTreeNode.log == "centre"))
        }


def test_what_is_rolled_back_is_not_in_the_log(county: County) -> None:
    before = checkpoints.publish(county.centre)
    with pytest.raises(RuntimeError), county.centre.uow.write() as session:
        log.note(session, log.Entry(county.clock.now(), "kind", "subject", "actor", {}))
        raise RuntimeError
    assert checkpoints.publish(county.centre) == before
