"""What the archive holds, what leaves it when, and how large it gets if clips keep coming as they do."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from config.clock import CHINA
from supervisor.centre import Centre
from supervisor.lessons.models import EvidenceClip
from supervisor.retention import repository, today
from supervisor.retention.scrub import EVERY
from supervisor.rules.retention import CLIP_MONTHS

_LATELY = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Amount:
    clips: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Outlook:
    """`day`: by which terms are over; None: nothing may be deleted yet. `leaving`: month (`2028-11`, Asia/Shanghai) of
    the last day → what may go after it, holds aside. `held`: under a legal hold. `asked_again`: lost or damaged at the
    centre, on their way from a box. `expected_bytes`: of two years of clips, as many a day as in the last thirty days.
    `oldest_check`: the clip that was not hashed for longest, and so is next; None: there is none."""

    day: datetime | None
    states: dict[str, Amount]
    held: Amount
    asked_again: Amount
    leaving: dict[str, Amount]
    expected_bytes: int
    oldest_check: datetime | None
    check_every_days: int


def outlook(centre: Centre) -> Outlook:
    """Rows are counted; bytes that several lesson hours share are counted for each."""
    now = centre.clock.now()
    with centre.uow.read() as session:
        rows = session.execute(
            select(
                EvidenceClip.id,
                EvidenceClip.state,
                EvidenceClip.bytes,
                EvidenceClip.retain_until,
                EvidenceClip.verified_at,
                EvidenceClip.repairs,
            )
        ).all()
        day = today.present(session)
        held = repository.held_clips(session, None, day or now)
        oldest = session.scalar(select(func.min(EvidenceClip.checked_at)).where(EvidenceClip.state == "verified"))
    by_state, by_month = _Amounts(), _Amounts()
    on_hold, again, lately = _Amounts(), _Amounts(), 0
    for row in rows:
        by_state.add(row.state, row.bytes)
        if row.state == "verified":
            by_month.add(f"{row.retain_until.astimezone(CHINA):%Y-%m}", row.bytes)
        if row.id in held and row.state != "deleted":
            on_hold.add("", row.bytes)
        if row.repairs and row.state in ("expected", "uploading"):
            again.add("", row.bytes)
        if row.verified_at is not None and row.verified_at > now - _LATELY:
            lately += row.bytes
    return Outlook(
        day=day,
        states=by_state.sorted(),
        held=on_hold.of(""),
        asked_again=again.of(""),
        leaving=by_month.sorted(),
        expected_bytes=round(lately / _LATELY.days * CLIP_MONTHS * 365.25 / 12),
        oldest_check=oldest,
        check_every_days=EVERY.days,
    )


class _Amounts:
    def __init__(self) -> None:
        self._clips: Counter[str] = Counter()
        self._bytes: Counter[str] = Counter()

    def add(self, key: str, size: int) -> None:
        self._clips[key] += 1
        self._bytes[key] += size

    def of(self, key: str) -> Amount:
        return Amount(self._clips[key], self._bytes[key])

    def sorted(self) -> dict[str, Amount]:
        return {key: self.of(key) for key in sorted(self._clips)}
