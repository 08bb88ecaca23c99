"""What counting costs: CPU time by stage of one 1080p key frame, and of a whole lesson hour.

The film is half a minute of a composed classroom at 2 Mbit/s, 25 pictures a second. A stage is the mean (decoding and
health: the median) over its key frames, one thread. The hour is not run: it is the sum of the stages times the samples
of an hour, against decoding every picture and running the detector on it, measured on the half minute and scaled.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import av
import cv2

from config.profile import DEFAULT_PROFILE, load_profile
from edge_agent.vision.counter import Image
from tests.bench.vision_classroom import VIEW, Classroom
from tests.bench.vision_contenders import CONTENDERS, Contender
from tests.bench.vision_film import FPS, GOP_S, packets
from tests.bench.vision_scripts import scenes

SECONDS = 30
BIT_RATE = 2_000_000
HOUR_S = 45 * 60
_ALL_EVERY = 10  # of all pictures, the detector runs on one in so many, and the rest is multiplied


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds. `stages`: of one key frame, by name; `all_decode`, `all_detect`: of one picture, when all are."""

    stages: dict[str, float]
    all_decode: float
    all_detect: float


def measure(names: tuple[str, ...] = ("yunet", "seats")) -> Cost:
    """Of every named contender that is there."""
    cv2.setNumThreads(1)
    script = next(each for each in scenes(SECONDS, solvay=True) if each.name == "everyday")
    film = packets(Classroom(script, 1080), BIT_RATE)
    keys = [packet for packet in film if packet.is_keyframe]
    pictures, times = _decoded(keys, alone=True)
    stages = {"decode a key frame": statistics.median(times)}
    for name in names:
        contender = CONTENDERS[name]()
        contender.fresh(VIEW)
        contender.look(0, pictures[0])
        contender.fresh(VIEW)
        stages[f"count ({contender.name})"] = statistics.mean(_each(contender, pictures))
    stages |= _health(pictures)
    every, decode = _decoded(film, alone=False)
    yunet = CONTENDERS["yunet"]()
    yunet.fresh(VIEW)
    detect = _each(yunet, every[::_ALL_EVERY])
    return Cost(stages, sum(decode) / len(film), statistics.mean(detect))


def _each(contender: Contender, pictures: list[Image]) -> list[float]:
    return [
        _cpu(lambda at=at, image=image: contender.look(at * GOP_S * 1000, image)) for at, image in enumerate(pictures)
    ]


def _health(pictures: list[Image]) -> dict[str, float]:
    try:
        from edge_agent.vision.health import HealthCheck, HealthRules
    except ImportError:
        return {}
    check = HealthCheck(HealthRules(), None)
    times = [_cpu(lambda at=at, image=image: check.look(at * GOP_S * 1000, image)) for at, image in enumerate(pictures)]
    return {"picture health": statistics.median(times)}


def _decoded(film: list[av.Packet], *, alone: bool) -> tuple[list[Image], list[float]]:
    """Pictures and CPU seconds of each; `alone`: each packet by itself, as the box decodes key frames."""
    decoder = av.CodecContext.create("h264", "r")
    decoder.thread_count = 1
    pictures: list[Image] = []
    times = []
    for packet in film:
        began = time.process_time()
        frames = decoder.decode(packet)
        if alone:
            frames = frames or decoder.decode(None)
            decoder.flush_buffers()
        pictures += [frame.to_ndarray(format="bgr24") for frame in frames]
        times.append(time.process_time() - began)
    return pictures, times


def _cpu(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def lines(cost: Cost) -> str:
    """Markdown: the stages, and what follows for an hour and for a core."""
    rules = load_profile(DEFAULT_PROFILE)
    every_s = rules.visible.sample_every_s
    rows = ["| stage | CPU ms |", "|---|---|"]
    rows += [f"| {name} | {1000 * seconds:.1f} |" for name, seconds in cost.stages.items()]
    text = ["\n".join(rows)]
    decode, others = cost.stages["decode a key frame"], cost.stages.get("picture health", 0.0)
    always = (cost.all_decode + cost.all_detect) * FPS * HOUR_S
    for name, seconds in cost.stages.items():
        if name.startswith("count"):
            sample = decode + seconds + others
            dense = HOUR_S / every_s
            sparse_s = getattr(getattr(rules, "vision", None), "sparse_s", every_s)
            least = rules.lesson.clip_min_s / every_s + (HOUR_S - rules.lesson.clip_min_s) / sparse_s
            text.append(
                f"{name}: {1000 * sample:.0f} ms a sample; an hour sampled every {every_s:g} s throughout "
                f"{dense * sample:.0f} s of CPU, dense only until the window is full {least * sample:.0f} s; "
                f"one core judges {every_s / sample:.0f} cameras while all are dense, "
                f"{HOUR_S / (least * sample):.0f} over an hour; "
                f"decoding all {FPS} pictures a second with YuNet on each: {always:.0f} s "
                f"({always / (least * sample):.0f} times as much)"
            )
    return "\n\n".join(text)
