"""The mark a phone keeps: a random device number and the trainee it last checked in, sealed with the centre's key."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from uuid import UUID

from supervisor.vault import Vault, token_hash

DEVICE_COOKIE = "lessonproof_device"
DEVICE_FOR_S = 180 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Device:
    """`number`: 128 random bits, hex. `trainee_id` None: a phone that has not checked anybody in."""

    number: str
    trainee_id: UUID | None

    @property
    def hashed(self) -> str:
        return token_hash(self.number)


def read_device(vault: Vault, cookie: str | None) -> Device:
    """The phone's mark; a new one when there is none or somebody changed it."""
    text, _, seal = (cookie or "").rpartition(".")
    if text and hmac.compare_digest(vault.lookup("device", text), seal):
        number, _, trainee = text.partition(".")
        return Device(number, UUID(trainee) if trainee else None)
    return Device(secrets.token_hex(16), None)


def device_cookie(vault: Vault, device: Device) -> str:
    text = f"{device.number}.{device.trainee_id or ''}"
    return f"{text}.{vault.lookup('device', text)}"


def person_mark(vault: Vault, device: Device) -> str:
    """Tells a page of this phone whom it was made for, and nobody else anything."""
    return vault.lookup("check-in-person", f"{device.number}.{device.trainee_id or ''}")[:16]
