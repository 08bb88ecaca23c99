"""Visibility: what a window shows, from samples that come in their own rhythm, of cameras that see some or all."""

from __future__ import annotations

import numpy as np
import pytest

from config.profile import load_profile
from supervisor.rules.evidence import CameraEvidence, Sample
from supervisor.rules.verdict import Window
from supervisor.rules.visibility import Visible, camera_counts, look, smooth
from tests.support.lesson_evidence import HOUR_S, camera

COUNTY = load_profile("140521-2024.1")
FIRST = Window(0, 600_000, 600_000, 0, 0)


def shown(*cameras: CameraEvidence, required: int | None = 40, window: Window = FIRST) -> Visible:
    counts = [camera_counts(one, HOUR_S * 1000, COUNTY) for one in cameras]
    return look([window], counts, COUNTY.visible, required)[0]


@pytest.mark.parametrize(
    ("raw", "smoothed"),
    [
        ([], []),
        ([7], [7]),
        ([7, 1], [7, 1]),
        ([40, 12, 40, 40, 99, 40], [40, 40, 40, 40, 40, 40]),
        ([1, 2, 3], [1, 2, 3]),
    ],
)
def test_smoothing_is_a_rolling_median_that_leaves_the_ends(raw: list[int], smoothed: list[int]) -> None:
    assert smooth(np.array(raw, dtype=np.int64), 3).tolist() == smoothed


def test_one_sample_smooths_nothing() -> None:
    assert smooth(np.array([4, 9, 4], dtype=np.int64), 1).tolist() == [4, 9, 4]


def test_everybody_all_the_time() -> None:
    assert shown(camera(40)) == Visible(3, 40, 40, 40, 40, None, 600, 600, 120, 120)


def test_a_single_lucky_frame_is_no_peak_but_stays_in_the_raw_figure() -> None:
    visible = shown(camera(lambda s: 40 if s == 300 else 36))
    assert (visible.peak, visible.raw_peak, visible.moments) == (36, 40, 0)


def test_a_moment_is_ten_seconds_in_sum_in_each_third() -> None:
    in_two_thirds = camera(lambda s: 40 if 30 <= s < 45 or 300 <= s < 315 else 38)
    assert shown(in_two_thirds).moments == 2
    too_short = camera(lambda s: 40 if 30 <= s < 39 else 38, every_s=3)
    assert shown(too_short).moments == 0


def test_cameras_of_one_zone_see_the_same_seats() -> None:
    front, back = camera(25, camera_id="a"), camera(38, camera_id="b")
    assert shown(front, back).peak == 38


@pytest.mark.rule("A-18")
def test_cameras_of_several_zones_are_summed() -> None:
    rooms = [camera(number, camera_id=f"{number}", zone=f"bench {number}") for number in (12, 13, 15)]
    assert shown(*rooms) == Visible(3, 40, 40, 40, 40, None, 600, 600, 120, 120)


def test_a_zone_without_samples_counts_as_nobody_while_another_has_some() -> None:
    front, back = camera(20, camera_id="a", zone="front"), camera(None, camera_id="b", zone="back")
    assert shown(front, back).peak == 20


def test_without_any_sample_everything_is_unknown() -> None:
    assert shown(camera(None)) == Visible(0, None, None, None, None, None, 0, 600, 0, 120)
    assert shown() == Visible(0, None, None, None, None, None, 0, 600, 0, 120)


def test_half_the_samples_cover_half_the_window() -> None:
    visible = shown(camera(40, every_s=10))
    assert visible.known == 300
    assert (visible.samples, visible.samples_expected) == (60, 120)
    assert visible.sampled_at_least(0.4) and not visible.sampled_at_least(0.8)


def test_key_frames_with_a_rhythm_of_their_own_lose_little() -> None:
    """A sampler on a 5 s beat that takes the newest of key frames 2 s apart: 4 and 6 s in turn."""
    at = sorted({beat - beat % 2 for beat in range(0, HOUR_S, 5)})
    beaten = camera(None, samples=tuple(Sample(s * 1000, 40) for s in at))
    for start_s in range(5):
        window = Window(start_s * 1000, (start_s + 600) * 1000, 600_000, 0, 0)
        assert shown(beaten, window=window).sampled_at_least(0.89)


def test_samples_of_media_that_does_not_count_do_not_count() -> None:
    unrecorded = camera(40, (0, 300))
    visible = shown(unrecorded)
    assert visible.known == 298  # the last sample, at 295 s, speaks up to 297.5 s
    assert visible.moments == 2


def test_smoothing_does_not_reach_across_a_long_gap() -> None:
    visible = shown(camera(lambda s: 40 if s < 302 else 1, (0, 301), (595, HOUR_S)), window=Window(0, 900_000, 0, 0, 0))
    assert visible.peak == 40
    again = camera(lambda s: 1 if s < 300 else 40, (0, 300), (599, 601), (900, HOUR_S))
    assert shown(again, window=Window(599_000, 601_000, 0, 0, 0)).peak == 40


def test_two_samples_of_one_instant_are_the_larger() -> None:
    twice = camera(None, samples=(Sample(0, 38), Sample(0, 40), Sample(5_000, 40)))
    assert shown(twice).raw_peak == 40


def test_nobody_required_means_no_moments() -> None:
    assert shown(camera(40), required=0).moments == 0
    assert shown(camera(40), required=None).moments == 0


def test_many_windows_are_looked_at_in_the_order_given() -> None:
    counts = [camera_counts(camera(lambda s: int(s)), HOUR_S * 1000, COUNTY)]
    windows = [Window(start * 1000, (start + 600) * 1000, 600_000, 0, 0) for start in range(2100)]
    peaks = [one.peak for one in look(windows, counts, COUNTY.visible, 1)]
    assert peaks == sorted(peaks) and peaks[0] == 600 and len(peaks) == 2100
