"""The installer and the units, as far as they go without a machine to give away: run below a folder, read by systemd's
and the shell's own checkers."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from config.settings import CentreSettings, EdgeSettings

INSTALL = Path(__file__).parents[3] / "edge_agent" / "install"
SCRIPT = INSTALL / "install.sh"


def run(*words: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", SCRIPT, "--python", sys.executable, *words],
        capture_output=True, text=True, timeout=120, check=False, env={**os.environ, **environment},
    )  # fmt: skip


def checker(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        reason = f"needs Debian's {name} (.ci/install-parts brings it)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    return found


def wheel(folder: Path, version: str) -> Path:
    """A distribution of our name and no content but a command that tells its version."""
    path = folder / f"lessonproof-{version}-py3-none-any.whl"
    info = f"lessonproof-{version}.dist-info"
    files = {
        "told.py": f"def main():\n    print('{version}')\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: lessonproof\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": "[console_scripts]\nedge-agent = told:main\n",
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        archive.writestr(f"{info}/RECORD", "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"]))
    return path


@pytest.mark.story
def test_it_installs_again_and_upgrades_without_touching_settings(tmp_path: Path) -> None:
    root = tmp_path / "root"
    base = root / "opt/lessonproof"
    for version in ("1.0", "1.0", "1.1"):
        done = run("--root", root, "--package", wheel(tmp_path, version), PIP_NO_INDEX="1")
        assert done.returncode == 0, done.stderr
        if version == "1.0":
            (root / "etc/lessonproof/edge.toml").write_text("# mine", encoding="utf-8")
    assert sorted(path.name for path in (base / "releases").iterdir()) == ["1.0", "1.1"]
    assert (base / "current").readlink() == Path("releases/1.1")
    assert (root / "etc/lessonproof/edge.toml").read_text(encoding="utf-8") == "# mine"
    assert (root / "etc/systemd/system/edge-agent.service").read_bytes() == (
        INSTALL / "edge-agent.service"
    ).read_bytes()
    command = (base / "current/bin/edge-agent").read_text(encoding="utf-8")
    assert "/opt/lessonproof/releases/1.1/bin/python" in command
    assert ".new" not in command and str(root) not in command
    told = subprocess.run(
        [base / "current/bin/python", "-c", "import told; told.main()"],
        capture_output=True, text=True, timeout=30, check=True,
    )  # fmt: skip
    assert told.stdout == "1.1\n"


@pytest.mark.story
def test_a_version_that_cannot_be_installed_leaves_the_one_in_use(tmp_path: Path) -> None:
    root = tmp_path / "root"
    assert run("--root", root, "--package", wheel(tmp_path, "1.0"), PIP_NO_INDEX="1").returncode == 0
    broken = tmp_path / "lessonproof-2.0-py3-none-any.whl"
    broken.write_bytes(b"not a wheel")
    assert run("--root", root, "--package", broken, PIP_NO_INDEX="1").returncode != 0
    assert (root / "opt/lessonproof/current").readlink() == Path("releases/1.0")


@pytest.mark.parametrize("role", ["edge", "centre"])
def test_a_dry_run_says_what_it_would_do_and_does_nothing(tmp_path: Path, role: str) -> None:
    done = run("--dry-run", "--role", role, "--root", tmp_path / "root")
    assert done.returncode == 0, done.stderr
    assert "pip install" in done.stdout and "ln -sfn" in done.stdout
    assert not (tmp_path / "root").exists()


@pytest.mark.parametrize("words", [["--role", "box"], ["--role"], ["--nonsense"]])
def test_wrong_words_are_refused_before_anything_happens(words: list[str]) -> None:
    done = run(*words)
    assert done.returncode == 2
    assert done.stderr.startswith("install.sh: ")
    assert done.stdout == ""


def test_the_shells_checker_finds_nothing() -> None:
    done = subprocess.run([checker("shellcheck"), SCRIPT], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("unit", ["edge-agent.service", "supervisor.service"])
def test_systemd_understands_every_line_of_the_unit(tmp_path: Path, unit: str) -> None:
    analyze = checker("systemd-analyze")
    text = (INSTALL / unit).read_text(encoding="utf-8")
    # The program is not installed here; everything else is checked as it stands.
    (tmp_path / unit).write_text(re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", text), encoding="utf-8")
    done = subprocess.run([analyze, "verify", tmp_path / unit], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("unit", ["edge-agent.service", "supervisor.service"])
def test_the_unit_leaves_the_service_little_of_the_machine(unit: str) -> None:
    """By systemd's own measure, from 0 (nothing) to 10 (everything): at most 2."""
    words = [checker("systemd-analyze"), "security", "--offline=true", "--threshold=20", "--no-pager"]
    done = subprocess.run([*words, INSTALL / unit], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout


def test_the_unit_lets_the_agent_read_the_ntp_state() -> None:
    lines = (INSTALL / "edge-agent.service").read_text(encoding="utf-8").splitlines()
    assert not any(line.startswith("ProtectClock=") for line in lines)
    assert any(line.startswith("SystemCallFilter=") and "adjtimex" in line for line in lines)


@pytest.mark.parametrize(("name", "settings"), [("edge.toml", EdgeSettings), ("centre.toml", CentreSettings)])
def test_every_key_of_the_sample_is_a_setting(tmp_path: Path, name: str, settings: type[EdgeSettings]) -> None:
    """Also those in comments, which a person will uncomment."""
    sample = (INSTALL / name).read_text(encoding="utf-8")
    settings.load(INSTALL / name)
    used = re.sub(r"(?m)^# (?=\[|[a-z0-9_]+ = )", "", sample)
    assert used.count("\n#") < sample.count("\n#")
    (tmp_path / name).write_text(used, encoding="utf-8")
    settings.load(tmp_path / name)
