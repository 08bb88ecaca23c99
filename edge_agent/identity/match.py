"""Who a face is, of those on a roster: pure rules over similarities. "Unknown" is an answer, and the usual one.

A trainee is named by one frame that is very sure, or by several frames that are sure enough and agree; always only when
the best trainee is clearly ahead of the second best.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from edge_agent.identity.engine import Template, Thresholds

Similarity = Callable[[Template, Template], float]
NOBODY = float("-inf")


@dataclass(frozen=True, slots=True)
class Match:
    """One face of one frame against the roster: the most alike trainee (None: the roster is empty), and the similarity
    of the second most alike (NOBODY: there is no second).
    """

    trainee: str | None
    similarity: float
    second: float

    def reaches(self, threshold: float, margin: float) -> bool:
        return self.trainee is not None and self.similarity >= threshold and self.similarity - self.second >= margin


UNKNOWN = Match(None, NOBODY, NOBODY)


@dataclass(frozen=True, slots=True)
class Agreement:
    """At least `needed` of the newest `of` frames of one seat name the same trainee. `of` < 2 `needed`, so that two
    trainees cannot both have it.
    """

    needed: int = 3
    of: int = 5

    def __post_init__(self) -> None:
        if not 1 <= self.needed <= self.of < 2 * self.needed:
            raise ValueError("1 <= needed <= of < 2 needed")


def match(face: Template, roster: Mapping[str, Sequence[Template]], similarity: Similarity) -> Match:
    """A trainee is as like the face as the most like of their photographs. Of equals, the first by name."""
    scores = sorted(
        (-max(similarity(face, photograph) for photograph in photographs), trainee)
        for trainee, photographs in roster.items()
        if photographs
    )
    if not scores:
        return UNKNOWN
    return Match(scores[0][1], -scores[0][0], -scores[1][0] if len(scores) > 1 else NOBODY)


def one_face_each(matches: Sequence[Match]) -> tuple[Match, ...]:
    """Nobody is two faces of one frame: the more alike face keeps the trainee (of equals the first), the other is
    UNKNOWN. It does not get its second best instead: that would name a person by leaving others out.
    """
    taken: set[str] = set()
    kept = [UNKNOWN] * len(matches)
    for place in sorted(range(len(matches)), key=lambda place: -matches[place].similarity):
        trainee = matches[place].trainee
        if trainee is not None and trainee not in taken:
            taken.add(trainee)
            kept[place] = matches[place]
    return tuple(kept)


def agreed(seat: Sequence[Match], thresholds: Thresholds, agreement: Agreement) -> str | None:
    """The trainee of one seat, from its frames in order of time; None: unknown, or frames contradict each other."""
    newest = seat[-agreement.of :]
    sure = {m.trainee for m in newest if m.reaches(thresholds.single, thresholds.margin)}
    votes = Counter(m.trainee for m in newest if m.reaches(thresholds.agreeing, thresholds.margin))
    named = sure | {trainee for trainee, count in votes.items() if count >= agreement.needed}
    return named.pop() if len(named) == 1 else None
