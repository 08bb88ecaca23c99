"""Clips straight into the bucket of a real centre, as the box sends them: whatever dies, they arrive once and whole."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from config.clock import SystemClock
from edge_agent.paths import BoxPaths
from edge_agent.uplink import transfer
from edge_agent.uplink import upload as upload_module
from edge_agent.uplink.client import CentreAway, CentreClient
from edge_agent.uplink.outbox import Outbox
from edge_agent.uplink.upload import ClipUpload, Direct
from storage.database.engine import UnitOfWork
from tests.support.centre_process import centre_process
from tests.support.county import County
from tests.support.enrolled_box import Centre, EnrolledBox, save_key
from tests.support.hostile_http import HostileServer, reply
from tests.support.seaweed import Seaweed, own_seaweed, seaweed
from tests.support.seed import clip as film

__all__ = ["own_seaweed", "seaweed"]
MakeSite = Callable[..., tuple[Centre, EnrolledBox]]


@pytest.fixture(scope="module")
def content() -> bytes:
    return film(seconds=64, brightness=90)


@pytest.fixture
def site(tmp_path: Path, fresh: tuple[UnitOfWork, BoxPaths]) -> Iterator[MakeSite]:
    """A centre whose archive is a bucket boxes may send into, and a box that is enrolled at it."""
    running: list[Centre] = []

    def make(server: Seaweed, **s3: object) -> tuple[Centre, EnrolledBox]:
        settings = server.settings(direct_upload=True, **s3)
        centre = Centre(County(tmp_path / "centre", archive="s3", s3=settings))
        running.append(centre)
        url, school, (work, paths) = centre.start(), centre.county.schools[0], fresh
        save_key(paths, school)
        return centre, EnrolledBox(work, paths, centre.county.clock, school.box, url, centre.county, school)

    yield make
    for centre in running:
        centre.stop()


def uploader(box: EnrolledBox, client: CentreClient, direct: Direct = "http") -> ClipUpload:
    outbox = Outbox(box.work, client)  # facts first
    while outbox.deliver_batch() is not None:
        pass
    return ClipUpload(box.work, client, box.paths.clips, box.clock, direct)


def keys(server: Seaweed, centre: Centre) -> list[str]:
    s3 = centre.county.centre.settings.s3
    assert s3 is not None
    return server.keys(s3.bucket)


def own_key(box: EnrolledBox, sha256: str) -> str:
    return f"clips/{sha256[:2]}/{sha256}-{box.box_id}.mp4"


def test_a_clip_goes_into_the_bucket_and_not_through_the_centre(
    site: MakeSite, seaweed: Seaweed, content: bytes
) -> None:
    centre, box = site(seaweed)
    sha256 = box.judged_with_clip(content)
    with box.client() as client:
        assert uploader(box, client).deliver_some(20) is False
    assert centre.clips() == {sha256: "verified"} and box.delivered() == {sha256: True}
    assert keys(seaweed, centre) == [own_key(box, sha256)]
    store = centre.county.centre.store
    assert b"".join(store.get_range(own_key(box, sha256), 0, len(content) + 1)) == content


def test_a_slow_store_does_not_keep_the_box_from_its_centre(
    site: MakeSite, seaweed: Seaweed, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    centre, box = site(seaweed)
    sha256 = box.judged_with_clip(content)
    pieces = transfer.Transfer._pieces
    first, rest = os.pipe()

    def held_up(self: transfer.Transfer) -> Iterator[bytes]:
        os.read(first, 1)
        yield from pieces(self)

    monkeypatch.setattr(transfer.Transfer, "_pieces", held_up)
    with box.client() as client:
        upload = uploader(box, client)
        for _ in range(3):
            assert upload.deliver_some(0.1) is True
            assert client.clip_state(sha256) is not None  # the centre hears of us all the while
        os.write(rest, b"x")
        assert upload.deliver_some(20) is False
    assert centre.clips() == {sha256: "verified"}


@pytest.mark.parametrize("direct", ["https", "off"])
def test_a_bucket_the_site_does_not_want_is_not_spoken_to(
    site: MakeSite, seaweed: Seaweed, content: bytes, direct: Direct
) -> None:
    """SeaweedFS is without TLS here, which "https" refuses."""
    centre, box = site(seaweed)
    sha256 = box.judged_with_clip(content)
    with box.client() as client:
        assert uploader(box, client, direct).deliver_some(20) is False
    assert centre.clips() == {sha256: "verified"}
    assert keys(seaweed, centre) == [f"clips/{sha256[:2]}/{sha256}.mp4"]


@pytest.mark.parametrize("answer", ["redirect", "expired", "hangs up", "nobody"])
def test_a_clip_that_does_not_get_there_goes_through_the_centre(
    site: MakeSite, seaweed: Seaweed, content: bytes, answer: str, caplog: pytest.LogCaptureFixture
) -> None:
    elsewhere: list[bytes] = []

    def answers(connection: socket.socket, request: bytes) -> None:
        if answer == "redirect":
            connection.sendall(reply("307 Temporary Redirect", b"", f"Location: http://127.0.0.1:{other.port}/"))
        elif answer == "expired":
            connection.sendall(reply("403 Forbidden", b"<Error><Code>AccessDenied</Code></Error>"))

    with HostileServer(answers) as store, HostileServer(lambda _, request: elsewhere.append(request)) as other:
        port = 9 if answer == "nobody" else store.port
        centre, box = site(seaweed, direct_endpoint=f"http://127.0.0.1:{port}")
        sha256 = box.judged_with_clip(content)
        with box.client() as client:
            assert uploader(box, client).deliver_some(20) is False
    assert elsewhere == []
    assert centre.clips() == {sha256: "verified"}
    assert keys(seaweed, centre) == [f"clips/{sha256[:2]}/{sha256}.mp4"]
    assert "did not get into the bucket" in caplog.text and "X-Amz" not in caplog.text


def test_a_clip_damaged_on_the_box_is_not_sent_anywhere(
    site: MakeSite, seaweed: Seaweed, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    centre, box = site(seaweed)
    sha256 = box.judged_with_clip(content)
    (box.paths.clips / f"{sha256}.mp4").write_bytes(content[:-1] + b"\0")
    with box.client() as client:
        upload = uploader(box, client)
        for _ in range(upload_module.TRIES):
            upload.deliver_some(20)
        assert "ALARM" in caplog.text and "CLIP_DAMAGED" in caplog.text
        assert keys(seaweed, centre) == []
        (box.paths.clips / f"{sha256}.mp4").write_bytes(content)
        box.clock.sleep(upload_module.REST_S + 1)
        assert upload.deliver_some(20) is False
    assert keys(seaweed, centre) == [own_key(box, sha256)]


@pytest.mark.parametrize("moment", ["in the middle", "before the centre hears of it"])
def test_a_box_killed_on_the_way_goes_on_after_its_restart(
    site: MakeSite, seaweed: Seaweed, content: bytes, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    centre, box = site(seaweed)
    sha256 = box.judged_with_clip(content)
    with box.client() as client:
        uploader(box, client)
    code = _BOX.format(
        folder=str(box.paths.data_dir), url=box.url, box=box.box_id, now=box.clock.now().isoformat(), moment=moment
    )
    here = str(Path(__file__).parents[3])
    run = subprocess.run([sys.executable, "-c", code], cwd=here, timeout=60, capture_output=True, check=False)
    assert run.returncode == -signal.SIGKILL, run.stderr.decode()
    assert centre.clips() == {sha256: "uploading"}
    whole = moment != "in the middle"
    assert keys(seaweed, centre) == ([own_key(box, sha256)] if whole else [])
    if whole:  # what is there is not sent a second time
        monkeypatch.setattr(upload_module, "Transfer", None)
    with box.client() as client:
        assert uploader(box, client).deliver_some(20) is False
    assert centre.clips() == {sha256: "verified"} and box.delivered() == {sha256: True}
    assert keys(seaweed, centre) == [own_key(box, sha256)]


_BOX = """
import os, signal, time
from datetime import datetime
from pathlib import Path
from config.clock import ManualClock
from edge_agent.paths import BoxPaths
from edge_agent.uplink import transfer, upload
from edge_agent.uplink.client import CentreClient
from storage.evidence.keyfile import load
from storage.database.engine import UnitOfWork, open_engine
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
paths = BoxPaths(Path({folder!r}))
clock = ManualClock(datetime.fromisoformat({now!r}))
client = CentreClient.for_box({url!r}, load(paths.key), {box!r}, clock)
if {moment!r} == "in the middle":
    transfer.PIECE = 3000
    pieces = transfer.Transfer._pieces
    def some(self):
        for number, piece in enumerate(pieces(self)):
            if number == 2:
                time.sleep(0.3)  # the store has the first ones
                die()
            yield piece
    transfer.Transfer._pieces = some
