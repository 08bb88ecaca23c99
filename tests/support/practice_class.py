"""A camera of the practice classroom whose every picture is a key frame, and a box that has it: no waiting for groups
of pictures."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path

from device_adapters.simulator.classroom import Classroom
from device_adapters.simulator.encoder import Encoder
from device_adapters.simulator.faces import fetch_photograph, load_photograph
from device_adapters.simulator.room import HEIGHT, WIDTH
from edge_agent.remembered import Fact, remember
from tests.support.box import Box, camera_of, new_box, target_of
from tests.support.fixtures_models import yunet_path
from tests.support.scripted_camera import ScriptedCamera, Sent

PEOPLE = 12
PICTURES = 4  # different ones; then they come again
STEP_S = 0.15


@cache
def key_frames(people: int = PEOPLE) -> tuple[bytes, ...]:
    fetch_photograph()
    room = Classroom(load_photograph(), "101", people)
    begins = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
    units = [
        Encoder(WIDTH, HEIGHT).encode(room.picture(begins + timedelta(seconds=number * 5)))
        for number in range(PICTURES)
    ]
    return tuple(b"".join(b"\x00\x00\x00\x01" + nal for nal in unit.nals) for unit in units)


def practice_class(pictures: int | None = None, step_s: float = STEP_S) -> ScriptedCamera:
    """`pictures`: then the camera falls silent for good; None: it goes on."""
    frames = key_frames()

    def units() -> Iterator[Sent]:
        for number in count() if pictures is None else range(pictures):
            yield Sent(frames[number % len(frames)], number * step_s, round(number * step_s * 90_000))

    return ScriptedCamera(units)


def box_at_the_class(folder: Path, url: str, *, enrolled: bool = True) -> tuple[Box, Path]:
    """The box and its configuration: `room-a` is the camera; `room-b` the centre does not know."""
    box = new_box(folder / "data")
    if enrolled:
        with box.work.write() as session:
            remember(session, Fact.CENTRE_URL, "http://127.0.0.1:9")
        box.told(target_of([], [camera_of()]))
    config = folder / "edge.toml"
    lines = [f'data_dir = "{folder / "data"}"', f'models_dir = "{yunet_path().parent}"', "stall_after_s = 2"]
    for code in ("room-a", "room-b"):
        lines += ["[[cameras]]", f'code = "{code}"', f'url = "{url}"']
    config.write_text("\n".join(lines) + "\n")
    return box, config
