"""The lesson page's figures come from the verdict and the evidence, in the site's time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from supervisor.console.i18n import words
from supervisor.console.lesson import present_lesson
from supervisor.console.timeline import room_counts
from supervisor.contract.not_checked import NotChecked
from supervisor.lessons.schemas import ReplayCameraView, ReplayCheckView, ReplayView, TwinView, ViewReason
from supervisor.rules.evidence import CameraEvidence, ReplayKind, Sample
from supervisor.rules.verdict import ReasonCode, VerdictState
from tests.support.lesson_views import CAMERA_ID, NOW, page, verdict

ZH = words("zh")


def facts(view: object) -> dict[str, str]:
    return {fact.name: fact.value for fact in view.facts}  # type: ignore[attr-defined]


def seen_by(zone: str, *samples: tuple[int, int], camera_id: str = "c") -> CameraEvidence:
    return CameraEvidence(camera_id, zone, True, None, (), (), (), tuple(Sample(*one) for one in samples), None)


def test_a_pass_shows_needed_seen_window_and_rule() -> None:
    shown = facts(present_lesson(page(verdict()), NOW, ZH))
    assert shown["画面人数"] == "要求 29 人,最多看见 29 人(原始 30)"
    assert shown["最佳片段"] == "09:04:58–09:14:58 (10:00)"
    assert shown["全员可见"] == "3 / 3 个时段"
    assert shown["规则"].startswith("140521-2024.1 · judge/4 · ")


def test_reasons_are_sentences_not_codes() -> None:
    view = present_lesson(page(verdict(VerdictState.FAIL_PROPOSED, ReasonCode.COUNT_LOW)), NOW, ZH)
    assert view.reasons == ("画面中的人数明显少于应当可见的人数",)
    assert view.mark.tone == "bad"


def test_a_difference_between_box_and_centre_is_told() -> None:
    assert present_lesson(page(verdict(), agrees=False), NOW, ZH).agrees is False
    assert present_lesson(page(verdict(), agrees=True), NOW, ZH).agrees is True


def test_a_clip_on_its_way_is_a_state_of_its_own() -> None:
    arrived = present_lesson(page(verdict()), NOW, ZH, ViewReason.ROUTINE).clips[0]
    waiting = present_lesson(page(verdict(), clip_state="uploading"), NOW, ZH).clips[0]
    assert arrived.play is not None
    assert waiting.play is None
    assert waiting.percent == 29


def test_nobody_sees_a_recording_without_saying_why() -> None:
    clip = present_lesson(page(verdict()), NOW, ZH).clips[0]
    assert clip.arrived
    assert (clip.play, clip.file) == (None, None)


def test_a_lesson_without_evidence_says_so_and_draws_nothing() -> None:
    view = present_lesson(page(None), NOW, ZH)
    assert view.timeline is None
    assert view.no_clip == "现场设备还没有报来证据。"
    assert view.evidence_sha256 is None


def test_timeline_and_table_tell_the_same_gap() -> None:
    view = present_lesson(page(verdict()), NOW, ZH)
    assert view.timeline is not None
    camera = view.timeline["cameras"][0]  # type: ignore[index]
    assert camera["name"] == "room-a"
    assert [gap["words"] for gap in camera["gaps"]] == ["断线"]
    missing = [row for row in view.stretches if row.what.startswith("缺录像")]
    assert [(row.end - row.start).total_seconds() for row in missing] == [60]


def test_counts_of_one_zone_are_not_added_and_half_a_room_is_no_count() -> None:
    same = [seen_by("seats", (0, 5), (5000, 6), camera_id="a"), seen_by("seats", (0, 7), camera_id="b")]
    assert room_counts(same, 5000) == [(0, 7), (5000, 6)]
    halves = [seen_by("left", (0, 5), (5000, 6), camera_id="a"), seen_by("right", (0, 7), camera_id="b")]
    assert room_counts(halves, 5000) == [(0, 12)]


def test_one_camera_is_named_by_the_site() -> None:
    assert {row.camera for row in present_lesson(page(verdict()), NOW, ZH).stretches} == {"room-a"}
    assert str(CAMERA_ID) in str(page(verdict()).evidence)


def replay_check(**changes: object) -> ReplayCheckView:
    values: dict[str, object] = {
        "at": NOW,
        "detector": "replay/1",
        "threshold": 0.18,
        "compared": 3,
        "since": NOW - timedelta(days=9),
        "cameras": [ReplayCameraView(camera_code="room-a", not_checked=None, nearest=0.4)],
        "findings": [],
    }
    return ReplayCheckView.model_validate(values | changes)


def likeness(**twin: object) -> ReplayView:
    start = NOW - timedelta(hours=5)
    known: dict[str, object] = {
        "camera_code": "room-b", "start": start - timedelta(days=1), "end": start, "lesson_hour_id": CAMERA_ID,
        "place": "本部 教室B", "has_clip": True, "same_lesson": False,
    }  # fmt: skip
    return ReplayView(
        camera_code="room-a", kind=ReplayKind.SAME_VIEW, start=start, end=NOW, distance=0.0712,
        twin=TwinView.model_validate(known | twin),
    )  # fmt: skip


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_looks_alike_stands_side_by_side_and_is_never_called_forged(language: str) -> None:
    view = present_lesson(page(verdict(), replay_checks=[replay_check(findings=[likeness()])]), NOW, words(language))
    (shown,) = view.likenesses
    assert (shown.own.camera, shown.twin.camera, shown.twin.place) == ("room-a", "room-b", "本部 教室B")
    assert shown.twin.link == f"/lessons/{CAMERA_ID}" and "0.071" in shown.measured and "replay/1" in shown.measured
    assert not any(word in shown.text.lower() for word in ("伪造", "造假", "forge", "fake", "fraud"))
    assert not view.replay_checks[0].clean


def test_a_twin_that_the_visitor_may_not_see_has_no_place_camera_or_link() -> None:
    hidden = likeness(lesson_hour_id=None, place=None, camera_code=None, has_clip=False)
    (shown,) = present_lesson(
        page(verdict(), replay_checks=[replay_check(findings=[hidden])]), NOW, words("zh")
    ).likenesses
    assert (shown.twin.camera, shown.twin.link) == ("", None) and "不在您的查看范围内" in shown.twin.place


def test_not_compared_is_told_and_never_called_clean() -> None:
    still = ReplayCameraView(camera_code="room-a", not_checked=NotChecked.KEY_FRAMES_RARE, nearest=1)
    checks = [replay_check(), replay_check(cameras=[still])]
    clean, unchecked = present_lesson(page(verdict(), replay_checks=checks), NOW, words("zh")).replay_checks
    assert clean.clean and not clean.not_checked
    assert not unchecked.clean and "关键帧" in unchecked.not_checked[0]