else:
    ask = client.direct_upload
    client.direct_upload = lambda sha256: ask(sha256) if not upload_._tried_direct else die()
upload_ = upload.ClipUpload(UnitOfWork(open_engine(paths.database_url)), client, paths.clips, clock, "http")
upload_.deliver_some(20)
"""


@pytest.mark.story
def test_a_centre_killed_while_it_checks_checks_again_after_its_restart(
    site: MakeSite, seaweed: Seaweed, content: bytes
) -> None:
    """Real processes, SIGKILL at whatever moment it hits."""
    centre, box = site(seaweed)
    sha256 = box.judged_with_clip(content)
    centre.stop()
    box.clock = SystemClock()  # type: ignore[assignment]
    settings = box.county.centre.settings
    process = centre_process(box.url, settings)
    try:
        with box.client() as client:
            upload = uploader(box, client)
            for after_s in (0.01, 0.05, 0.1):
                killer = threading.Timer(after_s, process.kill)
                killer.start()
                with suppress(CentreAway):
                    upload.deliver_some(5)
                killer.join()
                process.wait(10)
                process = centre_process(box.url, settings)
            assert upload.deliver_some(20) is False
    finally:
        process.kill()
        process.wait(10)
    assert centre.clips() == {sha256: "verified"} and box.delivered() == {sha256: True}
    found = b"".join(centre.county.centre.store.get_range(keys(seaweed, centre)[0], 0, len(content) + 1))
    assert found == content


@pytest.mark.story
def test_while_the_store_is_away_the_clip_waits_at_the_box(
    site: MakeSite, own_seaweed: Seaweed, content: bytes
) -> None:
    centre, box = site(own_seaweed)
    sha256 = box.judged_with_clip(content)
    with box.client() as client:
        upload = uploader(box, client)
        own_seaweed.kill()
        with pytest.raises(CentreAway):
            upload.deliver_some(5)
        assert box.delivered() == {sha256: False}
        own_seaweed.start()
        assert upload.deliver_some(20) is False
    assert keys(own_seaweed, centre) == [own_key(box, sha256)]
