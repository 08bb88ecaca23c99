"""The trainee's hours, leave, data and consents as their own pages show them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from supervisor.attendance.schemas import OwnHalfDay, OwnStanding
from supervisor.classes.models import ClassSession
from supervisor.console.i18n import N_, Words, short_time
from supervisor.console.phone_view import Hours, hours_of, listed, why_of
from supervisor.console.state_words import VIEW_REASONS, selfie_text
from supervisor.leave.schemas import OwnLeave
from supervisor.privacy.schemas import MyData, NoticeOut, Purpose, RightsKind, SeenBy
from supervisor.rules.attendance import AttendanceStatus
from supervisor.rules.checkin import CheckInResult, Direction
from supervisor.rules.leave import LeaveKind

Tone = Literal["ok", "ask", "bad", "none"]

STATES: dict[AttendanceStatus, str] = {
    AttendanceStatus.NORMAL: N_("正常"),
    AttendanceStatus.LATE: N_("迟到"),
    AttendanceStatus.EARLY_LEAVE: N_("早退"),
    AttendanceStatus.ABSENT: N_("缺勤"),
    AttendanceStatus.LEAVE: N_("请假"),
    AttendanceStatus.MAKEUP: N_("补签"),
    AttendanceStatus.EXCEPTION: N_("异常"),
}
LEAVE_STATES = {
    "asked": N_("等待审批"),
    "approved": N_("已批准"),
    "refused": N_("未批准"),
    "withdrawn": N_("已撤回"),
}
LEAVE_KINDS = {LeaveKind.PERSONAL: N_("事假"), LeaveKind.SICK: N_("病假")}
PURPOSES: dict[Purpose, tuple[str, str]] = {
    Purpose.NOTICE: (N_("已读告知书"), N_("只表示读过,不等于同意别的事。")),
    Purpose.LOCATION: (N_("签到时用位置"), N_("只算离培训地点多远,不保存位置。不同意照样签到。")),
    Purpose.FACE: (N_("人脸比对"), N_("默认不用。不同意照样上课、签到。")),
    Purpose.SELFIE: (N_("自拍比对"), N_("签到后可以附一张自拍,只在教室的设备里比对。默认不用。不同意照样上课、签到。")),
    Purpose.REGISTRY: (N_("报送实名制系统"), N_("职业技能培训实名制登记。")),
}
RIGHTS: dict[RightsKind, str] = {
    RightsKind.CORRECT: N_("更正我的信息"),
    RightsKind.DELETE: N_("删除我的信息"),
    RightsKind.ACCESS: N_("查阅我的信息"),
    RightsKind.COPY: N_("要一份复制件"),
    RightsKind.EXPLAIN: N_("请解释规则"),
}
SEEN = {
    "playback": N_("看录像"),
    "recording": N_("调看原始录像"),
    "pictures": N_("看画面截图"),
    "papers": N_("看说明材料"),
    "export": N_("导出证据"),
    "patrol": N_("远程巡查"),
}


@dataclass(frozen=True, slots=True)
class HalfDay:
    """One line of the trainee's own register. `why`: what is odd about it; empty: nothing."""

    start: datetime
    end: datetime
    tone: Tone
    state: str
    times: str
    why: str


@dataclass(frozen=True, slots=True)
class HoursView:
    hours: Hours
    makeup_hours: int
    half_days: tuple[HalfDay, ...]


@dataclass(frozen=True, slots=True)
class LeaveLine:
    start: datetime
    until: datetime
    kind: str
    state: str
    tone: Tone
    answer: str


@dataclass(frozen=True, slots=True)
class LeaveView:
    """`ahead`: id and words of the sessions that have not begun."""

    ahead: tuple[tuple[str, str], ...]
    kinds: tuple[tuple[str, str], ...]
    asked: tuple[LeaveLine, ...]


@dataclass(frozen=True, slots=True)
class ConsentLine:
    purpose: str
    title: str
    text: str
    state: str
    given: bool
    at: datetime | None
    outdated: bool


@dataclass(frozen=True, slots=True)
class RightLine:
    kind: str
    said: str
    asked: datetime
    due: datetime
    state: str
    tone: Tone
    answer: str


@dataclass(frozen=True, slots=True)
class DataView:
    name: str
    id_number: str
    class_name: str
    check_ins: int
    consents: tuple[ConsentLine, ...]
    notice: tuple[str, ...]
    notice_version: str
    seen: tuple[tuple[datetime, str], ...]
    requests: tuple[RightLine, ...]
    selfies: tuple[tuple[datetime, str], ...]


def present_hours(standing: OwnStanding, words: Words) -> HoursView:
    return HoursView(
        hours=hours_of(standing, words),
        makeup_hours=standing.makeup_hours,
        half_days=tuple(_half_day(one, words) for one in standing.half_days),
    )


