"""One lesson hour on one page: the verdict with every figure behind it, the clip, the check-ins."""

from __future__ import annotations

from datetime import datetime

from config.clock import from_epoch_ms
from config.profile import RegionProfile
from supervisor.callers import Caller
from supervisor.console.i18n import N_, Words, full_time, offset_time, short_time
from supervisor.console.moments import present_moments
from supervisor.console.replays import present_checks, present_likenesses
from supervisor.console.state_words import (
    CHECKIN_REASONS,
    CHECKIN_STATUS,
    HOLD_REASONS,
    KINDS,
    METHODS,
    SOURCES,
    reason_text,
    selfie_text,
    verdict_mark,
)
from supervisor.console.timeline import count_rows, stretches, timeline_data
from supervisor.console.today import lesson_mark, worst_camera
from supervisor.console.views import CheckInRow, Clip, Fact, Hold, LessonView, Mark, Version
from supervisor.contract.evidence import canonical_json, parse_evidence, sha256_hex
from supervisor.lessons.schemas import CheckInView, ClipView, LessonPage, VerdictView, ViewReason, WitnessView
from supervisor.profiles import profile_named
from supervisor.retention.schemas import HoldOut
from supervisor.rules.evidence import Counter, LessonEvidence, Watcher
from supervisor.rules.verdict import LessonVerdict, ReasonCode, VerdictState

_NO_CLIP = {
    VerdictState.PASS: N_("这一课时的片段还没有登记。"),
    VerdictState.REVIEW: N_("这一课时的片段还没有登记。"),
    VerdictState.FAIL_PROPOSED: N_("没有一段够长的连续录像,所以没有可以剪下的片段。"),
    VerdictState.EXEMPT: N_("这个班免于录像。"),
    VerdictState.NO_DATA_YET: N_("现场设备还没有报来证据。"),
}


def present_lesson(page: LessonPage, now: datetime, words: Words, why: ViewReason | None = None) -> LessonView:
    """`why`: the reason the viewer gave for opening the recording; None: not asked for it yet."""
    lesson = page.lesson
    evidence = parse_evidence(canonical_json(page.evidence)) if page.evidence else None
    verdict = lesson.verdict.verdict if lesson.verdict else None
    profile = profile_named(page.profile)
    names = {str(camera.camera_id): camera.code for camera in lesson.cameras}
    return LessonView(
        lesson_hour_id=lesson.lesson_hour_id,
        title=lesson.class_name,
        place=f"{lesson.institution} · {lesson.site} {lesson.room}",
        slot=lesson.slot,
        kind=words(KINDS[lesson.kind]),
        start=lesson.start,
        end=lesson.end,
        mark=lesson_mark(lesson, worst_camera(lesson.cameras, lesson.phase, now, words), words),
        proposed_by=_proposed_by(verdict, words),
        reasons=tuple(reason_text(code, words) for code in verdict.reasons) if verdict else (),
        facts=tuple(_facts(page, verdict, evidence, profile, words)),
        agrees=next((one.agrees for one in page.verdicts if one.agrees is not None), None),
        versions=tuple(
            Version(one.version, _source(one, words), one.created_at, verdict_mark(one.verdict.state, words))
            for one in page.verdicts
        ),
        clips=tuple(_clip(page, clip, why) for clip in page.clips),
        no_clip=words(_NO_CLIP[verdict.state] if verdict else _NO_CLIP[VerdictState.NO_DATA_YET]),
        figures=present_moments(page, verdict.required if verdict else None, why, words),
        evidence_sha256=sha256_hex(canonical_json(page.evidence)) if page.evidence else None,
        profile=page.profile,
        bundle=_bundle(page),
        timeline=timeline_data(page, evidence, verdict, profile, names, words) if evidence else None,
        stretches=tuple(stretches(lesson.start, evidence, names, words)) if evidence else (),
        counts=tuple(count_rows(lesson.start, evidence)) if evidence else (),
        checkins=tuple(_check_in(one, words) for one in page.check_ins),
        likenesses=present_likenesses(page.replay_checks, words),
        replay_checks=present_checks(page.replay_checks, words),
    )


def _source(one: VerdictView, words: Words) -> str:
    """The centre judges the box's own evidence first; a later version is with what the centre itself knows."""
    if one.source == "centre" and one.agrees is None:
        if ReasonCode.REPLAY_SUSPECT in one.verdict.reasons:
            return words("按中心的签到和画面比对重算")
        return words("按中心的签到重算")
    return words(SOURCES[one.source])


