"""Sign-in, lock-out, passwords, one-time setup links. There is no default account and no default password."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from fastapi import Response
from sqlalchemy.orm import Session

from config.errors import LessonProofError
from supervisor.accounts import repository, second_factor
from supervisor.accounts.models import Account, AccountSession, SetupLink
from supervisor.accounts.passwords import NOBODY, hashed, matches
from supervisor.accounts.schemas import SetupInfo, SetupLinkOut
from supervisor.audit.service import CENTRE, record
from supervisor.callers import SESSION_COOKIE, Caller, Role, as_caller, caller_of
from supervisor.centre import Centre
from supervisor.vault import new_token, token_hash

__all__ = ["caller_of"]  # part of this package's face, though the request machinery needs it lower down

MAX_WRONG = 5
LOCKED_FOR = timedelta(minutes=15)
SESSION_FOR = timedelta(hours=12)
LINK_FOR = timedelta(hours=24)
WRONG_PER_ADDRESS, WINDOW_S = 20, 600


@dataclass(frozen=True, slots=True)
class SignedIn:
    caller: Caller
    token: str
    expires_at: datetime


def sign_in(centre: Centre, username: str, password: str, ip: str, code: str | None = None) -> SignedIn:
    """Raises LessonProofError SIGN_IN_FAILED (401), the same for every cause, a locked account's too, so that nobody
    learns which names exist; TOO_MANY_TRIES (429) to the address that tried too often. Only who has the right password
    is told SECOND_FACTOR_NEEDED, SECOND_FACTOR_WRONG (401), ACCOUNT_NOT_GRANTED (403)."""
    key = f"sign-in:{ip}"
    centre.throttle.check(key, centre.clock, limit=WRONG_PER_ADDRESS, window_s=WINDOW_S)
    now = centre.clock.now()
    with centre.uow.read() as session:
        account = repository.by_username(session, username)
        known_hash = account.password_hash if account else None
    right = matches(known_hash or NOBODY, password) and known_hash is not None  # slow: outside any transaction
    outcome: SignedIn | LessonProofError
    with centre.uow.write() as session:
        account = repository.by_username(session, username)
        if account is not None and not right:
            _count_wrong(session, account, now, ip)
        if account is None or not right or account.password_hash != known_hash or not _open(account, now):
            # for an unknown name too: the record is the same, and the answer takes as long
            subject = f"account:{account.id}" if account else "account:unknown"
            record(session, now, CENTRE, "sign_in_failed", subject, ip=ip)
            outcome = _failed()
        else:
            outcome = _let_in(centre, session, account, code, now, ip)
    if isinstance(outcome, LessonProofError):
        if outcome.code in ("SIGN_IN_FAILED", "SECOND_FACTOR_WRONG"):
            centre.throttle.wrong(key, centre.clock)
        raise outcome
    return outcome


def _let_in(
    centre: Centre, session: Session, account: Account, code: str | None, now: datetime, ip: str
) -> SignedIn | LessonProofError:
    """After the right password for an open account."""
    if account.granted_at is None:
        return _not_granted()
    refused = second_factor.refusal(centre, session, account, code, now)
    if refused is not None:
        if refused.code == "SECOND_FACTOR_WRONG":
            _count_wrong(session, account, now, ip)
            record(session, now, CENTRE, "sign_in_failed", f"account:{account.id}", ip=ip, second_factor=True)
        return refused
    account.failed_sign_ins = 0
    account.locked_until = None
    account.last_sign_in_at = now
    token = new_token()
    expires_at = now + SESSION_FOR
    session.add(
        AccountSession(created_at=now, token_sha256=token_hash(token), account_id=account.id, expires_at=expires_at)
    )
    caller = caller_in(session, account)
    record(session, now, caller.actor, "sign_in", caller.actor, ip=ip)
    return SignedIn(caller, token, expires_at)


def caller_in(session: Session, account: Account) -> Caller:
    named = repository.commissioned(session, [account.id]).get(account.id, [])
    return as_caller(account, repository.institution_name(session, account.institution_id), named)


def prove(centre: Centre, caller: Caller, password: str) -> None:
    """That it is still the person, before something that a found open browser must not do. Raises PASSWORD_WRONG
    (403), TOO_MANY_TRIES (429)."""
    key = f"password:{caller.account_id}"
    centre.throttle.check(key, centre.clock, limit=MAX_WRONG, window_s=WINDOW_S)
    with centre.uow.read() as session:
        known_hash = session.get_one(Account, caller.account_id).password_hash
    if known_hash is None or not matches(known_hash, password):
        centre.throttle.wrong(key, centre.clock)
        raise LessonProofError(
            "PASSWORD_WRONG", status=403, where="/password", zh="密码不正确", en="the password is wrong"
        )


def prove_both(centre: Centre, caller: Caller, password: str, code: str | None) -> None:
    """By the second factor too, if there is one; uses the code up. Raises as `prove`, and SECOND_FACTOR_NEEDED,
    SECOND_FACTOR_WRONG (403)."""
    prove(centre, caller, password)
    with centre.uow.write() as session:
        account = session.get_one(Account, caller.account_id)
        refused = second_factor.refusal(centre, session, account, code, centre.clock.now(), status=403)
    if refused is not None:
        if refused.code == "SECOND_FACTOR_WRONG":
            centre.throttle.wrong(f"password:{caller.account_id}", centre.clock)
        raise refused


def change_password(centre: Centre, caller: Caller, password: str, new: str) -> None:
    """Every session of the account ends, this one too. Raises as `prove`."""
    prove(centre, caller, password)
    new_hash = hashed(new)
    with centre.uow.write() as session:
        account = session.get_one(Account, caller.account_id)
        account.password_hash = new_hash
        repository.end_sessions_of(session, account.id)
        record(session, centre.clock.now(), caller.actor, "password_changed", caller.actor)


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
        return new_link(centre, session, CENTRE, None, now)


def renew_link(centre: Centre, caller: Caller, account_id: UUID) -> SetupLinkOut:
    """A new link for somebody who lost theirs, or their password. Raises LessonProofError ACCOUNT_NOT_FOUND (404)."""
    with centre.uow.write() as session:
        return _renewed(centre, session, caller.actor, repository.by_id(session, account_id))


def renew_link_here(
    centre: Centre, username: str, *, grant: bool = False, forget_second_factor: bool = False
) -> SetupLinkOut:
    """The same for whoever sits at the centre's own machine: the only way back for a sole administrator. `grant`: a
    security administrator's account too, when none is left that acts. Raises ACCOUNT_NOT_FOUND (404),
    SECURITY_ADMIN_THERE (409)."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        account = repository.by_username(session, username)
        link = _renewed(centre, session, CENTRE, account)
        assert account is not None
        if grant:
            _grant_here(session, account, now)
        if forget_second_factor:
            repository.forget_second_factor(session, account.id)
            record(session, now, CENTRE, "second_factor_removed", f"account:{account.id}", alarm=True)
        return link


