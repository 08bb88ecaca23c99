from __future__ import annotations

import re
from io import BytesIO

import av
import numpy as np
import pytest
from sqlalchemy import select

from supervisor.contract.evidence import canonical_json, parse_evidence, sha256_hex, verdict_json
from supervisor.lessons.models import ViewLog
from supervisor.profiles import profile_named
from supervisor.rules.judge import judge
from tests.support.county import County, School, problem


@pytest.fixture(scope="module")
def clip() -> bytes:
    """10 s of real H.264 in fragmented MP4, one fragment a frame, a key frame every 2 s."""
    target = BytesIO()
    options = {"movflags": "frag_every_frame+empty_moov+default_base_moof"}
    with av.open(target, "w", format="mp4", options=options) as container:
        stream = container.add_stream("libx264", rate=5, options={"g": "10", "bf": "0", "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for index in range(50):
            picture = np.full((48, 64, 3), index, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return target.getvalue()


@pytest.fixture
def school(county: County, clip: bytes) -> School:
    school = county.schools[0]
    county.clock.step(50 * 60)
    for who in range(3):
        county.check_in(school, who)
    county.clock.step(15 * 60)
    county.report(school, county.verdict_entry(school, clip=clip))
    path = f"/api/box/clips/{sha256_hex(clip)}"
    assert school.box_client.patch(path, content=clip, headers={"Upload-Offset": "0"}).status_code == 204
    return school


def register(county: County) -> list[tuple[str, str, str]]:
    with county.centre.uow.read() as session:
        return [(row.unit, row.what, row.reason) for row in session.scalars(select(ViewLog))]


def test_the_ranges_of_the_playlist_are_the_whole_clip_and_decode(county: County, school: School, clip: bytes) -> None:
    answer = county.inspector.get(f"/api/lessons/{school.lesson}/playlist.m3u8?reason=complaint")
    assert answer.headers["content-type"].startswith("application/vnd.apple.mpegurl")
    text = answer.text
    assert text.endswith("#EXT-X-ENDLIST\n")
    media = re.search(r'URI="([^"]+)",BYTERANGE="(\d+)@0"', text)
    assert media is not None
    parts = [(0, int(media[2]))] + [(int(at), int(size)) for size, at in re.findall(r"BYTERANGE:(\d+)@(\d+)", text)]
    got = b""
    for offset, size in parts:
        piece = county.inspector.get(media[1], headers={"Range": f"bytes={offset}-{offset + size - 1}"})
        assert piece.status_code == 206
        assert piece.headers["content-range"] == f"bytes {offset}-{offset + size - 1}/{len(clip)}"
        got += piece.content
    assert clip.startswith(got)
    assert len(parts) == 6
    assert re.findall(r"EXTINF:([\d.]+)", text) == ["2.000"] * 5
    times = re.findall(r"PROGRAM-DATE-TIME:(\S+)", text)
    assert times[0] == "2026-11-23T01:00:00.000Z" and times[1] == "2026-11-23T01:00:02.000Z"
    with av.open(BytesIO(got)) as container:
        assert sum(1 for _ in container.decode(video=0)) == 50


def test_every_opening_is_in_the_viewing_register_before_the_first_byte(county: County, school: School) -> None:
    county.inspector.get(f"/api/lessons/{school.lesson}/playlist.m3u8?reason=complaint")
    county.inspector.get(f"/api/lessons/{school.lesson}/playlist.m3u8?reason=complaint")
    assert register(county) == [("主管单位", "playback", "complaint")]
    school.teacher.get(f"/api/lessons/{school.lesson}/playlist.m3u8")
    county.clock.step(3600)
    county.inspector.get(f"/api/lessons/{school.lesson}/playlist.m3u8?reason=complaint")
    assert register(county)[1:] == [("第0培训学校", "playback", "routine"), ("主管单位", "playback", "complaint")]


def test_another_institution_finds_no_clip_and_leaves_no_line(county: County, school: School, clip: bytes) -> None:
    stranger = county.schools[1].inspector
    for path in ("playlist.m3u8", f"clips/{sha256_hex(clip)}/playlist.m3u8", f"clips/{sha256_hex(clip)}/clip.mp4"):
        problem(stranger.get(f"/api/lessons/{school.lesson}/{path}"), 404, "LESSON_NOT_FOUND")
        problem(county.client().get(f"/api/lessons/{school.lesson}/{path}"), 401, "NOT_SIGNED_IN")
    assert register(county) == []


@pytest.mark.parametrize(
    ("wanted", "start", "stop"), [("bytes=0-0", 0, 1), ("bytes=10-", 10, None), ("bytes=-7", -7, None)]
)
def test_ranges(county: County, school: School, clip: bytes, wanted: str, start: int, stop: int | None) -> None:
    path = f"/api/lessons/{school.lesson}/clips/{sha256_hex(clip)}/clip.mp4"
    assert county.inspector.get(path, headers={"Range": wanted}).content == clip[start:stop]
    assert county.inspector.get(path).content == clip


@pytest.mark.parametrize("wanted", ["bytes=99999999-", "bytes=5-2", "bytes=-", "lines=1-2", "bytes=a-b", "bytes=-0"])
def test_a_range_outside_the_clip_is_refused(county: County, school: School, clip: bytes, wanted: str) -> None:
    path = f"/api/lessons/{school.lesson}/clips/{sha256_hex(clip)}/clip.mp4"
    problem(county.inspector.get(path, headers={"Range": wanted}), 416, "RANGE_INVALID")


def test_a_clip_that_has_not_arrived_is_not_found(county: County) -> None:
    lesson = county.schools[1].lesson
    problem(county.inspector.get(f"/api/lessons/{lesson}/playlist.m3u8"), 404, "CLIP_NOT_FOUND")


def test_the_evidence_can_be_taken_away_and_recomputed_and_the_register_knows(county: County, school: School) -> None:
    answer = county.inspector.get(f"/api/lessons/{school.lesson}/evidence.json?reason=complaint")
    assert answer.status_code == 200
    assert "attachment" in answer.headers["content-disposition"]
    page = county.inspector.get(f"/api/lessons/{school.lesson}").json()
    assert answer.content == canonical_json(page["evidence"])
    again = judge(parse_evidence(answer.content), profile_named(page["profile"]))
    said = next(one["verdict"] for one in page["verdicts"] if one["source"] == "box")
    assert verdict_json(again) == said
    assert [(what, reason) for _, what, reason in register(county)] == [("export", "complaint")]


def test_another_institution_cannot_take_the_evidence(county: County, school: School) -> None:
    stranger = county.schools[1].teacher
    assert problem(stranger.get(f"/api/lessons/{school.lesson}/evidence.json"), 404, "LESSON_NOT_FOUND")
    assert register(county) == []
