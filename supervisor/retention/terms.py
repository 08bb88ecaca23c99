"""How long a clip is kept, from what the centre knows now. A term only rises, and every rise is on the record."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from config.clock import CHINA, epoch_ms, from_epoch_ms
from supervisor.audit.service import record
from supervisor.classes.models import TrainingClass
from supervisor.lessons.models import EvidenceClip
from supervisor.profiles import profile_named
from supervisor.rules.retention import retain_until


def end_of_term(recorded_ms: int, training: TrainingClass) -> datetime:
    """The last second of the last day, in Asia/Shanghai. `recorded_ms`: wall time of the clip's last picture."""
    recorded = from_epoch_ms(recorded_ms).astimezone(CHINA).date()
    class_end = training.class_end.astimezone(CHINA).date()
    last_day = retain_until(recorded, class_end, profile_named(training.profile).retention)
    return datetime.combine(last_day + timedelta(days=1), datetime.min.time(), CHINA) - timedelta(seconds=1)


def recorded_ms(end_ms: int, told: datetime) -> int:
    """Wall time of a clip's last picture as its manifest says, but never later than when the centre was told of it: a
    box whose clock is wrong must not make its recordings undeletable."""
    return min(end_ms, epoch_ms(told))


def raise_term(
    session: Session,
    clip: EvidenceClip,
    training: TrainingClass,
    now: datetime,
    actor: str,
    *,
    end_ms: int | None = None,
) -> None:
    """For a class that ends later, a profile that keeps longer. `end_ms`: as a box says now; None: as it said first."""
    told = (clip.manifest["end_ms"], clip.created_at) if end_ms is None else (end_ms, now)
    last_picture_ms = recorded_ms(*told)
    raise_to(session, clip, end_of_term(last_picture_ms, training), now, actor, why="rules")


def raise_to(session: Session, clip: EvidenceClip, until: datetime, now: datetime, actor: str, why: str) -> None:
    if until <= clip.retain_until:
        return
    before, clip.retain_until = clip.retain_until, until
    record(
        session, now, actor, "term_raised", f"clip:{clip.sha256}",
        sha256=clip.sha256, lesson_hour_id=str(clip.lesson_hour_id), why=why,
        before=before.isoformat(), retain_until=until.isoformat(),
    )  # fmt: skip
