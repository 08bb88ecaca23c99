"""When does a run end? Pure decisions on stamps and clocks; a run is unbroken or it is not a run.

Loss shows as a step of the camera's own time (measured: 10 skipped pictures are a step of 11 intervals, exactly).
"""

from __future__ import annotations

from collections import deque
from fractions import Fraction

from device_adapters.interfaces import VideoPacket
from supervisor.rules.evidence import GapReason

STEP_S = 0.5  # a larger step of the camera's time is loss, unless pictures come even less often
STEP_INTERVALS = 3
CLOCK_STEP_S = 0.5  # wall against monotonic time of the box
DRIFT_S = 2.0  # media time against the box's time, held over DRIFT_WINDOW_S: the run's dates would be wrong
DRIFT_WINDOW_S = 10.0


class RunWatch:
    """Watches one run from its first packet. `wall_offset_s`: wall minus monotonic time of the box when it began."""

    def __init__(self, first: VideoPacket, time_base: tuple[int, int], wall_offset_s: float) -> None:
        self._tick_s = Fraction(*time_base)
        self._first = first
        self._last = first
        self._wall_offset_s = wall_offset_s
        self._intervals: deque[int] = deque(maxlen=9)
        self._window_from = first.arrived_monotonic
        self._least_lag_s = float("inf")

    def broken_by(self, packet: VideoPacket, wall_offset_s: float) -> GapReason | None:
        """Why `packet` cannot be part of this run, or None. A clock step or drift ends a run only at a key frame, so
        that it costs no picture."""
        step = packet.dts - self._last.dts
        step_s = float(step * self._tick_s)
        if step <= 0 or (step_s > STEP_S and step > STEP_INTERVALS * self._usual_interval()):
            return GapReason.FRAMES_LOST
        media_s = float((packet.dts - self._first.dts) * self._tick_s)
        self._least_lag_s = min(
            self._least_lag_s, packet.arrived_monotonic - self._first.arrived_monotonic - media_s, key=abs
        )
        self._intervals.append(step)
        self._last = packet
        if not packet.is_keyframe:
            return None
        if abs(wall_offset_s - self._wall_offset_s) > CLOCK_STEP_S:
            return GapReason.CLOCK_STEP
        if packet.arrived_monotonic - self._window_from >= DRIFT_WINDOW_S:
            if abs(self._least_lag_s) > DRIFT_S:
                return GapReason.CLOCK_STEP
            self._window_from, self._least_lag_s = packet.arrived_monotonic, float("inf")
        return None

    def _usual_interval(self) -> int:
        """The median of the last intervals, in ticks; 0 while none is known."""
        return sorted(self._intervals)[len(self._intervals) // 2] if self._intervals else 0
