"""When does a run end? Pure decisions on stamps and clocks; a run is unbroken or it is not a run.

Loss shows as a step of the camera's own time (measured: 10 skipped pictures are a step of 11 intervals, exactly).
"""

from __future__ import annotations

from collections import deque

from device_adapters.interfaces import VideoPacket
from supervisor.rules.evidence import GapReason

STEP_S = 0.5  # a larger step of the camera's time is loss, unless pictures come even less often
STEP_INTERVALS = 3
CLOCK_STEP_S = 0.5  # wall against monotonic time of the box
DRIFT_S = 2.0  # media time against the box's time, held over DRIFT_WINDOW_S: the run's dates would be wrong
DRIFT_WINDOW_S = 10.0


Intervals = deque[int]
"""The newest steps from picture to picture of a connection, in ticks; `new_intervals` makes one."""


def new_intervals() -> Intervals:
    return deque(maxlen=9)


class RunWatch:
    """Watches one run from its first packet. `wall_offset_s`: wall minus monotonic time of the box when it began.
    `intervals`: kept over the runs of a connection, so that a camera that sends a picture a second breaks one run by
    that, and not each."""

    def __init__(
        self, first: VideoPacket, time_base: tuple[int, int], wall_offset_s: float, intervals: Intervals
    ) -> None:
        self._tick_s = time_base[0] / time_base[1]
        self._step_limit = round(STEP_S / self._tick_s)
        self._first = first
        self._last_dts = first.dts
        self._wall_offset_s = wall_offset_s
        self._intervals = intervals
        self._window_from = first.arrived_monotonic
        self._least_lag_s = float("inf")

    def broken_by(self, packet: VideoPacket) -> GapReason | None:
        """Why `packet` cannot be part of this run, or None."""
        step = packet.dts - self._last_dts
        if step <= 0:
            return GapReason.FRAMES_LOST
        usual = self._usual_interval()
        self._intervals.append(step)
        if step > self._step_limit and step > STEP_INTERVALS * usual:
            return GapReason.FRAMES_LOST
        media_s = (packet.dts - self._first.dts) * self._tick_s
        lag_s = packet.arrived_monotonic - self._first.arrived_monotonic - media_s
        if abs(lag_s) < abs(self._least_lag_s):
            self._least_lag_s = lag_s
        self._last_dts = packet.dts
        return None

    def misdated(self, key: VideoPacket, wall_offset_s: float) -> bool:
        """Have the clocks moved, so that the run's dates are wrong from this key frame on? Asked at key frames only:
        a new run begins there without losing a picture."""
        if abs(wall_offset_s - self._wall_offset_s) > CLOCK_STEP_S:
            return True
        if key.arrived_monotonic - self._window_from >= DRIFT_WINDOW_S:
            if abs(self._least_lag_s) > DRIFT_S:
                return True
            self._window_from, self._least_lag_s = key.arrived_monotonic, float("inf")
        return False

    def _usual_interval(self) -> int:
        """The median of the last intervals, in ticks; 0 while none is known."""
        return sorted(self._intervals)[len(self._intervals) // 2] if self._intervals else 0
