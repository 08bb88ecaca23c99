"""Telling people apart by their faces: SFace, our dlib engine, and face-recognition's own pipeline, in the same run.

    python tests/bench/identity.py [FOLDER] [--out docs/figures]

FOLDER/<person>/<photo>: at least two photographs of some persons. Without it a small set is fetched: 55 portraits of
five persons (dlib's examples), three of one more and one of another (face-recognition's tests), and the 29 people of
the Solvay photograph, one picture each. Each photograph is enrolled at full size and shown again with its face shrunk
to a width and compressed as JPEG 85; a face that is not found there is not recognised.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[2]))

from config.errors import LessonProofError
from config.settings import cache_home
from edge_agent.identity.dlib_engine import DlibEngine
from edge_agent.identity.engine import FaceEngine, Template, Thresholds
from edge_agent.identity.match import match
from edge_agent.identity.sface import SFaceEngine
from edge_agent.vision.counter import Image
from edge_agent.vision.yunet import YuNetCounter
from tests.support.fixtures_models import solvay_path, yunet_path
from tests.support.portraits import portraits, sface_path

WIDTHS = (80, 48, 32, 24)
ROSTER, DRAWS, SEED = 30, 60, 1
FALSE_ACCEPT = 1e-3
LARGEST_PX = 160  # "full size"
_JPEG = [cv2.IMWRITE_JPEG_QUALITY, 85]
_DLIB = "dlib==19.5.0 --hash=sha256:b5896c7a51992441eac605395e07f2b31548376cadc1f392d93f69c821e6552e"


@dataclass(frozen=True)
class Portrait:
    person: str
    image: Image  # with a margin around the head
    face_px: float


@dataclass(frozen=True)
class Pipeline:
    """`describe`: the template of the one face in the middle of a picture; None: not found. `rule`: thresholds."""

    name: str
    describe: Callable[[Image], Template | None]
    similarity: Callable[[Template, Template], float]
    rules: dict[str, Thresholds]


@dataclass(frozen=True)
class Templates:
    """Of all portraits, in order: at full size, and by width of the shown face."""

    enrolled: list[Template | None]
    shown: dict[int, list[Template | None]]


# Pictures


def default_folder() -> Path:
    """`person/photo` of the set described above."""
    folder = cache_home() / "pictures" / "identity-bench"
    if not (folder / "complete").exists():
        _johns(folder)
        for name, path in portraits().items():
            _put(folder / name.rstrip("23") / path.name, cv2.imread(str(path)))
        photograph = cv2.imread(str(solvay_path()))
        half = cv2.resize(photograph, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        for number, face in enumerate(YuNetCounter(yunet_path().parent).count(half).faces):
            x, y, reach = 2 * face.x + face.w, 2 * face.y + face.h, 3 * face.w  # its middle in the photograph
            box = (slice(max(round(y - reach), 0), round(y + reach)), slice(max(round(x - reach), 0), round(x + reach)))
            _put(folder / f"solvay-{number}" / "1927.png", photograph[box])
        (folder / "complete").touch()
    return folder


def _put(path: Path, picture: Image) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), picture)


def _johns(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        wanted = Path(scratch) / "requirements.txt"
        wanted.write_text(_DLIB)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
        command += ["--no-binary", "dlib", "--dest", scratch, "--requirement", str(wanted)]
        subprocess.run(command, check=True, timeout=300)
        with tarfile.open(next(Path(scratch).glob("dlib-*.tar.gz"))) as archive:
            for member in archive:
                path = Path(member.name)
                if path.suffix == ".jpg" and path.parts[-3] == "johns":
                    taken = archive.extractfile(member)
                    assert taken is not None
                    target = folder / path.parts[-2] / path.name
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(taken.read())


def read(folder: Path, detector: YuNetCounter) -> Iterator[Portrait]:
    """Of each photograph the face nearest to the middle, with a face's width around it, at most LARGEST_PX wide."""
    for path in sorted(folder.glob("*/*")):
        image = cv2.imread(str(path))
        if image is None:
            continue
        margin = max(image.shape[:2]) // 2
        image = cv2.copyMakeBorder(image, *[margin] * 4, cv2.BORDER_CONSTANT, value=(128, 128, 128))
        face = _middle(detector, image)
        if face is None:
            print(f"no face in {path}", file=sys.stderr)
            continue
        left, top = max(round(face.x - face.w), 0), max(round(face.y - face.w), 0)
        image = image[top : round(face.y + face.h + face.w), left : round(face.x + 2 * face.w)]
        scale = min(1.0, LARGEST_PX / face.w)
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        yield Portrait(path.parent.name, image, face.w * scale)


