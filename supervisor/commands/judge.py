"""`supervisor judge`: the verdict of one lesson hour from its evidence file alone, on any machine, without a centre."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from config.errors import LessonProofError
from config.profile import DEFAULT_PROFILE, load_profile
from supervisor.contract.evidence import evidence_schema, parse_evidence, verdict_json
from supervisor.rules.evidence import LessonEvidence
from supervisor.rules.explain import explain
from supervisor.rules.judge import judge as judge_lesson_hour
from supervisor.rules.verdict import LessonVerdict, VerdictState

_COLOUR = {
    VerdictState.PASS: "green",
    VerdictState.REVIEW: "yellow",
    VerdictState.FAIL_PROPOSED: "red",
    VerdictState.EXEMPT: "cyan",
    VerdictState.NO_DATA_YET: "cyan",
}


def judge(
    evidence_file: Annotated[
        Path | None,
        typer.Argument(help="Evidence of one lesson hour, JSON; - is standard input.", show_default=False),
    ] = None,
    profile: Annotated[
        str, typer.Option(help="Rules to judge by: the name of a shipped profile, or a YAML file.", metavar="NAME|FILE")
    ] = DEFAULT_PROFILE,
    as_json: Annotated[bool, typer.Option("--json", help="Print the verdict as JSON.")] = False,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of an evidence file.")] = False,
) -> None:
    """Recompute a verdict from an evidence file alone (由证据文件重新计算课时结论).

    Ends with 0 whatever the verdict is, and with 2 when the evidence or the profile cannot be read.
    The format is explained in docs/evidence.md, the rule in docs/rules.md.
    """
    if schema:
        _print_json(evidence_schema())
        return
    if evidence_file is None:
        raise LessonProofError(
            "EVIDENCE_NOT_GIVEN", zh="请给出证据文件,或用 --schema", en="name an evidence file, or ask for --schema"
        )
    evidence = parse_evidence(_read(evidence_file))
    verdict = judge_lesson_hour(evidence, load_profile(profile))
    if as_json:
        _print_json(verdict_json(verdict))
    else:
        _print_words(evidence, verdict)


def _read(path: Path) -> bytes:
    """Raises LessonProofError EVIDENCE_NOT_FOUND."""
    if str(path) == "-":
        return sys.stdin.buffer.read()
    try:
        return path.read_bytes()
    except OSError as error:
        raise LessonProofError(
            "EVIDENCE_NOT_FOUND",
            status=404,
            zh=f"读不到证据文件 {path}",
            en=f"cannot read the evidence file {path}: {error.strerror}",
        ) from None


def _print_words(evidence: LessonEvidence, verdict: LessonVerdict) -> None:
    console = Console(highlight=False, soft_wrap=True)
    codes = " ".join(verdict.reasons)
    console.print(Text(f"{verdict.state.value.upper()} {codes}".rstrip(), style=f"bold {_COLOUR[verdict.state]}"))
    console.print(Text(f"{evidence.class_no} · {evidence.lesson_hour_id} · {evidence.start}", style="dim"))
    for zh, en in zip(explain(verdict, "zh"), explain(verdict, "en"), strict=True):
        console.print(Text(f"· {zh}"))
        console.print(Text(f"  {en}", style="dim"))


def _print_json(value: object) -> None:
    """Plain text, never wrapped or coloured: another program reads it."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))
