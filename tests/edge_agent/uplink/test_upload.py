"""Clips reach a real centre byte for byte: resumed, restarted, set aside, never lost."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from config.clock import SystemClock
from edge_agent.remembered import Fact, remember
from edge_agent.uplink import upload as upload_module
from edge_agent.uplink.client import CentreAway, CentreClient
from edge_agent.uplink.outbox import Outbox
from edge_agent.uplink.upload import ClipUpload
from storage.evidence.keyfile import load
from tests.support.centre_process import centre_process
from tests.support.enrolled_box import Centre, EnrolledBox
from tests.support.seed import clip as film


@pytest.fixture(scope="module")
def content() -> bytes:
    return film(seconds=64, brightness=90)


def uploader(box: EnrolledBox, client: CentreClient) -> ClipUpload:
    return ClipUpload(box.work, client, box.paths.clips, box.clock)


def facts_first(box: EnrolledBox, client: CentreClient) -> None:
    outbox = Outbox(box.work, client)
    while outbox.deliver_batch() is not None:
        pass


def test_a_clip_arrives_after_its_facts(centre: Centre, box: EnrolledBox, content: bytes) -> None:
    sha256 = box.judged_with_clip(content)
    with box.client() as client:
        upload = uploader(box, client)
        assert upload.backlog() == 1
        upload.deliver_some(10)
        assert centre.clips() == {}, "not before the verdict entry"
        facts_first(box, client)
        assert upload.deliver_some(10) is False
        assert upload.backlog() == 0
    assert centre.clips() == {sha256: "verified"}
    key = f"clips/{sha256[:2]}/{sha256}.mp4"
    assert (centre.county.centre.store.root / key).read_bytes() == content


def test_an_upload_that_has_no_more_time_goes_on_where_it_was(
    centre: Centre, box: EnrolledBox, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload_module, "CHUNK", len(content) // 7)
    sha256 = box.judged_with_clip(content)
    with box.client() as client:
        facts_first(box, client)
        upload = uploader(box, client)
        offsets = []
        while upload.deliver_some(0.0):
            held = client.clip_state(sha256)
            assert held is not None
            offsets.append(held.offset)
    assert offsets == [len(content) // 7 * turn for turn in range(1, 8)]
    assert centre.clips() == {sha256: "verified"}


@pytest.mark.parametrize("held", [1, 4096, -1, 0])
def test_an_upload_begun_in_an_earlier_life_is_finished(
    centre: Centre, box: EnrolledBox, content: bytes, held: int
) -> None:
    """-1: all but the last byte."""
    sha256 = box.judged_with_clip(content)
    with box.client() as client:
        facts_first(box, client)
        if held:
            client.send_clip(sha256, 0, content[:held])
        assert uploader(box, client).deliver_some(10) is False
    assert centre.clips() == {sha256: "verified"}
    assert box.delivered() == {sha256: True}


def test_a_centre_killed_before_its_check_of_the_whole_clip_checks_it_when_asked(
    centre: Centre, box: EnrolledBox, content: bytes
) -> None:
    sha256 = box.judged_with_clip(content)
    with box.client() as client:
        facts_first(box, client)
        client.send_clip(sha256, 0, content[:-1])
        (part,) = centre.county.centre.settings.data_dir.glob(f"uploads/*/{sha256}.part")
        with part.open("ab") as file:
            file.write(content[-1:])  # every byte was written, nothing more was done
        uploader(box, client).deliver_some(10)
    assert centre.clips() == {sha256: "verified"}


def test_bytes_spoilt_at_the_centre_are_sent_again_from_the_start(
    centre: Centre, box: EnrolledBox, content: bytes
) -> None:
    sha256 = box.judged_with_clip(content)
    with box.client() as client:
        facts_first(box, client)
        client.send_clip(sha256, 0, b"\0" * 1000)
        upload = uploader(box, client)
        upload.deliver_some(10)  # the digest is refused
        assert box.delivered() == {sha256: False}
        upload.deliver_some(10)
    assert box.delivered() == {sha256: True}
    assert centre.clips() == {sha256: "verified"}


def test_a_clip_damaged_on_the_box_is_set_aside_with_an_alarm_and_the_others_go(
    centre: Centre, box: EnrolledBox, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    sha256 = box.judged_with_clip(content)
    (box.paths.clips / f"{sha256}.mp4").write_bytes(content[:-1] + b"\0")
    with box.client() as client:
        facts_first(box, client)
        upload = uploader(box, client)
        for _ in range(upload_module.TRIES):
            upload.deliver_some(10)
        assert "ALARM" in caplog.text and "CLIP_DAMAGED" in caplog.text
        assert upload.backlog() == 1, "never dropped"
        upload.deliver_some(10)  # resting: nothing is tried
        (box.paths.clips / f"{sha256}.mp4").write_bytes(content)
        box.clock.sleep(upload_module.REST_S + 1)
        upload.deliver_some(10)
    assert centre.clips() == {sha256: "verified"}


def test_a_clip_file_that_is_gone_is_an_alarm_not_a_crash(
    centre: Centre, box: EnrolledBox, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    sha256 = box.judged_with_clip(content)
    (box.paths.clips / f"{sha256}.mp4").unlink()
    with box.client() as client:
        facts_first(box, client)
        upload = uploader(box, client)
        for _ in range(upload_module.TRIES):
            assert upload.deliver_some(10) is False
    assert "ALARM" in caplog.text


@pytest.mark.story
def test_a_centre_killed_in_the_middle_gets_the_rest_after_its_restart(
    centre: Centre, box: EnrolledBox, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Real processes, SIGKILL at whatever byte it hits."""
    monkeypatch.setattr(upload_module, "CHUNK", 2048)
    sha256 = box.judged_with_clip(content)
    centre.stop()
    box.clock = SystemClock()  # type: ignore[assignment]
    settings = box.county.centre.settings
    process = centre_process(box.url, settings)
    try:
        kills = 0
        with CentreClient.for_box(box.url, load(box.paths.key), box.box_id, box.clock) as client:
            facts_first(box, client)
            upload = uploader(box, client)
            upload.deliver_some(0.0)
            for _ in range(3):
                upload.deliver_some(0.05)
                process.send_signal(signal.SIGKILL)
                process.wait(10)
                kills += 1
                with pytest.raises(CentreAway):
                    upload.deliver_some(1)
                process = centre_process(box.url, settings)
            assert upload.deliver_some(60) is False
        assert kills == 3
    finally:
        process.kill()
        process.wait(10)
    assert box.delivered() == {sha256: True}
    key = f"clips/{sha256[:2]}/{sha256}.mp4"
    assert (centre.county.centre.store.root / key).read_bytes() == content


