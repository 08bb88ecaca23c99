"""What the vision stand writes: figures for docs/, and the raw numbers as JSON so that a table can be made again."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np

mpl.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from tests.bench.vision_hours import Judged, Shares
from tests.bench.vision_photos import Found
from tests.bench.vision_video import Counted

FIGURES = Path(__file__).parents[2] / "docs" / "figures"
# Colours of Okabe and Ito, told apart by the colour-blind too; one for each contender, whoever takes part.
_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#000000")
_ORDER = ("seats", "seats, faces only", "YuNet in zones", "YuNet", "HOG x2", "HOG x1", "CNN x2", "CNN x1")


def conditions() -> str:
    """Where numbers come from: one line."""
    return f"{platform.machine()}, {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}"


def save(name: str, folder: Path, rows: Sequence[Any]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    path.write_text(json.dumps([asdict(row) for row in rows], indent=0), encoding="utf-8")
    return path


def photos_figure(found: Sequence[Found]) -> Path:
    """Share of faces found by face height."""
    figure, axes = plt.subplots(figsize=(6.4, 3.6))
    for name in _names(each.contender for each in found):
        heights = sorted({each.face_px for each in found if each.contender == name})
        shares = []
        for px in heights:
            some = [each for each in found if each.contender == name and each.face_px == px]
            shares.append(100 * sum(each.right for each in some) / sum(each.faces for each in some))
        axes.plot(heights, shares, "o-", color=_colour(name), label=name)
    axes.set(xlabel="median face height, px", ylabel="faces found, %", ylim=(-3, 103), title="Real photographs")
    return _saved(figure, axes, "vision-photos")


def video_figure(counted: Sequence[Counted], scene: str, bit_rate: int) -> Path:
    """Count over time in one scene: the truth, what can be seen, and each contender."""
    here = [each for each in counted if each.scene == scene and each.bit_rate == bit_rate]
    figure, axes = plt.subplots(figsize=(6.4, 3.6))
    names = _names(each.contender for each in here)
    first = [each for each in here if each.contender == max(names, key=lambda name: _looks(here, name))]
    seconds = [each.at_ms / 1000 for each in first]
    axes.step(seconds, [each.present for each in first], where="mid", color="black", lw=2, label="present")
    axes.step(seconds, [each.visible for each in first], where="mid", color="grey", lw=1, ls="--", label="face visible")
    for name in names:
        some = [each for each in here if each.contender == name]
        axes.plot(
            [each.at_ms / 1000 for each in some],
            [each.smoothed for each in some],
            ".-",
            lw=0.8,
            color=_colour(name),
            label=name,
        )
    axes.set(
        xlabel="seconds",
        ylabel="people counted",
        ylim=(0, None),
        title=f"Composed classroom, scene “{scene}”, {bit_rate / 1e6:g} Mbit/s",
    )
    return _saved(figure, axes, "vision-count")


def errors_figure(counted: Sequence[Counted]) -> Path:
    """Mean signed error by kind of event."""
    names, scenes = _names(each.contender for each in counted), list(dict.fromkeys(each.scene for each in counted))
    figure, axes = plt.subplots(figsize=(6.4, 5.2))
    for number, name in enumerate(names):
        means = []
        for scene in scenes:
            some = [each.error for each in counted if each.contender == name and each.scene == scene]
            means.append(float(np.mean(some)) if some else np.nan)
        places = np.arange(len(scenes)) + (number - (len(names) - 1) / 2) * 0.8 / len(names)
        axes.barh(places, means, 0.8 / len(names), color=_colour(name), label=name)
    axes.set_yticks(range(len(scenes)), scenes)
    axes.invert_yaxis()
    axes.axvline(0, color="black", lw=0.8)
    axes.set(xlabel="mean error of the count, people", title="Composed classrooms, by kind of event")
    return _saved(figure, axes, "vision-errors")


def hours_figure(judged: Sequence[Judged]) -> Path:
    """Wrong and unsure verdicts by contender."""
    names = _names(each.contender for each in judged)
    shares = [Shares.of([each for each in judged if each.contender == name]) for name in names]
    figure, axes = plt.subplots(figsize=(6.4, 3.2))
    kinds = {
        "wrong PASS": [one.wrong_pass for one in shares],
        "wrong FAIL proposed": [one.wrong_fail for one in shares],
        "REVIEW instead of PASS": [one.review for one in shares],
    }
    for number, (kind, values) in enumerate(kinds.items()):
        bars = axes.barh(np.arange(len(names)) + (number - 1) * 0.27, values, 0.25, color=_COLOURS[number], label=kind)
        axes.bar_label(bars, padding=2, fontsize=7)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set(
        xlabel="lesson hours",
        title=f"{shares[0].hours} composed lesson hours, {shares[0].truly_pass} of them truly PASS",
    )
    return _saved(figure, axes, "vision-hours")


def _names(names: Any) -> list[str]:
    found = list(dict.fromkeys(names))
    return sorted(found, key=lambda name: (_ORDER.index(name) if name in _ORDER else len(_ORDER), name))


def _colour(name: str) -> str:
    return _COLOURS[(_ORDER.index(name) if name in _ORDER else 0) % len(_COLOURS)]


def _looks(counted: Sequence[Counted], name: str) -> int:
    return sum(each.contender == name for each in counted)


def _saved(figure: Figure, axes: Any, name: str) -> Path:
    axes.grid(alpha=0.3)
    axes.legend(fontsize=7)
    figure.tight_layout()
    FIGURES.mkdir(parents=True, exist_ok=True)
    path = FIGURES / f"{name}.png"
    figure.savefig(path, dpi=110, metadata={"Software": None})
    plt.close(figure)
    return path
