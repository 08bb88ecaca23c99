"""`python -m supervisor.verifier X.zip --policy POLICY.json [--json]`"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from config.errors import LessonProofError
from supervisor.verifier.cli import run

parser = argparse.ArgumentParser(
    prog="supervisor.verifier", description="Check a lesson hour's bundle, or a class archive, offline."
)
parser.add_argument("bundle", type=Path)
parser.add_argument("--policy", type=Path, required=True)
parser.add_argument("--json", action="store_true")
options = parser.parse_args()
try:
    sys.exit(run(options.bundle, options.policy, as_json=options.json))
except LessonProofError as error:
    print(f"{error.code} {error.zh}\n{error.en}", file=sys.stderr)  # noqa: T201
    sys.exit(2)
