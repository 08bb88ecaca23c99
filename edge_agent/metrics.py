"""`/metrics` for Prometheus, on the loopback address only: what the box knows of itself, asked for at each scrape.

A taken port is a warning and no reason to stop recording.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select

from config.clock import Clock, epoch_ms
from edge_agent.capture.timekeeping import ClockState, kernel_clock
from edge_agent.lessons.plan import PlanStore
from edge_agent.remembered import Fact, recall
from edge_agent.version import VERSION
from edge_agent.vision.sampler import CameraSampling
from storage.database.engine import UnitOfWork
from storage.evidence.tables import GapRow, Run
from supervisor.contract.state import BoxState, CameraStatus

log = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"


class BoxCollector(Collector):
    """`state`: what the box would tell the centre now. `sampling`, `restarts`: of counting and of the recorder.
    `replays_waiting`: lesson hours not looked at for replays yet."""

    def __init__(
        self,
        work: UnitOfWork,
        plans: PlanStore,
        clock: Clock,
        *,
        state: Callable[[], BoxState],
        sampling: Callable[[], Sequence[CameraSampling]],
        restarts: Callable[[], int],
        replays_waiting: Callable[[], int],
        read_clock: Callable[[], ClockState] = kernel_clock,
    ) -> None:
        self._work = work
        self._plans = plans
        self._clock = clock
        self._state = state
        self._sampling = sampling
        self._restarts = restarts
        self._replays_waiting = replays_waiting
        self._read_clock = read_clock

    def describe(self) -> Iterator[Metric]:
        """Nothing: registering must not ask the box yet."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        plan, state = self._plans.current(), self._state()
        codes = {} if plan is None else {str(camera.camera_id): camera.code for camera in plan.state.cameras}
        build = GaugeMetricFamily("lessonproof_box_info", "The version that runs.", labels=["version"])
        build.add_metric([VERSION], 1)
        yield build
        yield from self._cameras(state, codes)
        yield from self._counting(codes)
        yield self._gaps(codes)
        yield self._lost(codes)
        restarts = "Times the recorder process was started again."
        yield CounterMetricFamily("lessonproof_recorder_restarts", restarts, value=self._restarts())
        waiting = "Log entries the centre has not confirmed."
        yield GaugeMetricFamily("lessonproof_outbox_entries", waiting, value=state.backlog_entries)
        yield GaugeMetricFamily(
            "lessonproof_clips_waiting", "Clips the centre does not have.", value=state.backlog_clips
        )
        unseen = "Lesson hours not looked at for replays yet."
        yield GaugeMetricFamily("lessonproof_replay_hours_waiting", unseen, value=self._replays_waiting())
        yield from self._contact()
        free = "Bytes that may still be written to the data folder's disk."
        yield GaugeMetricFamily("lessonproof_disk_free_bytes", free, value=state.disk.free_bytes)
        yield GaugeMetricFamily("lessonproof_disk_total_bytes", "Size of that disk.", value=state.disk.total_bytes)
        admission = "1: the next recording fits; 0: it will be refused."
        yield GaugeMetricFamily("lessonproof_disk_admission", admission, value=state.disk.admission_ok)
        yield from self._time()

    def _cameras(self, state: BoxState, codes: dict[str, str]) -> Iterator[Metric]:
        now = self._clock.now()
        up = GaugeMetricFamily("lessonproof_camera_up", "1: pictures are being recorded.", labels=["camera", "status"])
        age = GaugeMetricFamily(
            "lessonproof_camera_last_picture_age_seconds", "Since the newest picture.", labels=["camera"]
        )
        recorded = GaugeMetricFamily(
            "lessonproof_camera_recorded_bytes", "Recorded since the recorder started.", labels=["camera"]
        )
        for camera in state.cameras:
            name = codes.get(str(camera.camera_id), str(camera.camera_id))
            up.add_metric([name, camera.status.value], camera.status is CameraStatus.RECORDING)
            recorded.add_metric([name], camera.bytes_recorded)
            if camera.last_picture_at is not None:
                age.add_metric([name], (now - camera.last_picture_at).total_seconds())
        yield from (up, age, recorded)

    def _counting(self, codes: dict[str, str]) -> Iterator[Metric]:
        now_ms = epoch_ms(self._clock.now())
        people = GaugeMetricFamily("lessonproof_people", "In the newest picture counted.", labels=["camera"])
        age = GaugeMetricFamily("lessonproof_people_age_seconds", "Since that picture.", labels=["camera"])
        rate = GaugeMetricFamily(
            "lessonproof_sampling_interval_seconds", "Between counted pictures, as achieved.", labels=["camera"]
        )
        for one in self._sampling():
            name = [codes.get(one.camera_id, one.camera_id)]
            if one.people is not None:
                people.add_metric(name, one.people)
            if one.newest_ms is not None:
                age.add_metric(name, (now_ms - one.newest_ms) / 1000)
            if one.achieved_every_s is not None:
                rate.add_metric(name, one.achieved_every_s)
        yield from (people, age, rate)

    def _gaps(self, codes: dict[str, str]) -> Metric:
        """Counted over the box's whole index; a gap that still lasts counts up to now."""
        now_ms = epoch_ms(self._clock.now())
        seconds: dict[tuple[str, str], float] = {}
        with self._work.read() as session:
            for gap in session.scalars(select(GapRow)):
                key = (codes.get(gap.camera_id, gap.camera_id), gap.reason)
                end_ms = now_ms if gap.end_ms is None else gap.end_ms
                seconds[key] = seconds.get(key, 0.0) + max(0, end_ms - gap.start_ms) / 1000
        family = CounterMetricFamily(
            "lessonproof_gap_seconds", "Time a camera should have recorded and did not.", labels=["camera", "reason"]
        )
        for key, value in sorted(seconds.items()):
            family.add_metric(list(key), value)
        return family

    def _lost(self, codes: dict[str, str]) -> Metric:
        """Counted over the box's whole index, as gaps are."""
        family = CounterMetricFamily(
            "lessonproof_lost_octets", "Sent by the camera, by its own reports, and not received.", labels=["camera"]
        )
        with self._work.read() as session:
            lost = select(Run.camera_id, func.sum(Run.octets_lost)).group_by(Run.camera_id)
            for camera_id, octets in session.execute(lost):
                if octets is not None:
                    family.add_metric([codes.get(camera_id, camera_id)], octets)
        return family

    def _contact(self) -> Iterator[Metric]:
        with self._work.read() as session:
            contact = recall(session, Fact.LAST_CONTACT_MS)
        if contact is not None:
            since_s = (epoch_ms(self._clock.now()) - int(contact)) / 1000
            yield GaugeMetricFamily("lessonproof_centre_silent_seconds", "Since the centre last answered.", since_s)

    def _time(self) -> Iterator[Metric]:
        kernel = self._read_clock()
        if kernel.synchronised is not None:
            synchronised = "1: the kernel calls the clock synchronised (NTP)."
            yield GaugeMetricFamily("lessonproof_clock_synchronised", synchronised, kernel.synchronised)
        if kernel.offset_us is not None:
            offset = "What NTP has still to correct."
            yield GaugeMetricFamily("lessonproof_clock_offset_seconds", offset, kernel.offset_us / 1e6)
        if kernel.uncertainty_ms is not None:
            error = "The largest possible error."
            yield GaugeMetricFamily("lessonproof_clock_uncertainty_seconds", error, kernel.uncertainty_ms / 1e3)


@contextmanager
def serving(port: int, collector: Collector) -> Iterator[int | None]:
    """Serve `collector` while the block runs; the port, or None: off (port 0) or not to be had."""
    if port == 0:
        yield None
        return
    registry = CollectorRegistry()
    registry.register(collector)
    try:
        server, _ = start_http_server(port, addr=LOOPBACK, registry=registry)
    except OSError as error:
        log.warning("no metrics: port %d of %s cannot be had (%s)", port, LOOPBACK, error.strerror)
        yield None
        return
    try:
        yield port
    finally:
        threading.Thread(target=_close, args=(server,), name="closing metrics", daemon=True).start()


def _close(server: WSGIServer) -> None:
    """Takes up to half a second, which nobody who is told to stop should wait for."""
    server.shutdown()
    server.server_close()
