"""The long run: `python -m tests.fuzz --seconds 600 [--seed 1] [--only rtsp]`. Prints every failure with its seed."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.fuzz import api, boxes, onvif, practice, rtsp
from tests.fuzz.failure import Failure

Target = Callable[[int, float], tuple[int, list[Failure]]]


def targets(folder: Path) -> dict[str, Target]:
    return {
        "rtsp": rtsp.fuzz,
        "fmp4": lambda seed, seconds: boxes.fuzz(seed, seconds, folder),
        "practice": practice.fuzz,
        "onvif": onvif.fuzz_adapter,
        "onvif-device": onvif.fuzz_device,
        "discovery": onvif.fuzz_discovery,
        "api": lambda seed, seconds: api.fuzz(seed, seconds, folder),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=600, help="all together")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="one target")
    options = parser.parse_args()
    found = 0
    with tempfile.TemporaryDirectory() as folder:
        chosen = {name: target for name, target in targets(Path(folder)).items() if options.only in (None, name)}
        if not chosen:
            parser.error(f"targets: {', '.join(targets(Path(folder)))}")
        for name, target in chosen.items():
            cases, failures = target(options.seed, options.seconds / len(chosen))
            print(f"{name}: {cases} cases from seed {options.seed}, {len(failures)} failures", flush=True)
            for failure in failures:
                print(f"  seed {failure.seed}: {failure.what}", flush=True)
            found += len(failures)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
