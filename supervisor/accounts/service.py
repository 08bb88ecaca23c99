"""Sign-in, lock-out, one-time setup links. There is no default account and no default password."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import BoundedSemaphore
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from fastapi import Response
from sqlalchemy.orm import Session

from config.errors import LessonProofError
from supervisor.accounts import repository
from supervisor.accounts.models import Account, AccountSession, SetupLink
from supervisor.accounts.schemas import AccountIn, SetupInfo, SetupLinkOut
from supervisor.audit.service import CENTRE, record
from supervisor.callers import COUNTY_ONLY, OF_AN_INSTITUTION, SESSION_COOKIE, Caller, Role, as_caller, caller_of
from supervisor.centre import Centre
from supervisor.vault import new_token, token_hash

__all__ = ["caller_of"]  # part of this package's face, though the request machinery needs it lower down

MAX_WRONG = 5
LOCKED_FOR = timedelta(minutes=15)
SESSION_FOR = timedelta(hours=12)
LINK_FOR = timedelta(hours=24)
WRONG_PER_ADDRESS, WINDOW_S = 20, 600

_HASHER = PasswordHasher()
_HASHING = BoundedSemaphore(2)  # 64 MiB and a core each: a flood of sign-ins must not take the whole machine
_NOBODY = _HASHER.hash("nobody has this account")  # verified for unknown names, so that they take as long as known ones


@dataclass(frozen=True, slots=True)
class SignedIn:
    caller: Caller
    token: str
    expires_at: datetime


def sign_in(centre: Centre, username: str, password: str, ip: str) -> SignedIn:
    """Raises LessonProofError SIGN_IN_FAILED (401), the same for every cause, a locked account's too, so that nobody
    learns which names exist; TOO_MANY_TRIES (429) to the address that tried too often."""
    key = f"sign-in:{ip}"
    centre.throttle.check(key, centre.clock, limit=WRONG_PER_ADDRESS, window_s=WINDOW_S)
    now = centre.clock.now()
    with centre.uow.read() as session:
        account = repository.by_username(session, username)
        known_hash = account.password_hash if account else None
    right = _matches(known_hash or _NOBODY, password) and known_hash is not None  # slow: outside any transaction
    signed_in: SignedIn | None = None
    with centre.uow.write() as session:
        account = repository.by_username(session, username)
        if account is not None and not right:
            _count_wrong(session, account, now, ip)
        if account is None or not right or account.password_hash != known_hash or not _open(account, now):
            # for an unknown name too: the record is the same, and the answer takes as long
            subject = f"account:{account.id}" if account else "account:unknown"
            record(session, now, CENTRE, "sign_in_failed", subject, ip=ip)
        else:
            account.failed_sign_ins = 0
            account.locked_until = None
            token = new_token()
            expires_at = now + SESSION_FOR
            session.add(
                AccountSession(
                    created_at=now, token_sha256=token_hash(token), account_id=account.id, expires_at=expires_at
                )
            )
            caller = as_caller(account, repository.institution_name(session, account.institution_id))
            record(session, now, caller.actor, "sign_in", caller.actor, ip=ip)
            signed_in = SignedIn(caller, token, expires_at)
    if signed_in is None:
        centre.throttle.wrong(key, centre.clock)
        raise LessonProofError(
            "SIGN_IN_FAILED",
            status=401,
            zh="用户名或密码不正确;连续错 5 次的账户锁定 15 分钟",
            en="wrong username or password; five wrong tries lock an account for 15 minutes",
        )
    return signed_in


def set_session_cookie(response: Response, centre: Centre, signed_in: SignedIn) -> None:
    response.set_cookie(
        SESSION_COOKIE,
        signed_in.token,
        max_age=int(SESSION_FOR.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=centre.public_url.startswith("https:"),
    )


def sign_out(centre: Centre, token: str | None) -> None:
    if token:
        with centre.uow.write() as session:
            repository.end_session(session, token)


def has_accounts(centre: Centre) -> bool:
    """Whether anybody can sign in yet."""
    with centre.uow.read() as session:
        return repository.count(session) > 0


def first_setup_link(centre: Centre) -> SetupLinkOut:
    """The link that makes the first administrator. Raises LessonProofError ALREADY_SET_UP (409)."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        if repository.count(session):
            raise LessonProofError(
                "ALREADY_SET_UP",
                status=409,
                zh="系统已有账户:请由管理员创建新账户;管理员忘记密码时,在本机加 --username 用户名",
                en="there are accounts already: an administrator creates more; for a lost password add --username",
            )
        return _new_link(centre, session, CENTRE, None, now)


def create_account(centre: Centre, caller: Caller, wanted: AccountIn) -> SetupLinkOut:
    """A new account that nobody can use before its setup link is redeemed. Raises USERNAME_TAKEN, INSTITUTION_UNKNOWN,
    ROLE_SCOPE (422)."""
    now = centre.clock.now()
    _check_scope(wanted)
    with centre.uow.write() as session:
        if repository.by_username(session, wanted.username) is not None:
            raise _username_taken()
        if wanted.institution_id and repository.institution_name(session, wanted.institution_id) is None:
            raise LessonProofError(
                "INSTITUTION_UNKNOWN",
                status=422,
                where="/institution_id",
                zh="没有这个培训机构",
                en="no such training institution",
            )
        account = Account(created_at=now, **wanted.model_dump())
        session.add(account)
        session.flush()
        record(session, now, caller.actor, "account_created", f"account:{account.id}", role=wanted.role)
        return _new_link(centre, session, caller.actor, account, now)


def renew_link(centre: Centre, caller: Caller, account_id: UUID) -> SetupLinkOut:
    """A new link for somebody who lost theirs, or their password. Raises LessonProofError ACCOUNT_NOT_FOUND (404)."""
    with centre.uow.write() as session:
        return _renewed(centre, session, caller.actor, repository.by_id(session, account_id))


