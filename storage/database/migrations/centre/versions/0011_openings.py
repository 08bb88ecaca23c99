"""Opening applications: what is declared, signed and reviewed, and what it is checked against."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database.types import Id, Json, UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

APPEND_ONLY = ("commitment", "opening_signature", "opening_review")


def upgrade() -> None:
    op.add_column("training_class", sa.Column("opening_day", sa.Date))
    op.create_table(
        "opening_application",
        sa.Column("class_id", Id, sa.ForeignKey("training_class.id"), primary_key=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("occupation_code", sa.String(16), nullable=False),
        sa.Column("occupation_name", sa.String(64), nullable=False),
        sa.Column("level", sa.String(16), nullable=False),
        sa.Column("teaching_language", sa.String(16), nullable=True),
        sa.Column("theory_hours", sa.Integer(), nullable=False),
        sa.Column("practice_hours", sa.Integer(), nullable=False),
        sa.Column("resources", Json, nullable=False),
        sa.Column("assessment", Json, nullable=False),
        sa.Column("extra", Json, nullable=False),
        sa.CheckConstraint(
            "kind IN ('ORDER', 'PROJECT', 'ENTERPRISE_STAFF', 'APPRENTICE', 'STARTUP')",
            name="ck_opening_application_kind",
        ),
        sa.CheckConstraint("theory_hours >= 0 AND practice_hours >= 0", name="ck_opening_application_hours"),
    )
    op.create_table(
        "teacher",
        sa.Column("id", Id, primary_key=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("certificate", sa.String(128), nullable=True),
        sa.Column("id_number_cipher", sa.LargeBinary(), nullable=False),
        sa.Column("id_number_hmac", sa.String(64), nullable=False),
        sa.UniqueConstraint("id_number_hmac", name="uq_teacher_id_number_hmac"),
    )
    op.create_table(
        "plan_detail",
        sa.Column("session_id", Id, sa.ForeignKey("session.id"), primary_key=True),
        sa.Column("content", sa.String(512), nullable=False),
        sa.Column("textbook", sa.String(256), nullable=False),
        sa.Column("teacher_id", Id, sa.ForeignKey("teacher.id"), nullable=False),
        sa.Column("tags", Json, nullable=False),
    )
    op.create_index("ix_plan_detail_teacher_id", "plan_detail", ["teacher_id"])
    op.create_table(
        "commitment",
        sa.Column("id", Id, primary_key=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("class_id", Id, sa.ForeignKey("training_class.id"), nullable=False),
        sa.Column("roster_entry_id", Id, nullable=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("text_version", sa.String(32), nullable=False),
        sa.Column("text_sha256", sa.String(64), nullable=False),
        sa.Column("entered_by", Id, sa.ForeignKey("account.id"), nullable=False),
        sa.Column("paper", sa.Boolean(), nullable=False),
        sa.Column("photo_sha256", sa.String(64), nullable=True),
        sa.CheckConstraint("(kind = 'institution_notice') = (roster_entry_id IS NULL)", name="ck_commitment_whose"),
        sa.CheckConstraint("NOT paper OR photo_sha256 IS NOT NULL", name="ck_commitment_paper_has_photo"),
        sa.CheckConstraint(
            "kind IN ('institution_notice', 'trainee_statement', 'hire_intent')", name="ck_commitment_kind"
        ),
    )
    op.create_index("ix_commitment_class_id", "commitment", ["class_id"])
    op.create_table(
        "opening_signature",
        sa.Column("id", Id, primary_key=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("class_id", Id, sa.ForeignKey("training_class.id"), nullable=False),
        sa.Column("account_id", Id, sa.ForeignKey("account.id"), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
    )
    op.create_index("ix_opening_signature_class_id", "opening_signature", ["class_id"])
    op.create_table(
        "opening_review",
        sa.Column("id", Id, primary_key=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("class_id", Id, sa.ForeignKey("training_class.id"), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("element", sa.String(32), nullable=False),
        sa.Column("result", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("reviewer", Id, sa.ForeignKey("account.id"), nullable=True),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.CheckConstraint("(kind = 'completeness') = (reviewer IS NULL)", name="ck_opening_review_person"),
        sa.CheckConstraint("kind IN ('completeness', 'truth', 'return')", name="ck_opening_review_kind"),
        sa.CheckConstraint("result IN ('true', 'false', 'not_checked')", name="ck_opening_review_result"),
    )
    op.create_index("ix_opening_review_class_id", "opening_review", ["class_id"])
    op.create_table(
        "licence",
        sa.Column("id", Id, primary_key=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("institution_id", Id, sa.ForeignKey("institution.id"), nullable=False),
        sa.Column("licence_no", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("scope", Json, nullable=False),
        sa.CheckConstraint("kind IN ('school', 'private', 'enterprise_centre', 'other')", name="ck_licence_kind"),
    )
    op.create_index("ix_licence_institution_id", "licence", ["institution_id"])
    op.create_table(
        "catalogue_entry",
        sa.Column("id", Id, primary_key=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("version", sa.String(32), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("level", sa.String(16), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint("kind IN ('occupation', 'evaluation_body')", name="ck_catalogue_entry_kind"),
    )
    op.create_index("ix_catalogue_entry_kind", "catalogue_entry", ["kind"])
    op.create_table(
        "site_verification",
        sa.Column("id", Id, primary_key=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("room_id", Id, sa.ForeignKey("room.id"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("inspectors", Json, nullable=False),
        sa.Column("photos", Json, nullable=False),
        sa.CheckConstraint("capacity >= 0", name="ck_site_verification_capacity"),
    )
    op.create_index("ix_site_verification_room_id", "site_verification", ["room_id"])
    op.create_table(
        "institution_aggregate",
        sa.Column("id", Id, primary_key=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("institution_id", Id, sa.ForeignKey("institution.id"), nullable=False),
        sa.Column("entered_by", Id, sa.ForeignKey("account.id"), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("heads", sa.Integer(), nullable=False),
        sa.CheckConstraint("heads >= 0", name="ck_institution_aggregate_heads"),
    )
    op.create_index("ix_institution_aggregate_institution_id", "institution_aggregate", ["institution_id"])
    for table in APPEND_ONLY:
        for change in ("UPDATE", "DELETE"):
            if op.get_bind().dialect.name == "postgresql":
                body = "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            else:
                body = f"BEGIN SELECT RAISE(ABORT, 'append-only table {table}'); END"
            op.execute(f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} {body}")
