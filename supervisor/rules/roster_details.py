"""What a check of a roster says in words, by its code."""

from __future__ import annotations

from supervisor.rules.roster_facts import ListKind

DETAILS: dict[str, tuple[str, str]] = {
    "CLEAN": ("未发现问题", "nothing found"),
    "COMPARED_HIT": ("与部门名单比对不符,请联系主管单位", "on another office's list: ask the competent department"),
    "NO_SOURCE": ("没有可用的比对数据,未比对", "no source in force: not checked"),
    "ID_INVALID": ("身份证号不正确", "the ID number is invalid"),
    "SEX_DIFFERS": ("性别与身份证号不符", "the sex is not that of the ID number"),
    "TWICE_IN_ROSTER": ("在花名册中重复", "twice in the roster"),
    "LESSONS_OVERLAP": ("与另一个班上课时间重叠", "lessons overlap with those of another class"),
    "CLASSES_OVERLAP": ("同时在另一个班", "in another class over the same days"),
    "TOO_YOUNG": ("开班时未满规定年龄", "too young on the opening day"),
    "PAST_RETIREMENT": ("开班时已到法定退休年龄", "past the statutory retirement age on the opening day"),
    "PAST_LOWER_RETIREMENT": ("可能已到法定退休年龄,请核实", "perhaps past retirement age: a person looks"),
    **{
        f"ON_LIST_{kind.upper()}": (f"在比对名单中:{zh}", f"on a comparison list: {kind}")
        for kind, zh in (
            (ListKind.DECEASED, "死亡"),
            (ListKind.CUSTODY, "服刑"),
            (ListKind.PENSION, "领取养老金"),
            (ListKind.PUBLIC_PAYROLL, "财政供养"),
            (ListKind.INSURED, "企业参保"),
            (ListKind.STUDENTS, "在校学生"),
            (ListKind.EXIT, "住院或出境"),
            (ListKind.STAFF, "机构人员"),
        )
    },
    "NOT_FOR_UNEMPLOYED": ("不是失业人员班,未比对", "not a class for unemployed people: not checked"),
    "NO_CATEGORY": ("未填人员类型,未比对", "no category given: not checked"),
    "NOT_ON_CATEGORY_LIST": ("不在该人员类型的名单中", "not on the list of the category"),
    "SUBSIDISED_THIS_YEAR": ("本年度已享受培训补贴", "subsidised this year already"),
    "SUBSIDISED_OFTEN": ("享受培训补贴次数已满", "subsidised as often as is allowed"),
    "SUBSIDISED_OFTEN_TOGETHER": ("次数可能已满,请核实", "perhaps subsidised as often as is allowed: a person looks"),
    "SAME_COURSE_BEFORE": ("同工种同等级已培训", "same occupation and level before"),
    "LOWER_AFTER_HIGHER": ("已有更高等级", "a higher level before"),
    "OWN_RECORDS_ONLY": ("仅查了本系统记录,未与实名制名单比对", "own records only: the registry was not compared"),
    "GRADUATION_YEAR_CLAIMED": ("申报为毕业年度毕业生,请核实", "claimed to be in the graduation year: a person looks"),
    "SAME_PHONE": ("多人使用同一电话", "one phone for several people"),
    "SAME_ACCOUNT": ("多人使用同一银行账号", "one bank account for several people"),
    "SAME_ADDRESS": ("多人使用同一住址", "one address for several people"),
    "NO_CONTACTS": ("未填电话、账号、住址,未比对", "no phone, account or address given: not checked"),
    "NO_PLAN": ("还没有教学计划,未比对", "no plan yet: not checked"),
    "TEACHER_TOO_MANY_HOURS": ("教师当天学时过多", "too many lesson hours of a teacher in a day"),
    "TEACHER_IN_TWO_ROOMS": ("教师同时在两个教室", "a teacher in two rooms at once"),
    "TEACHER_IS_TRAINEE": ("学员与任课教师同名", "trainee and teacher of the class have one name"),
    "NAMED_LIKE_STAFF": ("与机构人员同名", "named like somebody of the institution"),
    "BLACKLISTED": ("培训机构在黑名单中", "the institution is blacklisted"),
    "LICENCE_EXPIRES": ("办学许可在结班前到期", "the licence ends before the class"),
    "OUT_OF_SCOPE": ("超出办学许可范围", "outside the scope of the licence"),
    "LICENCE_UNKNOWN": ("办学许可信息不全,未比对", "the licence is not wholly known: not checked"),
    "NO_CHECK_IN": ("还没有签到,未比对", "no check-in yet: not checked"),
    "DEVICE_OF_MANY": ("多人使用同一部手机签到", "one phone checked in several people"),
    "MANY_CORRECTED": ("补签过多", "too many corrected check-ins"),
    "NO_ENTERPRISE_ORDER": ("不是企业订单班", "no order class of an enterprise"),
    "NO_HIRE_INTENT": ("没有本企业拟招录证明", "no proof of intended hiring by the enterprise"),
    "NO_STATEMENT": ("没有本人承诺书", "no statement of the trainee's own"),
}
