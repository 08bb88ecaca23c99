"""`supervisor witness` as the process that a finance bureau runs: killed, asked by many at once, fed with garbage."""

from __future__ import annotations

import hashlib
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner

from storage.evidence import merkle
from storage.evidence.checkpoint import AddCheckpoint, Checkpoint, parse_checkpoint
from storage.evidence.note import COSIGNATURE, Note, Signer, Verifier, parse_lines, parse_note, parse_vkey
from supervisor.cli import app

ROOT = Path(__file__).parents[3]
LOG = Signer("example.com/log", Ed25519PrivateKey.from_private_bytes(b"\x01" * 32))
DIES = {
    "before it is written": "c.Path.replace = lambda *_: die()",
    "after it is written": "c.fsync_folder = lambda _: die()",
}
"""Where the process is killed while it cosigns."""


class History:
    """A log of 40 entries; two `word`s differ from entry 3 on."""

    def __init__(self, word: str = "true") -> None:
        leaves = [merkle.leaf_hash(f"{number}{word if number >= 3 else ''}".encode()) for number in range(40)]
        self._nodes = dict(merkle.growth(0, leaves, lambda _: {}))

    def ask(self, old: int, new: int) -> str:
        proof = tuple(merkle.consistency_proof(old, new, self._read))
        return str(AddCheckpoint(old, proof, self.checkpoint(new).signed(LOG)))

    def checkpoint(self, size: int) -> Checkpoint:
        return Checkpoint(LOG.name, size, merkle.root(size, self._read))

    def _read(self, keys: object) -> dict[merkle.Key, bytes]:
        return {key: self._nodes[key] for key in keys}  # type: ignore[attr-defined]


TRUE, FALSE = History(), History("false")


@dataclass
class Witness:
    process: subprocess.Popen[str]
    verifier: Verifier
    url: str

    def post(self, body: str | bytes) -> httpx.Response:
        content = body.encode() if isinstance(body, str) else body
        return httpx.post(f"{self.url}/add-checkpoint", content=content, timeout=30)

    def cosigned(self, size: int, history: History = TRUE) -> bool:
        """Whether it cosigns this now, starting from where it says that it is."""
        answer = self.post(history.ask(0, size))
        if answer.status_code == 409:
            assert answer.headers["content-type"] == "text/x.tlog.size"
            answer = self.post(history.ask(min(int(answer.text), size), size))
        if answer.status_code != 200:
            return False
        return bool(self.verifier.cosigned(Note(str(history.checkpoint(size)), parse_lines(answer.text))))


@contextmanager
def witness(folder: Path, fault: str = "") -> Iterator[Witness]:
    """The real process; `fault`: a line of Python that breaks it once it has started."""
    code = f"""
import os, signal, sys, threading
import storage.evidence.cosigner as c
from supervisor.cli import main
def die():
    os.kill(os.getpid(), signal.SIGKILL)
class Broken(c.Cosigner):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        {fault or "pass"}
c.Cosigner = Broken
sys.argv[0] = "supervisor"
main()
"""
    files = ["--key", str(folder / "key.pem"), "--state", str(folder / "state")]
    process = subprocess.Popen(
        [sys.executable, "-c", code, "witness", "--log", str(LOG.verifier()), *files, "--port", "0"],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        vkey, url = process.stdout.readline(), process.stdout.readline()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+\n", url), process.communicate(timeout=10)
        yield Witness(process, parse_vkey(vkey), url.strip())
    finally:
        process.kill()
        process.wait(timeout=10)
        for pipe in (process.stdout, process.stderr):
            assert pipe is not None
            pipe.close()


def test_it_cosigns_what_continues_and_nothing_else(tmp_path: Path) -> None:
    with witness(tmp_path) as one:
        assert one.verifier.kind == COSIGNATURE
        monitor = f"{one.url}/{hashlib.sha256(LOG.name.encode()).hexdigest()}/checkpoint"
        assert httpx.get(monitor, timeout=30).status_code == 404
        assert one.post(TRUE.ask(0, 5)).status_code == 200
        assert one.post(TRUE.ask(5, 12)).status_code == 200
        assert (one.post(TRUE.ask(5, 12)).status_code, one.post(TRUE.ask(5, 12)).text) == (409, "12\n")
        refused = one.post(FALSE.ask(12, 20))
        assert (refused.status_code, refused.json()["code"]) == (422, "LOG_FORK")
        assert one.post(FALSE.ask(12, 12)).status_code == 422
        seen = parse_note(httpx.get(monitor, timeout=30).text)
        assert parse_checkpoint(seen) == TRUE.checkpoint(12)
        assert one.verifier.cosigned(seen)
        assert LOG.verifier().signed(seen)
        one.process.send_signal(signal.SIGTERM)
        assert one.process.wait(timeout=20) in (0, -signal.SIGTERM)


@pytest.mark.parametrize("moment", DIES)
def test_kill_9_while_it_cosigns_never_makes_two_histories(tmp_path: Path, moment: str) -> None:
    with witness(tmp_path) as one:
        assert one.cosigned(5)
    with witness(tmp_path, fault=DIES[moment]) as dying:
        assert dying.verifier == one.verifier
        with pytest.raises(httpx.TransportError):
            dying.post(TRUE.ask(5, 12))
        assert dying.process.wait(timeout=20) == -signal.SIGKILL
    written = moment == "after it is written"
    with witness(tmp_path) as again:
        assert again.post(TRUE.ask(1, 2)).text == ("12\n" if written else "5\n")
        assert not again.cosigned(20, FALSE)
        assert again.cosigned(12)
        assert again.cosigned(20)


def test_of_many_at_once_it_cosigns_one_history(tmp_path: Path) -> None:
    with witness(tmp_path) as one:
        assert one.cosigned(2)
        asks = [history.ask(2, size) for size in range(4, 14) for history in (TRUE, FALSE)]
        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(one.post, asks))
        assert sorted(answer.status_code for answer in answers) == [200] + [409] * 19
        winner = [answer.status_code for answer in answers].index(200)
        histories = (TRUE, FALSE) if winner % 2 == 0 else (FALSE, TRUE)
        assert one.cosigned(20, histories[0])
        assert not one.cosigned(30, histories[1])


