"""Log entries reach a real centre in order, each once, whatever is stopped, lost or restored in between."""

from __future__ import annotations

import pytest

from config.errors import LessonProofError
from edge_agent.remembered import Fact, recall_int, remember
from edge_agent.uplink import outbox as outbox_module
from edge_agent.uplink.client import CentreAway
from edge_agent.uplink.outbox import Outbox
from storage.evidence.tables import ClipRow, LogRow
from tests.support.enrolled_box import Centre, EnrolledBox


def delivered(box: EnrolledBox) -> int:
    with box.work.read() as session:
        return recall_int(session, Fact.LOG_DELIVERED)


def drain(outbox: Outbox) -> int:
    """Deliver until nothing waits; the number of batches."""
    batches = 0
    while outbox.deliver_batch() is not None:
        batches += 1
        assert batches < 100
    return batches


def test_entries_arrive_in_batches_in_order_and_once(centre: Centre, box: EnrolledBox) -> None:
    box.boots(1100)
    with box.client() as client:
        outbox = Outbox(box.work, client)
        assert outbox.backlog() == 1100
        assert drain(outbox) == 3
        assert outbox.backlog() == 0
        assert outbox.deliver_batch() is None
    assert centre.entries(box.box_id) == box.log_bodies()


def test_a_batch_is_bounded_in_bytes_but_never_empty(
    centre: Centre, box: EnrolledBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_module, "BATCH_BYTES", 5000)
    box.boots(7, size=2000)
    box.boots(1, size=9000)  # alone larger than a batch
    with box.client() as client:
        assert drain(Outbox(box.work, client)) == 5
    assert centre.entries(box.box_id) == box.log_bodies()


def test_nothing_is_lost_or_doubled_when_the_centre_is_away_in_between(centre: Centre, box: EnrolledBox) -> None:
    box.boots(3)
    with box.client() as client:
        outbox = Outbox(box.work, client)
        drain(outbox)
        centre.stop()
        box.boots(4)
        with pytest.raises(CentreAway):
            outbox.deliver_batch()
        assert outbox.backlog() == 4
        centre.start()
        drain(outbox)
    assert centre.entries(box.box_id) == box.log_bodies()


def test_a_receipt_lost_on_the_way_costs_nothing(centre: Centre, box: EnrolledBox) -> None:
    """The centre committed, the box was killed before it could remember: it sends again, the centre skips."""
    box.boots(5)
    with box.client() as client:
        drain(Outbox(box.work, client))
        with box.work.write() as session:
            remember(session, Fact.LOG_DELIVERED, 2)
        drain(Outbox(box.work, client))
    assert centre.entries(box.box_id) == box.log_bodies()
    assert delivered(box) == 5


def test_a_hole_is_filled_from_where_the_centre_says(centre: Centre, box: EnrolledBox) -> None:
    """The centre came back from an older backup, so to say: it has less than the box remembers."""
    box.boots(5)
    with box.work.write() as session:
        remember(session, Fact.LOG_DELIVERED, 4)
    with box.client() as client:
        drain(Outbox(box.work, client))
    assert centre.entries(box.box_id) == box.log_bodies()


def test_a_box_rolled_back_is_refused_and_drops_nothing(centre: Centre, box: EnrolledBox) -> None:
    box.boots(5)
    with box.client() as client:
        outbox = Outbox(box.work, client)
        drain(outbox)
        box.roll_back(2)
        with box.work.write() as session:
            remember(session, Fact.LOG_DELIVERED, 2)
        box.clock.sleep(60)
        box.boots(1)  # another third entry
        with pytest.raises(LessonProofError) as caught:
            outbox.deliver_batch()
    assert caught.value.code == "LOG_FORK"
    assert outbox.backlog() == 1


def test_a_box_whose_log_is_shorter_than_the_centres_says_so(centre: Centre, box: EnrolledBox) -> None:
    box.boots(5)
    with box.client() as client:
        outbox = Outbox(box.work, client)
        drain(outbox)
        with box.work.write() as session:
            session.query(LogRow).filter(LogRow.idx >= 3).delete()
            remember(session, Fact.LOG_DELIVERED, 0)
        with pytest.raises(LessonProofError) as caught:
            outbox.deliver_batch()
    assert caught.value.code == "LOG_FORK"


def test_a_clock_far_off_is_refused_with_a_hint(centre: Centre, box: EnrolledBox) -> None:
    from config.clock import ManualClock

    box.boots(1)
    box.clock = ManualClock(box.clock.now())
    box.clock.step(3600)
    with box.client() as client, pytest.raises(LessonProofError) as caught:
        Outbox(box.work, client).deliver_batch()
    assert caught.value.code == "SIGNATURE_INVALID"
    assert "时钟" in caught.value.zh


def test_a_centre_that_lost_a_verdict_gets_its_clip_again(centre: Centre, box: EnrolledBox) -> None:
    box.boots(1)
    sha256 = box.judged_with_clip(b"a clip")
    with box.work.write() as session:
        remember(session, Fact.LOG_DELIVERED, 2)
        session.get_one(ClipRow, sha256).delivered = True
    box.boots(1)
    with box.client() as client:
        drain(Outbox(box.work, client))
    assert centre.entries(box.box_id) == box.log_bodies()
    assert box.delivered() == {sha256: False}
