"""Words of an opening's pages: its sections, how to mend each, kinds of class, the fields people fill in."""

from __future__ import annotations

from supervisor.console.i18n import N_
from supervisor.console.views import Tone

SECTIONS = {
    "basics": N_("申报信息"),
    "roster": N_("学员花名册"),
    "plan": N_("教学计划"),
    "teachers": N_("授课师资"),
    "resources": N_("教学资源"),
    "assessment": N_("考核方案"),
    "extra": N_("本县另外要求的要素"),
    "commitments": N_("承诺书"),
    "signature": N_("第一责任人签署"),
}
MEND = {
    "basics": N_("改好后点「保存」"),
    "roster": N_("在表格文件里改好,重新导入花名册"),
    "plan": N_("在课程表文件里改好,重新导入课程表"),
    "teachers": N_("在课程表文件里改教师一栏,重新导入课程表"),
    "resources": N_("改好后点「保存」"),
    "assessment": N_("改好后点「保存」"),
    "extra": N_("改好后点「保存」"),
    "commitments": N_("补登缺少的承诺书"),
    "signature": N_("由第一责任人签署"),
}
CLASS_KINDS = {
    "ORDER": N_("订单式培训"),
    "PROJECT": N_("项目制培训"),
    "ENTERPRISE_STAFF": N_("企业职工培训"),
    "APPRENTICE": N_("企业新型学徒制"),
    "STARTUP": N_("创业培训"),
}
LEVELS = {
    "5": N_("五级 / 初级工"),
    "4": N_("四级 / 中级工"),
    "3": N_("三级 / 高级工"),
    "2": N_("二级 / 技师"),
    "1": N_("一级 / 高级技师"),
}
COMMITMENTS = {
    "trainee_statement": N_("学员本人承诺书"),
    "hire_intent": N_("本企业拟招录证明"),
}
RESULTS: dict[str, tuple[Tone, str]] = {
    "BLOCK": ("bad", N_("拦截")),
    "WARN": ("warn", N_("提醒")),
    "NOT_CHECKED": ("none", N_("未比对")),
    "OK": ("ok", N_("无问题")),
}
"""Of one check of the roster, the worst first."""
FIELDS = {
    "class_no": N_("班号"),
    "name": N_("班级名称"),
    "opening_day": N_("开班日期"),
    "profile": N_("规则"),
    "kind": N_("培训类型"),
    "occupation_code": N_("职业(工种)代码"),
    "occupation_name": N_("职业(工种)名称"),
    "level": N_("培训等级"),
    "theory_hours": N_("理论学时"),
    "practice_hours": N_("实操学时"),
    "resources": N_("教学资源"),
    "method": N_("考核方式"),
    "date": N_("考核日期"),
    "pass_mark": N_("合格分数"),
    "body": N_("评价机构"),
    "reason": N_("理由"),
    "extra": N_("本县另外要求的要素"),
    "text_version": N_("文本版本"),
}
