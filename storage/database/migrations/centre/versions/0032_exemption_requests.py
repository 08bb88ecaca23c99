"""Files that go with what is said of a class; an institution asks for an exemption and is answered; looking at such a
file is a line of the class's register."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database.migrations.append_only import forbid_changes
from storage.database.types import Big, Id, UtcDateTime

revision = "0032"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "class_file",
        sa.Column("id", Id, primary_key=True),
        sa.Column("class_id", Id, sa.ForeignKey("training_class.id"), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("account_id", Id, sa.ForeignKey("account.id"), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("bytes", Big, nullable=False),
        sa.UniqueConstraint("class_id", "sha256", "account_id", name="uq_class_file_class_id"),
        sa.CheckConstraint("kind IN ('pdf', 'jpeg', 'png')", name="ck_class_file_kind"),
        sa.CheckConstraint("bytes > 0", name="ck_class_file_bytes"),
    )
    op.create_table(
        "exemption_request",
        sa.Column("id", Id, primary_key=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("class_id", Id, sa.ForeignKey("training_class.id"), nullable=False, index=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("basis", sa.Text, nullable=False),
        sa.Column("valid_until", sa.Date, nullable=False),
        sa.Column("file_sha256", sa.String(64), nullable=False),
        sa.Column("account_id", Id, sa.ForeignKey("account.id"), nullable=False),
        sa.CheckConstraint("kind IN ('enterprise_staff', 'secret_unit')", name="ck_exemption_request_kind"),
    )
    op.create_table(
        "exemption_answer",
        sa.Column("request_id", Id, sa.ForeignKey("exemption_request.id"), primary_key=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("account_id", Id, sa.ForeignKey("account.id"), nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("exemption_id", Id, sa.ForeignKey("exemption.id")),
        sa.UniqueConstraint("exemption_id", name="uq_exemption_answer_exemption_id"),
        sa.CheckConstraint("exemption_id IS NOT NULL OR words <> ''", name="ck_exemption_answer_refusal_says_why"),
    )
    with op.batch_alter_table("sheet_view") as batch:  # SQLite alters no CHECK: there the table is made anew
        batch.drop_constraint("ck_sheet_view_what", type_="check")
        batch.create_check_constraint("ck_sheet_view_what", "what IN ('sheet', 'trainee', 'papers', 'export')")
    made = ["class_file", "exemption_request", "exemption_answer"]
    if op.get_bind().dialect.name != "postgresql":
        made.append("sheet_view")  # its triggers went with the old table
    for table in made:
        forbid_changes(table)