def shrunk(portrait: Portrait, width: int) -> Image:
    scale = width / portrait.face_px
    small = cv2.resize(portrait.image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.imdecode(cv2.imencode(".jpg", small, _JPEG)[1], cv2.IMREAD_COLOR), np.uint8)


def _middle(detector: YuNetCounter, image: Image):
    middle = np.array(image.shape[1::-1]) / 2
    faces = detector.count(image).faces
    return min(faces, key=lambda f: np.hypot(*(middle - (f.x + f.w / 2, f.y + f.h / 2))), default=None)


# Pipelines


def pipelines(detector: YuNetCounter) -> list[Pipeline]:
    def ours(engine: FaceEngine) -> Callable[[Image], Template | None]:
        def describe(image: Image) -> Template | None:
            try:
                face = _middle(detector, image)
                return None if face is None else engine.describe(image, face)
            except LessonProofError:  # too small a picture for the detector
                return None

        return describe

    sface, dlib = SFaceEngine(sface_path().parent, smallest_px=0), DlibEngine(smallest_px=0)
    return [
        Pipeline("SFace", ours(sface), sface.similarity, {f"cosine {sface.thresholds.single:.2f}": sface.thresholds}),
        Pipeline("dlib engine", ours(dlib), dlib.similarity, {"distance 0.40": dlib.thresholds}),
        Pipeline(
            "face-recognition itself",
            _face_recognition(),
            dlib.similarity,
            {f"distance {t:.2f}": Thresholds(1 - t, 1 - t, 1 - t, 0) for t in (0.60, 0.40)},
        ),
    ]


def _face_recognition() -> Callable[[Image], Template | None]:
    """The package as its README uses it: face_locations and face_encodings with their defaults."""
    import face_recognition

    def describe(image: Image) -> Template | None:
        rgb, middle = np.ascontiguousarray(image[:, :, ::-1]), np.array(image.shape[1::-1]) / 2
        places = face_recognition.face_locations(rgb)  # top, right, bottom, left
        if not places:
            return None
        place = min(places, key=lambda p: np.hypot(*(middle - ((p[1] + p[3]) / 2, (p[0] + p[2]) / 2))))
        return np.asarray(face_recognition.face_encodings(rgb, [place])[0], np.float32)

    return describe


# Figures


def pairs(persons: Sequence[str], found: Templates, width: int | None, pipeline: Pipeline) -> tuple[NDArray, NDArray]:
    """Similarities of every enrolled with every other shown photograph: of the same person, of two. -inf: not found."""
    shown = found.enrolled if width is None else found.shown[width]
    same, different = [], []
    for i, one in enumerate(found.enrolled):
        for j, other in enumerate(shown):
            if i != j and one is not None:
                similarity = -np.inf if other is None else pipeline.similarity(one, other)
                (same if persons[i] == persons[j] else different).append(similarity)
    return np.array(same), np.array(different)


def true_accept(same: NDArray, different: NDArray, false_accept: float = FALSE_ACCEPT) -> tuple[float, float]:
    """Share of genuine pairs above the least threshold that at most this share of impostor pairs reaches; threshold."""
    ordered = np.sort(different)[::-1]
    threshold = float(np.nextafter(ordered[int(false_accept * len(ordered))], np.inf))
    return float((same >= threshold).mean()), threshold


