"""The registers of who looked, what is kept for how long, and the figures of a year for the compliance audit (L12, L15,
L31)."""

from __future__ import annotations

from datetime import datetime

from config.clock import CHINA
from config.profile import RegionProfile
from supervisor.audit.log import size, tree_of
from supervisor.audit.models import AuditEvent
from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.lessons.models import EvidenceClip, ViewLog
from supervisor.openings.models import VerificationView
from supervisor.paging import Page, after, page_of
from supervisor.privacy import repository
from supervisor.privacy.models import Consent, Reveal, RightsAnswer, RightsRequest
from supervisor.privacy.schemas import CompliancePack, Kept, PackLine, RevealLine, ViewOut, ViewsWanted
from supervisor.profiles import profile_on
from supervisor.rules.retention import SPAN_DAYS
from supervisor.sheets.models import SheetView


def views(centre: Centre, caller: Caller, wanted: ViewsWanted, cursor: str | None, page_size: int) -> Page[ViewOut]:
    """Newest first. Raises CURSOR_INVALID (422)."""
    with centre.uow.read() as session:
        rows = repository.views(session, caller, wanted, after(cursor), page_size + 1)
    return Page(
        **page_of(
            rows,
            page_size,
            lambda row: (row[0].at, row[0].id),
            lambda row: ViewOut(
                at=row[0].at,
                name=row[0].name,
                unit=row[0].unit,
                what=row[0].what,
                reason=row[0].reason,
                ip=row[0].ip,
                lesson_hour_id=row[0].lesson_hour_id,
                class_no=row[1],
            ),
        )
    )


def reveals(centre: Centre, caller: Caller, cursor: str | None, page_size: int) -> Page[RevealLine]:
    with centre.uow.read() as session:
        rows = repository.reveals(session, caller, after(cursor), page_size + 1)
    return Page(
        **page_of(
            rows,
            page_size,
            lambda one: (one.at, one.id),
            lambda one: RevealLine(
                at=one.at,
                name=one.name,
                unit=one.unit,
                field=one.field,
                reason=one.reason,
                roster_entry_id=one.roster_entry_id,
            ),
        )
    )


def kept(centre: Centre) -> list[Kept]:
    """Under the rules of a class that opens today."""
    return _kept(profile_on(_region(centre), centre.clock.now().astimezone(CHINA).date()))


def pack(centre: Centre, year: int) -> CompliancePack:
    """Of a calendar year at the site. Counts alone: no names, no numbers of persons."""
    start, end = datetime(year, 1, 1, tzinfo=CHINA), datetime(year + 1, 1, 1, tzinfo=CHINA)
    tables = (
        ("consents_given", Consent, Consent.at, (Consent.given.is_(True),)),
        ("consents_withdrawn", Consent, Consent.at, (Consent.given.is_(False),)),
        ("views", ViewLog, ViewLog.at, ()),
        ("exports", ViewLog, ViewLog.at, (ViewLog.what == "export",)),
        ("sheet_views", SheetView, SheetView.at, ()),
        ("sheet_exports", SheetView, SheetView.at, (SheetView.what == "export",)),
        ("verification_views", VerificationView, VerificationView.at, ()),
        ("reveals", Reveal, Reveal.at, ()),
        ("rights_requests", RightsRequest, RightsRequest.created_at, ()),
        ("rights_answered", RightsAnswer, RightsAnswer.at, (RightsAnswer.result == "done",)),
        ("rights_refused", RightsAnswer, RightsAnswer.at, (RightsAnswer.result == "refused",)),
        ("clips_deleted", EvidenceClip, EvidenceClip.deleted_at, (EvidenceClip.state == "deleted",)),
        ("sign_ins_failed", AuditEvent, AuditEvent.at, (AuditEvent.action == "sign_in_failed",)),
        ("alarms", AuditEvent, AuditEvent.at, (AuditEvent.alarm,)),
    )
    with centre.uow.read() as session:
        lines = [
            PackLine(name=name, count=repository.counted(session, table, at, start, end, *where))  # type: ignore[arg-type]
            for name, table, at, where in tables
        ]
        entries = size(session)
        root = tree_of(session).root(entries).hex()
    return CompliancePack(year=year, lines=lines, log_size=entries, log_root=root)


def _kept(rules: RegionProfile) -> list[Kept]:
    term, selfie = rules.retention, rules.selfie
    selfies = () if selfie is None else (
        (
            "selfie_sealed", selfie.wait_days, "收到起,至现场设备答复即删;撤回同意时立即",
            "after it arrived, at most: it goes with the box's answer; at once when consent is withdrawn",
            "个人信息保护法 19", "centre",
        ),
        (
            "selfie_result", selfie.result_days, "现场设备答复起;撤回同意时立即",
            "after the box's answer; at once when consent is withdrawn", "个人信息保护法 19", "centre",
        ),
    )  # fmt: skip
    table = (
        (
            "evidence_clip", term.clip_days_after_class_end, "录制日与结业日中较晚者起至少 2 年",
            "two years after the later of recording and class end", "县方案:培训视频留存2年", "retire_clips",
        ),
        ("raw_recording", term.raw_days, "录制起", "after recording", "视频条例 17", "edge-agent"),
        (
            "raw_recording_fetched", SPAN_DAYS, "调取到中心起", "after it came to the centre", "视频条例 17",
            "retire_spans",
        ),
        ("check_in_place", term.checkin_coordinate_days, "签到起", "after the check-in", "个人信息保护法 19", "centre"),
        (
            "face_template", term.face_template_days_after_class_end, "结业起;撤回同意时立即",
            "after class end; at once when consent is withdrawn", "人脸识别技术应用安全管理办法", "edge-agent",
        ),
        *selfies,
        (
            "signed_log", None, "不删除:不含姓名和证件号", "for ever: it holds no names or ID numbers",
            "网络安全法 21(3)", "",
        ),
        (
            "roster_and_check_ins", None, "班级档案保存期内;期满后经申请抹去身份",
            "as long as the class file; erased on request after it", "个人信息保护法 47", "rights desk",
        ),
        (
            "handed_in_files", None, "与班级档案同:到期由人处理,系统不自动删除",
            "as long as the class file: people dispose of them, nothing deletes them by itself",
            "个人信息保护法 47", "",
        ),
    )  # fmt: skip
    return [
        Kept(kind=kind, days=days, rule_zh=zh, rule_en=en, basis=basis, deleted_by=by)
        for kind, days, zh, en, basis, by in table
    ]


def _region(centre: Centre) -> str:
    return "000000" if centre.settings.demo else centre.settings.region
