"""Which certificate is a camera's own. Cameras sign theirs themselves, so that no authority can vouch for it: the first
one seen is kept (trust on first use), and from then on no other is spoken to.
"""

from __future__ import annotations

import hashlib

from device_adapters.interfaces import Certificate, OnvifFault, OnvifFaultKind


def fingerprint(certificate: bytes) -> str:
    """SHA-256 of the DER form, as browsers and cameras show it: `AB:CD:…`."""
    return hashlib.sha256(certificate).digest().hex(":").upper()


class Trust:
    """In one camera. `expected`: the fingerprint it was known by before; None: the first one seen in this connection
    counts for the rest of it."""

    def __init__(self, expected: str | None = None) -> None:
        self._expected = None if expected is None else expected.upper()
        self.certificate: Certificate | None = None  # seen, and accepted

    def accept(self, certificate: bytes) -> None:
        """Raises OnvifFault CERTIFICATE, before anything was sent."""
        seen = fingerprint(certificate)
        known = self._expected or (self.certificate and self.certificate.sha256)
        if known and seen != known:
            raise OnvifFault(OnvifFaultKind.CERTIFICATE, f"SHA-256 {seen}, not {known}")
        self.certificate = Certificate(seen, is_known=self._expected is not None)
