"""The centre as a real process: what it prints, and clips that survive its death at any byte."""

from __future__ import annotations

import hashlib
import re
import secrets
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from config.clock import SystemClock
from config.errors import LessonProofError
from config.settings import CentreSettings
from storage.database.engine import UnitOfWork, open_engine
from supervisor.audit.models import AuditEvent
from supervisor.centre import open_centre
from supervisor.classes.models import ClassSession, LessonHour, TrainingClass
from supervisor.contract.signing import BoxAuth
from supervisor.lessons.models import EvidenceClip
from tests.support.county import PASSWORD, enrol_request, post

ROOT = Path(__file__).parents[3]
START_LIMIT_S = 90.0


@dataclass
class Served:
    process: subprocess.Popen[str]
    url: str

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=10)


def serve(folder: Path, port: int = 0) -> Served:
    """Started, and ready to answer."""
    code = "from supervisor.commands.serve import serve; import typer; typer.run(serve)"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "--data", str(folder), "--port", str(port)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    timer = threading.Timer(START_LIMIT_S, process.kill)
    timer.start()
    assert process.stdout is not None
    url = re.search(r"http://\S+", process.stdout.readline())
    assert url is not None, "the centre did not start"
    while process.poll() is None:
        try:
            if httpx.get(f"{url[0]}/readyz", timeout=5).is_success:
                timer.cancel()
                return Served(process, url[0])
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("the centre was never ready")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


def test_the_first_start_prints_an_address_and_a_one_time_setup_link(folder: Path) -> None:
    served = serve(folder)
    try:
        assert served.process.stdout is not None
        served.process.stdout.readline()
        link = served.process.stdout.readline().strip()
        assert link.startswith(f"{served.url}/setup/")
        with httpx.Client(base_url=served.url, timeout=30) as client:
            first = {"username": "admin", "name": "某管理员", "password": PASSWORD}
            assert post(client, f"/api/setup/{link.rsplit('/', 1)[-1]}", first, 201)["role"] == "system_admin"
            post(client, "/api/session", {"username": "admin", "password": PASSWORD}, 200)
            assert client.get("/api/session").json()["name"] == "某管理员"
        assert (folder / "keys.json").stat().st_mode & 0o777 == 0o600
    finally:
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(timeout=20) in (0, -signal.SIGTERM)  # uvicorn shuts down, then re-raises


def test_a_wildcard_address_needs_the_address_that_people_use(folder: Path) -> None:
    for host in ("0.0.0.0", "::"):  # noqa: S104 - refused
        settings = CentreSettings(data_dir=folder, host=host)
        with pytest.raises(LessonProofError, match="PUBLIC_URL_NEEDED"):
            open_centre(settings, SystemClock())
        reached = settings.model_copy(update={"public_url": "https://centre.example/"})
        assert open_centre(reached, SystemClock()).public_url == "https://centre.example"


@pytest.mark.parametrize(("trusted", "recorded"), [("127.0.0.1", "192.0.2.7"), ("192.0.2.1", "127.0.0.1")])
def test_only_a_trusted_proxy_says_where_a_request_comes_from(
    folder: Path, monkeypatch: pytest.MonkeyPatch, trusted: str, recorded: str
) -> None:
    monkeypatch.setenv("LESSONPROOF_CENTRE_FORWARDED_ALLOW_IPS", trusted)
    served = serve(folder)
    try:
        guess = {"username": "nobody", "password": "x"}
        httpx.post(f"{served.url}/api/session", json=guess, headers={"X-Forwarded-For": "192.0.2.7"}, timeout=30)
    finally:
        served.kill()
    engine = open_engine(f"sqlite:///{folder / 'centre.db'}")
    with UnitOfWork(engine).read() as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "sign_in_failed")).one()
    engine.dispose()
    assert event.details == {"ip": recorded}


