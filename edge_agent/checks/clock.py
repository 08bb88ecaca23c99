"""The clock by which everything here is dated: set at all, and kept by a time server or vouched for by a person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from config.clock import CHINA, Clock
from edge_agent.capture.timekeeping import UNCERTAINTY_LIMIT_MS, ClockState, kernel_clock, trusted
from edge_agent.checks.finding import Finding, Level
from supervisor.rules.evidence import ClockVoucher

_EARLIEST = datetime(2026, 1, 1, tzinfo=CHINA)  # a clock before this was never set
_NTP_ZH = "请启用 NTP 校时:timedatectl set-ntp true,并检查能否访问时间服务器"
_NTP_EN = "enable NTP: timedatectl set-ntp true, and check that a time server can be reached"


def machine_clock(clock: Clock, voucher: ClockVoucher, read: Callable[[], ClockState] = kernel_clock) -> Finding:
    shown = clock.now().astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")
    if clock.now() < _EARLIEST:
        return Finding(
            "clock", "CLOCK_WRONG", Level.PROBLEM,
            f"本机时间 {shown} 显然不对", f"this machine's time {shown} cannot be right",
            _NTP_ZH, _NTP_EN,
        )  # fmt: skip
    state = read()
    if not trusted(state.synchronised, state.uncertainty_ms, voucher):
        return _untrusted(shown, state)
    if state.synchronised and state.uncertainty_ms is not None:
        zh, en = f"已校时,误差不超过 {state.uncertainty_ms} 毫秒", f"synchronised to within {state.uncertainty_ms} ms"
    else:
        zh, en = "由运维人员担保(clock_trust)", "vouched for by the operator (clock_trust)"
    return Finding(
        "clock", "CLOCK_OK", Level.OK, f"本机时间 {shown}(北京时间),{zh}", f"the time here is {shown} in China, {en}"
    )


def _untrusted(shown: str, state: ClockState) -> Finding:
    if state.synchronised is None:
        return Finding(
            "clock", "CLOCK_UNKNOWN", Level.PROBLEM,
            f"本机时间 {shown};系统不提供校时状态,学时不会自动判为合格",
            f"the time here is {shown}; whether it is synchronised nobody tells: no lesson passes by itself",
            '若时钟由宿主机校准,请设 clock_trust = "operator"',
            'if the host keeps the clock right, set clock_trust = "operator"',
        )  # fmt: skip
    if not state.synchronised:
        return Finding(
            "clock", "CLOCK_UNSYNCHRONISED", Level.PROBLEM,
            f"本机时间 {shown},未校时,学时不会自动判为合格",
            f"the time here is {shown}, not synchronised: no lesson passes by itself",
            _NTP_ZH, _NTP_EN,
        )  # fmt: skip
    return Finding(
        "clock", "CLOCK_UNCERTAIN", Level.PROBLEM,
        f"本机时间 {shown},误差可能达 {state.uncertainty_ms} 毫秒(上限 {UNCERTAINTY_LIMIT_MS})",
        f"the time here is {shown}, possibly wrong by {state.uncertainty_ms} ms (limit {UNCERTAINTY_LIMIT_MS})",
        _NTP_ZH, _NTP_EN,
    )  # fmt: skip
