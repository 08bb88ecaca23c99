"""What the page says of the three pictures: boxes, numbers and reasons, in both languages."""

from __future__ import annotations

from typing import Any

import pytest

from config.clock import epoch_ms
from supervisor.console.i18n import words
from supervisor.console.lesson import present_lesson
from supervisor.console.moments import present_moments
from supervisor.console.views import MomentFigure
from supervisor.contract.log import SeenPerson, VerdictMoment
from supervisor.lessons.schemas import LessonPage, MomentView, PictureState, ViewReason
from tests.support.lesson_views import CAMERA_ID, NOW, page, verdict


def shown(people: tuple[SeenPerson, ...] = (), state: PictureState = PictureState.HERE, **changes: Any) -> LessonPage:
    told = page(verdict())
    values = {
        "camera_id": CAMERA_ID, "at": epoch_ms(told.lesson.start) + 778_000, "width": 1920, "height": 1080,
        "count": 37, "seated": 38, "confidence": 0.976, "people": people,
    }  # fmt: skip
    view = MomentView(
        camera_code="room-a", part=2, parts=3, picture=state, moment=VerdictMoment.model_validate(values | changes)
    )
    return told.model_copy(update={"moments": [view]})


def figure(told: LessonPage, language: str = "zh", why: ViewReason | None = ViewReason.ALERT) -> MomentFigure:
    (one,) = present_moments(told, 38, why, words(language))
    return one


def person(how: str, x: int = 960, **changes: int) -> SeenPerson:
    values: dict[str, Any] = {"x": x, "y": 108, "w": 96, "h": 108, "how": how, "confidence": 0.876}
    return SeenPerson.model_validate(values | changes)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("zh", "画面中 37 人,按座位 38 人(把握 97%),应到 38 人"),
        ("en", "37 in this picture, 38 in their places (97% certain), 38 required"),
    ],
)
def test_the_caption_tells_both_numbers_and_never_flatters(language: str, said: str) -> None:
    one = figure(shown(), language)
    assert one.numbers == said
    assert one.second in ("课时第 778 秒", "second 778 of the lesson hour")
    assert one.title.startswith("room-a · ")


def test_without_account_of_places_one_number_is_told() -> None:
    assert figure(shown(seated=None, confidence=None)).numbers == "画面中 37 人,应到 38 人"


def test_boxes_are_percent_of_the_picture_and_only_a_remembered_place_says_how_certain() -> None:
    one = figure(shown((person("face"), person("held"), person("outside"))))
    assert [(box.how, box.label) for box in one.boxes] == [("face", ""), ("held", "87%"), ("outside", "")]
    assert (one.boxes[0].x, one.boxes[0].y, one.boxes[0].w, one.boxes[0].h) == ("50.00%", "10.00%", "5.00%", "10.00%")
    assert one.alt.startswith("room-a 在 ")
    assert one.alt.endswith(" 的画面:看见脸 1 人,只见身体 0 人,记得座位 1 人,不计入 1 人")


def test_the_map_tells_who_is_missing_now_in_words_too() -> None:
    told = shown((person("face", 100), person("held", 900)))
    first = told.moments[0]
    later = first.model_copy(
        update={"moment": first.moment.model_copy(update={"at": first.moment.at + 1, "people": (person("face", 100),)})}
    )
    both = present_moments(told.model_copy(update={"moments": [first, later]}), 38, None, words("zh"))
    assert [one.map_alt for one in both] == [
        "座位图:1 个座位有人,1 个记得有人,0 个这时空着",
        "座位图:1 个座位有人,0 个记得有人,1 个这时空着",
    ]


def test_a_box_outside_of_the_picture_is_cut_or_left_out() -> None:
    one = figure(shown((person("face", 1872), person("face", 5000), person("face", -(10**12)))))
    assert [(box.x, box.w) for box in one.boxes] == [("97.50%", "2.50%")]


def test_nobody_sees_a_picture_without_saying_why() -> None:
    assert figure(shown(), why=None).source is None
    source = figure(shown()).source
    assert source is not None and source.endswith(".jpg?reason=alert")


@pytest.mark.parametrize("state", [state for state in PictureState if state is not PictureState.HERE])
def test_without_a_picture_a_sentence_says_why_and_the_boxes_stay(state: PictureState) -> None:
    one = figure(shown((person("face"),), state))
    assert one.source is None
    assert one.instead.endswith("。")
    assert len(one.boxes) == 1


def test_the_page_tells_both_counts_and_what_counted() -> None:
    told = page(verdict(confidence=0.969, raw_median=27.5, identified=21))
    assert told.evidence is not None
    engine = {"name": "bodies", "model_sha256": "ab" * 32, "engine": "openvino", "threshold": 0.5}
    watcher = {"version": "seats/1", "persons": engine, "hold_s": 45, "scale": 0.5, "zones_sha256": "c4" * 32}
    camera = told.evidence["cameras"][0] | {
        "watcher": watcher, "seated": [{"at_ms": 0, "count": 29, "confidence": 1}],
    }  # fmt: skip
    evidence = told.evidence | {"cameras": [camera]}
    view = present_lesson(told.model_copy(update={"evidence": evidence}), NOW, words("zh"))
    facts = {fact.name: fact.value for fact in view.facts}
    assert facts["画面人数"] == "要求 29 人,按座位最多 29 人,单张画面最多 30 人"
    assert facts["中位人数"].startswith("按座位 29 人,单张画面 27.5 人")
    assert (facts["座位把握"], facts["人脸核验"]) == ("96%", "认出 21 人")
    assert facts["座位记录"] == "seats/1 · 记住座位 45 秒 · 0.5× · 区域 c4c4c4c4c4c4"
    assert facts["找身体"].startswith("bodies · openvino · abab")
    assert view.timeline is not None
    assert view.timeline["seated"] == [[epoch_ms(told.lesson.start), 29]]
    assert [row.seated for row in view.counts[:2]] == [29, None]


def test_what_was_not_asked_for_is_not_told() -> None:
    names = {fact.name for fact in present_lesson(page(verdict()), NOW, words("zh")).facts}
    assert not names & {"座位把握", "人脸核验", "座位记录", "找身体"}
