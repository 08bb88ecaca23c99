"""One acceptance session, from the first picture to the figures and the advice. It stores nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import ceil
from statistics import median

from config.clock import Clock
from config.errors import LessonProofError
from edge_agent.acceptance.advice import Advice, Facts, advise
from edge_agent.acceptance.exposure import glare
from edge_agent.acceptance.figures import session_of
from edge_agent.acceptance.heat_map import draw
from edge_agent.acceptance.places import Place, places_of
from edge_agent.acceptance.watching import Watching
from edge_agent.capture.keyframes import Picture
from edge_agent.vision.counter import Image
from edge_agent.vision.watcher import Look
from supervisor.contract.log import AcceptanceSession

EVERY_S, MINUTES = 5.0, 3.0
LINGER_S = 30.0  # after its time a session ends with what it has
REFERENCES = 12  # pictures kept for whoever learns the scene

Told = Callable[[int, int, Look], None]
"""(pictures counted, pictures planned, the newest)"""


@dataclass(frozen=True, slots=True)
class Plan:
    """Raises LessonProofError KNOWN_INVALID, SESSION_LENGTH."""

    known: int
    minutes: float = MINUTES
    every_s: float = EVERY_S

    def __post_init__(self) -> None:
        if not 1 <= self.known <= 500:
            raise LessonProofError(
                "KNOWN_INVALID", status=422, zh="在场人数须为 1 到 500", en="the number present is 1 to 500"
            )
        if not (0 < self.minutes <= 60 and 0 < self.every_s <= 60):
            raise LessonProofError(
                "SESSION_LENGTH",
                status=422,
                zh="时长须在 60 分钟以内,间隔须在 60 秒以内",
                en="a session lasts at most 60 minutes, with a picture at least every 60 seconds",
            )

    @property
    def samples(self) -> int:
        return max(1, ceil(self.minutes * 60 / self.every_s))


@dataclass(frozen=True, slots=True)
class Trial:
    """`room`: the last picture. `pictures`: some of the session, spread over it, to learn the scene from."""

    session: AcceptanceSession
    places: tuple[Place, ...]
    advice: tuple[Advice, ...]
    room: Image = field(repr=False)
    pictures: tuple[Image, ...] = field(repr=False)

    def heat_map(self) -> Image:
        return draw(self.room, self.places)


def hold(plan: Plan, source: Iterable[Picture], watching: Watching, clock: Clock, told: Told) -> Trial:
    """Count the pictures of `source` that lie `plan.every_s` apart. The first only shows where people are: a place is
    where somebody was seen twice. Raises LessonProofError NO_PICTURES, PICTURE_CHANGED, and what `source` raises."""
    looks: list[Look] = []
    kept: list[Image] = []
    room: Image | None = None
    began = clock.monotonic()
    for number, picture in enumerate(source):
        if number == 0:
            watching.look(picture.at_ms, picture.image)
        # A camera's beat wavers a little.
        elif not looks or picture.at_ms - looks[-1].at_ms >= 950 * plan.every_s:
            look, room = watching.look(picture.at_ms, picture.image), picture.image
            if looks and (look.width, look.height) != (looks[0].width, looks[0].height):
                raise LessonProofError(
                    "PICTURE_CHANGED",
                    zh="验收途中画面尺寸改变:请不要在验收时改动摄像头,重新开始",
                    en="the picture's size changed half way: leave the camera alone meanwhile, and start again",
                )
            if len(looks) % ceil(plan.samples / REFERENCES) == 0:
                kept.append(picture.image)
            looks.append(look)
            told(len(looks), plan.samples, look)
        if len(looks) >= plan.samples or clock.monotonic() - began > 60 * plan.minutes + LINGER_S:
            break
    if room is None:
        raise LessonProofError("NO_PICTURES", zh="没有收到画面", en="no picture came")
    return _trial(plan, looks, room, kept)


def _trial(plan: Plan, looks: Sequence[Look], room: Image, kept: Sequence[Image]) -> Trial:
    places = places_of(looks)
    session = session_of(looks, places, plan.known)
    steps = [later.at_ms - look.at_ms for look, later in pairwise(looks)]
    facts = Facts(
        session=session,
        places=places,
        counts=tuple(look.seated for look in looks),
        width=looks[0].width,
        height=looks[0].height,
        glare=glare(room),
        every_s=plan.every_s,
        step_s=median(steps) / 1000 if steps else None,
    )
    return Trial(session, places, advise(facts), room, tuple(kept))
