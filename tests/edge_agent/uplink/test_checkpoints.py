"""The box signs its log and the real centre cosigns it: when, over what, and what happens when the two disagree."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select

from config.errors import LessonProofError
from edge_agent.uplink.checkpoints import EVERY_MS
from storage.evidence import log
from storage.evidence.checkpoint import box_origin, parse_checkpoint
from storage.evidence.keyfile import load
from storage.evidence.note import COSIGNATURE, Signer, parse_note
from storage.evidence.tables import CheckpointRow
from tests.support.enrolled_box import Centre, EnrolledBox


def rows(box: EnrolledBox) -> list[CheckpointRow]:
    with box.work.read() as session:
        return list(session.scalars(select(CheckpointRow).order_by(CheckpointRow.size)))


def deliver(box: EnrolledBox) -> bool:
    with box.client() as client:
        uplink = box.uplink(client)
        while uplink.outbox.deliver_batch() is not None:
            pass
        return box.checkpoints.deliver(client)


def test_a_log_that_grows_is_signed_once_a_minute(box: EnrolledBox) -> None:
    assert box.checkpoints.tick() is None  # nothing to sign
    box.boots(2)
    assert box.checkpoints.tick() is not None
    box.boots(1)
    box.clock.sleep(EVERY_MS / 1000 - 1)
    assert box.checkpoints.tick() is None
    box.clock.sleep(1)
    assert box.checkpoints.tick() is not None
    box.clock.sleep(600)
    assert box.checkpoints.tick() is None  # no entry since
    assert [row.size for row in rows(box)] == [2, 3]
    for row in rows(box):
        note = parse_note(row.note)
        assert Signer(box_origin(box.box_id), load(box.paths.key)).verifier().signed(note)
        with box.work.read() as session:
            assert parse_checkpoint(note).root == log.tree(session).root(row.size)


def test_a_verdict_is_signed_at_once(box: EnrolledBox) -> None:
    box.boots(1)
    box.checkpoints.tick()
    box.judged_with_clip(b"clip")
    assert box.checkpoints.tick() is not None
    assert box.checkpoints.tick() is None


def test_a_clock_set_back_does_not_stop_the_signing(box: EnrolledBox) -> None:
    box.boots(1)
    box.checkpoints.tick()
    box.boots(1)
    box.clock.step(-3600)
    assert box.checkpoints.tick() is not None


def test_the_centre_cosigns_what_it_holds_and_the_box_keeps_it(box: EnrolledBox, centre: Centre) -> None:
    box.boots(3)
    box.checkpoints.tick()
    assert deliver(box)
    assert not deliver(box)  # nothing new
    box.boots(700)
    box.clock.sleep(60)
    box.checkpoints.tick()
    assert deliver(box)
    witness = centre.county.centre.witness.verifier(COSIGNATURE)
    for row in rows(box):
        at = witness.cosigned(parse_note(row.note))
        assert at is not None
        assert row.cosigned_ms == at * 1000
    assert [row.size for row in rows(box)] == [3, 703]


def test_after_an_outage_only_the_newest_is_shown(box: EnrolledBox, centre: Centre) -> None:
    centre.stop()
    for _ in range(3):
        box.boots(1)
        box.clock.sleep(60)
        box.checkpoints.tick()
        with pytest.raises(LessonProofError, match="CENTRE_UNREACHABLE"):
            deliver(box)
    centre.start()
    assert deliver(box)
    assert [row.cosigned_ms is not None for row in rows(box)] == [False, False, True]


def test_a_box_that_lost_its_receipts_asks_from_where_the_centre_stands(box: EnrolledBox) -> None:
    box.boots(5)
    box.checkpoints.tick()
    deliver(box)
    with box.work.write() as session:
        session.execute(delete(CheckpointRow))
    box.boots(4)
    box.checkpoints.tick()
    assert deliver(box)


def test_a_box_that_was_rolled_back_learns_it(box: EnrolledBox) -> None:
    box.boots(5)
    box.checkpoints.tick()
    deliver(box)
    box.roll_back(3)
    box.checkpoints.tick()
    with box.client() as client, pytest.raises(LessonProofError, match="LOG_FORK"):
        box.checkpoints.deliver(client)


def test_a_cosignature_by_another_key_is_not_kept(box: EnrolledBox, centre: Centre) -> None:
    from edge_agent.remembered import Fact, remember

    box.boots(1)
    box.checkpoints.tick()
    with box.work.write() as session:
        other = Signer(centre.county.centre.witness.name, load(box.paths.key)).verifier(COSIGNATURE)
        remember(session, Fact.CENTRE_WITNESS, str(other))
    with pytest.raises(LessonProofError, match="COSIGNATURE_INVALID"):
        deliver(box)
    assert rows(box)[0].cosigned_ms is None
