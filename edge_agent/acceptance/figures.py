"""The figures of one acceptance session, from its pictures: what the box reports and the centre decides by (A-22)."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from statistics import median

import numpy as np

from edge_agent.acceptance.places import Place
from edge_agent.vision.watcher import Look
from supervisor.contract.log import AcceptanceSession
from supervisor.rules import acceptance

FAR_SHARE = 0.1  # of the places: those with the smallest faces are the farthest
FACE_WANTED_PX = 24  # finds 99 % of such faces; a little above the 20 px it still finds most of
SCALE_MIN, SCALE_STEP = 0.4, 0.05


def session_of(looks: Sequence[Look], places: Sequence[Place], known: int) -> AcceptanceSession:
    """`looks`: at least one, in order of time."""
    counts = [look.seated for look in looks]
    times = [look.at_ms for look in looks]  # the clock may be put right meanwhile
    face = smallest_face(places)
    return AcceptanceSession(
        start_ms=min(times),
        end_ms=max(times),
        known=known,
        samples=len(looks),
        exact=counts.count(known),
        least=min(counts),
        most=max(counts),
        smallest_face_px=None if face is None else round(face, 1),
        blind_seats=sum(place.blind for place in places),
    )


def smallest_face(places: Sequence[Place]) -> float | None:
    """Width in px that 95 % of the faces at the farthest places reach; None: no face was seen."""
    seen = sorted((place for place in places if place.face_px), key=lambda place: median(place.face_px))
    far = seen[: max(1, ceil(FAR_SHARE * len(seen)))]
    return float(np.percentile([width for place in far for width in place.face_px], 5)) if far else None


def least_scale(smallest_face_px: float | None) -> float:
    """The smallest part of its size the picture may be looked at and still show the farthest seat, in steps of 0.05;
    1: as it is, also where no face was seen."""
    if not smallest_face_px:
        return 1.0
    steps = ceil(FACE_WANTED_PX / smallest_face_px / SCALE_STEP - 1e-9)  # 0.6 / 0.05 is 12, not 13
    return min(1.0, max(SCALE_MIN, round(steps * SCALE_STEP, 2)))


def is_good(session: AcceptanceSession) -> bool:
    """Whether the count was right often enough in this session."""
    return as_rule(session).good


def as_rule(session: AcceptanceSession) -> acceptance.Session:
    return acceptance.Session(session.start_ms, session.end_ms, session.samples, session.exact)
