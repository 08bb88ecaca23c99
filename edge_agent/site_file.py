"""The box's TOML file as an installer's tool writes it: one camera more, everything else as it stood, byte for byte."""

from __future__ import annotations

import json
import os
import re
import tempfile
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from config.errors import LessonProofError
from config.settings import CameraSettings, EdgeSettings
from device_adapters.cameras.address import checked_address
from device_adapters.interfaces import CameraFault

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def add_camera(path: Path, camera: CameraSettings) -> bool:
    """Append `camera` as [[cameras]]; the file is made when absent (True). It becomes readable for its owner alone,
    and is replaced as a whole or not at all.

    Raises LessonProofError CAMERA_CODE, CAMERA_EXISTS, CAMERA_FORBIDDEN, CAMERA_UNREACHABLE (its name does not
    resolve), CAMERAS_INLINE, SETTINGS_INVALID, SITE_FILE.
    """
    path = path.resolve()  # a link stays a link
    is_new = not path.exists()
    try:
        before = "" if is_new else path.read_text(encoding="utf-8")
        known = tomllib.loads(before)
    except (OSError, ValueError) as error:  # ValueError: neither UTF-8 nor TOML
        raise _file_error(path, error) from None
    settings: EdgeSettings = EdgeSettings.load(None if is_new else path)
    _refuse_wrong(camera, settings)
    after = before + ("\n" if before and not before.endswith("\n") else "") + ("\n" if before else "") + _table(camera)
    if not _adds_only(camera, known, after):
        raise LessonProofError(
            "CAMERAS_INLINE",
            zh="配置中的 cameras = [...] 写法无法追加:请改写为 [[cameras]]",
            en="cameras = [...] in the file cannot be added to: write it as [[cameras]]",
        )
    try:
        _replace(path, after)
    except OSError as error:
        raise _file_error(path, error) from None
    return is_new


def _refuse_wrong(camera: CameraSettings, settings: EdgeSettings) -> None:
    if not _CODE.fullmatch(camera.code):
        raise LessonProofError(
            "CAMERA_CODE",
            zh="摄像头编号只能含字母、数字、点、横线和下划线,最长 64 个字符",
            en="a camera's code has letters, digits, dots, hyphens and underscores, 64 at most",
        )
    try:
        for url in camera.urls():
            checked_address(url, settings.camera_networks)
    except CameraFault as fault:
        raise LessonProofError(
            f"CAMERA_{fault.kind.name}",
            zh=f"摄像头地址不可用:{fault.detail}",
            en=f"the camera's address: {fault.detail}",
        ) from None
    for other in settings.cameras:
        if other.code == camera.code or _place(other) == _place(camera):
            raise LessonProofError(
                "CAMERA_EXISTS",
                zh=f"配置中已有此摄像头:{other.code}",
                en=f"this camera is already in the configuration, as {other.code}",
                status=409,
            )


def _adds_only(camera: CameraSettings, known: Mapping[str, Any], after: str) -> bool:
    """Whether the new text says what the old one said, and `camera`."""
    try:
        return tomllib.loads(after) == {**known, "cameras": [*known.get("cameras", []), _record(camera)]}
    except tomllib.TOMLDecodeError:
        return False


def _place(camera: CameraSettings) -> tuple[str | None, int, str, str]:
    """One camera, one place, whoever logs in."""
    parts = urlsplit(camera.url.get_secret_value())
    return parts.hostname, parts.port or 554, parts.path, parts.query


def _record(camera: CameraSettings) -> dict[str, str]:
    told = camera.model_dump(exclude_defaults=True)
    return {key: value.get_secret_value() if isinstance(value, SecretStr) else value for key, value in told.items()}


def _table(camera: CameraSettings) -> str:
    """JSON's strings are TOML's basic strings, for text without control characters."""
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in _record(camera).items()]
    return "\n".join(["[[cameras]]", *lines, ""])


def _replace(path: Path, text: str) -> None:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600 from the first moment
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as new:
            new.write(text)
            new.flush()
            if path.exists():
                owner = path.stat()
                with suppress(PermissionError):
                    os.fchown(new.fileno(), owner.st_uid, owner.st_gid)
            os.fsync(new.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _file_error(path: Path, error: Exception) -> LessonProofError:
    return LessonProofError(
        "SITE_FILE",
        zh=f"无法读写配置文件 {path}({type(error).__name__})",
        en=f"cannot read or write {path} ({type(error).__name__})",
        where=str(path),
    )
