"""HTTP Digest (RFC 7616) as cameras' web servers do it: MD5, qop=auth, one nonce for many requests, each counted."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

from device_adapters.simulator.digest import REALM, Credentials

_PARAMETER = re.compile(r'([a-zA-Z-]+)\s*=\s*(?:"([^"]*)"|([^\s,"]+))')
_NONCES_MAX, _NONCE_LIFE_S = 256, 300.0


class DigestCheck:
    """One a camera. A nonce is good for `_NONCE_LIFE_S`, and no count (nc) with it comes twice."""

    def __init__(self, who: Credentials) -> None:
        self._who = who
        self._nonces: dict[str, tuple[float, int]] = {}  # nonce: made when (monotonic), highest nc seen

    def challenge(self, monotonic: float) -> list[tuple[str, str]]:
        """The header of a 401 answer."""
        nonce = secrets.token_hex(16)
        if len(self._nonces) >= _NONCES_MAX:
            del self._nonces[next(iter(self._nonces))]
        self._nonces[nonce] = (monotonic, 0)
        return [("WWW-Authenticate", f'Digest realm="{REALM}", qop="auth", nonce="{nonce}", algorithm=MD5')]

    def accepts(self, authorization: str, method: str, target: str, monotonic: float) -> bool:
        """Whether the `Authorization` header proves the password for this request; False for anything malformed."""
        scheme, _, rest = authorization.partition(" ")
        given = {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(rest)}
        nonce, count = given.get("nonce", ""), given.get("nc", "")
        if scheme.lower() != "digest" or given.get("algorithm", "MD5").upper() != "MD5" or given.get("qop") != "auth":
            return False
        if nonce not in self._nonces or not re.fullmatch("[0-9a-fA-F]{8}", count) or not given.get("cnonce"):
            return False
        if given.get("realm") != REALM or given.get("uri") != target:
            return False
        secret = _md5(f"{self._who.user}:{REALM}:{self._who.password}")
        expected = _md5(f"{secret}:{nonce}:{count}:{given['cnonce']}:auth:{_md5(f'{method}:{target}')}")
        proof, user = given.get("response", "").lower(), given.get("username", "")
        if not hmac.compare_digest(proof.encode(), expected.encode()) or user != self._who.user:
            return False
        made, seen = self._nonces[nonce]
        if monotonic - made > _NONCE_LIFE_S or int(count, 16) <= seen:
            return False
        self._nonces[nonce] = (made, int(count, 16))
        return True


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()  # noqa: S324 - the protocol's
