"""Photos of a room's verification are kept, and looking at one is a line; a review of an opening names files of the
class."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database.migrations.append_only import forbid_changes
from storage.database.types import Big, Id, Json, UtcDateTime

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "verification_photo",
        sa.Column("id", Id, primary_key=True),
        sa.Column("verification_id", Id, sa.ForeignKey("site_verification.id"), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("account_id", Id, sa.ForeignKey("account.id"), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("bytes", Big, nullable=False),
        sa.UniqueConstraint("verification_id", "sha256", name="uq_verification_photo_verification_id"),
        sa.CheckConstraint("kind IN ('pdf', 'jpeg', 'png')", name="ck_verification_photo_kind"),
        sa.CheckConstraint("bytes > 0", name="ck_verification_photo_bytes"),
    )
    op.create_table(
        "verification_view",
        sa.Column("id", Id, primary_key=True),
        sa.Column("at", UtcDateTime(), nullable=False, index=True),
        sa.Column("account_id", Id, sa.ForeignKey("account.id"), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("unit", sa.String(128), nullable=False),
        sa.Column("verification_id", Id, sa.ForeignKey("site_verification.id"), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("ip", sa.String(45), nullable=False),
    )
    op.create_index("ix_verification_view_verification_id_at", "verification_view", ["verification_id", "at"])
    op.add_column("opening_review", sa.Column("photos", Json, nullable=False, server_default="[]"))
    for table in ("verification_photo", "verification_view"):
        forbid_changes(table)
