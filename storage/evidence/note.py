"""Signed notes (C2SP signed-note): a text, and lines of signatures under it that anybody can check with a verifier key.

    <text, ends with a newline>
    <empty line>
    — <key name> <base64(4 bytes key id || signature)>

Signature types here: 0x01, Ed25519 over the text, as logs sign; 0x04, the timestamped Ed25519 cosignature/v1 of
witnesses (C2SP tlog-cosignature). Lines of other types and of unknown keys are kept and mean nothing.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from config.errors import LessonProofError

ED25519 = 0x01
COSIGNATURE = 0x04
LONGEST = 64 * 1024  # bytes of a note
_MOST_LINES = 100
_TIME_BYTES = 8


@dataclass(frozen=True, slots=True)
class SignatureLine:
    name: str
    key_id: bytes
    signature: bytes

    def __str__(self) -> str:
        return f"— {self.name} {_base64(self.key_id + self.signature)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """`text` ends with a newline."""

    text: str
    lines: tuple[SignatureLine, ...] = ()

    def __str__(self) -> str:
        return self.text + "\n" + "".join(map(str, self.lines))

    def with_lines(self, lines: Iterable[SignatureLine]) -> Note:
        """The same text with further signatures; a line that is there already is not added twice."""
        return replace(self, lines=tuple(dict.fromkeys((*self.lines, *lines))))


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key under a name. As text, a `vkey`: `<name>+<key id, hex>+<base64(type || public key)>`."""

    name: str
    kind: int
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public_key).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{_base64(bytes([self.kind]) + self.public_key)}"

    def signed(self, note: Note) -> bool:
        """Whether a line of `note` is this key's signature (type 0x01) over its text. A line under this key's name and
        id that does not verify makes the answer no, whatever other lines say (signed-note)."""
        found = [self._valid(line.signature, note.text.encode()) for line in self.lines_in(note)]
        return self.kind == ED25519 and bool(found) and all(found)

    def cosigned(self, note: Note) -> int | None:
        """When (seconds since 1970) this witness saw the text, by its own clock; None: it did not. The earliest, if
        several lines say so."""
        times = []
        for line in self.lines_in(note):
            at, signature = int.from_bytes(line.signature[:_TIME_BYTES]), line.signature[_TIME_BYTES:]
            if self.kind != COSIGNATURE or not self._valid(signature, _cosigned_message(note.text, at)):
                return None
            times.append(at)
        return min(times, default=None)

    def lines_in(self, note: Note) -> list[SignatureLine]:
        """Those under this key's name and id; whether they are right is not asked here."""
        return [line for line in note.lines if (line.name, line.key_id) == (self.name, self.key_id)]

    def _valid(self, signature: bytes, message: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key under a name. One key serves one type only."""

    name: str
    key: Ed25519PrivateKey

    def verifier(self, kind: int = ED25519) -> Verifier:
        return Verifier(self.name, kind, self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))

    def sign(self, text: str) -> Note:
        line = SignatureLine(self.name, self.verifier().key_id, self.key.sign(text.encode()))
        return Note(text, (line,))

    def cosign(self, note: Note, at: int) -> SignatureLine:
        """A cosignature/v1 over the note's text; `at`: seconds since 1970."""
        signature = at.to_bytes(_TIME_BYTES) + self.key.sign(_cosigned_message(note.text, at))
        return SignatureLine(self.name, self.verifier(COSIGNATURE).key_id, signature)


def parse_vkey(text: str) -> Verifier:
    """Raises LessonProofError VKEY_INVALID."""
    parts = text.strip().split("+", 2)
    try:
        name, key_id, encoded = parts
        raw = _decoded(encoded)
        verifier = Verifier(_checked_name(name), raw[0], raw[1:])
        if verifier.key_id.hex() != key_id or verifier.kind not in (ED25519, COSIGNATURE) or len(raw) != 33:
            raise ValueError
    except (ValueError, IndexError):
        raise LessonProofError(
            "VKEY_INVALID",
            status=422,
            zh="不是 C2SP 验证密钥(名称+标识+base64)",
            en="not a C2SP verifier key (name+id+base64)",
        ) from None
    return verifier


def parse_note(data: str | bytes) -> Note:
    """Raises LessonProofError NOTE_INVALID."""
    try:
        text = data.decode() if isinstance(data, bytes) else data
        if len(text) > LONGEST or any(ord(letter) < 32 and letter != "\n" for letter in text):
            raise ValueError
        body, gap, tail = text.rpartition("\n\n")
        if not gap or not body or not tail.endswith("\n"):
            raise ValueError
        return Note(body + "\n", parse_lines(tail))
    except (ValueError, UnicodeDecodeError):
        raise LessonProofError(
            "NOTE_INVALID", status=400, zh="不是 C2SP 签名文本", en="not a signed note (C2SP signed-note)"
        ) from None


def parse_lines(text: str) -> tuple[SignatureLine, ...]:
    """Signature lines alone, as a witness answers. Raises ValueError."""
    lines = text.splitlines()
    if not lines or len(lines) > _MOST_LINES:
        raise ValueError("no signature lines, or far too many")
    return tuple(map(_line, lines))


def _line(text: str) -> SignatureLine:
    dash, name, encoded = text.split(" ")
    raw = _decoded(encoded)
    if dash != "—" or len(raw) <= 4:
        raise ValueError("not a signature line")
    return SignatureLine(_checked_name(name), raw[:4], raw[4:])


def _checked_name(name: str) -> str:
    if not name or "+" in name or any(letter.isspace() for letter in name):
        raise ValueError("not a key name")
    return name


def _cosigned_message(text: str, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None
