"""Rosters in versions, what their rows say, comparison lists, runs, checks and lifted blocks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database.types import Big, Id, Json, UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

APPEND_ONLY = ("roster_import", "comparison_run", "roster_check", "roster_lift")


def _id(name: str, target: str | None = None, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, Id, *([sa.ForeignKey(target)] if target else []), nullable=nullable)


def upgrade() -> None:
    with op.batch_alter_table("roster_entry") as batch:
        batch.add_column(sa.Column("version", sa.Integer, nullable=False, server_default="1"))
        batch.drop_constraint("uq_roster_entry_class_id", type_="unique")
        batch.create_unique_constraint("uq_roster_entry_class_id", ["class_id", "version", "trainee_id"])
    op.create_table(
        "roster_import",
        sa.Column("id", Id, primary_key=True),
        _id("class_id", "training_class.id"),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        _id("imported_by", "account.id"),
        sa.Column("file_sha256", sa.String(64), nullable=False),
        sa.Column("rows", sa.Integer, nullable=False),
        sa.UniqueConstraint("class_id", "version", name="uq_roster_import_class_id"),
    )
    hashes = ("phone_hmac", "account_hmac", "address_hmac")
    op.create_table(
        "roster_detail",
        sa.Column("entry_id", Id, sa.ForeignKey("roster_entry.id"), primary_key=True),
        sa.Column("sex", sa.String(1)),
        *(sa.Column(name, sa.String(32)) for name in ("ethnic", "education", "household", "category")),
        sa.Column("personal", sa.LargeBinary),
        *(sa.Column(name, sa.String(64)) for name in hashes),
    )
    for name in hashes:
        op.create_index(f"ix_roster_detail_{name}", "roster_detail", [name])
    op.create_table(
        "comparison_list",
        sa.Column("id", Id, primary_key=True),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("category", sa.String(32)),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("as_of", sa.Date, nullable=False),
        sa.Column("purpose", sa.String(128), nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.Column("rows", sa.Integer, nullable=False),
        sa.Column("file_sha256", sa.String(64), nullable=False),
        _id("imported_by", "account.id"),
        sa.Column("withdrawn_at", UtcDateTime),
        sa.Column("emptied_at", UtcDateTime),
        sa.CheckConstraint(
            "kind IN ('deceased', 'custody', 'pension', 'public_payroll', 'insured', 'category', 'subsidised',"
            " 'students', 'exit', 'staff')",
            name="ck_comparison_list_kind",
        ),
        sa.CheckConstraint("(kind = 'category') = (category IS NOT NULL)", name="ck_comparison_list_category_named"),
    )
    op.create_table(
        "comparison_row",
        sa.Column("id", Big, primary_key=True),
        _id("list_id", "comparison_list.id"),
        sa.Column("id_number_hmac", sa.String(64), nullable=False),
        sa.Column("first", sa.Date),
        sa.Column("last", sa.Date),
    )
    op.create_index("ix_comparison_row_list_id", "comparison_row", ["list_id"])
    op.create_index("ix_comparison_row_id_number_hmac", "comparison_row", ["id_number_hmac"])
    op.create_table(
        "comparison_run",
        sa.Column("id", Id, primary_key=True),
        _id("class_id", "training_class.id"),
        sa.Column("n", sa.Integer, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("moment", sa.String(16), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("lists", Json, nullable=False),
        _id("same_as", "comparison_run.id", nullable=True),
        sa.UniqueConstraint("class_id", "n", name="uq_comparison_run_class_id"),
        sa.CheckConstraint(
            "moment IN ('import', 'submission', 'opening', 'claim', 'demand', 'nightly')",
            name="ck_comparison_run_moment",
        ),
    )
    op.create_table(
        "roster_check",
        sa.Column("id", Id, primary_key=True),
        _id("run_id", "comparison_run.id"),
        _id("entry_id", "roster_entry.id", nullable=True),
        sa.Column("n", sa.Integer, nullable=False),
        sa.Column("rule", sa.String(8), nullable=False),
        sa.Column("result", sa.String(16), nullable=False),
        sa.Column("detail", sa.String(32), nullable=False),
        sa.Column("source", sa.String(64)),
        sa.Column("source_asof", sa.Date),
        sa.Column("subject", sa.String(64)),
        sa.CheckConstraint("result IN ('OK', 'WARN', 'BLOCK', 'NOT_CHECKED')", name="ck_roster_check_result"),
        sa.CheckConstraint("(result = 'NOT_CHECKED') = (source IS NULL)", name="ck_roster_check_source_named"),
    )
    op.create_index("ix_roster_check_run_id", "roster_check", ["run_id"])
    op.create_table(
        "roster_lift",
        sa.Column("id", Id, primary_key=True),
        _id("check_id", "roster_check.id"),
        _id("class_id", "training_class.id"),
        sa.Column("at", UtcDateTime, nullable=False),
        _id("lifted_by", "account.id"),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("attachment_sha256", sa.String(64)),
        sa.UniqueConstraint("check_id", name="uq_roster_lift_check_id"),
    )
    op.create_index("ix_roster_lift_class_id", "roster_lift", ["class_id"])
    for table in APPEND_ONLY:
        for change in ("UPDATE", "DELETE"):
            if op.get_bind().dialect.name == "postgresql":
                body = "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            else:
                body = f"BEGIN SELECT RAISE(ABORT, 'append-only table {table}'); END"
            op.execute(f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} {body}")
