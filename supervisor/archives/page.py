"""The page inside an archive: the whole class for whoever opens it, without server or script, in Chinese and English,
on paper too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from supervisor.archives import words
from supervisor.bundles.page import TEMPLATES, Watermark

Json = dict[str, Any]


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader([Path(__file__).parent, TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(clock=_clock, moment=_moment, size=_size)
    return environment.get_template("page.html")


def page(told: Json, hashes: Mapping[str, str], watermark: Watermark | None) -> str:
    """`told`: class.json; `hashes`: name → SHA-256 of the files beside the page."""
    hours = told["lesson_hours"]
    return _template().render(
        told=told,
        hashes=hashes,
        words=words,
        watermark=watermark,
        plan={session["id"]: session for session in told["sessions"]},
        per_session=Counter(hour["session"] for hour in hours),
        states=Counter((hour["state"], hour["state_words"]["zh"], hour["state_words"]["en"]) for hour in hours),
        attendance=[(hour, {one["ref"]: one for one in hour["attendance"]}) for hour in hours if hour["attendance"]],
    )


def _clock(at: str) -> str:
    return f"{datetime.fromisoformat(at):%H:%M}"


def _moment(at: str) -> str:
    return f"{datetime.fromisoformat(at):%Y-%m-%d %H:%M:%S}"


def _size(count: int) -> str:
    return f"{count / 1_000_000:.1f} MB" if count >= 100_000 else f"{count / 1000:.1f} kB"
