"""Acceptance on the record: sessions, zones and scale go into the box's database and its signed log together, or not at
all."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from config.errors import LessonProofError
from edge_agent.acceptance.figures import as_rule, is_good, least_scale
from edge_agent.acceptance.scene import learn_scene
from edge_agent.acceptance.trial import Trial
from edge_agent.acceptance.watching import Watching
from edge_agent.vision.counter import Image
from edge_agent.vision.view import UNTAUGHT, CameraView, keep_view, view_of
from storage.database.engine import UnitOfWork
from storage.evidence import log
from storage.evidence.tables import AcceptanceRow, CameraViewRow
from supervisor.contract.log import AcceptanceEntry, AcceptanceSession, ZonesEntry
from supervisor.contract.zones import CameraZones
from supervisor.rules import acceptance

MOST_SESSIONS = 50  # an entry has no room for more; the newest speak anyway

LearnScene = Callable[[Sequence[Image]], bytes | None]
"""Pictures of a session → the reference scene as bytes; None: none was learnt."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a camera's acceptance has come with its present zones. Of the sessions that speak for their time of day:
    `good`, and `again`, whose count was wrong, so one has to be held there again."""

    sessions: tuple[AcceptanceSession, ...]
    times: int
    passed: bool
    good: tuple[AcceptanceSession, ...]
    again: tuple[AcceptanceSession, ...]

    @property
    def missing(self) -> int:
        """Times of day."""
        return max(0, acceptance.TIMES_OF_DAY - self.times)


def standing_of(sessions: Sequence[AcceptanceSession]) -> Standing:
    result = acceptance.accept([as_rule(one) for one in sessions])
    rules = acceptance.speaking([as_rule(each) for each in sessions])
    speaking = [one for one in sessions if as_rule(one) in rules]
    good, again = (tuple(one for one in speaking if is_good(one) is wanted) for wanted in (True, False))
    return Standing(tuple(sessions), result.times, result.passed, good, again)


def zones_in_force(view: CameraView) -> CameraZones:
    return view.zones or CameraZones()


def standing(session: Session, camera_id: str) -> Standing:
    """With the zones in force now."""
    return standing_of(_sessions(session, camera_id, zones_in_force(view_of(session, camera_id)).digest()))


def view_to_try(view: CameraView, zones: CameraZones | None) -> CameraView:
    """What a session looks with: the present view, or with other zones, at full size again."""
    if zones is None or zones == zones_in_force(view):
        return replace(view, zones=zones_in_force(view))
    return CameraView(zones=zones, reference=view.reference)


def keep_trial(
    work: UnitOfWork,
    camera_id: str,
    trial: Trial,
    tried: CameraView,
    before: CameraView,
    watching: Watching,
    now_ms: int,
    learn: LearnScene = learn_scene,
) -> Standing:
    """`tried`: what the session looked with; `before`: the view when it began. Raises LessonProofError ZONES_CHANGED
    (409): somebody else set zones meanwhile."""
    # A scene is learnt from a session that counted right; one that cannot be learnt then leaves none, rather than an
    # earlier one that the camera may no longer look at.
    reference = learn(trial.pictures) if is_good(trial.session) else before.reference
    zones = zones_in_force(tried)
    with work.write() as session:
        if view_of(session, camera_id) != before:
            raise LessonProofError(
                "ZONES_CHANGED",
                status=409,
                zh="验收途中座区被改动:请重新开始本次验收",
                en="the zones were changed meanwhile: start this session again",
            )
        if zones != zones_in_force(before):
            _begin_anew(session, camera_id, zones)
        earlier = _sessions(session, camera_id, zones.digest())
        scale = _scale(trial, tried, earlier)
        _set_view(session, camera_id, CameraView(zones, scale, reference), now_ms)
        session.add(
            AcceptanceRow(
                camera_id=camera_id,
                zones_sha256=zones.digest(),
                session=trial.session.model_dump_json(),
                seats=json.dumps([asdict(place) | {"face_px": _median_px(place.face_px)} for place in trial.places]),
            )
        )
        sessions = [*earlier, trial.session][-MOST_SESSIONS:]
        entry = AcceptanceEntry(
            at=now_ms,
            camera=UUID(camera_id),
            counter=asdict(watching.counter),
            watcher=asdict(watching.watcher),
            zones_sha256=zones.digest(),
            sessions=tuple(sessions),
        )
        log.append(session, entry.model_dump(mode="json"))
    return standing_of(sessions)


def set_zones(work: UnitOfWork, camera_id: str, zones: CameraZones, now_ms: int) -> bool:
    """Whether they are others than before; then acceptance begins anew."""
    with work.write() as session:
        before = view_of(session, camera_id)
        if zones != zones_in_force(before):
            _begin_anew(session, camera_id, zones)
        _set_view(session, camera_id, view_to_try(before, zones), now_ms)
    return zones != zones_in_force(before)


def _begin_anew(session: Session, camera_id: str, zones: CameraZones) -> None:
    """Zones that come back find no session of theirs: the camera may hang elsewhere by now, and the centre has
    forgotten them. The log remembers all."""
    session.execute(
        delete(AcceptanceRow).where(AcceptanceRow.camera_id == camera_id, AcceptanceRow.zones_sha256 == zones.digest())
    )


def _scale(trial: Trial, tried: CameraView, earlier: Sequence[AcceptanceSession]) -> float:
    """Only a session that counted right makes the picture smaller, and only the first; one that counted wrong puts it
    back to full size, as it may have been the reason."""
    if not is_good(trial.session):
        return 1.0
    wanted = least_scale(trial.session.smallest_face_px)
    return max(tried.scale, wanted) if any(is_good(one) for one in earlier) else wanted


def _set_view(session: Session, camera_id: str, view: CameraView, now_ms: int) -> None:
    known = session.get(CameraViewRow, camera_id) is not None
    before = view_of(session, camera_id) if known else UNTAUGHT
    zones = zones_in_force(view)
    if not known or (before.zones, before.scale) != (zones, view.scale):
        entry = ZonesEntry(
            at=now_ms, camera=UUID(camera_id), zones=zones, zones_sha256=zones.digest(), scale=view.scale
        )
        log.append(session, entry.model_dump(mode="json"))
    keep_view(session, camera_id, view, now_ms)


def _sessions(session: Session, camera_id: str, zones_sha256: str) -> list[AcceptanceSession]:
    """Oldest first, at most MOST_SESSIONS - the newest ones."""
    query = (
        select(AcceptanceRow.session)
        .where(AcceptanceRow.camera_id == camera_id, AcceptanceRow.zones_sha256 == zones_sha256)
        .order_by(AcceptanceRow.id.desc())
        .limit(MOST_SESSIONS)
    )
    return [AcceptanceSession.model_validate_json(text) for text in session.scalars(query)][::-1]


def _median_px(widths: Sequence[float]) -> float | None:
    return round(sorted(widths)[len(widths) // 2], 1) if widths else None
