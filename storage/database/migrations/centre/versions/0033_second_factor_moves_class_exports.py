"""The secret that takes a second factor's place once it is confirmed. Exports of a whole class."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database.migrations.append_only import forbid_changes
from storage.database.types import Id

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

TABLE = "export_request"


def upgrade() -> None:
    op.add_column("second_factor", sa.Column("next_cipher", sa.LargeBinary()))
    with op.batch_alter_table(TABLE) as batch:  # SQLite makes the table anew
        batch.alter_column("lesson_hour_id", existing_type=Id, nullable=True)
        batch.add_column(
            sa.Column(
                "class_id", Id, sa.ForeignKey("training_class.id", name="fk_export_request_class_id_training_class")
            )
        )
        batch.create_index("ix_export_request_class_id", ["class_id"])
        batch.create_check_constraint("ck_export_request_of_one", "(lesson_hour_id IS NULL) <> (class_id IS NULL)")
    if op.get_bind().dialect.name != "postgresql":
        forbid_changes(TABLE)  # its triggers went with the old table
