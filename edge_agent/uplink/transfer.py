"""One clip straight into the bucket of the centre, on a thread of its own: a request that cannot be cut in pieces must
not keep the box from talking to its centre.

The request goes to the host that the centre named and to no other: no redirect is followed. What the store answers is
for the log only; whether the clip has arrived is the centre's to say.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import httpx

from config.clock import Clock
from edge_agent.uplink.client import is_loopback
from supervisor.contract.direct import PutRequest

log = logging.getLogger(__name__)

PIECE = 256 * 1024
SLOWEST = 64 * 1024  # bytes/s; a transfer that is slower is given up
ANSWER_S = 60.0  # the store writes all of it down before it answers


class Transfer:
    """Begins when it is made. Nothing is kept of it in the box: after a restart the centre is asked."""

    def __init__(self, name: str, path: Path, put: PutRequest, clock: Clock) -> None:
        self._name = name  # in the log
        self._path = path
        self._put = put
        self._clock = clock
        self._thread = threading.Thread(target=self._run, name="transfer", daemon=True)
        self._thread.start()

    def ended_within(self, seconds: float) -> bool:
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            failure = self._send()
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            failure = type(error).__name__  # its text may hold the address, and the signature in it
        if failure:
            log.warning("%s did not get into the bucket of the centre: %s", self._name, failure)

    def _send(self) -> str:
        """Why it did not succeed; empty when it did."""
        limits = httpx.Timeout(ANSWER_S, connect=5, write=20)
        with (
            httpx.Client(timeout=limits, trust_env=not is_loopback(self._put.url)) as http,
            http.stream("PUT", self._put.url, headers=self._put.headers, content=self._pieces()) as answer,
        ):
            # 412: it is there already; the answer to an earlier request was lost.
            good = answer.is_success or answer.status_code == HTTPStatus.PRECONDITION_FAILED
            return "" if good else f"HTTP {answer.status_code}"

    def _pieces(self) -> Iterator[bytes]:
        until = self._clock.monotonic() + ANSWER_S + self._path.stat().st_size / SLOWEST
        with self._path.open("rb") as file:
            while piece := file.read(PIECE):
                if self._clock.monotonic() > until:
                    raise TimeoutError
                yield piece
