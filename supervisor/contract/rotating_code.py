"""The rotating code that the centre issues for a classroom's screen, to a teacher or to the room's box."""

from __future__ import annotations

from pydantic import AwareDatetime, BaseModel


class CodeAhead(BaseModel):
    code: str
    show_from: AwareDatetime
    url: str


class RotatingCodeOut(BaseModel):
    """What the classroom's screen shows until `valid_until`. `url`: as a picture (QR) for phones. `now`: the centre's
    time of this answer, so that the screen's own clock does not matter. `ahead`: the codes that come next."""

    code: str
    valid_until: AwareDatetime
    period_s: int
    url: str
    now: AwareDatetime
    ahead: list[CodeAhead]
