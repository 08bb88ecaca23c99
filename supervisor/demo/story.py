"""The demo's steps, in order: centre, people, rooms, box, cameras, class, check-ins, lesson, verdicts."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from config.clock import CHINA, Clock
from config.errors import LessonProofError
from supervisor.demo.people import Person
from supervisor.demo.processes import Processes
from supervisor.demo.scene import PROFILE, ROOMS, TRAINEES, Room, trainees
from supervisor.verifier.policy import read_policy
from supervisor.verifier.verify import verify

START_LIMIT_S = 60
FETCH_LIMIT_S = 280
LEAD_S = 12  # between the class's approval and its lesson hour: the box learns of it and starts recording
SETTLE_LIMIT_S = 90  # after the lesson hour: last segment, verdict, clip, delivery

Tell = Callable[[str, str], None]


@dataclass
class Demo:
    """What the demo has set up so far; each method is one step. `tell(zh, en)` shows progress."""

    folder: Path
    port: int
    clock: Clock
    processes: Processes
    tell: Tell
    host: str = "127.0.0.1"
    rooms: tuple[Room, ...] = ROOMS
    profile: str = PROFILE
    lesson_s: float = 180  # what the profile's lesson hour lasts
    segment_s: float = 10
    centre_url: str = ""
    camera_password: str = field(default_factory=lambda: secrets.token_urlsafe(12), repr=False)
    sessions: dict[str, dict[str, Any]] = field(default_factory=dict)  # room code → session with its lesson hour
    inspector: Person | None = None
    inspector_link: str = ""  # for the person in front of the screen
    lesson_start: datetime | None = None
    lesson_end: datetime | None = None
    ids: dict[str, str] = field(default_factory=dict)

    def start_centre(self) -> Person:
        """The centre, and its first administrator through the one-time link that it prints."""
        self.tell("启动中心端", "starting the centre")
        self.start_centre_process()
        link = self.processes.wait_for("centre", "/setup/", START_LIMIT_S)
        link = next(word for word in link.split() if "/setup/" in word)
        self.centre_url = link.split("/setup/")[0]
        self._wait_until_ready()
        admin = Person(self.centre_url)
        admin.redeem(link, username="demo-admin", name="演示管理员")
        return admin

    def start_centre_process(self) -> None:
        self.processes.start(
            "centre", "supervisor", "serve",
            "--data", str(self.folder / "centre"), "--host", self.host, "--port", str(self.port),
            "--allow-demo-rules",
        )  # fmt: skip

    def start_box(self) -> None:
        self.processes.start("box", "edge_agent", "run", "--config", str(self.folder / "edge.toml"))

    def begin_fetching(self) -> None:
        """Model files and photograph, the first time only; they come while the centre starts."""
        self.tell("准备模型和照片(仅第一次需要下载)", "models and photograph (downloaded the first time only)")
        self.processes.start_job("models", "edge_agent", "models", "fetch")
        self.processes.start_job("photograph", "device_adapters.simulator", "--fetch")

    def finish_fetching(self) -> None:
        self.processes.finish("models", FETCH_LIMIT_S)
        self.processes.finish("photograph", FETCH_LIMIT_S)

    def start_cameras(self) -> None:
        self.tell("启动模拟摄像机(真实 RTSP 码流)", "starting the practice cameras (real RTSP streams)")
        password = self.folder / "cameras" / "password"
        password.parent.mkdir(parents=True, exist_ok=True)
        password.touch(mode=0o600)
        password.write_text(self.camera_password, encoding="utf-8")
        spec = {
            "port": 0,
            "user": "demo",
            "password_file": str(password),
            "cameras": [
                {"path": f"/{room.code}", "room": room.name, "seed": seed, "onvif": {}, **room.camera}
                for seed, room in enumerate(self.rooms)
            ],
        }  # fmt: skip
        config = self.folder / "cameras" / "cameras.json"
        config.write_text(json.dumps(spec, ensure_ascii=False), encoding="utf-8")
        self.processes.start("cameras", "device_adapters.simulator", "--config", str(config))
        self._write_box_config()
        for room in self.rooms:
            ready = json.loads(self.processes.wait_for("cameras", f'"/{room.code}"', START_LIMIT_S))
            self.tell(f"安装摄像头 {room.code}(ONVIF)", f"adding camera {room.code} over ONVIF, as an installer would")
            self.processes.run(
                f"add-{room.code}", "edge_agent", "camera", "add", room.code, ready["onvif"], "--user", "demo",
                "--password-file", str(password), "--config", str(self.folder / "edge.toml"), limit_s=START_LIMIT_S,
            )  # fmt: skip

    def set_up_county(self, admin: Person) -> dict[str, Person]:
        """Institution, site, rooms, cameras, box, and one account for each role, through the county's own API."""
        self.tell("登记机构、场地、教室、摄像头和盒子", "registering institution, site, rooms, cameras and box")
        institution = admin.call("POST", "/api/institutions", {"name": "演示培训学校"})["id"]
        site = admin.call("POST", "/api/sites", {"institution_id": institution, "name": "演示培训点"})["id"]
        box = admin.call("POST", "/api/boxes", {"site_id": site, "name": "演示盒子"})
        self.ids = {"institution": institution, "box": box["id"]}
        for room in self.rooms:
            room_id = admin.call("POST", "/api/rooms", {"site_id": site, "name": room.name})["id"]
            self.ids[room.code] = room_id
            camera = {"room_id": room_id, "box_id": box["id"], "code": room.code, "accepted": True}
            admin.call("POST", "/api/cameras", camera)
        people = {}
        grants = admin  # the first security administrator; after that, this one grants
        for role, name, scope in (
            ("security_admin", "演示安全管理员", None),
            ("teacher", "演示教师", institution),
            ("approver", "演示审批员", None),
            ("inspector", "演示督导员", None),
        ):
            username = f"demo-{role.removesuffix('_admin')}"
            account = {"username": username, "name": name, "role": role, "institution_id": scope}
            people[role] = Person(self.centre_url)
            people[role].redeem(self._granted(admin, grants, account))
            grants = people["security_admin"]
        guest = {"username": "guest", "name": "演示访客", "role": "inspector"}
        self.inspector_link = self._granted(admin, grants, guest)
        self.inspector = people["inspector"]
        self.tell("盒子向中心端注册(一次性注册码)", "the box enrols with its one-time code")
        self.processes.run(
            "enrol", "edge_agent", "enrol", "--centre", self.centre_url, "--code", box["code"],
            "--config", str(self.folder / "edge.toml"), limit_s=START_LIMIT_S,
        )  # fmt: skip
        self.start_box()
        self.processes.wait_for("box", "configured", START_LIMIT_S)
        return people

    def _granted(self, admin: Person, grants: Person, account: dict[str, Any]) -> str:
        """The setup link of a new account; `admin` asks for it, `grants` gives it its power."""
        made = admin.call("POST", "/api/accounts", account)
        grants.call("POST", f"/api/accounts/{made['account_id']}/grant", {"decision": "grant"})
        return str(made["url"])

    def open_classes(self, teacher: Person, approver: Person) -> None:
        """One class a room: roster and plan by the school, approval by the county; it begins in a moment."""
        self.tell("开班申请与审批", "opening application and approval")
        start = (self.clock.now() + timedelta(seconds=LEAD_S + 1)).astimezone(CHINA).replace(microsecond=0)
        end = start + timedelta(seconds=self.lesson_s)
        self.lesson_start, self.lesson_end = start, end
        for room in self.rooms:
            plan = {
                "date": start.date().isoformat(),
                "start": start.strftime("%H:%M:%S"),
                "end": end.strftime("%H:%M:%S"),
                "lesson_hours": 1,
                "kind": "theory",
                "room_id": self.ids[room.code],
                "teachers": ["演示教师"],
            }
            opened = teacher.call("POST", "/api/classes", {
                "institution_id": self.ids["institution"],
                "class_no": f"DEMO-{room.name}",
                "name": f"演示班({room.name} 教室)",
                "profile": self.profile,
                "roster": trainees(room),
                "plan": [plan],
            })  # fmt: skip
            teacher.call("POST", f"/api/classes/{opened['id']}/submit")
            approver.call("POST", f"/api/classes/{opened['id']}/approve", {})
            self.sessions[room.code] = opened["sessions"][0]

    def check_trainees_in(self) -> None:
        """Each from a phone of their own, through the endpoint the phone page uses."""
        self.tell(
            f"{TRAINEES * len(self.rooms)} 名学员手机签到", f"{TRAINEES * len(self.rooms)} trainees check in by phone"
        )
        for room in self.rooms:
            for trainee in trainees(room):
                phone = Person(self.centre_url)
                phone.call("POST", f"/api/checkin/{self.sessions[room.code]['code']}", {
                    "name": trainee["name"],
                    "id_last4": trainee["id_number"][-4:],
                    "direction": "in",
                    "idempotency_key": secrets.token_urlsafe(16),
                })  # fmt: skip
                phone.close()

    def watch(self, room: Room) -> dict[str, Any]:
        """The lesson hour of a room as the inspector sees it now."""
        assert self.inspector is not None
        self.processes.check()
        lesson = self.sessions[room.code]["lesson_hours"][0]["id"]
        page: dict[str, Any] = self.inspector.call("GET", f"/api/lessons/{lesson}")
        return page

    def finished(self, page: dict[str, Any]) -> bool:
        """A verdict of the centre is there, every clip it names, and the countersignature over it."""
        lesson, witness = page["lesson"], page["witness"]
        judged = lesson["verdict"] is not None and lesson["verdict"]["verdict"]["state"] != "no_data_yet"
        witnessed = witness is not None and witness["at"] is not None
        return judged and witnessed and lesson["clips_verified"] == lesson["clips_expected"]

    def verify(self, room: Room) -> list[str]:
        """The inspector exports the lesson hour; whoever has the centre's policy checks it. Codes of what fails."""
        assert self.inspector is not None
        lesson = self.sessions[room.code]["lesson_hours"][0]["id"]
        bundle = self.folder / "bundles" / f"{room.code}.zip"
        self.inspector.download(f"/api/lessons/{lesson}/bundle.zip", bundle)
        policy = self.folder / "policy.json"
        if not policy.exists():
            centre = str(self.folder / "centre")
            self.processes.run(
                "policy", "supervisor", "policy", "--data", centre, "-o", str(policy), limit_s=START_LIMIT_S
            )
        return [failure.code for failure in verify(bundle, read_policy(policy)).failures]

    def overdue(self) -> bool:
        assert self.lesson_end is not None
        return self.clock.now() > self.lesson_end + timedelta(seconds=SETTLE_LIMIT_S)

    def _wait_until_ready(self) -> None:
        probe = Person(self.centre_url)
        deadline = self.clock.monotonic() + START_LIMIT_S
        while True:
            self.processes.check()
            try:
                probe.call("GET", "/readyz")
                return
            except LessonProofError:
                if self.clock.monotonic() > deadline:
                    raise
                self.clock.sleep(0.2)

    def _write_box_config(self) -> None:
        """The site's own configuration; it will hold the cameras' password, so only its owner may read it."""
        path = self.folder / "edge.toml"
        path.touch(mode=0o600)
        path.write_text(
            f"""data_dir = {json.dumps(str(self.folder / "box"))}
segment_s = {self.segment_s}
lead_s = 8
poll_s = 1
metrics_port = 0
clock_trust = "operator"  # a container shows no NTP state of its own
min_free_bytes = 200000000
expected_bitrate = 2000000
""",
            encoding="utf-8",
        )
