"""Every code that an archive's page shows, in Chinese and English."""

from __future__ import annotations

from supervisor.rules.explain import Words

KINDS: dict[str, Words] = {"theory": ("理论", "theory"), "practice": ("实操", "practice"), "exam": ("考核", "exam")}
ROLES: dict[str, Words] = {
    "teacher": ("机构教务", "institution's teacher"),
    "responsible": ("机构第一责任人", "institution's responsible person"),
    "inspector": ("监督人员", "inspector"),
    "approver": ("审批人员", "approver"),
    "handler": ("经办人员", "handler"),
    "finance": ("财政人员", "finance clerk"),
    "sector": ("行业部门", "sector department"),
    "third_party": ("第三方监督", "third-party supervisor"),
    "oversight": ("纪检审计", "discipline and audit"),
    "system_admin": ("系统管理员", "system administrator"),
    "security_admin": ("安全管理员", "security administrator"),
    "audit_admin": ("审计管理员", "audit administrator"),
}
CLASS_STATUS: dict[str, Words] = {
    "draft": ("草稿", "draft"),
    "submitted": ("已提交", "submitted"),
    "returned": ("退回补正", "returned"),
    "approved": ("已批准", "approved"),
    "running": ("开班中", "running"),
    "finished": ("已结课", "finished"),
    "examined": ("已考核", "examined"),
    "closed": ("已结清", "closed"),
    "rejected": ("未批准", "rejected"),
    "withdrawn": ("已撤回", "withdrawn"),
    "suspended": ("已暂停", "suspended"),
    "voided": ("已作废", "voided"),
}
ROSTER_STATUS: dict[str, Words] = {
    "enrolled": ("已报名", "enrolled"),
    "active": ("在册", "active"),
    "completed": ("已结业", "completed"),
    "failed": ("未通过", "failed"),
    "withdrawn": ("已退出", "withdrawn"),
    "removed": ("已移出", "removed"),
}
EXEMPT: dict[str, Words] = {
    "enterprise_staff": ("企业职工培训:不要求打卡和录像", "enterprise staff: no check-in or recording is asked"),
    "secret_unit": ("涉密单位:不纳入录入范围", "secret-related unit: not entered"),
}
ATTENDANCE: dict[str, tuple[str, Words]] = {
    "normal": ("到", ("到课", "present")),
    "late": ("迟", ("迟到", "late")),
    "early_leave": ("早", ("早退", "left early")),
    "absent": ("缺", ("缺课", "absent")),
    "leave": ("假", ("请假", "on leave")),
    "makeup": ("补", ("补签", "checked in by hand")),
    "exception": ("异", ("异常", "exception")),
}
"""Status → one character for a narrow column, and the words of the legend."""
HISTORY: dict[str, Words] = {
    "class_created": ("申报建班", "class applied for"),
    "class_submitted": ("提交审批", "submitted for approval"),
    "class_approved": ("批准开班", "opening approved"),
    "export_asked": ("申请导出录像", "export of a recording asked for"),
    "export_approved": ("批准导出录像", "export approved"),
    "export_refused": ("不批准导出录像", "export refused"),
    "export_fetched": ("取走导出的录像", "exported recording fetched"),
    "class_file_added": ("交来附件", "file handed in"),
    "exemption_asked": ("申请免除", "exemption asked for"),
    "exemption_answered": ("答复免除申请", "exemption answered"),
    "plan_changed": ("计划变更", "plan changed"),
    "plan_unconfirmed": ("紧急变更未获确认", "emergency change not confirmed"),
    "verdict_disagrees": ("盒子的结论与其证据不符", "a box's verdict does not follow from its evidence"),
}
REASONS: dict[str, Words] = {
    "routine": ("日常巡查", "routine"),
    "alert": ("核实预警", "alert"),
    "complaint": ("处理投诉", "complaint"),
    "appeal": ("处理申诉", "appeal"),
    "self_check": ("机构自查", "self-check"),
}
SOURCES: dict[str, Words] = {
    "centre": ("中心按证据计算", "computed by the centre from the evidence"),
    "sweep": ("逾期未收到证据,由中心判定", "judged by the centre when no evidence came in time"),
}
