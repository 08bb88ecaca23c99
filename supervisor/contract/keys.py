"""How a box changes its key: the old key signs the request (RFC 9421), the new one signs that it is the box's own.

Doing it again changes nothing: once the centre has taken the new key, the same message signed by it gets the same
answer, and the old key counts no more.
"""

from __future__ import annotations

import base64
from typing import Annotated, Self
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from supervisor.contract.signing import parse_public_key, public_key_text

PublicKey = Annotated[str, Field(description="Ed25519 public key, 32 bytes, base64", max_length=44)]


class KeyChange(BaseModel):
    """`POST /api/box/key`. `proof`: signature (base64) of `statement` by the key that `public_key` belongs to."""

    model_config = ConfigDict(extra="forbid")
    public_key: PublicKey
    replaces: PublicKey
    proof: Annotated[str, Field(max_length=88)]

    @classmethod
    def of(cls, box_id: str, old: Ed25519PrivateKey, new: Ed25519PrivateKey) -> Self:
        keys = public_key_text(old), public_key_text(new)
        proof = new.sign(statement(UUID(box_id), *keys))
        return cls(public_key=keys[1], replaces=keys[0], proof=base64.b64encode(proof).decode())

    def proves_possession(self, box_id: UUID) -> bool:
        """Raises LessonProofError PUBLIC_KEY_INVALID (422)."""
        key = parse_public_key(self.public_key)
        try:
            key.verify(base64.b64decode(self.proof, validate=True), statement(box_id, self.replaces, self.public_key))
        except (InvalidSignature, ValueError):
            return False
        return True


class KeyReply(BaseModel):
    """From `valid_from` on, by the centre's clock, requests and checkpoints count with `public_key` only."""

    public_key: str
    valid_from: AwareDatetime


def statement(box_id: UUID, old: str, new: str) -> bytes:
    """Nothing else that a box signs begins so: neither a checkpoint nor a request can be taken for it."""
    return f"lessonproof/box-key/1\n{box_id}\n{old}\n{new}\n".encode()
