"""What proves a check-in beside its time: the classroom's code, the place, the way, no other class at the same time."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from config.errors import LessonProofError
from config.profile import CheckInProofRules, CheckInRules, RegionProfile
from supervisor.attendance import repository
from supervisor.attendance.device import Device
from supervisor.attendance.models import CheckIn, CheckInFlag, CheckInPlace, Geofence
from supervisor.attendance.schemas import CheckInRequest, Location
from supervisor.audit.service import CENTRE, record
from supervisor.centre import Centre
from supervisor.classes.models import TrainingClass
from supervisor.profiles import profile_named
from supervisor.rules.checkin import AS_BEFORE, CheckInReason
from supervisor.rules.checkin_methods import USUAL, Method
from supervisor.rules.geofence import Datum, Fence, Place, Point, place
from supervisor.rules.rotating_code import CodeCheck, step_of


def proof_rules(profile: RegionProfile) -> CheckInProofRules:
    return profile.checkin_proof or AS_BEFORE


def session_secret(centre: Centre, session_id: UUID) -> bytes:
    """Of the rotating code; derived from the centre's key, stored nowhere."""
    return bytes.fromhex(centre.vault.lookup("rotating-code", str(session_id)))


def sealed_ticket(centre: Centre, session_id: UUID, device: Device, step: int, until: datetime) -> str:
    """`<step>.<until, Unix s>.<seal>`: the code of `step` was read by this device, and may be used until then."""
    text = f"{step}.{int(until.timestamp())}"
    return f"{text}.{_seal(centre, session_id, device, text)}"


def code_check(
    centre: Centre,
    session: Session,
    session_id: UUID,
    entry_id: UUID,
    wanted: CheckInRequest,
    device: Device,
    at: datetime,
    rules: CheckInRules,
    proof: CheckInProofRules,
) -> tuple[int | None, CodeCheck]:
    """The step of the code or ticket, and what it is worth. `at`: when the check-in was made."""
    if proof.rotating_code == "off" or (wanted.rotating_code is None and wanted.ticket is None):
        return None, CodeCheck.NONE
    if wanted.ticket is not None:
        step = ticket_step(centre, session_id, device, wanted.ticket, at)
    else:
        step = step_of(session_secret(centre, session_id), wanted.rotating_code or "", at, rules)
    if step is None:
        return None, CodeCheck.EXPIRED
    used = repository.code_used(session, session_id, entry_id, step)
    return step, CodeCheck.REPLAY if used else CodeCheck.VALID


def ticket_step(centre: Centre, session_id: UUID, device: Device, ticket: str, at: datetime) -> int | None:
    """The step it was swapped for; None: not of this phone and session, or its time is over at `at`."""
    text, _, seal = ticket.rpartition(".")
    step, _, until = text.partition(".")
    if not hmac.compare_digest(_seal(centre, session_id, device, text), seal):
        return None
    return int(step) if at <= datetime.fromtimestamp(int(until), UTC) else None


def _seal(centre: Centre, session_id: UUID, device: Device, text: str) -> str:
    return centre.vault.lookup("check-in-ticket", f"{session_id}.{device.number}.{text}")


def methods_at(session: Session, site_id: UUID) -> list[Method]:
    """The ways to check in at a site, in their own order."""
    chosen = repository.methods_of(session, site_id)
    return [method for method in Method if method in (USUAL if chosen is None else chosen)]


def require_method(session: Session, site_id: UUID, method: Method) -> None:
    """Raises LessonProofError METHOD_NOT_ENABLED (422)."""
    if method not in methods_at(session, site_id):
        raise LessonProofError(
            "METHOD_NOT_ENABLED",
            status=422,
            zh="本培训地点未启用这种打卡方式,请按老师的安排打卡",
            en="this site does not check in this way: ask the teacher",
        )


def fence_of(row: Geofence) -> Fence:
    return Fence(Point(row.lat_e6 / 1e6, row.lon_e6 / 1e6, Datum(row.datum)), row.radius_m)


def place_of(session: Session, site_id: UUID, location: Location | None, profile: RegionProfile) -> Place | None:
    """None: no position was sent, or the site has no point, or the rules ask for none."""
    row = repository.fence_of(session, site_id)
    if location is None or row is None or proof_rules(profile).fence == "off":
        return None
    return place(Point(location.lat, location.lon, location.datum), location.accuracy_m, fence_of(row), profile.checkin)


def keep_place(
    centre: Centre, session: Session, row: CheckIn, training: TrainingClass, location: Location | None, now: datetime
) -> None:
    """The keyed hash of a position that was looked at, for its time; never the position."""
    if location is None or row.distance_m is None:
        return
    exact = f"{row.session_id}:{location.datum}:{location.lat:.6f},{location.lon:.6f}"
    kept = timedelta(days=profile_named(training.profile).retention.checkin_coordinate_days)
    session.add(
        CheckInPlace(
            check_in_id=row.id, place_hash=centre.vault.lookup("check-in-place", exact), delete_after=now + kept
        )
    )


def flag_elsewhere(session: Session, twins: Sequence[CheckIn], now: datetime) -> set[UUID]:
    """The earlier check-ins of somebody who now checked in to another class too; their sessions."""
    known = repository.flags(session, [twin.id for twin in twins])
    for twin in twins:
        if CheckInReason.OVERLAPPING_CLASS not in [*twin.reasons, *known.get(twin.id, [])]:
            session.add(CheckInFlag(check_in_id=twin.id, at=now, reason=CheckInReason.OVERLAPPING_CLASS))
            record(session, now, CENTRE, "check_in_flagged", f"check_in:{twin.id}", reason="OVERLAPPING_CLASS")
    session.flush()
    return {twin.session_id for twin in twins}


def forget_places(centre: Centre) -> int:
    """The daily job: hashes of positions whose time is over."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        gone = repository.delete_places(session, now)
        if gone:
            record(session, now, CENTRE, "check_in_places_deleted", "check_in_place:*", rows=gone)
        return gone
