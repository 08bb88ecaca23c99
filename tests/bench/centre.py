"""How the centre's lists grow with the rows of other counties in the same PostgreSQL.

    python tests/bench/centre.py [--counties 1,3] [--rounds 200] [--wait]

One county-year: 30 institutions with a site, a room and a camera each, 2,750 trainees in classes of 40, ten days of
seven lesson hours, an entry and an exit of everybody each half day, evidence, two verdict versions, a life and a clip
of each lesson hour. The evidence, verdict and clip are one real lesson hour's of `tests/support/county.py`, copied.
Every further county is another area. The reader is an inspector whose scope is the first area, through the real app in
this process. The default is 1 and 3 counties, to be short: ask for more where there is time. Prints Markdown.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Engine, event, text

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.support import databases
from tests.support.county import County

LARGE = 10_000
"""Rows from which a sequential scan is listed."""
AREA = 200_000
FILL = """
CREATE TEMP TABLE k ON COMMIT DROP AS
  SELECT n, md5('class'||:c||'-'||n)::uuid id, n % 30 site FROM generate_series(0, 68) n;
CREATE TEMP TABLE d ON COMMIT DROP AS
  SELECT k.id class, k.site, day, half, md5('session'||k.id||day||half)::uuid id,
    DATE '2026-11-19' - k.n * 5 + day date,
    (DATE '2026-11-19' - k.n * 5 + day + TIME '00:00' + half * INTERVAL '6 hours') AT TIME ZONE 'UTC' start
  FROM k, generate_series(0, 9) day, generate_series(0, 1) half;
INSERT INTO institution (id, created_at, name, area)
  SELECT md5('i'||:c||'-'||n)::uuid, now(), 'I'||:c||'-'||n, (:area)::text FROM generate_series(0, 29) n;
INSERT INTO site (id, created_at, institution_id, name)
  SELECT md5('s'||:c||'-'||n)::uuid, now(), md5('i'||:c||'-'||n)::uuid, 'S' FROM generate_series(0, 29) n;
INSERT INTO room (id, created_at, site_id, name)
  SELECT md5('r'||:c||'-'||n)::uuid, now(), md5('s'||:c||'-'||n)::uuid, 'R' FROM generate_series(0, 29) n;
INSERT INTO box (id, created_at, site_id, name, log_size)
  SELECT md5('b'||:c||'-'||n)::uuid, now(), md5('s'||:c||'-'||n)::uuid, 'B', 0 FROM generate_series(0, 29) n;
INSERT INTO camera (id, created_at, room_id, box_id, code, zone, accepted, podium_in_zone)
  SELECT md5('c'||:c||'-'||n)::uuid, now(), md5('r'||:c||'-'||n)::uuid, md5('b'||:c||'-'||n)::uuid, 'c', 'room', true,
    false FROM generate_series(0, 29) n;
INSERT INTO training_class (id, created_at, institution_id, class_no, name, status, profile, approved_at, class_end)
  SELECT k.id, '2025-01-01', md5('i'||:c||'-'||k.site)::uuid, 'N'||:c||'-'||n, 'N', 'approved', :profile, '2025-01-01',
    '2026-12-31' FROM k;
INSERT INTO trainee (id, created_at, name, id_number_cipher, id_number_hmac, last4_hmac)
  SELECT md5('t'||:c||'-'||n)::uuid, now(), 'T', '\\000', md5('t'||:c||'-'||n), 'x' FROM generate_series(0, 2749) n;
INSERT INTO roster_entry (id, created_at, class_id, trainee_id, position, status)
  SELECT md5('e'||:c||'-'||t)::uuid, '2025-01-01', k.id, md5('t'||:c||'-'||t)::uuid, t % 40, 'active'
  FROM generate_series(0, 2749) t JOIN k ON k.n = t / 40;
INSERT INTO session (id, created_at, class_id, room_id, code, local_date, start, "end", kind, teachers)
  SELECT id, now(), class, md5('r'||:c||'-'||site)::uuid, md5('code'||id), date, start, start + INTERVAL '4 hours',
    'theory', '[]' FROM d;
