"""Accounts that are asked for and granted, their second factor, and results of exams. Every account there is was
granted when it was made."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database.types import Big, Id, UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_TIMES = ("granted_at", "refused_at", "disabled_at", "reviewed_at", "last_sign_in_at")


def upgrade() -> None:
    with op.batch_alter_table("account") as batch:
        for name in _TIMES:
            batch.add_column(sa.Column(name, UtcDateTime))
        batch.add_column(sa.Column("person_hmac", sa.String(64)))
        batch.create_check_constraint("ck_account_granted_or_refused", "granted_at IS NULL OR refused_at IS NULL")
    op.execute("UPDATE account SET granted_at = created_at")
    op.create_table(
        "second_factor",
        sa.Column("account_id", Id, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("secret_cipher", sa.LargeBinary, nullable=False),
        sa.Column("confirmed_at", UtcDateTime),
        sa.Column("last_step", Big),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_second_factor_account_id_account"),
        sa.PrimaryKeyConstraint("account_id", name="pk_second_factor"),
    )
    op.create_table(
        "recovery_code",
        sa.Column("id", Id, nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("code_hmac", sa.String(64), nullable=False),
        sa.Column("used_at", UtcDateTime),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_recovery_code_account_id_account"),
        sa.PrimaryKeyConstraint("id", name="pk_recovery_code"),
    )
    op.create_index("ix_recovery_code_account_id", "recovery_code", ["account_id"])
    _exam_results()


def _exam_results() -> None:
    op.create_table(
        "exam_result",
        sa.Column("id", Id, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("class_id", Id, nullable=False),
        sa.Column("roster_entry_id", Id, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("outcome", sa.String(8), nullable=False),
        sa.Column("theory_tenths", sa.Integer),
        sa.Column("practice_tenths", sa.Integer),
        sa.Column("evaluation_body", sa.String(128)),
        sa.Column("decided_by", Id, nullable=False),
        sa.Column("reason", sa.Text),
        sa.CheckConstraint("outcome IN ('pass', 'fail', 'absent')", name="ck_exam_result_outcome"),
        sa.CheckConstraint("theory_tenths BETWEEN 0 AND 1000", name="ck_exam_result_theory"),
        sa.CheckConstraint("practice_tenths BETWEEN 0 AND 1000", name="ck_exam_result_practice"),
        sa.CheckConstraint(
            "outcome <> 'absent' OR (theory_tenths IS NULL AND practice_tenths IS NULL)",
            name="ck_exam_result_absent_has_no_score",
        ),
        sa.CheckConstraint("version = 1 OR reason IS NOT NULL", name="ck_exam_result_correction_has_a_reason"),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name="fk_exam_result_class_id_training_class"),
        sa.ForeignKeyConstraint(
            ["roster_entry_id"], ["roster_entry.id"], name="fk_exam_result_roster_entry_id_roster_entry"
        ),
        sa.ForeignKeyConstraint(["decided_by"], ["account.id"], name="fk_exam_result_decided_by_account"),
        sa.PrimaryKeyConstraint("id", name="pk_exam_result"),
        sa.UniqueConstraint("roster_entry_id", "version", name="uq_exam_result_roster_entry_id"),
    )
    op.create_index("ix_exam_result_class_id", "exam_result", ["class_id"])
    for change in ("UPDATE", "DELETE"):
        if op.get_bind().dialect.name == "postgresql":
            body = "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        else:
            body = "BEGIN SELECT RAISE(ABORT, 'append-only table exam_result'); END"
        op.execute(f"CREATE TRIGGER exam_result_no_{change.lower()} BEFORE {change} ON exam_result {body}")
