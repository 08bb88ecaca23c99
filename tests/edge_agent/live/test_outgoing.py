"""What waits for the line to the centre is little, and never old."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

from config.clock import ManualClock
from edge_agent.live.outgoing import LATE_S, WAITING_BYTES, Outgoing


def outgoing() -> tuple[Outgoing, ManualClock]:
    clock = ManualClock(datetime(2026, 11, 23, 1, 0, tzinfo=UTC))
    return Outgoing(clock), clock


def test_what_is_said_goes_first_and_cameras_take_turns() -> None:
    out, _ = outgoing()
    assert out.fragments(1, b"a1", b"a2") and out.fragments(2, b"b1", b"b2")
    out.picture(1, b"old")
    out.picture(1, b"new")
    out.say(3, "three")
    assert [out.take() for _ in range(6)] == [b"a1", b"b1", "three", b"a2", b"b2", b"new"]


def test_a_new_saying_takes_the_place_of_the_old_and_of_what_belonged_to_it() -> None:
    out, _ = outgoing()
    out.say(1, "video")
    out.fragments(1, b"a")
    out.say(1, "down")
    out.say(2, "end")
    assert [out.take(), out.take()] == ["down", "end"]


def test_a_slow_line_loses_fragments_and_is_told() -> None:
    out, clock = outgoing()
    assert out.fragments(1, b"a")
    clock.sleep(LATE_S + 0.1)
    assert not out.fragments(1, b"b")
    out.say(2, "end")
    assert out.take() == "end"
    assert out.fragments(1, b"c"), "later it is tried again"


def test_many_octets_are_bounded_too() -> None:
    out, _ = outgoing()
    big = bytes(1024 * 1024)
    taken = 0
    while out.fragments(1, big):
        taken += len(big)
    assert taken <= WAITING_BYTES + 2 * len(big)


def test_who_waits_is_woken_and_a_closed_one_ends() -> None:
    out, _ = outgoing()
    got: list[str | bytes | None] = []
    taken = threading.Event()

    def take() -> None:
        while (one := out.take()) is not None:
            got.append(one)
            taken.set()

    thread = threading.Thread(target=take)
    thread.start()
    out.say(1, "hello")
    assert taken.wait(10)
    out.close()
    thread.join(10)
    assert (got, thread.is_alive()) == (["hello"], False)


def test_a_camera_that_was_let_go_is_not_sent() -> None:
    out, _ = outgoing()
    out.fragments(1, b"a")
    out.forget(1)
    out.say(2, "end")
    assert out.take() == "end"
