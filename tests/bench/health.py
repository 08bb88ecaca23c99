"""Picture health: CPU time at 1080p against what the box does with a key frame anyway, and what is found and what not.

    python tests/bench/health.py          all
    python tests/bench/health.py time     the ratio alone

Time: decoding the key frame and counting people beside it, one thread, in turns, in the same run, the least of the
repeats. Read the ratio. Found: pictures of tests/support/health_scenes.py after H.264, by severity.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from edge_agent.vision.conditions import Condition
from edge_agent.vision.counter import Image
from edge_agent.vision.health import HealthCheck, HealthRules
from edge_agent.vision.reference import Reference, learn
from edge_agent.vision.yunet import YuNetCounter
from tests.bench.bench_people import frame_1080p
from tests.support import health_scenes
from tests.support.fixtures_models import yunet_path
from tests.support.health_scenes import LIGHT, Scene, behind_a_hand, blurred, crowded, key_frames, turned, with_clock

REPEATS = 10
HEALTHY_PICTURES = 4  # of each scene, in each light, at each bit rate
FAULTY_PICTURES = 4  # of each scene

FAULTS: dict[str, tuple[Condition, Callable[[Image], Image]]] = {
    "black": (Condition.BLACK, lambda picture: np.full_like(picture, 2)),
    "hand over all": (Condition.COVERED, lambda picture: behind_a_hand(0)),
    **{
        f"hand over {share:.0%}": (
            Condition.COVERED, lambda picture, share=share: behind_a_hand(0, share, picture)
        ) for share in (0.5, 0.7, 0.8, 0.9)
    },
    **{
        f"blurred, sigma {sigma} px of 1080p": (Condition.BLURRED, lambda picture, sigma=sigma: blurred(picture, sigma))
        for sigma in (1, 2, 3, 4, 6, 10)
    },
    **{
        f"shifted {share:.0%} of the width": (
            Condition.MOVED, lambda picture, share=share: turned(picture, right=share)
        ) for share in (0.01, 0.02, 0.03, 0.05, 0.1, 0.3)
    },
    **{
        f"turned {degrees}°": (Condition.MOVED, lambda picture, degrees=degrees: turned(picture, degrees=degrees))
        for degrees in (1, 2, 3, 5, 10)
    },
    "zoomed 10 %": (Condition.MOVED, lambda picture: turned(picture, zoom=1.1)),
    **{
        f"people hide {share:.0%} (not moved)": (
            Condition.MOVED, lambda picture, share=share: crowded(picture, share, int(picture[300, 300, 0]))
        ) for share in (0.3, 0.5, 0.65)
    },
    **{
        f"light x {by}": (
            Condition.OVEREXPOSED, lambda picture, by=by: np.clip(picture * np.float32(by), 0, 255).astype(np.uint8)
        ) for by in (1.5, 2.0, 2.6, 4.0)
    },
}  # fmt: skip


def references(scenes: dict[str, Scene]) -> dict[str, Reference]:
    seconds = (0, 7, 13, 22, 31, 45)
    return {name: learn(key_frames(with_clock(scene(s), s) for s in seconds)) for name, scene in scenes.items()}


def report_time() -> None:
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        frame = frame_1080p()
        encoder = av.CodecContext.create("libx264", "w")
        assert isinstance(encoder, av.VideoCodecContext)
        encoder.height, encoder.width, encoder.pix_fmt = *frame.shape[:2], "yuv420p"
        encoder.bit_rate, encoder.framerate = 1_000_000, 1
        encoder.options = {"preset": "superfast", "tune": "zerolatency"}
        packet = encoder.encode(av.VideoFrame.from_ndarray(frame, format="bgr24"))[0]
        counter = YuNetCounter(yunet_path().parent)
        noise = np.random.default_rng(0).integers(0, 3, frame.shape, dtype=np.uint8)
        check = HealthCheck(HealthRules(), learn([frame, cv2.add(frame, noise)] * 3))
        taken = iter(range(0, 10**9, 2000))

        def decode() -> None:
            decoder = av.CodecContext.create("h264", "r")
            decoder.thread_count = 1
            shown = [*decoder.decode(packet), *decoder.decode(None)]
            shown[0].to_ndarray(format="bgr24")

        work: dict[str, Callable[[], object]] = {
            "health": lambda: check.look(next(taken), frame),
            "decode": decode,
            "people": lambda: counter.count(frame),
        }
        least = dict.fromkeys(work, float("inf"))
        for _ in range(REPEATS + 1):  # the first plans memory
            for name, one in work.items():
                began = time.process_time()
                one()
                least[name] = min(least[name], time.process_time() - began)
    finally:
        cv2.setNumThreads(threads)
    for name, seconds in least.items():
        print(f"health_1080p {name}: {seconds * 1000:.1f} ms CPU per key frame, one thread, least of {REPEATS}")
    print(f"health_1080p health / people: {least['health'] / least['people']:.3f}")


def report_found() -> None:
    scenes = health_scenes.scenes()
    known = references(scenes)
    seen, wrong = 0, 0
    for name, scene in scenes.items():
        for light, change in LIGHT.items():
            for bit_rate in (500_000, 1_000_000):
                check = HealthCheck(HealthRules(), known[name])
                moments = range(100, 100 + 2 * HEALTHY_PICTURES, 2)
                for at_s, picture in zip(
                    moments, key_frames((with_clock(change(scene(s)), s) for s in moments), bit_rate), strict=True
                ):
                    found = check.look(at_s * 1000, picture).conditions
                    seen, wrong = seen + 1, wrong + bool(found)
                    if found:
                        print(f"  healthy, but {name}, {light}, {bit_rate}: {', '.join(sorted(found))}")
    print(f"healthy pictures with a condition: {wrong} of {seen}")
    for fault, (condition, spoil) in FAULTS.items():
        share = {}
        for name, scene in scenes.items():
            moments = range(100, 100 + 2 * FAULTY_PICTURES, 2)
            check = HealthCheck(HealthRules(), known[name])
            pictures = key_frames(with_clock(spoil(scene(s)), s) for s in moments)
            share[name] = sum(
                condition in check.look(s * 1000, picture).conditions
                for s, picture in zip(moments, pictures, strict=True)
            )
        print(f"{fault:36} {condition:12} {sum(share.values()):3} of {FAULTY_PICTURES * len(scenes)}  {share}")


@pytest.mark.bench
def test_picture_health_per_1080p_frame() -> None:
    report_time()


if __name__ == "__main__":
    report_time()
    if sys.argv[1:] != ["time"]:
        report_found()