INSERT INTO lesson_hour (id, created_at, session_id, slot, start, "end")
  SELECT md5('h'||id||slot)::uuid, now(), id, slot, start + (slot - 1) * INTERVAL '55 minutes',
    start + (slot - 1) * INTERVAL '55 minutes' + INTERVAL '45 minutes' FROM d, generate_series(1, 4 - half) slot;
CREATE TEMP TABLE h ON COMMIT DROP AS
  SELECT l.id, l.start, d.site, row_number() OVER () idx
  FROM lesson_hour l JOIN d ON d.id = l.session_id;
INSERT INTO check_in (id, session_id, roster_entry_id, direction, at, method, idempotency_key, status, reasons)
  SELECT md5(way||d.id||e.id)::uuid, d.id, e.id, way, start + CASE way WHEN 'in' THEN INTERVAL '-5 minutes' ELSE
    INTERVAL '4 hours' END, 'phone', md5(way||d.id||e.id), 'accepted', '[]'
  FROM d JOIN roster_entry e ON e.class_id = d.class, (VALUES ('in'), ('out')) w(way);
INSERT INTO evidence (id, lesson_hour_id, box_id, idx, body, received_at)
  SELECT md5('ev'||h.id)::uuid, h.id, md5('b'||:c||'-'||site)::uuid, idx, (SELECT body FROM evidence WHERE
    lesson_hour_id = :lesson LIMIT 1), start + INTERVAL '1 hour' FROM h;
INSERT INTO lesson_verdict (id, created_at, lesson_hour_id, version, source, evidence_id, state, body, facts, agrees)
  SELECT md5('v'||h.id||v.version)::uuid, start + INTERVAL '1 hour', h.id, v.version, v.source, md5('ev'||h.id)::uuid,
    v.state, v.body, v.facts, v.agrees FROM h, (SELECT * FROM lesson_verdict WHERE lesson_hour_id = :lesson) v;
INSERT INTO lesson_life (lesson_hour_id, institution_id, stage, next, since, due_at, version)
  SELECT id, md5('i'||:c||'-'||site)::uuid, CASE idx % 20 WHEN 0 THEN 'review_open' ELSE 'pass' END,
    CASE idx % 20 WHEN 0 THEN 'inspector' ELSE 'nobody' END, start, start, 2 FROM h;
INSERT INTO evidence_clip (id, created_at, sha256, lesson_hour_id, box_id, camera_id, manifest, bytes, state,
    retain_until)
  SELECT md5('cl'||h.id)::uuid, now(), md5(h.id::text)||md5('x'||h.id), h.id, md5('b'||:c||'-'||site)::uuid,
    md5('c'||:c||'-'||site)::uuid, (SELECT manifest FROM evidence_clip WHERE lesson_hour_id = :lesson LIMIT 1), 1000,
    'expected', '2027-12-31' FROM h;
