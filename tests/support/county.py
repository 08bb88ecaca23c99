"""A small county for tests: two institutions, each with a room, a camera, an enrolled box and an approved class.

Made through the centre's own HTTP interface, but for signing in: Argon2 is slow by design, and has its own tests.
"""

from __future__ import annotations

import base64
import secrets
import tempfile
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from argon2 import PasswordHasher
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi.testclient import TestClient
from sqlalchemy import make_url

from config.clock import CHINA, ManualClock, epoch_ms
from config.settings import CentreSettings
from supervisor.accounts.models import Account, AccountSession
from supervisor.app import app_of
from supervisor.callers import SESSION_COOKIE
from supervisor.centre import Centre, open_centre
from supervisor.contract.evidence import canonical_json, evidence_json, parse_evidence, sha256_hex, verdict_json
from supervisor.contract.signing import BoxAuth
from supervisor.profiles import profile_named
from supervisor.rules.evidence import LessonEvidence
from supervisor.rules.identifiers import id_check_digit
from supervisor.rules.judge import judge
from supervisor.vault import token_hash
from tests.support.databases import centre_database, restore, snapshot, with_tables
from tests.support.folders import Files, kept, put
from tests.support.opening import BASIC, approve, complete

PROFILE = "000000-demo.1"
PASSWORD = "a long enough password"
START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
"""Start of each class's session: 09:00 at the site."""
TRAINEES = 3


def id_number(number: int) -> str:
    """Of somebody made up: born `number` days after 1980-01-01, sequence 000, which no real person has."""
    body = f"140521{date(1980, 1, 1) + timedelta(days=number):%Y%m%d}000"
    return body + id_check_digit(body)


@dataclass
class School:
    """One institution and what it has. `teacher`, `inspector`: signed-in clients of this institution."""

    institution: str
    site: str
    room: str
    camera: str
    box: str
    key: Ed25519PrivateKey
    box_client: httpx.Client
    teacher: httpx.Client
    inspector: httpx.Client
    training: dict[str, Any]
    trainees: list[tuple[str, str]]
    log: list[str] = field(default_factory=list)

    @property
    def session(self) -> dict[str, Any]:
        return self.training["sessions"][0]

    @property
    def lesson(self) -> str:
        return self.session["lesson_hours"][0]["id"]


@dataclass(frozen=True)
class Origin:
    """A county that was made over HTTP once: what every further one of the same kind is copied from."""

    now: datetime
    files: Files
    database: bytes | str
    admin: httpx.Client
    approver: httpx.Client
    inspector: httpx.Client
    schools: list[School]


@cache
def _origin(kind: str, profile: str, plan_minutes: int) -> Origin:
    with tempfile.TemporaryDirectory(prefix="lessonproof-county-") as name:
        folder = Path(name) / "centre"
        url = centre_database(kind, Path(name))
        made = County(folder, url, profile=profile, plan_minutes=plan_minutes, copied=False)
        database = snapshot(made.centre.uow.engine)
        return Origin(made.clock.now(), kept(folder), database, made.admin, made.approver, made.inspector, made.schools)


