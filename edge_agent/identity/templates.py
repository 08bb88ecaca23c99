"""The face templates of trainees who consented: encrypted, only in this box, one file a trainee, never a photograph.

`identity/<keyed hash of the reference>.face`: the line of a header in clear (format and day of deletion, so that a file
is deleted on its day even when the key is lost), then nonce and AES-256-GCM ciphertext of everything else. Header and
file name are associated data: a changed date, or a file put in another's place, does not open. A file that does not
open is named and skipped.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from config.clock import CHINA
from config.errors import LessonProofError
from edge_agent.identity.engine import TEMPLATE_SIZE, Template, comparable
from edge_agent.identity.keys import StoreKeys
from storage.objects import fsync_folder
from supervisor.rules.evidence import Counter

SCHEMA = "lessonproof/face-templates/1"
MOST_PHOTOGRAPHS = 10
FILING_NEAR, FILING_DUE = 80_000, 100_000  # RULES L06: from 100,000 persons on, a filing with the cyberspace office
_NONCE_BYTES = 12
_SUFFIX = ".face"
_LARGEST_BYTES = 64 * 1024  # ten templates are 7 kB
_HEADER_BYTES = 200


@dataclass(frozen=True, slots=True)
class Consent:
    """A trainee's separate consent to face recognition (PIPL art. 29): its record, the version of its text, when."""

    id: str
    text_version: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Enrolled:
    """`trainee` is an opaque reference, never a name or an ID number. `delete_on`: gone on this day."""

    trainee: str
    engine: Counter
    templates: tuple[Template, ...]
    consent: Consent
    enrolled_at: datetime
    delete_on: date


@dataclass(frozen=True, slots=True)
class Contents:
    """`problems`: one TEMPLATE_DAMAGED for each file that was skipped."""

    people: tuple[Enrolled, ...]
    problems: tuple[LessonProofError, ...]


@dataclass(frozen=True, slots=True)
class Roster:
    """Templates one engine may compare. `problems`: TEMPLATE_OTHER_ENGINE and TEMPLATE_DAMAGED of those it may not."""

    templates: dict[str, tuple[Template, ...]]
    problems: tuple[LessonProofError, ...]


@dataclass(frozen=True, slots=True)
class Purged:
    """How many files were deleted because their day has come, and how many stay; `damaged`: those whose day cannot be
    read, file names.
    """

    deleted: int
    kept: int
    damaged: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Persons:
    """How many persons this box stores, and what that asks for (None: nothing): FILING_NEAR or FILING_DUE."""

    count: int
    warning: str | None


class TemplateStore:
    """Below `data_dir`. Every method raises LessonProofError IDENTITY_STORE when the disk does not answer."""

    def __init__(self, data_dir: Path) -> None:
        self.folder = data_dir / "identity"
        self._keys = StoreKeys(data_dir / "identity-key.bin", self.folder, _SUFFIX)

    def enrol(self, person: Enrolled) -> None:
        """Keep a trainee's templates, whole or not at all; of the same trainee, the newest.

        Raises CONSENT_MISSING, TRAINEE_REFERENCE, CLASS_OVER, IDENTITY_KEY_MISSING.
        """
        check_enrolment(person.trainee, person.consent, person.enrolled_at, person.delete_on)
        if not 1 <= len(person.templates) <= MOST_PHOTOGRAPHS:
            raise ValueError(f"1 to {MOST_PHOTOGRAPHS} templates a trainee")
        path = self.folder / self._name(person.trainee)
        header = json.dumps({"schema": SCHEMA, "delete_on": person.delete_on.isoformat()}).encode() + b"\n"
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = AESGCM(self._keys.encryption()).encrypt(nonce, _encoded(person), header + path.name.encode())
        with self._alone():
            draft = self.folder / f".{path.name}"
            draft.unlink(missing_ok=True)
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(header + nonce + sealed)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
            fsync_folder(self.folder)

    def withdraw(self, trainee: str) -> bool:
        """Delete a trainee's templates now; False: there were none. Raises IDENTITY_KEY_MISSING."""
        if not self._files():
            return False
        path = self.folder / self._name(trainee)
        with self._alone():
            there = path.exists()
            path.unlink(missing_ok=True)
            path.with_name(f".{path.name}").unlink(missing_ok=True)
            fsync_folder(self.folder)
        return there

    def purge(self, today: date) -> Purged:
        """Delete what has reached its day, and drafts that a crash left. Needs no key."""
        deleted, kept, damaged = 0, 0, []
        with self._alone():
            for draft in self.folder.glob(f".*{_SUFFIX}"):
                draft.unlink()
            for path in self._files():
                day = _delete_on(path)
                if day is None:
                    damaged.append(path.name)
                elif day <= today:
                    path.unlink()
                    deleted += 1
                else:
                    kept += 1
            fsync_folder(self.folder)
        return Purged(deleted, kept, tuple(damaged))

    def read(self) -> Contents:
        """Everybody, by reference. Raises IDENTITY_KEY_MISSING."""
        people, problems = [], []
        for path in self._files():
            try:
                person = self._open(path)
            except FileNotFoundError:
                continue  # withdrawn meanwhile
            if person is None:
                problems.append(_damaged(path))
            else:
                people.append(person)
        return Contents(tuple(sorted(people, key=lambda person: person.trainee)), tuple(problems))

    def roster(self, engine: Counter, today: date) -> Roster:
        """What `engine` may compare: its own templates whose day has not come. Raises IDENTITY_KEY_MISSING."""
        contents = self.read()
        current = [person for person in contents.people if person.delete_on > today]
        return Roster(
            {person.trainee: person.templates for person in current if comparable(person.engine, engine)},
            (
                *contents.problems,
                *(_other_engine(person, engine) for person in current if not comparable(person.engine, engine)),
            ),
        )

    def count(self) -> Persons:
        count = len(self._files())
        return Persons(count, "FILING_DUE" if count >= FILING_DUE else "FILING_NEAR" if count >= FILING_NEAR else None)

    def generation(self) -> int:
        """Another number after every change, for whoever keeps a roster in memory; cheap."""
        try:
            files = frozenset((entry.name, entry.inode()) for entry in os.scandir(self.folder))
            return hash((self.folder.stat().st_mtime_ns, files))  # the file system's clock alone is too coarse
        except FileNotFoundError:
            return 0

    def _files(self) -> list[Path]:
        return sorted(path for path in self.folder.glob(f"*{_SUFFIX}") if not path.name.startswith("."))

    def _name(self, trainee: str) -> str:
        return self._keys.name_of(trainee) + _SUFFIX

    def _open(self, path: Path) -> Enrolled | None:
        """None: damaged, or another's file under this name. Raises FileNotFoundError."""
        key = self._keys.encryption()
        try:
            with path.open("rb") as file:
                header, body = file.readline(_HEADER_BYTES), file.read(_LARGEST_BYTES)
            clear = AESGCM(key).decrypt(body[:_NONCE_BYTES], body[_NONCE_BYTES:], header + path.name.encode())
            return _decoded(json.loads(clear))
        except FileNotFoundError:
            raise
        except (OSError, InvalidTag, ValueError, KeyError, TypeError):
            return None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One writer at a time: the running box, or a command."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                yield
            finally:
                os.close(descriptor)
        except OSError as error:
            raise LessonProofError(
                "IDENTITY_STORE",
                zh=f"无法写入 {self.folder}:请检查权限和磁盘空间",
                en=f"cannot write {self.folder}: check permissions and disk space ({type(error).__name__})",
                status=503,
                where=str(self.folder),
            ) from None


