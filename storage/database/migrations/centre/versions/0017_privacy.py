"""Consents, reveals, the rights desk."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database.migrations.append_only import forbid_changes
from storage.database.types import Big, Id, UtcDateTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "consent",
        sa.Column("id", Id, primary_key=True),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("seq", Big, nullable=False),
        sa.Column("trainee_id", Id, sa.ForeignKey("trainee.id"), nullable=False),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("given", sa.Boolean, nullable=False),
        sa.Column("how", sa.String(8), nullable=False),
        sa.Column("text_sha256", sa.String(64), nullable=False),
        sa.Column("account_id", Id, sa.ForeignKey("account.id")),
        sa.CheckConstraint("purpose IN ('notice', 'face', 'location', 'registry')", name="ck_consent_purpose"),
        sa.CheckConstraint("how IN ('phone', 'paper', 'desk')", name="ck_consent_how"),
        sa.CheckConstraint("(how = 'phone') = (account_id IS NULL)", name="ck_consent_who"),
    )
    op.create_index("uq_consent_trainee_purpose_seq", "consent", ["trainee_id", "purpose", "seq"], unique=True)
    op.create_table(
        "reveal",
        sa.Column("id", Id, primary_key=True),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("account_id", Id, sa.ForeignKey("account.id"), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("unit", sa.String(128), nullable=False),
        sa.Column("roster_entry_id", Id, sa.ForeignKey("roster_entry.id"), nullable=False),
        sa.Column("field", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("ip", sa.String(45), nullable=False),
        sa.CheckConstraint("field IN ('name', 'id_number')", name="ck_reveal_field"),
    )
    op.create_index("ix_reveal_at", "reveal", ["at"])
    op.create_index("ix_reveal_roster_entry_id", "reveal", ["roster_entry_id"])
    op.create_table(
        "rights_request",
        sa.Column("id", Id, primary_key=True),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("roster_entry_id", Id, sa.ForeignKey("roster_entry.id"), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("words", sa.LargeBinary, nullable=False),
        sa.Column("how", sa.String(8), nullable=False),
        sa.Column("due_at", UtcDateTime, nullable=False),
        sa.CheckConstraint("kind IN ('access', 'copy', 'correct', 'delete', 'explain')", name="ck_rights_request_kind"),
        sa.CheckConstraint("how IN ('phone', 'desk')", name="ck_rights_request_how"),
    )
    op.create_index("ix_rights_request_roster_entry_id", "rights_request", ["roster_entry_id"])
    op.create_index("ix_rights_request_due_at", "rights_request", ["due_at"])
    op.create_table(
        "rights_answer",
        sa.Column("request_id", Id, sa.ForeignKey("rights_request.id"), primary_key=True),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("account_id", Id, sa.ForeignKey("account.id"), nullable=False),
        sa.Column("result", sa.String(8), nullable=False),
        sa.Column("words", sa.LargeBinary, nullable=False),
        sa.CheckConstraint("result IN ('done', 'refused')", name="ck_rights_answer_result"),
    )
    op.create_index("ix_view_log_at", "view_log", ["at"])
    for table in ("consent", "reveal", "rights_request", "rights_answer"):
        forbid_changes(table)
