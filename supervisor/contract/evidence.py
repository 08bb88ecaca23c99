"""Evidence and verdict on the wire: JSON in, the rules' own dataclasses out, and the JSON Schema of both."""

from __future__ import annotations

import hashlib
from typing import Any

import rfc8785
from pydantic import TypeAdapter, ValidationError

from config.errors import LessonProofError
from supervisor.rules.evidence import LessonEvidence
from supervisor.rules.later import evidence_of_its_age, verdict_of_its_age
from supervisor.rules.verdict import LessonVerdict

_EVIDENCE = TypeAdapter(LessonEvidence)
_VERDICT = TypeAdapter(LessonVerdict)


def canonical_json(value: Any) -> bytes:
    """RFC 8785 (JCS): one form for one content, so that a hash of it means something."""
    return rfc8785.dumps(value)


def sha256_hex(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def parse_evidence(data: bytes | str) -> LessonEvidence:
    """Raises LessonProofError EVIDENCE_INVALID (422) with the JSON pointer of the first thing that is wrong."""
    try:
        return _EVIDENCE.validate_json(data)
    except ValidationError as error:
        raise _invalid("EVIDENCE_INVALID", "证据", "evidence", error) from None


def parse_verdict(data: bytes | str) -> LessonVerdict:
    """Raises LessonProofError VERDICT_INVALID (422)."""
    try:
        return _VERDICT.validate_json(data)
    except ValidationError as error:
        raise _invalid("VERDICT_INVALID", "结论", "verdict", error) from None


def evidence_json(evidence: LessonEvidence) -> dict[str, Any]:
    return evidence_of_its_age(_EVIDENCE.dump_python(evidence, mode="json"))


def verdict_json(verdict: LessonVerdict) -> dict[str, Any]:
    return verdict_of_its_age(_VERDICT.dump_python(verdict, mode="json"))


def evidence_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of an evidence file, as `supervisor judge --schema` prints it."""
    schema = _EVIDENCE.json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _invalid(code: str, zh: str, en: str, error: ValidationError) -> LessonProofError:
    first = error.errors(include_url=False)[0]
    where = "/" + "/".join(str(part) for part in first["loc"])
    return LessonProofError(
        code,
        status=422,
        where=where,
        zh=f"{zh}格式不正确:{where} {first['msg']}",
        en=f"malformed {en} at {where}: {first['msg']}",
    )
