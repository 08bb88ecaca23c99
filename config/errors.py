"""The one base of every error a person may see: a code, a status, and a sentence in Chinese and English.

HTTP handlers turn it into problem+json (RFC 9457), the command line into one red line. It carries no stack and no
secrets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class LessonProofError(Exception):
    """An error with a stable `code` (UPPER_SNAKE), an HTTP `status`, and a sentence `zh` / `en` that says what to do.

    `where` points at the offending place when there is one: a JSON pointer, a spreadsheet cell, a file name.
    `faults`: all that is wrong, when several things are told at once; each has `code`, `zh`, `en` and `where`.
    """

    def __init__(
        self,
        code: str,
        *,
        zh: str,
        en: str,
        status: int = 400,
        where: str | None = None,
        faults: Sequence[Mapping[str, str]] = (),
    ) -> None:
        super().__init__(f"{code}: {en}")
        self.code = code
        self.status = status
        self.zh = zh
        self.en = en
        self.where = where
        self.faults = faults

    def problem(self) -> dict[str, object]:
        """The body of an `application/problem+json` answer (RFC 9457 §3)."""
        body: dict[str, object] = {
            "type": f"urn:lessonproof:problem:{self.code}",
            "title": self.en,
            "title_zh": self.zh,
            "status": self.status,
            "code": self.code,
        }
        if self.where is not None:
            body["where"] = self.where
        if self.faults:
            body["faults"] = [dict(fault) for fault in self.faults]
        return body
