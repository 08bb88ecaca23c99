"""Disk for a county (RULES 1.4, last line)."""

from __future__ import annotations

import pytest

from config.profile import load_profile
from supervisor.rules.storage_forecast import forecast_storage

RULES = load_profile("140521-2024.1").lesson


@pytest.mark.parametrize(
    ("mbit", "clip_mb", "class_gb", "year_tb", "kept_tb"),
    [(1, 75, 5.2, 0.36, 0.72), (2, 150, 10.5, 0.72, 1.44), (4, 300, 21.0, 1.44, 2.89)],
)
def test_storage_of_one_camera(mbit: int, clip_mb: int, class_gb: float, year_tb: float, kept_tb: float) -> None:
    forecast = forecast_storage(
        mbit * 1_000_000, hours_per_class=70, trainees_per_year=2750, trainees_per_class=40, rules=RULES
    )
    assert forecast.clip == clip_mb * 1_000_000
    assert forecast.training_class / 1e9 == pytest.approx(class_gb, abs=0.051)
    assert round(forecast.year / 1e12, 2) == year_tb
    assert round(forecast.kept / 1e12, 2) == kept_tb
    assert forecast.kept_whole / forecast.kept == pytest.approx(4.5)
