from __future__ import annotations

import pytest

from supervisor.callers import Role
from supervisor.rules.role_scope import ADMINISTRATORS, Part, ScopeFault, excluded, parts_of, scope_fault

ONE, AREA, SECTOR, LIST, END, UNIT = Part.INSTITUTION, Part.AREA, Part.SECTOR, Part.INSTITUTIONS, Part.EXPIRY, Part.UNIT
FITS = {
    "teacher": [[ONE], [ONE, END]],
    "responsible": [[ONE]],
    "inspector": [[], [ONE], [AREA], [END]],
    "approver": [[], [UNIT]],
    "handler": [[]],
    "finance": [[UNIT]],
    "sector": [[SECTOR, UNIT]],
    "third_party": [[LIST, END, UNIT]],
    "oversight": [[UNIT]],
    "system_admin": [[]],
    "security_admin": [[]],
    "audit_admin": [[]],
}


@pytest.mark.rule("L25", "A-30")
def test_every_role_has_scopes_that_fit_and_a_trainee_has_no_account() -> None:
    assert set(FITS) == set(Role) - {Role.TRAINEE}
    for role, fitting in FITS.items():
        for given in fitting:
            assert scope_fault(role, given) is None, (role, given)
    assert scope_fault("trainee", [ONE]) == ScopeFault(None, missing=False)


@pytest.mark.rule("L25", "A-30")
@pytest.mark.parametrize(
    ("role", "given", "part", "missing"),
    [
        ("teacher", [], ONE, True),
        ("teacher", [ONE, AREA], AREA, False),
        ("responsible", [SECTOR], ONE, True),
        ("inspector", [ONE, AREA], AREA, False),
        ("inspector", [SECTOR], SECTOR, False),
        ("approver", [ONE], ONE, False),
        ("handler", [AREA], AREA, False),
        ("finance", [], UNIT, True),
        ("finance", [UNIT, SECTOR], SECTOR, False),
        ("sector", [UNIT], SECTOR, True),
        ("sector", [SECTOR, UNIT, ONE], ONE, False),
        ("third_party", [END, UNIT], LIST, True),
        ("third_party", [LIST, UNIT], END, True),
        ("third_party", [LIST, END], UNIT, True),
        ("third_party", [LIST, END, UNIT, ONE], ONE, False),
        ("oversight", [UNIT, AREA], AREA, False),
        ("system_admin", [ONE], ONE, False),
        ("security_admin", [LIST], LIST, False),
        ("audit_admin", [AREA], AREA, False),
    ],
)
def test_a_scope_that_does_not_fit_is_named(role: str, given: list[Part], part: Part, missing: bool) -> None:
    assert scope_fault(role, given) == ScopeFault(part, missing)


@pytest.mark.rule("L24")
def test_only_the_three_administrators_exclude_each_other() -> None:
    for role in FITS:
        assert excluded(role) == (ADMINISTRATORS - {role} if role in ADMINISTRATORS else set())


@pytest.mark.rule("L25")
def test_a_form_asks_for_what_fits_and_offers_nothing_else() -> None:
    for role in FITS:
        needed, allowed = parts_of(role)
        assert scope_fault(role, needed) is None
        assert not needed & allowed
        for part in Part:
            fits = scope_fault(role, needed | {part}) is None
            assert fits == (part in needed | allowed), (role, part)