def _proposed_by(verdict: LessonVerdict | None, words: Words) -> str:
    if verdict is None:
        return ""
    if verdict.state is VerdictState.PASS:
        return words("系统按规则判定")
    return words("系统初判,结论由人作出")


def _facts(
    page: LessonPage,
    verdict: LessonVerdict | None,
    evidence: LessonEvidence | None,
    profile: RegionProfile,
    words: Words,
) -> list[Fact]:
    lesson = page.lesson
    facts = [
        Fact(words("时间"), f"{short_time(lesson.start)}–{short_time(lesson.end)}"),
        Fact(
            words("应到 / 打卡 / 计出勤"),
            words(
                "{roster} / {checked} / {present} 人",
                roster=lesson.roster,
                checked=lesson.checked_in,
                present=lesson.present,
            ),
        ),
    ]
    if verdict is not None:
        facts += _figures(page, verdict, profile, words)
    if evidence is not None:
        facts += _provenance(evidence, words)
    if page.witness is not None:
        facts.append(Fact(words("中心见证"), _witnessed(page.witness, words)))
    return facts


def _witnessed(witness: WitnessView, words: Words) -> str:
    if witness.at is None or witness.worst_s is None:
        return words("现场设备的签名检查点还没有到")
    at, delay = full_time(witness.at), words.ago(witness.worst_s)
    if witness.late:
        return words("{at},迟到:录像后 {delay} 才见证", at=at, delay=delay)
    return words("{at},录像后 {delay} 之内", at=at, delay=delay)


def _figures(page: LessonPage, verdict: LessonVerdict, profile: RegionProfile, words: Words) -> list[Fact]:
    start, window = page.lesson.start, verdict.window
    facts = []
    if verdict.required is not None and verdict.peak is not None:
        facts.append(Fact(words("画面人数"), _peak(verdict, verdict.required, verdict.peak, words)))
    if verdict.median is not None:
        facts.append(Fact(words("中位人数"), _median(verdict, verdict.median, profile, words)))
    if verdict.confidence is not None:
        facts.append(Fact(words("座位把握"), f"{int(verdict.confidence * 100)}%"))
    if verdict.identified is not None:
        facts.append(Fact(words("人脸核验"), words("认出 {n} 人", n=verdict.identified)))
    if window is not None:
        asked = f" / {profile.visible.moments}"
        facts.append(Fact(words("全员可见"), words("{n} 个时段", n=f"{verdict.moments}{asked}")))
        facts.append(Fact(words("采样"), words("{n} / {of} 次", n=verdict.samples, of=verdict.samples_expected)))
        joined = words(",接合 {n} 处", n=window.gaps) if window.gaps else ""
        span = f"{offset_time(start, window.start_ms)}–{offset_time(start, window.end_ms)}"
        facts.append(Fact(words("最佳片段"), f"{span} ({words.duration(window.media_ms)}{joined})"))
    asked = words(",要求 {n}", n=words.duration(profile.lesson.clip_min_s * 1000))
    both = words(
        "不间断 {strict},接合短缺口 {joined}",
        strict=words.duration(verdict.longest_strict_ms),
        joined=words.duration(verdict.longest_joined_ms),
    )
    facts.append(Fact(words("最长录像"), both + asked))
    facts.append(Fact(words("规则"), f"{verdict.profile} · {verdict.rule_version} · {verdict.profile_sha256[:12]}"))
    return facts


def _peak(verdict: LessonVerdict, required: int, peak: int, words: Words) -> str:
    """Both numbers where somebody kept account of places: of people in their places, and of single pictures."""
    if verdict.confidence is None:
        text = words("要求 {need} 人,最多看见 {seen} 人", need=required, seen=peak)
        return text + (words("(原始 {n})", n=verdict.raw_peak) if verdict.raw_peak is not None else "")
    text = words("要求 {need} 人,按座位最多 {seen} 人", need=required, seen=peak)
    return text + (words(",单张画面最多 {n} 人", n=verdict.raw_peak) if verdict.raw_peak is not None else "")


def _median(verdict: LessonVerdict, median: float, profile: RegionProfile, words: Words) -> str:
    asked = words(",要求 ≥ {n}%", n=round(profile.visible.median_ratio * 100))
    if verdict.confidence is None or verdict.raw_median is None:
        return words("{n} 人", n=f"{median:g}") + asked
    both = words("按座位 {n} 人,单张画面 {raw} 人", n=f"{median:g}", raw=f"{verdict.raw_median:g}")
    return both + asked


