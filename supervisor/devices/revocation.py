"""How a box stops being known: what was countersigned before stays valid, everything after it is refused."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.clock import CHINA
from config.errors import LessonProofError
from supervisor.audit.service import record
from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.devices import repository
from supervisor.devices.models import Box, RevocationReason
from supervisor.devices.schemas import RevocationIn
from supervisor.devices.service import not_found

_WORDS = {
    RevocationReason.LOST: ("丢失", "it was lost"),
    RevocationReason.STOLEN: ("被盗", "it was stolen"),
    RevocationReason.REPLACED: ("已更换", "another box took its place"),
    RevocationReason.CLOSED: ("培训点停办", "its site was closed"),
    RevocationReason.KEY_EXPOSED: ("密钥泄露", "others may know its key"),
    RevocationReason.TAMPERED: ("被改动", "it was tampered with"),
    RevocationReason.OTHER: ("其他原因", "another reason"),
}


def revoke(centre: Centre, caller: Caller, box_id: UUID, wanted: RevocationIn) -> None:
    """What the box delivered before stays; a second revocation changes nothing. Raises BOX_NOT_FOUND (404)."""
    with centre.uow.write() as session:
        box = repository.box(session, caller, box_id)
        if box is None:
            raise not_found("BOX", "盒子", "box")
        session.refresh(box, with_for_update=True)
        now = centre.clock.now()  # asked under the lock: nothing of the box was countersigned later
        if box.revoked_at is None:
            box.revoked_at, box.revoked_reason, box.revoked_remark = now, wanted.reason.value, wanted.remark or None
            reason, subject = wanted.reason.value, f"box:{box.id}"
            record(session, now, caller.actor, "box_revoked", subject, reason=reason, log_size=box.log_size)


def working_box(session: Session, box_id: UUID) -> Box:
    """The box's row, locked: one request of a box at a time changes what it has here, and none once it is revoked.
    Raises BOX_REVOKED (403).
    """
    box = session.scalars(select(Box).where(Box.id == box_id).with_for_update()).one()
    refuse_revoked(box)
    return box


def refuse_revoked(box: Box) -> None:
    """For who has shown the box's key: others are not told. Raises LessonProofError BOX_REVOKED (403)."""
    if box.revoked_at is None:
        return
    zh, en = _WORDS[RevocationReason(box.revoked_reason or RevocationReason.OTHER)]
    day = box.revoked_at.astimezone(CHINA).date()
    raise LessonProofError(
        "BOX_REVOKED",
        status=403,
        zh=f"本盒子已于 {day} 停用({zh}),监管中心不再接收其数据:请联系管理员",
        en=f"this box was revoked on {day} ({en}), the centre takes nothing from it: ask its administrator",
    )