def test_a_box_killed_in_the_middle_goes_on_after_its_restart(centre: Centre, box: EnrolledBox, content: bytes) -> None:
    sha256 = box.judged_with_clip(content)
    with box.client() as client:
        facts_first(box, client)
    code = _BOX.format(folder=str(box.paths.data_dir), url=box.url, box=box.box_id, now=box.clock.now().isoformat())
    here = str(Path(__file__).parents[3])
    run = subprocess.run([sys.executable, "-c", code], cwd=here, timeout=60, capture_output=True, check=False)
    assert run.returncode == -signal.SIGKILL, run.stderr.decode()
    with box.client() as client:
        held = client.clip_state(sha256)
        assert held is not None and 0 < held.offset < len(content)
        uploader(box, client).deliver_some(10)
    assert centre.clips() == {sha256: "verified"}


_BOX = """
import os, signal
from datetime import datetime
from pathlib import Path
from config.clock import ManualClock
from edge_agent.paths import BoxPaths
from edge_agent.uplink import upload
from edge_agent.uplink.client import CentreClient
from storage.evidence.keyfile import load
from storage.database.engine import UnitOfWork, open_engine
paths = BoxPaths(Path({folder!r}))
clock = ManualClock(datetime.fromisoformat({now!r}))
upload.CHUNK = 3000
client = CentreClient.for_box({url!r}, load(paths.key), {box!r}, clock)
sent = client.send_clip
def send_and_die(sha256, offset, chunk):
    if offset >= 6000:
        os.kill(os.getpid(), signal.SIGKILL)
    return sent(sha256, offset, chunk)
client.send_clip = send_and_die
upload.ClipUpload(UnitOfWork(open_engine(paths.database_url)), client, paths.clips, clock).deliver_some(10)
"""


def test_a_clip_the_centre_does_not_know_is_asked_for_later(centre: Centre, box: EnrolledBox, content: bytes) -> None:
    """The log is ahead only in the box's memory: the centre has not got the verdict entry."""
    sha256 = box.judged_with_clip(content)
    with box.work.write() as session:
        remember(session, Fact.LOG_DELIVERED, 1)
    with box.client() as client:
        upload = uploader(box, client)
        assert upload.deliver_some(10) is False
        assert box.delivered() == {sha256: False}
        with box.work.write() as session:
            remember(session, Fact.LOG_DELIVERED, 0)
        facts_first(box, client)
        box.clock.sleep(61)
        upload.deliver_some(10)
    assert centre.clips() == {sha256: "verified"}
