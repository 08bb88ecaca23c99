"""What a wheel carries beside the code."""

from __future__ import annotations

from hatchling.builders.wheel import WheelBuilder

from tests.house.test_house_rules import PACKAGES, ROOT


def test_a_wheel_has_every_page_that_a_module_opens_beside_itself() -> None:
    carried = {file.distribution_path for file in WheelBuilder(str(ROOT)).recurse_included_files()}
    pages = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.html")
        if "node_modules" not in path.parts
    }
    assert {"supervisor/archives/page.html", "supervisor/bundles/page.html"} <= pages <= carried
