"""Tables of credit grades and sampling plans. Append-only: a later grade is a row of its own, a plan stays as drawn."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.database.base import CentreBase
from storage.database.types import Id, Json, UtcDateTime, new_id


class CreditRating(CentreBase):
    """`basis`: on what the grade rests, free words; in the signed log only their hash."""

    __tablename__ = "credit_rating"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    account_id: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"))
    institution_id: Mapped[UUID] = mapped_column(Id, ForeignKey("institution.id"))
    grade: Mapped[str] = mapped_column(String(1))
    valid_from: Mapped[date] = mapped_column(Date)
    basis: Mapped[str] = mapped_column(Text)
    __table_args__ = (
        Index("ix_credit_rating_institution_id_valid_from", "institution_id", "valid_from"),
        CheckConstraint("grade IN ('A', 'B', 'C', 'D')", name="grade"),
    )


class SamplePlan(CentreBase):
    """What `supervisor.rules.sampling.verify` needs to repeat the draw. `candidates`: class_id, stratum, grade;
    `inspectors`: account ids; `drawn`: class id → account ids. `idempotency_key`: of the request that drew it; None:
    drawn before requests had one."""

    __tablename__ = "sample_plan"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    account_id: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"))
    first_day: Mapped[date] = mapped_column(Date)
    last_day: Mapped[date] = mapped_column(Date)
    seed: Mapped[str] = mapped_column(String(32))
    rates: Mapped[dict[str, Any]] = mapped_column(Json)
    each: Mapped[int]
    candidates: Mapped[list[Any]] = mapped_column(Json)
    inspectors: Mapped[list[Any]] = mapped_column(Json)
    drawn: Mapped[dict[str, Any]] = mapped_column(Json)
    idempotency_key: Mapped[str | None] = mapped_column(String(64))
    __table_args__ = (
        Index("uq_sample_plan_idempotency_key", "idempotency_key", unique=True),
        CheckConstraint("last_day >= first_day", name="period"),
        CheckConstraint("each >= 1", name="each"),
    )
