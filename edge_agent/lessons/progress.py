"""How the running lesson hours stand: the stretch found so far, the people seen, and how densely to go on counting.

Provisional, for the wall and the classroom: the verdict is made after the hour by `watch`. Counting is dense until
the hour would pass as it stands, then sparse; should people check in later, the hour may no longer pass and counting
is dense again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from config.clock import Clock, epoch_ms
from edge_agent.lessons.evidence import attendance_of, build
from edge_agent.lessons.plan import LessonHour
from edge_agent.vision.sampler import SamplingWish
from storage.database.engine import UnitOfWork
from supervisor.contract.state import LessonProgress
from supervisor.rules.evidence import ClockVoucher, LessonEvidence
from supervisor.rules.judge import judge
from supervisor.rules.verdict import VerdictState

SPARSE = 6  # times the profile's interval, once the hour has what it needs
RECENT_MS = 60_000  # an older count says nothing about now


@dataclass(frozen=True, slots=True)
class Standing:
    hour: LessonHour
    progress: LessonProgress
    satisfied: bool


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
            people=_people(evidence),
        )
        found.append(Standing(hour, progress, verdict.state is VerdictState.PASS))
    return found


def wishes(standing: Iterable[Standing]) -> list[SamplingWish]:
    """How often each camera should be counted now; the densest wish of a camera counts."""
    every: dict[str, float] = {}
    for one in standing:
        wanted = one.hour.profile.visible.sample_every_s * (SPARSE if one.satisfied else 1)
        for camera in one.hour.cameras:
            camera_id = str(camera.camera_id)
            every[camera_id] = min(wanted, every.get(camera_id, wanted))
    return [SamplingWish(camera_id, every_s) for camera_id, every_s in every.items()]


def _people(evidence: LessonEvidence) -> int | None:
    """Cameras of one zone see the same seats: the largest; zones are summed. None: nothing was counted lately."""
    zones: dict[str, int] = {}
    for camera in evidence.cameras:
        if camera.samples and evidence.assessed_ms - camera.samples[-1].at_ms <= RECENT_MS:
            zones[camera.zone] = max(zones.get(camera.zone, 0), camera.samples[-1].count)
    return sum(zones.values()) if zones else None
