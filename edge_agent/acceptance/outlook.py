"""What is still missing until a camera is accepted, in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from config.clock import CHINA, from_epoch_ms
from edge_agent.acceptance.advice import Advice
from edge_agent.acceptance.record import Standing
from supervisor.contract.log import AcceptanceSession
from supervisor.rules.acceptance import APART_MS, TIMES_OF_DAY

_HOURS = APART_MS // 3_600_000


def outlook(standing: Standing) -> tuple[Advice, ...]:
    if standing.passed:
        return (
            Advice(
                "ACCEPTED",
                f"验收完成:{TIMES_OF_DAY} 个时段均合格。结果上报后由中心确认",
                f"acceptance is complete: good at {TIMES_OF_DAY} times of day; the centre confirms it once it is told",
            ),
        )
    found = []
    if standing.missing:
        zh, en = (_clocks(standing.good, comma) for comma in ("、", ", "))
        found.append(
            Advice(
                "TIMES_MISSING",
                f"还差 {standing.missing} 个时段,{f'与已合格的 {zh} ' if zh else '彼此'}在钟点上至少相隔 {_HOURS} 小时",
                f"{standing.missing} more times of day are missing, at least {_HOURS} h by the clock "
                f"{f'from {en}, which was good' if en else 'from each other'}",
            )
        )
    if standing.again:
        zh, en = (_clocks(standing.again, comma) for comma in ("、", ", "))
        found.append(
            Advice(
                "TIMES_AGAIN",
                f"{zh} 的一次不合格:改好后,请在同一时段(前后 {_HOURS} 小时内)再测一次",
                f"not good at {en}: mend it, then hold one again within {_HOURS} h of that time",
            )
        )
    return tuple(found)


def _clocks(sessions: Sequence[AcceptanceSession], comma: str) -> str:
    """At the site, in the order of the day."""
    return comma.join(sorted(f"{from_epoch_ms(one.start_ms).astimezone(CHINA):%H:%M}" for one in sessions))
