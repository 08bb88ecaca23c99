"""The lesson watch: after each lesson hour its evidence is built and judged, its clips are cut, and one log entry is
written.

An hour is judged exactly once. Clip files are written first, under the hash of their content; then one transaction
adds the clip rows, the verdict entry and the `lesson` row that says "done". A crash before that transaction leaves at
most a clip file without a row, which the next attempt writes again under the same name; a crash after it finds the
row.

When an hour is judged: its attendance is known (see `LessonHour`), its last segment is closed or had its time to
close. If the centre was away from before the check-ins, the hour waits for the first contact, because the clip must
show the window that counts for those who attended. If that contact comes so late that the centre no longer names the
hour, or the profile's grace is over, it is reported without attendance, with the clip that shows the most people.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from config.clock import Clock, epoch_ms
from config.errors import LessonProofError
from edge_agent.capture.cut import Within, cut
from edge_agent.identity import roll
from edge_agent.lessons.evidence import build
from edge_agent.lessons.moments import moments_of
from edge_agent.lessons.plan import LessonHour, PlanStore
from edge_agent.paths import BoxPaths
from edge_agent.remembered import Fact, recall, recall_int
from edge_agent.vision.samples import forget_sightings
from storage.database.engine import UnitOfWork
from storage.evidence import log as evidence_log
from storage.evidence.segments import segments_between
from storage.evidence.tables import ClipRow, LessonRow, Segment
from supervisor.contract.evidence import evidence_json, verdict_json
from supervisor.contract.log import ClipManifest, VerdictEntry
from supervisor.rules.evidence import ClockVoucher
from supervisor.rules.judge import judge
from supervisor.rules.verdict import LessonVerdict

log = logging.getLogger(__name__)

SETTLE_S = 3.0  # the last pictures of the hour are written and counted
CUT_TRIES = 3  # then the facts go without this camera's clip
_LONGEST_GOP_MS = 30_000  # what a clip at the bell may lose at its start and gets at its end


class LessonWatch:
    def __init__(
        self,
        work: UnitOfWork,
        plans: PlanStore,
        paths: BoxPaths,
        clock: Clock,
        *,
        segment_s: float,
        version: str,
        voucher: ClockVoucher,
    ) -> None:
        self._work = work
        self._plans = plans
        self._paths = paths
        self._clock = clock
        self._close_by = timedelta(seconds=segment_s + 5)
        self._version = version
        self._voucher = voucher
        self._cut_failures: dict[str, int] = {}

    def tick(self) -> list[str]:
        """Judge one hour that is due, the oldest that can be: its id in a list, or an empty list. More of them wait for
        the next turn, because cutting takes long and the running lessons are looked at in between. An error with one
        hour is logged and tried again; it never stops others.
        """
        for hour in self.due():
            try:
                if self.judge_hour(hour):
                    return [hour.id]
            except Exception:  # one hour must never keep the others from being judged
                log.exception("lesson hour %s could not be judged; trying again", hour.id)
        return []

    def due(self) -> list[LessonHour]:
        """Lesson hours that can be judged now, oldest first."""
        plan = self._plans.current()
        if plan is None:
            return []
        now = self._clock.now()
        with self._work.read() as session:
            done = set(session.scalars(select(LessonRow.lesson_hour_id)))
            enrolled_ms = recall_int(session, Fact.ENROLLED_MS)
            due = [
                hour
                for hour in plan.hours()
                if hour.id not in done
                and hour.end_ms > enrolled_ms  # hours from before this box are another box's to report
                and now >= hour.lesson.end + timedelta(seconds=SETTLE_S)
                and (self._attendance_settled(hour))
                and (now >= hour.lesson.end + self._close_by or not _still_written(session, hour))
            ]
        return sorted(due, key=lambda hour: hour.start_ms)

    def judge_hour(self, hour: LessonHour) -> bool:
        """Build, judge, cut, write. False when it was already judged."""
        now = self._clock.now()
        with self._work.read() as session:
            box_id = recall(session, Fact.BOX_ID) or ""
            evidence = build(
                session, hour, now_ms=epoch_ms(now), box_id=box_id, version=self._version, voucher=self._voucher
            )
        verdict = judge(evidence, hour.profile)
        clips = self._cut_clips(hour, verdict)
        with self._work.read() as session:
            parts = hour.profile.visible.moments
            moments = moments_of(session, hour.start_ms, evidence.cameras, verdict.window, parts)
        entry = VerdictEntry(
            at=epoch_ms(now),
            lesson_hour_id=hour.lesson.lesson_hour_id,
            evidence=evidence_json(evidence),
            verdict=verdict_json(verdict),
            clips=tuple(clips),
            moments=moments,
        )
        with self._work.write() as session:
            if session.get(LessonRow, hour.id) is not None:
                return False
            for clip in clips:
                session.merge(
                    ClipRow(
                        sha256=clip.sha256,
                        lesson_hour_id=hour.id,
                        camera_id=str(clip.camera_id),
                        path=f"{clip.sha256}.mp4",
                        bytes=clip.bytes,
                    )
                )
            index = evidence_log.append(session, entry.model_dump(mode="json"))
            session.add(
                LessonRow(
                    lesson_hour_id=hour.id,
                    start_ms=hour.start_ms,
                    end_ms=hour.end_ms,
                    raw_days=hour.profile.retention.raw_days,
                    log_idx=index,
                )
            )
            cameras = [str(camera.camera_id) for camera in hour.cameras]
            forget_sightings(session, cameras, hour.start_ms, hour.end_ms)
            roll.forget(session, hour.id)
        log.info(
            "lesson hour %s judged: %s %s, clips %d", hour.id, verdict.state.value,
            ",".join(reason.value for reason in verdict.reasons) or "-", len(clips),
        )  # fmt: skip
        return True

    def _attendance_settled(self, hour: LessonHour) -> bool:
        if hour.attendance_known or hour.lesson.exempt is not None or not hour.named:
            return True
        return self._clock.now() >= hour.lesson.end + timedelta(hours=hour.profile.offline.grace_hours)

    def _cut_clips(self, hour: LessonHour, verdict: LessonVerdict) -> list[ClipManifest]:
        if verdict.clip_start_ms is None or verdict.clip_end_ms is None:
            return []  # no window exists; the verdict says why
        start_ms, end_ms = hour.start_ms + verdict.clip_start_ms, hour.start_ms + verdict.clip_end_ms
        clips = []
        for camera in hour.cameras:
            try:
                clip = self._cut_one(hour, str(camera.camera_id), start_ms, end_ms)
            except (LessonProofError, OSError) as error:
                failures = self._cut_failures[hour.id] = self._cut_failures.get(hour.id, 0) + 1
                if failures < CUT_TRIES:
                    raise
                log.error(
                    "ALARM lesson hour %s: the clip of camera %s could not be cut, the verdict goes without it: %s",
                    hour.id, camera.camera_id, error,
                )  # fmt: skip
                continue
            if clip is not None:
                clips.append(clip)
        return clips

    def _cut_one(self, hour: LessonHour, camera_id: str, start_ms: int, end_ms: int) -> ClipManifest | None:
        reach_ms = max(0, _LONGEST_GOP_MS - (start_ms - hour.start_ms))
        with self._work.read() as session:
            segments = segments_between(session, camera_id, start_ms, min(end_ms + reach_ms, hour.end_ms))
        if not segments:
            return None
        files = [self._paths.recordings / segment.path for segment in segments]
        self._paths.clips.mkdir(parents=True, exist_ok=True)
        result = cut(files, start_ms, end_ms, self._paths.clips, within=Within(hour.start_ms, hour.end_ms))
        return ClipManifest(
            lesson_hour_id=hour.lesson.lesson_hour_id,
            camera_id=camera_id,
            sha256=result.sha256,
            bytes=result.bytes,
            start_ms=result.start_ms,
            end_ms=result.end_ms,
            media_ms=result.media_ms,
            codec=result.codec,
            width=result.width,
            height=result.height,
        )


def _still_written(session: Session, hour: LessonHour) -> bool:
    cameras = [str(camera.camera_id) for camera in hour.cameras]
    open_segment = select(Segment.id).where(
        Segment.camera_id.in_(cameras), Segment.closed.is_(False), Segment.start_ms < hour.end_ms
    )
    return bool(session.scalar(select(exists(open_segment))))
