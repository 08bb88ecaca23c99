"""The lesson page's figures come from the verdict and the evidence, in the site's time."""

from __future__ import annotations

from supervisor.console.i18n import words
from supervisor.console.lesson import present_lesson
from supervisor.console.timeline import room_counts
from supervisor.lessons.schemas import ViewReason
from supervisor.rules.evidence import CameraEvidence, Sample
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
    assert shown["规则"].startswith("140521-2024.1 · judge/3 · ")


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