def renew_link_here(centre: Centre, username: str) -> SetupLinkOut:
    """The same for whoever sits at the centre's own machine: the only way back for a sole administrator."""
    with centre.uow.write() as session:
        return _renewed(centre, session, CENTRE, repository.by_username(session, username))


def caller_named(centre: Centre, username: str) -> Caller:
    """Whoever sits at the centre's own machine and says who they are. Raises ACCOUNT_NOT_FOUND (404)."""
    now = centre.clock.now()
    with centre.uow.read() as session:
        account = repository.by_username(session, username)
        if account is None or account.password_hash is None or (account.expires_at and account.expires_at <= now):
            raise LessonProofError("ACCOUNT_NOT_FOUND", status=404, zh="没有这个账户", en="no such account")
        return as_caller(account, repository.institution_name(session, account.institution_id))


def _renewed(centre: Centre, session: Session, actor: str, account: Account | None) -> SetupLinkOut:
    if account is None:
        raise LessonProofError("ACCOUNT_NOT_FOUND", status=404, zh="没有这个账户", en="no such account")
    now = centre.clock.now()
    repository.void_links(session, account.id, now)
    return _new_link(centre, session, actor, account, now)


def setup_info(centre: Centre, token: str) -> SetupInfo:
    """Whose link this is. Raises LessonProofError SETUP_LINK_INVALID (404)."""
    with centre.uow.read() as session:
        link = repository.live_link(session, token, centre.clock.now())
        if link is None:
            raise _link_invalid()
        account = session.get(Account, link.account_id) if link.account_id else None
        return SetupInfo(username=account.username if account else None, name=account.name if account else None)


def redeem(centre: Centre, token: str, *, username: str | None, name: str | None, password: str) -> Caller:
    """Set the password, once; whoever was signed in to the account is out. Raises SETUP_LINK_INVALID (404),
    USERNAME_REQUIRED, USERNAME_TAKEN (422)."""
    now = centre.clock.now()
    with centre.uow.read() as session:
        if repository.live_link(session, token, now) is None:
            raise _link_invalid()
    with _HASHING:
        hashed = _HASHER.hash(password)
    with centre.uow.write() as session:
        link = repository.live_link(session, token, now)
        if link is None:
            raise _link_invalid()
        if link.account_id is None:
            account = _first_account(session, username, name, now)
        else:
            account = session.get_one(Account, link.account_id)
        account.password_hash = hashed
        account.failed_sign_ins = 0
        account.locked_until = None
        link.used_at = now
        session.flush()
        repository.end_sessions_of(session, account.id)
        caller = as_caller(account, repository.institution_name(session, account.institution_id))
        record(session, now, caller.actor, "setup_link_redeemed", caller.actor)
        return caller


def _first_account(session: Session, username: str | None, name: str | None, now: datetime) -> Account:
    if repository.count(session):
        raise _link_invalid()  # another link made the first administrator meanwhile
    if not username or not name:
        raise LessonProofError(
            "USERNAME_REQUIRED",
            status=422,
            where="/username",
            zh="请填写用户名和姓名",
            en="choose a username and a name",
        )
    if repository.by_username(session, username) is not None:
        raise _username_taken()
    account = Account(created_at=now, username=username, name=name, role=Role.SYSTEM_ADMIN)
    session.add(account)
    return account


def _new_link(centre: Centre, session: Session, actor: str, account: Account | None, now: datetime) -> SetupLinkOut:
    token = new_token()
    link = SetupLink(
        created_at=now,
        token_sha256=token_hash(token),
        account_id=account.id if account else None,
        expires_at=now + LINK_FOR,
    )
    session.add(link)
    record(session, now, actor, "setup_link_made", f"account:{account.id}" if account else "account:first")
    return SetupLinkOut(
        account_id=link.account_id, url=f"{centre.public_url}/setup/{token}", expires_at=link.expires_at
    )


def _open(account: Account, now: datetime) -> bool:
    """Neither locked nor over."""
    locked = account.locked_until is not None and account.locked_until > now
    return not locked and (account.expires_at is None or account.expires_at > now)


def _count_wrong(session: Session, account: Account, now: datetime, ip: str) -> None:
    if account.locked_until is not None and account.locked_until > now:
        return
    account.failed_sign_ins += 1
    if account.failed_sign_ins >= MAX_WRONG:
        account.failed_sign_ins = 0
        account.locked_until = now + LOCKED_FOR
        record(session, now, CENTRE, "account_locked", f"account:{account.id}", alarm=True, ip=ip)


def _matches(hashed: str, password: str) -> bool:
    with _HASHING:
        try:
            return _HASHER.verify(hashed, password)
        except VerificationError:
            return False


def _check_scope(wanted: AccountIn) -> None:
    county_only, of_one = wanted.role in COUNTY_ONLY, wanted.role in OF_AN_INSTITUTION
    if (county_only and wanted.institution_id) or (of_one and not wanted.institution_id):
        raise LessonProofError(
            "ROLE_SCOPE",
            status=422,
            where="/institution_id",
            zh="管理员和审批人属于主管单位,教师必须属于一个培训机构",
            en="administrators and approvers belong to the county, a teacher to an institution",
        )


def _link_invalid() -> LessonProofError:
    return LessonProofError(
        "SETUP_LINK_INVALID",
        status=404,
        zh="链接无效、已使用或已过期:请管理员重新生成",
        en="this link is not valid, was used, or is over: ask an administrator for a new one",
    )


def _username_taken() -> LessonProofError:
    return LessonProofError(
        "USERNAME_TAKEN", status=422, where="/username", zh="用户名已被使用", en="this username is taken"
    )
