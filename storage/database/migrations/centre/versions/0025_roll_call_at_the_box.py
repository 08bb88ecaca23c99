"""The teacher's roll call at the box: called by nobody's account, but at a box's screen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database.migrations.append_only import forbid_changes
from storage.database.types import Id

revision = "0025"
down_revision = "0023"
branch_labels = None
depends_on = None

TABLE = "teacher_roll_call"


def upgrade() -> None:
    with op.batch_alter_table(TABLE) as batch:  # SQLite makes the table anew
        batch.alter_column("called_by", existing_type=Id, nullable=True)
        batch.add_column(sa.Column("box_id", Id, sa.ForeignKey("box.id", name="fk_teacher_roll_call_box_id_box")))
        batch.create_check_constraint("ck_teacher_roll_call_by_one", "(called_by IS NULL) <> (box_id IS NULL)")
    if op.get_bind().dialect.name != "postgresql":
        forbid_changes(TABLE)  # its triggers went with the old table
