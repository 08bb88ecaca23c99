"""A verdict in words, Chinese and English: the same sentences on the console, on the command line and in a package.

Only what the verdict itself holds is said, so that anybody who has the verdict can print the same explanation.
"""

from __future__ import annotations

from typing import Literal

from supervisor.rules.verdict import LessonVerdict, ReasonCode, VerdictState, Window

Language = Literal["zh", "en"]
Words = tuple[str, str]
"""The same in Chinese and in English."""

STATES: dict[VerdictState, Words] = {
    VerdictState.PASS: ("合格", "Pass"),
    VerdictState.REVIEW: ("待人工复核", "For a person to review"),
    VerdictState.FAIL_PROPOSED: (
        "建议不认定:机构可先说明,再由人作出决定",
        "Not recognised is proposed: the institution may explain, then a person decides",
    ),
    VerdictState.EXEMPT: ("免于录像核查", "Exempt from the check of recordings"),
    VerdictState.NO_DATA_YET: ("证据尚未齐全,暂不作结论", "The evidence is not complete yet; nothing is concluded"),
}

REASONS: dict[ReasonCode, Words] = {
    ReasonCode.NO_VIDEO: (
        "这一学时内没有可以计入的录像",
        "There is no recording that counts within this lesson hour",
    ),
    ReasonCode.TOO_SHORT: (
        "录像总长不足一段所要求的连续录像",
        "The recordings together are shorter than one continuous recording has to be",
    ),
    ReasonCode.GAP: (
        "录像总长足够,但中断太多或太长,没有一段达到要求的连续录像",
        "There is enough recording, but broken too often or for too long: no stretch of it counts as continuous",
    ),
    ReasonCode.COUNT_LOW: (
        "画面中的人数明显少于应当可见的人数",
        "Clearly fewer people are seen than have to be visible",
    ),
    ReasonCode.COUNT_UNSURE: (
        "不能确定全体人员都可见:人数略少、时段不够或采样太少,需要人看一看",
        "It is not certain that everybody is visible (a few short, too few moments, or too few samples): look at it",
    ),
    ReasonCode.IDENTITY_UNSURE: (
        "有已同意人脸核验的学员未被认出,需要人看一看(未认出不等于不在场)",
        "Not everybody who consented to recognition was recognised: look at it (not recognised is not absent)",
    ),
    ReasonCode.NO_TEACHER: ("没有任课教师签到", "The teacher did not check in"),
    ReasonCode.WRONG_ROOM: ("不在计划的教室上课", "Held in another room than planned"),
    ReasonCode.OUTSIDE_PLAN: ("不在批准的教学计划内", "Not in the approved teaching plan"),
    ReasonCode.LENS_COVERED: ("镜头曾被遮挡", "A lens was covered"),
    ReasonCode.FROZEN: ("画面曾经静止不动", "A picture stood still"),
    ReasonCode.SCENE_MOVED: ("摄像头曾被转动或移位", "A camera was turned or moved"),
    ReasonCode.BLURRED: ("画面曾经模糊不清", "A picture was blurred"),
    ReasonCode.OVEREXPOSED: ("画面曾经过曝", "A picture was overexposed"),
    ReasonCode.OVERLAY_MISSING: (
        "画面上的时间字幕曾经消失",
        "The clock that the camera burns into its picture was missing",
    ),
    ReasonCode.REPLAY_SUSPECT: (
        "有一段画面看起来与另一段录像相同,请人对比两段录像",
        "A stretch of the picture looks like that of another recording: a person should compare the two",
    ),
    ReasonCode.CLOCK_DRIFT: (
        "这段录像期间现场设备的时钟发生跳变,或未经校准",
        "During this recording the clock of the box stepped, or nobody vouches for it",
    ),
    ReasonCode.HASH_MISMATCH: ("文件与登记的哈希值不符", "A file does not match its registered hash"),
    ReasonCode.CHECKIN_MISMATCH: (
        "画面中的人数少于打卡的人数",
        "Fewer people are seen than checked in",
    ),
    ReasonCode.CAMERA_NOT_ACCEPTED: (
        "摄像头未通过验收,其计数只供人工复核",
        "A camera has not passed acceptance: its counts are for a person to review",
    ),
    ReasonCode.LATE_UPLOAD: (
        "证据在规定的时限之后才送达",
        "The evidence arrived after the time limit",
    ),
    ReasonCode.EXEMPT_ENTERPRISE: (
        "企业职工培训:不要求打卡和录像,按承诺制提交培训资料",
        "Enterprise staff training: no check-in or recording is asked, training papers are handed in instead",
    ),
    ReasonCode.EXEMPT_SECRET_UNIT: (
        "涉密单位:不纳入录入范围",
        "Secret-related unit: not entered at all",
    ),
    ReasonCode.NO_ATTENDANCE: (
        "没有任何学员被计为出勤",
        "No trainee counts as attending",
    ),
}

