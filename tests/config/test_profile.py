"""Profiles: the shipped ones load, a wrong one is refused by the name of its field."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from config.errors import LessonProofError
from config.profile import DEFAULT_PROFILE, RegionProfile, load_profile, parse_profile, shipped_profiles

COUNTY = "140521-2024.1"


@pytest.mark.parametrize("name", shipped_profiles())
def test_every_shipped_profile_loads_under_its_own_name(name: str) -> None:
    assert load_profile(name).name == name


def test_the_county_and_the_demo_are_shipped_and_only_the_demo_is_one() -> None:
    assert {name: load_profile(name).demo for name in shipped_profiles()} == {
        COUNTY: False, "140521-2024.2": False, "140521-2024.3": False,
        "000000-demo.1": True, "000000-demo.2": True, "000000-demo.3": True,
    }  # fmt: skip
    assert DEFAULT_PROFILE in shipped_profiles()


def test_a_part_that_a_profile_does_not_have_leaves_its_digest_alone() -> None:
    """Verdicts of years ago name it."""
    assert load_profile(COUNTY).digest() == "15e3dd28530bfef03be8506947b917e32ee4ae9f3a4bff15b08cb96b3b8bbb68"
    assert load_profile(COUNTY).vision is None
    second = load_profile("140521-2024.2")
    assert second.vision is not None
    assert second.lesson == load_profile(COUNTY).lesson


def test_the_digest_names_the_content() -> None:
    county = load_profile(COUNTY)
    assert county.digest() == load_profile(COUNTY).digest()
    assert county.digest() != county.model_copy(update={"name_zh": "x"}).digest()
    assert RegionProfile.model_validate_json(county.model_dump_json()).digest() == county.digest()


@pytest.mark.parametrize(
    ("section", "key", "value", "where"),
    [
        ("lesson", "clip_min_s", 0, "lesson.clip_min_s"),
        ("lesson", "clip_min_s", 2701, "lesson"),
        ("lesson", "max_join_gap_s", float("inf"), "lesson.max_join_gap_s"),
        ("lesson", "window_step_s", 0, "lesson.window_step_s"),
        ("visible", "median_ratio", 1.01, "visible.median_ratio"),
        ("visible", "smooth_samples", 4, "visible"),
        ("visible", "auto_fail", True, "visible.auto_fail"),
        ("visible", "moment_s", 201, "(whole)"),
        ("retention", "clip_days_after_class_end", 730, "retention.clip_days_after_class_end"),
        ("retention", "raw_days", 29, "retention.raw_days"),
        ("publicity", "id_mask", "6-8-4", "publicity.id_mask"),
        ("checkin", "surprise", 1, "checkin.surprise"),
    ],
)
def test_an_impossible_rule_is_refused_by_name(section: str, key: str, value: object, where: str) -> None:
    content = load_profile(COUNTY).model_dump(mode="json")
    content[section][key] = value
    with pytest.raises(LessonProofError) as refused:
        parse_profile(yaml.safe_dump(content), "county.yaml")
    assert (refused.value.code, refused.value.where) == ("PROFILE_INVALID", where)


@pytest.mark.parametrize("text", ["", "[", "just words", "- 1", "region: 2024-13-45", "a: &a [*a]"])
def test_what_is_no_profile_at_all_is_refused(text: str) -> None:
    with pytest.raises(LessonProofError) as refused:
        parse_profile(text, "county.yaml")
    assert refused.value.code == "PROFILE_INVALID"


def test_a_profile_of_ones_own_comes_by_its_path(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(load_profile(COUNTY).model_dump_json(), encoding="utf-8")
    assert load_profile(file) == load_profile(COUNTY)
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(LessonProofError) as refused:
        load_profile(file)
    assert refused.value.code == "PROFILE_INVALID"


@pytest.mark.parametrize("name", ["nowhere", "../profiles/140521-2024.1", "", "nowhere.yaml", "."])
def test_a_profile_that_is_not_there_is_named(name: str) -> None:
    with pytest.raises(LessonProofError) as refused:
        load_profile(name)
    assert (refused.value.code, refused.value.status) == ("PROFILE_NOT_FOUND", 404)
