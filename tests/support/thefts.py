"""What a thief with the keys of box and centre can make of a bundle, and what the verifier must say.

All he makes is signed and sound in itself; what he claims must contradict something.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from config.profile import RegionProfile
from storage.evidence.bundle import PROFILE, VERDICT
from storage.evidence.fmp4 import fragments, retimed
from supervisor.contract.evidence import canonical_json, parse_evidence, verdict_json
from supervisor.rules.judge import judge
from supervisor.verifier.judgement import start_ms
from tests.support.forger import Thief
from tests.support.forgery_scene import Scene


def more_trainees_than_checked_in(thief: Thief, scene: Scene) -> None:
    thief.verdict["evidence"]["attendance"]["present"].append("somebody")
    judge_again(thief)


def verdict_that_does_not_follow(thief: Thief, scene: Scene) -> None:
    thief.verdict["verdict"]["state"] = "exempt"


def centre_verdict_that_does_not_follow(thief: Thief, scene: Scene) -> None:
    thief.of_centre("verdict")[-1]["details"]["verdict"]["state"] = "exempt"


def centre_verdict_about_another_entry(thief: Thief, scene: Scene) -> None:
    thief.of_centre("verdict")[-1]["details"]["box"] = scene.lesson.county.schools[1].box


def longer_recording_than_files(thief: Thief, scene: Scene) -> None:
    del thief.box_entries[thief.box_entries.index(thief.of_box("segment")[5])]
    thief.link()


def lesson_moved(thief: Thief, scene: Scene) -> None:
    thief.verdict["evidence"]["start"] = "2026-11-23T01:30:00Z"


def lesson_of_another_class(thief: Thief, scene: Scene) -> None:
    thief.verdict["evidence"]["class_no"] = "2026-1"


def lesson_held_before_it_was_approved(thief: Thief, scene: Scene) -> None:
    thief.of_centre("class_approved")[0]["at"] += 86_400_000


def lesson_never_approved(thief: Thief, scene: Scene) -> None:
    thief.of_centre("class_approved")[0]["details"]["lesson_hours"] = {}


def evidence_of_another_box(thief: Thief, scene: Scene) -> None:
    thief.verdict["evidence"]["box_id"] = scene.lesson.county.schools[1].box


def camera_of_another_site(thief: Thief, scene: Scene) -> None:
    thief.of_centre("camera_created")[0]["details"]["box_id"] = scene.lesson.county.schools[1].box


def no_clip_for_the_window_that_passes(thief: Thief, scene: Scene) -> None:
    for name in [name for name in thief.files if name.startswith("clips/")]:
        del thief.files[name]
    thief.verdict["clips"] = []


def a_clip_of_a_second(thief: Thief, scene: Scene) -> None:
    thief.verdict["clips"][0]["end_ms"] = thief.verdict["clips"][0]["start_ms"] + 1000


def a_verdict_on_silence_that_passes(thief: Thief, scene: Scene) -> None:
    last = json.loads(json.dumps(thief.of_centre("verdict")[-1]))
    last["details"] |= {"version": len(thief.of_centre("verdict")) + 1, "box": None, "index": None, "source": "sweep"}
    thief.centre_entries.append(last)


def an_exemption_that_nobody_approved(thief: Thief, scene: Scene) -> None:
    thief.of_centre("class_approved")[0]["details"]["exempt"] = "enterprise_staff"


def another_room(thief: Thief, scene: Scene) -> None:
    thief.of_centre("camera_created")[0]["details"]["room_id"] = "another"


def receipts_from_before_the_recording(thief: Thief, scene: Scene) -> None:
    thief.at_s -= 3600


def a_page_for_the_reader_that_says_something_else(thief: Thief, scene: Scene) -> None:
    thief.files[VERDICT] = thief.files[VERDICT].replace(b'"pass"', b'"exempt"')


def pictures_of_another_size(thief: Thief, scene: Scene) -> None:
    data = bytearray(next(data for name, data in thief.files.items() if name.startswith("clips/")))
    at = data.index(b"avc1") + 28
    data[at : at + 4] = (1920).to_bytes(2) + (1080).to_bytes(2)
    thief.replace_clip(bytes(data))
    thief.verdict["clips"][0] |= {"width": 1920, "height": 1080}


def a_picture_with_more_people(thief: Thief, scene: Scene) -> None:
    (moment, *_) = thief.verdict["moments"] = moments_of(thief)
    moment["count"] += 1
    moment["people"].append(moment["people"][0])


def numbers_that_no_rule_has(thief: Thief, scene: Scene) -> None:
    thief.of_centre("class_approved")[0]["details"]["lesson_hours"] = {thief.lesson: 5}
    thief.of_centre("box_enrolled")[0]["details"]["key"] = "é"


def two_verdicts(thief: Thief, scene: Scene) -> None:
    thief.box_entries.append(json.loads(json.dumps(thief.verdict)))


def verdict_of_another_lesson_beside(thief: Thief, scene: Scene) -> None:
    thief.box_entries.append(json.loads(json.dumps(thief.verdict)) | {"lesson_hour_id": "another"})


def segment_of_another_camera(thief: Thief, scene: Scene) -> None:
    thief.of_box("segment")[0]["camera"] = "another"


def evidence_that_is_none(thief: Thief, scene: Scene) -> None:
    del thief.verdict["evidence"]["cameras"]


def laxer_profile(thief: Thief, scene: Scene) -> None:
    """Everywhere the same, and judged by it: only a policy that pins the rules notices."""
    profile = RegionProfile.model_validate_json(thief.files[PROFILE])
    laxer = profile.model_copy(update={"lesson": profile.lesson.model_copy(update={"clip_min_s": 30})})
    thief.files[PROFILE] = canonical_json(laxer.model_dump(mode="json"))
    thief.of_centre("profile")[0]["details"]["sha256"] = laxer.digest()
    judge_again(thief)


def profile_that_the_centre_does_not_know(thief: Thief, scene: Scene) -> None:
    thief.of_centre("profile")[0]["details"]["sha256"] = "0" * 64


def clip_outside_the_lesson(thief: Thief, scene: Scene) -> None:
    thief.verdict["clips"][0]["end_ms"] += 3_600_000


def clip_named_for_another_lesson(thief: Thief, scene: Scene) -> None:
    thief.verdict["clips"][0]["lesson_hour_id"] = "another"


def clip_that_is_none(thief: Thief, scene: Scene) -> None:
    thief.replace_clip(b"no film at all" * 100)


def clip_shorter_than_claimed(thief: Thief, scene: Scene) -> None:
    thief.replace_clip(recut(thief, scene, lambda parts: parts[: len(parts) // 2]))


def clip_with_a_piece_cut_out_and_closed_up(thief: Thief, scene: Scene) -> None:
    def shorter(parts: list[bytes]) -> list[bytes]:
        gone = len(parts) // 10 * 5  # a whole number of key-frame groups
        index, kept = fragments(scene.folder / "clip.mp4"), [*parts[:gone], *parts[gone + 50 :]]
        return [retimed(part, index.fragments[number].tfdt, number + 1) for number, part in enumerate(kept)]

    thief.replace_clip(recut(thief, scene, shorter))
    thief.verdict["clips"][0]["media_ms"] -= 10_000
    thief.verdict["clips"][0]["end_ms"] -= 10_000


def clip_with_pieces_swapped(thief: Thief, scene: Scene) -> None:
    def swapped(parts: list[bytes]) -> list[bytes]:
        index, mixed = fragments(scene.folder / "clip.mp4"), [*parts[100:200], *parts[:100], *parts[200:]]
        return [dated(part, index.fragments[number].tfdt, number + 1) for number, part in enumerate(mixed)]

    def dated(part: bytes, tfdt: int, number: int) -> bytes:
        return retimed(part, tfdt, number)

    thief.replace_clip(recut(thief, scene, swapped))


def clip_that_does_not_decode(thief: Thief, scene: Scene) -> None:
    name = next(name for name in thief.files if name.startswith("clips/"))
    (scene.folder / "clip.mp4").write_bytes(thief.files[name])
    data = bytearray(thief.files[name])
    for one in fragments(scene.folder / "clip.mp4").fragments[40:60]:
        for at in range(one.data_offset + 6, one.data_offset + one.data_size):
            data[at] ^= 0x5A
    thief.replace_clip(bytes(data))


def moments_of(thief: Thief) -> list[dict[str, Any]]:
    """As an honest box tells them: the middle of the best window, and boxes for all that were counted."""
    evidence = parse_evidence(canonical_json(thief.verdict["evidence"]))
    (camera, *_), window = evidence.cameras, thief.verdict["verdict"]["window"]
    middle = (window["start_ms"] + window["end_ms"]) // 2
    sample = min(camera.samples, key=lambda one: abs(one.at_ms - middle))
    seated = next((one for one in camera.seated if one.at_ms == sample.at_ms), None)
    face = {"x": 1, "y": 1, "w": 9, "h": 9, "how": "face", "confidence": 0.9}
    return [
        {
            "camera_id": camera.camera_id,
            "at": start_ms(evidence) + sample.at_ms,
            "width": 320,
            "height": 180,
            "count": sample.count,
            "seated": seated.count if seated else None,
            "confidence": seated.confidence if seated else None,
            "people": [dict(face) for _ in range(sample.count)],
        }
    ]


def recut(thief: Thief, scene: Scene, change: Callable[[list[bytes]], list[bytes]]) -> bytes:
    data = next(data for name, data in thief.files.items() if name.startswith("clips/"))
    (scene.folder / "clip.mp4").write_bytes(data)
    index = fragments(scene.folder / "clip.mp4")
    parts = [data[one.offset : one.offset + one.size] for one in index.fragments]
    return data[: index.init_size] + b"".join(change(parts))


def judge_again(thief: Thief) -> None:
    profile = RegionProfile.model_validate_json(thief.files[PROFILE])
    verdict = judge(parse_evidence(canonical_json(thief.verdict["evidence"])), profile)
    thief.verdict["verdict"] = verdict_json(verdict)
    for entry in thief.of_centre("verdict"):
        entry["details"] |= {"verdict": verdict_json(verdict), "facts": None}


THEFTS: dict[Callable[[Thief, Scene], None], set[str]] = {
    more_trainees_than_checked_in: {"CHECK_INS_DIFFER"},
    verdict_that_does_not_follow: {"VERDICT_DIFFERS"},
    centre_verdict_that_does_not_follow: {"CENTRE_VERDICT_DIFFERS"},
    centre_verdict_about_another_entry: {"CENTRE_VERDICT_DIFFERS"},
    longer_recording_than_files: {"SEGMENTS_MISSING"},
    lesson_moved: {"LESSON_DIFFERS"},
    lesson_of_another_class: {"LESSON_DIFFERS"},
    lesson_held_before_it_was_approved: {"NOT_APPROVED"},
    lesson_never_approved: {"NOT_APPROVED"},
    evidence_of_another_box: {"BOX_DIFFERS"},
    camera_of_another_site: {"CAMERA_UNKNOWN"},
    no_clip_for_the_window_that_passes: {"CLIP_MISSING"},
    a_clip_of_a_second: {"CLIP_MISSING"},
    a_verdict_on_silence_that_passes: {"CENTRE_VERDICT_DIFFERS"},
    an_exemption_that_nobody_approved: {"LESSON_DIFFERS"},
    another_room: {"LESSON_DIFFERS"},
    receipts_from_before_the_recording: {"RECEIPT_INVALID"},
    a_page_for_the_reader_that_says_something_else: {"VERDICT_DIFFERS"},
    pictures_of_another_size: {"CLIP_STRUCTURE"},
    a_picture_with_more_people: {"MOMENT_DIFFERS"},
    numbers_that_no_rule_has: {"BUNDLE_MALFORMED"},
    two_verdicts: {"VERDICT_TWICE"},
    verdict_of_another_lesson_beside: {"ENTRY_UNEXPECTED"},
    segment_of_another_camera: {"ENTRY_UNEXPECTED"},
    evidence_that_is_none: {"EVIDENCE_INVALID"},
    laxer_profile: {"PROFILE_NOT_ACCEPTED"},
    profile_that_the_centre_does_not_know: {"PROFILE_DIFFERS"},
    clip_outside_the_lesson: {"CLIP_ELSEWHERE"},
    clip_named_for_another_lesson: {"CLIP_ELSEWHERE"},
    clip_that_is_none: {"CLIP_STRUCTURE"},
    clip_shorter_than_claimed: {"CLIP_LENGTH"},
    clip_with_a_piece_cut_out_and_closed_up: {"CLIP_ORDER"},
    clip_with_pieces_swapped: {"CLIP_ORDER"},
    clip_that_does_not_decode: {"CLIP_UNDECODABLE"},
}
