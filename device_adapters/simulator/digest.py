"""HTTP Digest access authentication as RTSP uses it (RFC 2617, RFC 7616), without qop, like most cameras.

One `Challenge` a connection: its nonce is random and dies with the connection, so an answer is of no use elsewhere.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from urllib.parse import urlsplit

REALM = "LessonProof practice camera"
ALGORITHMS = {"SHA-256": hashlib.sha256, "MD5": hashlib.md5}
"""In the order they are offered. MD5 is last because receivers that know only one remember the last they saw."""

_PARAMETER = re.compile(r'([a-zA-Z-]+)\s*=\s*(?:"([^"]*)"|([^\s,"]+))')


@dataclass(frozen=True, slots=True)
class Credentials:
    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Challenge:
    nonce: str = field(default_factory=lambda: secrets.token_hex(16))

    def headers(self) -> list[tuple[str, str]]:
        """The `WWW-Authenticate` headers of a 401 answer, one an algorithm."""
        return [
            ("WWW-Authenticate", f'Digest realm="{REALM}", nonce="{self.nonce}", algorithm={name}')
            for name in ALGORITHMS
        ]

    def accepts(self, authorization: str, method: str, uri: str, who: Credentials) -> bool:
        """Whether an `Authorization` header proves the password for this request; False for anything malformed."""
        scheme, _, rest = authorization.partition(" ")
        given = {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(rest)}
        algorithm = given.get("algorithm", "MD5").upper()
        if scheme.lower() != "digest" or algorithm not in ALGORITHMS or "qop" in given:
            return False
        if not _same(given.get("nonce", ""), self.nonce) or not _same(given.get("realm", ""), REALM):
            return False
        about = given.get("uri", "")
        if _path(about) != _path(uri):
            return False
        expected = response(algorithm, who, self.nonce, method, about)
        return _same(given.get("username", ""), who.user) and _same(given.get("response", "").lower(), expected)


def response(algorithm: str, who: Credentials, nonce: str, method: str, uri: str) -> str:
    """RFC 2617 §3.2.2.1 without qop: H(H(user:realm:password):nonce:H(method:uri)), lower-case hex."""

    def hashed(text: str) -> str:
        return ALGORITHMS[algorithm](text.encode()).hexdigest()

    secret = hashed(f"{who.user}:{REALM}:{who.password}")
    return hashed(f"{secret}:{nonce}:{hashed(f'{method}:{uri}')}")


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())


def _path(uri: str) -> str | None:
    try:
        return urlsplit(uri).path.rstrip("/")
    except ValueError:
        return None
