"""Who has an account, with which role and scope: the system administrator asks, the security administrator decides, and
nobody does both (L24, L25)."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from uuid import UUID

from sqlalchemy.orm import Session

from config.clock import CHINA
from config.errors import LessonProofError
from supervisor.accounts import repository
from supervisor.accounts.models import Account
from supervisor.accounts.schemas import AccountIn, Decision, ScopeIn, SetupLinkOut
from supervisor.accounts.service import account_not_found, locked, new_link, username_taken
from supervisor.audit.service import record
from supervisor.callers import Caller, Role
from supervisor.centre import Centre
from supervisor.rules.identifiers import parse_id_number
from supervisor.rules.role_scope import ADMINISTRATORS, Part, excluded, scope_fault

_SCOPE = ("role", "institution_id", "area", "sector", "unit", "expires_at")
_FIRST_BY_SYSTEM_ADMIN = (Role.SECURITY_ADMIN, Role.AUDIT_ADMIN)


def create_account(centre: Centre, caller: Caller, wanted: AccountIn) -> SetupLinkOut:
    """A person whose role and scope are asked for: nobody signs in before they are granted and the link is redeemed.

    Raises USERNAME_TAKEN, INSTITUTION_UNKNOWN, ROLE_SCOPE, EXPIRY_PAST, ACCOUNT_ID_INVALID (422),
    ADMINISTRATOR_SEPARATE (409)."""
    now = centre.clock.now()
    _check_scope(wanted, now)
    hashed = None
    if wanted.id_number is not None:
        hashed = _person(centre, wanted.id_number.get_secret_value(), now)
    with centre.uow.write() as session:
        if repository.by_username(session, wanted.username) is not None:
            raise username_taken()
        _check_institutions(session, wanted)
        account = Account(
            created_at=now,
            username=wanted.username,
            name=wanted.name,
            person_hmac=hashed,
            **wanted.model_dump(include=set(_SCOPE)),
        )
        session.add(account)
        session.flush()
        _check_separate(session, account, now)
        repository.commission(session, account.id, wanted.institutions)
        record(session, now, caller.actor, "account_created", f"account:{account.id}", scope=_told(wanted))
        return new_link(centre, session, caller.actor, account, now)


def _person(centre: Centre, id_number: str, now: datetime) -> str:
    try:
        number = parse_id_number(id_number, today=now.astimezone(CHINA).date()).number
    except LessonProofError as error:
        raise LessonProofError("ACCOUNT_ID_INVALID", status=422, where="/id_number", zh=error.zh, en=error.en) from None
    return centre.vault.lookup("id_number", number)


def change_scope(centre: Centre, caller: Caller, account_id: UUID, wanted: ScopeIn) -> None:
    """Another role or scope is asked for: until it is granted the account has no power, and who was signed in is out.

    An administrator's account keeps its role for good, so that nobody undoes the separation by renaming one. Raises
    ACCOUNT_NOT_FOUND (404), ACCOUNT_OWN (403), ADMINISTRATOR_STAYS, ADMINISTRATOR_SEPARATE (409), and 422 as
    `create_account`."""
    now = centre.clock.now()
    _check_scope(wanted, now)
    with centre.uow.write() as session:
        account = _other(session, caller, account_id)
        if account.granted_at is not None and account.role in ADMINISTRATORS:
            raise LessonProofError(
                "ADMINISTRATOR_STAYS",
                status=409,
                zh="三员账户的角色不能更改:请停用该账户,另建新账户",
                en="an administrator's role does not change: disable the account and create another",
            )
        _check_institutions(session, wanted)
        for field, value in wanted.model_dump(include=set(_SCOPE)).items():
            setattr(account, field, value)
        account.granted_at = account.refused_at = account.reviewed_at = None
        _check_separate(session, account, now)
        repository.commission(session, account.id, wanted.institutions)
        repository.end_sessions_of(session, account.id)
        record(session, now, caller.actor, "account_scope_asked", f"account:{account.id}", scope=_told(wanted))


def decide(centre: Centre, caller: Caller, account_id: UUID, decision: Decision) -> None:
    """Grant or refuse the role and scope that are asked for. The system administrator decides only about the first
    security and the first audit administrator of the county.

    Raises ACCOUNT_NOT_FOUND (404), ACCOUNT_OWN, ROLE_NOT_ALLOWED (403), ACCOUNT_DECIDED, ADMINISTRATOR_SEPARATE
    (409)."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        account = _other(session, caller, account_id)
        if caller.role is Role.SYSTEM_ADMIN and not _first_of_its_kind(session, account):
            raise LessonProofError(
                "ROLE_NOT_ALLOWED",
                status=403,
                zh="角色和范围由安全管理员授权",
                en="role and scope are granted by the security administrator",
            )
        if account.granted_at is not None or account.refused_at is not None:
            raise LessonProofError(
                "ACCOUNT_DECIDED",
                status=409,
                zh="该账户的角色和范围已有决定",
                en="role and scope of this account are decided already",
            )
        if decision is Decision.GRANT:
            _check_separate(session, account, now)
            account.granted_at = now
        else:
            account.refused_at = now
        action = "account_granted" if decision is Decision.GRANT else "account_refused"
        record(session, now, caller.actor, action, f"account:{account.id}", role=account.role)


