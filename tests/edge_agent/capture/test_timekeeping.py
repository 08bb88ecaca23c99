"""What is known of the box's clock, what of it is logged, and what it does to recorded media: nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from config.clock import ManualClock, epoch_ms
from edge_agent.capture.timekeeping import ClockState, Timekeeper, kernel_boot_id, kernel_clock, trusted
from storage.evidence.fmp4 import fragments
from storage.evidence.tables import LogRow, Run
from supervisor.contract.log import LOG_ENTRY, ClockEntry
from supervisor.rules.evidence import ClockVoucher
from tests.support.box import Box, new_box
from tests.support.pictures import Recording, encoded

START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
NTP, OPERATOR = ClockVoucher.NTP, ClockVoucher.OPERATOR
GOOD, BAD = ClockState(True, -12, 31), ClockState(False, 0, 16_000)


def entries(box: Box) -> list[ClockEntry]:
    with box.work.read() as session:
        parsed = [LOG_ENTRY.validate_json(row.body) for row in session.scalars(select(LogRow).order_by(LogRow.idx))]
    return [one for one in parsed if isinstance(one, ClockEntry)]


class Kernel:
    """Says what it is told to say."""

    def __init__(self, state: ClockState) -> None:
        self.state = state

    def __call__(self) -> ClockState:
        return self.state


@pytest.fixture
def kernel() -> Kernel:
    return Kernel(GOOD)


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return new_box(tmp_path, START)


def test_the_kernel_of_this_machine_answers_without_privilege() -> None:
    state = kernel_clock()
    if sys.platform.startswith("linux") and state.synchronised is not None:
        assert state.uncertainty_ms is not None and state.uncertainty_ms >= 0
        assert UUID(kernel_boot_id())
    else:
        assert state == ClockState()  # nothing is known, and nothing is invented


@pytest.mark.parametrize(
    ("state", "ntp"),
    [
        (GOOD, True),
        (BAD, False),
        (ClockState(), False),
        (ClockState(True, 0, None), False),
        (ClockState(True, 0, 5000), True),
        (ClockState(True, 0, 5001), False),
    ],
)
def test_ntp_vouches_only_for_a_disciplined_clock_and_a_person_for_any(state: ClockState, ntp: bool) -> None:
    assert trusted(state.synchronised, state.uncertainty_ms, NTP) is ntp
    assert trusted(state.synchronised, state.uncertainty_ms, OPERATOR) is True


def test_the_better_of_two_states_is_the_one_that_knows_more() -> None:
    close = ClockState(True, 1, 3)
    assert BAD.or_better(GOOD) == GOOD.or_better(BAD) == GOOD
    assert GOOD.or_better(close) == close.or_better(GOOD) == close
    assert ClockState().or_better(BAD) == ClockState()


def test_the_clock_is_logged_at_the_start_and_when_its_state_changes(box: Box, kernel: Kernel) -> None:
    keeper = Timekeeper(box.work, box.clock, NTP, kernel)
    for state in (GOOD, GOOD, ClockState(True, 400, 90), BAD, BAD, GOOD):
        kernel.state = state
        keeper.tick()
        box.clock.sleep(1)
    told = entries(box)
    assert [(one.synchronised, one.trusted, one.step_ms) for one in told] == [
        (True, True, 0), (False, False, 0), (True, True, 0),
    ]  # fmt: skip
    assert (told[0].offset_us, told[0].uncertainty_ms, told[0].vouched_by) == (-12, 31, NTP)
    assert told[1].monotonic_ms - told[0].monotonic_ms == 3000 == told[1].at - told[0].at


@pytest.mark.parametrize("hours", [1, -1])
def test_a_step_of_an_hour_is_logged_once_with_its_size(box: Box, kernel: Kernel, hours: int) -> None:
    keeper = Timekeeper(box.work, box.clock, OPERATOR, kernel)
    keeper.tick()
    box.clock.step(hours * 3600)
    assert keeper.tick() is not None and keeper.tick() is None
    assert [one.step_ms for one in entries(box)] == [0, hours * 3_600_000]


def test_steps_too_small_to_tell_add_up(box: Box, kernel: Kernel) -> None:
    keeper = Timekeeper(box.work, box.clock, OPERATOR, kernel)
    keeper.tick()
    for _ in range(2):
        box.clock.step(0.3)
        keeper.tick()
    assert [one.step_ms for one in entries(box)] == [0, 600]


@pytest.fixture(params=[3600, -3600], ids=["forward", "back"])
def stepped(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[Recording, int]]:
    """Ten seconds recorded, the clock set by an hour in their middle."""
    recording = Recording(tmp_path, ManualClock(START))
    packets = encoded(10)
    recording.feed(packets[:125])
    recording.clock.step(request.param)
    recording.feed(packets[125:])
    recording.settle()
    yield recording, request.param


def test_a_step_begins_a_new_run_and_moves_nothing_that_was_recorded(stepped: tuple[Recording, int]) -> None:
    recording, step_s = stepped
    with recording.work.read() as session:
        first, second = session.scalars(select(Run).order_by(Run.id)).all()
    zero = epoch_ms(START)
    assert (first.start_ms, first.media_ms, first.end_reason) == (zero, 5000, "clock_step")
    assert (second.start_ms, second.media_ms) == (zero + 5000 + step_s * 1000, 5000)
    dated = sorted(fragments(file).start_wall_ms or 0 for file in recording.files())
    assert sum(at < zero + 5000 and at >= zero for at in dated) == 2  # segments of 4 s: 0 s and 4 s, as they were


def clocks(recording: Recording) -> list[tuple[bool | None, int | None, int | None]]:
    with recording.work.read() as session:
        runs = session.scalars(select(Run).order_by(Run.id)).all()
        return [(run.clock_synchronised, run.clock_offset_us, run.clock_uncertainty_ms) for run in runs]


def test_a_run_keeps_the_best_that_was_known_of_the_clock(tmp_path: Path, kernel: Kernel) -> None:
    """Without a step, what NTP says later holds for the run's beginning too; what it no longer says was true once."""
    recording = Recording(tmp_path, ManualClock(START))
    recording.writer = recording.connect(read_clock=kernel)
    kernel.state = BAD
    packets = encoded(6)
    recording.feed(packets[:60])
    kernel.state = GOOD
    recording.feed(packets[60:100])
    kernel.state = BAD
    recording.feed(packets[100:])
    recording.settle()
    assert clocks(recording) == [(True, -12, 31)]


def test_a_clock_that_was_set_right_by_a_step_vouches_only_for_what_came_after(tmp_path: Path, kernel: Kernel) -> None:
    recording = Recording(tmp_path, ManualClock(START))
    recording.writer = recording.connect(read_clock=kernel)
    kernel.state = BAD
    packets = encoded(6)
    recording.feed(packets[:60])
    recording.clock.step(3600)
    kernel.state = GOOD
    recording.feed(packets[60:])
    recording.settle()
    assert clocks(recording) == [(False, 0, 16_000), (True, -12, 31)]
