"""Roles, scopes and states of accounts in words."""

from __future__ import annotations

from collections.abc import Sequence

from supervisor.accounts.schemas import AccountState
from supervisor.callers import Role
from supervisor.console.i18n import N_, Words
from supervisor.console.views import Mark, Tone
from supervisor.rules.account_review import Mark as ReviewMark
from supervisor.rules.role_scope import Part

ROLES: dict[Role, tuple[str, str]] = {
    Role.TEACHER: (N_("教师"), N_("开班材料、花名册、教学计划和请假;只见本机构")),
    Role.RESPONSIBLE: (N_("第一责任人"), N_("签署本机构提交的内容,答复整改;只见本机构")),
    Role.INSPECTOR: (N_("督导员"), N_("巡课、认定课时、检查;全县、一个地区或一家机构")),
    Role.APPROVER: (N_("审批人"), N_("批准开班、变更和免除")),
    Role.HANDLER: (N_("经办人"), N_("核对材料、导入比对名单、答复个人信息申请")),
    Role.FINANCE: (N_("财政"), N_("查看班级和课时结论,不作认定")),
    Role.SECTOR: (N_("行业部门"), N_("查看本行业的班级")),
    Role.THIRD_PARTY: (N_("受委托监督"), N_("监督指定的机构,有期限,不能导出")),
    Role.OVERSIGHT: (N_("纪检审计"), N_("只看不改,可看查阅登记")),
    Role.SYSTEM_ADMIN: (N_("系统管理员"), N_("录入机构、教室、设备和人员,为账户申请角色和范围")),
    Role.SECURITY_ADMIN: (N_("安全管理员"), N_("授权或拒绝账户,停用和恢复,每月核对")),
    Role.AUDIT_ADMIN: (N_("审计管理员"), N_("查看操作记录和查阅登记,不能改动")),
}
"""Role → its name, and what it does. Of whom may have an account."""
STATES: dict[AccountState, tuple[Tone, str]] = {
    AccountState.ASKED: ("warn", N_("等待授权")),
    AccountState.INVITED: ("wait", N_("已授权,未设密码")),
    AccountState.ACTIVE: ("ok", N_("使用中")),
    AccountState.LOCKED: ("bad", N_("已锁定")),
    AccountState.EXPIRED: ("none", N_("已到期")),
    AccountState.DISABLED: ("none", N_("已停用")),
    AccountState.REFUSED: ("bad", N_("未授权")),
}
REVIEW_MARKS: dict[ReviewMark, str] = {
    ReviewMark.NEVER_SIGNED_IN: N_("从未登录"),
    ReviewMark.UNUSED: N_("长期未用"),
    ReviewMark.EXPIRES_SOON: N_("30 天内到期"),
    ReviewMark.EXPIRED: N_("已到期"),
}
PARTS: dict[Part, tuple[str, str]] = {
    Part.INSTITUTION: (N_("培训机构"), ""),
    Part.AREA: (N_("地区代码"), N_("国家标准地区代码的前 2、4 或 6 位")),
    Part.SECTOR: (N_("行业部门"), N_("与培训机构登记的行业部门一致")),
    Part.INSTITUTIONS: (N_("委托监督的机构"), ""),
    Part.EXPIRY: (N_("用到哪一天"), N_("当天结束后不能再登录")),
    Part.UNIT: (N_("所在单位"), N_("查阅登记里显示的单位")),
}
"""Part of a scope → its label and hint."""


def role_text(role: Role, words: Words) -> str:
    return words(ROLES[role][0])


def state_mark(state: AccountState, words: Words) -> Mark:
    tone, text = STATES[state]
    return Mark(tone, words(text))


def scope_text(
    words: Words, *, institution: str | None, area: str | None, sector: str | None, institutions: Sequence[str]
) -> str:
    """`institution`, `institutions`: names."""
    if institution is not None:
        return institution
    if institutions:
        return "、".join(institutions) if words.language == "zh" else ", ".join(institutions)
    if area is not None:
        return words("地区 {code}", code=area)
    return words("行业:{name}", name=sector) if sector is not None else words("全县")