def check_enrolment(trainee: str, consent: Consent, now: datetime, delete_on: date) -> None:
    """Raises LessonProofError CONSENT_MISSING, TRAINEE_REFERENCE, CLASS_OVER."""
    if not (consent.id.strip() and consent.text_version.strip()) or consent.at > now:
        raise LessonProofError(
            "CONSENT_MISSING",
            zh="没有学员本人的单独同意(同意记录编号、同意书版本、不晚于现在的时间),不得录入人脸",
            en="no face is enrolled without the trainee's own consent: its record, the version of its text, and a time "
            "that is not in the future",
            status=403,
        )
    if not trainee or trainee != trainee.strip() or len(trainee) > 100:
        raise LessonProofError(
            "TRAINEE_REFERENCE",
            zh="学员编号应为 1 至 100 个字符,首尾没有空格",
            en="a trainee's reference has 1 to 100 characters and no space around them",
        )
    if delete_on <= now.astimezone(CHINA).date():
        raise LessonProofError(
            "CLASS_OVER",
            zh=f"按班级结束日期,人脸模板应于 {delete_on} 删除,不再录入",
            en=f"by the end of the class the template would have to be deleted on {delete_on}: not enrolled",
        )


def _encoded(person: Enrolled) -> bytes:
    record = {
        "trainee": person.trainee,
        "engine": asdict(person.engine),
        "templates": [base64.b64encode(each.astype("<f4").tobytes()).decode() for each in person.templates],
        "consent": {**asdict(person.consent), "at": person.consent.at.isoformat()},
        "enrolled_at": person.enrolled_at.isoformat(),
        "delete_on": person.delete_on.isoformat(),
    }
    return json.dumps(record).encode()


def _decoded(record: dict[str, Any]) -> Enrolled:
    """Raises ValueError, KeyError, TypeError."""
    templates = tuple(np.frombuffer(base64.b64decode(text), "<f4").astype(np.float32) for text in record["templates"])
    if not templates or any(each.shape != (TEMPLATE_SIZE,) or not np.isfinite(each).all() for each in templates):
        raise ValueError("not templates")
    consent = record["consent"]
    return Enrolled(
        record["trainee"],
        Counter(**record["engine"]),
        templates,
        Consent(consent["id"], consent["text_version"], datetime.fromisoformat(consent["at"])),
        datetime.fromisoformat(record["enrolled_at"]),
        date.fromisoformat(record["delete_on"]),
    )


def _delete_on(path: Path) -> date | None:
    with suppress(OSError, ValueError, KeyError, TypeError):
        with path.open("rb") as file:
            header = json.loads(file.readline(_HEADER_BYTES))
        if header["schema"] == SCHEMA:
            return date.fromisoformat(header["delete_on"])
    return None


def _damaged(path: Path) -> LessonProofError:
    return LessonProofError(
        "TEMPLATE_DAMAGED",
        zh=f"人脸模板文件 {path.name} 已损坏或密钥不符,已跳过。请重新录入该学员,并删除此文件",
        en=f"the template file {path.name} is damaged or of another key, and is skipped: enrol the trainee again and "
        "delete the file",
        status=422,
        where=str(path),
    )


def _other_engine(person: Enrolled, engine: Counter) -> LessonProofError:
    return LessonProofError(
        "TEMPLATE_OTHER_ENGINE",
        zh=f"学员 {person.trainee} 的模板来自 {person.engine.name},不能与 {engine.name} 的比对。请重新录入",
        en=f"the templates of {person.trainee} are by {person.engine.name} and cannot be compared with those of "
        f"{engine.name}: enrol the trainee again",
        status=409,
        where=person.trainee,
    )
