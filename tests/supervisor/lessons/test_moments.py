"""The pictures of a verdict come out of the stored clip, for who may see the lesson hour, and the register knows."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import av
import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sqlalchemy import select

from config.clock import epoch_ms
from config.errors import LessonProofError
from storage.evidence.fmp4 import fragments
from supervisor.contract.evidence import sha256_hex
from supervisor.lessons.key_frame import WIDEST, jpeg_of
from supervisor.lessons.models import EvidenceClip, ViewLog
from tests.support.county import County, School, problem
from tests.support.drawn_class import HIGH, WIDE, film, how_seen

PEOPLE = 3
SECONDS = (10, 30, 50)


@pytest.fixture(scope="module")
def clip() -> bytes:
    return film(PEOPLE, seconds=64, tone=90)


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> County:
    return County(tmp_path_factory.mktemp("county"))


@pytest.fixture(scope="module")
def school(county: County, clip: bytes) -> School:
    school = county.schools[0]
    county.clock.step(50 * 60)
    for who in range(PEOPLE):
        county.check_in(school, who)
    county.clock.step(15 * 60)
    told = [moment(school, start(school) + 1000 * second) for second in SECONDS]
    assert county.report(school, county.verdict_entry(school, clip=clip, moments=told)).is_success
    path = f"/api/box/clips/{sha256_hex(clip)}"
    assert school.box_client.patch(path, content=clip, headers={"Upload-Offset": "0"}).status_code == 204
    return school


def start(school: School) -> int:
    return epoch_ms(datetime.fromisoformat(school.session["lesson_hours"][0]["start"]))


def moment(school: School, at: int) -> dict[str, Any]:
    people = [person.model_dump(mode="json") for person in how_seen(PEOPLE, 10)]
    return {
        "camera_id": school.camera, "at": at, "width": WIDE, "height": HIGH, "count": PEOPLE, "seated": None,
        "confidence": None, "people": people,
    }  # fmt: skip


def picture_path(school: School, second: int, camera: str = "") -> str:
    at = start(school) + 1000 * second
    return f"/api/lessons/{school.lesson}/moments/{camera or school.camera}/{at}.jpg?reason=complaint"


def register(county: County) -> list[tuple[str, str, str]]:
    with county.centre.uow.read() as session:
        return [(row.unit, row.what, row.reason) for row in session.scalars(select(ViewLog))]


def decoded(clip: bytes, second: float) -> NDArray[np.float32]:
    with av.open(BytesIO(clip)) as container:
        for frame in container.decode(video=0):
            if frame.time is not None and frame.time >= second:
                return frame.to_ndarray(format="bgr24").astype(np.float32)
    raise AssertionError("no such picture")


def told_state(county: County, school: School) -> set[str]:
    page = county.inspector.get(f"/api/lessons/{school.lesson}").json()
    return {view["picture"] for view in page["moments"]}


@contextmanager
def changed(county: County, school: School, **values: Any) -> Iterator[None]:
    """The clip's row says something else for a while."""

    def put(wanted: dict[str, Any]) -> dict[str, Any]:
        with county.centre.uow.write() as session:
            row = session.scalars(select(EvidenceClip).where(EvidenceClip.lesson_hour_id == UUID(school.lesson))).one()
            before = {name: getattr(row, name) for name in wanted}
            for name, value in wanted.items():
                setattr(row, name, value)
        return before

    before = put(values)
    yield
    put(before)


def test_three_pictures_at_once_are_the_clips_own_and_one_line_of_the_register(
    county: County, school: School, clip: bytes
) -> None:
    before = register(county)
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda second: county.inspector.get(picture_path(school, second)), SECONDS))
    for second, answer in zip(SECONDS, answers, strict=True):
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
        assert answer.headers["cache-control"] == "private, no-store"
        shown = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR).astype(np.float32)
        apart = {each: float(np.abs(shown - decoded(clip, each)).mean()) for each in SECONDS}
        assert min(apart, key=lambda each: apart[each]) == second
        assert apart[second] < 3, "grey levels: what JPEG costs"
    assert register(county)[len(before) :] == [("主管单位", "pictures", "complaint")]
    county.inspector.get(f"/api/lessons/{school.lesson}/playlist.m3u8?reason=complaint")
    assert register(county)[-1] == ("主管单位", "playback", "complaint")


def test_the_page_tells_each_part_with_its_boxes(county: County, school: School) -> None:
    views = county.inspector.get(f"/api/lessons/{school.lesson}").json()["moments"]
    assert [(view["camera_code"], view["part"], view["parts"]) for view in views] == [
        ("room-a", 1, 3), ("room-a", 2, 3), ("room-a", 3, 3),
    ]  # fmt: skip
    assert [person["how"] for person in views[0]["moment"]["people"]] == ["outside", "face", "face", "face"]
    assert told_state(county, school) == {"here"}


