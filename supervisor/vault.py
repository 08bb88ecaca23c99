"""The centre's own secrets: two keys in one file (0600) of the data folder, and what they protect.

Losing the file loses the ID numbers for good; it is backed up apart from the database.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12


class Vault:
    def __init__(self, encryption_key: bytes, lookup_key: bytes) -> None:
        self._cipher = AESGCM(encryption_key)
        self._lookup_key = lookup_key

    @classmethod
    def open(cls, folder: Path) -> Vault:
        """Reads `keys.json`, or makes it. Exactly one of two processes that start together makes it."""
        path = folder / "keys.json"
        folder.mkdir(parents=True, exist_ok=True)
        fresh = {name: base64.b64encode(secrets.token_bytes(32)).decode() for name in ("encryption", "lookup")}
        draft = folder / f".keys.{secrets.token_hex(8)}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            json.dump(fresh, file)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # refuses to replace: unlike rename
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        keys = json.loads(path.read_text(encoding="ascii"))
        return cls(base64.b64decode(keys["encryption"]), base64.b64decode(keys["lookup"]))

    def seal(self, text: str, row: UUID) -> bytes:
        """Encrypted for one row: moved to another row it does not open."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, text.encode(), row.bytes)

    def unseal(self, sealed: bytes, row: UUID) -> str:
        return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], row.bytes).decode()

    def lookup(self, purpose: str, text: str) -> str:
        """Keyed hash (HMAC-SHA256, hex) to find a secret again without storing it; each purpose has its own values."""
        return hmac.new(self._lookup_key, f"{purpose}\0{text}".encode(), hashlib.sha256).hexdigest()


def new_token() -> str:
    """256 random bits for a link or a cookie."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What the database keeps of a token: random enough that a plain SHA-256 is not guessed."""
    return hashlib.sha256(token.encode()).hexdigest()
