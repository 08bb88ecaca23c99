"""House rules that a machine can hold: time from the clock, no shell, no SQL in f-strings, docs that are true."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("config", "storage", "device_adapters", "supervisor", "edge_agent")
SOURCES = sorted(
    path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if "node_modules" not in path.parts
)


def calls(path: Path) -> Iterator[tuple[int, str, ast.Call]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield node.lineno, ast.unparse(node.func), node


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_module_keeps_the_house_rules(path: Path) -> None:
    faults = []
    for line, name, call in calls(path):
        if re.search(r"\bdatetime\.(now|utcnow|today)$|^time\.time$|\bdate\.today$", name) and path.name != "clock.py":
            faults.append(f"{line}: {name}: take a config.clock.Clock")
        if any(k.arg == "shell" and isinstance(k.value, ast.Constant) and k.value.value for k in call.keywords):
            faults.append(f"{line}: shell=True")
        if name.split(".")[-1] in {"text", "exec_driver_sql"} and call.args and isinstance(call.args[0], ast.JoinedStr):
            allowed = "PRAGMA" in ast.unparse(call.args[0])
            if not allowed:
                faults.append(f"{line}: SQL in an f-string")
        outside = name in {"subprocess.run", "httpx.get", "httpx.post", "httpx.head"}
        if outside and not any(k.arg == "timeout" for k in call.keywords):
            faults.append(f"{line}: {name} without a time limit")
    assert not faults, f"{path.relative_to(ROOT)}\n" + "\n".join(faults)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_module_is_one_noun_of_at_most_400_lines_and_says_its_job(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 400 or path.parent.name == "versions"  # a migration is a list of tables
    if text.strip():
        assert ast.get_docstring(ast.parse(text)), "a module says its job in a docstring"


DELETES = {
    "storage/retention.py": "asks the veto; the only one for objects of the archive, recordings and clips",
    "storage/objects/local.py": "the store: what it was told to delete, and the source of a put",
    "storage/objects/s3.py": "the store: what it was told to delete, and the source of a put",
    "edge_agent/disk/deletion.py": "the empty folder of deleted recordings",
    "edge_agent/disk/ballast.py": "the ballast",
    "edge_agent/capture/segment_file.py": "a file that never held a picture",
    "edge_agent/capture/reconcile.py": "the index of a file that is moved to quarantine; it can be made again",
    "edge_agent/capture/cut.py": "a clip that was not finished",
    "storage/evidence/keyfile.py": "a key that was not finished",
    "edge_agent/site_file.py": "a configuration that was not finished",
    "supervisor/vault.py": "a key that was not finished",
    "supervisor/lessons/direct.py": "the copy that was read back; the object is in the bucket",
    "edge_agent/identity/templates.py": "face templates: withdrawn, past their day, or not finished",
    "edge_agent/identity/sealing.py": "a superseded key that nothing is sealed to any more",
    "edge_agent/replay/library.py": "fingerprints of old lesson hours, no evidence",
    "supervisor/archives/service.py": "a bundle that was put into its package",
    "supervisor/packages.py": "the folder of a package that was sent, or that a crash left",
    "supervisor/lessons/uploads.py": "the rest of an upload of a clip that has arrived",
    "supervisor/spans/uploads.py": "the rest of an upload of a span that has arrived, or that nobody waits for",
    "edge_agent/spans/cutter.py": "the copy that was cut for the centre; the recording stays",
    "supervisor/bundles/service.py": "a bundle that was not finished",
    "supervisor/filed_papers.py": "the file of an upload; the object is in the archive, or was refused",
    "supervisor/commands/demo.py": "the demo's temporary folder",
    "device_adapters/carriers.py": "a download that was not finished",
}


def test_evidence_is_deleted_in_one_place_only() -> None:
    """Whoever deletes files says here what they are; objects of the archive go through `storage.retention`."""
    found: dict[str, list[str]] = {}
    for path in SOURCES:
        for line, name, _ in calls(path):
            receiver, _, method = name.rpartition(".")
            of_store = method == "delete" and receiver not in {"", "session", "router"}
            if of_store:
                assert path.name in {"retention.py", "s3.py"}, f"{path}:{line}: {name}"
            if of_store or method in {"unlink", "rmdir", "rmtree"} or name in {"os.remove", "os.removedirs"}:
                found.setdefault(path.relative_to(ROOT).as_posix(), []).append(f"{line}: {name}")
    assert {file: places for file, places in found.items() if file not in DELETES} == {}
    assert set(DELETES) == set(found)


def test_our_packages_come_from_our_distribution_alone() -> None:
    """PyPI has a package called supervisor; both in one environment would overwrite each other's files."""
    owners = importlib.metadata.packages_distributions()
    for package in PACKAGES:
        assert set(owners.get(package, ["lessonproof"])) == {"lessonproof"}, owners[package]


def test_every_dependency_has_its_reason_and_an_exact_pin() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    reasons = (ROOT / "docs/dependencies.md").read_text(encoding="utf-8")
    pins = {re.split(r"==", pin)[0].lower(): pin for pin in project["tool"]["uv"]["constraint-dependencies"]}
    extras = [each for extra in project["project"]["optional-dependencies"].values() for each in extra]
    for requirement in project["project"]["dependencies"] + extras + project["dependency-groups"]["dev"]:
        name = re.split(r"[\[<>=;~ ]", requirement)[0]
        assert f"| {name}" in reasons, f"{name} has no line in docs/dependencies.md"
        assert re.fullmatch(r"[^=]+==[^=,*]+", pins.get(name.lower(), "")), f"{name} has no exact pin"


def test_no_lock_file_with_download_addresses() -> None:
    assert "resolved" not in (ROOT / "supervisor/console/web/package-lock.json").read_text(encoding="utf-8")
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert "/uv.lock" in ignored


@pytest.mark.parametrize(
    "page", [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md", ROOT / "README.zh-CN.md"], ids=lambda p: p.name
)
def test_every_link_in_the_docs_leads_somewhere(page: Path) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if not re.match(r"[a-z]+:", target) and not (page.parent / target).exists():
            broken.append(target)
    assert not broken


@pytest.mark.parametrize("module", ["supervisor.cli", "edge_agent.cli"])
def test_every_command_explains_itself(module: str) -> None:
    import importlib

    from typer.testing import CliRunner

    app = importlib.import_module(module).app
    runner = CliRunner()
    names = [command.name or command.callback.__name__.replace("_", "-") for command in app.registered_commands]
    assert names
    for name in names:
        shown = runner.invoke(app, [name, "--help"])
        assert shown.exit_code == 0, shown.output
        assert len(shown.output) > 200, f"{name} --help says next to nothing"