_MINUTE_MS = 60_000


def state_words(verdict: LessonVerdict, lang: Language) -> str:
    return _said(STATES[verdict.state], lang)


def explain(verdict: LessonVerdict, lang: Language) -> list[str]:
    """Sentences in reading order: the conclusion, its reasons, people, the ten minutes, the recording, the rule."""
    sentences: list[Words] = [STATES[verdict.state], *(REASONS[code] for code in verdict.reasons)]
    if verdict.state is VerdictState.REVIEW and not verdict.reasons:
        sentences.append(("本县每一学时都由人核定", "In this county a person confirms every lesson hour"))
    if verdict.state is not VerdictState.EXEMPT:
        sentences.append(_people(verdict))
        if verdict.window is not None:
            sentences += [_ten_minutes(verdict.window), _seen(verdict)]
        if verdict.identified is not None:
            sentences.append((f"已认出 {verdict.identified} 人", f"{verdict.identified} were recognised"))
        sentences.append(_recording(verdict))
    sentences.append(
        (
            f"依据规则 {verdict.rule_version}、{verdict.profile}(SHA-256 {verdict.profile_sha256[:12]})计算",
            f"Computed by rule {verdict.rule_version} under {verdict.profile} (SHA-256 {verdict.profile_sha256[:12]})",
        )
    )
    return [_said(words, lang) + _stop(lang) for words in sentences]


def _people(verdict: LessonVerdict) -> Words:
    if verdict.required is None:
        return "出勤情况尚不清楚", "Attendance is not known yet"
    return (
        f"应当可见 {verdict.required} 人(计为出勤 {verdict.present} 人,花名册 {verdict.roster} 人)",
        f"{verdict.required} people have to be visible ({verdict.present} attending, {verdict.roster} on the roster)",
    )


def _ten_minutes(window: Window) -> Words:
    start, end, media = clock(window.start_ms), clock(window.end_ms), clock(window.media_ms)
    if window.gaps == 0:
        return (
            f"最佳录像段:本学时第 {start} 至 {end},连续录像 {media},没有中断",
            f"Best stretch: from {start} to {end} of the lesson hour, {media} of recording without a gap",
        )
    gap_s = f"{window.gap_ms / 1000:.1f}"
    return (
        f"最佳录像段:本学时第 {start} 至 {end},录像 {media},短暂中断 {window.gaps} 次共 {gap_s} 秒,中断时间不计入",
        f"Best stretch: from {start} to {end} of the lesson hour, {media} of recording; "
        f"{window.gaps} short interruption(s) of {gap_s} s in sum, not counted",
    )


def _seen(verdict: LessonVerdict) -> Words:
    if verdict.peak is None:
        return "这段录像没有人数采样", "No people were counted in it"
    sampled = f"{verdict.samples}/{verdict.samples_expected}"
    seen = (
        f"其中最多看见 {verdict.peak} 人,中位数 {verdict.median:g} 人;"
        f"全体同时可见的时段 {verdict.moments} 个;采样 {sampled}",
        f"In it at most {verdict.peak} people were seen, {verdict.median:g} at the median; "
        f"everybody at once in {verdict.moments} of its parts; samples {sampled}",
    )
    if verdict.confidence is None:
        return seen
    return (
        f"{seen[0]}。按座位连续跟踪计数,把握 {verdict.confidence:.0%};"
        f"单张画面最多 {verdict.raw_peak} 人,中位数 {verdict.raw_median:g} 人",
        f"{seen[1]}. Counted seat by seat over time, {verdict.confidence:.0%} certain; "
        f"single pictures showed at most {verdict.raw_peak}, {verdict.raw_median:g} at the median",
    )


def _recording(verdict: LessonVerdict) -> Words:
    media, strict, joined = (
        clock(ms) for ms in (verdict.media_ms, verdict.longest_strict_ms, verdict.longest_joined_ms)
    )
    return (
        f"本学时共计入录像 {media},最长一段 {strict}(连上短暂中断后 {joined},中断时间不计入)",
        f"{media} of recording count in this lesson hour, the longest stretch {strict} "
        f"({joined} with short gaps joined, gap time not counted)",
    )


def clock(ms: int) -> str:
    """12:34.5: minutes, seconds, and tenths when there are any; rounded down, so that 599.99 s never reads as 10:00."""
    minutes, rest = divmod(ms, _MINUTE_MS)
    seconds, tenths = divmod(rest // 100, 10)
    return f"{minutes}:{seconds:02d}" + (f".{tenths}" if tenths else "")


def _said(words: Words, lang: Language) -> str:
    return words[0] if lang == "zh" else words[1]


def _stop(lang: Language) -> str:
    return "。" if lang == "zh" else "."
