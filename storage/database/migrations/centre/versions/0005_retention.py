"""Legal holds, the retention clock, and what becomes of a clip after its term; a term never falls, a clip row stays."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database.types import Id, UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

CHECKS = {
    "state": "state IN ('expected', 'uploading', 'verified', 'deleting', 'deleted')",
    "verified_is_stored": "state NOT IN ('verified', 'deleting') OR object_key IS NOT NULL",
    "deleted_when": "(state = 'deleted') = (deleted_at IS NOT NULL)",
}


def upgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    _clips()
    op.create_table(
        "legal_hold",
        sa.Column("id", Id, nullable=False),
        sa.Column("class_id", Id, nullable=False),
        sa.Column("lesson_hour_id", Id, nullable=True),
        sa.Column("clip_id", Id, nullable=True),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column("placed_by", Id, nullable=False),
        sa.Column("placed_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=True),
        sa.Column("lifted_by", Id, nullable=True),
        sa.Column("lifted_at", UtcDateTime, nullable=True),
        sa.Column("lift_text", sa.String(length=500), nullable=True),
        sa.CheckConstraint("clip_id IS NULL OR lesson_hour_id IS NOT NULL", name="ck_legal_hold_clip_of_lesson"),
        sa.CheckConstraint("(lifted_by IS NULL) = (lifted_at IS NULL)", name="ck_legal_hold_lifted_by_somebody"),
        sa.CheckConstraint("lifted_by IS NULL OR lifted_by <> placed_by", name="ck_legal_hold_lifted_by_another"),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name="fk_legal_hold_class_id_training_class"),
        sa.ForeignKeyConstraint(
            ["lesson_hour_id"], ["lesson_hour.id"], name="fk_legal_hold_lesson_hour_id_lesson_hour"
        ),
        sa.ForeignKeyConstraint(["clip_id"], ["evidence_clip.id"], name="fk_legal_hold_clip_id_evidence_clip"),
        sa.ForeignKeyConstraint(["placed_by"], ["account.id"], name="fk_legal_hold_placed_by_account"),
        sa.ForeignKeyConstraint(["lifted_by"], ["account.id"], name="fk_legal_hold_lifted_by_account"),
        sa.PrimaryKeyConstraint("id", name="pk_legal_hold"),
    )
    op.create_index("ix_legal_hold_class_id", "legal_hold", ["class_id"])
    op.create_table(
        "retention_clock",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("day", UtcDateTime, nullable=False),
        sa.CheckConstraint("id = 1", name="ck_retention_clock_one_row"),
        sa.PrimaryKeyConstraint("id", name="pk_retention_clock"),
    )
    _keep_what_was_promised(postgresql)


def _clips() -> None:
    with op.batch_alter_table("evidence_clip") as batch:  # SQLite alters no CHECK: there the table is made anew
        batch.add_column(sa.Column("checked_at", UtcDateTime, nullable=True))
        batch.add_column(sa.Column("repairs", sa.Integer(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("deleted_at", UtcDateTime, nullable=True))
        for name in ("state", "verified_is_stored"):
            batch.drop_constraint(f"ck_evidence_clip_{name}", type_="check")
        for name, check in CHECKS.items():
            batch.create_check_constraint(f"ck_evidence_clip_{name}", check)


def _keep_what_was_promised(postgresql: bool) -> None:
    """The database itself refuses to shorten a term, or to forget that there was a clip or a hold."""
    falls = "NEW.retain_until < OLD.retain_until"
    if postgresql:
        op.execute(
            "CREATE FUNCTION refuse_shorter_term() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'a term never falls'; END $$"
        )
        op.execute(
            f"CREATE TRIGGER evidence_clip_term BEFORE UPDATE ON evidence_clip FOR EACH ROW WHEN ({falls})"
            " EXECUTE FUNCTION refuse_shorter_term()"
        )
    else:
        op.execute(
            f"CREATE TRIGGER evidence_clip_term BEFORE UPDATE ON evidence_clip WHEN {falls}"
            " BEGIN SELECT RAISE(ABORT, 'a term never falls'); END"
        )
    for table in ("evidence_clip", "legal_hold"):
        body = (
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            if postgresql
            else f"BEGIN SELECT RAISE(ABORT, 'append-only table {table}'); END"
        )
        op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {body}")
