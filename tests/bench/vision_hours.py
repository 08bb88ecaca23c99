"""Lesson hours from picture to verdict: what the rule says on a contender's counts against what it says on the truth.

An hour is a script; its truth at a sample is the number of trainees in the room at that moment who can be seen at some
time of the hour. So a face turned away for a while takes nobody off the truth, and somebody who left is gone from that
moment on. Both series go through the real `supervisor.rules.judge.judge`, with the same profile.

To be cheap, time is scaled: at `clip_s` 120 instead of 600 an hour lasts 5 minutes, everything people do and everything
the rules say lasts a fifth (holding and searching times too), but samples stay 5 s apart and a moment stays 10 s. A
counter with a memory has it harder so: 2 pictures to remember somebody by, not 12. `clip_s` 600 is the real thing.
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from config.profile import DEFAULT_PROFILE, RegionProfile, load_profile
from supervisor.rules.evidence import Attendance, Sample
from supervisor.rules.judge import judge
from supervisor.rules.verdict import LessonVerdict, VerdictState
from tests.bench.vision_contenders import Look
from tests.bench.vision_lessons import CLIPS, EVERY_S, KINDS, Hour, Seen
from tests.support.lesson_evidence import camera, lesson, trainees


@dataclass(frozen=True, slots=True)
class Judged:
    number: int
    kind: str
    contender: str
    truth: VerdictState
    verdict: VerdictState
    required: int
    peak: int | None


def profile(clip_s: float, name: str = DEFAULT_PROFILE) -> RegionProfile:
    """The shipped county profile with its clip `clip_s` long; holding and searching times in proportion."""
    body = load_profile(name).model_dump(mode="json", exclude_none=True)
    scale = clip_s / body["lesson"]["clip_min_s"]
    body["lesson"] |= {"minutes": clip_s * CLIPS / 60, "clip_min_s": clip_s}
    body["visible"]["sample_every_s"] = EVERY_S
    if "vision" in body:
        body["vision"] |= {key: body["vision"][key] * scale for key in ("hold_s", "scan_s")}
    return RegionProfile.model_validate(body)


def verdicts(one: Hour, seen: Sequence[Seen], rules: RegionProfile) -> list[Judged]:
    """The verdict on the truth, beside that on each contender's counts."""
    truth = _judge(one, rules, [Sample(each.at_ms, each.present) for each in seen], None)
    found = []
    for name in seen[0].looks:
        looks = [(each.at_ms, each.looks[name]) for each in seen]
        said = _judge(one, rules, [Sample(at_ms, look.raw) for at_ms, look in looks], looks)
        found.append(Judged(one.number, one.kind, name, truth.state, said.state, one.required, said.peak))
    return found


def _judge(
    one: Hour, rules: RegionProfile, samples: list[Sample], looks: list[tuple[int, Look]] | None
) -> LessonVerdict:
    seconds = one.script.seconds
    filmed = camera(None, (0, seconds), samples=tuple(samples))
    if looks and all(look.confidence is not None for _, look in looks):
        from supervisor.rules.evidence import Seated

        filmed = replace(filmed, seated=tuple(Seated(at, look.smoothed, look.confidence) for at, look in looks))
    roster = trainees(one.required)
    evidence = lesson(
        filmed,
        duration_ms=round(seconds * 1000),
        assessed_ms=round((seconds + 60) * 1000),
        attendance=Attendance(roster, (), len(roster), 0),
    )
    return judge(evidence, rules)


@dataclass(frozen=True, slots=True)
class Shares:
    """Of one contender. `harsher`: a FAIL proposed where the truth asks for a REVIEW."""

    hours: int
    wrong_pass: int
    wrong_fail: int
    harsher: int
    review: int  # of the hours whose truth is PASS
    truly_pass: int

    @classmethod
    def of(cls, judged: Sequence[Judged]) -> Shares:
        passing, failing, review = VerdictState.PASS, VerdictState.FAIL_PROPOSED, VerdictState.REVIEW
        pairs = Tally((each.truth, each.verdict) for each in judged)
        return cls(
            hours=len(judged),
            wrong_pass=pairs[review, passing] + pairs[failing, passing],
            wrong_fail=pairs[passing, failing],
            harsher=pairs[review, failing],
            review=pairs[passing, review],
            truly_pass=sum(count for (truth, _), count in pairs.items() if truth == passing),
        )


def table(judged: Sequence[Judged]) -> str:
    lines = [
        "| | hours | wrong PASS | wrong FAIL proposed | FAIL proposed instead of REVIEW | REVIEW instead of PASS |",
        "|---|---|---|---|---|---|",
    ]
    for name in dict.fromkeys(each.contender for each in judged):
        one = Shares.of([each for each in judged if each.contender == name])
        lines.append(
            f"| {name} | {one.hours} | {one.wrong_pass} | {one.wrong_fail} | {one.harsher} "
            f"| {one.review} of {one.truly_pass} |"
        )
    return "\n".join(lines)


def table_by_kind(judged: Sequence[Judged]) -> str:
    """Markdown: a row each kind; how the truth and each contender came out, as PASS/REVIEW/FAIL."""
    names = list(dict.fromkeys(each.contender for each in judged))
    lines = ["| | truth | " + " | ".join(names) + " |", "|---" * (len(names) + 2) + "|"]
    for kind in KINDS:
        here = [each for each in judged if each.kind == kind]
        if here:
            truth = _split(each.truth for each in here if each.contender == names[0])
            cells = [_split(each.verdict for each in here if each.contender == name) for name in names]
            lines.append(f"| {kind} | {truth} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _split(states: Iterable[VerdictState]) -> str:
    tally = Tally(states)
    return "/".join(str(tally[one]) for one in (VerdictState.PASS, VerdictState.REVIEW, VerdictState.FAIL_PROPOSED))