class County:
    def __init__(
        self,
        folder: Path,
        database_url: str | None = None,
        *,
        profile: str = PROFILE,
        plan_minutes: int = 7,
        copied: bool = True,
        **settings: Any,
    ) -> None:
        """`plan_minutes`: how long each class's session of two lesson hours lasts. `copied`: from one that was made
        before; settings of one's own are never copied."""
        self._plan = {"profile": profile, "minutes": plan_minutes}
        chosen = CentreSettings(**{"data_dir": folder, "database_url": database_url, "demo": True} | settings)
        if copied and not settings:
            self._copy(chosen, _origin(make_url(chosen.engine_url()).get_backend_name(), profile, plan_minutes))
            return
        with_tables(chosen.engine_url(), "centre")
        self._open(chosen, START - timedelta(hours=1))
        self.admin = self._signed_in("system_admin", None)
        self.approver = self.account("approver")
        self.inspector = self.account("inspector")
        self.schools = [self._school(number) for number in range(2)]

    def _open(self, settings: CentreSettings, now: datetime) -> None:
        self.clock = ManualClock(now)
        self.centre: Centre = open_centre(settings, self.clock)
        self.app = app_of(self.centre)

    def _copy(self, settings: CentreSettings, origin: Origin) -> None:
        put(settings.data_dir, origin.files)
        restore(settings.engine_url(), origin.database)
        self._open(settings, origin.now)
        self.admin, self.approver, self.inspector = map(self._as, (origin.admin, origin.approver, origin.inspector))
        self.schools = [
            replace(
                school, box_client=self.box_client(school.box, school.key), teacher=self._as(school.teacher),
                inspector=self._as(school.inspector), training=deepcopy(school.training),
                trainees=[*school.trainees], log=[*school.log],
            )
            for school in origin.schools
        ]  # fmt: skip

    def _as(self, other: httpx.Client) -> httpx.Client:
        """The same person here."""
        client = self.client()
        client.cookies.set(SESSION_COOKIE, other.cookies[SESSION_COOKIE])
        return client

    @cached_property
    def security(self) -> httpx.Client:
        """The security administrator, who grants what the system administrator asks for."""
        return self.account("security_admin")

    def client(self, **changes: Any) -> httpx.Client:
        return TestClient(self.app, base_url="http://centre.example", raise_server_exceptions=False, **changes)

    def _opened(self, teacher: httpx.Client, institution: str, wanted: dict[str, Any]) -> dict[str, Any]:
        """The class, approved. Rules with an opening application get one with everything in it."""
        whole = profile_named(wanted["profile"]).opening_application is not None
        if whole:
            (row,) = wanted.pop("plan")
        training = post(teacher, "/api/classes", wanted)
        path = f"/api/classes/{training['id']}"
        if whole:
            responsible, handler = self.account("responsible", institution), self.account("handler")
            when = [row["date"], BASIC, str(row["lesson_hours"]), row["start"], row["end"]]
            where = ["教室A", row["teachers"][0], id_number(900), "教材,某社", "理论"]
            complete(teacher, responsible, training, [when + where])
        post(teacher, f"{path}/submit", None, 200)
        if whole:
            approve(handler, self.approver, path)
        else:
            post(self.approver, f"{path}/approve", {}, 200)
        return teacher.get(path).json()

    def account(self, role: str, institution: str | None = None, **columns: Any) -> httpx.Client:
        """A client that is signed in with `role`; every account has the password PASSWORD. `columns`: of its scope."""
        return self._signed_in(role, None if institution is None else UUID(institution), **columns)

    def _signed_in(self, role: str, institution: UUID | None, **columns: Any) -> httpx.Client:
        now, token = self.clock.now(), secrets.token_urlsafe(16)
        with self.centre.uow.write() as session:
            account = Account(
                created_at=now,
                granted_at=now,
                username=f"{role}-{secrets.token_hex(4)}",
                name="李某",
                role=role,
                institution_id=institution,
                password_hash=_password_hash(),
                **columns,
            )
            session.add(account)
            session.flush()
            session.add(
                AccountSession(
                    created_at=now,
                    token_sha256=token_hash(token),
                    account_id=account.id,
                    expires_at=now + timedelta(days=400),
                )
            )
        client = self.client()
        client.cookies.set(SESSION_COOKIE, token)
        return client

    def box_client(self, box: str, key: Ed25519PrivateKey) -> httpx.Client:
        client = self.client()
        client.auth = BoxAuth(key, box, self.clock)
        return client

    def revoke(self, box: str, reason: str = "other") -> None:
        post(self.admin, f"/api/boxes/{box}/revoke", {"reason": reason}, 204)

    def _school(self, number: int) -> School:
        institution = post(self.admin, "/api/institutions", {"name": f"第{number}培训学校"})["id"]
        site = post(self.admin, "/api/sites", {"institution_id": institution, "name": "本部"})["id"]
        room = post(self.admin, "/api/rooms", {"site_id": site, "name": "教室A"})["id"]
        made = post(self.admin, "/api/boxes", {"site_id": site, "name": "盒子"})
        wanted = {"room_id": room, "box_id": made["id"], "code": "room-a", "accepted": True}
        camera = post(self.admin, "/api/cameras", wanted)["id"]
        key = Ed25519PrivateKey.generate()
        post(self.client(), "/api/box/enrol", enrol_request(made["code"], key))
        trainees = [(f"学员{number}{each}", id_number(number * 10 + each)) for each in range(TRAINEES)]
        teacher = self.account("teacher", institution)
        wanted = class_wanted(institution, room, trainees, f"2026-{number}", **self._plan)
        training = self._opened(teacher, institution, wanted)
        return School(
            institution=institution,
            site=site,
            room=room,
            camera=camera,
            box=made["id"],
            key=key,
            box_client=self.box_client(made["id"], key),
            teacher=teacher,
            inspector=self.account("inspector", institution),
            training=training,
            trainees=trainees,
        )

    def check_in(self, school: School, who: int = 0, direction: str = "in", **changes: Any) -> httpx.Response:
        """As trainee number `who`, from a phone of their own."""
        name, number = school.trainees[who]
        body = {
            "name": name,
            "id_last4": number[-4:],
            "direction": direction,
            "idempotency_key": secrets.token_urlsafe(16),
        }
        return self.client().post(f"/api/checkin/{school.session['code']}", json=body | changes)

    def evidence(self, school: School, **changes: Any) -> LessonEvidence:
        """A whole lesson hour recorded, everybody seen, as the box puts it together; `changes` replace JSON fields."""
        target = school.box_client.get("/api/box/target").json()
        told = next(lesson for lesson in target["lessons"] if lesson["lesson_hour_id"] == school.lesson)
        attendance = told["attendance"]
        length = epoch_ms(datetime.fromisoformat(told["end"])) - epoch_ms(datetime.fromisoformat(told["start"]))
        seen = changes.pop("seen", len(attendance["present"]))
        body = {
            "schema": "lessonproof/evidence/1",
            "lesson_hour_id": school.lesson,
            "class_no": told["class_no"],
            "kind": told["kind"],
            "start": told["start"],
            "duration_ms": length,
            "exempt": told["exempt"],
            "complete": True,
            "assessed_ms": length + 60_000,
            "delivered_ms": None,
            "box_id": school.box,
            "box_version": "test",
            "attendance": {
                "present": attendance["present"],
                "on_leave": attendance["on_leave"],
                "roster": attendance["roster"],
                "teachers_in_zone": 0,
            },
            "cameras": [
                {
                    "camera_id": school.camera,
                    "zone": "room",
                    "accepted": True,
                    "clock_offset_ms": 0,
                    "spans": [{"start_ms": 0, "end_ms": length}],
                    "gaps": [],
                    "excluded": [],
                    "samples": [{"at_ms": at, "count": seen} for at in range(0, length, 2000)],
                    "counter": {"name": "yunet", "model_sha256": "0" * 64, "engine": "test", "threshold": 0.7},
                }
            ],
        }
        return parse_evidence(canonical_json(body | changes))

    def verdict_entry(
        self, school: School, evidence: LessonEvidence | None = None, clip: bytes | None = None, **changes: Any
    ) -> str:
        """The log entry of a verdict, canonical. `clip`: bytes whose manifest is in it."""
        evidence = evidence or self.evidence(school)
        start = epoch_ms(datetime.fromisoformat(evidence.start))
        manifest = clip and {
            "lesson_hour_id": school.lesson,
            "camera_id": school.camera,
            "sha256": sha256_hex(clip),
            "bytes": len(clip),
            "start_ms": start,
            "end_ms": start + 64_000,
            "media_ms": 64_000,
            "codec": "h264",
            "width": 320,
            "height": 180,
        }
        entry = {
            "kind": "verdict",
            "at": epoch_ms(self.clock.now()),
            "lesson_hour_id": school.lesson,
            "evidence": evidence_json(evidence),
            "verdict": verdict_json(judge(evidence, profile_named(school.training["profile"]))),
            "clips": [manifest] if manifest else [],
        }
        return canonical_json(entry | changes).decode()

    def boot_entry(self, *, name: str = "box") -> str:
        entry = {"kind": "boot", "at": epoch_ms(self.clock.now()), "boot_id": "b", "version": "1", "hostname": name}
        return canonical_json(entry).decode()

    def report(self, school: School, *entries: str) -> httpx.Response:
        """Append to the school's log, from where it ended."""
        body = {"from_index": len(school.log), "entries": list(entries)}
        answer = school.box_client.post("/api/box/log", json=body)
        if answer.is_success:
            school.log.extend(entries)
        return answer


