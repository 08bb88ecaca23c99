"""Ways to check in (A-13): never only by smartphone, never only by face."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum


class Method(StrEnum):
    PHONE = "phone"  # name and last four characters, or the phone's own mark
    ROTATING_CODE = "rotating_code"  # phone, and the code on the classroom's screen
    ROLL_CALL = "roll_call"  # the teacher calls; one trainee or an inspector confirms
    ID_CARD = "id_card"  # at the box
    VOUCHER = "voucher"
    FACE = "face"  # at the box, with separate consent
    MANUAL = "manual"  # a correction (补签): not a way to check in


BY_PHONE = frozenset({Method.PHONE, Method.ROTATING_CODE})
WITHOUT_PHONE = frozenset({Method.ROLL_CALL, Method.ID_CARD, Method.VOUCHER})
USUAL = frozenset({Method.PHONE, Method.ROTATING_CODE, Method.ROLL_CALL})
"""At a site that chose none."""
OFFERED = USUAL | {Method.ID_CARD}
"""Those that can be chosen. Vouchers and faces are enabled when there is something to read them."""


class MethodFault(StrEnum):
    TOO_FEW = "METHODS_TOO_FEW"
    NEEDS_PHONE = "METHODS_NEED_PHONE"
    NOT_OFFERED = "METHOD_NOT_OFFERED"


def method_fault(enabled: Collection[Method], offered: Collection[Method] = OFFERED) -> MethodFault | None:
    """Why a site cannot have exactly these methods; None: it can. Two at least, and one that needs neither a
    smartphone nor a face, so that a face is never the only way."""
    if any(method not in offered for method in enabled):
        return MethodFault.NOT_OFFERED
    if len(set(enabled)) < 2:
        return MethodFault.TOO_FEW
    if not WITHOUT_PHONE.intersection(enabled):
        return MethodFault.NEEDS_PHONE
    return None
