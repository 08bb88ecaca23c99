"""The verifier's words: a report as JSON or for a person, and the exit status."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from supervisor.verifier.policy import read_policy
from supervisor.verifier.report import Report
from supervisor.verifier.verify import verify


def run(bundle: Path, policy: Path, *, as_json: bool) -> int:
    """Exit status: 0 it holds, 1 it does not. Raises LessonProofError POLICY_INVALID."""
    report = verify(bundle, read_policy(policy))
    print(json.dumps(report.as_json(), ensure_ascii=False, indent=2) if as_json else words(report))  # noqa: T201
    return 0 if report.ok else 1


def words(report: Report) -> str:
    facts = report.facts
    lines = [_conclusion(report)]
    for one in report.failures:
        place = f" [{one.where}]" if one.where else ""
        lines += [f"✗ {one.code}{place} {one.zh}", f"  {one.en}" + (f": {one.detail}" if one.detail else "")]
    if "class_no" in facts:
        lines.append(f"班级 class {facts['class_no']} {facts['class_id']}")
        lines += [_lesson_hour(hour) for hour in facts["lesson_hours"]]
        lines += [_handed_in(one) for one in facts["files"]]
    if "lesson_hour_id" in facts:
        lines.append(f"课时 lesson hour {facts['lesson_hour_id']} · 盒子 box {facts['box']}")
    if verdict := facts.get("verdict"):
        lines.append(f"结论 verdict {verdict['state']} {' '.join(verdict['reasons'])}".rstrip())
    if rules := facts.get("rules"):
        lines.append(f"规则 rules {rules['profile']} {rules['rule_version']} {rules['sha256']}")
    if receipts := facts.get("receipts"):
        lines.append(_receipts(receipts))
    for clip in facts.get("clips", []):
        lines.append(f"片段 clip {clip['sha256']} {clip['media_ms'] / 1000:.1f} s")
    for name, at in facts.get("witnesses", {}).items():
        lines.append(f"外部见证 witness {name} {datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S} UTC")
    return "\n".join(map(_printable, lines))


def _printable(line: str) -> str:
    """A bundle's own words never move the cursor, colour, or begin a line."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in line)


def _conclusion(report: Report) -> str:
    if not report.ok:
        return "核验未通过 NOT VERIFIED"
    if left_out := report.facts.get("clips_left_out"):
        many = len(left_out)
        return f"记录核验通过;{many} 个录像片段未含在内,未核验 RECORDS VERIFIED; {many} clip(s) NOT INCLUDED"
    return "核验通过 VERIFIED"


def _lesson_hour(hour: dict[str, Any]) -> str:
    line = f"课时 lesson hour {hour['id']} · {hour['state'] or '尚无结论 no verdict'}"
    if hour["ok"] is None:
        return f"{line} · 无存证包 no bundle"
    line += " · 存证包通过 bundle verified" if hour["ok"] else " · 存证包未通过 bundle NOT verified"
    return f"{line},不含录像 without media" if hour["clips_left_out"] else line


def _handed_in(one: dict[str, Any]) -> str:
    return f"附件 file {one['sha256']}" + ("" if one["file"] else " · 未含在内,未核验 NOT INCLUDED")


def _receipts(receipts: dict[str, Any]) -> str:
    line = f"中心见证 receipts: {receipts['of']} 条记录,最晚 latest {receipts['latest_s']} s"
    if receipts["late"]:
        line += f",{receipts['late']} 条过晚 late (> {receipts['late_after_s']} s)"
    return line
