"""The box at work: recorder, counting, lesson watch and uplink, each on its own, held together by one small loop.

The recorder is a process of its own and is kept alive here; counting, judging and the uplink are threads. None waits
for another: recording goes on without counting, judging without the centre, the uplink without any of them.
"""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID, uuid4

from config.clock import Clock, epoch_ms
from config.errors import LessonProofError
from config.settings import CameraSettings, EdgeSettings
from edge_agent import metrics
from edge_agent.capture.messages import CameraWish, RecorderConfig
from edge_agent.capture.process import RecorderProcess
from edge_agent.capture.timekeeping import Timekeeper
from edge_agent.disk.keeper import DiskKeeper
from edge_agent.identity.daily import DailyPurge
from edge_agent.identity.engine import open_engine
from edge_agent.identity.recogniser import Recogniser
from edge_agent.identity.sealing import told_key
from edge_agent.identity.selfies import open_desk
from edge_agent.identity.templates import TemplateStore
from edge_agent.identity.withdrawn import Withdrawn
from edge_agent.lessons.plan import PlanStore
from edge_agent.lessons.progress import Standing, standings, wishes
from edge_agent.lessons.timetable import recording_now, recordings, running, together
from edge_agent.lessons.watch import LessonWatch
from edge_agent.live.line import LiveLine
from edge_agent.live.source import LiveCameras
from edge_agent.notify import ALIVE, READY, STOPPING, notify
from edge_agent.opening import OpenBox, RunLock, open_box
from edge_agent.panel import serving as panel
from edge_agent.panel.codes import Ask
from edge_agent.panel.now import Now
from edge_agent.replay.watch import ReplayWatch
from edge_agent.report import CameraReports, disk_report
from edge_agent.spans.cutter import SpanCutter
from edge_agent.uplink.checkpoints import Checkpoints
from edge_agent.uplink.client import CentreClient
from edge_agent.uplink.enrolment import Enrolment, own_enrolment
from edge_agent.uplink.exchange import Uplink
from edge_agent.uplink.rotation import Rotation
from edge_agent.version import VERSION
from edge_agent.vision.eyes import Eyes
from edge_agent.vision.sampler import Sampler
from storage.database.engine import UnitOfWork
from storage.evidence import log as evidence_log
from storage.evidence.checkpoint import box_origin
from storage.evidence.keyfile import load
from storage.evidence.note import Signer
from supervisor.contract.log import BootEntry
from supervisor.contract.rotating_code import RotatingCodeOut
from supervisor.contract.state import BoxState
from supervisor.rules.evidence import ClockVoucher

log = logging.getLogger(__name__)

TICK_S = 0.5
LESSONS_S = 2.0  # between two looks at the running and the ended lesson hours
HOUSE_S = 1.0  # between two looks at the clock and the disk
HOUSE_RETRY_S = 10.0
COUNTER_RETRY_S = 30.0
STOP_S = 3.0  # all together
STOP_THREAD_S = 0.7


@dataclass(frozen=True, slots=True)
class _Parts:
    """What runs while the agent runs."""

    box: OpenBox
    enrolment: Enrolment
    plans: PlanStore
    recorder: RecorderProcess
    watch: LessonWatch
    uplink: Uplink
    checkpoints: Checkpoints
    keeper: DiskKeeper
    spans: SpanCutter
    timekeeper: Timekeeper
    replays: ReplayWatch
    live: LiveLine


