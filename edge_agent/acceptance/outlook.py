"""What is still missing until a camera is accepted, in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from config.clock import CHINA, from_epoch_ms
from edge_agent.acceptance.advice import Advice
from edge_agent.acceptance.figures import is_good
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
        done_zh, done_en = _times([one for one in standing.sessions if is_good(one) and one not in standing.again])
        found.append(
            Advice(
                "TIMES_MISSING",
                f"还差 {standing.missing} 个时段,与已合格的{done_zh}在钟点上至少相隔 {_HOURS} 小时",
                f"{standing.missing} more times of day are missing, at least {_HOURS} h by the clock from the good ones"
                f"{done_en}",
            )
        )
    if standing.again:
        at = "、".join(_clock(one) for one in standing.again)
        found.append(
            Advice(
                "TIMES_AGAIN",
                f"{at} 的一次不合格:改好后,请在同一时段(前后 {_HOURS} 小时内)再测一次",
                f"not good at {at.replace('、', ', ')}: mend it, then hold one again within {_HOURS} h of that time",
            )
        )
    return tuple(found)


def _times(sessions: Sequence[AcceptanceSession]) -> tuple[str, str]:
    clocks = sorted({_clock(one) for one in sessions})
    return ("、".join(clocks), f" ({', '.join(clocks)})") if clocks else ("时段", "")


def _clock(session: AcceptanceSession) -> str:
    at: datetime = from_epoch_ms(session.start_ms).astimezone(CHINA)
    return f"{at:%H:%M}"
