"""The code on the classroom's screen that changes every few seconds (RULES 2.5): being able to read it is being there.

Derivation: step = floor(Unix time in s / qr_period_s); code = the first 5 bytes of HMAC-SHA256(session secret, step as
8 bytes, big endian) in Base32 (RFC 4648): 8 letters and digits without 0, 1, 8 and 9, which people misread.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from enum import StrEnum

from config.profile import CheckInRules

_BYTES = 5  # 40 bits: 8 characters of Base32


class CodeCheck(StrEnum):
    """What the code of a check-in is worth."""

    NONE = "none"  # not given
    VALID = "valid"
    EXPIRED = "expired"  # of another time, of another session, or invented
    REPLAY = "replay"  # this person has used it already


def step_at(at: datetime, rules: CheckInRules) -> int:
    return int(at.timestamp()) // rules.qr_period_s


def step_ends(step: int, at: datetime, rules: CheckInRules) -> datetime:
    """When the screen shows the next code, in the zone of `at`."""
    left = (step + 1) * rules.qr_period_s - at.timestamp()
    return at + timedelta(seconds=left)


def rotating_code(secret: bytes, step: int) -> str:
    return base64.b32encode(hmac.digest(secret, step.to_bytes(8, "big"), hashlib.sha256)[:_BYTES]).decode()


def scan_address(public_url: str, session_code: str) -> str:
    """What a rotating code is put behind to make the address that a phone scans.

    In capitals where the session's code is: QR writes capitals and digits in little more than half the room, and up to
    61 of them are a picture of version 3-M. Scheme and host mean the same in capitals; a path below the host stays as
    it is.
    """
    if not (session_code.isalnum() and session_code == session_code.upper()):
        return f"{public_url}/c/{session_code}?code="
    scheme, separator, rest = public_url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme.upper()}{separator}{host.upper()}{slash}{path}/C/{session_code}/"


def step_of(secret: bytes, code: str, at: datetime, rules: CheckInRules) -> int | None:
    """The step `code` (any case) belongs to, `qr_skew_steps` before to after now; None: it is of none of them."""
    now = step_at(at, rules)
    given = code.strip().upper().encode()
    for step in range(max(0, now - rules.qr_skew_steps), now + rules.qr_skew_steps + 1):
        if hmac.compare_digest(rotating_code(secret, step).encode(), given):
            return step
    return None
