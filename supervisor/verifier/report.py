"""What the verifier found: every failure with its code, its place and a sentence, and what was measured."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

FAILURES: dict[str, tuple[str, str]] = {
    # the file
    "BUNDLE_UNREADABLE": ("不是完整的存证包", "not a whole bundle"),
    "BUNDLE_INCOMPLETE": ("存证包缺少文件", "a file is missing from the bundle"),
    "BUNDLE_NAME": ("存证包中有不该有的文件", "the bundle holds a file that no bundle has"),
    "BUNDLE_TWICE": ("存证包中有同名的两个文件", "the bundle holds two files of one name"),
    "BUNDLE_TOO_LARGE": ("存证包过大,拒绝打开", "larger than any bundle"),
    "BUNDLE_MALFORMED": ("存证包中的文件格式不正确", "a file of the bundle is malformed"),
    # the centre's log
    "CENTRE_UNSIGNED": (
        "中心日志的检查点没有策略所信任的签名",
        "the centre's checkpoint is not signed by the trusted log key",
    ),
    "WITNESSES_MISSING": ("外部见证签名不足", "fewer outside witnesses cosigned than the policy demands"),
    "CENTRE_ENTRY_UNPROVEN": (
        "中心记录不在其日志中:被改写或伪造",
        "an entry is not in the centre's log: edited or made up",
    ),
    "EXPORT_MISSING": ("中心日志中没有这次导出", "the centre's log does not know of this export"),
    "FILE_ALTERED": ("文件在导出后被改动", "a file was changed after the export"),
    "FILE_UNKNOWN": ("文件不属于这次导出", "a file that was not part of the export"),
    "ARCHIVE_DIFFERS": (
        "班级档案所列与中心日志或课时存证包不一致",
        "what the class archive lists is not what the centre's log or the bundle proves",
    ),
    # the box and its log
    "BOX_NOT_ENROLLED": ("这台盒子没有在中心登记", "the box was not enrolled"),
    "BOX_REVOKED": ("收据晚于盒子停用的时间", "the receipt is from after the box was revoked"),
    "BOX_UNSIGNED": ("检查点不是用该盒子当时的密钥签名的", "a checkpoint is not signed by the key the box had then"),
    "RECEIPT_INVALID": ("检查点没有中心的见证签名", "a checkpoint is not cosigned by the centre"),
    "RECEIPT_MISSING": ("中心日志中没有这张收据", "the centre's log does not know this receipt"),
    "BOX_ENTRY_UNPROVEN": (
        "盒子记录不在其日志中:被改写、调换或伪造",
        "an entry is not in the box's log: edited, moved or made up",
    ),
    "CHAIN_BROKEN": (
        "摄像头的记录不连续:中间被删或被调换",
        "a camera's entries are not consecutive: removed or swapped",
    ),
    "VERDICT_MISSING": ("没有这一学时的结论记录", "there is no verdict entry of this lesson hour"),
    "VERDICT_TWICE": ("同一学时有两份结论记录", "there are two verdict entries of this lesson hour"),
    "ENTRY_UNEXPECTED": ("记录属于另一学时或另一摄像头", "an entry of another lesson hour or camera"),
    "LATE": ("收据过晚", "the receipt is later than the policy allows"),
    # what is claimed
    "EVIDENCE_INVALID": ("证据格式不正确", "the evidence is malformed"),
    "BOX_DIFFERS": ("证据属于另一台盒子", "the evidence is another box's"),
    "LESSON_DIFFERS": (
        "证据与批准的教学计划不符(学时、时间或教室)",
        "the evidence is not of the lesson hour that was approved",
    ),
    "NOT_APPROVED": ("开课前未获开班批准", "the class was not approved before the lesson hour"),
    "CAMERA_UNKNOWN": ("摄像头没有登记在这台盒子上", "a camera that is not registered with this box"),
    "PROFILE_DIFFERS": ("规则不是结论所依据的规则", "the rules are not those the verdict was reached by"),
    "PROFILE_NOT_ACCEPTED": ("规则不在策略接受之列", "the rules are none that the policy accepts"),
    "VERDICT_DIFFERS": (
        "按证据重新计算的结论与盒子所报不同",
        "recomputed from the evidence, the box's verdict is another",
    ),
    "CENTRE_VERDICT_DIFFERS": ("按证据重新计算的结论与中心所记不同", "recomputed, the centre's verdict is another"),
    "CENTRE_VERDICT_MISSING": ("中心结论的版本不连续", "versions of the centre's verdict are missing"),
    "CHECK_INS_DIFFER": ("出勤名单与盒子当时收到的签到不符", "the attendance is not what the box was told then"),
    "MOMENT_DIFFERS": (
        "三张画面的记录与证据不符(时刻、人数或框)",
        "what the three pictures are said to show is not what the evidence says of these instants",
    ),
    "SEGMENTS_MISSING": ("证据所述的录像没有对应的录像记录", "recording that the evidence claims has no segment entry"),
    # the clips
    "CLIP_MISSING": ("缺少取证片段", "a clip is missing"),
    "CLIP_ALTERED": ("取证片段被改动", "a clip was changed"),
    "CLIP_STRUCTURE": ("取证片段的结构损坏", "a clip is structurally damaged"),
    "CLIP_UNDECODABLE": ("取证片段无法完整解码", "a clip does not decode to its end"),
    "CLIP_LENGTH": ("取证片段的时长与所述不符", "a clip is not as long as claimed"),
    "CLIP_ORDER": (
        "取证片段的画面时间与所述不符",
        "the pictures of a clip do not stand in the order and at the time claimed",
    ),
    "CLIP_ELSEWHERE": ("取证片段不在这一学时之内", "a clip lies outside the lesson hour"),
}
"""Code → (Chinese, English)."""


@dataclass(frozen=True, slots=True)
class Failure:
    """`where`: a file of the bundle, a log entry, a camera. `detail`: what differed, in English, for engineers."""

    code: str
    where: str = ""
    detail: str = ""

    @property
    def zh(self) -> str:
        return FAILURES[self.code][0]

    @property
    def en(self) -> str:
        return FAILURES[self.code][1]


@dataclass(slots=True)
class Report:
    """`facts`: what was established, for the reader: lesson hour, verdict, times, keys, clips."""

    failures: list[Failure] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    _told: set[Failure] = field(default_factory=set)

    @property
    def ok(self) -> bool:
        return not self.failures

    def fail(self, code: str, where: str = "", detail: str = "") -> None:
        """The same failure is told once."""
        failure = Failure(code, where, detail)
        if failure not in self._told and len(self._told) < 1000:
            self._told.add(failure)
            self.failures.append(failure)

    def as_json(self) -> dict[str, Any]:
        told = [
            {"code": one.code, "where": one.where, "detail": one.detail, "zh": one.zh, "en": one.en}
            for one in self.failures
        ]
        return {"ok": self.ok, "failures": told, "facts": self.facts}
