"""Signed notes, checkpoints and witness messages: C2SP's own words and examples, and what must be refused."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from config.errors import LessonProofError
from storage.evidence import merkle
from storage.evidence.checkpoint import (
    AddCheckpoint,
    Checkpoint,
    InclusionProof,
    parse_add_checkpoint,
    parse_checkpoint,
    parse_proof,
)
from storage.evidence.note import COSIGNATURE, Note, Signer, parse_lines, parse_note, parse_vkey
from storage.evidence.witness import Fork, Rollback, check

VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
NOTE = """This is an example message.

— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
"""
"""The worked example of C2SP signed-note."""
LOG = Signer("example.com/log", Ed25519PrivateKey.from_private_bytes(b"\x01" * 32))
WITNESS = Signer("witness.example/w1", Ed25519PrivateKey.from_private_bytes(b"\x02" * 32))
LEAVES = [merkle.leaf_hash(str(number).encode()) for number in range(9)]
NODES = dict(merkle.growth(0, LEAVES, lambda _: {}))


def root(size: int) -> bytes:
    return merkle.root(size, lambda keys: {key: NODES[key] for key in keys})


def signed(size: int) -> Note:
    return Checkpoint(LOG.name, size, root(size)).signed(LOG)


def ask(old: int, new: int) -> AddCheckpoint:
    proof = merkle.consistency_proof(old, new, lambda keys: {key: NODES[key] for key in keys})
    return AddCheckpoint(old, tuple(proof), signed(new))


def test_the_standards_own_example_verifies() -> None:
    assert parse_vkey(VKEY).signed(parse_note(NOTE))
    assert not parse_vkey(VKEY).signed(parse_note(NOTE.replace("an example", "another")))


def test_a_verifier_key_is_read_and_written_as_it_is() -> None:
    key = LOG.verifier()
    assert parse_vkey(str(key)) == key
    assert str(key).startswith("example.com/log+")


@pytest.mark.parametrize(
    "text",
    ["", "a+b", "name+00000000+AQ==", str(LOG.verifier()).replace("log+", "other+"), "a b+1+2", "+12345678+AAAA"],
)
def test_what_is_no_verifier_key_is_refused(text: str) -> None:
    with pytest.raises(LessonProofError, match="VKEY_INVALID"):
        parse_vkey(text)


def test_a_note_says_who_signed_it_and_nothing_else_is_believed() -> None:
    note = parse_note(str(signed(3)))
    assert LOG.verifier().signed(note)
    assert not WITNESS.verifier().signed(note)
    assert not LOG.verifier().signed(Note(note.text.replace("3", "4"), note.lines))
    cosigned = note.with_lines([WITNESS.cosign(note, 1_700_000_000)])
    assert WITNESS.verifier(COSIGNATURE).cosigned(parse_note(str(cosigned))) == 1_700_000_000
    assert WITNESS.verifier(COSIGNATURE).cosigned(note) is None
    line = cosigned.lines[1]
    later = (1_700_000_001).to_bytes(8) + line.signature[8:]
    moved = Note(note.text, (type(line)(line.name, line.key_id, later),))
    assert WITNESS.verifier(COSIGNATURE).cosigned(moved) is None


def test_one_bad_line_under_a_trusted_key_spoils_the_note() -> None:
    note = signed(3)
    bad = type(note.lines[0])(LOG.name, note.lines[0].key_id, bytes(64))
    assert not LOG.verifier().signed(Note(note.text, (*note.lines, bad)))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "text\n",
        "text\n\n",
        "text\n\nno dash\n",
        "\n\n— a AAAA\n",
        "text\n\n— a AAAA",
        "t\x01\n\n— a AAAAAAAA\n",
        b"\xff\n\n",
    ],
)
def test_what_is_no_note_is_refused(text: str | bytes) -> None:
    with pytest.raises(LessonProofError, match="NOTE_INVALID"):
        parse_note(text)


def test_messages_survive_being_written_and_read() -> None:
    request = ask(3, 9)
    assert parse_add_checkpoint(str(request)) == request
    assert parse_add_checkpoint(str(ask(0, 4))) == ask(0, 4)
    assert parse_checkpoint(request.note) == Checkpoint(LOG.name, 9, root(9))
    hashes = merkle.inclusion_proof(5, 9, lambda keys: {key: NODES[key] for key in keys})
    proof = InclusionProof(5, tuple(hashes), signed(9))
    assert parse_proof(str(proof)) == proof
    assert parse_proof(str(proof).replace("\nindex", "\nextra AAAA\nindex")) == proof
    assert proof.includes(b"5")
    assert not proof.includes(b"6")
    assert parse_lines(str(WITNESS.cosign(request.note, 7)))[0].name == WITNESS.name


def test_a_witness_follows_a_log_that_grows() -> None:
    keys = [LOG.verifier()]
    known = (0, merkle.EMPTY_ROOT)
    for size in (1, 4, 4, 9):
        request = ask(known[0], size)
        assert check(request, known, keys).size == size
        known = (size, root(size))


def test_a_witness_refuses_every_other_history() -> None:
    keys, known = [LOG.verifier()], (4, root(4))
    with pytest.raises(Rollback) as told:
        check(ask(2, 9), known, keys)
    assert told.value.size == 4
    with pytest.raises(Rollback):
        check(ask(2, 3), known, keys)
    forged = Checkpoint(LOG.name, 9, bytes(32)).signed(LOG)
    with pytest.raises(Fork):
        check(AddCheckpoint(4, ask(4, 9).proof, forged), known, keys)
    with pytest.raises(Fork):
        check(AddCheckpoint(4, (), Checkpoint(LOG.name, 4, bytes(32)).signed(LOG)), known, keys)
    with pytest.raises(Fork):
        check(AddCheckpoint(0, (root(1),), signed(4)), (0, merkle.EMPTY_ROOT), keys)
    with pytest.raises(Fork):
        check(AddCheckpoint(0, (), Checkpoint(LOG.name, 0, bytes(32)).signed(LOG)), (0, merkle.EMPTY_ROOT), keys)
    with pytest.raises(LessonProofError, match="CHECKPOINT_UNSIGNED"):
        check(ask(4, 9), known, [WITNESS.verifier()])
    with pytest.raises(LessonProofError, match="CHECKPOINT_INVALID"):
        check(AddCheckpoint(5, (), signed(4)), (5, root(5)), keys)


@given(st.one_of(st.binary(max_size=300), st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace"))))
def test_garbage_is_an_error_with_a_code(data: bytes) -> None:
    for parse in (parse_note, parse_add_checkpoint, parse_proof):
        with pytest.raises(LessonProofError):
            parse(data)


@given(st.integers(0, 10_000), st.integers(0, 255))
def test_a_damaged_request_is_refused_or_means_the_same(spot: int, byte: int) -> None:
    data = bytearray(str(ask(4, 9)).encode())
    data[spot % len(data)] = byte
    try:
        checked = check(parse_add_checkpoint(bytes(data)), (4, root(4)), [LOG.verifier()])
    except LessonProofError:
        return
    assert checked == Checkpoint(LOG.name, 9, root(9))
