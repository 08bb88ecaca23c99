"""The box's RTSP client against a camera whose every octet may be wrong.

The client and what follows it (muxer, files) run in a child process, so that a crash of FFmpeg, which no Python code
can catch, is seen as one. One child takes many cases; a case that kills it or holds it is known by its seed, and the
next child goes on with the next seed.
"""

from __future__ import annotations

import itertools
import queue
import random
import re
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from typing import IO

from config.clock import ManualClock, SystemClock
from device_adapters.cameras.rtsp import RtspCamera
from device_adapters.interfaces import CameraFault
from device_adapters.simulator.encoder import split_nals
from storage.evidence.fmp4 import fragments
from tests.fuzz.failure import Failure
from tests.fuzz.mutate import mutated, mutated_lines
from tests.support.pictures import Recording, encoded
from tests.support.scripted_camera import ScriptedCamera, Sent, h264_sdp

CASE_LIMIT_S = 60.0  # the client's own limits add up to 15 s, before the files are closed; a busy machine doubles that
START_LIMIT_S = 120.0  # of a child, to its first word: imports alone, which a busy machine makes long
GROWTH_LIMIT_KB = 200_000
BATCH = 25  # cases of one child
CHILD = ("-m", "tests.fuzz.rtsp")
STARTED = "started\n"
_ROOT = Path(__file__).parents[2]
_DONE = re.compile(r"done (\d+), (\d+) KiB: .*\n")
_KINDS = ("OPTIONS", "DESCRIBE", "SETUP", "PLAY", "sdp", "unit", "frame")


class Damage:
    """Which answers of the camera are damaged in the case of this seed, and how: the same each time."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.kind = _KINDS[seed % len(_KINDS)]
        self._often = self._random.choice((0.02, 0.2, 1.0))

    def __call__(self, what: str, data: bytes) -> bytes:
        if what != self.kind or (self._random.random() > self._often and what in ("unit", "frame")):
            return data
        if what in ("unit", "frame"):
            return mutated(data, self._random)
        return self._random.choice((mutated, mutated_lines))(data, self._random)


def one_case(seed: int, folder: Path) -> str:
    """Play the case of `seed` through client, muxer and files; what the box made of it. Raises nothing that is not
    a bug."""
    pictures = encoded(2, fps=10, gop=5)
    sets = [nal for nal in split_nals(pictures[0].data) if nal[0] & 0x1F in (7, 8)]

    def units() -> Iterator[Sent]:
        for number, picture in enumerate(itertools.islice(itertools.cycle(pictures), 40)):
            yield Sent(picture.data, number / 200, 90_000 + number * 9000)

    with ScriptedCamera(units, sdp=h264_sdp(sets), change=Damage(seed)) as server:
        camera = RtspCamera(server.url, networks=[ip_network("127.0.0.0/8")], clock=SystemClock(), stall_after_s=0.5)
        box = Recording(folder / str(seed), ManualClock(datetime(2026, 11, 23, tzinfo=UTC)))
        fed = 0
        try:
            stream = camera.open()
        except CameraFault as fault:
            return f"open: {fault.kind.value}"
        try:
            writer = box.connect()
            for packet in stream.packets():
                box.clock.sleep(0.01)
                writer.feed(packet)
                fed += 1
        except CameraFault as fault:
            return f"{fed} pictures: {fault.kind.value}"
        finally:
            stream.close()
            box.settle()
            box.work.engine.dispose()
            for file in box.files():
                fragments(file)  # whatever came, what was written is whole
    return f"{fed} pictures"


def child(first: int, count: int) -> int:
    """Cases `first` … `first + count - 1`, one line each: seed, what came of it, peak memory in KiB."""
    print(STARTED, end="", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(first, first + count):
            outcome = one_case(seed, Path(folder))
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            print(f"done {seed}, {peak} KiB: {outcome}", flush=True)
    return 0


def fuzz(first: int, seconds: float, *, at_once: int = 4) -> tuple[int, list[Failure]]:
    """Cases from seed `first` on for about `seconds`, in `at_once` children (most of a case is waiting); how many, and
    what went wrong."""
    until = time.monotonic() + seconds
    starts = itertools.count(first, BATCH)

    def work() -> tuple[int, list[Failure]]:
        done, failures = 0, []
        while time.monotonic() < until:
            seed = next(starts)
            end = seed + BATCH
            while seed < end and time.monotonic() < until:
                ran, failure = _batch(seed, end - seed, until)
                seed, done = seed + ran, done + ran
                if failure is not None:
                    failures.append(failure)
                    seed, done = seed + 1, done + 1
        return done, failures

    with ThreadPoolExecutor(at_once) as threads:
        results = [thread.result() for thread in [threads.submit(work) for _ in range(at_once)]]
    return sum(done for done, _ in results), [one for _, failures in results for one in failures]


def _batch(first: int, count: int, until: float) -> tuple[int, Failure | None]:
    """One child: how many of its cases ended well (one at least, however long its start), and the failure that ended
    it early."""
    process = subprocess.Popen(
        [sys.executable, *CHILD, str(first), str(count)], cwd=_ROOT,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
    )  # fmt: skip
    lines: queue.Queue[str | None] = queue.Queue()
    assert process.stdout is not None
    threading.Thread(target=_read, args=(process.stdout, lines), daemon=True).start()
    ran, base, said, limit_s = 0, 0, "", START_LIMIT_S
    try:
        while ran < count and (ran == 0 or time.monotonic() < until):
            line, limit_s = lines.get(timeout=limit_s), CASE_LIMIT_S
            if line == STARTED:
                continue
            if line is None:
                return ran, Failure(first + ran, f"the process ended with {process.wait(5)}: {said[-1500:]}")
            found = _DONE.fullmatch(line)
            if found is None:
                said += line
                continue
            ran, said = ran + 1, ""
            base = base or int(found[2])
            if int(found[2]) - base > GROWTH_LIMIT_KB:
                return ran - 1, Failure(int(found[1]), f"memory grew from {base} to {found[2]} KiB")
    except queue.Empty:
        return ran, Failure(first + ran, f"hangs for more than {limit_s:g} s")
    finally:
        process.kill()
        process.wait()
    return ran, None


def _read(pipe: IO[str], lines: queue.Queue[str | None]) -> None:
    for line in pipe:
        lines.put(line)
    lines.put(None)


if __name__ == "__main__":
    sys.exit(child(int(sys.argv[1]), int(sys.argv[2])))
