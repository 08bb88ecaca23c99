"""The feed to the real-name registry: outbox and reconciliation."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database.types import Id, Json, UtcDateTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outbox_subject",
        sa.Column("subject", sa.String(48), primary_key=True),
        sa.Column("last_n", sa.Integer, nullable=False),
    )
    op.create_table(
        "outbox_message",
        sa.Column("id", Id, primary_key=True),
        sa.Column("subject", sa.String(48), nullable=False),
        sa.Column("n", sa.Integer, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("idempotency_key", sa.String(96), nullable=False),
        sa.Column("institution_id", Id, sa.ForeignKey("institution.id"), nullable=False),
        sa.Column("class_id", Id, sa.ForeignKey("training_class.id"), nullable=False),
        sa.Column("body", Json, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("event_at", UtcDateTime, nullable=False),
        sa.Column("due_at", UtcDateTime),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("next_try_at", UtcDateTime, nullable=False),
        sa.Column("acknowledged_at", UtcDateTime),
        sa.Column("registry_ref", sa.String(128)),
        sa.Column("last_error", sa.Text),
        sa.Column("decided_by", Id, sa.ForeignKey("account.id")),
        sa.Column("reason", sa.Text),
        sa.UniqueConstraint("idempotency_key", name="uq_outbox_message_idempotency_key"),
        sa.UniqueConstraint("subject", "n", "revision", name="uq_outbox_message_subject"),
        sa.CheckConstraint(
            "kind IN ('check_in', 'lesson_verdict', 'class_state', 'clip_manifest', 'roster_entry', 'leave', 'papers')",
            name="ck_outbox_message_kind",
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'sent', 'acknowledged', 'refused', 'suspended', 'superseded', 'waived')",
            name="ck_outbox_message_state",
        ),
        sa.CheckConstraint(
            "(state = 'acknowledged') = (acknowledged_at IS NOT NULL)", name="ck_outbox_message_acknowledged_when"
        ),
        sa.CheckConstraint(
            "state NOT IN ('superseded', 'waived') OR reason IS NOT NULL", name="ck_outbox_message_decided_why"
        ),
    )
    for columns in (["state", "next_try_at"], ["subject", "state", "n"], ["event_at"], ["institution_id", "state"]):
        op.create_index("ix_outbox_message_" + "_".join(columns), "outbox_message", columns)
    op.create_table(
        "reconcile_report",
        sa.Column("id", Id, primary_key=True),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("made_at", UtcDateTime, nullable=False),
        sa.Column("local_count", sa.Integer, nullable=False),
        sa.Column("registry_count", sa.Integer, nullable=False),
    )
    op.create_index("ix_reconcile_report_day", "reconcile_report", ["day"])
    op.create_table(
        "reconcile_difference",
        sa.Column("id", Id, primary_key=True),
        sa.Column("report_id", Id, sa.ForeignKey("reconcile_report.id"), nullable=False),
        sa.Column("subject", sa.String(48), nullable=False),
        sa.Column("idempotency_key", sa.String(96), nullable=False),
        sa.Column("what", sa.String(16), nullable=False),
        sa.Column("fields", Json, nullable=False),
        sa.Column("explanation", sa.Text),
        sa.Column("explained_by", Id, sa.ForeignKey("account.id")),
        sa.Column("explained_at", UtcDateTime),
        sa.CheckConstraint("what IN ('missing_there', 'missing_here', 'differs')", name="ck_reconcile_difference_what"),
        sa.CheckConstraint(
            "(explanation IS NULL) = (explained_by IS NULL)", name="ck_reconcile_difference_explained_by_whom"
        ),
    )
    op.create_index("ix_reconcile_difference_report_id", "reconcile_difference", ["report_id"])
