"""Stretches of raw recording on the page of a room's day: asking for one, and how far each is, in words and a bar."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import ValidationError

from config.clock import CHINA, epoch_ms, from_epoch_ms
from config.errors import LessonProofError
from supervisor.callers import Caller, CentreDep, client_ip
from supervisor.console.i18n import N_, Words, clock_time, full_time, site_date
from supervisor.console.page_route import PageRoute, sentence
from supervisor.console.rendering import page_words, render
from supervisor.console.state_words import GAPS, VIEW_REASONS
from supervisor.console.views import Mark, Tone
from supervisor.contract.span import SpanFailure
from supervisor.lessons.schemas import ViewReason
from supervisor.playback import service as playback
from supervisor.playback.schemas import RoomDay
from supervisor.spans import service
from supervisor.spans.endpoints import Asker, Reader
from supervisor.spans.models import SpanState
from supervisor.spans.schemas import LONGEST_MS, SpanIn, SpanOut
from supervisor.spans.service import ASKERS, READERS

router = APIRouter(route_class=PageRoute, include_in_schema=False)

LAST_MS = 5 * 60_000
"""What looking back from a running lesson hour asks for."""
SETTLE_MS = 5000  # the newest pictures may not be written yet
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?")
_MEGABYTE = 1_000_000

STATES: dict[SpanState, tuple[Tone, str]] = {
    SpanState.ASKED: ("wait", N_("已提出")),
    SpanState.FETCHING: ("wait", N_("正在上传")),
    SpanState.HERE: ("ok", N_("已取到")),
    SpanState.NOT_RECORDED: ("none", N_("没有录到")),
    SpanState.FAILED: ("bad", N_("取不到")),
    SpanState.EXPIRED: ("none", N_("已过期")),
    SpanState.DELETING: ("none", N_("已删除")),
    SpanState.DELETED: ("none", N_("已删除")),
}
FAILURES: dict[SpanFailure, str] = {
    SpanFailure.NOT_RECORDED: N_("现场设备没有这段时间的录像。"),
    SpanFailure.STREAM_CHANGED: N_("这段时间内摄像机改过编码,不能成为一个文件;请在改动前后各取一段。"),
    SpanFailure.DAMAGED: N_("现场设备读不出这段录像,文件已损坏。"),
    SpanFailure.DISK: N_("现场设备的磁盘要留给接下来的课,放不下这份拷贝。"),
}
OPEN = (SpanState.ASKED, SpanState.FETCHING)


@dataclass(frozen=True, slots=True)
class SpanRow:
    """`percent`: of the bytes that are here, None: no bar. `watch`: the page that plays it."""

    id: UUID
    camera: str
    start: datetime
    end: datetime
    mark: Mark
    text: str
    percent: int | None
    gaps: tuple[str, ...]
    who: str
    watch: str | None


@dataclass(frozen=True, slots=True)
class SpansView:
    """`camera`, `start`, `end`: what the form begins with. `waiting`: something is on its way."""

    rows: tuple[SpanRow, ...]
    may_ask: bool
    may_see: bool
    waiting: bool
    camera: UUID | None
    start: str
    end: str
    longest_min: int = LONGEST_MS // 60_000


def present_spans(
    day: RoomDay, caller: Caller, words: Words, camera: UUID | None = None, at: int | None = None, seconds: int = 0
) -> SpansView:
    """`camera`, `at` (epoch ms), `seconds`: the stretch that is asked for next."""
    return SpansView(
        rows=tuple(_row(day, span, words) for span in day.spans),
        may_ask=caller.role in ASKERS,
        may_see=caller.role in READERS,
        waiting=any(span.state in OPEN for span in day.spans),
        camera=camera,
        start=clock_time(from_epoch_ms(at)) if at is not None and seconds else "",
        end=clock_time(from_epoch_ms(at + seconds * 1000)) if at is not None and seconds else "",
    )


def _row(day: RoomDay, span: SpanOut, words: Words) -> SpanRow:
    tone, title = STATES[span.state]
    why = words(VIEW_REASONS[span.reason])
    shown = span.file.start if span.file is not None else span.start
    return SpanRow(
        id=span.id,
        camera=span.camera_code,
        start=from_epoch_ms(span.start),
        end=from_epoch_ms(span.end),
        mark=Mark(tone, words(title)),
        text=_text(span, words),
        percent=_percent(span),
        gaps=_gaps(span, words),
        who=f"{span.who} · {why} · {full_time(span.asked_at)}",
        watch=f"/rooms/{day.room_id}/{day.day}?lesson={span.lesson_hour_id}&why={span.reason}"
        f"&camera={span.camera_id}&at={shown}"
        if span.playable
        else None,
    )


def _text(span: SpanOut, words: Words) -> str:
    if span.state in OPEN and span.box_silent:
        until = full_time(span.wait_until)
        return words("现场设备现在没有联网;联网后自动接着取,最迟等到 {time}。", time=until)
    match span.state:
        case SpanState.ASKED:
            return words("等现场设备剪出这一段。")
        case SpanState.FETCHING:
            assert span.file is not None
            here, size = (f"{number / _MEGABYTE:.1f}" for number in (span.held, span.file.bytes))
            return words("现场设备已剪出并签名,正在上传:{here} / {size} MB。", here=here, size=size)
        case SpanState.HERE:
            assert span.file is not None and span.retain_until is not None
            told = words("原始录像,未作为取证片段;由现场设备签名(其记录第 {n} 条)。", n=span.file.entry)
            kept = words("在中心保存到 {day}。", day=site_date(span.retain_until))
            return f"{told}{kept}" if words.language == "zh" else f"{told} {kept}"
        case SpanState.NOT_RECORDED | SpanState.FAILED:
            return words(FAILURES[span.failure or SpanFailure.NOT_RECORDED])
        case SpanState.EXPIRED:
            return words("到 {time} 还没有送来,已不再等;需要时请重新调取。", time=full_time(span.wait_until))
    assert span.retain_until is not None
    return words("在中心保存到 {day} 为止,已按规定删除。", day=site_date(span.retain_until))


def _percent(span: SpanOut) -> int | None:
    if span.state is SpanState.FETCHING and span.file is not None:
        return span.held * 100 // span.file.bytes
    return 0 if span.state is SpanState.ASKED else None


def _gaps(span: SpanOut, words: Words) -> tuple[str, ...]:
    if span.state not in (SpanState.FETCHING, SpanState.HERE, SpanState.NOT_RECORDED):
        return ()
    return tuple(
        f"{clock_time(from_epoch_ms(gap.start_ms))}–{clock_time(from_epoch_ms(gap.end_ms))} {words(GAPS[gap.reason])}"
        for gap in span.gaps
    )


@router.get("/rooms/{room_id}/{day}/spans")
def spans(room_id: UUID, day: date, request: Request, centre: CentreDep, caller: Reader) -> Response:
    """The list alone, for the page that looks again."""
    words = page_words(request)
    found = playback.room_day(centre, caller, room_id, day)
    view = present_spans(found, caller, words)
    return render(request, "room_spans.html", spans=view, room_id=room_id, day=day)


@router.post("/rooms/{room_id}/{day}/spans")
def ask(
    room_id: UUID,
    day: date,
    request: Request,
    centre: CentreDep,
    caller: Asker,
    camera: Annotated[UUID, Form()],
    start: Annotated[str, Form(max_length=8)],
    end: Annotated[str, Form(max_length=8)],
    why: Annotated[ViewReason, Form()],
) -> Response:
    """`start`, `end`: times of that day at the site."""
    try:
        found = playback.room_day(centre, caller, room_id, day)
        wanted = _wanted(camera, _moment(day, start), _moment(day, end), why)
        lesson_hour_id = _lesson_of(found, wanted.start)
        made = service.ask(centre, caller, lesson_hour_id, wanted, client_ip(request))
    except LessonProofError as error:
        if "hx-request" in request.headers:
            return HTMLResponse(sentence(request, error))
        raise
    # `asked`: another address than before, else the browser would only scroll.
    onward = f"/rooms/{room_id}/{day}?lesson={lesson_hour_id}&why={why}&asked={made.id}#spans"
    if "hx-request" in request.headers:
        return Response(headers={"HX-Redirect": onward})
    return RedirectResponse(onward, status_code=303)


def _moment(day: date, typed: str) -> int:
    found = _TIME.fullmatch(typed.strip().replace("\uff1a", ":"))
    if found is None:
        raise LessonProofError(
            "SPAN_TIME", status=422, zh="时间请写成 10:24 或 10:24:38", en="write times as 10:24 or 10:24:38"
        )
    hour, minute, second = (int(part or 0) for part in found.groups())
    return epoch_ms(datetime.combine(day, time(hour, minute, second), CHINA))


def _wanted(camera: UUID, start: int, end: int, why: ViewReason) -> SpanIn:
    try:
        return SpanIn(camera_id=camera, start=start, end=end, reason=why)
    except ValidationError:
        longest = LONGEST_MS // 60_000
        raise LessonProofError(
            "SPAN_LENGTH",
            status=422,
            zh=f"终点须在起点之后,一段最长 {longest} 分钟",
            en=f"the end comes after the start, and a stretch is at most {longest} minutes long",
        ) from None


def _lesson_of(day: RoomDay, start: int) -> UUID:
    for lesson in day.lessons:
        if lesson.start <= start < lesson.end:
            return lesson.lesson_hour_id
    raise LessonProofError(
        "SPAN_OUTSIDE_LESSON",
        status=422,
        zh="起止时间须在同一个课时之内",
        en="the stretch must lie inside one lesson hour",
    )


def last_minutes(start: datetime, end: datetime, now: datetime) -> tuple[int, int]:
    """(epoch ms, seconds): the newest five minutes of a lesson hour that are surely written."""
    settled = now - timedelta(milliseconds=SETTLE_MS)
    last = epoch_ms(min(end, settled).replace(microsecond=0))
    first = max(epoch_ms(start), last - LAST_MS)
    return first, max(0, last - first) // 1000
