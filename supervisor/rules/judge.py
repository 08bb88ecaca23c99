"""The verdict of one lesson hour (RULES 1.7): pure, total, the same answer for everybody who has the evidence.

The county, the school and an auditor run this very function; `docs/rules.md` tells it step by step. It never says FAIL:
that is a person's decision, after the institution has explained itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil

from config.profile import RegionProfile
from supervisor.rules.continuity import (
    Recording,
    counted_media,
    longest_ms,
    merge,
    whole_ms,
)
from supervisor.rules.evidence import (
    COUNTING,
    CameraEvidence,
    Excluded,
    ExcludedReason,
    ExemptKind,
    GapReason,
    LessonEvidence,
    Replay,
)
from supervisor.rules.verdict import (
    RULE_VERSION,
    VERDICT_SCHEMA,
    LessonVerdict,
    ReasonCode,
    VerdictState,
    Window,
)
from supervisor.rules.visibility import Visible, camera_counts, look

_HOUR_MS = 3_600_000
_LATER_DOUBTS = {ReasonCode.LATE_UPLOAD, ReasonCode.IDENTITY_UNSURE}
"""Reasons that keep a pass for a person and soften nothing else."""
_ORDER = list(ReasonCode)  # the order of the list in RULES 1.5: the gravest first
_EXEMPT_CODE = {
    ExemptKind.ENTERPRISE_STAFF: ReasonCode.EXEMPT_ENTERPRISE,
    ExemptKind.SECRET_UNIT: ReasonCode.EXEMPT_SECRET_UNIT,
}
_TAMPER_CODE = {
    ExcludedReason.FROZEN: ReasonCode.FROZEN,
    ExcludedReason.LENS_COVERED: ReasonCode.LENS_COVERED,
    ExcludedReason.SCENE_MOVED: ReasonCode.SCENE_MOVED,
    ExcludedReason.REPLAY_SUSPECT: ReasonCode.REPLAY_SUSPECT,
    ExcludedReason.BLURRED: ReasonCode.BLURRED,
    ExcludedReason.OVEREXPOSED: ReasonCode.OVEREXPOSED,
    ExcludedReason.OVERLAY_MISSING: ReasonCode.OVERLAY_MISSING,
}
_SUSPECT = ExcludedReason.REPLAY_SUSPECT
_COUNTING: dict[str, frozenset[ExcludedReason]] = {
    "judge/2": frozenset(),
    "judge/3": frozenset({_SUSPECT}),
    RULE_VERSION: COUNTING,
}


@dataclass(frozen=True, slots=True)
class _Media:
    """The media of the room's cameras together, and what of it is continuous."""

    total_ms: int
    longest_strict_ms: int
    longest_joined_ms: int
    windows: tuple[Window, ...]


@dataclass(frozen=True, slots=True)
class _Required:
    """`people` must be visible, `trainees` of them trainees; None while attendance is unknown."""

    people: int | None
    trainees: int | None


def judge(evidence: LessonEvidence, profile: RegionProfile, rule: str = RULE_VERSION) -> LessonVerdict:
    """The verdict on `evidence` under `profile`, as `rule` (one of RULE_VERSIONS) comes to it. Raises nothing for any
    evidence that could be constructed."""
    if evidence.exempt is not None:
        nothing = _Media(0, 0, 0, ())
        exempt = {_EXEMPT_CODE[evidence.exempt]}
        required = _required(evidence, profile)
        return _verdict(evidence, profile, rule, VerdictState.EXEMPT, exempt, nothing, required, None)
    reported, evidence = evidence, _counting(evidence, _COUNTING[rule])
    suspected = _SUSPECT in _COUNTING[rule] and _replayed(reported)
    media, required = _media(evidence, profile), _required(evidence, profile)
    signs = reported if rule == RULE_VERSION else None
    best = _best(evidence, profile, media.windows, required.people, signs)
    if (not evidence.complete or evidence.attendance is None) and _age_ms(evidence) < _grace_ms(profile):
        return _verdict(evidence, profile, rule, VerdictState.NO_DATA_YET, set(), media, required, best)
    state, reasons = _decide(reported, evidence, profile, media, required, best, suspected)
    if best is None and rule == RULE_VERSION and required.trainees and _taken_by_signs(reported, profile):
        state = VerdictState.REVIEW
    if rule == RULE_VERSION and _unrecognised(evidence, profile):
        reasons.add(ReasonCode.IDENTITY_UNSURE)
    if evidence.delivered_ms is not None and evidence.delivered_ms - evidence.duration_ms > _grace_ms(profile):
        reasons.add(ReasonCode.LATE_UPLOAD)
    if state is VerdictState.PASS and (reasons & _LATER_DOUBTS or not profile.visible.auto_pass):
        state = VerdictState.REVIEW
    return _verdict(evidence, profile, rule, state, reasons, media, required, best)


