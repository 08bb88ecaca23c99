from __future__ import annotations

import json

import pytest
from sqlalchemy import func, select

from supervisor.audit.models import AuditEvent
from supervisor.contract.evidence import canonical_json, sha256_hex
from supervisor.lessons.models import EvidenceClip, EvidenceRow, LessonVerdictRow, LogEntryRow
from tests.support.county import County, problem


def boot(at: int) -> str:
    return canonical_json({"kind": "boot", "at": at, "boot_id": "b", "version": "1", "hostname": "h"}).decode()


def rows(county: County, table: type) -> int:
    with county.centre.uow.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def alarms(county: County) -> list[str]:
    with county.centre.uow.read() as session:
        return list(session.scalars(select(AuditEvent.action).where(AuditEvent.alarm)))


def versions(county: County, school: int = 0) -> list[tuple[int, str, str, bool | None]]:
    answer = county.inspector.get(f"/api/lessons/{county.schools[school].lesson}").json()
    return [(v["version"], v["source"], v["verdict"]["state"], v["agrees"]) for v in answer["verdicts"]]


def after_the_lesson(county: County, checked_in: int = 3) -> None:
    """Everybody checks in before the lesson; then it is over."""
    county.clock.step(50 * 60)
    for who in range(checked_in):
        assert county.check_in(county.schools[0], who).is_success
    county.clock.step(15 * 60)


def test_entries_are_taken_once_and_the_receipt_is_the_same_for_a_replay(county: County) -> None:
    school = county.schools[0]
    first = county.report(school, boot(1), boot(2))
    assert first.json()["size"] == 2
    replay = school.box_client.post("/api/box/log", json={"from_index": 0, "entries": [boot(1), boot(2), boot(3)]})
    assert replay.json()["size"] == 3
    assert rows(county, LogEntryRow) == 3


def test_clock_deletions_and_losses_are_kept_as_the_box_tells_them(county: County) -> None:
    school = county.schools[0]
    file = {"camera": str(school.camera), "file": "20261123/1.mp4", "sha256": "0" * 64, "bytes": 5, "at": 9}
    clock = {
        "kind": "clock", "at": 8, "boot_id": None, "monotonic_ms": 5, "synchronised": None, "offset_us": None,
        "uncertainty_ms": None, "step_ms": -3_600_000, "vouched_by": "ntp", "trusted": False,
    }  # fmt: skip
    deletion = file | {"kind": "deletion", "what": "segment", "reason": "term_over", "n": 0, "prev": None}
    first = canonical_json(deletion)
    loss = file | {"kind": "loss", "what": "clip", "found": "missing", "n": 1, "prev": sha256_hex(first)}
    answer = county.report(school, canonical_json(clock).decode(), first.decode(), canonical_json(loss).decode())
    assert answer.json()["size"] == 3
    with county.centre.uow.read() as session:
        kinds = list(session.scalars(select(LogEntryRow.kind).order_by(LogEntryRow.idx)))
    assert kinds == ["clock", "deletion", "loss"]
    assert alarms(county) == []


def test_a_hole_is_refused_with_the_size_wanted(county: County) -> None:
    answer = county.schools[0].box_client.post("/api/box/log", json={"from_index": 5, "entries": [boot(1)]})
    assert problem(answer, 409, "LOG_HOLE")["size"] == 0


def test_a_fork_is_refused_and_alarmed_and_nothing_of_the_request_stays(county: County) -> None:
    school = county.schools[0]
    county.report(school, boot(1))
    answer = school.box_client.post("/api/box/log", json={"from_index": 0, "entries": [boot(2), boot(3)]})
    assert problem(answer, 422, "LOG_FORK")["where"] == "/entries/0"
    assert rows(county, LogEntryRow) == 1
    assert alarms(county) == ["log_fork"]


