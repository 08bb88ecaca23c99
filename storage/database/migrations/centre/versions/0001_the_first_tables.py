"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database.types import Big, Id, Json, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = ("audit_event", "check_in", "evidence", "lesson_verdict", "log_entry", "view_log")


def upgrade() -> None:
    op.create_table(
        "audit_event",
        sa.Column("id", Big, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=96), nullable=False),
        sa.Column("alarm", sa.Boolean(), nullable=False),
        sa.Column("details", Json, nullable=False),
        sa.CheckConstraint("action <> ''", name="ck_audit_event_action"),
        sa.PrimaryKeyConstraint("id", name="pk_audit_event"),
    )
    op.create_index("ix_audit_event_alarm_at", "audit_event", ["alarm", "at"])

    op.create_table(
        "institution",
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_institution"),
        sa.UniqueConstraint("name", name="uq_institution_name"),
    )
    op.create_table(
        "job_run",
        sa.Column("job", sa.String(length=32), nullable=False),
        sa.Column("slot", UtcDateTime, nullable=False),
        sa.Column("claimed_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("job", "slot", name="pk_job_run"),
    )
    op.create_table(
        "trainee",
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("id_number_cipher", sa.LargeBinary(), nullable=False),
        sa.Column("id_number_hmac", sa.String(length=64), nullable=False),
        sa.Column("last4_hmac", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_trainee"),
        sa.UniqueConstraint("id_number_hmac", name="uq_trainee_id_number_hmac"),
    )
    op.create_table(
        "account",
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("institution_id", Id, nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("expires_at", UtcDateTime, nullable=True),
        sa.Column("failed_sign_ins", sa.Integer(), nullable=False),
        sa.Column("locked_until", UtcDateTime, nullable=True),
        sa.CheckConstraint(
            "role <> 'teacher' OR institution_id IS NOT NULL", name="ck_account_teacher_has_institution"
        ),
        sa.CheckConstraint("role IN ('admin', 'approver', 'inspector', 'teacher')", name="ck_account_role"),
        sa.CheckConstraint(
            "role NOT IN ('admin', 'approver') OR institution_id IS NULL", name="ck_account_county_role_is_unscoped"
        ),
        sa.ForeignKeyConstraint(["institution_id"], ["institution.id"], name="fk_account_institution_id_institution"),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
        sa.UniqueConstraint("username", name="uq_account_username"),
    )
    op.create_index("ix_account_institution_id", "account", ["institution_id"])

    op.create_table(
        "site",
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("institution_id", Id, nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.ForeignKeyConstraint(["institution_id"], ["institution.id"], name="fk_site_institution_id_institution"),
        sa.PrimaryKeyConstraint("id", name="pk_site"),
    )
    op.create_index("ix_site_institution_id", "site", ["institution_id"])

    op.create_table(
        "account_session",
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_account_session_account_id_account"),
        sa.PrimaryKeyConstraint("id", name="pk_account_session"),
        sa.UniqueConstraint("token_sha256", name="uq_account_session_token_sha256"),
    )
    op.create_index("ix_account_session_account_id", "account_session", ["account_id"])
    op.create_index("ix_account_session_expires_at", "account_session", ["expires_at"])

    op.create_table(
        "box",
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("site_id", Id, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("public_key", sa.String(length=44), nullable=True),
        sa.Column("enrolled_at", UtcDateTime, nullable=True),
        sa.Column("revoked_at", UtcDateTime, nullable=True),
        sa.Column("last_seen", UtcDateTime, nullable=True),
        sa.Column("state", Json, nullable=True),
        sa.Column("log_size", Big, nullable=False),
        sa.CheckConstraint("(public_key IS NULL) = (enrolled_at IS NULL)", name="ck_box_enrolled_has_key"),
        sa.CheckConstraint("log_size >= 0", name="ck_box_log_size"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_box_site_id_site"),
        sa.PrimaryKeyConstraint("id", name="pk_box"),
        sa.UniqueConstraint("public_key", name="uq_box_public_key"),
    )
    op.create_index("ix_box_site_id", "box", ["site_id"])

    op.create_table(
        "room",
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("site_id", Id, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_room_site_id_site"),
        sa.PrimaryKeyConstraint("id", name="pk_room"),
    )
    op.create_index("ix_room_site_id", "room", ["site_id"])

    op.create_table(
        "setup_link",
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("account_id", Id, nullable=True),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.Column("used_at", UtcDateTime, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_setup_link_account_id_account"),
        sa.PrimaryKeyConstraint("id", name="pk_setup_link"),
        sa.UniqueConstraint("token_sha256", name="uq_setup_link_token_sha256"),
    )
    op.create_index("ix_setup_link_account_id", "setup_link", ["account_id"])

    op.create_table(
        "training_class",
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("institution_id", Id, nullable=False),
        sa.Column("class_no", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("profile", sa.String(length=64), nullable=False),
        sa.Column("exempt", sa.String(length=32), nullable=True),
        sa.Column("approved_at", UtcDateTime, nullable=True),
        sa.Column("approved_by", Id, nullable=True),
        sa.Column("class_end", UtcDateTime, nullable=False),
        sa.CheckConstraint(
            "exempt IS NULL OR exempt IN ('enterprise_staff', 'secret_unit')", name="ck_training_class_exempt"
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'submitted', 'returned', 'approved', 'running', 'finished', 'examined', 'closed',"
            " 'rejected', 'withdrawn', 'suspended', 'voided')",
            name="ck_training_class_status",
        ),
        sa.CheckConstraint(
            "status NOT IN ('approved', 'running', 'finished', 'examined', 'closed') OR approved_at IS NOT NULL",
            name="ck_training_class_running_was_approved",
        ),
        sa.ForeignKeyConstraint(["approved_by"], ["account.id"], name="fk_training_class_approved_by_account"),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name="fk_training_class_institution_id_institution"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_training_class"),
        sa.UniqueConstraint("class_no", name="uq_training_class_class_no"),
    )
    op.create_index("ix_training_class_institution_id", "training_class", ["institution_id"])

    op.create_table(
        "camera",
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("room_id", Id, nullable=False),
        sa.Column("box_id", Id, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("zone", sa.String(length=32), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("podium_in_zone", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["box_id"], ["box.id"], name="fk_camera_box_id_box"),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name="fk_camera_room_id_room"),
        sa.PrimaryKeyConstraint("id", name="pk_camera"),
        sa.UniqueConstraint("box_id", "code", name="uq_camera_box_id"),
    )
    op.create_index("ix_camera_room_id", "camera", ["room_id"])

    op.create_table(
        "enrolment_code",
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("box_id", Id, nullable=False),
        sa.Column("code_sha256", sa.String(length=64), nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.Column("used_at", UtcDateTime, nullable=True),
        sa.ForeignKeyConstraint(["box_id"], ["box.id"], name="fk_enrolment_code_box_id_box"),
        sa.PrimaryKeyConstraint("id", name="pk_enrolment_code"),
        sa.UniqueConstraint("code_sha256", name="uq_enrolment_code_code_sha256"),
    )
    op.create_index("ix_enrolment_code_box_id", "enrolment_code", ["box_id"])

    op.create_table(
        "log_entry",
        sa.Column("box_id", Id, nullable=False),
        sa.Column("idx", Big, autoincrement=False, nullable=False),
        sa.Column("received_at", UtcDateTime, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("camera_id", sa.String(length=36), nullable=True),
        sa.Column("n", Big, nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["box_id"], ["box.id"], name="fk_log_entry_box_id_box"),
        sa.PrimaryKeyConstraint("box_id", "idx", name="pk_log_entry"),
    )
    op.create_index("ix_log_entry_camera_n", "log_entry", ["box_id", "camera_id", "n"])

    op.create_table(
        "roster_entry",
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("class_id", Id, nullable=False),
        sa.Column("trainee_id", Id, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.CheckConstraint(
            "status IN ('enrolled', 'active', 'completed', 'failed', 'withdrawn', 'removed')",
            name="ck_roster_entry_status",
        ),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name="fk_roster_entry_class_id_training_class"),
        sa.ForeignKeyConstraint(["trainee_id"], ["trainee.id"], name="fk_roster_entry_trainee_id_trainee"),
        sa.PrimaryKeyConstraint("id", name="pk_roster_entry"),
        sa.UniqueConstraint("class_id", "trainee_id", name="uq_roster_entry_class_id"),
    )
    op.create_index("ix_roster_entry_trainee_id", "roster_entry", ["trainee_id"])

    op.create_table(
        "session",
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("class_id", Id, nullable=False),
        sa.Column("room_id", Id, nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("start", UtcDateTime, nullable=False),
        sa.Column("end", UtcDateTime, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("teachers", Json, nullable=False),
        sa.CheckConstraint("kind IN ('theory', 'practice', 'exam')", name="ck_session_kind"),
        sa.CheckConstraint('"end" > start', name="ck_session_ends_after_start"),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name="fk_session_class_id_training_class"),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name="fk_session_room_id_room"),
        sa.PrimaryKeyConstraint("id", name="pk_session"),
        sa.UniqueConstraint("code", name="uq_session_code"),
    )
    op.create_index("ix_session_class_id", "session", ["class_id"])
    op.create_index("ix_session_room_id", "session", ["room_id"])

    op.create_table(
        "check_in",
        sa.Column("id", Id, nullable=False),
        sa.Column("session_id", Id, nullable=False),
        sa.Column("roster_entry_id", Id, nullable=False),
        sa.Column("direction", sa.String(length=8), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("method", sa.String(length=16), nullable=False),
        sa.Column("device_hash", sa.String(length=64), nullable=True),
        sa.Column("idempotency_key", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("reasons", Json, nullable=False),
        sa.CheckConstraint("direction IN ('in', 'out')", name="ck_check_in_direction"),
        sa.CheckConstraint("status IN ('accepted', 'review', 'rejected')", name="ck_check_in_status"),
        sa.ForeignKeyConstraint(
            ["roster_entry_id"], ["roster_entry.id"], name="fk_check_in_roster_entry_id_roster_entry"
        ),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name="fk_check_in_session_id_session"),
        sa.PrimaryKeyConstraint("id", name="pk_check_in"),
        sa.UniqueConstraint("idempotency_key", name="uq_check_in_idempotency_key"),
    )
    op.create_index("ix_check_in_roster_entry_id", "check_in", ["roster_entry_id"])
    op.create_index("ix_check_in_session_at", "check_in", ["session_id", "at"])

    op.create_table(
        "lesson_hour",
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("session_id", Id, nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("start", UtcDateTime, nullable=False),
        sa.Column("end", UtcDateTime, nullable=False),
        sa.CheckConstraint('"end" > start', name="ck_lesson_hour_ends_after_start"),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name="fk_lesson_hour_session_id_session"),
        sa.PrimaryKeyConstraint("id", name="pk_lesson_hour"),
        sa.UniqueConstraint("session_id", "slot", name="uq_lesson_hour_session_id"),
    )
    op.create_index("ix_lesson_hour_start", "lesson_hour", ["start"])

    op.create_table(
        "evidence",
        sa.Column("id", Id, nullable=False),
        sa.Column("lesson_hour_id", Id, nullable=False),
        sa.Column("box_id", Id, nullable=False),
        sa.Column("idx", Big, nullable=False),
        sa.Column("body", Json, nullable=False),
        sa.Column("received_at", UtcDateTime, nullable=False),
        sa.ForeignKeyConstraint(["box_id"], ["box.id"], name="fk_evidence_box_id_box"),
        sa.ForeignKeyConstraint(["lesson_hour_id"], ["lesson_hour.id"], name="fk_evidence_lesson_hour_id_lesson_hour"),
        sa.PrimaryKeyConstraint("id", name="pk_evidence"),
        sa.UniqueConstraint("box_id", "idx", name="uq_evidence_box_id"),
    )
    op.create_index("ix_evidence_lesson_hour_id", "evidence", ["lesson_hour_id"])

    op.create_table(
        "evidence_clip",
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("lesson_hour_id", Id, nullable=False),
        sa.Column("box_id", Id, nullable=False),
        sa.Column("camera_id", Id, nullable=False),
        sa.Column("manifest", Json, nullable=False),
        sa.Column("bytes", Big, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("verified_at", UtcDateTime, nullable=True),
        sa.Column("retain_until", UtcDateTime, nullable=False),
        sa.Column("object_key", sa.String(length=128), nullable=True),
        sa.Column("playlist", Json, nullable=True),
        sa.CheckConstraint("state <> 'verified' OR object_key IS NOT NULL", name="ck_evidence_clip_verified_is_stored"),
        sa.CheckConstraint("state IN ('expected', 'uploading', 'verified')", name="ck_evidence_clip_state"),
        sa.CheckConstraint("bytes > 0", name="ck_evidence_clip_bytes"),
        sa.ForeignKeyConstraint(["box_id"], ["box.id"], name="fk_evidence_clip_box_id_box"),
        sa.ForeignKeyConstraint(["camera_id"], ["camera.id"], name="fk_evidence_clip_camera_id_camera"),
        sa.ForeignKeyConstraint(
            ["lesson_hour_id"], ["lesson_hour.id"], name="fk_evidence_clip_lesson_hour_id_lesson_hour"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_evidence_clip"),
        sa.UniqueConstraint("box_id", "lesson_hour_id", "sha256", name="uq_evidence_clip_box_id"),
    )
    op.create_index("ix_evidence_clip_lesson_hour_id", "evidence_clip", ["lesson_hour_id"])
    op.create_index("ix_evidence_clip_sha256", "evidence_clip", ["sha256"])

    op.create_table(
        "view_log",
        sa.Column("id", Id, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("unit", sa.String(length=128), nullable=False),
        sa.Column("lesson_hour_id", Id, nullable=False),
        sa.Column("what", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("ip", sa.String(length=45), nullable=False),
        sa.CheckConstraint("what IN ('playback', 'export')", name="ck_view_log_what"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_view_log_account_id_account"),
        sa.ForeignKeyConstraint(["lesson_hour_id"], ["lesson_hour.id"], name="fk_view_log_lesson_hour_id_lesson_hour"),
        sa.PrimaryKeyConstraint("id", name="pk_view_log"),
    )
    op.create_index("ix_view_log_account_id", "view_log", ["account_id"])
    op.create_index("ix_view_log_lesson_hour_id", "view_log", ["lesson_hour_id"])

    op.create_table(
        "lesson_verdict",
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("lesson_hour_id", Id, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=8), nullable=False),
        sa.Column("evidence_id", Id, nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("body", Json, nullable=False),
        sa.Column("facts", Json, nullable=True),
        sa.Column("agrees", sa.Boolean(), nullable=True),
        sa.CheckConstraint("source IN ('box', 'centre', 'sweep')", name="ck_lesson_verdict_source"),
        sa.CheckConstraint("version >= 1", name="ck_lesson_verdict_version"),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence.id"], name="fk_lesson_verdict_evidence_id_evidence"),
        sa.ForeignKeyConstraint(
            ["lesson_hour_id"], ["lesson_hour.id"], name="fk_lesson_verdict_lesson_hour_id_lesson_hour"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_lesson_verdict"),
        sa.UniqueConstraint("lesson_hour_id", "version", name="uq_lesson_verdict_lesson_hour_id"),
    )
    _forbid_changes()


def _forbid_changes() -> None:
    """What is appended stays: the database itself refuses to change or remove it."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'append-only table %', TG_TABLE_NAME; END $$"
        )
    for table in APPEND_ONLY:
        for change in ("UPDATE", "DELETE"):
            name = f"{table}_no_{change.lower()}"
            if op.get_bind().dialect.name == "postgresql":
                body = "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            else:
                body = f"BEGIN SELECT RAISE(ABORT, 'append-only table {table}'); END"
            op.execute(f"CREATE TRIGGER {name} BEFORE {change} ON {table} {body}")