def _replayed(evidence: LessonEvidence) -> bool:
    """Whether any media of the lesson hour looks like other media, in the best window or not: who shows an old film in
    one part may have shown another in the rest."""
    stretches: list[Replay | Excluded] = []
    for camera in evidence.cameras:
        stretches += [*camera.replays, *(one for one in camera.excluded if one.reason is _SUSPECT)]
    return any(max(one.start_ms, 0) < min(one.end_ms, evidence.duration_ms) for one in stretches)


def _counting(evidence: LessonEvidence, reasons: frozenset[ExcludedReason]) -> LessonEvidence:
    """Media excluded for one of `reasons` counts: dropping it could propose a FAIL on a likeness or a blur alone."""
    return replace(
        evidence,
        cameras=tuple(
            replace(camera, excluded=tuple(one for one in camera.excluded if one.reason not in reasons))
            for camera in evidence.cameras
        ),
    )


def _taken_by_signs(reported: LessonEvidence, profile: RegionProfile) -> bool:
    """Whether there is no window only because pictures were covered, frozen or of another scene: such signs are for a
    person (A-21), whose camera may have been nudged. Nothing passes by it."""
    everything = _counting(reported, frozenset(ExcludedReason))
    return bool(_media(everything, profile).windows)


def _unrecognised(evidence: LessonEvidence, profile: RegionProfile) -> bool:
    """Whether somebody who attends and consented to recognition was not recognised. Never a reproach: faces turn away,
    and who did not consent is not looked for."""
    if profile.visible.method != "count_and_identity" or evidence.attendance is None:
        return False
    if evidence.identity is None:
        return True
    enrolled = set(evidence.identity.enrolled) & set(evidence.attendance.present)
    return bool(enrolled - set(evidence.identity.seen))


def _decide(
    reported: LessonEvidence,
    evidence: LessonEvidence,
    profile: RegionProfile,
    media: _Media,
    required: _Required,
    best: tuple[Window, Visible] | None,
    suspected: bool,
) -> tuple[VerdictState, set[ReasonCode]]:
    replayed = {ReasonCode.REPLAY_SUSPECT} if suspected else set()
    reasons = set(replayed)
    whole = 0, evidence.duration_ms
    if not required.trainees:
        reasons.add(ReasonCode.NO_ATTENDANCE)
    if best is None:
        reasons |= _no_window(media, profile) | _tampered(reported, *whole) | _misdated(evidence, *whole)
    if best is None or not required.trainees or required.people is None:
        return VerdictState.FAIL_PROPOSED, reasons
    window, visible = best
    doubts = replayed | _signs(reported, window) | _untrusted(evidence, window)
    count = _count_code(visible, required.people, profile)
    reasons |= doubts
    if count is not None:
        reasons.add(count)
        if evidence.attendance and visible.peak is not None and visible.peak < len(evidence.attendance.present):
            reasons.add(ReasonCode.CHECKIN_MISMATCH)
    if count is ReasonCode.COUNT_LOW and not doubts:
        return VerdictState.FAIL_PROPOSED, reasons
    return (VerdictState.REVIEW if doubts or count else VerdictState.PASS), reasons


