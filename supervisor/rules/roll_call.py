"""A patrol's findings and the answers of its roll calls (A-23, RULES 1.7)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import StrEnum


class Answer(StrEnum):
    SEEN = "seen"
    NOT_SEEN = "not_seen"
    REFUSED = "refused"


class Finding(StrEnum):
    NORMAL = "normal"
    CAMERA_BLOCKED = "camera_blocked"
    FEW_PEOPLE = "few_people"
    NOT_AS_PLANNED = "not_as_planned"
    TEACHER_ABSENT = "teacher_absent"
    WRONG_ROOM = "wrong_room"
    DISORDER = "disorder"
    SAFETY = "safety"
    OTHER = "other"


FINDINGS: dict[Finding, tuple[str, str]] = {
    Finding.NORMAL: ("正常", "nothing wrong"),
    Finding.CAMERA_BLOCKED: ("摄像头被遮挡", "camera blocked"),
    Finding.FEW_PEOPLE: ("到课人数明显偏少", "clearly too few people"),
    Finding.NOT_AS_PLANNED: ("授课内容与计划不符", "not what the plan says"),
    Finding.TEACHER_ABSENT: ("教师不在岗", "teacher absent"),
    Finding.WRONG_ROOM: ("不在计划的教室上课", "wrong room"),
    Finding.DISORDER: ("课堂秩序差、玩手机", "disorder, phones in use"),
    Finding.SAFETY: ("有安全隐患", "a danger to safety"),
    Finding.OTHER: ("其他", "other"),
}
"""Code → Chinese, English."""


def findings_fault(findings: Collection[Finding], text: str) -> str | None:
    """Why a patrol cannot be closed with these: the error's code; None: it can."""
    if not findings:
        return "PATROL_NO_FINDING"
    if Finding.NORMAL in findings and len(set(findings)) > 1:
        return "PATROL_NORMAL_ALONE"
    if Finding.OTHER in findings and not text.strip():
        return "PATROL_TEXT_MISSING"
    return None


def needs_review(answers: Iterable[Answer]) -> bool:
    """Somebody who counts as attending was called and not seen. A refusal proves nobody absent."""
    return Answer.NOT_SEEN in answers
