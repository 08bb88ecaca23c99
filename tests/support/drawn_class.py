"""A drawn class for pages: twelve seats, who sits there, and what a box would sign of it.

Nobody real is in it, and what a detector would find in it says nothing about real rooms: the boxes are where the heads
were drawn.
"""

from __future__ import annotations

from functools import cache
from io import BytesIO

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from supervisor.contract.log import SeenPerson

WIDE, HIGH = 640, 360
SEATS = [(x, y) for y in (120, 190, 275) for x in (110, 250, 390, 530)]  # middle of each head
_BENT = 4  # this seat's head is under the table for a while
_TURNED = 1  # and this one's turned away
_TEACHER = SeenPerson(x=298, y=28, w=26, h=32, how="outside", confidence=0.9)


def bent(second: float) -> bool:
    return 18 <= second < 42


def how_seen(people: int, second: float) -> tuple[SeenPerson, ...]:
    """The teacher, and the first `people` of the seats."""
    return _TEACHER, *(_person(seat, second) for seat in range(people))


def in_picture(people: int, second: float) -> int:
    return people - (bent(second) and people > _BENT)


def confidence(people: int, second: float) -> float:
    """Mean over the people in their places, one of whom may only be remembered."""
    return round((people - 0.1 * (people - in_picture(people, second))) / people, 3)


@cache
def film(people: int, *, seconds: int, tone: int, fps: int = 5) -> bytes:
    """H.264 in fragmented MP4, a key frame every 2 s; `tone`: of the walls, 0..255."""
    target = BytesIO()
    options = {"movflags": "frag_keyframe+empty_moov+default_base_moof+skip_trailer"}
    with av.open(target, "w", format="mp4", options=options) as container:
        codec = {"preset": "ultrafast", "g": str(2 * fps), "bf": "0", "x264-params": "scenecut=0"}
        stream = container.add_stream("libx264", rate=fps, options=codec)
        stream.width, stream.height, stream.pix_fmt = WIDE, HIGH, "yuv420p"
        for index in range(seconds * fps):
            picture = av.VideoFrame.from_ndarray(_drawn(people, index / fps, tone), format="bgr24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return target.getvalue()


def _size(seat: int) -> int:
    return 11 + seat // 4 * 4


def _person(seat: int, second: float) -> SeenPerson:
    (x, y), size = SEATS[seat], _size(seat)
    if seat == _TURNED and second >= 40:
        return SeenPerson(x=x - 2 * size, y=y - size - 3, w=4 * size, h=4 * size, how="person", confidence=0.74)
    how = "held" if seat == _BENT and bent(second) else "face"
    return SeenPerson(
        x=x - size, y=y - size - 3, w=2 * size, h=2 * size + 6, how=how, confidence=0.9 if how == "held" else 0.88
    )


def _drawn(people: int, second: float, tone: int) -> NDArray[np.uint8]:
    picture = np.full((HIGH, WIDE, 3), tone, np.uint8)
    cv2.rectangle(picture, (210, 8), (430, 84), (70, 96, 60), -1)
    cv2.rectangle(picture, (300, 60), (322, 100), (90, 60, 50), -1)
    cv2.circle(picture, (311, 44), 13, (150, 180, 215), -1, cv2.LINE_AA)
    for seat, (x, y) in enumerate(SEATS):
        size = _size(seat)
        if seat < people:
            sway = round(1.5 * np.sin(second + seat))
            shirt = (60 + 30 * (seat % 4), 90 + 12 * (seat % 7), 150 - 18 * (seat % 5))
            down = size if seat == _BENT and bent(second) else 0
            cv2.ellipse(picture, (x + sway, y + 3 * size + down), (2 * size, 2 * size), 0, 180, 360, shirt, -1)
            if not down:
                turned = seat == _TURNED and second >= 40
                cv2.ellipse(picture, (x + sway, y - 3), (size, size + 3), 0, 0, 360, (40, 40, 50), -1, cv2.LINE_AA)
                if not turned:
                    cv2.ellipse(
                        picture, (x + sway, y + 1), (size - 2, size), 0, 0, 360, (150, 180, 215), -1, cv2.LINE_AA
                    )
                    for eye in (-size // 2 + 1, size // 2 - 1):
                        cv2.circle(picture, (x + sway + eye, y - 1), 2, (30, 30, 30), -1, cv2.LINE_AA)
        cv2.rectangle(picture, (x - 4 * size, y + 2 * size), (x + 4 * size, y + 3 * size), (110, 150, 180), -1)
    cv2.putText(picture, f"room  {second:05.1f} s", (10, HIGH - 12), cv2.FONT_HERSHEY_SIMPLEX, 0.55, (255, 255, 255), 1)
    return picture