def _count_code(visible: Visible, required: int, profile: RegionProfile) -> ReasonCode | None:
    """None: everybody was seen. Too few samples prove nothing, neither that all were there nor that some were not."""
    rules = profile.visible
    if visible.peak is None or not visible.sampled_at_least(rules.sample_coverage_min):
        return ReasonCode.COUNT_UNSURE
    if _all_seen(visible, required, profile):
        return None
    tolerated = max(rules.review_deficit_min, ceil(_exact(rules.review_deficit_ratio) * required))
    return ReasonCode.COUNT_UNSURE if required - visible.peak <= tolerated else ReasonCode.COUNT_LOW


def _all_seen(visible: Visible, required: int, profile: RegionProfile) -> bool:
    """Everybody in every moment, and most of them most of the time."""
    rules = profile.visible
    return (
        visible.moments == rules.moments
        and visible.median is not None
        and Fraction(visible.median) >= _exact(rules.median_ratio) * required
    )


def _best(
    evidence: LessonEvidence,
    profile: RegionProfile,
    candidates: Sequence[Window],
    required: int | None,
    signs: LessonEvidence | None,
) -> tuple[Window, Visible] | None:
    """The best window and what it shows: most moments, then the highest median, then the earliest (RULES 1.7).

    A window with too few samples gives way to one that has enough, unless it shows everybody in more moments: where the
    box looked less often must never hide a window that passes, nor stand in for one that was looked at. `signs` (since
    judge/4): of equal windows that pass, one that no sign of tampering or wrong time touches.
    """
    if not candidates:
        return None
    places = signs is not None
    counts = [camera_counts(camera, evidence.duration_ms, profile, places=places) for camera in evidence.cameras]

    def merit(pair: tuple[Window, Visible]) -> tuple[bool, int, bool, float, bool, int]:
        window, visible = pair
        sampled = visible.sampled_at_least(profile.visible.sample_coverage_min)
        passes = sampled and required is not None and _all_seen(visible, required, profile)
        clean = passes and signs is not None and not (_signs(signs, window) | _misdated_or_stepped(evidence, window))
        median = -1 if visible.median is None else visible.median
        return passes, visible.moments, sampled, median, clean, -window.start_ms

    return max(zip(candidates, look(candidates, counts, profile.visible, required), strict=True), key=merit)


def _media(evidence: LessonEvidence, profile: RegionProfile) -> _Media:
    pieces = merge(piece for camera in evidence.cameras for piece in counted_media(camera, evidence.duration_ms))
    recording = Recording(pieces, profile.lesson)
    found = recording.stretches()
    return _Media(
        total_ms=recording.media_ms,
        longest_strict_ms=recording.longest_strict_ms,
        longest_joined_ms=longest_ms(found),
        windows=recording.windows(found),
    )


def _required(evidence: LessonEvidence, profile: RegionProfile) -> _Required:
    """Q5, Q12. Teachers are required beside trainees, never instead of them."""
    attendance = evidence.attendance
    if attendance is None:
        return _Required(None, None)
    if profile.visible.basis == "attending":
        trainees = len(attendance.present)
    else:
        trainees = max(attendance.roster - len(set(attendance.on_leave)), 0)
    return _Required(trainees + attendance.teachers_in_zone, trainees)


def _no_window(media: _Media, profile: RegionProfile) -> set[ReasonCode]:
    """Why there is no window: nothing at all, not enough, or enough but broken."""
    if media.total_ms == 0:
        return {ReasonCode.NO_VIDEO}
    return {ReasonCode.GAP if media.total_ms >= whole_ms(profile.lesson.clip_min_s) else ReasonCode.TOO_SHORT}


def _signs(reported: LessonEvidence, window: Window) -> set[ReasonCode]:
    return _tampered(reported, window.start_ms, window.end_ms)


def _tampered(evidence: LessonEvidence, start_ms: int, end_ms: int) -> set[ReasonCode]:
    """A-21: signs of tampering, and pictures hard to see, that any camera shows within [start_ms, end_ms)."""
    return {
        _TAMPER_CODE[stretch.reason]
        for camera in evidence.cameras
        for stretch in camera.excluded
        if max(stretch.start_ms, start_ms) < min(stretch.end_ms, end_ms)
    }


