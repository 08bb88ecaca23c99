"""How long an evidence clip stays (A-19, RULES 1.6 Q15, Q16; county plan: 培训视频留存2年)."""

from __future__ import annotations

from datetime import date, timedelta

from config.profile import RetentionRules
from supervisor.rules.working_days import add_months

CLIP_MONTHS = 24  # the plan's two years; a profile may ask for more days, never for less

SPAN_DAYS = 30  # raw recording that somebody asked for, after it came: what art. 17 (视频条例) asks of recordings


def retain_until(recorded: date, class_end: date | None, rules: RetentionRules, *, so_far: date | None = None) -> date:
    """The last day the clip must be kept: two calendar years after the later of recording and class end.

    `class_end` None: not known yet. `so_far`: what was promised before; the answer is never earlier than that,
    because a class whose end is moved forward, or a new profile, takes nothing back.
    """
    since = max(recorded, class_end or recorded)
    until = max(add_months(since, CLIP_MONTHS), since + timedelta(days=rules.clip_days_after_class_end))
    return max(until, so_far or until)
