"""Inspection records, their signatures, and what is set right after them; looks at one trainee's whole history."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from storage.database.migrations.append_only import forbid_changes
from storage.database.types import Big, Id, Json, UtcDateTime

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

APPEND_ONLY = (
    "inspection_record",
    "inspection_signature",
    "rectification_answer",
    "rectification_file",
    "rectification_ruling",
)


def _column(name: str, kind: Any, to: str | None = None, *, key: bool = False, null: bool = False) -> sa.Column[Any]:
    keys = [sa.ForeignKey(to)] if to else []
    return sa.Column(name, kind, *keys, nullable=null, primary_key=key)


def _who() -> list[sa.Column[Any]]:
    return [_column("at", UtcDateTime()), _column("account_id", Id, "account.id")]


def _answer(table: str) -> list[Any]:
    """The answer that a row of this table is about."""
    return [
        _column("inspection_id", Id, key=True),
        sa.Column("seq", sa.Integer(), primary_key=True, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["inspection_id", "seq"],
            ["rectification_answer.inspection_id", "rectification_answer.seq"],
            name=f"fk_{table}_answer",
        ),
    ]


def upgrade() -> None:
    _records()
    _rectifications()
    with op.batch_alter_table("reveal") as batch:  # SQLite alters no CHECK: there the table is made anew
        batch.drop_constraint("ck_reveal_field", type_="check")
        batch.create_check_constraint("ck_reveal_field", "field IN ('name', 'id_number', 'history')")
    again = () if op.get_bind().dialect.name == "postgresql" else ("reveal",)  # its triggers went with the old table
    for table in (*APPEND_ONLY, *again):
        forbid_changes(table)


def _records() -> None:
    op.create_table(
        "inspection_record",
        _column("id", Id, key=True),
        *_who(),
        _column("class_id", Id, "training_class.id"),
        _column("plan_id", Id, "sample_plan.id", null=True),
        _column("kind", sa.String(16)),
        _column("lesson_hours", Json),
        _column("started_at", UtcDateTime()),
        _column("ended_at", UtcDateTime()),
        _column("present", sa.Integer(), null=True),
        _column("figures", Json),
        _column("items", Json),
        _column("findings", Json),
        _column("words", sa.Text()),
        _column("conclusion", sa.String(16)),
        _column("demand", sa.Text()),
        _column("enter_by", UtcDateTime()),
        _column("due_at", UtcDateTime(), null=True),
        sa.CheckConstraint("kind IN ('playback', 'remote', 'on_site')", name="ck_inspection_record_kind"),
        sa.CheckConstraint("conclusion IN ('qualified', 'not_qualified')", name="ck_inspection_record_conclusion"),
        sa.CheckConstraint("ended_at > started_at", name="ck_inspection_record_ends_after_start"),
        sa.CheckConstraint("(demand = '') = (due_at IS NULL)", name="ck_inspection_record_demanded_until"),
        sa.CheckConstraint("present >= 0", name="ck_inspection_record_present"),
    )
    op.create_index("ix_inspection_record_at_id", "inspection_record", ["at", "id"])
    op.create_index("ix_inspection_record_class_id_at", "inspection_record", ["class_id", "at"])
    op.create_index("ix_inspection_record_due_at", "inspection_record", ["due_at"])
    op.create_index("ix_inspection_record_plan_id", "inspection_record", ["plan_id"])
    op.create_table(
        "inspection_signature",
        _column("inspection_id", Id, "inspection_record.id", key=True),
        _column("account_id", Id, "account.id", key=True),
        _column("at", UtcDateTime()),
        _column("side", sa.String(16)),
        sa.CheckConstraint("side IN ('county', 'institution')", name="ck_inspection_signature_side"),
    )


def _rectifications() -> None:
    op.create_table(
        "rectification_answer",
        _column("inspection_id", Id, "inspection_record.id", key=True),
        sa.Column("seq", sa.Integer(), primary_key=True, autoincrement=False, nullable=False),
        *_who(),
        _column("words", sa.Text()),
        sa.CheckConstraint("seq >= 1", name="ck_rectification_answer_seq"),
    )
    op.create_table(
        "rectification_file",
        *_answer("rectification_file"),
        _column("sha256", sa.String(64), key=True),
        *_who(),
        _column("kind", sa.String(8)),
        _column("bytes", Big),
        sa.CheckConstraint("kind IN ('pdf', 'jpeg', 'png', 'mp4')", name="ck_rectification_file_kind"),
        sa.CheckConstraint("bytes > 0", name="ck_rectification_file_bytes"),
    )
    op.create_table(
        "rectification_ruling",
        *_answer("rectification_ruling"),
        *_who(),
        _column("accepted", sa.Boolean()),
        _column("words", sa.Text()),
        _column("due_at", UtcDateTime(), null=True),
        sa.CheckConstraint("accepted = (due_at IS NULL)", name="ck_rectification_ruling_returned_until"),
    )
