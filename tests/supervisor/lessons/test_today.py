from __future__ import annotations

from datetime import datetime

from config.clock import CHINA
from tests.support.county import County, class_wanted, id_number, post


def test_a_class_that_runs_past_midnight_is_on_todays_list_while_it_runs(county: County) -> None:
    school = county.schools[0]
    wanted = class_wanted(school.institution, school.room, [("孙某", id_number(90))], "2026-n")
    wanted["plan"][0] |= {"start": "23:58", "end": "00:04"}
    made = post(school.teacher, "/api/classes", wanted)
    first, second = (hour["id"] for hour in made["sessions"][0]["lesson_hours"])

    def listed(query: str = "") -> set[str]:
        found = school.teacher.get(f"/api/lessons{query}").json()["lessons"]
        return {lesson["lesson_hour_id"] for lesson in found} & {first, second}

    midnight = datetime(2026, 11, 24, tzinfo=CHINA)
    county.clock.step((midnight - county.clock.now()).total_seconds() + 120)
    assert listed() == {second}  # 00:02
    assert listed("?on=2026-11-24") == set()
    assert listed("?on=2026-11-23") == {first, second}
    county.clock.step(600)
    assert listed() == set()