def may_decide(centre: Centre, caller: Caller, role: Role) -> bool:
    """Whether the caller decides about an account of this role that is asked for; never about their own."""
    if caller.role is Role.SECURITY_ADMIN:
        return True
    if caller.role is not Role.SYSTEM_ADMIN or role not in _FIRST_BY_SYSTEM_ADMIN:
        return False
    with centre.uow.read() as session:
        return not repository.ever_granted(session, role)


def _first_of_its_kind(session: Session, account: Account) -> bool:
    return account.role in _FIRST_BY_SYSTEM_ADMIN and not repository.ever_granted(session, account.role)


def disable(centre: Centre, caller: Caller, account_id: UUID) -> None:
    """The person has left: nobody signs in any more, and who is signed in is out. Raises ACCOUNT_NOT_FOUND (404),
    ACCOUNT_OWN (403)."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        account = _other(session, caller, account_id)
        if account.disabled_at is None:
            account.disabled_at = now
            repository.void_links(session, account.id, now)
            repository.end_sessions_of(session, account.id)
            record(session, now, caller.actor, "account_disabled", f"account:{account.id}")


def enable(centre: Centre, caller: Caller, account_id: UUID) -> None:
    """Raises ACCOUNT_NOT_FOUND (404), ACCOUNT_OWN (403), ADMINISTRATOR_SEPARATE (409)."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        account = _other(session, caller, account_id)
        if account.disabled_at is not None:
            _check_separate(session, account, now)
            account.disabled_at = None
            record(session, now, caller.actor, "account_enabled", f"account:{account.id}")


def unlock(centre: Centre, caller: Caller, account_id: UUID, reason: str) -> None:
    """Before the lock ends by itself. Raises ACCOUNT_NOT_FOUND (404), ACCOUNT_OWN (403), ACCOUNT_NOT_LOCKED (409)."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        account = _other(session, caller, account_id)
        if not locked(account, now):
            raise LessonProofError(
                "ACCOUNT_NOT_LOCKED", status=409, zh="该账户没有锁定", en="this account is not locked"
            )
        account.locked_until = None
        account.failed_sign_ins = 0
        told = sha256(reason.encode()).hexdigest()
        subject = f"account:{account.id}"
        record(session, now, caller.actor, "account_unlocked", subject, words=reason, reason_sha256=told)


def remove_second_factor(centre: Centre, caller: Caller, account_id: UUID) -> None:
    """For who has lost phone and recovery codes. Raises ACCOUNT_NOT_FOUND (404), ACCOUNT_OWN (403)."""
    with centre.uow.write() as session:
        account = _other(session, caller, account_id)
        repository.forget_second_factor(session, account.id)
        repository.end_sessions_of(session, account.id)
        record(session, centre.clock.now(), caller.actor, "second_factor_removed", f"account:{account.id}", alarm=True)


def reviewed(centre: Centre, caller: Caller, account_id: UUID) -> None:
    """The person is still there and needs what the account may. Raises ACCOUNT_NOT_FOUND (404), ACCOUNT_OWN (403)."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        account = _other(session, caller, account_id)
        account.reviewed_at = now
        record(session, now, caller.actor, "account_reviewed", f"account:{account.id}")