def _half_day(one: OwnHalfDay, words: Words) -> HalfDay:
    """The worst that can be said of it; what a person is to look at comes before what is only worth knowing."""
    review = [own for own in one.check_ins if own.status is CheckInResult.REVIEW]
    odd = list(dict.fromkeys(state for state in one.states if state is not AttendanceStatus.NORMAL))
    missed = one.hours - one.attended
    why = [why_of(own, words) for own in review]
    if odd and odd != [AttendanceStatus.LEAVE]:
        why.append(listed((words(STATES[state]) for state in odd), words))
    if one.no_out:
        why.append(words("没有签退"))
    if missed and one.attended:
        why.append(words("{n} 课时不计", n=missed))
    tone: Tone
    if AttendanceStatus.LEAVE in odd and not one.attended:
        tone, state = "none", words("请假")
    elif one.hours == 0:
        came = any(own.status is not CheckInResult.REJECTED for own in one.check_ins)
        tone, state = ("ok", words("正在上课")) if came else ("none", words("还没有签到"))
    elif missed and not one.attended:
        tone, state = "bad", words("不计课时")
    elif review or one.no_out:
        tone, state = "ask", words("待老师确认")
    else:
        tone, state = "ok", words("{n} 课时有效", n=one.attended)
    return HalfDay(one.start, one.end, tone, state, _times(one, words), listed(dict.fromkeys(why), words))


def _times(one: OwnHalfDay, words: Words) -> str:
    """When they came and went, refused tries left out."""
    counted = [own for own in one.check_ins if own.status is not CheckInResult.REJECTED]
    told = []
    for direction, text in ((Direction.IN, N_("{time} 签到")), (Direction.OUT, N_("{time} 签退"))):
        at = next((own.at for own in counted if own.direction is direction), None)
        if at is not None:
            told.append(words(text, time=short_time(at)))
    return " · ".join(told)


def present_leave(asked: Iterable[OwnLeave], ahead: Iterable[ClassSession], words: Words) -> LeaveView:
    tones: dict[str, Tone] = {"approved": "ok", "asked": "ask", "refused": "bad"}
    return LeaveView(
        ahead=tuple(
            (str(plan.id), f"{words.day(plan.start)} {short_time(plan.start)}–{short_time(plan.end)}") for plan in ahead
        ),
        kinds=tuple((kind.value, words(text)) for kind, text in LEAVE_KINDS.items()),
        asked=tuple(
            LeaveLine(
                one.start,
                one.until,
                words(LEAVE_KINDS[one.kind]),
                words(LEAVE_STATES[one.state]),
                tones.get(one.state, "none"),
                one.decision_reason or "",
            )
            for one in asked
        ),
    )


def present_data(mine: MyData, notice: NoticeOut, words: Words) -> DataView:
    said = {one.purpose: one for one in mine.consents}
    consents = []
    answers = {True: words("已同意"), False: words("没有同意")}
    for purpose, (title, text) in PURPOSES.items():
        one = said.get(purpose)
        if purpose is Purpose.SELFIE and one is None and not mine.selfies_offered:
            continue
        given = one is not None and one.given
        outdated = given and one is not None and one.text_version != notice.version
        state = (words("已确认") if given else words("还没有确认")) if purpose is Purpose.NOTICE else answers[given]
        at = one.at if one else None
        consents.append(ConsentLine(purpose.value, words(title), words(text), state, given, at, outdated))
    return DataView(
        name=mine.name,
        id_number=mine.id_number,
        class_name=mine.class_name,
        check_ins=len(mine.check_ins),
        consents=tuple(consents),
        notice=tuple((notice.zh if words.language == "zh" else notice.en).strip().splitlines()[1:]),
        notice_version=notice.version,
        selfies=tuple((one.received_at, selfie_text(one, words)) for one in mine.selfies),
        seen=tuple((one.at, _seen(one, words)) for one in mine.seen_by[:20]),
        requests=tuple(
            RightLine(
                kind=words(RIGHTS[one.kind]),
                said=one.words,
                asked=one.created_at,
                due=one.due_at,
                state=_answer_state(one.answer.result if one.answer else None, words),
                tone="ask" if one.answer is None else "ok" if one.answer.result == "done" else "bad",
                answer=one.answer.words if one.answer else "",
            )
            for one in reversed(mine.requests)
        ),
    )


def _answer_state(result: str | None, words: Words) -> str:
    return words("等待答复") if result is None else words("已办") if result == "done" else words("不予办理")


def _seen(one: SeenBy, words: Words) -> str:
    reasons = {reason.value: text for reason, text in VIEW_REASONS.items()}
    what, why = words(SEEN.get(one.what, one.what)), words(reasons.get(one.reason, one.reason))
    return f"{one.unit} · {what} · {why}"
