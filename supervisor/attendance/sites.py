"""How a site checks in: its point on the map, and the ways that are enabled (A-13)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from config.errors import LessonProofError
from supervisor.attendance import repository
from supervisor.attendance.models import Geofence, SiteMethods
from supervisor.attendance.proof import fence_of, methods_at
from supervisor.attendance.schemas import FenceIn, MethodsIn, SiteCheckIn
from supervisor.audit.service import record
from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.devices.repository import site as site_seen
from supervisor.rules.checkin_methods import MethodFault, method_fault

_FAULTS = {
    MethodFault.TOO_FEW: ("每个培训地点至少启用两种打卡方式", "a site has at least two ways to check in"),
    MethodFault.NEEDS_PHONE: (
        "至少启用一种不需要智能手机、不刷脸的打卡方式",
        "at least one way must need neither a smartphone nor a face",
    ),
    MethodFault.NOT_OFFERED: ("这种打卡方式还不能使用", "this way to check in is not offered"),
}


def show(centre: Centre, caller: Caller, site_id: UUID) -> SiteCheckIn:
    """Raises LessonProofError SITE_NOT_FOUND (404)."""
    with centre.uow.read() as session:
        _require_site(session, caller, site_id)
        return _shown(session, site_id)


def set_fence(centre: Centre, caller: Caller, site_id: UUID, wanted: FenceIn) -> SiteCheckIn:
    """Raises LessonProofError SITE_NOT_FOUND (404)."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        _require_site(session, caller, site_id)
        row = Geofence(
            site_id=site_id,
            lat_e6=round(wanted.lat * 1e6),
            lon_e6=round(wanted.lon * 1e6),
            datum=wanted.datum,
            radius_m=wanted.radius_m,
            set_at=now,
            set_by=caller.account_id,
        )
        session.merge(row)
        session.flush()
        details: dict[str, Any] = {"lat_e6": row.lat_e6, "lon_e6": row.lon_e6, "datum": wanted.datum.value}
        details["radius_m"] = wanted.radius_m
        record(session, now, caller.actor, "geofence_set", f"site:{site_id}", **details)
        return _shown(session, site_id)


def set_methods(centre: Centre, caller: Caller, site_id: UUID, wanted: MethodsIn) -> SiteCheckIn:
    """Raises LessonProofError SITE_NOT_FOUND (404), METHODS_TOO_FEW, METHODS_NEED_PHONE, METHOD_NOT_OFFERED (422)."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        _require_site(session, caller, site_id)
        fault = method_fault(wanted.methods)
        if fault is not None:
            zh, en = _FAULTS[fault]
            raise LessonProofError(fault, status=422, where="/methods", zh=zh, en=en)
        methods = sorted({method.value for method in wanted.methods})
        session.merge(SiteMethods(site_id=site_id, methods=methods, set_at=now, set_by=caller.account_id))
        session.flush()
        record(session, now, caller.actor, "check_in_methods_set", f"site:{site_id}", methods=methods)
        return _shown(session, site_id)


def _shown(session: Session, site_id: UUID) -> SiteCheckIn:
    row = repository.fence_of(session, site_id)
    fence = None
    if row is not None:
        point = fence_of(row).centre
        fence = FenceIn(lat=point.lat, lon=point.lon, datum=point.datum, radius_m=row.radius_m)
    return SiteCheckIn(site_id=site_id, fence=fence, methods=methods_at(session, site_id))


def _require_site(session: Session, caller: Caller, site_id: UUID) -> None:
    if site_seen(session, caller, site_id) is None:
        raise LessonProofError("SITE_NOT_FOUND", status=404, zh="没有这个培训地点", en="no such site")
