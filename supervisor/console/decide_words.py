"""Stages, decisions, rules and terms in words, for the pages on which people decide."""

from __future__ import annotations

from datetime import datetime, timedelta

from supervisor.console.i18n import N_, Words
from supervisor.console.state_words import reason_text
from supervisor.console.views import Mark, Tone
from supervisor.rules.attendance import AttendanceStatus
from supervisor.rules.evidence import ExemptKind
from supervisor.rules.verdict import ReasonCode
from supervisor.rules.verdict_life import Next, Reason, Result, Stage
from supervisor.todo.schemas import Kind

STAGES: dict[Stage, tuple[Tone, str]] = {
    Stage.NO_DATA_YET: ("none", N_("证据还没有到")),
    Stage.PASS: ("ok", N_("合格")),
    Stage.PASS_TO_RECHECK: ("wait", N_("合格,抽中人工复查")),
    Stage.REVIEW_OPEN: ("warn", N_("待人工复核")),
    Stage.FAIL_PROPOSED_EXPLAIN: ("warn", N_("建议不认定,等机构说明")),
    Stage.FAIL_PROPOSED_DECIDE: ("bad", N_("建议不认定,待人认定")),
    Stage.DECIDED_PASS: ("ok", N_("已认定合格")),
    Stage.DECIDED_FAIL: ("bad", N_("已认定不合格,可提异议")),
    Stage.OBJECTED: ("wait", N_("机构有异议,须另一人处理")),
    Stage.FINAL_PASS: ("ok", N_("最终:合格")),
    Stage.FINAL_FAIL: ("bad", N_("最终:不合格")),
    Stage.EXEMPT: ("none", N_("免于打卡和录像")),
}
TURNS: dict[Next, str] = {
    Next.NOBODY: N_("不再等任何人"),
    Next.BOX: N_("等现场设备"),
    Next.INSTITUTION: N_("等培训机构"),
    Next.INSPECTOR: N_("等督导认定"),
    Next.OTHER_INSPECTOR: N_("等另一名督导"),
}
RESULTS: dict[Result, tuple[Tone, str]] = {
    Result.PASS: ("ok", N_("认定合格")),
    Result.FAIL: ("bad", N_("认定不合格")),
    Result.REVIEW: ("warn", N_("存疑,转人工复核")),
}
REASON_WORDS: dict[Reason, str] = {
    Reason.EVIDENCE_ENOUGH: N_("证据足够"),
    Reason.EXPLANATION_ACCEPTED: N_("采纳机构的说明"),
    Reason.OTHER_RECORDING: N_("采信其他录像"),
    Reason.EVIDENCE_LACKING: N_("证据不足"),
    Reason.EXPLANATION_REFUSED: N_("机构的说明不成立"),
    Reason.NOT_EXPLAINED: N_("机构没有说明"),
    Reason.DOUBT: N_("对合格有疑问"),
}
_ROLL_CALL = N_("抽点名时有学员未见到")
KINDS: dict[Kind, str] = {
    Kind.LESSON: N_("课时认定"),
    Kind.OPENING: N_("开班申请"),
    Kind.SIGNATURE: N_("待签署"),
    Kind.EXEMPTION: N_("免除申请"),
    Kind.CHANGE: N_("计划变更"),
    Kind.LEAVE: N_("请假"),
    Kind.MAKEUP: N_("补签"),
    Kind.DROP_OUT: N_("退班"),
    Kind.EXPORT: N_("导出申请"),
    Kind.RECTIFICATION: N_("检查整改"),
}
CHANGES = {
    "substitute": N_("替课"),
    "move": N_("调课"),
    "room": N_("换场地"),
    "cancel": N_("停课"),
    "makeup_lesson": N_("补课"),
}
CHANGE_STATES: dict[str, tuple[Tone, str]] = {
    "asked": ("wait", N_("等待审批")),
    "notified": ("warn", N_("已先行,待确认")),
    "approved": ("ok", N_("已批准")),
    "refused": ("bad", N_("未批准")),
    "lapsed": ("none", N_("逾期失效")),
    "withdrawn": ("none", N_("已撤回")),
}
LEAVES = {"personal": N_("事假"), "sick": N_("病假")}
DIRECTIONS = {"in": N_("签到"), "out": N_("签退")}
CLASS_STATES: dict[str, tuple[Tone, str]] = {
    "draft": ("none", N_("草稿")),
    "submitted": ("wait", N_("等待审批")),
    "returned": ("warn", N_("已退回")),
    "approved": ("ok", N_("已批准")),
    "running": ("ok", N_("进行中")),
    "finished": ("none", N_("已结课")),
    "examined": ("none", N_("已考核")),
    "closed": ("none", N_("已结班")),
    "rejected": ("bad", N_("不予批准")),
    "withdrawn": ("none", N_("已撤回")),
    "suspended": ("bad", N_("已暂停")),
    "voided": ("bad", N_("已作废")),
}
ATTENDANCE: dict[AttendanceStatus, tuple[Tone, str]] = {
    AttendanceStatus.NORMAL: ("ok", N_("正常")),
    AttendanceStatus.LATE: ("warn", N_("迟到")),
    AttendanceStatus.EARLY_LEAVE: ("warn", N_("早退")),
    AttendanceStatus.ABSENT: ("bad", N_("缺勤")),
    AttendanceStatus.LEAVE: ("none", N_("请假")),
    AttendanceStatus.MAKEUP: ("wait", N_("补签")),
    AttendanceStatus.EXCEPTION: ("warn", N_("异常")),
}
EXEMPTIONS: dict[ExemptKind, str] = {
    ExemptKind.ENTERPRISE_STAFF: N_("企业职工培训:免打卡和录像,交培训资料"),
    ExemptKind.SECRET_UNIT: N_("涉密单位:免录入"),
}
ELEMENTS = {
    "roster": N_("学员花名册"),
    "plan": N_("教学计划"),
    "teachers": N_("授课师资"),
    "resources": N_("教学资源"),
    "assessment": N_("考核方案"),
}
TRUTHS: dict[str, tuple[Tone, str]] = {
    "true": ("ok", N_("属实")),
    "false": ("bad", N_("不属实")),
    "not_checked": ("none", N_("没有核对")),
}
LEVELS: dict[str, tuple[Tone, str]] = {
    "BLOCK": ("bad", N_("不能批准")),
    "WARN": ("warn", N_("请注意")),
    "NOT_CHECKED": ("none", N_("没有核对")),
}
RULE_OF: dict[ReasonCode, str] = {
    **dict.fromkeys((ReasonCode.NO_VIDEO, ReasonCode.TOO_SHORT, ReasonCode.GAP), "A-16"),
    **dict.fromkeys((ReasonCode.COUNT_LOW, ReasonCode.COUNT_UNSURE, ReasonCode.IDENTITY_UNSURE), "A-17"),
    **dict.fromkeys(
        (
            ReasonCode.LENS_COVERED, ReasonCode.FROZEN, ReasonCode.SCENE_MOVED, ReasonCode.BLURRED,
            ReasonCode.OVEREXPOSED, ReasonCode.OVERLAY_MISSING, ReasonCode.REPLAY_SUSPECT, ReasonCode.CLOCK_DRIFT,
            ReasonCode.HASH_MISMATCH,
        ),
        "A-21",
    ),
    ReasonCode.CHECKIN_MISMATCH: "A-17",
    ReasonCode.CAMERA_NOT_ACCEPTED: "A-22",
    ReasonCode.NO_ATTENDANCE: "A-11",
    ReasonCode.EXEMPT_ENTERPRISE: "A-28",
    ReasonCode.EXEMPT_SECRET_UNIT: "A-29",
}  # fmt: skip
"""Reason → the rule of the county's plan it is of (docs/rules.md)."""
SOON = timedelta(hours=24)


def stage_mark(stage: Stage, words: Words) -> Mark:
    tone, text = STAGES[stage]
    return Mark(tone, words(text))


def result_mark(result: Result, words: Words) -> Mark:
    tone, text = RESULTS[result]
    return Mark(tone, words(text))


def state_mark(table: dict[str, tuple[Tone, str]], state: str, words: Words) -> Mark:
    tone, text = table[state]
    return Mark(tone, words(text))


def sign_text(code: str, words: Words) -> str:
    """What the centre knows beside the verdict."""
    return words(_ROLL_CALL) if code == "ROLL_CALL_NOT_SEEN" else reason_text(ReasonCode(code), words)


def term(since: datetime, until: datetime | None, now: datetime, words: Words) -> Mark:
    """How long there is still time, or since when it waits."""
    if until is None:
        return Mark("none", words("已等 {age}", age=words.ago((now - since).total_seconds())))
    left = until - now
    if left <= timedelta(0):
        return Mark("bad", words("已超期 {age}", age=words.ago(-left.total_seconds())))
    return Mark("warn" if left <= SOON else "wait", words("还剩 {age}", age=words.ago(left.total_seconds())))
