"""The viewing register of class sheets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database.migrations.append_only import forbid_changes
from storage.database.types import Id, UtcDateTime

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sheet_view",
        sa.Column("id", Id, nullable=False, primary_key=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("account_id", Id, sa.ForeignKey("account.id"), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("unit", sa.String(128), nullable=False),
        sa.Column("class_id", Id, sa.ForeignKey("training_class.id"), nullable=False),
        sa.Column("roster_entry_id", Id, sa.ForeignKey("roster_entry.id")),
        sa.Column("what", sa.String(8), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("ip", sa.String(45), nullable=False),
        sa.CheckConstraint("what IN ('sheet', 'trainee', 'export')", name="ck_sheet_view_what"),
        sa.CheckConstraint("(what = 'trainee') = (roster_entry_id IS NOT NULL)", name="ck_sheet_view_whose"),
    )
    op.create_index("ix_sheet_view_at", "sheet_view", ["at"])
    op.create_index("ix_sheet_view_class_id_at", "sheet_view", ["class_id", "at"])
    forbid_changes("sheet_view")
