"""How far replays stand from honest other days, and what looking costs: our fingerprint against pHash of the whole
picture, on the same drawn films, through H.264; then the cost of describing against decoding the same key frames alone,
and of one comparison.

    python tests/bench/replay.py [HONEST_MINUTES]

`honest` is the smallest distance of any two minutes of other days, `replay` the largest that a treated replay keeps at
its best two minutes, `margin` one over the other: below 1 no threshold can tell them apart. The rooms are drawings, so
margins say which fingerprint is better, not how often a real room is flagged. CPU is this process's own time.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[2]))

from config.clock import epoch_ms
from edge_agent.capture import keyframes
from edge_agent.replay.describe import EVERY_MS, describe
from edge_agent.replay.search import THRESHOLD, between
from edge_agent.replay.track import Track
from tests.support.box import camera_of, film, new_box
from tests.support.moving_room import (
    Film,
    Grey,
    MovingRoom,
    degraded,
    faster,
    key_frames,
    later,
    mirror,
    off_a_screen,
    shifted_clock,
    track_of,
)

REPLAYED_S, DAY_MS = 240, 86_400_000
START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
COST_S = 60
ROOMS: dict[str, dict[str, float]] = {"22 people": {}, "22 calm people": {"restless": 0.4}, "5 people": {"people": 5}}
TREATMENTS: dict[str, Callable[[Film], Film]] = {
    "re-encoded": lambda look: look,
    "another clock": lambda look: shifted_clock(look, "2026-11-24"),
    "cropped, gamma, noise": degraded,
    "off a screen": off_a_screen,
    "5 % faster": lambda look: faster(look, 1.05),
    "mirrored": mirror,
}


def phash(pictures: Grey) -> NDArray[np.uint8]:
    """uint8[n, 32]: the 16 x 16 lowest frequencies against their median, of the whole picture."""
    found = []
    for picture in pictures:
        low = cv2.dct(cv2.resize(picture, (64, 64)).astype(np.float32))[:16, :16].ravel()
        found.append(np.packbits(low > np.median(low)))
    return np.stack(found)


def both(look: Film, seconds: float, group_s: float, day: int, bit_rate: int = 500_000) -> tuple[Track, Track]:
    """The film's key frames described by us and by pHash."""
    pictures, at_ms = key_frames(look, seconds, group_s, bit_rate)
    ours = track_of(pictures, at_ms, start_ms=day * DAY_MS, seconds=seconds)
    return ours, replace(ours, prints=phash(pictures), moved=np.ones(len(pictures), bool))


def margins(group_s: float, honest_s: float) -> list[float]:
    """Ours, and that of pHash."""
    first = MovingRoom(1, REPLAYED_S + 30)
    shown = both(first.picture, REPLAYED_S, group_s, 1)
    largest = [0.0, 0.0]
    for name, treat in TREATMENTS.items():
        again = both(later(treat(first.picture), group_s / 2), REPLAYED_S, group_s, 9, 350_000)
        found = [between(one, two).nearest for one, two in zip(again, shown, strict=True)]
        print(f"  {name:22} ours {found[0]:.3f}   pHash {found[1]:.3f}", flush=True)
        for which in (0, 1):  # pHash has no mirror
            largest[which] = max(largest[which], 0 if which and name == "mirrored" else found[which])
    smallest = [1.0, 1.0]
    for name, changes in ROOMS.items():
        days = [
            both(MovingRoom(20 + day, honest_s + 30, **changes).picture, honest_s, group_s, 20 + day)  # type: ignore[arg-type]
            for day in range(3)
        ]
        pairs = [(one, two) for place, one in enumerate(days) for two in days[:place]]
        found = [min(between(one[which], two[which]).nearest for one, two in pairs) for which in (0, 1)]
        print(f"  honest, {name:14} ours {found[0]:.3f}   pHash {found[1]:.3f}", flush=True)
        smallest = [min(pair) for pair in zip(smallest, found, strict=True)]
    for which, name in enumerate(("ours", "pHash")):
        margin = smallest[which] / largest[which]
        print(f"  {name}: honest {smallest[which]:.3f} / replay {largest[which]:.3f} = margin {margin:.2f}", flush=True)
    return [one / other for one, other in zip(smallest, largest, strict=True)]


def cost(folder: Path) -> None:
    """1080p, a key frame every two seconds: CPU seconds per camera-hour."""
    box, room = new_box(folder), MovingRoom(1, COST_S + 10)
    film(
        box, START, COST_S, fps=5, group=10,
        look=lambda second: np.asarray(cv2.resize(room.picture(second), (1920, 1080)), np.uint8),
    )  # fmt: skip
    camera, start = camera_of().camera_id, epoch_ms(START)
    span = (start, start + COST_S * 1000)
    decoded, described = [], []
    for _ in range(3):
        before = time.process_time()
        for _picture in keyframes.between(box.paths.recordings, str(camera), *span, EVERY_MS):
            pass
        between_s = time.process_time()
        describe(box.work, box.paths, UUID(int=1), camera, *span, lambda: True)
        decoded.append((between_s - before) * 3600 / COST_S)
        described.append((time.process_time() - between_s) * 3600 / COST_S)
    one, two = statistics.median(decoded), statistics.median(described)
    print(f"  decoding its key frames {one:.0f} CPU s per camera-hour, describing it {two:.0f} CPU s: {two / one:.2f}x")


def search_cost() -> None:
    """Two lesson hours of 45 minutes at a fingerprint a second."""
    chance = np.random.default_rng(0)
    seconds = 45 * 60
    hours = []
    for number in (1, 2):
        prints = chance.integers(0, 256, (seconds, 32), np.uint8)
        track = track_of(
            np.zeros((0, 27, 48), np.uint8), np.zeros(0, np.int64), start_ms=number * DAY_MS, seconds=seconds
        )
        at_ms = track.start_ms + 1000 * np.arange(seconds)
        hours.append(replace(track, at_ms=at_ms, prints=prints, moved=np.ones(seconds, bool)))
    spent = []
    for _ in range(5):
        before = time.process_time()
        between(hours[1], hours[0])
        spent.append(time.process_time() - before)
    print(f"  two lesson hours compared, plain and mirrored: {statistics.median(spent) * 1000:.0f} ms of CPU")


def main(honest_minutes: float) -> None:
    print("cost:")
    with tempfile.TemporaryDirectory() as folder:
        cost(Path(folder))
    search_cost()
    for group_s in (2, 1):
        print(f"a key frame every {group_s} s (threshold {THRESHOLD}):")
        margins(group_s, honest_minutes * 60)


@pytest.mark.bench
def test_our_fingerprint_tells_replays_apart_where_phash_cannot() -> None:
    ours, phash_margin = margins(2, 240)
    assert ours > 1 > phash_margin


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 20)
