"""The three pictures as the lesson page shows them: boxes over each, numbers in words, and the map of the places."""

from __future__ import annotations

from collections import Counter
from itertools import groupby

from config.clock import epoch_ms, from_epoch_ms
from supervisor.console.i18n import N_, Words, clock_time
from supervisor.console.views import BoxMark, MomentFigure, SeatDot
from supervisor.contract.log import SeenPerson, VerdictMoment
from supervisor.lessons.schemas import LessonPage, MomentView, PictureState, ViewReason
from supervisor.lessons.seat_map import Spot, seat_maps

_NO_PICTURE = {
    PictureState.WAITING: N_("录像还在路上,到了就有画面。"),
    PictureState.DAMAGED: N_("片段已损坏或丢失,取不出画面;框和人数仍是现场设备签名的记录。"),
    PictureState.DELETED: N_("片段已过留存期,按规定删除,没有画面;框和人数仍在。"),
    PictureState.NONE: N_("没有剪下含这一刻的片段。"),
}


def present_moments(
    page: LessonPage, required: int | None, why: ViewReason | None, words: Words
) -> tuple[MomentFigure, ...]:
    """By camera, then by time. Pictures are given to those who said why they look, as clips are."""
    figures: list[MomentFigure] = []
    for _, group in groupby(page.moments, key=lambda view: view.moment.camera_id):
        views = list(group)
        maps = seat_maps([view.moment for view in views])
        figures += [_figure(page, view, spots, required, why, words) for view, spots in zip(views, maps, strict=True)]
    return tuple(figures)


def _figure(
    page: LessonPage,
    view: MomentView,
    spots: tuple[Spot, ...],
    required: int | None,
    why: ViewReason | None,
    words: Words,
) -> MomentFigure:
    moment, here = view.moment, view.picture is PictureState.HERE
    place = f"/api/lessons/{page.lesson.lesson_hour_id}/moments/{moment.camera_id}/{moment.at}.jpg"
    part = words("第 {n} 段(共 {of} 段)", n=view.part, of=view.parts) if view.part else words("片段之外")
    second = (moment.at - epoch_ms(page.lesson.start)) // 1000
    return MomentFigure(
        title=f"{view.camera_code} · {part}",
        at=from_epoch_ms(moment.at),
        at_ms=moment.at,
        second=words("课时第 {n} 秒", n=second),
        numbers=_numbers(moment, required, words),
        width=moment.width,
        height=moment.height,
        source=f"{place}?reason={why}" if here and why else None,
        instead="" if here else words(_NO_PICTURE[view.picture]),
        boxes=tuple(box for person in moment.people if (box := _box(person, moment)) is not None),
        alt=_alt(view, words),
        spots=tuple(SeatDot(_percent(spot.x), _percent(spot.y), spot.how) for spot in spots),
        map_alt=_map_alt(spots, words),
    )


def _numbers(moment: VerdictMoment, required: int | None, words: Words) -> str:
    said = words("画面中 {n} 人", n=moment.count)
    if moment.seated is not None:
        said += words(",按座位 {n} 人", n=moment.seated)
        if moment.confidence is not None:
            said += words("(把握 {n}%)", n=int(moment.confidence * 100))
    return said + (words(",应到 {n} 人", n=required) if required is not None else "")


def _box(person: SeenPerson, moment: VerdictMoment) -> BoxMark | None:
    """The part of it inside the picture, in percent; None when there is none."""
    left, right = max(person.x, 0), min(person.x + person.w, moment.width)
    top, bottom = max(person.y, 0), min(person.y + person.h, moment.height)
    if left >= right or top >= bottom:
        return None
    return BoxMark(
        x=_percent(left / moment.width),
        y=_percent(top / moment.height),
        w=_percent((right - left) / moment.width),
        h=_percent((bottom - top) / moment.height),
        how=person.how,
        label=f"{int(person.confidence * 100)}%" if person.how == "held" else "",
    )


def _alt(view: MomentView, words: Words) -> str:
    how = Counter(person.how for person in view.moment.people)
    return words(
        "{camera} 在 {at} 的画面:看见脸 {face} 人,只见身体 {person} 人,记得座位 {held} 人,不计入 {outside} 人",
        camera=view.camera_code,
        at=clock_time(from_epoch_ms(view.moment.at)),
        face=how["face"],
        person=how["person"],
        held=how["held"],
        outside=how["outside"],
    )


def _map_alt(spots: tuple[Spot, ...], words: Words) -> str:
    how = Counter(spot.how for spot in spots)
    return words(
        "座位图:{seen} 个座位有人,{held} 个记得有人,{empty} 个这时空着",
        seen=how["seen"],
        held=how["held"],
        empty=how["empty"],
    )


def _percent(share: float) -> str:
    return f"{100 * share:.2f}%"
