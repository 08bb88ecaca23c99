"""How the running lesson hours stand: the stretch found so far, the people seen, and how densely to go on counting.

Provisional, for the wall and the classroom: the verdict is made after the hour by `watch`. Should people check in
after the hour would have passed, it may no longer pass, and counting is dense again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from config.clock import Clock, epoch_ms
from config.profile import RegionProfile
from edge_agent.identity.roll import Expected
from edge_agent.lessons.evidence import attendance_of, build
from edge_agent.lessons.plan import LessonHour
from edge_agent.lessons.rhythm import every_s
from edge_agent.vision.sampler import SamplingWish
from storage.database.engine import UnitOfWork
from supervisor.contract.state import LessonProgress
from supervisor.rules.evidence import CameraEvidence, ClockVoucher, LessonEvidence
from supervisor.rules.judge import judge
from supervisor.rules.verdict import VerdictState

RECENT_SAMPLES = 5
RECENT_MS = 60_000  # an older count says nothing about now


@dataclass(frozen=True, slots=True)
class Standing:
    """`every_s`: how often the cameras of its room should be counted now."""

    hour: LessonHour
    progress: LessonProgress
    satisfied: bool
    every_s: float


def standings(
    work: UnitOfWork, hours: Iterable[LessonHour], clock: Clock, *, box_id: str, version: str, voucher: ClockVoucher
) -> list[Standing]:
    """One for each running lesson hour."""
    found = []
    for hour in hours:
        with work.read() as session:
            evidence = build(
                session,
                hour,
                now_ms=epoch_ms(clock.now()),
                box_id=box_id,
                version=version,
                voucher=voucher,
                complete=False,
            )
        # The check-ins may not be final; for "so far" the newest ones will do.
        so_far = replace(evidence, complete=True, attendance=attendance_of(hour))
        verdict = judge(so_far, hour.profile)
        progress = LessonProgress(
            lesson_hour_id=hour.lesson.lesson_hour_id,
            longest_joined_ms=verdict.longest_joined_ms,
            needed_ms=round(hour.profile.lesson.clip_min_s * 1000),
            required=verdict.required,
            people=_room(evidence, hour.profile, 0),
        )
        satisfied = verdict.state is VerdictState.PASS
        rooms = [_room(evidence, hour.profile, back) for back in range(RECENT_SAMPLES)]
        recent = [count for count in rooms if count is not None]
        rhythm = every_s(hour.profile, satisfied=satisfied, recent=recent, required=verdict.required)
        found.append(Standing(hour, progress, satisfied, rhythm))
    return found


def wishes(standing: Iterable[Standing]) -> list[SamplingWish]:
    """How often each camera should be counted now; the densest wish of a camera counts."""
    found: dict[str, SamplingWish] = {}
    for one in standing:
        for camera in one.hour.cameras:
            wish = SamplingWish(
                str(camera.camera_id),
                one.every_s,
                rules=one.hour.profile.vision,
                podium=camera.podium_in_zone,
                expected=_expected(one.hour),
            )
            if wish.camera_id not in found or wish.every_s < found[wish.camera_id].every_s:
                found[wish.camera_id] = wish
    return list(found.values())


def _expected(hour: LessonHour) -> Expected | None:
    if hour.profile.visible.method != "count_and_identity":
        return None
    return Expected(hour.id, frozenset(hour.lesson.attendance.present), hour.end_ms)


def _room(evidence: LessonEvidence, profile: RegionProfile, back: int) -> int | None:
    """The room's count `back` samples ago, roughly as `judge` reads it; None: nothing was counted lately."""
    whole = profile.vision is not None and profile.vision.fuse == "room"
    zones: dict[str, int] = {}
    for camera in evidence.cameras:
        if len(camera.samples) > back and evidence.assessed_ms - camera.samples[-1 - back].at_ms <= RECENT_MS:
            zone = "" if whole else camera.zone
            zones[zone] = max(zones.get(zone, 0), _believed(camera, profile, back))
    return sum(zones.values()) if zones else None


def _believed(camera: CameraEvidence, profile: RegionProfile, back: int) -> int:
    sample = camera.samples[-1 - back]
    least = profile.vision.confidence_min if profile.vision else 2
    places = (one.count for one in reversed(camera.seated) if one.at_ms == sample.at_ms and one.confidence >= least)
    return next(places, sample.count)
