from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from supervisor.centre import Centre
from supervisor.jobs import JOBS, claim, run
from supervisor.lessons.sweep import sweep_silence
from tests.support.county import START, County


def states(county: County) -> list[tuple[str, str, list[str]]]:
    page = county.inspector.get(f"/api/lessons/{county.schools[0].lesson}").json()
    return [(one["source"], one["verdict"]["state"], one["verdict"]["reasons"]) for one in page["verdicts"]]


def past_the_lesson(county: County, hours: float) -> None:
    """`hours` after the end of the first lesson hour, which lasts three minutes."""
    county.clock.step((START - county.clock.now()).total_seconds() + 180 + hours * 3600)


def test_silence_is_judged_when_the_grace_is_over_and_not_before(county: County) -> None:
    county.clock.step(50 * 60)
    county.check_in(county.schools[0])
    past_the_lesson(county, 71.99)
    assert sweep_silence(county.centre) == 0
    assert states(county) == []
    past_the_lesson(county, 72.01)
    assert sweep_silence(county.centre) == 2
    assert states(county) == [("sweep", "fail_proposed", ["NO_VIDEO"])]
    assert sweep_silence(county.centre) == 0


def test_evidence_after_the_grace_supersedes_the_verdict_on_silence(county: County) -> None:
    school = county.schools[0]
    county.clock.step(50 * 60)
    for who in range(3):
        county.check_in(school, who)
    entry = county.verdict_entry(school)
    past_the_lesson(county, 73)
    sweep_silence(county.centre)
    county.report(school, entry)
    assert [one[:2] for one in states(county)] == [
        ("centre", "review"),
        ("box", "pass"),
        ("sweep", "fail_proposed"),
    ]
    assert states(county)[0][2] == ["LATE_UPLOAD"]


def test_a_slot_is_claimed_by_exactly_one_of_many(county: County) -> None:
    slot = county.clock.now()
    with ThreadPoolExecutor(4) as pool:
        won = list(pool.map(lambda _: claim(county.centre, "sweep_silence", slot), range(8)))
    assert won.count(True) == 1


def test_a_job_runs_once_a_slot(county: County) -> None:
    past_the_lesson(county, 72.5)
    run(county.centre, "sweep_silence")
    assert len(states(county)) == 1
    assert claim(county.centre, "sweep_silence", county.clock.now().replace(second=0, microsecond=0)) is False


def test_a_night_begins_at_midnight_of_the_site_and_is_run_once(county: County) -> None:
    ran: list[datetime] = []

    def night(centre: Centre) -> int:
        ran.append(centre.clock.now())
        return 0

    JOBS["night"] = (night, timedelta(days=1))
    try:
        county.clock.step((datetime(2026, 11, 23, 15, 59, tzinfo=UTC) - county.clock.now()).total_seconds())
        for _ in range(3):  # 23:59, 00:29, 00:59 at the site
            run(county.centre, "night")
            county.clock.step(30 * 60)
        assert len(ran) == 2
    finally:
        del JOBS["night"]
