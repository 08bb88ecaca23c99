"""The classroom panel beside an enlarged tile: the lesson hour's figures, the patrol record, the roll call."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from supervisor.console.i18n import N_, Words, short_time
from supervisor.console.state_words import KINDS
from supervisor.console.today import tile
from supervisor.console.views import CameraLine, Fact, Mark, Tone
from supervisor.lessons.schemas import LessonPage, LessonPhase
from supervisor.patrol.schemas import ClosingIn, PatrolOut
from supervisor.rules.roll_call import FINDINGS, Answer, Finding

ANSWERS: dict[Answer, tuple[Tone, str]] = {
    Answer.SEEN: ("ok", N_("见到本人")),
    Answer.NOT_SEEN: ("bad", N_("没见到")),
    Answer.REFUSED: ("warn", N_("拒绝应答")),
}


@dataclass(frozen=True, slots=True)
class Called:
    """`answer` None: not answered yet, so the name is there to be called."""

    roll_call: UUID
    entry: str
    name: str
    answer: Mark | None


@dataclass(frozen=True, slots=True)
class RollCallView:
    among: str
    seed: str
    called: tuple[Called, ...]


@dataclass(frozen=True, slots=True)
class OpenPatrol:
    id: UUID
    since: str
    calls: tuple[RollCallView, ...]
    waiting: bool  # somebody drawn has not been answered


@dataclass(frozen=True, slots=True)
class Choosable:
    key: str
    text: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class PastPatrol:
    when: str
    findings: str
    text: str
    rolls: str


@dataclass(frozen=True, slots=True)
class PanelView:
    lesson_hour_id: UUID
    title: str
    place: str
    facts: tuple[Fact, ...]
    camera: CameraLine
    cameras: tuple[tuple[UUID, str], ...]
    running: bool
    patrol: OpenPatrol | None
    findings: tuple[Choosable, ...]
    text: str
    answers: tuple[tuple[str, str, Tone], ...]
    past: tuple[PastPatrol, ...]
    fault: str | None


def present_panel(
    page: LessonPage,
    patrols: Sequence[PatrolOut],
    still: PatrolOut | None,
    names: Mapping[str, str],
    now: datetime,
    words: Words,
    fault: str | None = None,
    chosen: ClosingIn | None = None,
) -> PanelView:
    """`still`: the viewer's own patrol that is open; `names`: of those it drew. `chosen`: findings not taken yet."""
    lesson = page.lesson
    base = tile(lesson, now, words)
    return PanelView(
        lesson_hour_id=lesson.lesson_hour_id,
        title=lesson.class_name,
        place=f"{lesson.institution} · {lesson.site} {lesson.room}",
        facts=(
            Fact(words("课时"), f"{words('第 {n} 课时', n=lesson.slot)} · {words(KINDS[lesson.kind])}"),
            Fact(words("时间"), f"{short_time(lesson.start)}–{short_time(lesson.end)}"),
            Fact(words("教师"), _listed(page.teachers, words) or "—"),
        ),
        camera=base.camera,
        cameras=tuple((one.camera_id, one.code) for one in lesson.cameras),
        running=lesson.phase == LessonPhase.RUNNING and lesson.countable,
        patrol=_open(still, names, words) if still is not None else None,
        findings=finding_choices(words, chosen.findings if chosen is not None else ()),
        text=chosen.text if chosen is not None else "",
        answers=tuple((answer.value, words(text), tone) for answer, (tone, text) in ANSWERS.items()),
        past=tuple(_past(one, words) for one in patrols if one.closed_at is not None),
        fault=fault,
    )


def finding_choices(words: Words, chosen: Collection[Finding] = ()) -> tuple[Choosable, ...]:
    return tuple(
        Choosable(code.value, zh if words.language == "zh" else en, code in chosen)
        for code, (zh, en) in FINDINGS.items()
    )


def _open(still: PatrolOut, names: Mapping[str, str], words: Words) -> OpenPatrol:
    calls = tuple(
        RollCallView(
            among=words("从已签到的 {n} 人中抽取", n=len(call.candidates))
            if call.among == "attending"
            else words("没有人签到,从花名册 {n} 人中抽取", n=len(call.candidates)),
            seed=call.seed,
            called=tuple(
                Called(call.id, entry, names.get(entry, ""), _answer(call.answers.get(entry), words))
                for entry in call.drawn
            ),
        )
        for call in still.roll_calls
    )
    waiting = any(one.answer is None for call in calls for one in call.called)
    return OpenPatrol(still.id, short_time(still.opened_at), calls, waiting)


def _answer(answer: Answer | None, words: Words) -> Mark | None:
    if answer is None:
        return None
    tone, text = ANSWERS[answer]
    return Mark(tone, words(text))


def _past(one: PatrolOut, words: Words) -> PastPatrol:
    assert one.closed_at is not None
    said = [answer for call in one.roll_calls for answer in call.answers.values()]
    return PastPatrol(
        when=f"{short_time(one.opened_at)}–{short_time(one.closed_at)}",
        findings=_listed((FINDINGS[code][0 if words.language == "zh" else 1] for code in one.findings), words),
        text=one.text,
        rolls=words("点名 {n} 人,见到 {seen} 人", n=len(said), seen=said.count(Answer.SEEN)) if said else "",
    )


def _listed(texts: Iterable[str], words: Words) -> str:
    return ("、" if words.language == "zh" else ", ").join(texts)
