"""Which scope each role needs, may have, must not have (L25, A-30), and which roles exclude each other (L24).

A table, role by role; the roles are those of `supervisor.callers.Role`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Part(StrEnum):
    """A part of a scope, named as the field that holds it."""

    INSTITUTION = "institution_id"
    AREA = "area"
    SECTOR = "sector"
    INSTITUTIONS = "institutions"
    EXPIRY = "expires_at"
    UNIT = "unit"


@dataclass(frozen=True, slots=True)
class ScopeFault:
    """`part` None: nobody has an account with this role."""

    part: Part | None
    missing: bool


_ALWAYS = frozenset({Part.EXPIRY, Part.UNIT})
_NOTHING: frozenset[Part] = frozenset()

# role → what it needs, what it may have besides an end and a unit
_TABLE: Mapping[str, tuple[frozenset[Part], frozenset[Part]]] = {
    "teacher": (frozenset({Part.INSTITUTION}), _NOTHING),
    "responsible": (frozenset({Part.INSTITUTION}), _NOTHING),
    "inspector": (_NOTHING, frozenset({Part.INSTITUTION, Part.AREA})),
    "approver": (_NOTHING, _NOTHING),
    "handler": (_NOTHING, _NOTHING),
    "finance": (frozenset({Part.UNIT}), _NOTHING),
    "sector": (frozenset({Part.SECTOR, Part.UNIT}), _NOTHING),
    "third_party": (frozenset({Part.INSTITUTIONS, Part.EXPIRY, Part.UNIT}), _NOTHING),
    "oversight": (frozenset({Part.UNIT}), _NOTHING),
    "system_admin": (_NOTHING, _NOTHING),
    "security_admin": (_NOTHING, _NOTHING),
    "audit_admin": (_NOTHING, _NOTHING),
}
ADMINISTRATORS = frozenset({"system_admin", "security_admin", "audit_admin"})
"""三员分立: nobody holds two of them."""


def scope_fault(role: str, given: Iterable[Part]) -> ScopeFault | None:
    """The first part that is missing or too much. `given`: the parts that are filled in."""
    if role not in _TABLE:
        return ScopeFault(None, missing=False)
    needed, allowed = _TABLE[role]
    parts = frozenset(given)
    for part in Part:
        if part in needed and part not in parts:
            return ScopeFault(part, missing=True)
        if part in parts and part not in needed | allowed | _ALWAYS:
            return ScopeFault(part, missing=False)
    if {Part.INSTITUTION, Part.AREA} <= parts:  # an inspector is of one or of the other
        return ScopeFault(Part.AREA, missing=False)
    return None


def parts_of(role: str) -> tuple[frozenset[Part], frozenset[Part]]:
    """What an account as `role` needs, and what it may have besides."""
    needed, allowed = _TABLE[role]
    return needed, (allowed | _ALWAYS) - needed


def excluded(role: str) -> frozenset[str]:
    """The roles that whoever has `role` must not have too."""
    return ADMINISTRATORS - {role} if role in ADMINISTRATORS else frozenset()
