"""What a folder holds, to make the same folder of it again."""

from __future__ import annotations

from pathlib import Path

Files = dict[str, bytes]


def kept(folder: Path) -> Files:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def put(folder: Path, files: Files) -> None:
    """Readable by nobody else, as keys must be."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(0o600)
        path.write_bytes(content)
