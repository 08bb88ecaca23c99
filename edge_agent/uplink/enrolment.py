"""How a box becomes known to its centre: its own key, a one-time code from a person, one answer kept."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import delete

from config.clock import Clock, epoch_ms
from config.errors import LessonProofError
from edge_agent.paths import BoxPaths
from edge_agent.remembered import Fact, forget, recall, remember
from edge_agent.uplink.client import CentreClient
from storage.database.engine import UnitOfWork
from storage.evidence import log
from storage.evidence.keyfile import load_or_create, supersede
from storage.evidence.note import parse_vkey
from storage.evidence.tables import CheckpointRow, ClipRow
from supervisor.contract.enrolment import EnrolRequest
from supervisor.contract.log import EnrolmentEntry
from supervisor.contract.signing import public_key_text


@dataclass(frozen=True, slots=True)
class Enrolment:
    """`fresh`: made by this call; False: the box was enrolled at this centre before, and nothing was sent."""

    box_id: str
    centre_url: str
    site_name: str
    fresh: bool
    clock_behind_s: float = 0  # how far the box's clock is behind the centre's


def enrolment_of(work: UnitOfWork) -> Enrolment | None:
    """None: this box is not enrolled."""
    with work.read() as session:
        box_id, url = recall(session, Fact.BOX_ID), recall(session, Fact.CENTRE_URL)
        site = recall(session, Fact.SITE_NAME) or ""
    return None if box_id is None or url is None else Enrolment(box_id, url, site, fresh=False)


def own_enrolment(work: UnitOfWork) -> Enrolment:
    """Raises LessonProofError NOT_ENROLLED."""
    known = enrolment_of(work)
    if known is None:
        raise LessonProofError(
            "NOT_ENROLLED",
            zh="本盒子尚未注册:请先运行 edge-agent enrol --centre 地址 --code 注册码",
            en="this box is not enrolled: run edge-agent enrol --centre URL --code CODE first",
        )
    return known


def enrol(
    work: UnitOfWork, paths: BoxPaths, clock: Clock, *, centre_url: str, code: str, version: str, replace: bool = False
) -> Enrolment:
    """Raises CODE_UNKNOWN, CODE_VOID, CODE_EXPIRED, CODE_USED as the centre says them, CentreAway, CENTRE_URL_INVALID,
    ALREADY_ENROLLED.

    `replace`: give up an enrolment, for example after the box was moved to another site: a new key, and everything
    the box has is told again. May be called again after any failure of the line.
    """
    url = _checked(centre_url)
    known = enrolment_of(work)
    if known is not None and not replace:
        if known.centre_url == url:
            return known
        raise LessonProofError(
            "ALREADY_ENROLLED",
            status=409,
            zh=f"本盒子已注册到 {known.centre_url}。如确需改注册,请加 --replace",
            en=f"this box is enrolled at {known.centre_url}; add --replace to give that up",
        )
    # A new identity takes the place of the old one only when the centre has accepted it.
    key_path = paths.key if known is None else paths.key.with_name("box-key.new.pem")
    key = load_or_create(key_path)
    request = EnrolRequest(
        code=_plain(code), public_key=public_key_text(key), hostname=socket.gethostname()[:253], version=version
    )
    with CentreClient(url) as client:
        reply = client.enrol(request)
    parse_vkey(reply.witness)
    now = clock.now()
    entry = EnrolmentEntry(
        at=epoch_ms(now),
        box_id=reply.box_id,
        centre=url,
        public_key=request.public_key,
        witness=reply.witness,
    )
    if known is not None:
        supersede(paths.key, key_path)
    with work.write() as session:
        forget(session, Fact.TARGET, Fact.TARGET_ETAG, Fact.TARGET_CONFIRMED_MS, Fact.CARRIED, Fact.LAST_CONTACT_MS)
        session.execute(delete(CheckpointRow))  # they are of the log under its old name
        log.append(session, entry.model_dump(mode="json"))
        remember(session, Fact.BOX_ID, str(reply.box_id))
        remember(session, Fact.CENTRE_WITNESS, reply.witness)
        remember(session, Fact.CENTRE_URL, url)
        remember(session, Fact.SITE_NAME, reply.site_name)
        remember(session, Fact.ENROLLED_MS, epoch_ms(now))
        remember(session, Fact.LOG_DELIVERED, 0)
        session.query(ClipRow).update({ClipRow.delivered: False})
    behind = (reply.centre_time - now).total_seconds()
    return Enrolment(str(reply.box_id), url, reply.site_name, fresh=True, clock_behind_s=behind)


def _plain(code: str) -> str:
    """As people type it: spaces around it do not matter. Too short to be one is an error before anything is sent."""
    plain = code.strip()
    if not 8 <= len(plain) <= 64:
        raise LessonProofError(
            "CODE_INVALID",
            zh="注册码应为 8 至 64 个字符,请核对后重新输入",
            en="an enrolment code has 8 to 64 characters: check it",
        )
    return plain


def _checked(url: str) -> str:
    plain = url.strip().rstrip("/")
    try:
        parts = urlsplit(plain)
        usable = (
            parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
        )
    except ValueError:
        usable = False
    if not usable:
        raise LessonProofError(
            "CENTRE_URL_INVALID",
            zh="监管中心地址应形如 https://centre.example.gov.cn",
            en="a centre address looks like https://centre.example.gov.cn",
        )
    return plain
