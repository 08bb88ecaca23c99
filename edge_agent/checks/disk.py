"""Room for the next recording, and for how many days of recording at the rate this box has really written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.clock import Clock, epoch_ms
from config.settings import EdgeSettings
from edge_agent.capture.disk import free_bytes
from edge_agent.checks.finding import Finding, Level
from edge_agent.disk.holdings import terms_of
from edge_agent.lessons.plan import Plan
from edge_agent.lessons.timetable import recordings, together
from edge_agent.opening import OpenBox
from edge_agent.report import every_room_fits
from storage.evidence.tables import Segment
from storage.retention import DAY_MS, LEAST_DAYS, Kind

MEASURED_OVER = timedelta(days=7)  # a whole week: lessons keep a weekly rhythm
WARN_DAYS, URGENT_DAYS = 14, 3
_GIB = 1024**3


@dataclass(frozen=True, slots=True)
class Forecast:
    """`per_day`: bytes; `held`: bytes of recordings on disk; `free`: bytes that recordings may still take."""

    per_day: float
    held: int
    free: int

    @property
    def days_left(self) -> float:
        """Until the disk is full, if nothing is deleted."""
        return self.free / self.per_day

    @property
    def days_kept(self) -> float:
        """As many days of recordings fit on this disk at all."""
        return (self.held + self.free) / self.per_day


def disk(settings: EdgeSettings, box: OpenBox, plan: Plan | None, clock: Clock) -> Finding:
    free = free_bytes(box.paths.data_dir)
    coming = [] if plan is None else together(recordings(plan.hours(), settings.lead_s), clock.now())
    shown = f"{free / _GIB:.1f} GiB"
    if not every_room_fits(free, settings, coming):
        return Finding(
            "disk", "DISK_FULL", Level.PROBLEM,
            f"可用磁盘空间只有 {shown},下一节课将拒绝录像",
            f"only {shown} of disk are free: the next lesson will not be recorded",
            "腾出磁盘空间(不要删除数据目录中的文件)", "free disk space, but delete nothing in the data folder",
        )  # fmt: skip
    now_ms = epoch_ms(clock.now())
    with box.work.read() as session:
        seen = measured(session, now_ms, max(0, free - settings.min_free_bytes))
        term_days = terms_of(session, plan, now_ms).longest_days or LEAST_DAYS[Kind.RECORDING]
    if seen is None:
        return Finding(
            "disk", "DISK_OK", Level.OK,
            f"可用磁盘空间 {shown};最近没有录像,无法预测",
            f"{shown} of disk are free; no recent recordings to forecast from",
        )  # fmt: skip
    return judged(seen, term_days, shown)


def judged(seen: Forecast, term_days: int, shown: str) -> Finding:
    """Enough when the disk holds a whole term: what is older makes room by itself."""
    rate = f"{seen.per_day / _GIB:.1f} GiB"
    zh = f"可用磁盘空间 {shown},每天约录 {rate},"
    en = f"{shown} of disk are free, about {rate} are recorded a day, "
    if seen.days_kept >= term_days:
        return Finding(
            "disk", "DISK_OK", Level.OK,
            f"{zh}可存 {seen.days_kept:.0f} 天(须存 {term_days} 天)",
            f"{en}enough for {seen.days_kept:.0f} days ({term_days} must be kept)",
        )  # fmt: skip
    if seen.days_left >= WARN_DAYS:
        level = Level.OK
    else:
        level = Level.PROBLEM if seen.days_left < URGENT_DAYS else Level.WARNING
    return Finding(
        "disk", "DISK_SHORT", level,
        f"{zh}{seen.days_left:.1f} 天后录满,而原始录像须存 {term_days} 天",
        f"{en}full in {seen.days_left:.1f} days, and raw recordings must be kept for {term_days}",
        "换更大的磁盘,或降低摄像头码率", "fit a larger disk, or lower the cameras' bit rate",
    )  # fmt: skip


def measured(session: Session, now_ms: int, free: int) -> Forecast | None:
    """None: nothing was recorded in the last days. A box younger than the week is measured over its life, a day at
    least."""
    on_disk = Segment.fate.is_(None)
    since_ms = now_ms - int(MEASURED_OVER.total_seconds() * 1000)
    recent, first_ms = session.execute(
        select(func.sum(Segment.bytes), func.min(Segment.start_ms)).where(
            on_disk, Segment.start_ms >= since_ms, Segment.start_ms <= now_ms
        )
    ).one()
    if not recent:
        return None
    earlier = session.scalar(select(func.min(Segment.start_ms)).where(on_disk)) or first_ms
    days = (now_ms - max(since_ms, min(earlier, first_ms))) / DAY_MS
    held = session.scalar(select(func.sum(Segment.bytes)).where(on_disk)) or 0
    return Forecast(recent / max(1.0, days), held, free)
