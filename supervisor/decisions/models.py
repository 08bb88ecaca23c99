"""Tables of what people said to verdicts. All append-only but the cache `lesson_life`, and the day of a draw, which is
opened with its seed and closed with its result."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.database.base import CentreBase
from storage.database.types import Big, Id, Json, UtcDateTime, new_id


class Explanation(CentreBase):
    """What an institution says to a lesson hour. `version`: of the verdict it then had, 0: none."""

    __tablename__ = "explanation"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    lesson_hour_id: Mapped[UUID] = mapped_column(Id, ForeignKey("lesson_hour.id"), index=True)
    version: Mapped[int]
    account_id: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"))
    words: Mapped[str] = mapped_column(Text)


class ExplanationFile(CentreBase):
    """A paper, a picture or a short recording that goes with it. `kind`: what its bytes are, not what was claimed."""

    __tablename__ = "explanation_file"
    explanation_id: Mapped[UUID] = mapped_column(Id, ForeignKey("explanation.id"), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[str] = mapped_column(String(8))
    bytes: Mapped[int] = mapped_column(Big)
    account_id: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"))
    __table_args__ = (
        CheckConstraint("kind IN ('pdf', 'jpeg', 'png', 'mp4')", name="kind"),
        CheckConstraint("bytes > 0", name="bytes"),
    )


class Decision(CentreBase):
    """A person decided, having seen `version` and the further `signs`. `answers`: `seq` of the decision that was
    objected to."""

    __tablename__ = "decision"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    lesson_hour_id: Mapped[UUID] = mapped_column(Id, ForeignKey("lesson_hour.id"))
    seq: Mapped[int]
    version: Mapped[int]
    signs: Mapped[list[Any]] = mapped_column(Json)
    result: Mapped[str] = mapped_column(String(8))
    reason: Mapped[str] = mapped_column(String(32))
    words: Mapped[str] = mapped_column(Text)
    account_id: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"))
    answers: Mapped[int | None]
    __table_args__ = (
        UniqueConstraint("lesson_hour_id", "seq"),
        CheckConstraint("result IN ('pass', 'fail', 'review')", name="result"),
        CheckConstraint("seq >= 1", name="seq"),
    )


class Objection(CentreBase):
    """An institution objects to a decision, once."""

    __tablename__ = "objection"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    lesson_hour_id: Mapped[UUID] = mapped_column(Id, ForeignKey("lesson_hour.id"), index=True)
    decision_id: Mapped[UUID] = mapped_column(Id, ForeignKey("decision.id"), unique=True)
    account_id: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"))
    words: Mapped[str] = mapped_column(Text)


class RecheckDraw(CentreBase):
    """The draw over the passes of one day. `seed`: SHA-256 of "recheck:", the day and the head of the centre's log
    (`log_size`, `log_root`), recorded before anything is drawn. `drawn_at` None: not drawn yet."""

    __tablename__ = "recheck_draw"
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    log_size: Mapped[int] = mapped_column(Big)
    log_root: Mapped[str] = mapped_column(String(64))
    seed: Mapped[str] = mapped_column(String(64))
    drawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Recheck(CentreBase):
    """A pass was drawn for a person to look at again."""

    __tablename__ = "recheck"
    lesson_hour_id: Mapped[UUID] = mapped_column(Id, ForeignKey("lesson_hour.id"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, ForeignKey("recheck_draw.day"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int]


class Exemption(CentreBase):
    """The county frees a class from check-in and video (A-28, Q19), up to and including the lessons of
    `valid_until`."""

    __tablename__ = "exemption"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    class_id: Mapped[UUID] = mapped_column(Id, ForeignKey("training_class.id"), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    basis: Mapped[str] = mapped_column(Text)
    valid_until: Mapped[date] = mapped_column(Date, index=True)
    account_id: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"))
    __table_args__ = (CheckConstraint("kind IN ('enterprise_staff', 'secret_unit')", name="kind"),)


class ExemptionEnd(CentreBase):
    """It was revoked, as if it had never been: what it covered is judged as any other lesson hour."""

    __tablename__ = "exemption_end"
    exemption_id: Mapped[UUID] = mapped_column(Id, ForeignKey("exemption.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    words: Mapped[str] = mapped_column(Text)
    account_id: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"))


class ExemptionRequest(CentreBase):
    """The responsible person asks for an exemption, with a file of the class."""

    __tablename__ = "exemption_request"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    class_id: Mapped[UUID] = mapped_column(Id, ForeignKey("training_class.id"), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    basis: Mapped[str] = mapped_column(Text)
    valid_until: Mapped[date] = mapped_column(Date)
    file_sha256: Mapped[str] = mapped_column(String(64))
    account_id: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"))
    __table_args__ = (CheckConstraint("kind IN ('enterprise_staff', 'secret_unit')", name="kind"),)


class ExemptionAnswer(CentreBase):
    """The county's answer: the exemption it made, or None and why not."""

    __tablename__ = "exemption_answer"
    request_id: Mapped[UUID] = mapped_column(Id, ForeignKey("exemption_request.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    account_id: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"))
    words: Mapped[str] = mapped_column(Text)
    exemption_id: Mapped[UUID | None] = mapped_column(Id, ForeignKey("exemption.id"), unique=True)
    __table_args__ = (CheckConstraint("exemption_id IS NOT NULL OR words <> ''", name="refusal_says_why"),)


class ClassPaper(CentreBase):
    """A paper that an enterprise hands in for its class (承诺制): the county keeps what it is and its SHA-256."""

    __tablename__ = "class_paper"
    class_id: Mapped[UUID] = mapped_column(Id, ForeignKey("training_class.id"), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[str] = mapped_column(String(16))
    account_id: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"))
    __table_args__ = (
        CheckConstraint("kind IN ('commitment', 'roster', 'attendance', 'photos', 'results', 'other')", name="kind"),
    )


class LessonLife(CentreBase):
    """Cache of `supervisor.rules.verdict_life.life`, one row for each lesson hour with a verdict; `refresh` writes it,
    and nothing reads it but lists. `due_at`: `until`, or where there is no term, `since`. `other_than`: who may not
    decide, having decided before."""

    __tablename__ = "lesson_life"
    lesson_hour_id: Mapped[UUID] = mapped_column(Id, ForeignKey("lesson_hour.id"), primary_key=True)
    institution_id: Mapped[UUID] = mapped_column(Id, ForeignKey("institution.id"))
    stage: Mapped[str] = mapped_column(String(24))
    next: Mapped[str] = mapped_column(String(16))
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int]
    other_than: Mapped[UUID | None] = mapped_column(Id, ForeignKey("account.id"))
    __table_args__ = (
        Index("ix_lesson_life_next_due_at", "next", "due_at", "lesson_hour_id"),
        Index("ix_lesson_life_institution_next", "institution_id", "next", "due_at", "lesson_hour_id"),
        Index("ix_lesson_life_stage_since", "stage", "since"),
        Index("ix_lesson_life_stage_until", "stage", "until"),
    )
