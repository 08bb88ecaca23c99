"""One camera: connect, record, and come back, for as long as somebody wants it. One thread; nothing it meets ends
the others."""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Callable
from pathlib import Path

from config.clock import Clock, epoch_ms
from device_adapters.interfaces import Camera, CameraFault, CameraFaultKind
from edge_agent.capture.backoff import Backoff
from edge_agent.capture.ledger import Ledger
from edge_agent.capture.messages import CameraState
from edge_agent.capture.writer import NO_SPACE, ConnectionWriter
from supervisor.contract.state import CameraStatus
from supervisor.rules.evidence import GapReason

_LOG = logging.getLogger(__name__)
RECOVERED_AFTER_S = 5.0
KEYFRAME_LIMIT_S = 30.0
DISK_RETRY_S = 5.0
ALARM_AFTER_S = 8.0  # wanted, yet not a byte more: said within 10 s, whatever the reason

_FAULTS = {
    CameraFaultKind.UNREACHABLE: (CameraStatus.UNREACHABLE, GapReason.CAMERA_UNREACHABLE),
    CameraFaultKind.UNAUTHORIZED: (CameraStatus.UNAUTHORIZED, GapReason.CAMERA_REFUSED),
    CameraFaultKind.NOT_FOUND: (CameraStatus.NOT_FOUND, GapReason.CAMERA_REFUSED),
    CameraFaultKind.NOT_VIDEO: (CameraStatus.NOT_VIDEO, GapReason.CAMERA_REFUSED),
    CameraFaultKind.STALLED: (CameraStatus.STALLED, GapReason.CAMERA_STALLED),
    CameraFaultKind.ENDED: (CameraStatus.UNREACHABLE, GapReason.LINE_LOST),
    CameraFaultKind.FORBIDDEN: (CameraStatus.FORBIDDEN, GapReason.CAMERA_REFUSED),
}
_FOR_SOMEBODY = (CameraStatus.UNAUTHORIZED, CameraStatus.FORBIDDEN, CameraStatus.DISK_FULL)