@pytest.mark.story
def test_an_upload_goes_on_after_kill_9_in_the_middle_of_it(folder: Path) -> None:
    clip = secrets.token_bytes(24 * 1024 * 1024)
    name = hashlib.sha256(clip).hexdigest()
    served = serve(folder)
    box = _box_with_an_expected_clip(served, folder, name, len(clip))
    kills = 0
    try:
        for _ in range(40):
            with httpx.Client(base_url=served.url, auth=box, timeout=30) as client:
                if kills < 4:
                    threading.Timer(0.02 + 0.06 * kills, served.process.kill).start()
                try:
                    complete = _send(client, name, clip)
                except httpx.TransportError:
                    complete = False
            if complete:
                break
            served.kill()
            kills += 1
            served = serve(folder)
    finally:
        served.kill()
    assert complete and kills >= 2
    stored = next((folder / "objects").rglob("*.mp4"))
    assert hashlib.sha256(stored.read_bytes()).hexdigest() == name
    assert not list((folder / "uploads").rglob("*.part"))


def _send(client: httpx.Client, name: str, clip: bytes) -> bool:
    path = f"/api/box/clips/{name}"
    head = client.head(path)
    offset = int(head.headers["Upload-Offset"])
    while offset < len(clip):
        piece = clip[offset : offset + 4 * 1024 * 1024]
        answer = client.patch(path, content=piece, headers={"Upload-Offset": str(offset)})
        assert answer.status_code == 204, answer.text
        offset = int(answer.headers["Upload-Offset"])
    return client.head(path).headers["Upload-Complete"] == "?1"


def _box_with_an_expected_clip(served: Served, folder: Path, name: str, size: int) -> BoxAuth:
    """Enrolled over HTTP; the row of the expected clip is written into the database, as a verdict entry would have."""
    assert served.process.stdout is not None
    served.process.stdout.readline()
    token = served.process.stdout.readline().strip().rsplit("/", 1)[-1]
    key = Ed25519PrivateKey.generate()
    with httpx.Client(base_url=served.url, timeout=30) as admin:
        post(admin, f"/api/setup/{token}", {"username": "admin", "name": "某", "password": PASSWORD})
        post(admin, "/api/session", {"username": "admin", "password": PASSWORD})
        institution = post(admin, "/api/institutions", {"name": "某校"})["id"]
        site = post(admin, "/api/sites", {"institution_id": institution, "name": "本部"})["id"]
        room = post(admin, "/api/rooms", {"site_id": site, "name": "教室A"})["id"]
        made = post(admin, "/api/boxes", {"site_id": site, "name": "盒子"})
        camera = post(admin, "/api/cameras", {"room_id": room, "box_id": made["id"], "code": "a"})["id"]
        post(admin, "/api/box/enrol", enrol_request(made["code"], key))
    ids = {"institution": institution, "room": room, "box": made["id"], "camera": camera}
    _expect_clip(folder, {key: UUID(value) for key, value in ids.items()}, name, size)
    return BoxAuth(key, made["id"], SystemClock())


def _manifest(lesson: UUID, camera: UUID, name: str, size: int) -> dict[str, Any]:
    return {
        "lesson_hour_id": str(lesson), "camera_id": str(camera), "sha256": name, "bytes": size, "start_ms": 0,
        "end_ms": 64_000, "media_ms": 64_000, "codec": "h264", "width": 320, "height": 180,
    }  # fmt: skip


def _expect_clip(folder: Path, ids: dict[str, UUID], name: str, size: int) -> None:
    now = SystemClock().now()
    later = now + timedelta(hours=1)
    training, session, lesson = uuid4(), uuid4(), uuid4()
    engine = open_engine(f"sqlite:///{folder / 'centre.db'}")
    rows = [
        TrainingClass(
            id=training, created_at=now, institution_id=ids["institution"], class_no="1", name="n", status="draft",
            profile="000000-demo.1", class_end=later,
        ),
        ClassSession(
            id=session, created_at=now, class_id=training, room_id=ids["room"], code="c", local_date=now.date(),
            start=now, end=later, kind="theory", teachers=[],
        ),
        LessonHour(id=lesson, created_at=now, session_id=session, slot=1, start=now, end=later),
        EvidenceClip(
            created_at=now, sha256=name, lesson_hour_id=lesson, box_id=ids["box"], camera_id=ids["camera"],
            manifest=_manifest(lesson, ids["camera"], name, size), bytes=size, state="expected", retain_until=later,
        ),
    ]  # fmt: skip
    for row in rows:
        with UnitOfWork(engine).write() as writing:
            writing.add(row)
    engine.dispose()