@pytest.mark.parametrize(
    ("bad", "where"),
    [
        ("{", "/entries/1"),
        ('{"kind": "boot"}', "/entries/1"),  # a space: not canonical
        ('{"at":1,"kind":"party"}', "/entries/1"),
        ('{"at":-1,"boot_id":"b","hostname":"h","kind":"boot","version":"1"}', "/entries/1/boot/at"),
        ('{"at":1,"boot_id":"\\u0000","hostname":"h","kind":"boot","version":"1"}', "/entries/1"),
        ("[" * 2000 + "]" * 2000, "/entries/1"),
    ],
)
def test_a_malformed_entry_is_refused_with_its_index_and_nothing_is_stored(
    county: County, bad: str, where: str
) -> None:
    answer = county.report(county.schools[0], boot(1), bad)
    assert problem(answer, 422, "LOG_ENTRY_INVALID")["where"] == where
    assert rows(county, LogEntryRow) == 0


def test_malformed_evidence_inside_a_verdict_entry_is_named_to_the_field(county: County) -> None:
    school = county.schools[0]
    after_the_lesson(county)
    entry = json.loads(county.verdict_entry(school))
    entry["evidence"]["cameras"][0]["samples"][3]["count"] = -1
    answer = county.report(school, canonical_json(entry).decode())
    assert problem(answer, 422, "LOG_ENTRY_INVALID")["where"].startswith("/entries/0/evidence/cameras/0/samples/3")


def test_the_centre_recomputes_what_the_box_said_and_keeps_both(county: County) -> None:
    school = county.schools[0]
    after_the_lesson(county)
    assert county.report(school, county.verdict_entry(school, clip=b"a clip")).is_success
    assert versions(county) == [(2, "centre", "pass", True), (1, "box", "pass", None)]
    lesson = county.inspector.get(f"/api/lessons/{school.lesson}").json()
    assert lesson["lesson"]["verdict"]["version"] == 2
    assert lesson["evidence"]["delivered_ms"] == 5 * 60_000
    assert alarms(county) == []


def test_a_verdict_that_does_not_follow_from_its_evidence_is_an_alarm(county: County) -> None:
    school = county.schools[0]
    after_the_lesson(county)
    honest = county.verdict_entry(school, county.evidence(school, seen=1), clip=b"a clip")
    lie = json.loads(honest)
    lie["verdict"]["state"] = "pass"
    lie["verdict"]["reasons"] = []
    county.report(school, canonical_json(lie).decode())
    assert versions(county) == [(2, "centre", "fail_proposed", False), (1, "box", "pass", None)]
    assert alarms(county) == ["verdict_disagrees"]


def test_the_centres_own_check_ins_win_over_the_attendance_the_box_reported(county: County) -> None:
    school = county.schools[0]
    after_the_lesson(county)
    full = county.evidence(school).attendance
    assert full is not None
    fewer = {"present": full.present[:1], "on_leave": [], "roster": full.roster, "teachers_in_zone": 0}
    county.report(
        school, county.verdict_entry(school, county.evidence(school, seen=1, attendance=fewer), clip=b"a clip")
    )
    assert versions(county) == [
        (3, "centre", "fail_proposed", None),  # the box judged something else
        (2, "centre", "pass", True),
        (1, "box", "pass", None),
    ]
    page = county.inspector.get(f"/api/lessons/{school.lesson}").json()
    assert len(page["evidence"]["attendance"]["present"]) == 3
    assert page["lesson"]["verdict"]["verdict"]["required"] == 3


def test_a_camera_that_was_never_accepted_is_not_accepted_because_the_box_says_so(county: County) -> None:
    school = county.schools[0]
    with county.centre.uow.write() as session:
        from supervisor.devices.models import Camera

        for camera in session.scalars(select(Camera)):
            camera.accepted = False
    after_the_lesson(county)
    county.report(school, county.verdict_entry(school, clip=b"a clip"))
    assert [version[2] for version in versions(county)] == ["review", "pass", "pass"]


def test_a_check_in_after_the_evidence_brings_a_new_version(county: County) -> None:
    school = county.schools[0]
    after_the_lesson(county)
    county.report(school, county.verdict_entry(school, clip=b"a clip"))
    assert county.check_in(school, 0, "out").is_success  # after the end: changes nothing
    assert len(versions(county)) == 2


