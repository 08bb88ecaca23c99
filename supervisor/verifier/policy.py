"""What a verifier trusts before it opens a bundle: keys of the centre and of outside witnesses, and how many of these
it demands. It comes from somewhere else than the bundle, or it proves nothing."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from config.errors import LessonProofError
from storage.evidence.note import COSIGNATURE, ED25519, Verifier, parse_vkey

FORMAT = "lessonproof/policy/1"


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Witness(_Frozen):
    name: Annotated[str, Field(min_length=1, max_length=100)]
    vkey: str


class Revoked(_Frozen):
    """A box whose receipts count only from before `at`."""

    box: UUID
    at: AwareDatetime


class Policy(_Frozen):
    """`log`: the centre's log; `witness`: the centre as witness of the boxes (C2SP vkeys). `witnesses`, `quorum`: who
    else must have cosigned the centre's log, and how many of them. `profiles`: rules that are accepted, name → SHA-256;
    None: those that the centre's log names. `late_after_s`: how long after the recording a receipt counts as late; late
    evidence is told, and refused where `refuse_late`."""

    format: Literal["lessonproof/policy/1"]
    log: str
    witness: str
    witnesses: tuple[Witness, ...] = ()
    quorum: Annotated[int, Field(ge=0)] = 0
    revoked: tuple[Revoked, ...] = ()
    profiles: dict[str, str] | None = None
    late_after_s: Annotated[int, Field(ge=0)] = 900
    refuse_late: bool = False

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.quorum > len(self.witnesses):
            raise ValueError(f"a quorum of {self.quorum} among {len(self.witnesses)} witnesses")
        keys = [parse_vkey(one.vkey) for one in self.witnesses]
        if any(key.kind != COSIGNATURE for key in (*keys, self.witness_key)) or self.log_key.kind != ED25519:
            raise ValueError("a key of the wrong type: logs have type 1, witnesses type 4")
        centre = [self.log_key, self.witness_key]
        if len({key.public_key for key in (*keys, *centre)}) < len(keys) + len({key.public_key for key in centre}):
            raise ValueError("the same witness twice, or the centre as its own witness")
        return self

    @property
    def log_key(self) -> Verifier:
        return parse_vkey(self.log)

    @property
    def witness_key(self) -> Verifier:
        return parse_vkey(self.witness)

    def revoked_at(self, box: str) -> datetime | None:
        return min((one.at for one in self.revoked if str(one.box) == box), default=None)


def read_policy(path: Path) -> Policy:
    """Raises LessonProofError POLICY_INVALID."""
    try:
        return Policy.model_validate_json(path.read_bytes())
    except OSError as error:
        raise _invalid(f"{path}: {error.strerror}") from None
    except LessonProofError as error:
        raise _invalid(error.en) from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise _invalid(f"/{'/'.join(str(part) for part in first['loc'])} {first['msg']}") from None


def _invalid(why: str) -> LessonProofError:
    return LessonProofError(
        "POLICY_INVALID", status=422, zh=f"信任策略文件不正确:{why}", en=f"not a usable policy: {why}"
    )