class Agent:
    def __init__(self, settings: EdgeSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._voucher = ClockVoucher(settings.clock_trust)
        self._addresses: dict[str, CameraSettings] = {camera.code: camera for camera in settings.cameras}
        self._reports = CameraReports(self._addresses, clock)
        self._told: tuple[CameraWish, ...] | None = None
        self._standings: list[Standing] = []
        self._sampler: Sampler | None = None
        self._counter_due_s = 0.0  # monotonic

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set; then everything ends within 5 s.

        Raises LessonProofError NOT_ENROLLED, ALREADY_RUNNING, KEY_UNREADABLE, DATA_FOLDER before anything is started.
        """
        box = open_box(self._settings)
        with RunLock(box.paths.data_dir):
            enrolment = own_enrolment(box.work)
            key = load(box.paths.key)
            note_boot(box.work, self._clock)
            plans = PlanStore(box.work)
            url = str(self._settings.centre_url or enrolment.centre_url)
            checkpoints = Checkpoints(box.work, Signer(box_origin(enrolment.box_id), key), self._clock)
            with CentreClient.for_box(url, key, enrolment.box_id, self._clock) as client:
                keeper = DiskKeeper(box.work, plans, box.paths, self._settings, self._clock)
                parts = _Parts(
                    box=box,
                    enrolment=enrolment,
                    plans=plans,
                    recorder=RecorderProcess(RecorderConfig.of(self._settings), self._clock),
                    watch=LessonWatch(
                        box.work,
                        plans,
                        box.paths,
                        self._clock,
                        segment_s=self._settings.segment_s,
                        version=VERSION,
                        voucher=self._voucher,
                    ),
                    uplink=Uplink(
                        box.work,
                        plans,
                        client,
                        box.paths,
                        checkpoints,
                        Rotation(box.work, box.paths, client, checkpoints, self._clock, enrolment.box_id),
                        self._clock,
                        self._settings.poll_s,
                        self._settings.direct_upload,
                    ),
                    checkpoints=checkpoints,
                    keeper=keeper,
                    spans=SpanCutter(box.work, plans, box.paths, self._clock, keeper.short),
                    timekeeper=Timekeeper(box.work, self._clock, self._voucher),
                    replays=ReplayWatch(
                        box.work,
                        plans,
                        box.paths,
                        self._clock,
                        lead_s=self._settings.lead_s,
                        keep_days=self._settings.replay_days,
                    ),
                    live=self._live_line(url, box, plans, enrolment.box_id),
                )
                panel_port = self._settings.panel_port
                with (
                    metrics.serving(self._settings.metrics_port, self._collector(parts)),
                    panel.serving(
                        panel_port,
                        box,
                        plans,
                        self._settings,
                        self._clock,
                        self._panel_source(parts),
                        self._asking(parts),
                    ),
                ):
                    self._work(parts, stop)

    def _live_line(self, url: str, box: OpenBox, plans: PlanStore, box_id: str) -> LiveLine:
        cameras = LiveCameras(self._settings, plans, self._clock)
        recordings = box.paths.recordings
        return LiveLine(
            url, box_id, lambda: load(box.paths.key), self._clock, recordings, cameras.camera, cameras.recording
        )

    def _work(self, parts: _Parts, stop: threading.Event) -> None:
        threads = [
            threading.Thread(target=self._mind_lessons, args=(parts, stop), name="lessons", daemon=True),
            threading.Thread(target=self._keep_house, args=(parts, stop), name="house", daemon=True),
            threading.Thread(
                target=parts.uplink.run, args=(stop, self._state_source(parts)), name="uplink", daemon=True
            ),
            threading.Thread(target=parts.live.run, args=(stop,), name="live", daemon=True),
            threading.Thread(target=parts.spans.run, args=(stop,), name="spans", daemon=True),
        ]
        if self._settings.selfies:
            desk = open_desk(self._settings, parts.box, parts.plans, self._connecting(parts), self._clock)
            threads.append(threading.Thread(target=desk.run, args=(stop,), name="selfies", daemon=True))
        if self._settings.replay_days:
            threads.append(threading.Thread(target=parts.replays.run, args=(stop,), name="replays", daemon=True))
        log.info("box %s at %s, %d cameras configured", parts.enrolment.box_id, parts.uplink.url, len(self._addresses))
        parts.recorder.start()
        try:
            for thread in threads:
                thread.start()
            notify(READY)
            while not stop.is_set():
                self._tick(parts)
                notify(ALIVE)
                stop.wait(TICK_S)
        finally:
            stop.set()
            notify(STOPPING)
            log.info("stopping")
            # A camera that does not let go must not hold us: the recorder has been told, and ends by itself.
            closing = threading.Thread(target=parts.recorder.stop, name="closing", daemon=True)
            closing.start()
            until = self._clock.monotonic() + STOP_S
            if self._sampler is not None:
                self._sampler.stop(STOP_THREAD_S)
            for thread in (*threads, closing):
                thread.join(max(STOP_THREAD_S / 10, until - self._clock.monotonic()))

    def _tick(self, parts: _Parts) -> None:
        try:
            desired = self._desired(parts.plans)
            if desired != self._told:
                parts.recorder.set_desired(desired)  # which tells them again after a restart of the recorder
                self._told = desired
            self._count(parts.box)
        except Exception:  # the loop that keeps the recorder told must outlive every surprise
            log.exception("a turn of the main loop failed")

    def _desired(self, plans: PlanStore) -> tuple[CameraWish, ...]:
        """Cameras that should record now and have an address here."""
        plan = plans.current()
        if plan is None:
            return ()
        until = recording_now(recordings(plan.hours(), self._settings.lead_s), self._clock.now())
        wanted = []
        for camera in plan.state.cameras:
            address, ends = self._addresses.get(camera.code), until.get(str(camera.camera_id))
            if address is not None and ends is not None:
                wanted.append(
                    CameraWish(
                        camera_id=str(camera.camera_id),
                        url=address.url,
                        transport="udp" if address.transport == "udp" else "tcp",
                        until_ms=epoch_ms(ends),
                        room=str(camera.room_id),
                    )
                )
        return tuple(wanted)

    def _count(self, box: OpenBox) -> None:
        """Start counting as soon as the models are there. Recording never waits for it."""
        if self._sampler is not None or self._clock.monotonic() < self._counter_due_s:
            return
        from edge_agent.vision.picodet import PicoDetPersons
        from edge_agent.vision.yunet import YuNetCounter

        self._counter_due_s = self._clock.monotonic() + COUNTER_RETRY_S  # whatever goes wrong from here on
        try:
            counter = YuNetCounter(self._settings.models_dir)
        except LessonProofError as error:
            log.error("ALARM nobody is counted: %s", error)
            return
        try:
            persons: PicoDetPersons | None = PicoDetPersons(self._settings.models_dir)
        except LessonProofError as error:
            persons = None
            log.error("ALARM people whose face is not seen are not counted: %s", error)
        self._sampler = Sampler(
            recordings=box.paths.recordings,
            eyes=Eyes(counter, persons),
            unit_of_work=box.work,
            wanted=lambda: wishes(self._standings),
            clock=self._clock,
            recogniser=self._recogniser(),
        )
        self._sampler.start()

    def _recogniser(self) -> Recogniser | None:
        """None unless the settings turn identity on; without its models people are counted all the same."""
        if not self._settings.identity:
            return None
        try:
            return Recogniser(open_engine(self._settings), TemplateStore(self._settings.data_dir))
        except Exception:  # people are counted all the same
            log.exception("ALARM nobody is recognised")
            return None

    def _mind_lessons(self, parts: _Parts, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                plan = parts.plans.current()
                now_running = [] if plan is None else running(plan.hours(), self._clock.now())
                self._standings = standings(
                    parts.box.work,
                    now_running,
                    self._clock,
                    box_id=parts.enrolment.box_id,
                    version=VERSION,
                    voucher=self._voucher,
                )
                parts.watch.tick()
            except Exception:  # a lesson hour that cannot be judged now is judged later
                log.exception("minding the lessons failed")
            stop.wait(LESSONS_S)

    def _keep_house(self, parts: _Parts, stop: threading.Event) -> None:
        """Clock, disk, and the signature over the log; none of it holds up anything else."""
        kept: dict[str, Callable[[], object]] = {
            "clock": parts.timekeeper.tick,
            "disk": parts.keeper.tick,
            "log": parts.checkpoints.tick,
            "personal data": DailyPurge(self._settings.data_dir, parts.box.work, self._clock).tick,
            "withdrawals": Withdrawn(self._settings.data_dir, parts.plans).tick,
        }
        while not stop.is_set():
            wait_s = HOUSE_S
            for what, tick in kept.items():
                try:
                    tick()
                except Exception:  # a full disk or a locked database: a later turn tries again
                    log.exception("keeping the %s failed", what)
                    wait_s = HOUSE_RETRY_S
            stop.wait(wait_s)

    def _state_source(self, parts: _Parts) -> Callable[[int, int], BoxState]:
        def state(backlog_entries: int, backlog_clips: int) -> BoxState:
            plan, now = parts.plans.current(), self._clock.now()
            stretches = [] if plan is None else recordings(plan.hours(), self._settings.lead_s)
            sampled = {} if self._sampler is None else {one.camera_id: one for one in self._sampler.status()}
            return BoxState(
                at=now,
                version=VERSION,
                cameras=self._reports.of(
                    () if plan is None else plan.state.cameras,
                    parts.recorder.status(),
                    sampled,
                    recording_now(stretches, now),
                ),
                lessons=tuple(standing.progress for standing in self._standings),
                disk=disk_report(parts.box.paths.data_dir, self._settings, together(stretches, now)),
                backlog_entries=backlog_entries,
                backlog_clips=backlog_clips,
                sealing_key=told_key(self._settings, parts.box.paths.sealing, self._clock),
            )

        return state

    def _panel_source(self, parts: _Parts) -> Callable[[], Now]:
        state = self._state_source(parts)
        return lambda: Now(
            state(parts.uplink.outbox.backlog(), parts.uplink.upload.backlog()),
            frozenset(one.hour.id for one in self._standings if one.satisfied),
        )

    def _connecting(self, parts: _Parts) -> Callable[[], CentreClient]:
        """A connection of its own each time: the uplink's is not for two threads, and the key may change."""

        def connect() -> CentreClient:
            key, box_id = load(parts.box.paths.key), parts.enrolment.box_id
            return CentreClient.for_box(parts.uplink.url, key, box_id, self._clock)

        return connect

    def _asking(self, parts: _Parts) -> Ask:
        connect = self._connecting(parts)

        def ask(session_id: UUID) -> RotatingCodeOut:
            with connect() as client:
                return client.rotating_code(session_id)

        return ask

    def _collector(self, parts: _Parts) -> metrics.BoxCollector:
        state = self._state_source(parts)
        return metrics.BoxCollector(
            parts.box.work,
            parts.plans,
            self._clock,
            state=lambda: state(parts.uplink.outbox.backlog(), parts.uplink.upload.backlog()),
            sampling=lambda: [] if self._sampler is None else self._sampler.status(),
            restarts=lambda: parts.recorder.restarts,
            replays_waiting=parts.replays.waiting,
        )


def note_boot(work: UnitOfWork, clock: Clock) -> str:
    """The log's entry of this start; its boot id."""
    boot = BootEntry(at=epoch_ms(clock.now()), boot_id=str(uuid4()), version=VERSION, hostname=socket.gethostname())
    with work.write() as session:
        evidence_log.append(session, boot.model_dump(mode="json"))
    return boot.boot_id
