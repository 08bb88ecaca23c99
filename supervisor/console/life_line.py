"""The life of a verdict as a line of steps: what the rules proposed, what people said and decided, how it ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from supervisor.console.decide_words import REASON_WORDS, result_mark, sign_text, stage_mark
from supervisor.console.i18n import Words
from supervisor.console.state_words import verdict_mark
from supervisor.console.views import Mark
from supervisor.decisions.schemas import ExplanationOut, LifeOut
from supervisor.lessons.schemas import LessonPage
from supervisor.rules.verdict_life import Next


@dataclass(frozen=True, slots=True)
class PaperLink:
    text: str
    link: str


@dataclass(frozen=True, slots=True)
class Step:
    """`text` is what was written, word for word; None: not for this viewer. `open`: what it waits for now."""

    at: datetime
    title: str
    who: str
    mark: Mark | None = None
    note: str = ""
    text: str | None = None
    papers: tuple[PaperLink, ...] = field(default=())
    open: bool = False


def life_line(page: LessonPage, told: LifeOut, words: Words) -> tuple[Step, ...]:
    """Oldest first; the last says whose turn it is now."""
    steps = [*_proposals(page, words), *(_explained(page, one, words) for one in told.explanations)]
    steps += [Step(one.at, words("抽中人工复查"), words("按公开的随机种子")) for one in told.rechecks]
    for made in told.decisions:
        title = words("对异议的认定") if made.answers else words("认定")
        note = words(REASON_WORDS[made.reason])
        if made.signs:
            note += " · " + "; ".join(sign_text(code, words) for code in made.signs)
        if not made.holds:
            note += " · " + words("已被后来的结论或认定取代")
        steps.append(Step(made.at, title, made.by, result_mark(made.result, words), note, made.words))
    for one in told.objections:
        steps.append(Step(one.at, words("机构提出异议"), one.by, text=one.words))
    steps.sort(key=lambda step: step.at)
    if told.next is not Next.NOBODY:
        steps.append(Step(told.since, words("现在"), "", stage_mark(told.stage, words), open=True))
    elif told.final and told.decisions:
        steps.append(Step(told.since, words("办结"), "", stage_mark(told.stage, words)))
    return tuple(steps)


def _proposals(page: LessonPage, words: Words) -> list[Step]:
    """The centre's own verdicts; one that says what the one before said is no step."""
    steps, last = [], None
    for one in sorted((one for one in page.verdicts if one.source != "box"), key=lambda one: one.version):
        if one.verdict.state is not last:
            title = words("系统初判") if last is None else words("系统重新判定")
            mark = verdict_mark(one.verdict.state, words)
            note = f"{words('版本')} {one.version} · {one.verdict.profile} · {one.verdict.rule_version}"
            steps.append(Step(one.created_at, title, words("中心"), mark, note))
        last = one.verdict.state
    return steps


def _explained(page: LessonPage, one: ExplanationOut, words: Words) -> Step:
    here = f"/lessons/{page.lesson.lesson_hour_id}/papers"
    papers = tuple(
        PaperLink(
            f"{file.kind.upper()} · {words('{n} KB', n=max(1, round(file.bytes / 1024)))}", f"{here}/{file.sha256}"
        )
        for file in one.files
    )
    return Step(one.at, words("机构说明"), one.by, text=one.words, papers=papers if one.words is not None else ())
