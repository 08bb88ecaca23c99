"""Tables of rosters: imports, what a row says of a person, comparison lists, runs, checks and lifted blocks. All but
the lists, whose rows are deleted when they expire, are append-only."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.database.base import CentreBase
from storage.database.types import Big, Id, Json, UtcDateTime, new_id


class RosterImport(CentreBase):
    """A file that became version `version` of a class's roster."""

    __tablename__ = "roster_import"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    class_id: Mapped[UUID] = mapped_column(Id, ForeignKey("training_class.id"))
    version: Mapped[int]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    imported_by: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"))
    file_sha256: Mapped[str] = mapped_column(String(64))
    rows: Mapped[int]
    __table_args__ = (UniqueConstraint("class_id", "version"),)


class RosterDetail(CentreBase):
    """What a row says beside name and ID number. `personal`: JSON of phone, account, account name and address, sealed
    for the entry; the keyed hashes find who shares one (RC11)."""

    __tablename__ = "roster_detail"
    entry_id: Mapped[UUID] = mapped_column(Id, ForeignKey("roster_entry.id"), primary_key=True)
    sex: Mapped[str | None] = mapped_column(String(1))  # GB/T 2261.1
    ethnic: Mapped[str | None] = mapped_column(String(32))
    education: Mapped[str | None] = mapped_column(String(32))
    household: Mapped[str | None] = mapped_column(String(32))
    category: Mapped[str | None] = mapped_column(String(32))
    personal: Mapped[bytes | None] = mapped_column(LargeBinary)
    phone_hmac: Mapped[str | None] = mapped_column(String(64), index=True)
    account_hmac: Mapped[str | None] = mapped_column(String(64), index=True)
    address_hmac: Mapped[str | None] = mapped_column(String(64), index=True)


class ComparisonList(CentreBase):
    """A list of people from another office. In force until `expires_at` or `withdrawn_at`; then its rows are deleted
    (`emptied_at`) and this stays. `kind`: supervisor.rules.roster_checks.ListKind."""

    __tablename__ = "comparison_list"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[str] = mapped_column(String(16))
    category: Mapped[str | None] = mapped_column(String(32))
    source: Mapped[str] = mapped_column(String(64))
    as_of: Mapped[date] = mapped_column(Date)
    purpose: Mapped[str] = mapped_column(String(128))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    rows: Mapped[int]
    file_sha256: Mapped[str] = mapped_column(String(64))
    imported_by: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"))
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    emptied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    __table_args__ = (
        CheckConstraint(
            "kind IN ('deceased', 'custody', 'pension', 'public_payroll', 'insured', 'category', 'subsidised',"
            " 'students', 'exit', 'staff')",
            name="kind",
        ),
        CheckConstraint("(kind = 'category') = (category IS NOT NULL)", name="category_named"),
    )


class ComparisonRow(CentreBase):
    """A person on a list, as the keyed hash of the ID number (the same as Trainee.id_number_hmac), and for which
    days."""

    __tablename__ = "comparison_row"
    id: Mapped[int] = mapped_column(Big, primary_key=True)
    list_id: Mapped[UUID] = mapped_column(Id, ForeignKey("comparison_list.id"), index=True)
    id_number_hmac: Mapped[str] = mapped_column(String(64), index=True)
    first: Mapped[date | None] = mapped_column(Date)
    last: Mapped[date | None] = mapped_column(Date)


class ComparisonRun(CentreBase):
    """B-12. `same_as`: the run whose checks this one found again; a run has its own checks otherwise. `lists`: ids of
    those in force."""

    __tablename__ = "comparison_run"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    class_id: Mapped[UUID] = mapped_column(Id, ForeignKey("training_class.id"))
    n: Mapped[int]  # of the class, from 1
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    moment: Mapped[str] = mapped_column(String(16))
    actor: Mapped[str] = mapped_column(String(64))
    lists: Mapped[list[Any]] = mapped_column(Json)
    same_as: Mapped[UUID | None] = mapped_column(Id, ForeignKey("comparison_run.id"))
    __table_args__ = (
        UniqueConstraint("class_id", "n"),
        CheckConstraint("moment IN ('import', 'submission', 'opening', 'claim', 'demand', 'nightly')", name="moment"),
    )


class RosterCheckRow(CentreBase):
    """A check of a run: supervisor.rules.roster_checks.RosterCheck. `entry_id` None: of the whole class."""

    __tablename__ = "roster_check"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    run_id: Mapped[UUID] = mapped_column(Id, ForeignKey("comparison_run.id"), index=True)
    entry_id: Mapped[UUID | None] = mapped_column(Id, ForeignKey("roster_entry.id"))
    n: Mapped[int]  # place in the run, from 0
    rule: Mapped[str] = mapped_column(String(8))
    result: Mapped[str] = mapped_column(String(16))
    detail: Mapped[str] = mapped_column(String(32))
    source: Mapped[str | None] = mapped_column(String(64))
    source_asof: Mapped[date | None] = mapped_column(Date)
    subject: Mapped[str | None] = mapped_column(String(64))
    __table_args__ = (
        CheckConstraint("result IN ('OK', 'WARN', 'BLOCK', 'NOT_CHECKED')", name="result"),
        CheckConstraint("(result = 'NOT_CHECKED') = (source IS NULL)", name="source_named"),
    )

    @property
    def key(self) -> tuple[object, ...]:
        """What makes it the same finding in another run; a newer list is another finding."""
        return self.entry_id, self.rule, self.result, self.detail, self.source, self.source_asof, self.subject


class RosterLift(CentreBase):
    """A person lifted a BLOCK. `reason` may hold names: the signed log has its SHA-256 only."""

    __tablename__ = "roster_lift"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    check_id: Mapped[UUID] = mapped_column(Id, ForeignKey("roster_check.id"), unique=True)
    class_id: Mapped[UUID] = mapped_column(Id, ForeignKey("training_class.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    lifted_by: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"))
    reason: Mapped[str] = mapped_column(String(500))
    attachment_sha256: Mapped[str | None] = mapped_column(String(64))
