"""The second factor: one-time codes of an authenticator (RFC 6238: SHA-1, six digits, 30 s), each taken once, and ten
recovery codes for who has lost it."""

from __future__ import annotations

import base64
import hmac
import secrets
from datetime import datetime
from uuid import UUID

import pyotp
from sqlalchemy.orm import Session

from config.errors import LessonProofError
from supervisor.accounts import repository
from supervisor.accounts.models import Account, RecoveryCode, SecondFactor
from supervisor.accounts.schemas import EnrolmentOut, RecoveryCodes
from supervisor.audit.service import record
from supervisor.callers import Caller, must_have_second_factor
from supervisor.centre import Centre

STEP_S = 30
SKEW_STEPS = 1  # a phone's clock may be so far off
RECOVERY_CODES = 10
_RECOVERY_BYTES = 10  # 80 random bits, 16 characters of base 32


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The time step whose code this is, within the skew; None: of none."""
    totp = pyotp.TOTP(secret, interval=STEP_S)
    here = int(now.timestamp()) // STEP_S
    for step in range(here - SKEW_STEPS, here + SKEW_STEPS + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.strip().encode()):
            return step
    return None


def refusal(
    centre: Centre, session: Session, account: Account, code: str | None, now: datetime, status: int = 401
) -> LessonProofError | None:
    """What stands against the person after a right password; None: nothing. Uses the code up."""
    factor = repository.second_factor(session, account.id)
    if factor is None or factor.confirmed_at is None:
        return None
    if not code:
        return LessonProofError(
            "SECOND_FACTOR_NEEDED",
            status=status,
            where="/code",
            zh="请输入动态口令(或一个恢复码)",
            en="enter the code of your authenticator, or a recovery code",
        )
    if _taken(centre, factor, code, now) or _recovered(centre, session, account, code, now):
        return None
    return _wrong(status)


def enrol(centre: Centre, caller: Caller) -> EnrolmentOut:
    """A new secret, in force once a code of it is confirmed; until then the one before holds. Who has one is asked for
    a code of it first (`service.prove_both`)."""
    now = centre.clock.now()
    secret = pyotp.random_base32()
    sealed = centre.vault.seal(secret, caller.account_id)
    with centre.uow.write() as session:
        factor = repository.second_factor(session, caller.account_id)
        if factor is None:
            session.add(SecondFactor(account_id=caller.account_id, created_at=now, secret_cipher=sealed))
        elif factor.confirmed_at is None:
            factor.created_at, factor.secret_cipher = now, sealed
        else:
            factor.next_cipher = sealed
        record(session, now, caller.actor, "second_factor_asked", caller.actor)
    return EnrolmentOut(
        uri=pyotp.TOTP(secret, interval=STEP_S).provisioning_uri(name=caller.username, issuer_name="LessonProof")
    )


def confirm(centre: Centre, caller: Caller, code: str, token: str) -> RecoveryCodes:
    """Where it takes another's place, that one's recovery codes go, and every session but that of `token` ends.

    Raises SECOND_FACTOR_NOT_ASKED (409), SECOND_FACTOR_WRONG (422)."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        factor = repository.second_factor(session, caller.account_id)
        replaced = factor is not None and factor.confirmed_at is not None
        sealed = None if factor is None else factor.next_cipher if replaced else factor.secret_cipher
        if factor is None or sealed is None:
            raise LessonProofError(
                "SECOND_FACTOR_NOT_ASKED",
                status=409,
                zh="请先申请绑定动态口令",
                en="ask for a second factor first",
            )
        step = step_of(centre.vault.unseal(sealed, caller.account_id), code, now)
        if step is None:
            raise _wrong(422)
        factor.secret_cipher, factor.next_cipher = sealed, None
        factor.last_step, factor.confirmed_at = step, now
        if replaced:
            repository.forget_recovery_codes(session, caller.account_id)
            repository.end_sessions_of(session, caller.account_id, but=token)
        codes = [base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode() for _ in range(RECOVERY_CODES)]
        session.add_all(
            RecoveryCode(account_id=caller.account_id, code_hmac=_hmac(centre, caller.account_id, one)) for one in codes
        )
        action = "second_factor_replaced" if replaced else "second_factor_confirmed"
        record(session, now, caller.actor, action, caller.actor)
    return RecoveryCodes(codes=codes, replaced=replaced)


def remove_own(centre: Centre, caller: Caller, token: str) -> None:
    """By who needs none; every session but that of `token` ends. The person was asked for a code of it first.

    Raises SECOND_FACTOR_DUTY (409)."""
    if must_have_second_factor(centre, caller):
        raise LessonProofError(
            "SECOND_FACTOR_DUTY",
            status=409,
            zh="本县要求您的账户使用动态口令,不能解除;可以换绑",
            en="this county asks a second factor of your account: replace it instead",
        )
    with centre.uow.write() as session:
        if repository.second_factor(session, caller.account_id) is None:
            return
        repository.forget_second_factor(session, caller.account_id)
        repository.end_sessions_of(session, caller.account_id, but=token)
        record(session, centre.clock.now(), caller.actor, "second_factor_given_up", caller.actor)


def _taken(centre: Centre, factor: SecondFactor, code: str, now: datetime) -> bool:
    """Whether the code is right and newer than every one that was taken before."""
    step = step_of(centre.vault.unseal(factor.secret_cipher, factor.account_id), code, now)
    if step is None or (factor.last_step is not None and step <= factor.last_step):
        return False
    factor.last_step = step
    return True


def _recovered(centre: Centre, session: Session, account: Account, code: str, now: datetime) -> bool:
    found = repository.unused_recovery_code(session, account.id, _hmac(centre, account.id, code))
    if found is None:
        return False
    found.used_at = now
    subject = f"account:{account.id}"
    record(session, now, subject, "recovery_code_used", subject)
    return True


def _hmac(centre: Centre, account_id: UUID, code: str) -> str:
    return centre.vault.lookup("recovery", f"{account_id}\0{code.strip().replace(' ', '').upper()}")


def _wrong(status: int) -> LessonProofError:
    return LessonProofError(
        "SECOND_FACTOR_WRONG",
        status=status,
        where="/code",
        zh="动态口令不正确或已用过:请等下一个",
        en="this code is wrong or was used before: wait for the next one",
    )