"""


def fill(engine: Engine, county: int, lesson: str, profile: str) -> None:
    values = {"c": str(county), "area": str(AREA + county), "lesson": lesson, "profile": profile}
    with engine.begin() as connection:
        for statement in FILL.split(";\n"):
            if statement.strip():
                sql = statement
                for name, value in values.items():
                    sql = sql.replace(f"(:{name})", f"'{value}'").replace(f":{name}", f"'{value}'")
                connection.exec_driver_sql(sql.replace("%", "%%"), ())


@contextmanager
def statements(engine: Engine) -> Iterator[list[tuple[str, Any]]]:
    found: list[tuple[str, Any]] = []

    def heard(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        if statement.startswith("SELECT"):
            found.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", heard)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", heard)


def scans(plan: dict[str, Any]) -> Iterator[str]:
    if plan["Node Type"] == "Seq Scan":
        yield plan["Relation Name"]
    for part in plan.get("Plans", []):
        yield from scans(part)


def large_scans(engine: Engine, heard: list[tuple[str, Any]]) -> set[str]:
    found = set()
    with engine.connect() as connection:
        for statement, parameters in heard:
            explain = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + statement
            plan = connection.exec_driver_sql(explain, parameters).scalar_one()[0]["Plan"]
            for table in scans(plan):
                rows = connection.exec_driver_sql(f'SELECT count(*) FROM "{table}"').scalar_one()  # noqa: S608
                if rows > LARGE:
                    found.add(f"{table} ({rows} rows)")
    return found


def measure(county: County, rounds: int) -> dict[str, tuple[float, float, set[str]]]:
    """Name → p50 and p95 in ms, sequential scans."""
    engine, inspector = county.centre.uow.engine, county.account("inspector", area=str(AREA))
    with engine.connect() as connection:
        training = connection.scalar(text("SELECT id FROM training_class WHERE class_no = 'N0-1'"))
        entry = connection.scalar(text("SELECT id FROM roster_entry WHERE class_id = :id LIMIT 1"), {"id": training})

    def asked(path: str) -> httpx.Response:
        return inspector.get(path).raise_for_status()

    assert len(asked("/api/lessons").json()["lessons"]) == 14
    assert len(asked("/api/decisions/todo").json()["items"]) == 50
    assert asked(f"/api/roster-entries/{entry}/history").json()["sessions"]
    work: dict[str, Callable[[], object]] = {
        "class sheet": lambda: asked(f"/api/classes/{training}/attendance"),
        "today's wall": lambda: asked("/api/lessons"),
        "one trainee's history": lambda: asked(f"/api/roster-entries/{entry}/history"),
        "inspector's to-do": lambda: asked("/api/decisions/todo"),
    }
    assert large_scans(engine, [("SELECT max(method) FROM check_in", ())]), "sees no sequential scan"
    found = {}
    for one in work.values():
        one()
    gc.freeze()  # as `supervisor serve` does
    for name, one in work.items():
        spent = []
        for _ in range(rounds):
            start = time.perf_counter()
            one()
            spent.append((time.perf_counter() - start) * 1000)
        with statements(engine) as heard:
            one()
        assert heard
        found[name] = (statistics.median(spent), statistics.quantiles(spent, n=20)[-1], large_scans(engine, heard))
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--counties", default="1,3")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--wait", action="store_true", help="for Enter before each measurement: a quiet machine")
    wanted = parser.parse_args()
    sizes = sorted(int(size) for size in wanted.counties.split(","))
    with tempfile.TemporaryDirectory() as folder:
        county = County(Path(folder), databases.centre_database("postgresql", Path(folder)))
        school = county.schools[0]
        answer = county.report(school, county.verdict_entry(school, clip=b"clip"))
        answer.raise_for_status()
        engine, filled, found = county.centre.uow.engine, 0, {}
        for size in sizes:
            start = time.perf_counter()
            while filled < size:
                fill(engine, filled, school.lesson, school.training["profile"])
                filled += 1
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("VACUUM ANALYZE")
            with engine.connect() as connection:
                many = [
                    f"{name} {connection.exec_driver_sql(f'SELECT count(*) FROM {name}').scalar_one()}"  # noqa: S608
                    for name in ("trainee", "lesson_hour", "check_in", "lesson_verdict", "evidence_clip")
                ]
            print(f"{size} counties, rows: {', '.join(many)}")
            print(f"{size} counties: filled in {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)
            if wanted.wait:
                input("Enter: measure ")
            found[size] = measure(county, wanted.rounds)
        engine.dispose()
    report(found)


def report(found: dict[int, dict[str, tuple[float, float, set[str]]]]) -> None:
    for size, rows in found.items():
        print(f"\n{size} counties\n\n| | p50 ms | p95 ms | sequential scans over {LARGE} rows |\n|---|---|---|---|")
        for name, (middle, high, seen) in rows.items():
            print(f"| {name} | {middle:.1f} | {high:.1f} | {', '.join(sorted(seen)) or 'none'} |")
    first, last = found[min(found)], found[max(found)]
    if len(found) > 1:
        print(f"\nGrowth of p50 from {min(found)} to {max(found)} counties\n\n| | times |\n|---|---|")
        for name in first:
            print(f"| {name} | {last[name][0] / first[name][0]:.2f} |")


if __name__ == "__main__":
    try:
        main()
    finally:
        while databases._STARTED:
            databases._STARTED.pop().cleanup()
