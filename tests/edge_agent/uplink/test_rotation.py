"""The box changes its key at a real centre; killed anywhere on the way, the next round ends with one key for both."""

from __future__ import annotations

import json
import shutil
import threading

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import select
from typer.testing import CliRunner, Result

from config.clock import SystemClock
from config.errors import LessonProofError
from edge_agent.checks.centre import key_change
from edge_agent.cli import app
from edge_agent.identity.sealing import SealingKeys
from edge_agent.opening import OpenBox, RunLock
from edge_agent.paths import BoxPaths
from edge_agent.remembered import Fact, remember
from edge_agent.uplink.rotation import wish
from storage.database.engine import UnitOfWork
from storage.evidence.checkpoint import box_origin
from storage.evidence.keyfile import load
from storage.evidence.note import Signer, parse_note
from storage.evidence.tables import CheckpointRow
from supervisor.contract.keys import KeyChange
from supervisor.contract.signing import public_key_text
from tests.support.enrolled_box import Centre, EnrolledBox

NEVER = threading.Event()  # never set


def one_round(box: EnrolledBox) -> None:
    with box.client() as client:
        box.uplink(client).round(NEVER, box.state)


def told(box: EnrolledBox) -> list[str]:
    return [entry["public_key"] for entry in map(json.loads, box.log_bodies()) if entry["kind"] == "key"]


def signed_by(box: EnrolledBox) -> dict[int, str]:
    """Size of each checkpoint → by which key; and whether the centre cosigned it."""
    keys = {"now": load(box.paths.key), "before": load(box.paths.key.with_suffix(".old.pem"))}
    with box.work.read() as session:
        rows = session.scalars(select(CheckpointRow).order_by(CheckpointRow.size)).all()
    return {
        row.size: f"{name}{' cosigned' if row.cosigned_ms else ''}"
        for row in rows
        for name, key in keys.items()
        if Signer(box_origin(box.box_id), key).verifier().signed(parse_note(row.note))
    }


def test_the_new_key_signs_everything_from_the_next_round_on(centre: Centre, box: EnrolledBox) -> None:
    box.boots(2)
    box.checkpoints.tick()
    one_round(box)
    before = load(box.paths.key)
    box.boots(1)
    box.clock.sleep(60)
    box.checkpoints.tick()  # not shown before the key changes
    wish(box.paths)
    assert [found.code for found in key_change(OpenBox(box.work, box.paths))] == ["KEY_WAITS"]
    one_round(box)
    assert list(key_change(OpenBox(box.work, box.paths))) == []
    now = public_key_text(load(box.paths.key))
    assert now != public_key_text(before)
    assert told(box) == [now]
    assert signed_by(box) == {2: "before cosigned", 3: "now cosigned"}
    assert centre.entries(box.box_id) == box.log_bodies()
    assert not box.paths.next_key.exists()


def test_a_change_goes_on_beside_the_signing_of_the_log(box: EnrolledBox) -> None:
    """The uplink changes the key while another thread signs: no checkpoint is left under the old one."""
    stop = threading.Event()
    with box.client() as client:
        checkpoints = box.checkpoints

        def sign() -> None:
            while not stop.is_set():
                box.boots(1)
                box.clock.sleep(60)
                checkpoints.tick()

        thread = threading.Thread(target=sign)
        thread.start()
        for _ in range(3):
            wish(box.paths)
            assert box.rotation(client, checkpoints).carry_out()
        stop.set()
        thread.join()
        assert set(signed_by(box).values()) == {"now"}


def test_killed_after_the_centre_had_the_key_and_before_the_box_knew(centre: Centre, box: EnrolledBox) -> None:
    box.boots(2)
    wish(box.paths)
    new = load(box.paths.next_key)
    with box.client() as client:
        client.change_key(KeyChange.of(box.box_id, load(box.paths.key), new))
    one_round(box)
    assert public_key_text(load(box.paths.key)) == public_key_text(new)
    assert told(box) == [public_key_text(new)]
    assert centre.entries(box.box_id) == box.log_bodies()


