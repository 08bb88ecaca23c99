"""The archive's tables for spreadsheets: CSV in UTF-8 with a byte order mark, without which Excel misreads Chinese."""

from __future__ import annotations

from typing import Any

from supervisor.csv_file import csv_file

Json = dict[str, Any]


def lesson_hours(told: Json) -> bytes:
    """One row per lesson hour."""
    plan = {session["id"]: session for session in told["sessions"]}
    head = (
        "学时 lesson_hour_id", "日期 date", "节次 slot", "开始 start", "结束 end", "类型 kind", "地点 site",
        "教室 room", "教师 teachers", "结论 state", "结论说明 state_zh", "原因 reasons", "版本 verdict_version",
        "来源 verdict_source",
        "作出时间 verdict_at", "花名册 roster", "出勤 present", "应可见 required", "存证包 bundle",
        "存证包哈希 bundle_sha256", "片段哈希 clips_sha256",
    )  # fmt: skip
    rows = []
    for hour in told["lesson_hours"]:
        session, verdict = plan[hour["session"]], hour["verdict"] or {}
        rows.append(
            (
                hour["id"], hour["date"], hour["slot"], hour["start"], hour["end"], session["kind"], session["site"],
                session["room"], " ".join(session["teachers"]), hour["state"], hour["state_words"]["zh"],
                " ".join(verdict.get("reasons", [])), hour["verdict_version"], hour["verdict_source"],
                hour["verdict_at"], verdict.get("roster"), verdict.get("present"), verdict.get("required"),
                hour["bundle"], hour["bundle_sha256"], " ".join(clip["sha256"] for clip in hour["clips"]),
            )
        )  # fmt: skip
    return csv_file(head, rows)


def attendance(told: Json) -> bytes:
    """One row per trainee and lesson hour that is over."""
    head = (
        "学时 lesson_hour_id", "日期 date", "节次 slot", "序号 no", "学员 ref", "姓名 name", "考勤 status",
        "计入 attends", "待核 flagged",
    )  # fmt: skip
    roster = {trainee["ref"]: trainee for trainee in told["roster"]}
    rows = [
        (
            hour["id"], hour["date"], hour["slot"], roster[one["ref"]]["no"], one["ref"], roster[one["ref"]]["name"],
            one["status"], int(one["attends"]), int(one["flagged"]),
        )
        for hour in told["lesson_hours"]
        for one in hour["attendance"]
    ]  # fmt: skip
    return csv_file(head, rows)
