"""Files as people have them: photographs in several formats, turned by EXIF or cut short; videos; and neither."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from config.errors import LessonProofError
from edge_agent.vision import pictures
from edge_agent.vision.counter import Image

EXIF_TURN_RIGHT = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"
"""A JPEG APP1 payload saying orientation 6: turn a quarter to the right to see it upright."""


@pytest.fixture
def scene() -> Image:
    """Red left, blue right, smooth, 97 x 161: no multiple of anything."""
    scene = np.zeros((97, 161, 3), np.uint8)
    scene[:, :80, 2] = scene[:, 80:, 0] = 200
    return scene


def write_video(path: Path, scene: Image, *, frames: int, gop: int, pixels: str = "yuv420p") -> None:
    """10 frames a second, a key frame every `gop` frames."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10, options={"g": str(gop), "sc_threshold": "0"})
        stream.width, stream.height, stream.pix_fmt = 160, 96, pixels
        stream.time_base = Fraction(1, 10)
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(scene[:96, :160].copy(), format="bgr24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


@pytest.mark.parametrize("ending", [".jpg", ".png", ".webp", ".bmp"])
def test_a_photograph_is_one_picture_without_a_time(ending: str, scene: Image, tmp_path: Path) -> None:
    path = tmp_path / f"教室{ending}"
    path.write_bytes(cv2.imencode(ending, scene)[1].tobytes())
    (still,) = pictures.read(path)
    assert still.at_s is None
    assert still.image.shape == scene.shape
    assert np.abs(still.image.astype(int) - scene)[:, [10, 150]].max() < 12


def test_a_grey_photograph_comes_in_three_channels(scene: Image, tmp_path: Path) -> None:
    (tmp_path / "grey.png").write_bytes(cv2.imencode(".png", scene[:, :, 0])[1].tobytes())
    (still,) = pictures.read(tmp_path / "grey.png")
    assert still.image.shape == scene.shape


def test_a_photograph_taken_sideways_is_turned_upright(scene: Image, tmp_path: Path) -> None:
    sideways = cv2.rotate(scene, cv2.ROTATE_90_COUNTERCLOCKWISE)
    jpeg = cv2.imencode(".jpg", sideways)[1].tobytes()
    length = (len(EXIF_TURN_RIGHT) + 2).to_bytes(2, "big")
    (tmp_path / "phone.jpg").write_bytes(jpeg[:2] + b"\xff\xe1" + length + EXIF_TURN_RIGHT + jpeg[2:])
    (still,) = pictures.read(tmp_path / "phone.jpg")
    assert np.abs(still.image.astype(int) - scene)[:, [10, 150]].max() < 12


@pytest.mark.parametrize("pixels", ["yuv420p", "yuv422p10le"])
def test_a_video_gives_its_key_frames_with_their_time(pixels: str, scene: Image, tmp_path: Path) -> None:
    write_video(tmp_path / "lesson.mp4", scene, frames=45, gop=20, pixels=pixels)
    stills = list(pictures.read(tmp_path / "lesson.mp4"))
    assert [still.at_s for still in stills] == pytest.approx([0, 2, 4])
    assert all(still.image.shape == (96, 160, 3) and still.image.dtype == np.uint8 for still in stills)


@pytest.mark.parametrize("ending", [".jpg", ".png", ".mp4"])
def test_half_a_file_is_refused(ending: str, scene: Image, tmp_path: Path) -> None:
    path = tmp_path / f"half{ending}"
    if ending == ".mp4":
        write_video(path, scene, frames=30, gop=10)
    else:
        noisy = np.random.default_rng(1).integers(0, 256, scene.shape, dtype=np.uint8)
        path.write_bytes(cv2.imencode(ending, noisy)[1].tobytes())
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(LessonProofError) as caught:
        list(pictures.read(path))
    assert caught.value.code == "FILE_NOT_PICTURE"


@pytest.mark.parametrize(
    "content",
    [b"", b"hello\n" * 100, b"#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1:9/a.ts\n", b"ffconcat version 1.0\nfile x.mp4\n"],
    ids=["empty", "text", "playlist", "concat"],
)
@pytest.mark.parametrize("ending", [".jpg", ".mp4", ".txt"])
def test_what_is_no_picture_is_refused_whatever_its_name(content: bytes, ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"file{ending}"
    path.write_bytes(content)
    with pytest.raises(LessonProofError) as caught:
        list(pictures.read(path))
    assert caught.value.code == "FILE_NOT_PICTURE"
    assert caught.value.where == str(path)


def test_sound_without_pictures_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.float32), format="fltp", layout="mono")
        frame.rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    with pytest.raises(LessonProofError, match="FILE_NOT_PICTURE"):
        list(pictures.read(path))


@pytest.mark.parametrize("name", ["absent.jpg", "."])
def test_a_missing_file_or_a_folder_is_said_so(name: str, tmp_path: Path) -> None:
    with pytest.raises(LessonProofError, match="FILE_NOT_FOUND"):
        list(pictures.read(tmp_path / name))
