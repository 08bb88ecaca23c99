"""How long to wait before the next attempt at a camera, on the monotonic clock, with jitter so that a switch coming
back is not met by every camera at once."""

from __future__ import annotations

import random

from device_adapters.interfaces import CameraFaultKind

FIRST_S = 0.5
SHORT_OUTAGE_S = 60.0
SHORT_OUTAGE_MAX_S = 2.0  # with jitter 2.4 s: a camera is back in the recording within 3 s of its return
LONG_OUTAGE_MAX_S = 10.0
UNAUTHORIZED_S = 60.0  # cameras lock an account after a few wrong passwords
JITTER = 0.2


class Backoff:
    """One camera's. `succeeded` starts it afresh, once pictures have come for long enough to call it a recovery."""

    def __init__(self, random_source: random.Random | None = None) -> None:
        self._random = random_source or random.Random()
        self._attempts = 0
        self._since: float | None = None

    def succeeded(self) -> None:
        self._attempts, self._since = 0, None

    def wait_s(self, kind: CameraFaultKind, now: float) -> float:
        """`now`: monotonic, s."""
        if kind is CameraFaultKind.UNAUTHORIZED:
            return UNAUTHORIZED_S
        if self._since is None:
            self._since = now
        most = SHORT_OUTAGE_MAX_S if now - self._since < SHORT_OUTAGE_S else LONG_OUTAGE_MAX_S
        wait = min(most, FIRST_S * 2.0 ** min(self._attempts, 10))
        self._attempts += 1
        return wait * self._random.uniform(1 - JITTER, 1 + JITTER)
