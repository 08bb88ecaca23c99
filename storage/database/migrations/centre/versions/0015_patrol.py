"""Patrols, roll calls and supervision certificates; the viewing register knows of patrols."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from storage.database.types import Id, Json, UtcDateTime

revision = "0015"
down_revision = "0013"
branch_labels = None
depends_on = None

APPEND_ONLY = ("patrol", "patrol_closing", "roll_call", "roll_call_answer", "supervision_certificate")


def _column(name: str, kind: Any, to: str | None = None, key: bool = False) -> sa.Column[Any]:
    keys = [sa.ForeignKey(to)] if to else []
    return sa.Column(name, kind, *keys, nullable=False, primary_key=key)


def upgrade() -> None:
    with op.batch_alter_table("view_log") as batch:  # SQLite alters no CHECK: there the table is made anew
        batch.drop_constraint("ck_view_log_what", type_="check")
        batch.create_check_constraint("ck_view_log_what", "what IN ('playback', 'pictures', 'export', 'patrol')")
    op.create_table(
        "patrol",
        _column("id", Id, key=True),
        _column("opened_at", UtcDateTime()),
        _column("local_date", sa.Date()),
        _column("lesson_hour_id", Id, "lesson_hour.id"),
        _column("class_id", Id, "training_class.id"),
        _column("account_id", Id, "account.id"),
        _column("cameras", Json),
    )
    op.create_index("ix_patrol_local_date", "patrol", ["local_date"])
    op.create_index("ix_patrol_lesson_hour_id", "patrol", ["lesson_hour_id"])
    op.create_index("ix_patrol_opened_at_id", "patrol", ["opened_at", "id"])
    op.create_index("ix_patrol_class_id_opened_at", "patrol", ["class_id", "opened_at"])
    op.create_index("ix_patrol_account_id_opened_at", "patrol", ["account_id", "opened_at"])
    op.create_table(
        "patrol_closing",
        _column("patrol_id", Id, "patrol.id", key=True),
        _column("at", UtcDateTime()),
        _column("findings", Json),
        _column("text", sa.Text()),
    )
    op.create_table(
        "roll_call",
        _column("id", Id, key=True),
        _column("at", UtcDateTime()),
        _column("patrol_id", Id, "patrol.id"),
        _column("seed", sa.String(32)),
        _column("among", sa.String(16)),
        _column("candidates", Json),
        _column("drawn", Json),
        sa.CheckConstraint("among IN ('attending', 'roster')", name="ck_roll_call_among"),
    )
    op.create_index("ix_roll_call_patrol_id", "roll_call", ["patrol_id"])
    op.create_table(
        "roll_call_answer",
        _column("roll_call_id", Id, "roll_call.id", key=True),
        _column("roster_entry_id", Id, "roster_entry.id", key=True),
        _column("at", UtcDateTime()),
        _column("answer", sa.String(16)),
        sa.CheckConstraint("answer IN ('seen', 'not_seen', 'refused')", name="ck_roll_call_answer_answer"),
    )
    op.create_table(
        "supervision_certificate",
        _column("id", Id, key=True),
        _column("at", UtcDateTime()),
        _column("class_id", Id, "training_class.id"),
        _column("account_id", Id, "account.id"),
        _column("onsite_required", sa.Boolean()),
        _column("figures", Json),
        _column("rule_version", sa.String(32)),
        _column("profile", sa.String(64)),
        _column("profile_digest", sa.String(64)),
    )
    op.create_index("ix_supervision_certificate_class_id_at", "supervision_certificate", ["class_id", "at"])
    postgresql = op.get_bind().dialect.name == "postgresql"
    for table in (*APPEND_ONLY, *(() if postgresql else ("view_log",))):  # those of view_log went with the old table
        for change in ("UPDATE", "DELETE"):
            body = (
                "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
                if postgresql
                else f"BEGIN SELECT RAISE(ABORT, 'append-only table {table}'); END"
            )
            op.execute(f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} {body}")
