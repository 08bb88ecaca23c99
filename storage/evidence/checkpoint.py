"""Checkpoints (C2SP tlog-checkpoint), proofs of inclusion in one (C2SP tlog-proof), and what a log asks of a witness
(C2SP tlog-witness): texts in, values out, and back.

A checkpoint's text is three lines: origin (the log's name), size (entries), root (base64). Extension lines are not used
here, and ignored where others use them.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass

from config.errors import LessonProofError
from storage.evidence import merkle
from storage.evidence.note import Note, Signer, parse_note

_NUMBER = re.compile(r"0|[1-9][0-9]{0,14}")  # exact in JSON, so that it can be told in an entry
_PROOF = "c2sp.org/tlog-proof@v1"


def box_origin(box_id: str) -> str:
    """The name of a box's log, and of the key that signs it."""
    return f"lessonproof/box/{box_id}"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """`root`: 32 bytes over entries 0 … size-1."""

    origin: str
    size: int
    root: bytes

    def __str__(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    def signed(self, signer: Signer) -> Note:
        return signer.sign(str(self))


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """`note`: the signed checkpoint that the hashes lead to."""

    index: int
    hashes: tuple[bytes, ...]
    note: Note

    def __str__(self) -> str:
        return f"{_PROOF}\nindex {self.index}\n{_lines(self.hashes)}\n{self.note}"

    def includes(self, entry: bytes) -> bool:
        """Whether the checkpoint's tree has `entry` at `index`. Who signed the checkpoint is not asked here."""
        tree = parse_checkpoint(self.note)
        return merkle.proves_inclusion(merkle.leaf_hash(entry), self.index, tree.size, self.hashes, tree.root)


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """The body of `POST …/add-checkpoint`: the size that the witness has signed before, the proof from there, the new
    checkpoint."""

    old_size: int
    proof: tuple[bytes, ...]
    note: Note

    def __str__(self) -> str:
        return f"old {self.old_size}\n{_lines(self.proof)}\n{self.note}"


def parse_checkpoint(note: Note) -> Checkpoint:
    """Raises LessonProofError CHECKPOINT_INVALID."""
    lines = note.text.split("\n")
    try:
        origin, size, encoded = lines[:3]
        if not origin or not _NUMBER.fullmatch(size):
            raise ValueError
        return Checkpoint(origin, int(size), _hash(encoded))
    except ValueError:
        raise _invalid("检查点", "checkpoint") from None


def parse_proof(data: str | bytes) -> InclusionProof:
    """Raises LessonProofError CHECKPOINT_INVALID, NOTE_INVALID."""
    head, note = _divided(data)
    if len(head) > 1 and head[1].startswith("extra "):  # anybody's words; nothing here asks for them
        del head[1]
    if len(head) < 2 or head[0] != _PROOF:
        raise _invalid("存证证明", "proof")
    return InclusionProof(_number(head[1], "index"), _hashes(head[2:]), note)


def parse_add_checkpoint(data: str | bytes) -> AddCheckpoint:
    """Raises LessonProofError CHECKPOINT_INVALID, NOTE_INVALID."""
    head, note = _divided(data)
    return AddCheckpoint(_number(head[0], "old"), _hashes(head[1:]), note)


def _divided(data: str | bytes) -> tuple[list[str], Note]:
    """The lines before the first empty one, and the note after it."""
    try:
        text = data.decode() if isinstance(data, bytes) else data
    except UnicodeDecodeError:
        raise _invalid("检查点", "checkpoint") from None
    head, gap, rest = text.partition("\n\n")
    if not gap:
        raise _invalid("检查点", "checkpoint")
    return head.split("\n"), parse_note(rest)


def _number(line: str, word: str) -> int:
    name, _, digits = line.partition(" ")
    if name != word or not _NUMBER.fullmatch(digits):
        raise _invalid("检查点", "checkpoint")
    return int(digits)


def _hashes(lines: Sequence[str]) -> tuple[bytes, ...]:
    if len(lines) > merkle.LONGEST_PROOF:
        raise _invalid("存证证明", "proof")
    try:
        return tuple(map(_hash, lines))
    except ValueError:
        raise _invalid("存证证明", "proof") from None


def _hash(line: str) -> bytes:
    try:
        value = base64.b64decode(line, validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None
    if len(value) != 32:
        raise ValueError("not a SHA-256 hash")
    return value


def _lines(hashes: Sequence[bytes]) -> str:
    return "".join(base64.b64encode(value).decode() + "\n" for value in hashes)


def _invalid(zh: str, en: str) -> LessonProofError:
    return LessonProofError(
        "CHECKPOINT_INVALID", status=400, zh=f"{zh}格式不正确(C2SP tlog)", en=f"malformed {en} (C2SP tlog)"
    )
