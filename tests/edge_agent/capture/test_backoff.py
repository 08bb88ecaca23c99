"""Waiting between attempts: short after short outages, long where trying harms."""

from __future__ import annotations

import random

from device_adapters.interfaces import CameraFaultKind
from edge_agent.capture.backoff import Backoff


def waits(backoff: Backoff, kind: CameraFaultKind, count: int) -> list[float]:
    now, found = 0.0, []
    for _ in range(count):
        found.append(backoff.wait_s(kind, now))
        now += found[-1]
    return found


def test_the_wait_doubles_stays_short_for_a_minute_and_then_grows_to_ten_seconds() -> None:
    found = waits(Backoff(random.Random(1)), CameraFaultKind.UNREACHABLE, 60)
    assert all(abs(wait - wanted) <= wanted * 0.2 for wait, wanted in zip(found, (0.5, 1.0, 2.0, 2.0), strict=False))
    assert max(wait for number, wait in enumerate(found) if sum(found[:number]) < 60) <= 2.4
    assert all(8 <= wait <= 12 for wait in found[-10:])


def test_a_wrong_password_is_tried_once_a_minute() -> None:
    assert waits(Backoff(), CameraFaultKind.UNAUTHORIZED, 3) == [60.0] * 3


def test_success_begins_afresh() -> None:
    backoff = Backoff(random.Random(1))
    waits(backoff, CameraFaultKind.STALLED, 40)
    backoff.succeeded()
    assert backoff.wait_s(CameraFaultKind.STALLED, 1000.0) <= 0.6
