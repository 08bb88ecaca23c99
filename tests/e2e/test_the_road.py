"""The whole road under the faults a site has: real processes, real stream, real detector; only the rules are short.

Nothing is faked: the box is killed with SIGKILL in the middle of a lesson, the centre is away for a whole lesson.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from edge_agent.paths import BoxPaths
from storage.database.engine import UnitOfWork, open_engine
from storage.evidence import log
from storage.evidence.tables import GapRow, LogRow, Segment
from supervisor.lessons.models import EvidenceClip, EvidenceRow, LogEntryRow
from tests.support.story import EVERYBODY, LESSON_S, story, wait_for_lesson, wait_until

AFTER_S = 60


@pytest.mark.story
def test_kill_9_in_mid_lesson_costs_a_gap_with_its_reason_and_not_the_lesson(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with story(tmp_path, monkeypatch) as demo:
        wait_for_lesson(demo, 20)  # the clip's 15 seconds are there already
        killed_ms = round(demo.clock.now().timestamp() * 1000)
        demo.processes.kill("box")
        demo.clock.sleep(1)
        demo.start_box()
        page = finished_page(demo)
        assert demo.verify(EVERYBODY) == []

    verdict = page["lesson"]["verdict"]["verdict"]
    assert verdict["state"] == "pass", verdict["reasons"]
    gaps = page["evidence"]["cameras"][0]["gaps"]
    assert [gap["reason"] for gap in gaps] == ["box_restart"]
    assert gaps[0]["end_ms"] < LESSON_S * 1000, "recording again in the same lesson hour, on a busy machine too"

    box = UnitOfWork(open_engine(BoxPaths(tmp_path / "box").database_url))
    with box.read() as session:
        gap = session.scalars(select(GapRow).where(GapRow.end_ms.is_not(None))).one()
        # One picture (100 ms) is being written, one is held by the parser, and the kill itself takes a moment.
        assert killed_ms - gap.start_ms < 500
        segments = session.scalars(select(Segment).where(Segment.closed)).all()
    assert len(segments) >= LESSON_S / 4 - 2
    for segment in segments:
        media = (tmp_path / "box/recordings" / segment.path).read_bytes()
        assert (len(media), hashlib.sha256(media).hexdigest()) == (segment.bytes, segment.sha256)


@pytest.mark.story
def test_the_centre_away_for_the_whole_lesson_gets_everything_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with story(tmp_path, monkeypatch) as demo:
        demo.processes.wait_for("box", "1 lesson hours", 30)
        demo.processes.stop("centre")
        wait_for_lesson(demo, LESSON_S + 12)
        demo.start_centre_process()
        wait_until(lambda: ready(demo), 30, "the centre is back")
        page = finished_page(demo)
        assert demo.verify(EVERYBODY) == []
        box = UnitOfWork(open_engine(BoxPaths(tmp_path / "box").database_url))
        with box.read() as session:
            size, hashes = log.size(session), list(session.scalars(select(LogRow.sha256).order_by(LogRow.idx)))
        centre = UnitOfWork(open_engine(f"sqlite:///{tmp_path / 'centre/centre.db'}"))
        with centre.read() as session:
            arrived = list(session.scalars(select(LogEntryRow.sha256).order_by(LogEntryRow.idx)))
            evidence = session.scalar(select(func.count()).select_from(EvidenceRow))
            clips = session.scalars(select(EvidenceClip)).all()

    assert page["lesson"]["verdict"]["verdict"]["state"] == "pass"
    assert page["lesson"]["checked_in"] == 12
    assert arrived == hashes[: len(arrived)]
    assert size - len(arrived) <= 2, "only what was written after the last delivery may be missing"
    assert evidence == 1
    assert [clip.state for clip in clips] == ["verified"]
    first = next(version for version in reversed(page["verdicts"]) if version["source"] == "centre")
    assert first["agrees"] is True


def ready(demo: Any) -> bool:
    try:
        demo.watch(EVERYBODY)
    except Exception:
        return False
    return True


def finished_page(demo: Any) -> dict[str, Any]:
    wait_for_lesson(demo, LESSON_S)
    wait_until(lambda: demo.finished(demo.watch(EVERYBODY)), AFTER_S, "verdict and clip at the centre")
    page: dict[str, Any] = demo.watch(EVERYBODY)
    return page


@pytest.mark.story
def test_raw_recording_asked_for_in_mid_lesson_comes_although_the_box_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked for while the box records; the box is killed at once; all of it is at the centre after the restart."""
    with story(tmp_path, monkeypatch) as demo:
        wait_for_lesson(demo, 16)
        assert demo.inspector is not None and demo.lesson_start is not None
        hour = demo.sessions[EVERYBODY.code]["lesson_hours"][0]["id"]
        (camera,) = demo.inspector.call("GET", "/api/cameras")["items"]
        start = round(demo.lesson_start.timestamp() * 1000) + 6000
        wanted = {"camera_id": camera["id"], "start": start, "end": start + 8000, "reason": "complaint"}
        span = demo.inspector.call("POST", f"/api/lessons/{hour}/spans", wanted)
        demo.clock.sleep(1.5)  # the box has heard of it, and may be cutting it or sending it
        demo.processes.kill("box")
        demo.start_box()

        def here() -> bool:
            nonlocal span
            span = demo.inspector.call("GET", f"/api/spans/{span['id']}")
            return bool(span["state"] == "here")

        wait_until(here, AFTER_S, "the raw recording at the centre")
        file = demo.inspector.download(f"/api/spans/{span['id']}/span.mp4", tmp_path / "span.mp4").read_bytes()
        page = finished_page(demo)

    assert (len(file), hashlib.sha256(file).hexdigest()) == (span["file"]["bytes"], span["file"]["sha256"])
    assert span["file"]["start"] <= start and span["file"]["end"] >= start + 8000 and span["gaps"] == []
    assert page["lesson"]["verdict"]["verdict"]["state"] == "pass"
