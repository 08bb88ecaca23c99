"""Registration of places and devices, and what boxes say of themselves."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.errors import LessonProofError
from supervisor.audit.service import record
from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.classes.models import Institution
from supervisor.classes.secrecy import refuse_secret
from supervisor.contract.signing import MAX_SKEW
from supervisor.contract.state import BoxState
from supervisor.devices import repository
from supervisor.devices.models import Box, Camera, RevocationReason, Room, Site
from supervisor.devices.schemas import BoxOut, CameraChange, CameraIn, CameraOut, RoomIn, RoomOut, SiteIn, SiteOut
from supervisor.paging import Key, Page, page_of


def _key(row: Site | Room | Camera | Box) -> Key:
    return row.created_at, row.id


def create_site(centre: Centre, caller: Caller, wanted: SiteIn) -> SiteOut:
    """Raises LessonProofError INSTITUTION_NOT_FOUND (404)."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        query = select(Institution.id).where(Institution.id == wanted.institution_id, caller.sees(Institution.id))
        if session.scalar(query) is None:
            raise not_found("INSTITUTION", "培训机构", "institution", "/institution_id")
        refuse_secret(session, wanted.institution_id)
        site = Site(created_at=now, **wanted.model_dump())
        session.add(site)
        session.flush()
        record(session, now, caller.actor, "site_created", f"site:{site.id}")
        return _site(site)


def sites(centre: Centre, caller: Caller, cursor: str | None, size: int) -> Page[SiteOut]:
    with centre.uow.read() as session:
        rows = repository.sites(session, caller, cursor, size)
        return Page(**page_of(rows, size, _key, _site))


