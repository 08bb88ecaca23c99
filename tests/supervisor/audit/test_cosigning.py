"""Witnesses outside cosign the centre's log: all that answer rightly, none that do not, and what is refused is raised.

The witnesses are our own, on real ports; sigsum's is in test_sigsum_witness.py.
"""

from __future__ import annotations

import logging
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from config.clock import SystemClock
from config.errors import LessonProofError
from config.settings import CentreSettings
from storage.evidence.checkpoint import parse_add_checkpoint, parse_checkpoint
from storage.evidence.keyfile import load_or_create
from storage.evidence.note import COSIGNATURE, Note, Signer, parse_note
from supervisor.audit.checkpoints import publish
from supervisor.audit.cosigning import collect, cosigned_head
from supervisor.audit.models import CentreCheckpoint
from supervisor.audit.outside import configured
from supervisor.jobs import JOBS, run
from tests.support.county import County
from tests.support.databases import KINDS, centre_database
from tests.support.hostile_http import HostileServer, reply
from tests.support.watched_county import Running, alarms, grow, log_key, rewrite, witnessing

Watch = Callable[..., County]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of the centre."""
    return tmp_path / "centre"


@pytest.fixture
def watched(tmp_path: Path, folder: Path) -> Iterator[Running]:
    with witnessing(log_key(folder), tmp_path / "w1") as running:
        yield running


@pytest.fixture(params=KINDS)
def watch(request: pytest.FixtureRequest, tmp_path: Path, folder: Path, database_servers: None) -> Watch:
    """A county with these witnesses."""
    return lambda *settings: County(folder, centre_database(request.param, tmp_path), witnesses=list(settings))


def stored(county: County) -> str:
    """The newest checkpoint, as anybody gets it."""
    answer = county.client().get("/log/checkpoint")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    return answer.text


def test_every_witness_cosigns_what_the_log_has_become(
    watch: Watch, watched: Running, tmp_path: Path, folder: Path
) -> None:
    with witnessing(log_key(folder), tmp_path / "w2") as second:
        county = watch(watched.setting, second.setting)
        run(county.centre, "cosign_log")  # as the clock does it
        for _ in range(3):
            note = parse_note(stored(county))
            assert log_key(folder).signed(note)
            for witness in (watched, second):
                cosigned_at = witness.verifier.cosigned(note)
                assert cosigned_at is not None
                assert abs(cosigned_at - time.time()) < 600
                assert parse_checkpoint(witness.cosigner.note) == parse_checkpoint(note)
            assert cosigned_head(county.centre) == note  # nobody is asked twice
            size = grow(county, 7)
            assert collect(county.centre) == 2
            assert parse_checkpoint(parse_note(stored(county))).size == size
    assert alarms(county) == []
    assert JOBS["cosign_log"] == (collect, timedelta(minutes=1))


def test_keys_and_checkpoint_are_there_for_everybody(watch: Watch, watched: Running, folder: Path) -> None:
    county = watch(watched.setting)
    assert parse_note(stored(county)).text == publish(county.centre).text  # before the first job ran
    assert county.client().get("/log/keys").json() == {
        "log": str(log_key(folder)),
        "witness": str(county.centre.witness.verifier(COSIGNATURE)),
        "outside": [str(watched.verifier)],
    }


def test_a_centre_without_witnesses_signs_alone(watch: Watch, folder: Path) -> None:
    county = watch()
    assert collect(county.centre) == 0
    assert len(parse_note(stored(county)).lines) == 1


def slow(connection: socket.socket, _request: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    for _ in range(200):
        connection.sendall(b"X")
        time.sleep(0.1)


def says(status: str, body: bytes) -> Callable[[socket.socket, bytes], None]:
    return lambda connection, _request: connection.sendall(reply(status, body, content_type="text/plain"))


STRANGER = Signer("stranger.example", Ed25519PrivateKey.generate())
OTHER_TEXT = str(STRANGER.cosign(STRANGER.sign("another text\n"), 1_700_000_000)).encode()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (slow, "cannot be reached (TimeoutError)"),
        (lambda connection, _request: connection.close(), "cannot be reached (RemoteProtocolError)"),
        (says("200 OK", b"hello"), "no valid cosignature"),
        (says("200 OK", b""), "no valid cosignature"),
        (says("200 OK", b"\xff" * 100), "no valid cosignature"),
        (says("200 OK", b"x" * 10_000_000), "no valid cosignature"),
        (says("200 OK", OTHER_TEXT), "no valid cosignature"),
        (says("409 Conflict", b"0\n"), "no valid cosignature"),
        (says("409 Conflict", b"-1\n"), "no valid cosignature"),
        (says("409 Conflict", b"9" * 5000), "no valid cosignature"),
        (says("403 Forbidden", b""), "refuses (HTTP 403)"),
        (says("307 Temporary Redirect", b""), "refuses (HTTP 307)"),
        (says("500 Internal Server Error", b""), "refuses (HTTP 500)"),
    ],
    ids=lambda value: getattr(value, "__name__", None) if callable(value) else None,
)
def test_one_that_fails_holds_up_nobody_and_is_named_once(
    tmp_path: Path, folder: Path, watched: Running, answer: Callable[..., None], said: str,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    with HostileServer(answer) as server:
        bad = {"vkey": str(STRANGER.verifier(COSIGNATURE)), "url": f"http://127.0.0.1:{server.port}/prefix/"}
        county = County(folder, witnesses=[bad, watched.setting])
        for _ in range(2):
            grow(county)
            note = cosigned_head(county.centre, within_s=2)
            assert [line.name for line in note.lines] == [county.centre.log_signer.name, watched.verifier.name]
        assert server.requests[0].startswith(b"POST /prefix/add-checkpoint HTTP/1.1\r\n")
    warnings = [one.message for one in caplog.records if one.levelno >= logging.WARNING and "witness" in one.message]
    assert len(warnings) == 1
    assert STRANGER.name in warnings[0]
    assert said in warnings[0]
    assert alarms(county) == []


def test_one_that_is_away_cosigns_again_when_it_is_back(
    tmp_path: Path, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with witnessing(log_key(folder), tmp_path / "w") as running:
        setting = running.setting
    county = County(folder, witnesses=[setting])
    assert collect(county.centre) == 0
    with witnessing(log_key(folder), tmp_path / "w", int(setting["url"].rpartition(":")[2])):
        assert collect(county.centre) == 1
    words = [one.message for one in caplog.records if "outside witness" in one.message]
    assert [("cannot be reached" in one, "cosigns again" in one) for one in words] == [(True, False), (False, True)]


def test_a_centre_that_forgot_what_was_cosigned_is_told(watch: Watch, watched: Running) -> None:
    county = watch(watched.setting)
    note = cosigned_head(county.centre)
    with county.centre.uow.write() as session:
        session.get_one(CentreCheckpoint, parse_checkpoint(note).size).note = str(Note(note.text, note.lines[:1]))
    grow(county, 5)
    assert collect(county.centre) == 1
    assert alarms(county) == []


def test_who_is_slow_takes_no_time_from_who_must_be_asked_twice(folder: Path, watched: Running) -> None:
    county = County(folder, witnesses=[watched.setting])
    note = cosigned_head(county.centre)
    with county.centre.uow.write() as session:
        session.get_one(CentreCheckpoint, parse_checkpoint(note).size).note = str(Note(note.text, note.lines[:1]))
    grow(county)
    with HostileServer(slow) as server:
        bad = {"vkey": str(STRANGER.verifier(COSIGNATURE)), "url": f"http://127.0.0.1:{server.port}"}
        settings = CentreSettings(data_dir=folder, witnesses=[bad, watched.setting])
        centre = replace(county.centre, clock=SystemClock(), outside=configured(settings.witnesses, own=[]))
        assert watched.verifier.cosigned(cosigned_head(centre, within_s=4)) is not None
        assert len(server.requests) == 1


def test_many_at_once_end_with_one_history(watch: Watch, watched: Running) -> None:
    county = watch(watched.setting)

    def work(_number: int) -> None:
        grow(county)
        cosigned_head(county.centre)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(12)))
    assert collect(county.centre) == 1
    assert alarms(county) == []


def test_a_log_that_was_rewritten_is_refused_and_raised_once_a_day(watch: Watch, watched: Running) -> None:
    county = watch(watched.setting)
    cosigned_head(county.centre)
    size = grow(county)
    rewrite(county, body='{"kind":"forged"}')
    for _ in range(2):
        assert collect(county.centre) == 0
    name = watched.verifier.name
    assert alarms(county) == [("centre_log_fork", {"name": name, "cosigned": size - 1})]
    county.clock.sleep(timedelta(hours=25).total_seconds())
    assert collect(county.centre) == 0
    assert len(alarms(county)) == 2
    assert county.admin.get("/api/alarms").json()[0]["action"] == "centre_log_fork"
    assert "中心的记录被改写" in county.admin.get("/", headers={"Accept": "text/html"}).text


def test_a_log_that_lost_its_end_is_refused_and_raised(watch: Watch, watched: Running) -> None:
    county = watch(watched.setting)
    size = grow(county, 5)
    cosigned_head(county.centre)
    rewrite(county, keep=size - 3)
    for _ in range(2):
        assert collect(county.centre) == 0
    name = watched.verifier.name
    assert alarms(county) == [("centre_log_rollback", {"name": name, "cosigned": size, "size": size - 3})]
    grow(county, 8)  # the log is longer than ever; what was cosigned is gone nevertheless
    assert collect(county.centre) == 0
    assert [action for action, _ in alarms(county)] == ["centre_log_rollback", "centre_log_fork"]


def test_a_witness_that_was_put_back_is_raised_and_asked_from_there(tmp_path: Path, folder: Path, watch: Watch) -> None:
    with witnessing(log_key(folder), tmp_path / "w") as running:
        county = watch(running.setting)
        cosigned_head(county.centre)
        shutil.copy(tmp_path / "w/state", tmp_path / "old")
        before = parse_checkpoint(running.cosigner.note).size
        size = grow(county, 3)
        assert collect(county.centre) == 1
    shutil.copy(tmp_path / "old", tmp_path / "w/state")
    grow(county)
    with witnessing(log_key(folder), tmp_path / "w", int(running.url.rpartition(":")[2])):
        assert collect(county.centre) == 1
    assert alarms(county) == [("witness_rollback", {"name": running.verifier.name, "cosigned": size, "told": before})]


def test_one_that_answers_too_much_does_not_swell_the_note(folder: Path) -> None:
    def answer(connection: socket.socket, request: bytes) -> None:
        note = parse_add_checkpoint(request.partition(b"\r\n\r\n")[2]).note
        says("200 OK", "".join(str(STRANGER.cosign(note, at)) for at in range(1, 100)).encode())(connection, request)

    with HostileServer(answer) as server:
        bad = {"vkey": str(STRANGER.verifier(COSIGNATURE)), "url": f"http://127.0.0.1:{server.port}"}
        county = County(folder, witnesses=[bad])
        assert collect(county.centre) == 1
        assert len(parse_note(stored(county)).lines) == 2


def test_a_cosignature_for_another_key_is_not_kept(tmp_path: Path, folder: Path, watched: Running) -> None:
    county = County(folder, witnesses=[{"vkey": str(STRANGER.verifier(COSIGNATURE)), "url": watched.url}])
    assert collect(county.centre) == 0
    assert len(cosigned_head(county.centre).lines) == 1


W1, W2 = (
    str(Signer(name, Ed25519PrivateKey.generate()).verifier(COSIGNATURE)) for name in ("w1.example", "w2.example")
)
URL = "https://w.example/p"


@pytest.mark.parametrize(
    ("witnesses", "where", "why"),
    [
        ([{"vkey": "w1.cn+0+x", "url": URL}], "witnesses.0.vkey", "not a C2SP verifier key"),
        ([{"vkey": str(STRANGER.verifier()), "url": URL}], "witnesses.0.vkey", "0x04"),
        ([{"vkey": W1, "url": URL}, {"vkey": W1, "url": "http://x"}], "witnesses.1.vkey", "twice"),
        ([{"vkey": W1, "url": "file:///etc/passwd"}], "witnesses.0.url", "scheme"),
        ([{"vkey": W1, "url": "ftp://w.example"}], "witnesses.0.url", "scheme"),
        ([{"vkey": W1, "url": "https://user:secret@w.example/"}], "witnesses.0.url", "user name"),
        ([{"vkey": W1, "url": "https://w.example/?a=b"}], "witnesses.0.url", "query"),
        ([{"vkey": W1}], "witnesses.0.url", "required"),
        ([{"vkey": W1, "url": URL}, {"vkey": W2, "url": URL, "weight": 2}], "witnesses.1.weight", "not permitted"),
    ],
)
def test_settings_that_cannot_work_are_refused_at_the_start(
    folder: Path, witnesses: list[dict[str, str]], where: str, why: str
) -> None:
    with pytest.raises(LessonProofError, match="SETTINGS_INVALID") as refused:
        configured(CentreSettings.load(data_dir=folder, witnesses=witnesses).witnesses, own=[])
    assert refused.value.where == where
    assert why in refused.value.en
    assert "secret" not in str(refused.value)


def test_the_centre_is_no_witness_of_itself(folder: Path) -> None:
    own = Signer("innocent.example", load_or_create(folder / "witness-key.pem")).verifier(COSIGNATURE)
    with pytest.raises(LessonProofError, match="the centre's own key"):
        County(folder, witnesses=[{"vkey": str(own), "url": URL}])