def test_leaving_early_after_the_evidence_brings_a_new_version(county: County) -> None:
    school = county.schools[0]
    county.clock.step(50 * 60)
    for who in range(3):
        county.check_in(school, who)
    county.clock.step(10 * 60)  # 09:00: the lesson hour has begun
    entry = county.verdict_entry(school, clip=b"a clip")
    county.report(school, entry)
    assert county.check_in(school, 0, "out").is_success  # the door for leaving opens ten minutes before the end
    assert [version[:2] for version in versions(county)] == [(3, "centre"), (2, "centre"), (1, "box")]
    assert [version[3] for version in versions(county)] == [None, True, None]
    page = county.inspector.get(f"/api/lessons/{school.lesson}").json()
    assert len(page["evidence"]["attendance"]["present"]) == 2


@pytest.mark.parametrize(
    "lie",
    [
        {"start": "2026-11-23T01:30:00Z"},
        {"duration_ms": 60_000},
        {"class_no": "other"},
        {"kind": "practice"},
        {"box_id": "00000000-0000-0000-0000-000000000000"},
    ],
)
def test_evidence_that_speaks_of_another_lesson_proves_nothing(county: County, lie: dict[str, object]) -> None:
    school = county.schools[0]
    after_the_lesson(county)
    assert county.report(
        school, county.verdict_entry(school, county.evidence(school, **lie), clip=b"a clip")
    ).is_success
    assert versions(county) == []
    assert rows(county, EvidenceRow) == 1
    assert "evidence_of_another_lesson" in alarms(county)


def test_another_boxes_lesson_hour_is_kept_as_log_and_alarmed_but_judged_never(county: County) -> None:
    mine, other = county.schools
    after_the_lesson(county)
    entry = county.verdict_entry(mine, clip=b"a clip")
    assert county.report(other, entry).is_success  # refusing it would block the box's log for ever
    assert rows(county, LessonVerdictRow) == 0
    assert alarms(county) == ["verdict_of_unknown_lesson"]


def test_a_broken_chain_of_a_camera_is_kept_and_alarmed(county: County) -> None:
    school = county.schools[0]
    gap = {"kind": "gap", "at": 1, "camera": school.camera, "start_ms": 1, "end_ms": 2, "reason": "disk"}
    first = canonical_json({**gap, "n": 0, "prev": None}).decode()
    assert county.report(school, first).is_success
    assert alarms(county) == []
    assert county.report(school, canonical_json({**gap, "n": 2, "prev": "0" * 64}).decode()).is_success
    assert alarms(county) == ["log_chain_broken"]


def test_a_verdict_is_never_changed_only_superseded(county: County) -> None:
    school = county.schools[0]
    after_the_lesson(county)
    county.report(school, county.verdict_entry(school, clip=b"a clip"))
    before = versions(county)
    county.report(school, county.verdict_entry(school, county.evidence(school, seen=2), clip=b"a clip"))
    assert versions(county)[2:] == before
    assert versions(county)[0][2] == "review"


@pytest.mark.parametrize(
    ("moved", "shows"),
    [
        ({}, True),
        ({"start_ms": 5_000, "end_ms": 69_000}, True),
        ({"start_ms": -1, "end_ms": 63_999}, False),
        ({"start_ms": 11_000, "end_ms": 75_000}, False),
        ({"end_ms": 49_000}, False),
        ({"media_ms": 59_000}, False),
    ],
)
def test_a_clip_that_does_not_show_its_window_inside_the_hour_is_alarmed_and_kept(
    county: County, moved: dict[str, int], shows: bool
) -> None:
    """The window is the first minute of the hour; the clip its first 64 s."""
    school = county.schools[0]
    after_the_lesson(county)
    entry = json.loads(county.verdict_entry(school, clip=b"a clip"))
    clip = entry["clips"][0]
    zero = clip["start_ms"]
    clip.update({name: value if name == "media_ms" else zero + value for name, value in moved.items()})
    assert county.report(school, canonical_json(entry).decode()).is_success
    assert alarms(county) == ([] if shows else ["clip_does_not_show_window"])
    assert rows(county, EvidenceClip) == 1
    assert versions(county)[0][2] == "pass"


def test_a_verdict_that_passes_without_any_clip_is_an_alarm(county: County) -> None:
    school = county.schools[0]
    after_the_lesson(county)
    assert county.report(school, county.verdict_entry(school)).is_success
    assert alarms(county) == ["clip_does_not_show_window"]
