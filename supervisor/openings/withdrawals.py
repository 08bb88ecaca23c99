"""What was entered by mistake is withdrawn: a licence, or a catalogue version before its first day. It stays and is
shown, with who withdrew it and why; it counts no more from that moment. A class that was approved before keeps what it
was judged by."""

from __future__ import annotations

from uuid import UUID

from config.clock import CHINA
from config.errors import LessonProofError
from supervisor.audit.service import record
from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.contract.evidence import sha256_hex
from supervisor.devices.service import not_found
from supervisor.openings import repository
from supervisor.openings.models import CatalogueWithdrawal, LicenceWithdrawal
from supervisor.openings.schemas import CatalogueWithdrawalIn, WithdrawalIn, WithdrawalOut


def withdraw_licence(centre: Centre, caller: Caller, licence_id: UUID, wanted: WithdrawalIn) -> None:
    """Raises LessonProofError LICENCE_NOT_FOUND (404), LICENCE_WITHDRAWN (409)."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        held = repository.licence(session, caller, licence_id)
        if held is None:
            raise not_found("LICENCE", "许可", "licence")
        if session.get(LicenceWithdrawal, held.id) is not None:
            raise _error("LICENCE_WITHDRAWN", "这份许可已经撤回", "this licence was withdrawn already")
        session.add(LicenceWithdrawal(licence_id=held.id, at=now, account_id=caller.account_id, reason=wanted.reason))
        reason = sha256_hex(wanted.reason.encode())
        record(session, now, caller.actor, "licence_withdrawn", f"licence:{held.id}", reason_sha256=reason)


def withdraw_catalogue(centre: Centre, caller: Caller, wanted: CatalogueWithdrawalIn) -> None:
    """A version that has begun was used: it is replaced by a later one, not withdrawn.

    Raises LessonProofError CATALOGUE_NOT_FOUND (404), CATALOGUE_WITHDRAWN, CATALOGUE_BEGUN (409)."""
    now = centre.clock.now()
    today = now.astimezone(CHINA).date()
    with centre.uow.write() as session:
        held = repository.catalogue_version(session, wanted.kind, wanted.version, lock=True)
        if not held:
            raise not_found("CATALOGUE", "目录版本", "version of the catalogue")
        if session.get(CatalogueWithdrawal, (wanted.kind, wanted.version)) is not None:
            raise _error("CATALOGUE_WITHDRAWN", "这个版本已经撤回", "this version was withdrawn already")
        if any(one.valid_from <= today for one in held):
            raise _error(
                "CATALOGUE_BEGUN",
                "这个版本已经起始,不能撤回:请公布新版本代替它",
                "this version has begun and cannot be withdrawn: publish one that replaces it",
            )
        session.add(CatalogueWithdrawal(at=now, account_id=caller.account_id, **wanted.model_dump()))
        subject, reason = f"catalogue:{wanted.kind}", sha256_hex(wanted.reason.encode())
        record(session, now, caller.actor, "catalogue_withdrawn", subject, version=wanted.version, reason_sha256=reason)


def withdrawal_out(one: LicenceWithdrawal | CatalogueWithdrawal, by: str) -> WithdrawalOut:
    """`by`: the name of who did it."""
    return WithdrawalOut(at=one.at, by=by, reason=one.reason)


def _error(code: str, zh: str, en: str) -> LessonProofError:
    return LessonProofError(code, status=409, zh=zh, en=en)
