"""A witness that we did not write cosigns the centre's log: sigsum's, from Debian.

It knows logs by sigsum's naming only, `sigsum.org/v1/tree/<SHA-256 of the log's key>`, so this centre's log has such a
name; and it answers only with GODEBUG=httpmuxgo121=0.
"""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from storage.evidence.checkpoint import AddCheckpoint, Checkpoint, parse_checkpoint
from storage.evidence.keyfile import load_or_create
from storage.evidence.note import COSIGNATURE, Signer, Verifier
from supervisor.audit.cosigning import collect, cosigned_head
from tests.support.county import County
from tests.support.watched_county import alarms, grow, rewrite

pytestmark = pytest.mark.sigsum


def sigsum_name(kind: str, key: Ed25519PrivateKey) -> str:
    return f"sigsum.org/v1/{kind}/{hashlib.sha256(key.public_key().public_bytes_raw()).hexdigest()}"


class SigsumWitness:
    """`folder`: its files. `log`: the key of the log that it watches."""

    def __init__(self, folder: Path, log: Ed25519PrivateKey) -> None:
        folder.mkdir()
        self._folder = folder
        key = Ed25519PrivateKey.generate()
        secret = folder / "key"
        secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
        secret.chmod(0o600)
        public = log.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
        (folder / "log.pub").write_bytes(public + b" log\n")
        self.verifier: Verifier = Signer(sigsum_name("witness", key), key).verifier(COSIGNATURE)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port: int = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}/w"

    @contextmanager
    def running(self) -> Iterator[None]:
        options = ["--signing-key=key", "--log-key=log.pub", "--state-file=state", "--url-prefix=w"]
        process = subprocess.Popen(
            ["sigsum-witness", *options, f"127.0.0.1:{self._port}"],
            cwd=self._folder, env=os.environ | {"GODEBUG": "httpmuxgo121=0"},
        )  # fmt: skip
        try:
            deadline = time.monotonic() + 20
            while time.monotonic() < deadline:
                assert process.poll() is None, "sigsum-witness ended"
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", self._port)) == 0:
                        break
                time.sleep(0.05)
            yield
        finally:
            process.kill()
            process.wait(timeout=10)


@pytest.fixture
def log(tmp_path: Path) -> Ed25519PrivateKey:
    return load_or_create(tmp_path / "centre/log-key.pem")


@pytest.fixture
def sigsum(tmp_path: Path, log: Ed25519PrivateKey) -> Iterator[SigsumWitness]:
    witness = SigsumWitness(tmp_path / "sigsum", log)
    with witness.running():
        yield witness


@pytest.fixture
def county(tmp_path: Path, log: Ed25519PrivateKey, sigsum: SigsumWitness) -> County:
    setting = {"vkey": str(sigsum.verifier), "url": sigsum.url}
    return County(tmp_path / "centre", log_name=sigsum_name("tree", log), witnesses=[setting])


def test_it_cosigns_what_the_log_becomes(county: County, sigsum: SigsumWitness) -> None:
    for _ in range(3):
        note = cosigned_head(county.centre)
        cosigned_at = sigsum.verifier.cosigned(note)
        assert cosigned_at is not None
        assert abs(cosigned_at - time.time()) < 600
        assert county.centre.log_signer.verifier().signed(note)
        grow(county, 5)
    assert alarms(county) == []


def test_it_tells_a_centre_that_forgot_where_to_begin(tmp_path: Path, county: County, log: Ed25519PrivateKey) -> None:
    other = SigsumWitness(tmp_path / "other", log)
    note = cosigned_head(county.centre)
    with other.running():
        first = AddCheckpoint(0, (), note)
        assert httpx.post(f"{other.url}/add-checkpoint", content=str(first), timeout=10).status_code == 200
        grow(county, 3)
        again = AddCheckpoint(0, (), cosigned_head(county.centre))
        told = httpx.post(f"{other.url}/add-checkpoint", content=str(again), timeout=10)
        assert (told.status_code, told.text) == (409, f"{parse_checkpoint(note).size}\n")


def test_it_refuses_a_history_that_was_rewritten(county: County, sigsum: SigsumWitness) -> None:
    size = parse_checkpoint(cosigned_head(county.centre)).size
    forged = Checkpoint(county.centre.log_signer.name, size, bytes(32)).signed(county.centre.log_signer)
    asked = httpx.post(f"{sigsum.url}/add-checkpoint", content=str(AddCheckpoint(size, (), forged)), timeout=10)
    assert asked.status_code == 422
    grow(county)
    rewrite(county, body='{"kind":"forged"}')
    assert collect(county.centre) == 0
    assert [action for action, _ in alarms(county)] == ["centre_log_fork"]


def test_it_refuses_a_history_that_was_cut(county: County) -> None:
    size = grow(county, 5)
    cosigned_head(county.centre)
    rewrite(county, keep=size - 3)
    assert collect(county.centre) == 0
    assert [action for action, _ in alarms(county)] == ["centre_log_rollback"]
