"""An opening application as its page shows it: a checklist, what is missing by element, why it came back."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from supervisor.classes.schemas import ClassOut
from supervisor.console.decide_words import CLASS_STATES, state_mark
from supervisor.console.decide_words import LEVELS as FINDING_LEVELS
from supervisor.console.i18n import Words, short_time
from supervisor.console.opening_words import CLASS_KINDS, COMMITMENTS, LEVELS, MEND, SECTIONS
from supervisor.console.roster_view import RosterView, present_roster
from supervisor.console.state_words import KINDS
from supervisor.console.views import Mark
from supervisor.openings.schemas import FindingOut, MadeCommitment, OpeningOut, PlannedSession, Preparation
from supervisor.rosters.schemas import ChecksOut
from supervisor.rules.evidence import LessonKind

_BASICS = (
    "LANGUAGE_NOT_DECLARED", "OUTSIDE_LICENCE", "OUTSIDE_CATALOGUE", "LICENCE_NOT_CHECKED", "CATALOGUE_NOT_CHECKED",
)  # fmt: skip
_COMMITMENTS = ("NO_INSTITUTION_NOTICE", "NO_TRAINEE_STATEMENT", "NO_HIRE_INTENT")
_WORST = ("BLOCK", "WARN", "NOT_CHECKED")


@dataclass(frozen=True, slots=True)
class FindingLine:
    code: str
    text: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the checklist, and the section it leads to."""

    key: str
    title: str
    mark: Mark
    lines: tuple[FindingLine, ...]


@dataclass(frozen=True, slots=True)
class Returned:
    """Why the county gave an element back. `key`: the section in which it is mended."""

    key: str
    element: str
    reason: str
    mend: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class PlanLine:
    day: str
    span: str
    hours: int
    kind: str
    content: str
    room: str
    teachers: str
    identified: bool
    textbook: str


@dataclass(frozen=True, slots=True)
class TeacherLine:
    name: str
    hours: int
    identified: bool


@dataclass(frozen=True, slots=True)
class CommitmentView:
    """`lacking`: kind → people without it: id, and number with masked name. `texts`: kind → version and digest last
    used."""

    notice: MadeCommitment | None
    kinds: tuple[tuple[str, str], ...]
    lacking: Mapping[str, tuple[tuple[UUID, str], ...]]
    done: Mapping[str, int]
    texts: Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class OpeningView:
    """`values`: what stands in the fields. `asked`: the keys of the sections these rules ask for.
    `theory`, `practice`: lesson hours of the plan, of those declared."""

    class_id: UUID
    class_no: str
    title: str
    institution: str
    state: Mark
    status: str
    profile: str
    opening_day: str
    steps: tuple[Step, ...]
    returned: tuple[Returned, ...]
    values: Mapping[str, str]
    programmes: tuple[tuple[str, str], ...]
    bodies: tuple[tuple[str, str], ...]
    levels: tuple[tuple[str, str], ...]
    kinds: tuple[tuple[str, str], ...]
    extra: tuple[str, ...]
    rooms: tuple[str, ...]
    declared: bool
    roster: RosterView
    plan: tuple[PlanLine, ...]
    theory_hours: int
    practice_hours: int
    theory: str
    practice: str
    teachers: tuple[TeacherLine, ...]
    commitments: CommitmentView
    sha256: str
    signed: bool
    signed_by: str
    signed_at: datetime | None
    submitted_at: datetime | None
    lacking: int

    @property
    def asked(self) -> frozenset[str]:
        return frozenset(step.key for step in self.steps)

    def step(self, key: str) -> Step:
        return next(step for step in self.steps if step.key == key)


def present_opening(
    training: ClassOut,
    opening: OpeningOut,
    more: Preparation,
    checks: ChecksOut,
    typed: Mapping[str, str],
    words: Words,
) -> OpeningView:
    """`typed`: what was just sent and not taken; it stands in the fields again."""
    found = _by_section(opening, words)
    whole = "teachers" in opening.elements
    steps = tuple(_step(key, opening, found.get(key, ()), checks, words) for key in _sections(whole, more))
    hours = Counter[str]()
    for one in more.sessions:
        hours[one.kind] += one.lesson_hours
    declared = opening.application
    return OpeningView(
        class_id=training.id,
        class_no=training.class_no,
        title=training.name,
        institution=more.institution,
        state=state_mark(CLASS_STATES, training.status, words),
        status=training.status,
        profile=f"{training.profile_zh if words.language == 'zh' else training.profile_en} · {training.profile}",
        opening_day=opening.opening_day.isoformat(),
        steps=steps,
        returned=_returned(opening, words) if training.status == "returned" else (),
        values=defaultdict(str, _values(opening, {one.code for one in more.bodies}) | dict(typed)),
        programmes=tuple(
            (f"{one.code}|{one.level}|{one.name}", f"{one.name} · {_level(one.level, words)} · {one.code}")
            for one in more.occupations
        ),
        bodies=tuple((one.code, one.name) for one in more.bodies),
        levels=tuple((key, words(text)) for key, text in LEVELS.items()),
        kinds=tuple((key, words(text)) for key, text in CLASS_KINDS.items()),
        extra=tuple(more.extra_elements),
        rooms=tuple(more.room_names),
        declared=declared is not None,
        roster=present_roster(training, checks, words),
        plan=tuple(_plan_line(one, words) for one in more.sessions),
        theory_hours=hours[LessonKind.THEORY],
        practice_hours=hours[LessonKind.PRACTICE],
        theory=_of(hours[LessonKind.THEORY], declared.theory_hours if declared else None),
        practice=_of(hours[LessonKind.PRACTICE], declared.practice_hours if declared else None),
        teachers=_teachers(more.sessions),
        commitments=_commitments(training, opening, more, words),
        sha256=opening.sha256,
        signed=opening.signed,
        signed_by=more.signed_by or "",
        signed_at=more.signed_at,
        submitted_at=more.submitted_at,
        lacking=sum(not there for there in opening.elements.values()) + (whole and not opening.signed),
    )


