"""How a check-in is proven: place, the classroom's code, roll call, the teacher's own check-in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database.types import Big, Id, Json, UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

APPEND_ONLY = (
    "check_in_flag",
    "teacher_check_in",
    "teacher_roll_call",
    "teacher_roll_call_check_in",
    "teacher_roll_call_confirmation",
)


def upgrade() -> None:
    for name, kind in (
        ("distance_m", sa.Integer),
        ("inside", sa.Boolean),
        ("made_at", UtcDateTime),
        ("code_step", Big),
    ):
        op.add_column("check_in", sa.Column(name, kind))  # the table is not made anew: its triggers stay
    op.create_index("ix_check_in_code_use", "check_in", ["session_id", "roster_entry_id", "code_step"], unique=True)
    op.create_table(
        "check_in_flag",
        sa.Column("id", Id, primary_key=True),
        sa.Column("check_in_id", Id, sa.ForeignKey("check_in.id"), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.UniqueConstraint("check_in_id", "reason", name="uq_check_in_flag_check_in_id"),
    )
    op.create_table(
        "check_in_place",
        sa.Column("check_in_id", Id, sa.ForeignKey("check_in.id"), primary_key=True),
        sa.Column("place_hash", sa.String(64), nullable=False),
        sa.Column("delete_after", UtcDateTime, nullable=False),
    )
    op.create_index("ix_check_in_place_delete_after", "check_in_place", ["delete_after"])
    op.create_table(
        "geofence",
        sa.Column("site_id", Id, sa.ForeignKey("site.id"), primary_key=True),
        sa.Column("lat_e6", sa.Integer, nullable=False),
        sa.Column("lon_e6", sa.Integer, nullable=False),
        sa.Column("datum", sa.String(16), nullable=False),
        sa.Column("radius_m", sa.Integer),
        sa.Column("set_at", UtcDateTime, nullable=False),
        sa.Column("set_by", Id, sa.ForeignKey("account.id"), nullable=False),
        sa.CheckConstraint("datum IN ('WGS-84', 'GCJ-02', 'CGCS2000')", name="ck_geofence_datum"),
        sa.CheckConstraint("radius_m > 0", name="ck_geofence_radius"),
    )
    op.create_table(
        "site_methods",
        sa.Column("site_id", Id, sa.ForeignKey("site.id"), primary_key=True),
        sa.Column("methods", Json, nullable=False),
        sa.Column("set_at", UtcDateTime, nullable=False),
        sa.Column("set_by", Id, sa.ForeignKey("account.id"), nullable=False),
    )
    op.create_table(
        "teacher_check_in",
        sa.Column("id", Id, primary_key=True),
        sa.Column("session_id", Id, sa.ForeignKey("session.id"), nullable=False),
        sa.Column("account_id", Id, sa.ForeignKey("account.id"), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.UniqueConstraint("session_id", "account_id", name="uq_teacher_check_in_session_id"),
    )
    op.create_table(
        "teacher_roll_call",
        sa.Column("id", Id, primary_key=True),
        sa.Column("session_id", Id, sa.ForeignKey("session.id"), nullable=False),
        sa.Column("direction", sa.String(8), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("called_by", Id, sa.ForeignKey("account.id"), nullable=False),
        sa.CheckConstraint("direction IN ('in', 'out')", name="ck_teacher_roll_call_direction"),
    )
    op.create_index("ix_teacher_roll_call_session_id", "teacher_roll_call", ["session_id"])
    op.create_table(
        "teacher_roll_call_check_in",
        sa.Column("check_in_id", Id, sa.ForeignKey("check_in.id"), primary_key=True),
        sa.Column("roll_call_id", Id, sa.ForeignKey("teacher_roll_call.id"), nullable=False),
    )
    op.create_index("ix_teacher_roll_call_check_in_roll_call_id", "teacher_roll_call_check_in", ["roll_call_id"])
    op.create_table(
        "teacher_roll_call_confirmation",
        sa.Column("roll_call_id", Id, sa.ForeignKey("teacher_roll_call.id"), primary_key=True),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("account_id", Id, sa.ForeignKey("account.id")),
        sa.Column("roster_entry_id", Id, sa.ForeignKey("roster_entry.id")),
        sa.CheckConstraint(
            "(account_id IS NULL) <> (roster_entry_id IS NULL)", name="ck_teacher_roll_call_confirmation_by_one"
        ),
    )
    for table in APPEND_ONLY:
        for change in ("UPDATE", "DELETE"):
            if op.get_bind().dialect.name == "postgresql":
                body = "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            else:
                body = f"BEGIN SELECT RAISE(ABORT, 'append-only table {table}'); END"
            op.execute(f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} {body}")