def create_room(centre: Centre, caller: Caller, wanted: RoomIn) -> RoomOut:
    """Raises LessonProofError SITE_NOT_FOUND (404), NAME_TAKEN (409)."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        site = repository.site(session, caller, wanted.site_id, lock=True)
        if site is None:
            raise not_found("SITE", "培训点", "site", "/site_id")
        refuse_secret(session, site.institution_id)
        if any(one.name == wanted.name for one in repository.rooms_at(session, [site.id])):
            raise name_taken("教室", "a room")
        room = Room(created_at=now, **wanted.model_dump())
        session.add(room)
        session.flush()
        record(session, now, caller.actor, "room_created", f"room:{room.id}", site=str(room.site_id))
        return _room(room)


def rooms(centre: Centre, caller: Caller, cursor: str | None, size: int) -> Page[RoomOut]:
    with centre.uow.read() as session:
        rows = repository.rooms(session, caller, cursor, size)
        return Page(**page_of(rows, size, _key, _room))


def create_camera(centre: Centre, caller: Caller, wanted: CameraIn) -> CameraOut:
    """Raises ROOM_NOT_FOUND, BOX_NOT_FOUND (404) and, 422, BOX_REVOKED, BOX_ELSEWHERE, ROOM_HAS_OTHER_BOX,
    CAMERA_CODE_TAKEN.

    All cameras of a room hang on one box, so that one evidence speaks for the whole room.
    """
    now = centre.clock.now()
    with centre.uow.write() as session:
        room = repository.room(session, caller, wanted.room_id)
        if room is None:
            raise not_found("ROOM", "教室", "room", "/room_id")
        refuse_secret(session, session.get_one(Site, room.site_id).institution_id)
        _check_box(session, caller, wanted.box_id, room, wanted.code)
        camera = Camera(created_at=now, **wanted.model_dump())
        session.add(camera)
        session.flush()
        record(session, now, caller.actor, "camera_created", f"camera:{camera.id}", **wanted.model_dump(mode="json"))
        return camera_out(camera)


def change_camera(centre: Centre, caller: Caller, camera_id: UUID, wanted: CameraChange) -> CameraOut:
    """Raises CAMERA_NOT_FOUND (404), and for another box what `create_camera` does."""
    now = centre.clock.now()
    changes = wanted.model_dump(exclude_none=True)
    with centre.uow.write() as session:
        found = repository.camera(session, caller, camera_id)
        if found is None:
            raise not_found("CAMERA", "摄像头", "camera")
        camera, room = found
        if wanted.box_id is not None and wanted.box_id != camera.box_id:
            _check_box(session, caller, wanted.box_id, room, camera.code, camera.id)
        for name, value in changes.items():
            setattr(camera, name, value)
        if wanted.accepted is not None:  # a person's word is about the camera, whatever its zones
            camera.accepted_zones = None
        details = wanted.model_dump(mode="json", exclude_none=True)
        record(session, now, caller.actor, "camera_changed", f"camera:{camera.id}", **details)
        return camera_out(camera)


def _check_box(
    session: Session, caller: Caller, box_id: UUID, room: Room, code: str, camera_id: UUID | None = None
) -> None:
    """Whether a camera of `room` may hang on the box; `camera_id` is None for a new one."""
    box = repository.box(session, caller, box_id)
    if box is None:
        raise not_found("BOX", "盒子", "box", "/box_id")
    if box.revoked_at is not None:
        raise _refused("BOX_REVOKED", "/box_id", "盒子已停用:请接到在用的盒子", "the box is revoked: choose another")
    if box.site_id != room.site_id:
        raise _refused("BOX_ELSEWHERE", "/box_id", "盒子和教室不在同一培训点", "the box is at another site")
    if repository.box_of_room(session, room.id, camera_id) not in (None, box.id):
        raise _refused(
            "ROOM_HAS_OTHER_BOX",
            "/box_id",
            "教室的摄像头须接在同一台盒子上:换盒子请先停用旧盒子,再逐个改接摄像头",
            "all cameras of a room hang on one box: to replace it, revoke the old box, then move each camera",
        )
    if any(other.code == code for other, _ in repository.own_cameras(session, box.id)):
        raise _refused("CAMERA_CODE_TAKEN", "/code", "该盒子已有同名摄像头", "the box has a camera of this code")


def cameras(centre: Centre, caller: Caller, cursor: str | None, size: int) -> Page[CameraOut]:
    with centre.uow.read() as session:
        rows = repository.page_of_cameras(session, caller, cursor, size)
        return Page(**page_of(rows, size, _key, camera_out))


def boxes(centre: Centre, caller: Caller, cursor: str | None, size: int) -> Page[BoxOut]:
    with centre.uow.read() as session:
        rows = repository.page_of_boxes(session, caller, cursor, size)
        return Page(**page_of(rows, size, _key, lambda box: box_out(centre, box)))


def report_state(centre: Centre, box_id: UUID, state: BoxState) -> None:
    """Keep what the box says of itself; the one before is forgotten. A state that is not newer than it is a replay, or
    came late: it is dropped, and is no sign of life.
    """
    now = centre.clock.now()
    with centre.uow.write() as session:
        box = session.get_one(Box, box_id, with_for_update=True)
        before = state_of(box)
        if before is not None and state.at <= before.at <= now + MAX_SKEW:  # one of the future would last for ever
            return
        box.state, box.last_seen = state.model_dump(mode="json"), now


def is_silent(centre: Centre, box: Box) -> bool:
    limit = timedelta(seconds=centre.settings.box_silent_after_s)
    return box.last_seen is None or centre.clock.now() - box.last_seen > limit


def state_of(box: Box) -> BoxState | None:
    return BoxState.model_validate(box.state) if box.state else None


def not_found(kind: str, zh: str, en: str, where: str | None = None) -> LessonProofError:
    """The same answer for what does not exist and for what the caller may not see."""
    return LessonProofError(f"{kind}_NOT_FOUND", status=404, where=where, zh=f"没有这个{zh}", en=f"no such {en}")


def name_taken(zh: str, en: str) -> LessonProofError:
    """What stands at a site is told apart by its name: by people, and by a teaching plan that names its rooms."""
    return LessonProofError(
        "NAME_TAKEN",
        status=409,
        where="/name",
        zh=f"这个培训点已有同名的{zh},请换一个名称",
        en=f"this site has {en} of this name: choose another",
    )


def _refused(code: str, where: str, zh: str, en: str) -> LessonProofError:
    return LessonProofError(code, status=422, where=where, zh=zh, en=en)


def _site(site: Site) -> SiteOut:
    return SiteOut(id=site.id, institution_id=site.institution_id, name=site.name)


def _room(room: Room) -> RoomOut:
    return RoomOut(id=room.id, site_id=room.site_id, name=room.name)


def camera_out(camera: Camera) -> CameraOut:
    return CameraOut(
        id=camera.id,
        room_id=camera.room_id,
        box_id=camera.box_id,
        code=camera.code,
        zone=camera.zone,
        accepted=camera.accepted,
        podium_in_zone=camera.podium_in_zone,
    )


def box_out(centre: Centre, box: Box) -> BoxOut:
    state = state_of(box)
    return BoxOut(
        id=box.id,
        site_id=box.site_id,
        name=box.name,
        enrolled_at=box.enrolled_at,
        revoked_at=box.revoked_at,
        revoked_reason=RevocationReason(box.revoked_reason) if box.revoked_reason else None,
        revoked_remark=box.revoked_remark,
        last_seen=box.last_seen,
        silent=is_silent(centre, box),
        version=state.version if state else None,
        backlog_entries=state.backlog_entries if state else None,
        backlog_clips=state.backlog_clips if state else None,
        disk_admission_ok=state.disk.admission_ok if state else None,
    )
