"""The demo's own steps as a test fixture: real centre, box and practice camera, under rules short enough to wait for.

One lesson hour of 40 seconds, clips of 15: the same code, the same processes, another RegionProfile.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from config.clock import SystemClock
from config.profile import load_profile
from supervisor.demo.processes import Processes
from supervisor.demo.scene import ROOMS, Room
from supervisor.demo.story import Demo

LESSON_S = 40
CLIP_S = 15
SEGMENT_S = 4
EVERYBODY = ROOMS[0]


def short_profile(folder: Path) -> str:
    """Write the demo's rules, shorter still, as a county's own profile; returns its name."""
    body = load_profile("000000-demo.1").model_dump(mode="json")
    body["profile_version"] = "test.1"
    body["lesson"] |= {"minutes": LESSON_S / 60, "clip_min_s": CLIP_S}
    body["visible"] |= {"moment_s": 2}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "000000-test.1.yaml").write_text(yaml.safe_dump(body, allow_unicode=True), encoding="utf-8")
    return "000000-test.1"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def story(folder: Path, monkeypatch: Any, room: Room = EVERYBODY) -> Iterator[Demo]:
    """A county with one room, its box enrolled and running, its lesson hour about to begin, its trainees checked in."""
    profile = short_profile(folder / "profiles")
    monkeypatch.setenv("LESSONPROOF_CENTRE_PROFILES_DIR", str(folder / "profiles"))
    clock = SystemClock()
    with Processes(folder / "logs", clock) as processes:
        demo = Demo(
            folder,
            free_port(),
            clock,
            processes,
            lambda zh, en: None,
            rooms=(room,),
            profile=profile,
            lesson_s=LESSON_S,
            segment_s=SEGMENT_S,
        )
        demo.begin_fetching()
        admin = demo.start_centre()
        demo.finish_fetching()
        demo.start_cameras()
        people = demo.set_up_county(admin)
        demo.open_classes(people["teacher"], people["approver"])
        demo.check_trainees_in()
        yield demo


def wait_until(condition: Callable[[], bool], limit_s: float, what: str) -> None:
    clock = SystemClock()
    deadline = clock.monotonic() + limit_s
    while not condition():
        assert clock.monotonic() < deadline, f"{what}: not within {limit_s:.0f} s"
        clock.sleep(0.5)


def wait_for_lesson(demo: Demo, second: float) -> None:
    """Until `second` seconds of the lesson hour have passed."""
    assert demo.lesson_start is not None
    clock = SystemClock()
    while (left := second - (clock.now() - demo.lesson_start).total_seconds()) > 0:
        clock.sleep(min(left, 1))
