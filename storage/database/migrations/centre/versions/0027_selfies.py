"""Selfies with a check-in, and the separate consent to them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database.migrations.append_only import forbid_changes
from storage.database.types import Big, Id, Json, UtcDateTime

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

PURPOSES = "purpose IN ('notice', 'face', 'selfie', 'location', 'registry')"


def upgrade() -> None:
    with op.batch_alter_table("consent") as batch:  # SQLite alters no CHECK: there the table is made anew
        batch.drop_constraint("ck_consent_purpose", type_="check")
        batch.create_check_constraint("ck_consent_purpose", PURPOSES)
    if op.get_bind().dialect.name != "postgresql":
        forbid_changes("consent")  # the triggers went with the old table
    op.create_table(
        "selfie",
        sa.Column("id", Id, primary_key=True),
        sa.Column("session_id", Id, sa.ForeignKey("session.id"), nullable=False),
        sa.Column("roster_entry_id", Id, sa.ForeignKey("roster_entry.id"), nullable=False),
        sa.Column("direction", sa.String(8), nullable=False),
        sa.Column("received_at", UtcDateTime, nullable=False),
        sa.Column("made_ms", Big, nullable=False),
        sa.Column("via", sa.String(8), nullable=False),
        sa.Column("taken", sa.Integer, nullable=False),
        sa.Column("box_id", Id, sa.ForeignKey("box.id"), nullable=False),
        sa.Column("key_id", sa.String(64), nullable=False),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("result", sa.String(16)),
        sa.Column("similarity", sa.Double),
        sa.Column("engine", Json),
        sa.Column("compared_at", UtcDateTime),
        sa.Column("delete_after", UtcDateTime, nullable=False),
        sa.CheckConstraint("direction IN ('in', 'out')", name="ck_selfie_direction"),
        sa.CheckConstraint("via IN ('file')", name="ck_selfie_via"),
        sa.CheckConstraint("taken >= 1", name="ck_selfie_taken"),
        sa.CheckConstraint("(sealed IS NULL) = (result IS NOT NULL)", name="ck_selfie_sealed_until_answered"),
        sa.CheckConstraint("(result IS NULL) = (compared_at IS NULL)", name="ck_selfie_answered_at"),
        sa.CheckConstraint(
            "result IN ('MATCH', 'NO_MATCH', 'NO_FACE', 'SEVERAL_FACES', 'NO_REFERENCE', 'CANNOT_OPEN')",
            name="ck_selfie_result",
        ),
    )
    op.create_index("uq_selfie_of", "selfie", ["session_id", "roster_entry_id", "direction"], unique=True)
    op.create_index("ix_selfie_roster_entry_id", "selfie", ["roster_entry_id"])
    op.create_index("ix_selfie_box_id", "selfie", ["box_id"])
    op.create_index("ix_selfie_delete_after", "selfie", ["delete_after"])
