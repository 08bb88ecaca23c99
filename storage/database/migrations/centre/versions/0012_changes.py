"""Changes to an approved plan, leave, make-up check-ins and drop-outs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database.types import Id, Json, UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

APPEND_ONLY = ("plan_version", "plan_flag")


def upgrade() -> None:
    with op.batch_alter_table("session") as batch:
        batch.add_column(sa.Column("voided_at", UtcDateTime))
        batch.add_column(sa.Column("voided_by_change", Id))
        batch.add_column(sa.Column("replaces", Id))
        batch.create_foreign_key("fk_session_replaces_session", "session", ["replaces"], ["id"])
        batch.create_check_constraint("ck_session_void_by_change", "(voided_at IS NULL) = (voided_by_change IS NULL)")
    with op.batch_alter_table("lesson_hour") as batch:
        batch.add_column(sa.Column("makes_up_for", Id))
        batch.create_foreign_key("fk_lesson_hour_makes_up_for_lesson_hour", "lesson_hour", ["makes_up_for"], ["id"])
        batch.create_index("ix_lesson_hour_makes_up_for", ["makes_up_for"])
    with op.batch_alter_table("roster_entry") as batch:
        batch.add_column(sa.Column("left_at", UtcDateTime))
    _plan_changes()
    _leave()
    _append_only()


def _plan_changes() -> None:
    op.create_table(
        "plan_change",
        sa.Column("id", Id, nullable=False),
        sa.Column("class_id", Id, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("emergency", sa.Boolean, nullable=False),
        sa.Column("session_id", Id, nullable=False),
        sa.Column("new_session_id", Id),
        sa.Column("before", Json, nullable=False),
        sa.Column("after", Json, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("asked_at", UtcDateTime, nullable=False),
        sa.Column("asked_by", Id, nullable=False),
        sa.Column("decide_by", UtcDateTime, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        *_decision(),
        sa.CheckConstraint(
            "kind IN ('substitute', 'move', 'room', 'cancel', 'makeup_lesson')", name="ck_plan_change_kind"
        ),
        sa.CheckConstraint(
            "state IN ('asked', 'notified', 'approved', 'refused', 'lapsed')", name="ck_plan_change_state"
        ),
        sa.CheckConstraint(
            "(state IN ('asked', 'notified')) = (decided_at IS NULL)", name="ck_plan_change_decided_when"
        ),
        sa.CheckConstraint(
            "state NOT IN ('approved', 'refused') OR decided_by IS NOT NULL", name="ck_plan_change_decided_by_whom"
        ),
        *_keys("plan_change", class_id="training_class", session_id="session", new_session_id="session"),
    )
    op.create_index("ix_plan_change_class_id", "plan_change", ["class_id"])
    op.create_index("ix_plan_change_session_id", "plan_change", ["session_id"])
    op.create_index("ix_plan_change_state_decide_by", "plan_change", ["state", "decide_by"])
    op.create_table(
        "plan_version",
        sa.Column("class_id", Id, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("change_id", Id, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.CheckConstraint("version >= 2", name="ck_plan_version_version"),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name="fk_plan_version_class_id_training_class"),
        sa.ForeignKeyConstraint(["change_id"], ["plan_change.id"], name="fk_plan_version_change_id_plan_change"),
        sa.PrimaryKeyConstraint("class_id", "version", name="pk_plan_version"),
        sa.UniqueConstraint("change_id", name="uq_plan_version_change_id"),
    )
    op.create_table(
        "plan_flag",
        sa.Column("id", Id, nullable=False),
        sa.Column("lesson_hour_id", Id, nullable=False),
        sa.Column("change_id", Id, nullable=False),
        sa.Column("code", sa.String(32), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.CheckConstraint("code IN ('OUTSIDE_PLAN', 'WRONG_ROOM', 'NO_TEACHER')", name="ck_plan_flag_code"),
        sa.ForeignKeyConstraint(["lesson_hour_id"], ["lesson_hour.id"], name="fk_plan_flag_lesson_hour_id_lesson_hour"),
        sa.ForeignKeyConstraint(["change_id"], ["plan_change.id"], name="fk_plan_flag_change_id_plan_change"),
        sa.PrimaryKeyConstraint("id", name="pk_plan_flag"),
        sa.UniqueConstraint("lesson_hour_id", "change_id", name="uq_plan_flag_lesson_hour_id"),
    )


def _leave() -> None:
    op.create_table(
        "leave_request",
        sa.Column("id", Id, nullable=False),
        sa.Column("class_id", Id, nullable=False),
        sa.Column("roster_entry_id", Id, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("start", UtcDateTime, nullable=False),
        sa.Column("until", UtcDateTime, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("paper_sha256", sa.String(64)),
        sa.Column("asked_at", UtcDateTime, nullable=False),
        sa.Column("asked_by", Id),
        sa.Column("decider", sa.String(8), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        *_decision(),
        sa.Column("withdrawn_at", UtcDateTime),
        sa.CheckConstraint("kind IN ('personal', 'sick')", name="ck_leave_request_kind"),
        sa.CheckConstraint("decider IN ('teacher', 'county')", name="ck_leave_request_decider"),
        sa.CheckConstraint("state IN ('asked', 'approved', 'refused', 'withdrawn')", name="ck_leave_request_state"),
        sa.CheckConstraint(
            "state NOT IN ('approved', 'refused') OR decided_at IS NOT NULL", name="ck_leave_request_decided_when"
        ),
        sa.CheckConstraint(
            "(state = 'withdrawn') = (withdrawn_at IS NOT NULL)", name="ck_leave_request_withdrawn_when"
        ),
        sa.CheckConstraint("until > start", name="ck_leave_request_ends_after_start"),
        *_keys("leave_request", class_id="training_class", roster_entry_id="roster_entry"),
    )
    op.create_index("ix_leave_request_class_id", "leave_request", ["class_id"])
    op.create_index("ix_leave_request_roster_entry_id", "leave_request", ["roster_entry_id"])
    op.create_table(
        "makeup_request",
        sa.Column("id", Id, nullable=False),
        sa.Column("class_id", Id, nullable=False),
        sa.Column("session_id", Id, nullable=False),
        sa.Column("roster_entry_id", Id, nullable=False),
        sa.Column("direction", sa.String(8), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("asked_at", UtcDateTime, nullable=False),
        sa.Column("asked_by", Id, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        *_decision(),
        sa.Column("check_in_id", Id),
        sa.CheckConstraint("direction IN ('in', 'out')", name="ck_makeup_request_direction"),
        sa.CheckConstraint("state IN ('asked', 'approved', 'refused')", name="ck_makeup_request_state"),
        sa.CheckConstraint("(state = 'asked') = (decided_at IS NULL)", name="ck_makeup_request_decided_when"),
        sa.CheckConstraint(
            "(state = 'approved') = (check_in_id IS NOT NULL)", name="ck_makeup_request_approved_is_checked_in"
        ),
        *_keys(
            "makeup_request", class_id="training_class", session_id="session", roster_entry_id="roster_entry",
            check_in_id="check_in",
        ),
    )  # fmt: skip
    op.create_index("ix_makeup_request_class_id", "makeup_request", ["class_id"])
    op.create_index("ix_makeup_request_roster_entry_id", "makeup_request", ["roster_entry_id"])
    op.create_table(
        "drop_out",
        sa.Column("id", Id, nullable=False),
        sa.Column("class_id", Id, nullable=False),
        sa.Column("roster_entry_id", Id, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("asked_at", UtcDateTime, nullable=False),
        sa.Column("asked_by", Id, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        *_decision(),
        sa.CheckConstraint("state IN ('asked', 'approved', 'refused')", name="ck_drop_out_state"),
        sa.CheckConstraint("(state = 'asked') = (decided_at IS NULL)", name="ck_drop_out_decided_when"),
        *_keys("drop_out", class_id="training_class", roster_entry_id="roster_entry"),
    )
    op.create_index("ix_drop_out_class_id", "drop_out", ["class_id"])
    op.create_index("ix_drop_out_roster_entry", "drop_out", ["roster_entry_id"])


def _decision() -> list[sa.Column[object]]:
    return [
        sa.Column("decided_at", UtcDateTime),
        sa.Column("decided_by", Id),
        sa.Column("decision_reason", sa.Text),
    ]


def _keys(table: str, **refers: str) -> list[sa.Constraint]:
    """Its id, and foreign keys: those named, and the two accounts every request has."""
    refers |= {"asked_by": "account", "decided_by": "account"}
    return [
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        *(
            sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}_{other}")
            for column, other in refers.items()
        ),
    ]


def _append_only() -> None:
    for table in APPEND_ONLY:
        for change in ("UPDATE", "DELETE"):
            name = f"{table}_no_{change.lower()}"
            if op.get_bind().dialect.name == "postgresql":
                body = "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            else:
                body = f"BEGIN SELECT RAISE(ABORT, 'append-only table {table}'); END"
            op.execute(f"CREATE TRIGGER {name} BEFORE {change} ON {table} {body}")
