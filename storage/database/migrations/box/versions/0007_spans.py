"""Stretches of raw recording that the centre asked for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database.types import Big

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "span",
        sa.Column("span_id", sa.String(length=36), nullable=False),
        sa.Column("log_idx", Big, nullable=False),
        sa.Column("path", sa.Text(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("bytes", Big, nullable=True),
        sa.Column("delivered", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["log_idx"], ["log_entry.idx"], name="fk_span_log_idx_log_entry"),
        sa.PrimaryKeyConstraint("span_id", name="pk_span"),
        sa.CheckConstraint(
            "(path IS NULL) = (sha256 IS NULL) AND (path IS NULL) = (bytes IS NULL)", name="ck_span_whole_file"
        ),
    )
