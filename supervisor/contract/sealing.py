"""Selfies sealed to a box: HPKE (RFC 9180), base mode, DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-128-GCM.

P-256, because every browser's WebCrypto has it. What is sent is `enc` (65 octets) and the ciphertext, as
`supervisor/console/web/src/hpke.ts` makes them; `info` says what it was sealed as, and it opens as nothing else. The
centre has public keys only.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Annotated, Self
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import BaseModel, ConfigDict, Field, model_validator

SUITE = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_128_GCM)
OVERHEAD = 65 + 16  # octets: the encapsulated key and the tag
MOST_SEALED = 200_000  # octets; a picture of 480 x 640 has about 35 kB


class SealingKey(BaseModel):
    """A box's public key. `public_key`: the uncompressed point, 65 octets, base64; `key_id`: its SHA-256."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    key_id: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    public_key: Annotated[str, Field(min_length=88, max_length=88)]

    @classmethod
    def of(cls, key: EllipticCurvePublicKey) -> Self:
        point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return cls(key_id=hashlib.sha256(point).hexdigest(), public_key=base64.b64encode(point).decode())

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        point = base64.b64decode(self.public_key, validate=True)
        EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point)  # raises ValueError: no point of the curve
        if hashlib.sha256(point).hexdigest() != self.key_id:
            raise ValueError("key_id is not the SHA-256 of public_key")
        return self


def selfie_info(session_id: UUID, trainee: str, direction: str, made_ms: int, key_id: str) -> bytes:
    """HPKE's `info` of a selfie: the session, the roster reference, `in` or `out`, the phone's time, the box's key."""
    return f"lessonproof/selfie/1\n{session_id}\n{trainee}\n{direction}\n{made_ms}\n{key_id}\n".encode()
