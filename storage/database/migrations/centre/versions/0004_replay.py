"""What the boxes found when they looked for replays."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database.types import Big, Id, Json, UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "replay_check",
        sa.Column("id", Id, nullable=False),
        sa.Column("lesson_hour_id", Id, nullable=False),
        sa.Column("box_id", Id, nullable=False),
        sa.Column("idx", Big, nullable=False),
        sa.Column("body", Json, nullable=False),
        sa.Column("received_at", UtcDateTime, nullable=False),
        sa.ForeignKeyConstraint(["box_id"], ["box.id"], name="fk_replay_check_box_id_box"),
        sa.ForeignKeyConstraint(
            ["lesson_hour_id"], ["lesson_hour.id"], name="fk_replay_check_lesson_hour_id_lesson_hour"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_replay_check"),
        sa.UniqueConstraint("box_id", "idx", name="uq_replay_check_box_id"),
    )
    op.create_index("ix_replay_check_lesson_hour_id", "replay_check", ["lesson_hour_id"])
    for change in ("UPDATE", "DELETE"):
        name = f"replay_check_no_{change.lower()}"
        if op.get_bind().dialect.name == "postgresql":
            body = "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        else:
            body = "BEGIN SELECT RAISE(ABORT, 'append-only table replay_check'); END"
        op.execute(f"CREATE TRIGGER {name} BEFORE {change} ON replay_check {body}")
