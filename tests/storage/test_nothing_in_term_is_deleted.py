"""A clip in term is there, byte for byte, after everything that anybody and anything can do: every route as every role,
every command, every job at any hour, a full disk, a bucket that deletes by itself.

The tables below name what is there. A new command fails the test until somebody has said what it does to a clip.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import edge_agent.cli
import supervisor.cli
from config.clock import epoch_ms
from config.settings import EdgeSettings
from edge_agent.disk.ballast import Ballast
from edge_agent.disk.keeper import EVERY_S, DiskKeeper
from storage.evidence.tables import ClipRow, LessonRow, LogRow, Segment
from supervisor.jobs import JOBS
from supervisor.lessons.uploads import object_key
from supervisor.retention.retire import retire_clips
from supervisor.retention.scrub import scrub_clips
from tests.support.archived import archive, clips, events, pass_to, tell_state, term_end
from tests.support.box import START, camera_of, film, lesson_of, new_box, target_of
from tests.support.county import County, School, class_wanted, id_number, verified
from tests.support.databases import KINDS, centre_database, database_servers
from tests.support.routes import body_kind, routes
from tests.support.seaweed import ACCESS, SECRET, Seaweed, seaweed

__all__ = ["database_servers", "seaweed"]
CONTENT = secrets.token_bytes(120_000)
NAME = hashlib.sha256(CONTENT).hexdigest()
OF_NOTHING_THERE = (
    "change_id", "check_id", "difference_id", "draw_id", "drop_out_id", "event_id", "exemption_id", "explanation_id",
    "export_id", "inspection_id", "leave_id", "licence_id", "list_id", "makeup_id", "message_id", "objection_id",
    "patrol_id", "plan_id", "request_id", "roll_call_id", "rotating", "selfie_id", "seq", "span_id",
)  # fmt: skip
"""Ids in routes whose rows have nothing to do with clips."""
SHUT_OUT = (401, 403)
CHANGING = {"POST", "PUT", "PATCH", "DELETE"}


@pytest.fixture(params=KINDS)
def county(request: pytest.FixtureRequest, tmp_path: Path, database_servers: None) -> County:
    made = County(tmp_path / "centre", centre_database(request.param, tmp_path))
    archive(made, made.schools[0], CONTENT)
    return made


def check(county: County) -> None:
    there(county)
    assert events(county, "clip_deleting", "clip_deleted") == []


def there(county: County) -> None:
    size = len(CONTENT)
    assert b"".join(county.centre.store.get_range(object_key(NAME), 0, size + 1)) == CONTENT
    assert [(one.state, one.deleted_at) for one in clips(county, NAME)] == [("verified", None)]


def bodies(county: County, school: School) -> list[object]:
    """Nothing, and what would be valid somewhere."""
    whole = {
        "name": "x", "institution_id": school.institution, "site_id": school.site, "room_id": school.room,
        "box_id": school.box, "code": "x", "text": "x", "reason": "audit", "lesson_hour_id": school.lesson,
    }  # fmt: skip
    keys = (
        ("institution_id", "name"), ("site_id", "name"), ("room_id", "box_id", "code"), ("box_id",), ("text",),
        ("lesson_hour_id", "reason", "text"),
    )  # fmt: skip
    training = class_wanted(school.institution, school.room, [("孙某", id_number(77))], secrets.token_hex(4))
    return [{}, training, *({key: whole[key] for key in some} for some in keys)]


@pytest.mark.parametrize("county", ["sqlite"], indirect=True)  # some thousand requests, the same code on PostgreSQL
@pytest.mark.timeout(900)
def test_no_route_deletes_it_whoever_calls(county: County) -> None:
    school = county.schools[0]
    hold = county.inspector.post(
        "/api/holds", json={"lesson_hour_id": school.lesson, "reason": "audit", "text": "x"}
    ).json()["id"]
    filling = {
        "verification_id": verified(county.account("handler"), school),
        "lesson_hour_id": school.lesson, "sha256": NAME, "hold_id": hold, "box_id": school.box,
        "camera_id": school.camera, "session_code": school.session["code"], "class_id": school.training["id"],
        "account_id": "0" * 32, "token": "t", "code": school.session["code"],
        "institution_id": school.institution, "site_id": school.site, "room_id": school.room,
        "session_id": school.session["id"], "entry_id": school.training["roster"][0]["id"], "day": "2026-11-23",
    } | dict.fromkeys(OF_NOTHING_THERE, "0" * 32)  # fmt: skip
    callers = [
        county.admin, county.approver, county.inspector, school.teacher, school.inspector, school.box_client,
        county.schools[1].box_client, county.client(),
    ]  # fmt: skip
    nothing: dict[str, Any] = {"content": b"", "headers": {"Upload-Offset": "0"}}
    form: dict[str, Any] = {"data": {"text": "x", "reason": "audit", "covers": "class"}}
    forms = (form, nothing)
    answers: Counter[bool] = Counter()
    for route in sorted(routes(county.app.routes), key=lambda one: "revoke" in one.path or "session" in one.path):
        unknown = set(re.findall(r"{(\w+)}", route.path)) - set(filling)
        assert not unknown or not route.methods & CHANGING, f"{route.path}: say what {unknown} is"
        if unknown:
            continue
        path = route.path.format(**filling)
        for method in sorted(route.methods & CHANGING | ({"DELETE"} if "{" in route.path else set())):
            for caller in callers:
                jsons = ({"json": body} for body in bodies(county, school))
                sendings = {"json": (*jsons, nothing), None: (nothing, {"json": {}})}.get(body_kind(route), forms)
                for sent in sendings:
                    answer = caller.request(method, path, **sent)
                    answers[answer.is_success] += 1
                    if answer.status_code in SHUT_OUT:
                        break  # whatever else this caller sends
    assert answers[True] > 100 and answers[False] > 1000
    check(county)


CENTRE_COMMANDS: dict[str, list[str] | str] = {
    "retention": ["--json"],
    "hold": ["--by", "nobody", "--reason", "audit", "--text", "x"],
    "setup-link": ["--username", "nobody"],
    "judge": ["no-such-file.json"],
    "registry-server": "a registry of its own, for tests and demo",
    "serve": "its routes and its jobs are tried here",
    "demo": "has a folder of its own",
    "bundle": ["00000000-0000-4000-8000-000000000000", "-o", "x.zip"],
    "policy": [],
    "archive": ["2026-0", "-o", "x.zip", "--by", "nobody"],
    "witness": "cosigns another centre's log, and has a folder of its own",
    "verify": ["no-such-file.zip", "--policy", "no-such-file.json"],
}
BOX_COMMANDS: dict[str, list[str] | str] = {
    "fsck": ["--level", "hash", "--repair"],
    "doctor": ["--json"],
    "enrol": ["--centre", "http://127.0.0.1:1", "--code", "AAAA"],
    "rotate-key": [],
    "run": "its keeper is tried here",
    "record": "writes into the folder it is given, and only new files",
    "count": "reads pictures",
}


def names(cli: object) -> set[str]:
    commands = cli.registered_commands  # type: ignore[attr-defined]
    return {command.name or command.callback.__name__.replace("_", "-") for command in commands}


def test_no_command_of_the_centre_deletes_it(county: County, monkeypatch: pytest.MonkeyPatch) -> None:
    assert names(supervisor.cli.app) == set(CENTRE_COMMANDS)
    monkeypatch.setenv("LESSONPROOF_CENTRE_DATABASE_URL", county.centre.settings.engine_url())
    data = str(county.centre.settings.data_dir)
    for name, arguments in CENTRE_COMMANDS.items():
        if isinstance(arguments, list):
            where = [] if name in {"judge", "verify"} else ["--data", data]
            CliRunner().invoke(supervisor.cli.app, [name, *arguments, *where])
    check(county)


def test_no_job_deletes_it_at_any_hour(county: County) -> None:
    last = term_end(county) - timedelta(seconds=1)
    for at in (county.clock.now(), county.clock.now() + timedelta(days=400), last - timedelta(days=1), last):
        pass_to(county, at)
        for work, _ in JOBS.values():
            work(county.centre)
        check(county)


def test_no_job_deletes_it_by_a_clock_that_jumped(county: County) -> None:
    tell_state(county, county.schools[0])
    for _ in range(3):
        for work, _ in JOBS.values():
            work(county.centre)
        county.clock.step(800 * 86_400)
    check(county)


def test_no_full_disk_and_no_command_of_the_box_deletes_what_is_in_term(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert names(edge_agent.cli.app) == set(BOX_COMMANDS)
    box = new_box(tmp_path)
    lesson = lesson_of(minutes=1)
    box.told(target_of([lesson]))
    film(box, START, 60)
    box.clock.sleep(900)
    box.paths.clips.mkdir()
    (box.paths.clips / f"{NAME}.mp4").write_bytes(CONTENT)
    with box.work.write() as session:
        index = session.query(LogRow.idx).order_by(LogRow.idx.desc()).first()[0]
        hour = {"lesson_hour_id": str(lesson.lesson_hour_id)}
        session.add(
            LessonRow(start_ms=epoch_ms(lesson.start), end_ms=epoch_ms(lesson.end), raw_days=30, log_idx=index, **hour)
        )
        session.add(
            ClipRow(
                sha256=NAME, camera_id=str(camera_of().camera_id), path=f"{NAME}.mp4", bytes=len(CONTENT),
                delivered=True, **hour,
            )
        )  # fmt: skip
        segments = {row.path: row.sha256 for row in session.query(Segment)}
    settings = EdgeSettings(data_dir=tmp_path, min_free_bytes=1 << 60)
    keeper = DiskKeeper(box.work, box.plans, box.paths, settings, box.clock, Ballast(box.paths.ballast, 4096))
    for _ in range(29 * 24):
        keeper.tick()
        box.clock.sleep(EVERY_S)
        box.plans.confirm(box.clock.now())
    box.clock.step(800 * 86_400)
    keeper.tick()
    for name, arguments in BOX_COMMANDS.items():
        if isinstance(arguments, list):
            CliRunner().invoke(edge_agent.cli.app, [name, *arguments, "--data", str(tmp_path)])
    assert (box.paths.clips / f"{NAME}.mp4").read_bytes() == CONTENT
    found = {
        path.relative_to(box.paths.recordings).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in box.paths.recordings.rglob("*.mp4")
    }
    assert found == segments and len(found) == 3


@pytest.fixture
def in_bucket(tmp_path: Path, database_servers: None, seaweed: Seaweed) -> Callable[[int | None], County]:
    def make(lock_days: int | None) -> County:
        bucket = seaweed.bucket(lock_days=lock_days)
        s3 = {"bucket": bucket.name, "endpoint": seaweed.endpoint, "access_key_id": ACCESS, "secret_access_key": SECRET}
        return County(tmp_path / "centre", centre_database("sqlite", tmp_path), archive="s3", s3=s3)

    return make


def test_a_bucket_with_object_lock_keeps_it_even_from_us(
    in_bucket: Callable[[int | None], County], seaweed: Seaweed
) -> None:
    county = in_bucket(1000)
    archive(county, county.schools[0], CONTENT)
    pass_to(county, term_end(county) + timedelta(days=1))
    assert retire_clips(county.centre) == 0
    there(county)
    (alarm,) = events(county, "clip_not_deleted")
    assert alarm.details["vetoes"] == ["locked"]
    assert seaweed.delete_version(county.centre.store._bucket, object_key(NAME)).status_code == 403  # type: ignore[attr-defined]


def test_a_bucket_that_would_delete_it_by_a_rule_of_its_own_is_an_alarm(
    in_bucket: Callable[[int | None], County], seaweed: Seaweed
) -> None:
    county = in_bucket(None)
    archive(county, county.schools[0], CONTENT)
    scrub_clips(county.centre)
    assert events(county, "archive_deletes") == []
    rule = "<Filter><Prefix>clips/</Prefix></Filter><Expiration><Days>30</Days></Expiration>"
    seaweed.set_lifecycle(county.centre.store._bucket, rule)  # type: ignore[attr-defined]
    for work, _ in JOBS.values():
        work(county.centre)
    check(county)
    (alarm,) = events(county, "archive_deletes")
    assert alarm.alarm and alarm.details["rules"] == ["r"]


def test_the_outlook_is_json_and_says_what_leaves_when(county: County, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LESSONPROOF_CENTRE_DATABASE_URL", county.centre.settings.engine_url())
    shown = CliRunner().invoke(
        supervisor.cli.app, ["retention", "--json", "--data", str(county.centre.settings.data_dir)]
    )
    told = json.loads(shown.stdout)
    assert told["states"] == {"verified": {"clips": 1, "bytes": len(CONTENT)}}
    assert told["leaving"] == {"2028-11": {"clips": 1, "bytes": len(CONTENT)}}
    assert told["held"]["clips"] == told["asked_again"]["clips"] == 0
