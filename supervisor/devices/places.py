"""What stands where: sites with their rooms, cameras and boxes, and how far a new county has come."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from supervisor.callers import Caller, Role
from supervisor.centre import Centre
from supervisor.classes import repository as classes
from supervisor.classes.models import Institution
from supervisor.devices import repository
from supervisor.devices.models import Box, Camera, Site
from supervisor.devices.schemas import (
    Beginning,
    BoxPlace,
    CameraPlace,
    InstitutionPlaces,
    RoomPlace,
    SitePlace,
    SiteRecord,
)
from supervisor.devices.service import box_out, camera_out, is_silent, not_found, state_of
from supervisor.paging import Page, page_of

LOOKERS = (Role.INSPECTOR, Role.APPROVER, Role.HANDLER, Role.OVERSIGHT)
READERS = (Role.SYSTEM_ADMIN, *LOOKERS)
"""Of whole sites, boxes' keys and codes' ends included; the system administrator enters them."""


def places(centre: Centre, caller: Caller, cursor: str | None, size: int) -> Page[InstitutionPlaces]:
    """Raises LessonProofError CURSOR_INVALID (422)."""
    with centre.uow.read() as session:
        rows = classes.institutions(session, caller, cursor, size)
        shown = _places(centre, session, rows[:size])
        return Page(**page_of(rows, size, lambda one: (one.created_at, one.id), lambda one: shown[one.id]))


def site_record(centre: Centre, caller: Caller, site_id: UUID) -> SiteRecord:
    """Raises LessonProofError SITE_NOT_FOUND (404)."""
    with centre.uow.read() as session:
        site = repository.site(session, caller, site_id)
        if site is None:
            raise not_found("SITE", "培训点", "site")
        institution = session.get_one(Institution, site.institution_id)
        boxes = repository.boxes_at(session, [site.id])
        cameras = repository.cameras_at(session, [site.id])
        shown = {camera.id: _camera(camera, boxes) for camera, _ in cameras}
        return SiteRecord(
            id=site.id,
            name=site.name,
            institution_id=institution.id,
            institution=institution.name,
            secret_related=institution.secret_related,
            rooms=[
                RoomPlace(
                    id=room.id, site_id=site.id, name=room.name,
                    cameras=[shown[camera.id] for camera, _ in cameras if camera.room_id == room.id],
                )
                for room in repository.rooms_at(session, [site.id])
            ],
            boxes=_boxes(centre, session, boxes),
        )  # fmt: skip


def beginning(centre: Centre, caller: Caller) -> Beginning:
    """How many there are of each in the caller's scope."""
    with centre.uow.read() as session:
        return Beginning(**repository.counts(session, caller))


def _places(centre: Centre, session: Session, found: Sequence[Institution]) -> dict[UUID, InstitutionPlaces]:
    sites = repository.sites_of(session, [one.id for one in found])
    ids = [site.id for site in sites]
    rooms, boxes = repository.rooms_at(session, ids), repository.boxes_at(session, ids)
    cameras = repository.cameras_at(session, ids)

    def of(site: Site) -> SitePlace:
        working = [box for box in boxes if box.site_id == site.id and box.revoked_at is None]
        enrolled = [box for box in working if box.enrolled_at is not None]
        return SitePlace(
            id=site.id,
            name=site.name,
            rooms=sum(room.site_id == site.id for room in rooms),
            cameras=sum(room.site_id == site.id for _, room in cameras),
            boxes=len(working),
            waiting=len(working) - len(enrolled),
            silent=sum(is_silent(centre, box) for box in enrolled),
        )

    return {
        one.id: InstitutionPlaces(
            id=one.id,
            name=one.name,
            secret_related=one.secret_related,
            sites=[of(site) for site in sites if site.institution_id == one.id],
        )
        for one in found
    }


def _boxes(centre: Centre, session: Session, boxes: Sequence[Box]) -> list[BoxPlace]:
    ids = [box.id for box in boxes]
    changed, codes = repository.key_changes(session, ids), repository.open_codes(session, ids)
    return [
        BoxPlace(
            **box_out(centre, box).model_dump(),
            public_key=box.public_key,
            key_since=changed.get(box.id, box.enrolled_at),
            code_until=codes.get(box.id),
        )
        for box in boxes
    ]


def _camera(camera: Camera, boxes: Sequence[Box]) -> CameraPlace:
    box = next(box for box in boxes if box.id == camera.box_id)
    state = state_of(box)
    told = next((report for report in state.cameras if report.camera_id == camera.id), None) if state else None
    return CameraPlace(
        **camera_out(camera).model_dump(),
        tested=camera.accepted_zones is not None,
        status=told.status if told else None,
        since=told.since if told else None,
    )
