"""The centre: known, within reach, of one mind with this box; and what still waits to be delivered to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from email.utils import parsedate_to_datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.clock import Clock, from_epoch_ms
from config.errors import LessonProofError
from config.settings import EdgeSettings
from edge_agent.checks.finding import Finding, Level
from edge_agent.opening import OpenBox
from edge_agent.remembered import Fact, recall, recall_int
from edge_agent.uplink.client import CentreClient
from edge_agent.uplink.enrolment import enrolment_of
from storage.evidence import log as evidence_log
from storage.evidence.tables import ClipRow, LessonRow, LogRow

_CLOCK_LIMIT_S = 60.0
OLD, TOO_OLD = timedelta(hours=24), timedelta(hours=72)  # after 72 h the centre no longer waits for evidence


def centre(settings: EdgeSettings, box: OpenBox, clock: Clock) -> Iterator[Finding]:
    known = enrolment_of(box.work)
    if known is None:
        yield Finding(
            "centre", "NOT_ENROLLED", Level.PROBLEM, "本盒子尚未注册", "this box is not enrolled",
            "运行 edge-agent enrol --centre 地址 --code 注册码", "run edge-agent enrol --centre URL --code CODE",
        )  # fmt: skip
        return
    url = str(settings.centre_url or known.centre_url)
    try:
        with CentreClient(url) as client:
            answer = client.probe()
    except LessonProofError as error:
        yield Finding(
            "centre", error.code, Level.PROBLEM, error.zh, error.en,
            "检查网络;录像和判定不受影响,恢复后会自动补传",
            "check the network; recording and judging go on, everything is delivered later",
        )  # fmt: skip
        return
    yield Finding("centre", "CENTRE_OK", Level.OK, f"可以连接 {url}", f"{url} answers")
    if url.startswith("http://") and not any(mark in url for mark in ("//127.", "//localhost", "//[::1]")):
        yield Finding(
            "centre", "CENTRE_PLAIN_HTTP", Level.WARNING,
            "与监管中心的连接未加密",
            "the connection to the centre is not encrypted",
            "改用 https 地址", "use an https address",
        )  # fmt: skip
    if "Date" in answer.headers:
        off = (parsedate_to_datetime(answer.headers["Date"]) - clock.now()).total_seconds()
        if abs(off) > _CLOCK_LIMIT_S:
            yield Finding(
                "clock", "CLOCK_OFF", Level.PROBLEM,
                f"本机时钟与监管中心相差 {off:.0f} 秒",
                f"the clock differs from the centre's by {off:.0f} s",
                "请启用 NTP 校时;相差超过 5 分钟时中心会拒绝本盒子",
                "enable NTP time synchronisation; beyond 5 minutes the centre refuses this box",
            )  # fmt: skip


def refusal(box: OpenBox) -> Iterator[Finding]:
    """What the centre said no to when it was last asked; it stays until the centre says yes again."""
    with box.work.read() as session:
        refused = recall(session, Fact.REFUSED)
    if refused is None:
        return
    said = json.loads(refused)
    if said["code"] == "LOG_FORK":
        yield Finding(
            "log", "LOG_FORK", Level.PROBLEM,
            f"证据日志分叉:{said['zh']}", f"the evidence log has forked: {said['en']}",
            "不要删除任何文件;立即联系监管中心管理员,由其核查本机数据是否被回退或复制",
            "delete nothing; call the centre's administrator, who finds out whether this box's data was rolled back or "
            "copied",
        )  # fmt: skip
    elif said["code"] == "BOX_REVOKED":
        yield Finding(
            "centre", "BOX_REVOKED", Level.PROBLEM, said["zh"], said["en"],
            "不要删除任何文件,停用前已见证的记录仍然有效;如需继续使用本机,请管理员新建盒子并运行 "
            "edge-agent enrol --replace --centre 地址 --code 注册码",
            "delete nothing, what was countersigned before stays valid; to use this machine again, have a new box "
            "registered and run edge-agent enrol --replace --centre URL --code CODE",
        )  # fmt: skip
    else:
        yield Finding(
            "centre", said["code"], Level.PROBLEM,
            f"监管中心拒绝了本盒子:{said['zh']}", f"the centre refuses this box: {said['en']}",
            "录像不受影响;请把这一行告诉监管中心管理员",
            "recording goes on; tell the centre's administrator this line",
        )  # fmt: skip


def key_change(box: OpenBox) -> Iterator[Finding]:
    if box.paths.next_key.exists():
        yield Finding(
            "key", "KEY_WAITS", Level.WARNING,
            "新密钥尚未启用:监管中心还没有接受", "a new key is not in use yet: the centre has not taken it",
            "保持 edge-agent run 运行并联网,或再次运行 edge-agent rotate-key",
            "keep edge-agent run at work and on-line, or run edge-agent rotate-key again",
        )  # fmt: skip


def backlog(box: OpenBox, clock: Clock) -> Finding:
    with box.work.read() as session:
        delivered = recall_int(session, Fact.LOG_DELIVERED)
        entries = max(0, evidence_log.size(session) - delivered)
        clips = session.scalar(select(func.count()).where(ClipRow.delivered.is_(False))) or 0
        oldest_ms = _oldest_ms(session, delivered)
        contact = recall(session, Fact.LAST_CONTACT_MS)
    zh, en = f"待上传:{entries} 条记录,{clips} 个片段", f"waiting to be delivered: {entries} log entries, {clips} clips"
    age = timedelta(0) if oldest_ms is None else clock.now() - from_epoch_ms(oldest_ms)
    if age > OLD:
        zh += f",最早的已等待 {_hours(age, '小时')}"
        en += f", the oldest for {_hours(age, ' hours')}"
    silent = timedelta(0) if contact is None else clock.now() - from_epoch_ms(int(contact))
    if silent > OLD:
        zh += f";已 {_hours(silent, '小时')}未联系上监管中心"
        en += f"; the centre was last reached {_hours(silent, ' hours')} ago"
    worst = max(age, silent)
    if worst <= OLD:
        return Finding("backlog", "BACKLOG_OK", Level.OK, zh, en)
    return Finding(
        "backlog", "BACKLOG_OLD", Level.PROBLEM if worst > TOO_OLD else Level.WARNING, zh, en,
        "72 小时内恢复网络,否则学时会被判为无录像",
        "restore the network within 72 hours, or lesson hours count as without video",
    )  # fmt: skip


def _oldest_ms(session: Session, delivered: int) -> int | None:
    """When the oldest thing that still waits came to be."""
    body = session.scalar(select(LogRow.body).where(LogRow.idx == delivered))
    waiting = [] if body is None else [int(json.loads(body)["at"])]
    lesson_end_ms = session.scalar(
        select(func.min(LessonRow.end_ms))
        .join(ClipRow, ClipRow.lesson_hour_id == LessonRow.lesson_hour_id)
        .where(ClipRow.delivered.is_(False))
    )
    return min([*waiting, *([] if lesson_end_ms is None else [lesson_end_ms])], default=None)


def _hours(span: timedelta, unit: str) -> str:
    return f"{span.total_seconds() / 3600:.0f}{unit}"
