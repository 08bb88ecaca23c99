"""WS-UsernameToken with PasswordDigest (OASIS WSS UsernameToken Profile 1.1 §3.1), checked as a strict camera does.

Created is compared with the camera's own clock, however wrong it is; a nonce is good once.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from datetime import datetime, timedelta

from device_adapters.simulator.digest import Credentials
from device_adapters.simulator.onvif.soap import NS, Element

_CREATED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)
_DIGEST_TYPE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest"
_BASE64 = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"
_NONCE_MAX = 128  # octets
_NONCES_MAX = 4096  # remembered; the oldest goes first


class TokenCheck:
    """One a camera: remembers the nonces it has seen. `refusal` says why not, for the log; the client never learns."""

    def __init__(self, who: Credentials, *, skew_s: float, zulu_only: bool) -> None:
        self._who, self._skew, self._zulu_only = who, timedelta(seconds=skew_s), zulu_only
        self._seen: dict[bytes, float] = {}  # nonce: when, monotonic

    def refusal(self, header: Element | None, now: datetime, monotonic: float) -> str | None:
        """None: the token in this SOAP header is good. `now` is the camera's clock."""
        token = None if header is None else header.find("wsse:Security/wsse:UsernameToken", NS)
        if token is None:
            return "no token"
        user, nonce_text = token.findtext("wsse:Username", "", NS), token.findtext("wsse:Nonce", "", NS)
        created, password = token.findtext("wsu:Created", "", NS), token.find("wsse:Password", NS)
        if password is None or password.get("Type") != _DIGEST_TYPE:
            return "not a password digest"
        if token.find("wsse:Nonce", NS) is None or token.find("wsse:Nonce", NS).get("EncodingType", _BASE64) != _BASE64:
            return "no nonce in base64"
        try:
            nonce = base64.b64decode(nonce_text, validate=True)
        except (binascii.Error, ValueError):
            return "nonce is not base64"
        if not 1 <= len(nonce) <= _NONCE_MAX:
            return "nonce of no use"
        expected = base64.b64encode(
            hashlib.sha1(nonce + created.encode() + self._who.password.encode()).digest()  # noqa: S324 - the standard's
        )
        proof = (password.text or "").strip().encode()
        if not hmac.compare_digest(proof, expected) or not hmac.compare_digest(user.encode(), self._who.user.encode()):
            return "wrong user or password"
        return self._staleness(created, now) or self._replay(nonce, monotonic)

    def _staleness(self, created: str, now: datetime) -> str | None:
        if not _CREATED.fullmatch(created):
            return "Created is not a time with a zone"
        if self._zulu_only and not created.endswith("Z"):
            return "Created does not end in Z"
        try:
            off = abs(datetime.fromisoformat(created) - now)
        except (ValueError, OverflowError):
            return "Created is not a time"
        return f"Created is {off} off this camera's clock" if off > self._skew else None

    def _replay(self, nonce: bytes, monotonic: float) -> str | None:
        # A replay is stale after two skews, whichever side of now it was created on.
        for old in [seen for seen, at in self._seen.items() if monotonic - at > 2 * self._skew.total_seconds()]:
            del self._seen[old]
        if nonce in self._seen:
            return "nonce seen before"
        if len(self._seen) >= _NONCES_MAX:
            del self._seen[next(iter(self._seen))]
        self._seen[nonce] = monotonic
        return None
