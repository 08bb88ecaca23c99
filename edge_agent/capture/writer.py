"""One connection's packets become runs and segments on disk: the recorder's inner part, without network and without
threads."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from config.clock import Clock
from device_adapters.interfaces import StreamInfo, VideoPacket
from edge_agent.capture.annexb import begins_whole, nal_units
from edge_agent.capture.breaks import RunWatch, new_intervals
from edge_agent.capture.ledger import Ledger, RunFacts, SegmentFacts
from edge_agent.capture.loss import LossWatch
from edge_agent.capture.muxer import TIMESCALE, FragmentMuxer, MuxedPicture, to_ms
from edge_agent.capture.segment_file import SegmentFile
from edge_agent.capture.timekeeping import ClockState, kernel_clock
from supervisor.rules.evidence import GapReason

NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


@dataclass(slots=True)
class _Open:
    """The run being recorded, and the segment of it that is open."""

    facts: RunFacts
    watch: RunWatch
    muxer: FragmentMuxer
    media_ms: int = 0
    clock_offset_ms: int | None = None
    file: SegmentFile | None = None
    segment: SegmentFacts | None = None


class ConnectionWriter:
    """Feed it the packets of one connection. `folder`: the camera's recordings folder.

    A run begins at a key frame, is dated by the box's clock at that picture's arrival, and lasts while `RunWatch` finds
    nothing wrong. `feed` and `end` raise OSError when the disk does (and CameraFault NOT_VIDEO for an unreadable key
    frame); what is on disk is whole fragments even then.
    """

    def __init__(
        self,
        camera_id: str,
        info: StreamInfo,
        folder: Path,
        ledger: Ledger,
        clock: Clock,
        segment_s: float,
        read_clock: Callable[[], ClockState] = kernel_clock,
    ) -> None:
        self._camera_id = camera_id
        self._info = info
        self._folder = folder
        self._ledger = ledger
        self._clock = clock
        self._read_clock = read_clock
        self._segment_ticks = round(segment_s * TIMESCALE)
        self._loss = LossWatch(info.codec)
        self._lost_before = 0  # in the connection's earlier runs
        self._intervals = new_intervals()
        self._run: _Open | None = None
        self.bytes_written = 0
        self.last_picture_ms: int | None = None
        self.last_write_monotonic: float | None = None

    def feed(self, packet: VideoPacket) -> None:
        units = nal_units(packet.data)
        self._loss.picture(len(packet.data), units, packet.is_keyframe, packet.report)
        run = self._run
        if run is not None:
            reason = run.watch.broken_by(packet)
            if reason is None and packet.is_keyframe:
                reason = self._check_key(run, packet)
            if reason is not None:
                self.end(reason, whole=reason is not GapReason.FRAMES_LOST)
                run = None
        if run is None:
            if not packet.is_keyframe or not begins_whole(packet.data, self._info.codec):
                return
            run = self._begin(packet)
        picture = run.muxer.mux(packet, units)
        if picture is not None:
            self._write(run, picture)

    def _check_key(self, run: _Open, key: VideoPacket) -> GapReason | None:
        clock_state = self._read_clock()  # before the offset is read: a step in between ends the run
        wall_offset_s = self._wall_offset_s()
        if key.camera_ntp_us is not None:
            run.clock_offset_ms = round(key.camera_ntp_us / 1000 - (wall_offset_s + key.arrived_monotonic) * 1000)
        if run.watch.misdated(key, wall_offset_s):
            return GapReason.CLOCK_STEP
        run.facts.clock_state = run.facts.clock_state.or_better(clock_state)
        self._note_loss(run)
        return GapReason.STREAM_CHANGED if run.muxer.changes(key, self._info) else None

    def _note_loss(self, run: _Open) -> None:
        if self._loss.lost is not None:
            run.facts.octets_lost = self._loss.lost - self._lost_before

    def _wall_offset_s(self) -> float:
        return self._clock.now().timestamp() - self._clock.monotonic()

    def end(self, reason: GapReason, *, wanted: bool = True, whole: bool = True) -> int | None:
        """End the run, if there is one, and say when its media ended (wall, ms). `wanted`: the camera should still
        record, so a gap begins here. `whole`: so is the newest picture; else it is left out: where a stream breaks off,
        FFmpeg hands over what it has of a picture as if that were all of it."""
        run, self._run = self._run, None
        if run is None:
            return None
        self._note_loss(run)
        self._lost_before = self._loss.lost or 0
        try:
            picture = run.muxer.close()
            if picture is not None and whole:
                self._write(run, picture)
        finally:
            self._close_segment(run)
            end_ms = run.facts.start_ms + run.media_ms
            self._ledger.run_ended(run.facts, reason, gap_from_ms=end_ms if wanted else None)
        return end_ms

    def _begin(self, packet: VideoPacket) -> _Open:
        muxer = FragmentMuxer(self._info, packet)
        clock_state = self._read_clock()
        wall_offset_s = self._wall_offset_s()
        facts = RunFacts(
            camera_id=self._camera_id,
            start_ms=round((wall_offset_s + packet.arrived_monotonic) * 1000),
            codec=self._info.codec,
            width=muxer.width,
            height=muxer.height,
            clock_state=clock_state,
        )
        self._run = _Open(facts, RunWatch(packet, self._info.time_base, wall_offset_s, self._intervals), muxer)
        self._ledger.run_started(facts)
        return self._run

    def _write(self, run: _Open, picture: MuxedPicture) -> None:
        if picture.keyframe:
            if run.file is not None:
                run.file.sync()
                if picture.start - run.file.first_tick >= self._segment_ticks:
                    self._close_segment(run)
                else:
                    self._report(run)
            if run.file is None:
                run.file = SegmentFile(self._folder, run.facts.start_ms, picture, run.muxer.init)
                run.segment = SegmentFacts(run.facts, run.file.path, run.file.start_ms)
                self._ledger.segment_opened(run.segment)
        if run.file is None:
            return
        before = run.file.size
        run.file.write(picture)
        self.bytes_written += run.file.size - before
        run.media_ms = to_ms(picture.end)
        self.last_picture_ms = run.facts.start_ms + run.media_ms
        self.last_write_monotonic = self._clock.monotonic()

    def _report(self, run: _Open) -> None:
        if run.file is not None and run.segment is not None:
            self._ledger.progress(run.segment, run.media_ms, run.file.media_ms, run.file.size, run.clock_offset_ms)

    def _close_segment(self, run: _Open) -> None:
        if run.file is None or run.segment is None:
            return
        self._report(run)
        run.file.close()
        self._ledger.segment_closed(run.segment, run.media_ms, run.file.media_ms)
        run.file, run.segment = None, None