def _grant_here(session: Session, account: Account, now: datetime) -> None:
    others = repository.with_role(session, [Role.SECURITY_ADMIN])
    if account.role != Role.SECURITY_ADMIN or any(one.acts(now) for one in others):
        raise LessonProofError(
            "SECURITY_ADMIN_THERE",
            status=409,
            zh="只有在没有可用的安全管理员时,才能在本机为一个安全管理员账户授权",
            en="here only a security administrator's account is granted, and only while none acts",
        )
    account.granted_at, account.refused_at, account.disabled_at = now, None, None
    record(session, now, CENTRE, "account_granted", f"account:{account.id}", alarm=True, role=account.role)


def caller_named(centre: Centre, username: str) -> Caller:
    """Whoever sits at the centre's own machine and says who they are. Raises ACCOUNT_NOT_FOUND (404)."""
    now = centre.clock.now()
    with centre.uow.read() as session:
        account = repository.by_username(session, username)
        if account is None or account.password_hash is None or not account.acts(now):
            raise account_not_found()
        return caller_in(session, account)


def _renewed(centre: Centre, session: Session, actor: str, account: Account | None) -> SetupLinkOut:
    if account is None:
        raise account_not_found()
    now = centre.clock.now()
    repository.void_links(session, account.id, now)
    return new_link(centre, session, actor, account, now)


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
    password_hash = hashed(password)
    with centre.uow.write() as session:
        link = repository.live_link(session, token, now)
        if link is None:
            raise _link_invalid()
        if link.account_id is None:
            account = _first_account(session, username, name, now)
        else:
            account = session.get_one(Account, link.account_id)
        account.password_hash = password_hash
        account.failed_sign_ins = 0
        account.locked_until = None
        link.used_at = now
        session.flush()
        repository.end_sessions_of(session, account.id)
        caller = caller_in(session, account)
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
        raise username_taken()
    account = Account(created_at=now, granted_at=now, username=username, name=name, role=Role.SYSTEM_ADMIN)
    session.add(account)
    return account


def new_link(centre: Centre, session: Session, actor: str, account: Account | None, now: datetime) -> SetupLinkOut:
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
    """Neither locked nor over nor switched off."""
    return not locked(account, now) and account.disabled_at is None and not account.over(now)


def locked(account: Account, now: datetime) -> bool:
    return account.locked_until is not None and account.locked_until > now


def _count_wrong(session: Session, account: Account, now: datetime, ip: str) -> None:
    if locked(account, now):
        return
    account.failed_sign_ins += 1
    if account.failed_sign_ins >= MAX_WRONG:
        account.failed_sign_ins = 0
        account.locked_until = now + LOCKED_FOR
        record(session, now, CENTRE, "account_locked", f"account:{account.id}", alarm=True, ip=ip)


def _failed() -> LessonProofError:
    return LessonProofError(
        "SIGN_IN_FAILED",
        status=401,
        zh="用户名或密码不正确;连续错 5 次的账户锁定 15 分钟",
        en="wrong username or password; five wrong tries lock an account for 15 minutes",
    )


def _not_granted() -> LessonProofError:
    return LessonProofError(
        "ACCOUNT_NOT_GRANTED",
        status=403,
        zh="账户尚未授权:请等安全管理员确认角色和范围",
        en="this account has no power yet: the security administrator must grant its role and scope",
    )


def account_not_found() -> LessonProofError:
    return LessonProofError("ACCOUNT_NOT_FOUND", status=404, zh="没有这个账户", en="no such account")


def _link_invalid() -> LessonProofError:
    return LessonProofError(
        "SETUP_LINK_INVALID",
        status=404,
        zh="链接无效、已使用或已过期:请管理员重新生成",
        en="this link is not valid, was used, or is over: ask an administrator for a new one",
    )


def username_taken() -> LessonProofError:
    return LessonProofError(
        "USERNAME_TAKEN", status=422, where="/username", zh="用户名已被使用", en="this username is taken"
    )
