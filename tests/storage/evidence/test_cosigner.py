"""A witness's memory: on disk before a cosignature is given away; one that is not its own is refused."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from config.clock import SystemClock
from config.errors import LessonProofError
from storage.evidence import merkle
from storage.evidence.checkpoint import AddCheckpoint, Checkpoint, parse_checkpoint
from storage.evidence.cosigner import Cosigner
from storage.evidence.note import Note, Signer, parse_lines
from storage.evidence.witness import Rollback

LOG = Signer("example.com/log", Ed25519PrivateKey.from_private_bytes(b"\x01" * 32))
NODES = dict(merkle.growth(0, [merkle.leaf_hash(str(number).encode()) for number in range(9)], lambda _: {}))


def ask(old: int, new: int) -> bytes:
    def read(keys: object) -> dict[merkle.Key, bytes]:
        return {key: NODES[key] for key in keys}  # type: ignore[attr-defined]

    proof = tuple(merkle.consistency_proof(old, new, read))
    return str(AddCheckpoint(old, proof, Checkpoint(LOG.name, new, merkle.root(new, read)).signed(LOG))).encode()


@contextmanager
def cosigner(folder: Path, log: Signer = LOG, name: str | None = None) -> Iterator[Cosigner]:
    one = Cosigner(log.verifier(), folder / "key.pem", folder / "state", SystemClock(), name)
    with closing(one):
        yield one


def test_it_remembers_over_a_restart_what_it_cosigned(tmp_path: Path) -> None:
    with cosigner(tmp_path) as first:
        line = first.add_checkpoint(ask(0, 3))
        assert first.verifier.cosigned(Note(first.note.text, parse_lines(line)))
        assert LOG.verifier().signed(first.note)
    with cosigner(tmp_path) as again:
        assert again.verifier == first.verifier
        assert again.note == first.note
        with pytest.raises(Rollback) as told:
            again.add_checkpoint(ask(0, 8))
        assert told.value.size == 3
        again.add_checkpoint(ask(3, 8))
        again.add_checkpoint(ask(8, 8))
        assert parse_checkpoint(again.note).size == 8
    assert (tmp_path / "key.pem").stat().st_mode & 0o777 == 0o600


def test_a_state_that_was_put_back_shows_when_the_log_knows_better(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with cosigner(tmp_path) as one:
        one.add_checkpoint(ask(0, 3))
        shutil.copy(tmp_path / "state", tmp_path / "old")
        one.add_checkpoint(ask(3, 6))
        with pytest.raises(Rollback):
            one.add_checkpoint(ask(3, 8))
        assert not caplog.records
    shutil.copy(tmp_path / "old", tmp_path / "state")
    with cosigner(tmp_path) as put_back, pytest.raises(Rollback):
        put_back.add_checkpoint(ask(6, 8))
    assert "6 entries were cosigned here, the state file knows of 3" in caplog.text


def test_without_its_state_it_signs_nothing(tmp_path: Path) -> None:
    with cosigner(tmp_path) as one:
        one.add_checkpoint(ask(0, 3))
    (tmp_path / "state").unlink()
    for _ in range(2):
        with pytest.raises(LessonProofError, match="WITNESS_STATE_LOST"), cosigner(tmp_path):
            pass
    assert not (tmp_path / "state").exists()


def test_without_its_key_it_makes_no_new_one(tmp_path: Path) -> None:
    with cosigner(tmp_path):
        (tmp_path / "key.pem").unlink()
    with pytest.raises(LessonProofError, match="KEY_UNREADABLE"), cosigner(tmp_path):
        pass
    assert not (tmp_path / "key.pem").exists()


@pytest.mark.parametrize("state", [b"", b"garbage", b"\xff\xfe", b"example.com/log\n0\n\n"])
def test_a_damaged_state_is_refused(tmp_path: Path, state: bytes) -> None:
    with cosigner(tmp_path) as one:
        one.add_checkpoint(ask(0, 3))
    (tmp_path / "state").write_bytes(state)
    with pytest.raises(LessonProofError, match="WITNESS_STATE_INVALID"), cosigner(tmp_path):
        pass


def test_a_state_that_somebody_wrote_down_is_refused(tmp_path: Path) -> None:
    with cosigner(tmp_path) as one:
        one.add_checkpoint(ask(0, 8))
    state = tmp_path / "state"
    state.write_text(state.read_text().replace("\n8\n", "\n3\n"))
    with pytest.raises(LessonProofError, match="WITNESS_STATE_INVALID"), cosigner(tmp_path):
        pass


def test_the_state_of_another_witness_name_or_log_is_refused(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        with cosigner(tmp_path / folder) as one:
            one.add_checkpoint(ask(0, 3))
    shutil.copy(tmp_path / "a/state", tmp_path / "b/state")
    other_log = Signer("example.com/other", LOG.key)
    for folder, log, name in (("b", LOG, None), ("a", LOG, "renamed.example"), ("a", other_log, None)):
        with pytest.raises(LessonProofError, match="WITNESS_STATE_INVALID"), cosigner(tmp_path / folder, log, name):
            pass
    with cosigner(tmp_path / "a") as still:
        assert parse_checkpoint(still.note).size == 3


def test_a_new_key_of_the_log_finds_the_old_memory(tmp_path: Path) -> None:
    with cosigner(tmp_path) as one:
        one.add_checkpoint(ask(0, 3))
    with cosigner(tmp_path, Signer(LOG.name, Ed25519PrivateKey.generate())) as after:
        assert parse_checkpoint(after.note).size == 3
        with pytest.raises(LessonProofError, match="CHECKPOINT_UNSIGNED"):
            after.add_checkpoint(ask(3, 8))


def test_one_process_at_a_time_has_the_key(tmp_path: Path) -> None:
    with (
        cosigner(tmp_path),
        pytest.raises(LessonProofError, match="WITNESS_BUSY"),
        cosigner(tmp_path),
    ):
        pass


def test_what_cannot_be_written_down_is_not_signed(tmp_path: Path) -> None:
    with cosigner(tmp_path) as one:
        before = one.note
        (tmp_path / ".state.draft").mkdir()
        with pytest.raises(LessonProofError, match="WITNESS_FILE_UNWRITTEN"):
            one.add_checkpoint(ask(0, 3))
        assert one.note == before
        (tmp_path / ".state.draft").rmdir()
        one.add_checkpoint(ask(0, 3))
