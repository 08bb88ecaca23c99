"""Our field names ↔ the registry's codes, from a YAML file: mapped, never hard-coded (RULES 2.3)."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from config.errors import LessonProofError


class AcknowledgementColumns(BaseModel):
    """Headings of the sheet that comes back; `accepted` is the result's word for yes."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    key: str
    result: str
    ref: str
    words: str
    accepted: str


class Mapping(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    kinds: dict[str, dict[str, str]]
    values: dict[str, dict[str, str]] = {}
    acknowledgement: AcknowledgementColumns

    def coded(self, kind: str, fields: dict[str, Any]) -> dict[str, Any]:
        """Registry code → value, of the fields the mapping lists. Raises REGISTRY_MAPPING (422): an unlisted kind."""
        try:
            codes = self.kinds[kind]
        except KeyError:
            raise _wrong(f"kinds.{kind}", "missing") from None
        return {
            code: self.values.get(name, {}).get(str(fields[name]), fields[name])
            for name, code in codes.items()
            if name in fields
        }

    def named(self, kind: str, code: str) -> str:
        """Our name of a code; the code itself when there is none."""
        return next((name for name, own in self.kinds.get(kind, {}).items() if own == code), code)


def load_mapping(path: Path | None) -> Mapping:
    """The county's file, or the shipped one. Raises LessonProofError REGISTRY_MAPPING (422)."""
    try:
        shipped = resources.files("supervisor.registry") / "mappings/ministry.yaml"
        text = shipped.read_text(encoding="utf-8") if path is None else path.read_text(encoding="utf-8")
        mapping = Mapping.model_validate(yaml.safe_load(text))
    except ValidationError as error:
        first = error.errors()[0]
        raise _wrong(".".join(str(part) for part in first["loc"]), first["msg"]) from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise _wrong(str(path), type(error).__name__) from None
    for kind, codes in mapping.kinds.items():
        if len(set(codes.values())) < len(codes):
            raise _wrong(f"kinds.{kind}", "one code for two fields")
    return mapping


def _wrong(where: str, what: str) -> LessonProofError:
    return LessonProofError(
        "REGISTRY_MAPPING", status=422, where=where,
        zh=f"实名制字段对照表的 {where} 不正确:{what}", en=f"registry mapping, {where}: {what}",
    )  # fmt: skip
