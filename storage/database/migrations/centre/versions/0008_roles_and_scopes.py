"""Every role of the county, and scopes by area and sector."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database.types import Id

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_ROLES = (
    "role IN ('teacher', 'responsible', 'inspector', 'approver', 'handler', 'finance', 'sector', 'third_party',"
    " 'oversight', 'system_admin', 'security_admin', 'audit_admin')"
)
_OF_ONE = "role NOT IN ('teacher', 'responsible') OR institution_id IS NOT NULL"
_COUNTY = (
    "role NOT IN ('approver', 'handler', 'finance', 'oversight', 'system_admin', 'security_admin',"
    " 'audit_admin') OR institution_id IS NULL"
)


def upgrade() -> None:
    with op.batch_alter_table("institution") as batch:
        batch.add_column(sa.Column("area", sa.String(6), nullable=False, server_default="140521"))
        batch.add_column(sa.Column("sector", sa.String(32)))
        batch.add_column(sa.Column("secret_related", sa.Boolean, nullable=False, server_default=sa.false()))
    with op.batch_alter_table("institution") as batch:
        batch.alter_column("area", existing_type=sa.String(6), server_default=None)
        batch.create_index("ix_institution_area", ["area"])
        batch.create_index("ix_institution_sector", ["sector"])
    with op.batch_alter_table("account") as batch:
        batch.drop_constraint("ck_account_role", type_="check")
        batch.drop_constraint("ck_account_teacher_has_institution", type_="check")
        batch.drop_constraint("ck_account_county_role_is_unscoped", type_="check")
        for name, length in (("area", 6), ("sector", 32), ("unit", 128)):
            batch.add_column(sa.Column(name, sa.String(length)))
    op.execute("UPDATE account SET role = 'system_admin' WHERE role = 'admin'")
    with op.batch_alter_table("account") as batch:
        batch.create_check_constraint("ck_account_role", _ROLES)
        batch.create_check_constraint("ck_account_teacher_has_institution", _OF_ONE)
        batch.create_check_constraint("ck_account_county_role_is_unscoped", _COUNTY)
        batch.create_check_constraint("ck_account_sector_has_one", "role <> 'sector' OR sector IS NOT NULL")
        batch.create_check_constraint("ck_account_third_party_ends", "role <> 'third_party' OR expires_at IS NOT NULL")
    op.create_table(
        "account_institution",
        sa.Column("account_id", Id, sa.ForeignKey("account.id"), primary_key=True),
        sa.Column("institution_id", Id, sa.ForeignKey("institution.id"), primary_key=True),
    )