def test_garbage_changes_nothing(tmp_path: Path) -> None:
    good = TRUE.ask(0, 5)
    unsigned = AddCheckpoint(0, (), Note(str(TRUE.checkpoint(5)), STRANGER.sign(str(TRUE.checkpoint(5))).lines))
    foreign = Checkpoint("example.com/other", 5, bytes(32)).signed(Signer("example.com/other", LOG.key))
    with witness(tmp_path) as one:
        for body, status in {
            "": 400,
            "old 0": 400,
            "old -1\n\n" + good.partition("\n\n")[2]: 400,
            "old 0\nAAAA\n\n" + good.partition("\n\n")[2]: 400,
            "old 6\n\n" + good.partition("\n\n")[2]: 400,
            good.replace("\n5\n", "\n05\n"): 400,
            good.replace("\n5\n", "\n6\n"): 403,
            str(unsigned): 403,
            str(AddCheckpoint(0, (), foreign)): 404,
            str(AddCheckpoint(0, (bytes(32),), TRUE.checkpoint(5).signed(LOG))): 422,
            "old 0\n" + "A" * 200_000: 413,
        }.items():
            answer = one.post(body)
            assert answer.status_code == status, (body[:80], answer.text)
        assert one.post(b"\xff\xfe\x00").status_code == 400
        assert httpx.get(f"{one.url}/add-checkpoint", timeout=30).status_code == 405
        assert httpx.get(f"{one.url}/../../etc/passwd", timeout=30).status_code == 404
        assert one.post(good).status_code == 200


STRANGER = Signer(LOG.name, Ed25519PrivateKey.from_private_bytes(b"\x03" * 32))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"--log": "nonsense"}, "VKEY_INVALID"),
        ({"--log": str(LOG.verifier(COSIGNATURE))}, "VKEY_INVALID"),
        ({"--name": "two words"}, "letters, digits"),
        ({"--port": "70000"}, "--port"),
        ({"--key": "/proc/version"}, "KEY_UNREADABLE"),
        ({"--key": "/proc/none/key.pem"}, "WITNESS_FILE_UNWRITTEN"),
    ],
)
def test_what_cannot_work_is_said_at_the_start(tmp_path: Path, changes: dict[str, str], code: str) -> None:
    options = {"--log": str(LOG.verifier()), "--key": str(tmp_path / "key.pem"), "--state": str(tmp_path / "state")}
    arguments = [part for pair in (options | changes).items() for part in pair]
    shown = CliRunner().invoke(app, ["witness", *arguments])
    assert shown.exit_code != 0
    assert code in shown.output + str(shown.exception)
    assert not list(tmp_path.iterdir())


def test_it_needs_no_database() -> None:
    code = "import sys, supervisor.commands.witness, supervisor.witness; print('sqlalchemy' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert run.stdout == "False\n"
