"""The centre held against its own description: schemathesis calls every operation, as a role that may, with what the
schema allows and with what it does not. Every other path names things that there are, so that calls get past the door.
"""

from __future__ import annotations

import contextlib
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, Case, CheckFunction, GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from supervisor.app import documented
from supervisor.callers import Role
from tests.fuzz.failure import Failure
from tests.support.centre_server import serving_app
from tests.support.county import County, School

EXAMPLES = 3
"""Of each kind, of each operation, in one round."""
CALL_LIMIT_S = 20
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
LEFT_OUT = {
    "unsupported_method": "it would call each path with every verb there is; the house tests name every route",
    "missing_required_header": "no header of ours is required",
    "ignored_auth": "tests/supervisor/accounts/test_every_route.py calls every route as everybody",
    "positive_data_acceptance": "a good form with ids of nothing is a 404 here, a state that forbids it a 409",
    "use_after_free": "nothing of ours is deleted",
    "ensure_resource_availability": "wants links between operations",
}
"""Checks of schemathesis that are not asked, and why."""
AWAY = "REGISTRY_AWAY"
"""The one 5xx that is right here: this county has no registry to ask."""
NOT_CALLED = {"DELETE /api/session": "it would sign the role out"}


def ids_of(school: School) -> dict[str, str]:
    """Path parameter → one that there is."""
    return {
        "institution_id": school.institution,
        "site_id": school.site,
        "room_id": school.room,
        "camera_id": school.camera,
        "box_id": school.box,
        "class_id": school.training["id"],
        "session_id": school.session["id"],
        "session_code": school.session["code"],
        "lesson_hour_id": school.lesson,
        "roster_entry_id": school.training["roster"][0]["id"],
    }


class People:
    """One signed-in account a role, made when first needed."""

    def __init__(self, county: County) -> None:
        self._county = county
        self._cookies: dict[Role, dict[str, str]] = {}

    def who_may(self, roles: list[str]) -> dict[str, str]:
        """The cookies of the first of `roles` that has accounts; none for a box, a code or anyone."""
        for name in roles:
            if name in set(Role) - {Role.TRAINEE}:
                return self._of(Role(name))
        return {}

    def _of(self, role: Role) -> dict[str, str]:
        if role not in self._cookies:
            institution = self._county.schools[0].institution if role in (Role.TEACHER, Role.RESPONSIBLE) else None
            self._cookies[role] = dict(self._county.account(role, institution).cookies)
        return self._cookies[role]


def fuzz(seed: int, seconds: float, folder: Path) -> tuple[int, list[Failure]]:
    """At least one round over all operations, further ones with other seeds while `seconds` last."""
    load_all_checks()
    left_out = [CHECKS.get_one(name) for name in LEFT_OUT]
    county, cases, failures = County(folder / "county"), 0, dict[str, Failure]()
    ids, people, deadline = ids_of(county.schools[0]), People(county), time.monotonic() + seconds
    with serving_app(county.app) as url, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of headers that the HTTP client will not send
        while not cases or time.monotonic() < deadline:
            for operation in _operations(documented(county.app)):
                cookies = people.who_may(operation.definition.raw["x-roles"])
                for mode in MODES:
                    for case, answer in _calls(operation, mode, seed, url, cookies, ids):
                        cases += 1
                        _check(case, answer, left_out, seed, failures)
            seed += 1
    return cases, list(failures.values())


def _operations(document: dict[str, Any]) -> Iterator[APIOperation]:
    for found in schemathesis.openapi.from_dict(document).get_all_operations():
        operation = found.ok()
        if operation.label not in NOT_CALLED:
            yield operation


def _calls(
    operation: APIOperation, mode: GenerationMode, seed: int, url: str, cookies: dict[str, str], ids: dict[str, str]
) -> list[tuple[Case, Any]]:
    done: list[tuple[Case, Any]] = []

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @seeded(seed)
    @given(case=operation.as_strategy(generation_mode=mode))
    def call(case: Case) -> None:
        if len(done) % 2 == 0:
            case.path_parameters.update({name: ids[name] for name in case.path_parameters.keys() & ids.keys()})
        done.append((case, case.call(base_url=url, cookies=cookies, timeout=CALL_LIMIT_S)))

    with contextlib.suppress(Unsatisfiable):  # there is nothing wrong to send where nothing is asked
        call()
    return done


def _check(case: Case, answer: Any, left_out: list[CheckFunction], seed: int, failures: dict[str, Failure]) -> None:
    if answer.status_code == 503 and answer.json()["code"] == AWAY:
        return
    try:
        case.validate_response(answer, excluded_checks=left_out)
    except BaseExceptionGroup as found:
        for fault in found.exceptions:
            what = f"{case.operation.label}: {type(fault).__name__} ({answer.status_code})"
            failures.setdefault(what, Failure(seed, f"{what} {str(fault)[:500]} {case.as_curl_command()[:500]}"))
