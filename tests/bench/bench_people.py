"""People counting, CPU time per 1080p frame: the OpenVINO engine against cv2.FaceDetectorYN, in turns, in the same run.

    python tests/bench/bench_people.py

Both on one thread, whole `count()` calls (padding, network, boxes); the least of the repeats, for a busy machine only
adds. Read the ratio: the milliseconds are this machine's.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from edge_agent.vision.counter import Image
from edge_agent.vision.yunet import Engine, YuNetCounter
from tests.support.fixtures_models import SOLVAY_FACES, solvay_path, yunet_path

REPEATS = 10


def frame_1080p() -> Image:
    """29 people, faces about 50 px high, in a 1920 x 1080 frame."""
    photograph = cv2.imread(str(solvay_path()))
    height = 1080
    width = round(photograph.shape[1] * height / photograph.shape[0])
    frame = np.full((height, 1920, 3), 128, np.uint8)
    frame[:, :width] = cv2.resize(photograph, (width, height), interpolation=cv2.INTER_AREA)
    return frame


def measure(repeats: int = REPEATS) -> dict[str, float]:
    """CPU seconds of one `count()` by engine, the least of `repeats`."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        frame = frame_1080p()
        counters = {engine.value: YuNetCounter(yunet_path().parent, engine=engine) for engine in Engine}
        least = dict.fromkeys(counters, float("inf"))
        for counter in counters.values():
            assert counter.count(frame).people == SOLVAY_FACES  # and the first call, which plans memory, is done
        for _ in range(repeats):
            for name, counter in counters.items():
                began = time.process_time()
                counter.count(frame)
                least[name] = min(least[name], time.process_time() - began)
        return least
    finally:
        cv2.setNumThreads(threads)


@pytest.mark.bench
def test_people_counting_per_1080p_frame() -> None:
    report()


def report() -> None:
    least = measure()
    for name, seconds in least.items():
        print(f"people_1080p {name}: {seconds * 1000:.1f} ms CPU per frame, one thread, least of {REPEATS}")
    print(f"people_1080p opencv / openvino: {least['opencv'] / least['openvino']:.2f}")


if __name__ == "__main__":
    report()