class CameraSession:
    """`admitted`: may this camera begin to record now (disk)? `folder`: where its segments go."""

    def __init__(
        self,
        camera_id: str,
        camera: Camera,
        *,
        folder: Path,
        ledger: Ledger,
        clock: Clock,
        segment_s: float,
        stall_after_s: float,
        admitted: Callable[[], bool],
    ) -> None:
        self.camera_id = camera_id
        self._camera = camera
        self._folder = folder
        self._ledger = ledger
        self._clock = clock
        self._segment_s = segment_s
        self._stall_after_s = stall_after_s
        self._admitted = admitted
        self._wanted_from_ms = epoch_ms(clock.now())
        self._end_reason = GapReason.NOT_RECORDED
        self._stopping = threading.Event()
        self._backoff = Backoff()
        self._writer: ConnectionWriter | None = None
        self._bytes_before = 0
        self._last_picture_ms: int | None = None
        self._grown = clock.monotonic()  # when bytes were last seen to grow, or should have begun to
        self._gap_reason: GapReason | None = None  # of the gap that lasts
        self._status = (CameraStatus.CONNECTING, self._wanted_from_ms, "")
        self._thread = threading.Thread(target=self._run, name=f"camera {camera_id}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, *, still_wanted: bool = False) -> None:
        """Ask it to end; `join` waits. `still_wanted`: the box goes down, the lesson does not: the gap begins here."""
        self._end_reason = GapReason.BOX_RESTART if still_wanted else GapReason.NOT_RECORDED
        self._stopping.set()

    def join(self, limit_s: float) -> bool:
        self._thread.join(limit_s)
        return not self._thread.is_alive()

    def state(self) -> CameraState:
        """Observed: a camera whose file does not grow is not recording, whatever its thread believes."""
        (status, since_ms, detail), writer = self._status, self._writer
        written = writer.last_write_monotonic if writer is not None else None
        self._grown = max(self._grown, written or self._grown)
        silent_s = self._clock.monotonic() - self._grown
        limit_s = self._stall_after_s if status is CameraStatus.RECORDING else ALARM_AFTER_S
        if status in (CameraStatus.RECORDING, CameraStatus.CONNECTING) and silent_s > limit_s:
            since_ms = epoch_ms(self._clock.now()) - round(silent_s * 1000)
            status, detail = CameraStatus.STALLED, f"no picture for {silent_s:.0f} s"
        last = writer.last_picture_ms if writer is not None else None
        return CameraState(
            status=status,
            since_ms=since_ms,
            detail=detail[:300],
            last_picture_ms=last if last is not None else self._last_picture_ms,
            bytes=self._bytes_before + (writer.bytes_written if writer is not None else 0),
        )

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                wait_s = self._attempt()
            except Exception as error:  # noqa: BLE001 - one camera's surprise must not end the others; its gap tells
                wait_s = self._surprise(error)
            self._stopping.wait(wait_s)
        if self._end_reason is GapReason.NOT_RECORDED:
            self._ledger.gap_closed(self.camera_id, epoch_ms(self._clock.now()))

    def _attempt(self) -> float:
        """One connection, from its opening to its end; how long to wait before the next, s."""
        if not self._admitted():
            return self._disk_full("not enough free space for the recording")
        if self._status[0] is CameraStatus.RECORDING:
            self._set(CameraStatus.CONNECTING)
        try:
            stream = self._camera.open()
        except CameraFault as fault:
            return self._fault(fault)
        writer = ConnectionWriter(self.camera_id, stream.info, self._folder, self._ledger, self._clock, self._segment_s)
        self._writer = writer
        reason, opened = self._end_reason, self._clock.monotonic()
        wait_s, whole = 0.0, False
        try:
            for packet in stream.packets():
                if self._stopping.is_set():
                    break
                writer.feed(packet)
                if packet.is_keyframe or self._status[0] is not CameraStatus.RECORDING:
                    self._observe(writer, opened)
            whole = True
        except CameraFault as fault:
            reason, wait_s = _FAULTS[fault.kind][1], self._fault(fault)
        except OSError as error:
            reason, wait_s = GapReason.DISK, self._disk_error(error)
        except Exception as error:  # noqa: BLE001 - as above, and what is on disk is closed properly
            reason, wait_s = GapReason.LINE_LOST, self._surprise(error)
        finally:
            stopping = self._stopping.is_set()
            try:
                self._finish(writer, self._end_reason if stopping else reason, whole)
            finally:
                stream.close()
        return wait_s

    def _observe(self, writer: ConnectionWriter, opened: float) -> None:
        if writer.last_write_monotonic is None:
            if self._clock.monotonic() - opened > KEYFRAME_LIMIT_S:
                raise CameraFault(CameraFaultKind.NOT_VIDEO, f"no key frame within {KEYFRAME_LIMIT_S:g} s")
        elif self._status[0] is not CameraStatus.RECORDING:
            self._gap_reason = None
            self._set(CameraStatus.RECORDING)
        elif self._clock.monotonic() - opened > RECOVERED_AFTER_S:
            self._backoff.succeeded()

    def _finish(self, writer: ConnectionWriter, reason: GapReason, whole: bool) -> None:
        if self._recording():
            self._gap_reason = reason
        try:
            wanted = self._end_reason is not GapReason.NOT_RECORDED or not self._stopping.is_set()
            writer.end(reason, wanted=wanted, whole=whole)
        except OSError as error:
            self._disk_error(error)
        self._bytes_before += writer.bytes_written
        self._last_picture_ms = writer.last_picture_ms or self._last_picture_ms
        self._writer = None

    def _fault(self, fault: CameraFault) -> float:
        status, reason = _FAULTS[fault.kind]
        self._missing(status, reason)
        self._set(status, fault.detail)
        return self._backoff.wait_s(fault.kind, self._clock.monotonic())

    def _surprise(self, error: Exception) -> float:
        """Where, and of what type; never its text, which may hold an address with its password."""
        at = traceback.extract_tb(error.__traceback__)[-1]
        _LOG.error(
            "camera %s: %s in %s, line %s", self.camera_id, type(error).__name__, Path(at.filename).name, at.lineno
        )
        return self._fault(CameraFault(CameraFaultKind.NOT_VIDEO, "recording failed"))

    def _disk_error(self, error: OSError) -> float:
        detail = "the disk is full" if error.errno in NO_SPACE else f"the disk refuses: {error.strerror}"
        return self._disk_full(detail)

    def _disk_full(self, detail: str) -> float:
        self._missing(CameraStatus.DISK_FULL, GapReason.DISK)
        self._set(CameraStatus.DISK_FULL, detail)
        return DISK_RETRY_S

    def _missing(self, status: CameraStatus, reason: GapReason) -> None:
        """The gap that lasts keeps its first reason, until one is known that somebody must put right: a second gap
        begins there, so that a line that was lost does not hide a password that was changed."""
        if self._recording():
            return
        from_ms = self._wanted_from_ms
        if self._gap_reason not in (None, reason) and status in _FOR_SOMEBODY:
            from_ms = epoch_ms(self._clock.now())
            self._ledger.gap_closed(self.camera_id, from_ms)
            self._gap_reason = None
        self._gap_reason = self._gap_reason or reason
        self._ledger.gap_opened(self.camera_id, from_ms, reason)

    def _recording(self) -> bool:
        """A run is open, or was: its end opens the gap at the right moment."""
        return self._writer is not None and self._writer.last_picture_ms is not None

    def _set(self, status: CameraStatus, detail: str = "") -> None:
        since_ms = self._status[1] if status is self._status[0] else epoch_ms(self._clock.now())
        self._status = (status, since_ms, detail)
