"""The sampler on real recordings: pictures of real faces, encoded, written by the recorder's own writer, read back from
disk, and counted by the real detector. Time is a ManualClock, except where a thread runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from sqlalchemy import select

from config.clock import Clock, SystemClock, epoch_ms
from config.profile import load_profile
from device_adapters.interfaces import StreamInfo, VideoPacket
from edge_agent.capture.ledger import Ledger
from edge_agent.capture.writer import ConnectionWriter
from edge_agent.vision.counter import Image
from edge_agent.vision.eyes import Eyes
from edge_agent.vision.sampler import CameraSampling, Sampler, SamplingWish
from edge_agent.vision.view import CameraView, keep_view
from edge_agent.vision.yunet import YuNetCounter
from storage.evidence.tables import CounterRow, SampleRow, SightingRow, WatcherRow
from supervisor.contract.zones import CameraZones
from supervisor.rules.evidence import GapReason
from tests.support.box import Box, new_box
from tests.support.fixtures_models import SOLVAY_FACES, solvay_path, yunet_path

FPS = 2
TICKS = 90_000 // FPS


@pytest.fixture(scope="module")
def counter() -> YuNetCounter:
    return YuNetCounter(yunet_path().parent)


@pytest.fixture(scope="module")
def full_room() -> Image:
    return cv2.resize(cv2.imread(str(solvay_path())), (1200, 868), interpolation=cv2.INTER_AREA)


@pytest.fixture(scope="module")
def empty_room(full_room: Image) -> Image:
    return np.full_like(full_room, 128)


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return new_box(tmp_path)


class Recording:
    """A camera with two pictures a second, each other one a key frame, recorded as the box records."""

    def __init__(self, box: Box, camera_id: str, scene: Image, clock: Clock) -> None:
        height, width = scene.shape[:2]
        self._clock = clock
        self._encoder = av.CodecContext.create("libx264", "w")
        self._encoder.width, self._encoder.height, self._encoder.pix_fmt = width, height, "yuv420p"
        self._encoder.time_base = Fraction(1, 90_000)
        self._encoder.options = {"g": "2", "tune": "zerolatency", "preset": "ultrafast", "sc_threshold": "0"}
        info = StreamInfo("h264", width, height, b"", (1, 90_000))
        ledger = Ledger(box.work, box.paths.recordings, "boot", clock)  # not started: only the files matter here
        folder = box.paths.recordings / camera_id
        self._writer = ConnectionWriter(camera_id, info, folder, ledger, clock, segment_s=4)
        self._number = 0

    def goes_on(self, scene: Image, seconds: int, *, sleep: Callable[[float], None] | None = None) -> None:
        for _ in range(seconds * FPS):
            frame = av.VideoFrame.from_ndarray(scene, format="bgr24")
            frame.pts = self._number * TICKS
            for packet in self._encoder.encode(frame):
                self._writer.feed(
                    VideoPacket(
                        bytes(packet), packet.pts, packet.dts, packet.is_keyframe, self._clock.monotonic(), None
                    )
                )
            self._number += 1
            (sleep or self._clock.sleep)(1 / FPS)

    def ends(self) -> None:
        self._writer.end(GapReason.NOT_RECORDED)


def sampler_of(box: Box, counter: YuNetCounter, *wishes: SamplingWish, clock: Clock | None = None) -> Sampler:
    return Sampler(
        recordings=box.paths.recordings, eyes=Eyes(counter), unit_of_work=box.work, wanted=lambda: wishes,
        clock=clock or box.clock,
    )  # fmt: skip


def settle(sampler: Sampler, turns: int = 20) -> None:
    """Let it do all that is due now."""
    for _ in range(turns):
        if sampler.turn() > 0:
            return


def samples(box: Box, camera_id: str) -> list[tuple[int, int]]:
    """(seconds since the box was set up, people), in order."""
    zero = epoch_ms(box.clock.now()) - round(box.clock.monotonic() * 1000)
    query = select(SampleRow).where(SampleRow.camera_id == camera_id).order_by(SampleRow.at_ms)
    with box.work.read() as session:
        return [(round((row.at_ms - zero) / 1000), row.people) for row in session.scalars(query)]


def test_people_are_counted_as_they_come_and_go_and_who_counted_is_kept(
    box: Box, counter: YuNetCounter, full_room: Image, empty_room: Image
) -> None:
    recording = Recording(box, "a", full_room, box.clock)
    sampler = sampler_of(box, counter, SamplingWish("a", every_s=2))
    for second in range(12):
        recording.goes_on(full_room if second < 6 else empty_room, 1)
        settle(sampler)
    found = samples(box, "a")
    assert [at for at, _ in found] == [0, 2, 4, 6, 8, 10]
    assert [people for _, people in found] == [SOLVAY_FACES] * 3 + [0] * 3
    with box.work.read() as session:
        (row,) = session.scalars(select(CounterRow)).all()
    kept, used = (row.name, row.model_sha256, row.engine, row.threshold), counter.counter
    assert kept == (used.name, used.model_sha256, used.engine, used.threshold)
    (state,) = sampler.status()
    assert state.camera_id == "a"
    assert state.achieved_every_s == pytest.approx(2, abs=0.1)
    assert (state.people, state.fault) == (0, None)


def test_where_the_rules_ask_for_places_both_counts_are_kept_with_who_counted_and_where(
    box: Box, counter: YuNetCounter, full_room: Image, empty_room: Image
) -> None:
    rules = load_profile("000000-demo.2").vision
    recording = Recording(box, "a", full_room, box.clock)
    zones = CameraZones(masks=(((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)),))
    with box.work.write() as session:
        keep_view(session, "a", CameraView(zones), at_ms=0)
    sampler = sampler_of(box, counter, SamplingWish("a", every_s=2, rules=rules))
    for second in range(12):
        recording.goes_on(full_room if second < 8 else empty_room, 1)
        settle(sampler)
    with box.work.read() as session:
        rows = session.scalars(select(SampleRow).order_by(SampleRow.at_ms)).all()
        sightings = session.scalars(select(SightingRow).order_by(SightingRow.at_ms)).all()
        (watcher,) = session.scalars(select(WatcherRow)).all()
    half = rows[0].people
    assert 0 < half < SOLVAY_FACES
    assert [row.people for row in rows] == [half] * 4 + [0] * 2
    assert [row.seated for row in rows] == [0] + [half] * 5  # held a while where nobody is seen any more
    assert rows[4].confidence is not None
    assert 0 < rows[4].confidence < rows[3].confidence == 1
    assert json.loads(watcher.body)["zones_sha256"] == zones.digest()
    assert [len(json.loads(row.people)) for row in sightings] == [half] * 6
    assert {one["how"] for one in json.loads(sightings[-1].people)} == {"held"}
    assert rows[-1].conditions is not None
    assert "covered" in rows[-1].conditions
    assert rows[0].conditions == ""
    (state,) = sampler.status()
    assert state.people == half


def test_a_late_sampler_takes_the_newest_picture_not_the_backlog(
    box: Box, counter: YuNetCounter, full_room: Image
) -> None:
    recording = Recording(box, "a", full_room, box.clock)
    sampler = sampler_of(box, counter, SamplingWish("a", every_s=2))
    for _ in range(3):
        recording.goes_on(full_room, 9)
        settle(sampler)
    assert [at for at, _ in samples(box, "a")] == [8, 17, 26]
    (state,) = sampler.status()
    assert state.achieved_every_s == pytest.approx(9, abs=0.1)
    assert state.every_s == 2


def test_a_camera_that_cannot_be_counted_is_named_and_the_others_go_on(
    box: Box, counter: YuNetCounter, full_room: Image
) -> None:
    tiny = np.zeros((16, 16, 3), np.uint8)
    good, bad = Recording(box, "good", full_room, box.clock), Recording(box, "bad", tiny, box.clock)
    sampler = sampler_of(box, counter, *(SamplingWish(name, every_s=1) for name in ("bad", "good", "absent")))
    for _ in range(3):
        recorded = box.clock.monotonic()
        good.goes_on(full_room, 1)
        bad.goes_on(tiny, 1, sleep=lambda _: None)
        assert box.clock.monotonic() - recorded == 1
        settle(sampler)
    states = {state.camera_id: state for state in sampler.status()}
    assert states["bad"].fault == "PICTURE_UNUSABLE"
    assert (states["good"].fault, states["good"].people) == (None, SOLVAY_FACES)
    assert states["absent"] == CameraSampling("absent", 1, None, None, None, None)
    assert len(samples(box, "good")) == 3
    assert samples(box, "bad") == samples(box, "absent") == []


def test_a_restart_counts_no_picture_twice(box: Box, counter: YuNetCounter, full_room: Image) -> None:
    recording = Recording(box, "a", full_room, box.clock)
    recording.goes_on(full_room, 2)
    for _ in range(2):
        settle(sampler_of(box, counter, SamplingWish("a", every_s=1)))
    assert [at for at, _ in samples(box, "a")] == [1]


def test_a_finished_recording_is_read_as_well_as_a_growing_one(
    box: Box, counter: YuNetCounter, full_room: Image
) -> None:
    recording = Recording(box, "a", full_room, box.clock)
    recording.goes_on(full_room, 2)
    recording.ends()
    settle(sampler_of(box, counter, SamplingWish("a", every_s=1)))
    assert samples(box, "a") == [(1, SOLVAY_FACES)]


def test_sampling_goes_on_when_the_wall_clock_is_set_back(box: Box, counter: YuNetCounter, full_room: Image) -> None:
    recording = Recording(box, "a", full_room, box.clock)
    sampler = sampler_of(box, counter, SamplingWish("a", every_s=1))
    recording.goes_on(full_room, 2)
    settle(sampler)
    box.clock.step(-3600)
    for _ in range(5):
        recording.goes_on(full_room, 1)
        settle(sampler)
    with box.work.read() as session:
        times = session.scalars(select(SampleRow.at_ms).order_by(SampleRow.at_ms)).all()
    now_ms = epoch_ms(box.clock.now())
    assert [round((time - now_ms) / 1000) for time in times] == [-4, -3, -2, -1, 3594]
    assert sampler.status()[0].fault is None


def test_only_cameras_wanted_now_are_sampled(box: Box, counter: YuNetCounter, full_room: Image) -> None:
    recordings = {name: Recording(box, name, full_room, box.clock) for name in ("a", "b")}
    wishes = [SamplingWish("a", 1)]
    sampler = Sampler(
        recordings=box.paths.recordings,
        eyes=Eyes(counter),
        unit_of_work=box.work,
        wanted=lambda: wishes,
        clock=box.clock,
    )
    assert sampler.turn() >= 0
    for wishes[:] in ([SamplingWish("a", 1)], [SamplingWish("b", 1)], []):
        recordings["a"].goes_on(full_room, 1)
        recordings["b"].goes_on(full_room, 1, sleep=lambda _: None)
        settle(sampler)
        assert [state.camera_id for state in sampler.status()] == [wish.camera_id for wish in wishes]
    assert len(samples(box, "a")) == len(samples(box, "b")) == 1


def test_not_knowing_what_is_wanted_is_no_end(
    box: Box, counter: YuNetCounter, full_room: Image, caplog: pytest.LogCaptureFixture
) -> None:
    answers = [RuntimeError("the plan cannot be read"), [SamplingWish("a", 1)]]

    def wanted() -> list[SamplingWish]:
        answer = answers[0] if len(answers) == 1 else answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    Recording(box, "a", full_room, box.clock).goes_on(full_room, 2)
    sampler = Sampler(
        recordings=box.paths.recordings, eyes=Eyes(counter), unit_of_work=box.work, wanted=wanted, clock=box.clock
    )
    assert sampler.turn() > 0
    assert "which cameras" in caplog.text
    settle(sampler)
    assert samples(box, "a") == [(1, SOLVAY_FACES)]


def test_it_works_in_its_own_thread_and_ends_when_asked(box: Box, counter: YuNetCounter, full_room: Image) -> None:
    clock = SystemClock()
    recording = Recording(box, "a", full_room, clock)
    sampler = sampler_of(box, counter, SamplingWish("a", every_s=1), clock=clock)
    sampler.start()
    try:
        recording.goes_on(full_room, 3)
        deadline = clock.monotonic() + 20
        while not sampler.status()[0].people and clock.monotonic() < deadline:
            clock.sleep(0.1)
        assert sampler.status()[0].people == SOLVAY_FACES
    finally:
        asked = clock.monotonic()
        assert sampler.stop(timeout_s=10)
    assert clock.monotonic() - asked < 10
    assert sampler.stop()