def roster(
    persons: Sequence[str], found: Templates, width: int, pipeline: Pipeline, rules: Thresholds
) -> tuple[float, float, float]:
    """Shares, by single frames over DRAWS random rosters with one photograph a trainee: trainees named right, trainees
    named as another, strangers named as somebody.
    """
    random = np.random.default_rng(SEED)
    people = sorted(set(persons))
    right = wrong = own = taken = strangers = 0
    for _ in range(DRAWS):
        chosen = random.choice(people, min(ROSTER, 2 * len(people) // 3), replace=False)
        enrolled = {name: int(random.choice([i for i, p in enumerate(persons) if p == name])) for name in chosen}
        templates = {name: (t,) for name, i in enrolled.items() if (t := found.enrolled[i]) is not None}
        for i, person in enumerate(persons):
            if enrolled.get(person) == i:
                continue
            shown = found.shown[width][i]
            best = None if shown is None else match(shown, templates, pipeline.similarity)
            name = best.trainee if best is not None and best.reaches(rules.single, rules.margin) else None
            if person in enrolled:
                own += 1
                right += name == person
                wrong += name is not None and name != person
            else:
                strangers += 1
                taken += name is not None
    return right / own, wrong / own, taken / strangers


def report(folder: Path, out: Path | None) -> None:
    detector = YuNetCounter(yunet_path().parent)
    portraits_ = list(read(folder, detector))
    persons = [portrait.person for portrait in portraits_]
    several = {person for person in persons if persons.count(person) > 1}
    print(f"{len(portraits_)} photographs of {len(set(persons))} persons, {len(several)} of them in several")
    curves: dict[str, dict[str, list[float]]] = {}
    print(f"\nTrue accept at false accept {FALSE_ACCEPT:g}:")
    print("| pipeline | face, px | found | pairs: same, different | true accept | own rule: true, false |")
    print("|---|---|---|---|---|---|")
    described = {}
    for pipeline in pipelines(detector):
        found = Templates(
            [pipeline.describe(each.image) for each in portraits_],
            {width: [pipeline.describe(shrunk(each, width)) for each in portraits_] for width in WIDTHS},
        )
        described[pipeline.name] = (pipeline, found)
        rates = []
        for width in (None, *WIDTHS):
            same, different = pairs(persons, found, width, pipeline)
            accepted, threshold = true_accept(same, different)
            shown = found.enrolled if width is None else found.shown[width]
            own = "; ".join(
                f"{name}: {(same >= rules.single).mean():.1%}, {(different >= rules.single).mean():.2%}"
                for name, rules in pipeline.rules.items()
            )
            seen = np.mean([each is not None for each in shown])
            row = (pipeline.name, width or "full", f"{seen:.0%}", f"{len(same)}, {len(different)}")
            print("|", *(f"{cell} |" for cell in (*row, f"{accepted:.1%} (at {threshold:.3f})", own)), flush=True)
            rates.append((same, different, accepted))
        curves[pipeline.name] = rates
    print(f"\nRoster of up to {ROSTER}, one photograph each, one frame, {DRAWS} draws:")
    print("| pipeline, rule | px | right | wrong | strangers named |\n|---|---|---|---|---|")
    for pipeline, found in described.values():
        for name, rules in pipeline.rules.items():
            for width in (80, 32):
                right, wrong, taken = roster(persons, found, width, pipeline, rules)
                print(f"| {pipeline.name}, {name} | {width} | {right:.1%} | {wrong:.2%} | {taken:.2%} |")
    if out is not None:
        draw(curves, out)


def draw(curves: dict, out: Path) -> None:
    """identity-width.png: true accept by face width. identity-roc.png: true by false accept, full size and 32 px."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    out.mkdir(parents=True, exist_ok=True)
    figure, axes = pyplot.subplots(figsize=(6, 4), dpi=100)
    for name, rates in curves.items():
        axes.plot(WIDTHS, [100 * rate for _, _, rate in rates[1:]], marker="o", label=name)
    axes.set(xlabel="face width, px", ylabel=f"true accept at false accept {FALSE_ACCEPT:g}, %", ylim=(0, 102))
    axes.set_xticks(WIDTHS)
    axes.grid(alpha=0.3)
    axes.legend()
    figure.tight_layout()
    figure.savefig(out / "identity-width.png")

    figure, axes = pyplot.subplots(figsize=(6, 4), dpi=100)
    for number, (name, rates) in enumerate(curves.items()):
        for place, style in ((0, "-"), (1 + WIDTHS.index(32), "--")):
            same, different, _ = rates[place]
            levels = np.unique(different[np.isfinite(different)])
            far = [(different >= level).mean() for level in levels]
            tar = [(same >= level).mean() for level in levels]
            label = f"{name}, {'full size' if place == 0 else '32 px'}"
            axes.step(far, 100 * np.array(tar), style, color=f"C{number}", label=label, where="post")
    axes.set(xscale="log", xlabel="false accept (share of impostor pairs)", ylabel="true accept, %", ylim=(0, 102))
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(out / "identity-roc.png")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[2] / "docs" / "figures")
    given = parser.parse_args()
    cv2.setNumThreads(1)
    report(given.folder or default_folder(), given.out)