def _other(session: Session, caller: Caller, account_id: UUID) -> Account:
    """Nobody decides about an account of their own, nor about another one of the same person."""
    account = repository.by_id(session, account_id)
    if account is None:
        raise account_not_found()
    if account.id == caller.account_id or _same_person(account, session.get_one(Account, caller.account_id)):
        raise LessonProofError(
            "ACCOUNT_OWN",
            status=403,
            zh="不能处理自己的账户:请由另一位管理员处理",
            en="nobody decides about their own account: ask another administrator",
        )
    return account


def _check_scope(wanted: ScopeIn, now: datetime) -> None:
    fault = scope_fault(wanted.role, (part for part in Part if getattr(wanted, part.value)))
    if fault is not None:
        zh, en = "该角色不设账户", f"nobody has an account as {wanted.role}"
        if fault.part is not None:
            zh = f"该角色{'缺少' if fault.missing else '不应有'}{_PARTS[fault.part]}"
            en = f"for the role {wanted.role} {fault.part} {'is missing' if fault.missing else 'must not be given'}"
        raise LessonProofError("ROLE_SCOPE", status=422, where=f"/{fault.part or 'role'}", zh=zh, en=en)
    if wanted.expires_at is not None and wanted.expires_at <= now:
        raise LessonProofError(
            "EXPIRY_PAST", status=422, where="/expires_at", zh="到期时间已过", en="that end is in the past"
        )


_PARTS = {
    Part.INSTITUTION: "培训机构",
    Part.AREA: "地区",
    Part.SECTOR: "行业部门",
    Part.INSTITUTIONS: "委托监督的机构",
    Part.EXPIRY: "到期时间",
    Part.UNIT: "所在单位",
}


def _check_institutions(session: Session, wanted: ScopeIn) -> None:
    asked = {*wanted.institutions, *([wanted.institution_id] if wanted.institution_id else [])}
    if asked - repository.known_institutions(session, asked):
        raise LessonProofError(
            "INSTITUTION_UNKNOWN",
            status=422,
            where="/institution_id" if wanted.institution_id else "/institutions",
            zh="没有这个培训机构",
            en="no such training institution",
        )


def _check_separate(session: Session, account: Account, now: datetime) -> None:
    for other in repository.with_role(session, excluded(account.role)):
        if other.refused_at is not None or other.disabled_at is not None or other.over(now):
            continue
        if _same_person(account, other):
            raise LessonProofError(
                "ADMINISTRATOR_SEPARATE",
                status=409,
                where="/role",
                zh="系统、安全、审计管理员须为不同的人;同名者请填写身份证号加以区分",
                en="system, security and audit administrators are different persons; for namesakes give the ID numbers",
            )


def _same_person(one: Account, other: Account) -> bool:
    """By the ID number, or, where one of them is unknown, by the name."""
    if one.person_hmac is not None and other.person_hmac is not None:
        return one.person_hmac == other.person_hmac
    return one.name == other.name


def _told(wanted: ScopeIn) -> dict[str, object]:
    """For the record: the whole scope, but for the unit, which is free text."""
    told = wanted.model_dump(mode="json", include={*_SCOPE, "institutions"} - {"unit"})
    return {key: value for key, value in told.items() if value}
