"""A later enrolment code makes an earlier one void; a draw has a key of its own; licences and catalogue versions that
were entered by mistake are withdrawn."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database.migrations.append_only import forbid_changes
from storage.database.types import Id, UtcDateTime

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("enrolment_code", sa.Column("voided_at", UtcDateTime()))
    op.add_column("sample_plan", sa.Column("idempotency_key", sa.String(64)))  # none of what was drawn before had one
    op.create_index("uq_sample_plan_idempotency_key", "sample_plan", ["idempotency_key"], unique=True)
    op.create_table(
        "licence_withdrawal",
        sa.Column("licence_id", Id, sa.ForeignKey("licence.id"), primary_key=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("account_id", Id, sa.ForeignKey("account.id"), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_table(
        "catalogue_withdrawal",
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("version", sa.String(32), primary_key=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("account_id", Id, sa.ForeignKey("account.id"), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.CheckConstraint("kind IN ('occupation', 'evaluation_body')", name="ck_catalogue_withdrawal_kind"),
    )
    for table in ("licence_withdrawal", "catalogue_withdrawal"):
        forbid_changes(table)