def _untrusted(evidence: LessonEvidence, window: Window) -> set[ReasonCode]:
    """A-22: a camera of the window that never passed acceptance. A-21: the box's own clock stepped within it, or nobody
    vouches for it: then the window may lie in another lesson hour altogether.

    A camera whose clock is wrong by a constant does no harm, whatever the constant: all times here are the box's.
    """
    reasons = _misdated_or_stepped(evidence, window)
    if any(not camera.accepted and _films(camera, evidence.duration_ms, window) for camera in evidence.cameras):
        reasons.add(ReasonCode.CAMERA_NOT_ACCEPTED)
    return reasons


def _misdated_or_stepped(evidence: LessonEvidence, window: Window) -> set[ReasonCode]:
    stepped = any(
        gap.reason is GapReason.CLOCK_STEP and gap.start_ms <= window.end_ms and gap.end_ms >= window.start_ms
        for camera in evidence.cameras
        for gap in camera.gaps
    )
    return _misdated(evidence, window.start_ms, window.end_ms) | ({ReasonCode.CLOCK_DRIFT} if stepped else set())


def _misdated(evidence: LessonEvidence, start_ms: int, end_ms: int) -> set[ReasonCode]:
    """Whether media within [start_ms, end_ms) is dated by a clock that nobody vouches for."""
    untrusted = evidence.clock.untrusted if evidence.clock else ()
    doubtful = any(max(span.start_ms, start_ms) < min(span.end_ms, end_ms) for span in untrusted)
    return {ReasonCode.CLOCK_DRIFT} if doubtful else set()


def _films(camera: CameraEvidence, duration_ms: int, window: Window) -> bool:
    return any(
        piece.start_ms < window.end_ms and piece.end_ms > window.start_ms
        for piece in counted_media(camera, duration_ms)
    )


def _age_ms(evidence: LessonEvidence) -> int:
    """How long after its end the lesson hour was last looked at."""
    delivered_ms = evidence.assessed_ms if evidence.delivered_ms is None else evidence.delivered_ms
    return max(evidence.assessed_ms, delivered_ms) - evidence.duration_ms


def _grace_ms(profile: RegionProfile) -> int:
    return profile.offline.grace_hours * _HOUR_MS


def _exact(ratio: float) -> Fraction:
    """0.05 is one twentieth here, as its author meant: in binary 0.05 of 140 is a little more than 7."""
    return Fraction(repr(ratio))


def _verdict(
    evidence: LessonEvidence,
    profile: RegionProfile,
    rule: str,
    state: VerdictState,
    reasons: set[ReasonCode],
    media: _Media,
    required: _Required,
    best: tuple[Window, Visible] | None,
) -> LessonVerdict:
    window, visible = best or (None, None)
    margin_ms = whole_ms(profile.lesson.clip_margin_s)
    newest = rule == RULE_VERSION
    identity = evidence.identity if newest and profile.visible.method == "count_and_identity" else None
    attending = set(evidence.attendance.present) if evidence.attendance else set()
    return LessonVerdict(
        schema=VERDICT_SCHEMA,
        rule_version=rule,
        profile=profile.name,
        profile_sha256=profile.digest(),
        lesson_hour_id=evidence.lesson_hour_id,
        state=state,
        reasons=tuple(sorted(reasons, key=_ORDER.index)),
        exempt=evidence.exempt,
        required=required.people,
        present=len(evidence.attendance.present) if evidence.attendance else None,
        roster=evidence.attendance.roster if evidence.attendance else None,
        window=window,
        clip_start_ms=max(window.start_ms - margin_ms, 0) if window else None,
        clip_end_ms=min(window.end_ms + margin_ms, evidence.duration_ms) if window else None,
        moments=visible.moments if visible else 0,
        peak=visible.peak if visible else None,
        median=visible.median if visible else None,
        raw_peak=visible.raw_peak if visible else None,
        samples=visible.samples if visible else 0,
        samples_expected=visible.samples_expected if visible else 0,
        media_ms=media.total_ms,
        longest_strict_ms=media.longest_strict_ms,
        longest_joined_ms=media.longest_joined_ms,
        raw_median=visible.raw_median if visible and newest else None,
        confidence=visible.confidence if visible and newest else None,
        identified=len(attending & set(identity.seen)) if identity else None,
    )
