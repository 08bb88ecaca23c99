"""The centre's copy is damaged; the box still has its own: the centre gets it again, byte for byte."""

from __future__ import annotations

import threading

import pytest

from supervisor.lessons.uploads import object_key
from supervisor.retention.scrub import scrub_clips
from tests.support.enrolled_box import Centre, EnrolledBox
from tests.support.seed import clip as film


@pytest.fixture(scope="module")
def content() -> bytes:
    return film(seconds=64, brightness=70)


def test_a_damaged_clip_is_sent_again_by_the_box(centre: Centre, box: EnrolledBox, content: bytes) -> None:
    sha256 = box.judged_with_clip(content)
    store = centre.county.centre.store
    path = store.root / object_key(sha256)
    with box.client() as client:
        uplink = box.uplink(client)

        def rounds(number: int) -> None:
            for _ in range(number):
                uplink.round(threading.Event(), box.state)
                box.clock.sleep(60)

        rounds(2)
        assert centre.clips() == {sha256: "verified"}
        path.write_bytes(content[:-1] + b"!")
        (store.root / "clips/other.mp4").write_bytes(b"the archive is there")
        box.clock.sleep(31 * 86_400)
        assert scrub_clips(centre.county.centre) == 1
        assert centre.clips() == {sha256: "expected"}
        rounds(2)
    assert centre.clips() == {sha256: "verified"}
    assert (store.root / object_key(sha256, 1)).read_bytes() == content
    assert path.read_bytes() == content[:-1] + b"!"
    assert box.delivered() == {sha256: True}
