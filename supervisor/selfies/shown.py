"""A selfie as it is shown: what the box said of it, never the picture, which nobody here has."""

from __future__ import annotations

from supervisor.contract.selfie import SelfieResult
from supervisor.rules.checkin import Direction
from supervisor.selfies.models import Selfie
from supervisor.selfies.schemas import SelfieView


def shown(one: Selfie) -> SelfieView:
    return SelfieView(
        direction=Direction(one.direction),
        received_at=one.received_at,
        via=one.via,
        result=SelfieResult(one.result) if one.result else None,
        similarity=one.similarity,
        threshold=one.engine["threshold"] if one.engine else None,
    )