def _provenance(evidence: LessonEvidence, words: Words) -> list[Fact]:
    facts = [
        Fact(words("计数"), _counted_by(counter))
        for counter in dict.fromkeys(camera.counter for camera in evidence.cameras if camera.counter)
    ]
    for watcher in dict.fromkeys(camera.watcher for camera in evidence.cameras if camera.watcher):
        facts += _watched_by(watcher, words)
    if evidence.identity is not None:
        facts.append(Fact(words("人脸核验所用"), _counted_by(evidence.identity.engine)))
    offsets = [abs(camera.clock_offset_ms) for camera in evidence.cameras if camera.clock_offset_ms is not None]
    if offsets:
        facts.append(Fact(words("摄像头时钟误差"), words("{n} 秒", n=f"{max(offsets) / 1000:.1f}")))
    return [*facts, Fact(words("设备版本"), evidence.box_version)]


def _counted_by(counter: Counter) -> str:
    return f"{counter.name} · {counter.engine} · {counter.model_sha256[:12]}"


def _watched_by(watcher: Watcher, words: Words) -> list[Fact]:
    """A number without a version is nothing."""
    held = words("记住座位 {n} 秒", n=f"{watcher.hold_s:g}")
    zones = words("区域 {n}", n=watcher.zones_sha256[:12]) if watcher.zones_sha256 else words("没有划区域")
    facts = [Fact(words("座位记录"), f"{watcher.version} · {held} · {watcher.scale:g}× · {zones}")]
    if watcher.persons is not None:
        facts.append(Fact(words("找身体"), _counted_by(watcher.persons)))
    return facts


def _clip(page: LessonPage, clip: ClipView, why: ViewReason | None) -> Clip:
    place = f"/api/lessons/{page.lesson.lesson_hour_id}/clips/{clip.sha256}"
    return Clip(
        camera=clip.camera_code,
        start=from_epoch_ms(clip.manifest.start_ms),
        end=from_epoch_ms(clip.manifest.end_ms),
        sha256=clip.sha256,
        bytes=clip.bytes,
        retain_until=clip.retain_until,
        arrived=clip.playable,
        deleted=clip.state in ("deleting", "deleted"),
        deleted_at=clip.deleted_at,
        wanted_again=clip.repairs > 0 and clip.state in ("expected", "uploading"),
        play=f"{place}/playlist.m3u8?reason={why}" if clip.playable and why else None,
        file=f"{place}/clip.mp4?reason={why}" if clip.playable and why else None,
        percent=clip.bytes_held * 100 // clip.bytes if clip.bytes_held else None,
    )


def present_holds(holds: list[HoldOut], caller: Caller, words: Words) -> tuple[Hold, ...]:
    """The evidence locks on the lesson hour, those that are over last."""
    shown = [
        Hold(
            id=one.id,
            reason=words(HOLD_REASONS[one.reason]),
            text=one.text,
            covers=words(N_("这个片段") if one.sha256 else N_("这个课时") if one.lesson_hour_id else N_("整个班级")),
            who=one.placed_by_name,
            since=one.placed_at,
            until=one.expires_at,
            active=one.active,
            liftable=one.active and one.placed_by != caller.account_id,
        )
        for one in holds
    ]
    return tuple(sorted(shown, key=lambda one: not one.active))


def _bundle(page: LessonPage) -> str | None:
    """Where the bundle is, once everything that goes into it is here."""
    whole = page.witness is not None and page.witness.at is not None and all(clip.playable for clip in page.clips)
    return f"/api/lessons/{page.lesson.lesson_hour_id}/bundle.zip" if whole else None


def _check_in(one: CheckInView, words: Words) -> CheckInRow:
    tone, text = CHECKIN_STATUS[one.status]
    reasons = (
        [*one.reasons, "DEVICE_SHARED"] if one.shared_device and "DEVICE_SHARED" not in one.reasons else one.reasons
    )
    return CheckInRow(
        name=one.name,
        direction="out" if one.direction == "out" else "in",
        at=one.at,
        method=words(METHODS.get(one.method, one.method)),
        mark=Mark(tone, words(text)),
        reasons=tuple(words(CHECKIN_REASONS.get(code, code)) for code in reasons),
        selfie=selfie_text(one.selfie, words) if one.selfie else "",
    )
