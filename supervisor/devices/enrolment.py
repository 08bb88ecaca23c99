"""How a box becomes known: a one-time code, given once to whoever installs it."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from config.errors import LessonProofError
from storage.evidence.note import COSIGNATURE
from supervisor.audit.service import record
from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.classes.secrecy import refuse_secret
from supervisor.contract.enrolment import EnrolReply, EnrolRequest
from supervisor.contract.signing import parse_public_key
from supervisor.devices import repository
from supervisor.devices.keys import refuse_taken
from supervisor.devices.models import Box, EnrolmentCode, Site
from supervisor.devices.schemas import BoxIn, EnrolmentOut
from supervisor.devices.service import name_taken, not_found
from supervisor.vault import token_hash

CODE_FOR = timedelta(minutes=15)
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # nothing that looks like something else
_GROUPS, _GROUP = 3, 4


def create_box(centre: Centre, caller: Caller, wanted: BoxIn) -> EnrolmentOut:
    """A new box of a site and its one-time code. Raises LessonProofError SITE_NOT_FOUND (404), NAME_TAKEN (409): a
    revoked box gives its name to the one that takes its place."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        site = repository.site(session, caller, wanted.site_id, lock=True)
        if site is None:
            raise not_found("SITE", "培训点", "site", "/site_id")
        refuse_secret(session, site.institution_id)
        if any(one.name == wanted.name for one in repository.boxes_at(session, [site.id]) if one.revoked_at is None):
            raise name_taken("现场设备", "a box")
        box = Box(created_at=now, log_size=0, **wanted.model_dump())
        session.add(box)
        session.flush()
        record(session, now, caller.actor, "box_created", f"box:{box.id}")
        return _issue(session, box, now)


def new_code(centre: Centre, caller: Caller, box_id: UUID) -> EnrolmentOut:
    """Another code for a box that has not enrolled; an earlier one is void from now on, for it may have come into other
    hands. Raises BOX_NOT_FOUND (404), BOX_ENROLLED (409)."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        box = repository.box(session, caller, box_id, lock=True)
        if box is None:
            raise not_found("BOX", "盒子", "box")
        if box.public_key is not None or box.revoked_at is not None:
            raise LessonProofError(
                "BOX_ENROLLED",
                status=409,
                zh="盒子已登记或已停用:更换设备请停用旧盒子、新建盒子,再把摄像头改接到新盒子",
                en="the box is enrolled or revoked: revoke the old one, register a new one, move the cameras to it",
            )
        voided = repository.void_codes(session, box.id, now)
        if voided:
            record(session, now, caller.actor, "box_codes_voided", f"box:{box.id}", codes=voided)
        record(session, now, caller.actor, "box_code_issued", f"box:{box.id}")
        return _issue(session, box, now, voided)


def enrol(centre: Centre, request: EnrolRequest, ip: str) -> EnrolReply:
    """Raises LessonProofError CODE_UNKNOWN (401), CODE_VOID, CODE_EXPIRED, CODE_USED (409), PUBLIC_KEY_INVALID (422),
    TOO_MANY_TRIES (429).

    The same code with the same key again gets the same answer: the first one may have been lost on the way.
    """
    key = f"enrol:{ip}"
    centre.throttle.check(key, centre.clock, limit=20, window_s=600)
    parse_public_key(request.public_key)
    now = centre.clock.now()
    with centre.uow.write() as session:
        code = repository.code_of(session, request.code.replace("-", "").upper())
        if code is None:
            centre.throttle.wrong(key, centre.clock)
            raise LessonProofError(
                "CODE_UNKNOWN", status=401, zh="登记码不正确", en="unknown enrolment code", where="/code"
            )
        # The box's lock stands between this code and a later one that is issued at the same moment.
        box = session.get_one(Box, code.box_id, with_for_update=True)
        session.refresh(code)
        if code.voided_at is not None:
            raise LessonProofError(
                "CODE_VOID",
                status=409,
                zh="登记码已作废:后来又生成了新的登记码,请用最新的",
                en="the enrolment code is void: a newer one was made for this box, use that",
                where="/code",
            )
        if code.expires_at <= now:
            raise LessonProofError(
                "CODE_EXPIRED",
                status=409,
                zh="登记码已过期,请管理员重新生成",
                en="the enrolment code is over: ask for a new one",
                where="/code",
            )
        site = session.get_one(Site, box.site_id)
        if code.used_at is None and box.public_key is None and box.revoked_at is None:
            refuse_taken(session, request.public_key)
            code.used_at = now
            box.public_key = request.public_key
            box.enrolled_at = now
            box.last_seen = now
            record(
                session,
                now,
                f"box:{box.id}",
                "box_enrolled",
                f"box:{box.id}",
                version=request.version,
                key=request.public_key,
                site=str(site.id),
            )
        elif box.public_key != request.public_key or box.revoked_at is not None:
            raise LessonProofError(
                "CODE_USED",
                status=409,
                zh="登记码已使用,它的盒子已登记或停用:请管理员新建盒子",
                en="the code was used, its box is enrolled or revoked: ask an administrator to register a new box",
                where="/code",
            )
        return EnrolReply(
            box_id=box.id,
            witness=str(centre.witness.verifier(COSIGNATURE)),
            site_name=site.name,
            centre_time=now,
        )


def _issue(session: Session, box: Box, now: datetime, voided: int = 0) -> EnrolmentOut:
    groups = ["".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS)]
    expires_at = now + CODE_FOR
    session.add(
        EnrolmentCode(created_at=now, box_id=box.id, code_sha256=token_hash("".join(groups)), expires_at=expires_at)
    )
    return EnrolmentOut(id=box.id, code="-".join(groups), expires_at=expires_at, voided=voided)
