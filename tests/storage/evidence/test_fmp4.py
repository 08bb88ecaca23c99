"""The box walker on the recorder's own files, whole, torn at every byte, and full of garbage."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.clock import ManualClock, epoch_ms
from config.errors import LessonProofError
from device_adapters.interfaces import StreamInfo
from storage.evidence.fmp4 import fragments, good_prefix, prft, retimed
from tests.support.pictures import Recording, encoded

START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def segment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds at 10 pictures a second, a key frame each second."""
    recording = Recording(tmp_path_factory.mktemp("box"), ManualClock(START))
    recording.feed(encoded(3, fps=10, gop=10, width=64, height=48))
    recording.settle()
    (path,) = recording.files()
    return path


def test_a_file_tells_every_picture_and_its_time(segment: Path) -> None:
    index = fragments(segment)
    assert (index.codec, index.width, index.height, index.timescale) == ("h264", 64, 48, 90_000)
    assert index.codec_string.startswith("avc1.42c0")
    assert len(index.fragments) == 30
    assert [one.keyframe for one in index.fragments] == [number % 10 == 0 for number in range(30)]
    assert [one.tfdt for one in index.fragments] == [number * 9000 for number in range(30)]
    assert index.media_ms == 3000
    assert [one.wall_ms for one in index.fragments if one.keyframe] == [epoch_ms(START) + 1000 * n for n in range(3)]
    assert index.end_offset == segment.stat().st_size


def test_the_fragments_cover_the_file_without_a_hole(segment: Path) -> None:
    index = fragments(segment)
    at = index.init_size
    for fragment in index.fragments:
        assert fragment.offset == at
        assert fragment.data_offset + fragment.data_size == fragment.offset + fragment.size
        at += fragment.size


def test_h265_is_told_as_hvc1(tmp_path: Path) -> None:
    info = StreamInfo("hevc", 320, 180, b"", (1, 90_000))
    recording = Recording(tmp_path, ManualClock(START), info=info)
    recording.feed(encoded(1, codec="libx265"))
    recording.settle()
    index = fragments(recording.files()[0])
    assert index.codec == "hevc"
    assert index.codec_string.startswith("hvc1.1.6.L")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_file_torn_at_any_byte_gives_a_prefix_of_itself(segment: Path, tmp_path: Path, data: st.DataObject) -> None:
    whole, content = fragments(segment), segment.read_bytes()
    length = data.draw(st.integers(0, len(content) - 1))
    torn = tmp_path / "torn.mp4.part"
    torn.write_bytes(content[:length])
    if length < whole.init_size:
        with pytest.raises(LessonProofError, match="MEDIA_DAMAGED"):
            good_prefix(torn)
        return
    index = good_prefix(torn)
    assert index.fragments == whole.fragments[: len(index.fragments)]
    assert index.end_offset <= length
    lost = whole.fragments[len(index.fragments)]
    assert lost.offset + lost.size > length, "a whole picture was thrown away"
    if index.end_offset != length:
        with pytest.raises(LessonProofError, match="MEDIA_DAMAGED"):
            fragments(torn)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=8)), min_size=1, max_size=4)
)
def test_garbage_is_refused_and_never_loops(segment: Path, tmp_path: Path, wounds: list[tuple[float, bytes]]) -> None:
    content = bytearray(segment.read_bytes())
    for where, what in wounds:
        at = int(where * len(content))
        content[at : at + len(what)] = what[: len(content) - at]
    file = tmp_path / "wounded.mp4"
    file.write_bytes(content)
    for read in (fragments, good_prefix):
        try:
            index = read(file)
        except LessonProofError as error:
            assert error.code == "MEDIA_DAMAGED"
        else:
            assert index.end_offset <= len(content)


@pytest.mark.parametrize("content", [b"", bytes(64), b"RIFF" * 100], ids=["empty", "zeros", "riff"])
def test_what_is_not_a_recording_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "x.mp4"
    file.write_bytes(content)
    with pytest.raises(LessonProofError, match="MEDIA_DAMAGED") as caught:
        fragments(file)
    assert caught.value.where is not None and caught.value.where.startswith("x.mp4:")


@pytest.mark.timeout(10)
def test_a_sample_count_of_four_billion_is_not_counted_one_by_one(segment: Path, tmp_path: Path) -> None:
    content = bytearray(segment.read_bytes())
    trun = content.find(b"trun")
    content[trun + 4 : trun + 12] = bytes(4) + b"\xff" * 4  # no field a sample, and all the samples there can be
    file = tmp_path / "wounded.mp4"
    file.write_bytes(content)
    with pytest.raises(LessonProofError, match="MEDIA_DAMAGED"):
        fragments(file)


def test_zeros_after_the_last_picture_are_not_pictures(segment: Path, tmp_path: Path) -> None:
    file = tmp_path / "power-cut.mp4.part"
    file.write_bytes(segment.read_bytes() + b"\x00" * 8192)
    assert good_prefix(file).fragments == fragments(segment).fragments


@given(st.integers(0, 4_000_000_000_000), st.integers(0, 2**60))
def test_a_prft_box_has_32_bytes_and_keeps_the_millisecond(wall_ms: int, media_time: int) -> None:
    from storage.evidence.fmp4 import _wall_ms

    box = prft(1, wall_ms, media_time)
    assert len(box) == 32
    assert _wall_ms(box, 0) == wall_ms


def test_a_retimed_fragment_keeps_every_media_byte(segment: Path, tmp_path: Path) -> None:
    index, content = fragments(segment), segment.read_bytes()
    first = index.fragments[0]
    moved = retimed(content[first.offset : first.offset + first.size], 2**40, 7)
    file = tmp_path / "moved.mp4"
    file.write_bytes(content[: index.init_size] + moved)
    (found,) = fragments(file).fragments
    assert found.tfdt == 2**40
    assert file.read_bytes()[found.data_offset :] == content[first.data_offset : first.data_offset + first.data_size]
