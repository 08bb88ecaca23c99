"""How right is this machine's clock? What the kernel's NTP state says, and whether wall time stepped.

A machine whose clock is kept from outside (a container, some virtual machines) shows no NTP state of its own; there
the setting `clock_trust = "operator"` says that a person vouches for it, and the evidence says so.
"""

from __future__ import annotations

import ctypes
import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from config.clock import Clock, epoch_ms
from storage.database.engine import UnitOfWork
from storage.evidence import log as evidence_log
from supervisor.contract.log import ClockEntry
from supervisor.rules.evidence import ClockVoucher

_LOG = logging.getLogger(__name__)
STEP_S = 0.5  # wall against monotonic time, as RunWatch
UNCERTAINTY_LIMIT_MS = 5000  # RULES A-21: a clock that may be wrong by more is a sign of tampering
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_STA_UNSYNC, _STA_NANO = 0x0040, 0x2000
_TIME_ERROR = 5


@dataclass(frozen=True, slots=True)
class ClockState:
    """What the kernel says. `synchronised` None: it says nothing (no Linux, or not allowed to ask).

    `offset_us`: what is still to be corrected; `uncertainty_ms`: the largest possible error.
    """

    synchronised: bool | None = None
    offset_us: int | None = None
    uncertainty_ms: int | None = None

    def or_better(self, other: ClockState) -> ClockState:
        """The state in which the clock is known to be right more closely; this one when neither is."""
        return other if other.synchronised and (not self.synchronised or other._error < self._error) else self

    @property
    def _error(self) -> float:
        return float("inf") if self.uncertainty_ms is None else self.uncertainty_ms


def trusted(synchronised: bool | None, uncertainty_ms: int | None, voucher: ClockVoucher) -> bool:
    """May media dated by such a clock pass by itself?"""
    if voucher is ClockVoucher.OPERATOR:
        return True
    return synchronised is True and uncertainty_ms is not None and uncertainty_ms <= UNCERTAINTY_LIMIT_MS


class _Timex(ctypes.Structure):
    """`struct timex` of adjtimex(2), with room for its reserved tail."""

    _fields_ = [
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    ]


@cache
def _adjtimex() -> Callable[..., int] | None:
    if not sys.platform.startswith("linux"):
        return None
    return getattr(ctypes.CDLL(None), "adjtimex", None)


def kernel_clock() -> ClockState:
    """adjtimex(2) with nothing to set: needs no privilege. Never raises."""
    call, timex = _adjtimex(), _Timex()
    state = -1 if call is None else call(ctypes.byref(timex))
    if state < 0:
        return ClockState()
    offset_us = timex.offset // 1000 if timex.status & _STA_NANO else timex.offset
    synchronised = state != _TIME_ERROR and not timex.status & _STA_UNSYNC
    return ClockState(synchronised, offset_us, -(-timex.maxerror // 1000))


def kernel_boot_id() -> str | None:
    """This start of the machine; None where the kernel does not tell."""
    try:
        return _BOOT_ID.read_text("ascii").strip()
    except OSError:
        return None


def wall_offset_s(clock: Clock) -> float:
    """Wall minus monotonic time: constant as long as nobody sets the clock (NTP slews both alike)."""
    return clock.now().timestamp() - clock.monotonic()


class Timekeeper:
    """Writes a `clock` entry at its first tick, whenever the clock becomes trusted or untrusted, and at each step.

    Call `tick` about once a second. `read`: what the kernel says.
    """

    def __init__(
        self,
        work: UnitOfWork,
        clock: Clock,
        voucher: ClockVoucher,
        read: Callable[[], ClockState] = kernel_clock,
    ) -> None:
        self._work = work
        self._clock = clock
        self._voucher = voucher
        self._read = read
        self._boot_id = kernel_boot_id()
        self._told: tuple[bool | None, bool] | None = None
        self._offset_s = 0.0

    def tick(self) -> ClockEntry | None:
        """The entry that was written, if there was something to say. Raises SQLAlchemyError; then it is said later."""
        state, offset_s = self._read(), wall_offset_s(self._clock)
        now = (state.synchronised, trusted(state.synchronised, state.uncertainty_ms, self._voucher))
        step_s = 0.0 if self._told is None else offset_s - self._offset_s
        stepped = abs(step_s) > STEP_S
        if now == self._told and not stepped:
            return None
        entry = ClockEntry(
            at=epoch_ms(self._clock.now()),
            boot_id=self._boot_id,
            monotonic_ms=round(self._clock.monotonic() * 1000),
            synchronised=state.synchronised,
            offset_us=state.offset_us,
            uncertainty_ms=state.uncertainty_ms,
            step_ms=round(step_s * 1000) if stepped else 0,
            vouched_by=self._voucher,
            trusted=now[1],
        )
        with self._work.write() as session:
            evidence_log.append(session, entry.model_dump(mode="json"))
        self._told, self._offset_s = now, offset_s
        if stepped:
            _LOG.warning("the clock of this machine stepped by %.1f s", step_s)
        if not entry.trusted:
            _LOG.warning("the clock of this machine is not synchronised: no lesson hour passes by itself")
        return entry
