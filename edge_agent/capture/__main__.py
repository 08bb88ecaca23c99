"""The recorder process: `python -m edge_agent.capture`, started by `RecorderProcess` and told what to do on stdin."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
import threading

from pydantic import ValidationError

from config.clock import SystemClock
from config.errors import LessonProofError
from edge_agent.capture.messages import Desired, Heartbeat, RecorderConfig
from edge_agent.capture.recorder import Recorder
from edge_agent.logs import JSON_LOG, set_up
from edge_agent.paths import BoxPaths
from storage.database.engine import UnitOfWork, open_engine

HEARTBEAT_S = 1.0
_LOG = logging.getLogger("edge_agent.capture")


class _Conversation:
    """Heartbeats out from the first moment (reconciliation may take a while), wishes in."""

    def __init__(self) -> None:
        self.recorder: Recorder | None = None
        self.over = threading.Event()

    def beat(self) -> None:
        while not self.over.is_set():
            recorder = self.recorder
            if recorder is not None:
                if not recorder.healthy:
                    os._exit(70)  # the index thread died: start afresh and repair rather than record unseen
                recorder.tick()
            line = Heartbeat(ready=recorder is not None, cameras=recorder.status() if recorder is not None else {})
            try:
                sys.stdout.write(line.model_dump_json() + "\n")
                sys.stdout.flush()
            except OSError:
                return
            self.over.wait(HEARTBEAT_S)


def main() -> int:
    set_up(as_json=JSON_LOG in sys.argv[1:])
    for number in (
        signal.SIGINT,
        signal.SIGTERM,
    ):  # Ctrl-C and systemd reach the whole group: the end of stdin ends us,
        signal.signal(number, signal.SIG_IGN)  # which comes when the box has ended, well or badly
    clock = SystemClock()
    told = sys.stdin.readline()
    if not told:
        return 0  # it stood by and was not needed
    try:
        config = RecorderConfig.model_validate_json(told)
    except ValidationError:
        _LOG.error("the first line on stdin is not a recorder configuration")
        return 64
    conversation = _Conversation()
    threading.Thread(target=conversation.beat, name="heartbeat", daemon=True).start()
    recorder = Recorder(config, UnitOfWork(open_engine(BoxPaths(config.data_dir).database_url)), clock)
    try:
        report = recorder.start()
    except LessonProofError as error:
        _LOG.error("%s", error)
        return 75
    if report.closed or report.quarantined or report.missing:
        _LOG.info(
            "repaired after a crash: %d closed, %d quarantined, %d missing",
            len(report.closed), len(report.quarantined), len(report.missing),
        )  # fmt: skip
    gc.collect()
    gc.freeze()  # what was loaded stays for life: no collection need walk it again
    conversation.recorder = recorder
    for line in sys.stdin:
        try:
            recorder.set_desired(Desired.model_validate_json(line).desired)
        except ValidationError:
            _LOG.error("a line on stdin is not a list of wishes")  # never its text: it carries passwords
    conversation.over.set()
    clean = recorder.stop()
    return 0 if clean else 75


if __name__ == "__main__":
    code = main()
    os._exit(code)  # a thread blocked in a camera must not hold the exit
