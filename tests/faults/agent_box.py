"""A whole `edge-agent run` with one camera and one lesson that goes on, to be killed and started again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import select

from config.clock import SystemClock
from edge_agent.remembered import Fact, remember
from storage.evidence.keyfile import load_or_create
from storage.evidence.tables import Run
from tests.faults.account import Account, account_of, adds_up, playable
from tests.faults.site import SEEN
from tests.support.box import camera_of, lesson_of, new_box, target_of

ROOT = Path(__file__).parents[2]
CAMERA = str(camera_of().camera_id)


class AgentBox:
    """Enrolled at a centre that cannot be reached; its lesson has begun."""

    def __init__(self, folder: Path, url: str) -> None:
        folder.mkdir(parents=True)
        clock = SystemClock()
        self.box = new_box(folder / "box", at=clock.now())
        load_or_create(self.box.paths.key)
        with self.box.work.write() as session:
            remember(session, Fact.CENTRE_URL, "http://127.0.0.1:9")
        self.box.told(target_of([lesson_of(start=clock.now(), minutes=30)]))
        self.log = folder / "log"
        self._config = folder / "edge.toml"
        given = {
            "data_dir": str(folder / "box"), "models_dir": str(folder / "no-models"), "segment_s": 3, "lead_s": 0,
            "stall_after_s": 2, "poll_s": 1, "min_free_bytes": 1, "expected_bitrate": 1,
        }  # fmt: skip
        lines = [f"{key} = {json.dumps(value)}" for key, value in given.items()]
        lines += ["[[cameras]]", 'code = "room-a"', f"url = {json.dumps(url)}"]
        self._config.write_text("\n".join(lines), encoding="utf-8")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "edge_agent", "run", "--config", str(self._config)], cwd=ROOT, stderr=log
            )

    def kill(self) -> None:
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.wait(10)

    def runs(self) -> list[Run]:
        with self.box.work.read() as session:
            return list(session.scalars(select(Run).where(Run.camera_id == CAMERA).order_by(Run.id)))

    def records(self, run: int, limit_s: float = 150) -> None:
        """The how-many-th run has begun and grows."""
        end = time.monotonic() + limit_s
        while len(self.runs()) < run or not self.runs()[-1].media_ms:
            assert time.monotonic() < end, f"run {run}: not within {limit_s} s; {self.log.read_text()[-2000:]}"
            assert self._process is not None and self._process.poll() is None, self.log.read_text()[-2000:]
            time.sleep(0.1)

    def judge(self, fault: str, reasons: Iterable[str]) -> Account:
        """Time runs from the first picture: before it the box itself was being started. The end is an orderly one,
        in the middle of the lesson, so the last gap is the one that begins there."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        ended_ms = round(time.time() * 1000)
        assert self._process.wait(10) == 0
        end = time.monotonic() + 10
        while self.runs()[-1].end_reason is None:
            assert time.monotonic() < end, "the recorder did not close its files"
            time.sleep(0.1)
        account = account_of(self.box.work, CAMERA, (ended_ms - self.runs()[0].start_ms) / 1000, ended_ms)
        SEEN.append(account.line(fault))
        playable(self.box.work, self.box.paths.recordings, CAMERA)
        adds_up(account, [*reasons, "box_restart"])
        return account

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.kill()
        self.box.work.engine.dispose()