@cache
def _password_hash() -> str:
    return PasswordHasher().hash(PASSWORD)


def class_wanted(
    institution: str,
    room: str,
    trainees: list[tuple[str, str]],
    class_no: str,
    *,
    profile: str = PROFILE,
    minutes: int = 7,
) -> dict[str, Any]:
    start = START.astimezone(CHINA)
    return {
        "institution_id": institution,
        "class_no": class_no,
        "name": "电工五级",
        "profile": profile,
        "roster": [{"name": name, "id_number": number} for name, number in trainees],
        "plan": [
            {
                "date": start.date().isoformat(),
                "start": start.strftime("%H:%M"),
                "end": (start + timedelta(minutes=minutes)).strftime("%H:%M"),
                "lesson_hours": 2,
                "kind": "theory",
                "room_id": room,
                "teachers": ["张老师"],
            }
        ],
    }


def enrol_request(code: str, key: Ed25519PrivateKey) -> dict[str, str]:
    public = base64.b64encode(key.public_key().public_bytes_raw()).decode()
    return {"code": code, "public_key": public, "hostname": "box", "version": "test"}


def post(client: httpx.Client, path: str, body: Any, status: int | None = None) -> Any:
    """The JSON answer; fails with the problem's text when it is not a success (or not `status`)."""
    answer = client.post(path, json=body)
    assert answer.is_success if status is None else answer.status_code == status, f"{path}: {answer.text}"
    return answer.json() if answer.content else None


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem+json body, after checking that it is one."""
    assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["title"] and body["title_zh"]
    return body


def verified(handler: httpx.Client, school: School) -> str:
    """A verification of the school's room."""
    seen = {"day": "2026-11-01", "passed": True, "capacity": 40, "inspectors": ["检查员00", "检查员01"]}
    return str(post(handler, f"/api/rooms/{school.room}/verifications", seen, 201)["id"])
