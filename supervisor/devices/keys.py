"""A box changes its key: one transaction, in which the old key stops and the new one begins."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from config.errors import LessonProofError
from supervisor.audit.service import record
from supervisor.centre import Centre
from supervisor.contract.keys import KeyChange, KeyReply
from supervisor.devices.models import Box, BoxKey
from supervisor.devices.revocation import working_box


def change_key(centre: Centre, box_id: UUID, change: KeyChange) -> KeyReply:
    """The same change again gets the same answer: the first one may have been lost on the way.

    Raises LessonProofError PUBLIC_KEY_INVALID, KEY_PROOF_INVALID (422), KEY_SUPERSEDED, PUBLIC_KEY_TAKEN (409).
    """
    if not change.proves_possession(box_id):
        raise LessonProofError(
            "KEY_PROOF_INVALID",
            status=422,
            where="/proof",
            zh="新密钥的签名无效,不能证明盒子持有它",
            en="the new key's signature does not verify: the box has not shown that it holds the key",
        )
    with centre.uow.write() as session:
        box = working_box(session, box_id)
        now = centre.clock.now()  # asked under the lock: nothing was countersigned later under the old key
        since = session.scalar(select(func.max(BoxKey.valid_until)).where(BoxKey.box_id == box_id)) or box.enrolled_at
        assert since is not None  # only an enrolled box can sign
        if box.public_key == change.public_key:
            return KeyReply(public_key=change.public_key, valid_from=since)
        if box.public_key != change.replaces:
            raise LessonProofError(
                "KEY_SUPERSEDED",
                status=409,
                where="/replaces",
                zh="要替换的不是盒子当前的密钥",
                en="this does not replace the key that the box has now",
            )
        refuse_taken(session, change.public_key)
        session.add(BoxKey(public_key=change.replaces, box_id=box_id, valid_from=since, valid_until=now))
        box.public_key = change.public_key
        actor = subject = f"box:{box_id}"
        record(session, now, actor, "box_key_rotated", subject, key=change.public_key, replaces=change.replaces)
        return KeyReply(public_key=change.public_key, valid_from=now)


def refuse_taken(session: Session, public_key: str) -> None:
    """A key belongs to one box, and once. Raises LessonProofError PUBLIC_KEY_TAKEN (409)."""
    now, before = exists().where(Box.public_key == public_key), exists().where(BoxKey.public_key == public_key)
    if session.scalar(select(or_(now, before))):
        raise LessonProofError(
            "PUBLIC_KEY_TAKEN",
            status=409,
            zh="这把密钥已经用过,或属于另一台盒子",
            en="this key was used before, or belongs to another box",
            where="/public_key",
        )
