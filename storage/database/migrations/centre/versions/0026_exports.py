"""Exports: asked for, answered, fetched."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database.migrations.append_only import forbid_changes
from storage.database.types import Id, UtcDateTime

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "export_request",
        sa.Column("id", Id, primary_key=True),
        sa.Column("at", UtcDateTime(), nullable=False, index=True),
        sa.Column("account_id", Id, sa.ForeignKey("account.id"), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("unit", sa.String(128), nullable=False),
        sa.Column("lesson_hour_id", Id, sa.ForeignKey("lesson_hour.id"), nullable=False, index=True),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("case", sa.String(120), nullable=False),
    )
    op.create_table(
        "export_answer",
        sa.Column("export_id", Id, sa.ForeignKey("export_request.id"), primary_key=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("account_id", Id, sa.ForeignKey("account.id"), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("approved", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
    )
    op.create_table(
        "export_fetch",
        sa.Column("id", Id, primary_key=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("export_id", Id, sa.ForeignKey("export_request.id"), nullable=False, index=True),
        sa.Column("ip", sa.String(45), nullable=False),
    )
    for table in ("export_request", "export_answer", "export_fetch"):
        forbid_changes(table)