def test_a_stranger_sees_no_picture_and_leaves_no_line(county: County, school: School) -> None:
    before = register(county)
    problem(county.schools[1].teacher.get(picture_path(school, 10)), 404, "LESSON_NOT_FOUND")
    problem(county.client().get(picture_path(school, 10)), 401, "NOT_SIGNED_IN")
    assert register(county) == before


def test_only_moments_that_the_box_signed_are_shown(county: County, school: School) -> None:
    before = register(county)
    problem(county.inspector.get(picture_path(school, 12)), 404, "MOMENT_NOT_FOUND")
    problem(county.inspector.get(picture_path(school, 10, county.schools[1].camera)), 404, "MOMENT_NOT_FOUND")
    problem(county.inspector.get(picture_path(school, 10).replace(".jpg", "x.jpg")), 422, "REQUEST_INVALID")
    assert register(county) == before


@pytest.mark.parametrize(
    ("values", "status", "code", "state"),
    [
        ({"state": "deleting"}, 410, "CLIP_DELETED", "deleted"),
        ({"state": "expected", "repairs": 1}, 409, "CLIP_DAMAGED", "damaged"),
        ({"state": "uploading"}, 404, "CLIP_NOT_FOUND", "waiting"),
        ({"playlist": None}, 409, "CLIP_NOT_PLAYABLE", "damaged"),
    ],
)
def test_without_the_clip_there_is_a_reason_and_the_boxes_stay(
    county: County, school: School, values: dict[str, Any], status: int, code: str, state: str
) -> None:
    with changed(county, school, **values):
        problem(county.inspector.get(picture_path(school, 10)), status, code)
        assert told_state(county, school) == {state}


def test_a_damaged_clip_is_said_to_be_damaged(county: County, school: School, clip: bytes) -> None:
    stored = next(Path(county.centre.settings.data_dir).rglob(f"{sha256_hex(clip)}.mp4"))
    mode = stored.stat().st_mode
    stored.chmod(0o600)
    try:
        stored.write_bytes(clip[:1500] + bytes(len(clip) - 1500))
        problem(county.inspector.get(picture_path(school, 30)), 409, "PICTURE_DAMAGED")
        stored.write_bytes(clip[:1500])
        problem(county.inspector.get(picture_path(school, 30)), 409, "PICTURE_DAMAGED")
    finally:
        stored.write_bytes(clip)
        stored.chmod(mode)
    assert county.inspector.get(picture_path(school, 30)).status_code == 200


def test_a_report_of_before_there_were_pictures_has_none(county: County, school: School, clip: bytes) -> None:
    other = county.schools[1]
    county.report(other, county.verdict_entry(other, clip=clip))
    assert county.inspector.get(f"/api/lessons/{other.lesson}").json()["moments"] == []
    problem(county.inspector.get(picture_path(other, 10)), 404, "MOMENT_NOT_FOUND")


# One key frame


@pytest.fixture(scope="module")
def group(clip: bytes, tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    file = tmp_path_factory.mktemp("clip") / "clip.mp4"
    file.write_bytes(clip)
    index = fragments(file)
    return clip[: index.init_size], clip[index.init_size : index.fragments[0].offset + index.fragments[0].size]


def test_a_large_picture_becomes_smaller() -> None:
    out = BytesIO()
    with av.open(out, "w", format="mp4", options={"movflags": "frag_every_frame+empty_moov+default_base_moof"}) as file:
        stream = file.add_stream("libx264", rate=1, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 1920, 1080, "yuv420p"
        file.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((1080, 1920, 3), np.uint8), format="rgb24")))
        file.mux(stream.encode())
    picture = cv2.imdecode(np.frombuffer(jpeg_of(out.getvalue(), b""), np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape == (720, WIDEST, 3)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_whatever_a_clip_holds_it_is_a_picture_or_a_sentence(group: tuple[bytes, bytes], data: st.DataObject) -> None:
    parts = [bytearray(part) for part in group]
    for _ in range(data.draw(st.integers(1, 4))):
        part = parts[data.draw(st.integers(0, 1))]
        part[data.draw(st.integers(0, len(part) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(parts[1])))
    try:
        assert jpeg_of(bytes(parts[0]), bytes(parts[1][:cut])).startswith(b"\xff\xd8")
    except LessonProofError as error:
        assert error.code == "PICTURE_DAMAGED"
