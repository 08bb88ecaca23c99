"""A county whose first school has a verified clip, and the years after it."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from supervisor.audit.models import AuditEvent
from supervisor.lessons.models import EvidenceClip
from supervisor.retention.models import RetentionClock
from tests.support.county import County, School, post


def archive(county: County, school: School, clip: bytes | None = None) -> str:
    """The school's first lesson hour is over and its clip has arrived; the clip's hash."""
    content = clip or secrets.token_bytes(100_000)
    sha256 = hashlib.sha256(content).hexdigest()
    if not school.log:
        county.clock.step(max(0.0, (_over(school) - county.clock.now()).total_seconds()))
    assert county.report(school, county.verdict_entry(school, clip=content)).is_success
    send(school, content)
    return sha256


def send(school: School, content: bytes) -> None:
    path = f"/api/box/clips/{hashlib.sha256(content).hexdigest()}"
    sent = school.box_client.patch(path, content=content, headers={"Upload-Offset": "0"})
    assert sent.headers["Upload-Complete"] == "?1", sent.text


def _over(school: School) -> datetime:
    return datetime.fromisoformat(school.session["end"]) + timedelta(minutes=5)


def tell_state(county: County, school: School) -> None:
    """The school's box says that it lives, so that two clocks agree on the day."""
    state: dict[str, Any] = {
        "at": county.clock.now().isoformat(), "version": "1", "cameras": [], "lessons": [],
        "disk": {"total_bytes": 10, "free_bytes": 5, "admission_ok": True}, "backlog_entries": 0, "backlog_clips": 0,
    }  # fmt: skip
    post(school.box_client, "/api/box/state", state, 204)


def pass_to(county: County, at: datetime, *, confirmed: bool = True) -> None:
    """Nights go by until `at`; each moved the day of deletion on, as the job does, if a box lives (`confirmed`)."""
    county.clock.step((at - county.clock.now()).total_seconds())
    if not confirmed:
        return
    tell_state(county, county.schools[0])
    with county.centre.uow.write() as session:
        row = session.get(RetentionClock, 1)
        day = at - timedelta(days=1)
        if row is None:
            session.add(RetentionClock(id=1, day=day))
        else:
            row.day = max(row.day, day)


def clips(county: County, sha256: str | None = None) -> list[EvidenceClip]:
    query = select(EvidenceClip).order_by(EvidenceClip.created_at, EvidenceClip.id)
    with county.centre.uow.read() as session:
        return list(session.scalars(query if sha256 is None else query.where(EvidenceClip.sha256 == sha256)))


def term_end(county: County) -> datetime:
    """The first moment at which every clip's term is over."""
    return max(clip.retain_until for clip in clips(county)) + timedelta(seconds=1)


def events(county: County, *actions: str) -> list[AuditEvent]:
    query = select(AuditEvent).where(AuditEvent.action.in_(actions)).order_by(AuditEvent.id)
    with county.centre.uow.read() as session:
        return list(session.scalars(query))
