"""The notice (L01; PIPL arts. 17, 30): who processes what, why, how long, and what a person may ask for.

A consent names the SHA-256 of the text it was given to, so a change of the text is a new version by itself.
"""

from __future__ import annotations

from config.profile import PrivacyRules, RegionProfile
from supervisor.contract.evidence import sha256_hex
from supervisor.rules.explain import Words
from supervisor.rules.retention import SPAN_DAYS

AS_BEFORE = PrivacyRules(answer_days=15)
"""For classes under rules that say nothing about it (RULES L17)."""


def privacy_rules(rules: RegionProfile) -> PrivacyRules:
    return rules.privacy or AS_BEFORE


def notice(rules: RegionProfile) -> Words:
    """Chinese and English, with the terms of these rules in it."""
    raw, places = rules.retention.raw_days, rules.retention.checkin_coordinate_days
    faces, answer = rules.retention.face_template_days_after_class_end, privacy_rules(rules).answer_days
    selfies = _selfies(rules)
    return (
        f"告知书\n"
        f"谁处理:县人力资源和社会保障局(监管补贴培训)和您所在的培训机构(组织培训)。\n"
        f"处理什么:姓名、身份证号、签到记录;教室录像;画面中的人数(数人头不是人脸识别)。\n"
        f"为什么:核实补贴培训每学时是否真实开展,发放补贴。\n"
        f"保存多久:取证片段到结业后 2 年;原始录像 {raw} 天,监管调取的部分自调取起 {SPAN_DAYS} 天;"
        f"签到位置最多 {places} 天;"
        f"人脸模板(仅在您另行同意时)结业后 {faces} 天。\n"
        f"{selfies[0]}"
        f"交给谁:职业技能培训实名制系统;审计和纪检依法查阅时。\n"
        f"您可以:查阅、复制、更正、删除、要求解释,随时撤回同意;不同意人脸、位置,照样上课,用二维码、身份证或老师点名签到。\n"
        f"找谁:培训机构的老师,或县人社局的权利受理窗口;{answer} 天内答复。\n",
        f"Notice\n"
        f"Who: the county's human resources and social security bureau, which supervises, and your institution.\n"
        f"What: name, ID number, check-ins; recordings of the classroom; how many people they show (counting heads is"
        f" not face recognition).\n"
        f"Why: to verify that each subsidised lesson hour took place, and to pay the subsidy.\n"
        f"How long: evidence clips until 2 years after the class; raw recordings {raw} days, what the supervision"
        f" fetched of them {SPAN_DAYS} days after that; check-in places at most {places} days; face templates (only"
        f" with your separate consent) {faces} days after the class.\n"
        f"{selfies[1]}"
        f"To whom: the real-name registry; audit and discipline offices as the law allows.\n"
        f"You may: look up, copy, correct, delete, ask for an explanation, and withdraw any consent; without face or"
        f" location you attend all the same, by code, ID card or the teacher's roll call.\n"
        f"Whom to ask: your teacher or the county's rights desk; an answer comes within {answer} days.\n",
    )


def _selfies(rules: RegionProfile) -> Words:
    """Nothing under rules that take none, so that their notice stays the one that people have read."""
    if rules.selfie is None:
        return "", ""
    wait, kept = rules.selfie.wait_days, rules.selfie.result_days
    return (
        f"自拍比对(仅在您另行单独同意时,从不要求):照片在您手机上加密,只有教室的现场设备能打开;它在内存里与您自己的人脸模板"
        f"比对后即丢弃照片,中心看不到照片。加密的照片最多等 {wait} 天;比对结果保存 {kept} 天,"
        f"仅供老师和督导参考,不改变签到和课时。撤回同意,立即删除。\n",
        f"Selfies (only with your separate consent, never asked for): your phone seals the photograph so that only the"
        f" classroom's box can open it; the box compares it in its memory with your own face template and lets it go;"
        f" the centre cannot see it. A sealed photograph waits {wait} days at most; the result is kept {kept} days, is"
        f" a hint for teachers and inspectors, and changes no check-in and no lesson hour. Withdrawing deletes them at"
        f" once.\n",
    )


def version_of(text: Words) -> str:
    return sha256_hex("\n".join(text).encode())
