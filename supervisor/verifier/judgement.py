"""Whether the verdict follows: the rules are those it names, the evidence agrees with plan, check-ins and recordings,
and judging it again gives the same."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import rfc8785
from pydantic import TypeAdapter, ValidationError

from config.profile import RegionProfile
from storage.evidence.bundle import EVIDENCE, PROFILE, VERDICT, Bundle
from supervisor.rules.continuity import merge, subtract
from supervisor.rules.evidence import LessonEvidence, Span
from supervisor.rules.facts import CentreFacts
from supervisor.rules.judge import judge
from supervisor.rules.later import evidence_of_its_age, verdict_of_its_age
from supervisor.rules.verdict import RULE_VERSION, RULE_VERSIONS, LessonVerdict, VerdictState
from supervisor.verifier.box_history import BoxHistory
from supervisor.verifier.centre_history import CentreHistory
from supervisor.verifier.entries import Logged
from supervisor.verifier.moments import check_moments
from supervisor.verifier.policy import Policy
from supervisor.verifier.report import Report

_EVIDENCE = TypeAdapter(LessonEvidence)
_VERDICT = TypeAdapter(LessonVerdict)
_FACTS = TypeAdapter(CentreFacts)
_SLACK_MS = 1000  # a run's pictures and its files are dated apart, to the millisecond each


@dataclass(frozen=True, slots=True)
class Judged:
    evidence: LessonEvidence
    verdict: LessonVerdict
    profile: RegionProfile


def check_judgement(
    bundle: Bundle, entry: Logged, box: str, centre: CentreHistory, history: BoxHistory, policy: Policy, report: Report
) -> Judged | None:
    """None when evidence, verdict or profile cannot even be read."""
    try:
        evidence = _EVIDENCE.validate_json(rfc8785.dumps(entry.value["evidence"]))
        verdict = _VERDICT.validate_json(rfc8785.dumps(entry.value["verdict"]))
    except (ValidationError, KeyError, ValueError) as error:
        report.fail("EVIDENCE_INVALID", entry.where, str(error).splitlines()[0])
        return None
    try:
        profile = RegionProfile.model_validate_json(bundle.read(PROFILE))
    except (ValidationError, OverflowError) as error:
        report.fail("BUNDLE_MALFORMED", PROFILE, str(error).splitlines()[0])
        return None
    if not _check_profile(profile, verdict, centre, policy, report):
        return None  # anybody's numbers: nothing is computed with them
    _check_identity(entry, evidence, box, report)
    _check_plan(evidence, entry, profile, centre, report)
    _check_cameras(evidence, box, centre, report)
    _check_check_ins(evidence, entry, history, report)
    _check_segments(evidence, history, report)
    check_moments(entry, evidence, verdict, start_ms(evidence), report)
    if not _same(judge(evidence, profile, _rule(verdict)), verdict):
        report.fail("VERDICT_DIFFERS", entry.where)
    counting = _check_centre_verdicts(evidence, verdict, entry, box, profile, centre, report)
    told, known = counting or (verdict, evidence)
    if bundle.read(VERDICT) != rfc8785.dumps(_json(told)):
        report.fail("VERDICT_DIFFERS", VERDICT, "not the verdict that counts")
    if bundle.read(EVIDENCE) != rfc8785.dumps(evidence_of_its_age(_EVIDENCE.dump_python(known, mode="json"))):
        report.fail("VERDICT_DIFFERS", EVIDENCE, "not the evidence that the verdict is of")
    report.facts["verdict"] = {"state": told.state.value, "reasons": [code.value for code in told.reasons]}
    report.facts["rules"] = {"profile": profile.name, "sha256": profile.digest(), "rule_version": told.rule_version}
    return Judged(evidence, told, profile)


def _check_profile(
    profile: RegionProfile, verdict: LessonVerdict, centre: CentreHistory, policy: Policy, report: Report
) -> bool:
    digest = profile.digest()
    logged = [entry.details.get("sha256") for entry in centre.about(f"profile:{verdict.profile}", "profile")]
    if digest != verdict.profile_sha256 or profile.name != verdict.profile or digest not in logged:
        report.fail("PROFILE_DIFFERS", PROFILE, f"{profile.name} {digest[:12]}")
        return False
    if policy.profiles is not None and policy.profiles.get(profile.name) != digest:
        report.fail("PROFILE_NOT_ACCEPTED", PROFILE, f"{profile.name} {digest[:12]}")
    return True


def _check_identity(entry: Logged, evidence: LessonEvidence, box: str, report: Report) -> None:
    if evidence.box_id != box:
        report.fail("BOX_DIFFERS", entry.where, f"evidence of box {evidence.box_id}")
    if evidence.lesson_hour_id != entry.value.get("lesson_hour_id"):
        report.fail("LESSON_DIFFERS", entry.where, "the evidence names another lesson hour than its entry")


def _check_plan(
    evidence: LessonEvidence, entry: Logged, profile: RegionProfile, centre: CentreHistory, report: Report
) -> None:
    """The lesson hour as it was approved, by the opening or a change of the plan, before it was held (A-01, Q22)."""
    zero_ms = start_ms(evidence)
    for approval in [one for one in centre.entries if one.kind in ("class_approved", "plan_changed")]:
        hours = approval.details.get("lesson_hours")
        planned = hours.get(evidence.lesson_hour_id) if isinstance(hours, dict) else None
        if not (isinstance(planned, list) and len(planned) == 3):
            continue
        if planned[:2] != [zero_ms, zero_ms + evidence.duration_ms]:
            report.fail("LESSON_DIFFERS", entry.where, f"planned {planned[:2]}, evidence from {zero_ms}")
        if approval.details.get("class_no") != evidence.class_no:
            report.fail("LESSON_DIFFERS", entry.where, f"class {evidence.class_no}")
        rooms = {_room(camera.camera_id, zero_ms + evidence.duration_ms, centre) for camera in evidence.cameras}
        if rooms - {planned[2]}:
            report.fail("LESSON_DIFFERS", entry.where, "cameras of another room than planned")
        if approval.details.get("profile") != profile.name or evidence.exempt not in _exemptions(approval, centre):
            report.fail("LESSON_DIFFERS", entry.where, "other rules, or another exemption, than approved")
        if approval.at_ms > zero_ms:
            report.fail("NOT_APPROVED", approval.where, "approved after the lesson hour began")
        return
    report.fail("NOT_APPROVED", evidence.lesson_hour_id, "no approval names this lesson hour")


def _exemptions(approval: Logged, centre: CentreHistory) -> list[object]:
    """What the county said of the class: at the approval, and in every exemption it gave, took back or let run out."""
    subject = str(approval.value.get("subject"))
    later = centre.about(subject, "exemption_granted", "exemption_revoked", "exemption_over")
    return [approval.details.get("exempt"), *(entry.details.get("exempt") for entry in later)]


def _room(camera_id: str, until_ms: int, centre: CentreHistory) -> object:
    """Where the camera hung in the lesson hour, as the centre had registered it by `until_ms`."""
    told = centre.about(f"camera:{camera_id}", "camera_created", "camera_changed")
    rooms = [one.details["room_id"] for one in told if one.details.get("room_id") and one.at_ms <= until_ms]
    return rooms[-1] if rooms else None


def _check_cameras(evidence: LessonEvidence, box: str, centre: CentreHistory, report: Report) -> None:
    for camera in evidence.cameras:
        registered = centre.about(f"camera:{camera.camera_id}", "camera_created", "camera_changed")
        boxes = [one.details["box_id"] for one in registered if one.details.get("box_id")]
        if box not in boxes:
            report.fail("CAMERA_UNKNOWN", camera.camera_id)


def _check_check_ins(evidence: LessonEvidence, entry: Logged, history: BoxHistory, report: Report) -> None:
    """Who attends, against the last that the box was told before it judged."""
    if evidence.attendance is None:
        return
    told = [
        one
        for one in history.of_kind("check_in_batch")
        if one.value.get("lesson_hour_id") == evidence.lesson_hour_id and one.index < entry.index
    ]
    expected = told[-1].value.get("sha256") if told else _digest([])
    if _digest(sorted(evidence.attendance.present)) != expected:
        report.fail("CHECK_INS_DIFFER", told[-1].where if told else entry.where)


def _check_segments(evidence: LessonEvidence, history: BoxHistory, report: Report) -> None:
    """Whatever counts as recorded has entries of files that hold it: a head or tail that was cut off shows here."""
    zero_ms = start_ms(evidence)
    known = {camera.camera_id for camera in evidence.cameras}
    files: dict[str, list[Span]] = {camera: [] for camera in known}
    for entry in history.of_kind("segment"):
        camera, begins, lasts = entry.value.get("camera"), entry.value.get("start_ms"), entry.value.get("media_ms")
        if camera not in known or not isinstance(begins, int) or not isinstance(lasts, int) or lasts < 0:
            report.fail("ENTRY_UNEXPECTED", entry.where, "a segment of no camera of this evidence")
            continue
        files[camera].append(Span(begins - zero_ms - _SLACK_MS, begins - zero_ms + lasts + _SLACK_MS))
    for camera_evidence in evidence.cameras:
        missing = subtract(camera_evidence.spans, merge(files[camera_evidence.camera_id]))
        inside = [span for span in missing if span.end_ms > 0 and span.start_ms < evidence.duration_ms]
        if inside:
            report.fail("SEGMENTS_MISSING", camera_evidence.camera_id, f"{sum(span.length_ms for span in inside)} ms")


def _check_centre_verdicts(
    evidence: LessonEvidence,
    reported: LessonVerdict,
    entry: Logged,
    box: str,
    profile: RegionProfile,
    centre: CentreHistory,
    report: Report,
) -> tuple[LessonVerdict, LessonEvidence] | None:
    """Every version that the centre logged, recomputed; the newest of its own, and what it was judged from."""
    logged = centre.about(f"lesson_hour:{evidence.lesson_hour_id}", "verdict")
    versions = [one.details.get("version") for one in logged]
    if versions != list(range(1, len(logged) + 1)) or not logged:
        report.fail("CENTRE_VERDICT_MISSING", evidence.lesson_hour_id, f"versions {versions}")
    counting: tuple[LessonVerdict, LessonEvidence] | None = None
    for one in logged:
        try:
            verdict = _VERDICT.validate_json(rfc8785.dumps(one.details.get("verdict")))
            facts = _FACTS.validate_python(one.details["facts"]) if one.details.get("facts") else None
        except (ValidationError, ValueError) as error:
            report.fail("EVIDENCE_INVALID", one.where, str(error).splitlines()[0])
            continue
        if one.details.get("box") is None:  # the sweep judged silence: no evidence to judge again, and none to pass on
            if one.details.get("source") != "sweep" or verdict.window is not None or verdict.state is VerdictState.PASS:
                report.fail("CENTRE_VERDICT_DIFFERS", one.where, "a verdict on silence that claims evidence")
            continue
        known = evidence if facts is None else _known(facts, evidence)
        if one.details.get("source") != "box":
            counting = verdict, known
        if one.details.get("box") != box or one.details.get("index") != entry.index:
            report.fail("CENTRE_VERDICT_DIFFERS", one.where, "it judged another entry")
            continue
        expected = reported if facts is None else judge(known, profile, _rule(verdict))
        if not _same(expected, verdict):
            report.fail("CENTRE_VERDICT_DIFFERS", one.where, f"version {one.details.get('version')}")
    return counting


def _known(facts: CentreFacts, evidence: LessonEvidence) -> LessonEvidence:
    """With facts that cannot be, the evidence as it is: then the verdict is another, and that is the failure."""
    try:
        return facts.apply(evidence)
    except (ValueError, KeyError):
        return evidence


def _rule(verdict: LessonVerdict) -> str:
    """The one it names; one that this program does not know gives another verdict, and so a failure."""
    return verdict.rule_version if verdict.rule_version in RULE_VERSIONS else RULE_VERSION


def _same(one: LessonVerdict, other: LessonVerdict) -> bool:
    return bool(_json(one) == _json(other))


def _json(verdict: LessonVerdict) -> Any:
    return verdict_of_its_age(_VERDICT.dump_python(verdict, mode="json"))


def _digest(value: Any) -> str:
    return hashlib.sha256(rfc8785.dumps(value)).hexdigest()


def start_ms(evidence: LessonEvidence) -> int:
    """Of the lesson hour, ms since 1970."""
    return round(datetime.fromisoformat(evidence.start).timestamp() * 1000)