def _sections(whole: bool, more: Preparation) -> list[str]:
    if not whole:
        return ["roster", "plan"]
    return [key for key in SECTIONS if key != "extra" or more.extra_elements]


def section_of(element: str, code: str = "") -> str:
    """Where on the page something of this element is mended."""
    if code in _BASICS:
        return "basics"
    if code in _COMMITMENTS:
        return "commitments"
    return element if element in SECTIONS else "extra"


def _by_section(opening: OpeningOut, words: Words) -> dict[str, tuple[FindingLine, ...]]:
    found: dict[str, list[FindingOut]] = {}
    for one in opening.findings:
        found.setdefault(section_of(one.element, one.code), []).append(one)
    return {
        key: tuple(_line(one, words) for one in sorted(some, key=lambda one: _WORST.index(one.level)))
        for key, some in found.items()
    }


def _line(one: FindingOut, words: Words) -> FindingLine:
    missing = one.code.startswith("OPEN_MISSING")
    mark = Mark("bad", words("缺少")) if missing else state_mark(FINDING_LEVELS, one.level, words)
    return FindingLine(one.code, one.zh if words.language == "zh" else one.en, mark)


def _step(key: str, opening: OpeningOut, lines: tuple[FindingLine, ...], checks: ChecksOut, words: Words) -> Step:
    if key == "signature":
        mark = Mark("ok", words("已签署")) if opening.signed else Mark("warn", words("未签署当前内容"))
    elif key == "basics" and opening.application is None:
        mark = Mark("bad", words("缺少"))
    elif key == "roster" and checks.unresolved and not any(one.code.startswith("OPEN_MISSING") for one in lines):
        mark = Mark("bad", words("{n} 项拦截", n=checks.unresolved))
    else:
        mark = next((one.mark for one in lines if one.mark.tone != "none"), Mark("ok", words("齐全")))
    return Step(key, words(SECTIONS[key]), mark, lines)


def _returned(opening: OpeningOut, words: Words) -> tuple[Returned, ...]:
    """Of the last time: what came after the last submission."""
    last = max((at for at, one in enumerate(opening.reviews) if one.kind == "completeness"), default=-1)
    changed, same = Mark("ok", words("内容已改过")), Mark("warn", words("还没有改"))
    return tuple(
        Returned(
            key=(key := section_of(one.element)),
            element=words(SECTIONS[key]) if key != "extra" else one.element,
            reason=one.reason,
            mend=words(MEND[key]),
            mark=same if one.current else changed,
        )
        for one in opening.reviews[last + 1 :]
        if one.kind == "return"
    )


def _values(opening: OpeningOut, bodies: Collection[str]) -> dict[str, str]:
    told = opening.application
    if told is None:
        return {"teaching_language": "1"}
    texts: dict[str, Any] = told.model_dump(mode="json", exclude={"resources", "assessment", "extra"})
    texts |= told.assessment.model_dump(mode="json")
    texts |= {f"extra:{name}": text for name, text in told.extra.items()}
    if told.assessment.body not in (None, "own", *bodies):
        texts["body_other"] = told.assessment.body
    texts["resources"] = "\n".join(told.resources)
    texts["programme"] = f"{told.occupation_code}|{told.level}|{told.occupation_name}"
    return {name: "" if value is None else str(value) for name, value in texts.items()}


def _level(level: str, words: Words) -> str:
    return words(LEVELS[level]) if level in LEVELS else level


def _of(held: int, declared: int | None) -> str:
    return f"{held}/{declared}" if declared is not None else str(held)


def _plan_line(one: PlannedSession, words: Words) -> PlanLine:
    return PlanLine(
        day=words.day(one.start),
        span=f"{short_time(one.start)}–{short_time(one.end)}",
        hours=one.lesson_hours,
        kind=words(KINDS[one.kind]),
        content=one.content,
        room=one.room,
        teachers="、".join(one.teachers),
        identified=one.identified,
        textbook=one.textbook,
    )


def _teachers(sessions: Sequence[PlannedSession]) -> tuple[TeacherLine, ...]:
    hours, known = Counter[str](), dict[str, bool]()
    for one in sessions:
        for name in one.teachers:
            hours[name] += one.lesson_hours
            known[name] = known.get(name, True) and one.identified
    return tuple(TeacherLine(name, n, known[name]) for name, n in hours.most_common())


def _commitments(training: ClassOut, opening: OpeningOut, more: Preparation, words: Words) -> CommitmentView:
    order = opening.application is not None and opening.application.kind == "ORDER"
    kinds = [key for key in COMMITMENTS if key != "hire_intent" or order]
    people = [(one.id, f"{n} {one.name}") for n, one in enumerate(training.roster, start=1)]
    made = {(one.kind, one.roster_entry_id) for one in more.commitments}
    lacking = {kind: tuple(who for who in people if (kind, who[0]) not in made) for kind in kinds}
    last = sorted(more.commitments, key=lambda one: one.at)
    return CommitmentView(
        notice=next((one for one in more.commitments if one.kind == "institution_notice"), None),
        kinds=tuple((kind, words(COMMITMENTS[kind])) for kind in kinds),
        lacking=lacking,
        done={kind: len(people) - len(lacking[kind]) for kind in kinds},
        texts={one.kind: (one.text_version, one.text_sha256) for one in last},
    )
