"""Stretches of raw recording that people ask the boxes for; looking at one is a line of the register of its own. Hashes
by which a box knows ID numbers again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database.migrations.append_only import forbid_changes
from storage.database.types import Big, Id, Json, UtcDateTime

revision = "0030"
down_revision = "0027"
branch_labels = None
depends_on = None

_STATES = "'asked', 'fetching', 'here', 'not_recorded', 'failed', 'expired', 'deleting', 'deleted'"


def upgrade() -> None:
    op.create_table(
        "raw_span",
        sa.Column("id", Id, primary_key=True),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("account_id", Id, sa.ForeignKey("account.id"), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("lesson_hour_id", Id, sa.ForeignKey("lesson_hour.id"), nullable=False, index=True),
        sa.Column("camera_id", Id, sa.ForeignKey("camera.id"), nullable=False),
        sa.Column("box_id", Id, sa.ForeignKey("box.id"), nullable=False),
        sa.Column("start_ms", Big, nullable=False),
        sa.Column("end_ms", Big, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("wait_until", UtcDateTime(), nullable=False),
        sa.Column("entry_idx", Big),
        sa.Column("manifest", Json),
        sa.Column("gaps", Json, nullable=False),
        sa.Column("failure", sa.String(16)),
        sa.Column("playlist", Json),
        sa.Column("arrived_at", UtcDateTime()),
        sa.Column("retain_until", UtcDateTime()),
        sa.Column("deleted_at", UtcDateTime()),
        sa.CheckConstraint("start_ms < end_ms", name="ck_raw_span_span"),
        sa.CheckConstraint(f"state IN ({_STATES})", name="ck_raw_span_state"),
        sa.CheckConstraint(
            "state NOT IN ('fetching', 'here') OR manifest IS NOT NULL", name="ck_raw_span_fetched_has_manifest"
        ),
        sa.CheckConstraint(
            "state NOT IN ('here', 'deleting', 'deleted') OR (arrived_at IS NOT NULL AND retain_until IS NOT NULL)",
            name="ck_raw_span_here_has_term",
        ),
        sa.CheckConstraint("(state = 'deleted') = (deleted_at IS NOT NULL)", name="ck_raw_span_deleted_when"),
    )
    op.create_index("ix_raw_span_box_id_state", "raw_span", ["box_id", "state"])
    op.create_index("ix_raw_span_account_id_asked_at", "raw_span", ["account_id", "asked_at"])
    op.create_table(
        "card_hash",
        sa.Column("session_id", Id, sa.ForeignKey("session.id"), primary_key=True),
        sa.Column("roster_entry_id", Id, sa.ForeignKey("roster_entry.id"), primary_key=True),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    with op.batch_alter_table("view_log") as batch:  # SQLite alters no CHECK: there the table is made anew
        batch.drop_constraint("ck_view_log_what", type_="check")
        batch.create_check_constraint(
            "ck_view_log_what", "what IN ('playback', 'recording', 'pictures', 'papers', 'export', 'patrol')"
        )
    if op.get_bind().dialect.name != "postgresql":
        forbid_changes("view_log")  # its triggers went with the old table