@pytest.mark.parametrize("moment", ["before the file", "amid the files"])
def test_killed_before_the_file_took_its_place(centre: Centre, box: EnrolledBox, moment: str) -> None:
    old = box.paths.key.with_suffix(".old.pem")
    wish(box.paths)
    one_round(box)
    shutil.copyfile(box.paths.key, box.paths.next_key)
    shutil.copyfile(old, box.paths.key)
    if moment == "before the file":
        old.unlink()
    new = public_key_text(load(box.paths.next_key))
    one_round(box)
    assert public_key_text(load(box.paths.key)) == new
    assert told(box) == [new]
    assert centre.entries(box.box_id) == box.log_bodies()


def test_without_the_centre_nothing_changes_and_a_later_round_does_it(centre: Centre, box: EnrolledBox) -> None:
    key = box.paths.key.read_bytes()
    wish(box.paths)
    wanted = box.paths.next_key.read_bytes()
    centre.stop()
    one_round(box)
    wish(box.paths)
    assert (box.paths.key.read_bytes(), box.paths.next_key.read_bytes()) == (key, wanted)
    centre.start()
    one_round(box)
    assert box.paths.key.read_bytes() == wanted


def test_a_centre_that_refuses_the_key_still_gets_the_facts(centre: Centre, box: EnrolledBox) -> None:
    box.boots(2)
    taken = centre.county.schools[1].key
    box.paths.next_key.write_bytes(taken.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    one_round(box)
    assert centre.entries(box.box_id) == box.log_bodies()
    assert told(box) == []
    with box.client() as client, pytest.raises(LessonProofError, match="PUBLIC_KEY_TAKEN"):
        box.rotation(client).carry_out()


def by_command(box: EnrolledBox, *more: str) -> Result:
    return CliRunner().invoke(app, ["rotate-key", "--data", str(box.paths.data_dir), *more])


@pytest.fixture
def enrolled_now(centre: Centre, box: EnrolledBox) -> EnrolledBox:
    """Known to the command, which has the time from the machine."""
    box.clock.step((SystemClock().now() - box.clock.now()).total_seconds())
    with box.work.write() as session:
        remember(session, Fact.BOX_ID, box.box_id)
        remember(session, Fact.CENTRE_URL, centre.url)
    return box


def test_the_command_changes_the_key_of_a_box_that_is_not_at_work(enrolled_now: EnrolledBox) -> None:
    before = public_key_text(load(enrolled_now.paths.key))
    done = by_command(enrolled_now)
    now = public_key_text(load(enrolled_now.paths.key))
    assert done.exit_code == 0 and now in done.output
    assert now != before
    with enrolled_now.client() as client:
        assert client.target(None).state is not None


def test_the_command_leaves_the_change_to_the_box_at_work(enrolled_now: EnrolledBox) -> None:
    with RunLock(enrolled_now.paths.data_dir):
        done = by_command(enrolled_now)
        assert done.exit_code == 0 and "next exchange" in done.output
        wanted = enrolled_now.paths.next_key.read_bytes()
        one_round(enrolled_now)
    assert enrolled_now.paths.key.read_bytes() == wanted


def test_the_command_needs_an_enrolled_box(fresh: tuple[UnitOfWork, BoxPaths]) -> None:
    done = CliRunner().invoke(app, ["rotate-key", "--data", str(fresh[1].data_dir)])
    assert isinstance(done.exception, LessonProofError) and done.exception.code == "NOT_ENROLLED"
    assert not fresh[1].next_key.exists()


def test_the_key_of_selfies_is_renewed_with_it_where_there_is_one(enrolled_now: EnrolledBox) -> None:
    keys = SealingKeys(enrolled_now.paths.sealing, enrolled_now.clock)
    before = keys.current()
    assert by_command(enrolled_now).exit_code == 0
    assert keys.current() == before  # this box takes no selfies
    config = enrolled_now.paths.data_dir / "edge.toml"
    config.write_text("identity = true\nselfies = true\n", encoding="utf-8")
    assert by_command(enrolled_now, "--config", str(config)).exit_code == 0
    assert keys.current() != before
