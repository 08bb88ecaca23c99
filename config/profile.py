"""RegionProfile: every number of the rules, per county, frozen and versioned.

A class keeps the profile version that was valid on its opening day (RULES 1.6), so a profile is never edited: a
change is a new file with a new `profile_version`. A verdict names the version and the digest it was computed with.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from config.accounts import AccountRules
from config.errors import LessonProofError
from config.holidays import HolidayNotice
from config.inspections import InspectionRules
from config.sampling import SamplingRules
from config.selfies import SelfieRules

Ratio = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Seconds = Annotated[float, Field(ge=0)]

DEFAULT_PROFILE = "140521-2024.2"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class LessonRules(_Frozen):
    """County plan 五(二): 理论教学、实操培训每学时连续录像不低于10分钟; Q1, Q3, Q4."""

    minutes: Annotated[float, Field(gt=0)]
    max_per_day: Count
    clip_min_s: Annotated[float, Field(ge=1)]
    clip_margin_s: Seconds
    window_step_s: Annotated[float, Field(ge=0.1)]
    max_join_gap_s: Seconds
    max_join_gaps: Count
    max_join_gap_sum_s: Seconds

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.clip_min_s > self.minutes * 60:
            raise ValueError("clip_min_s is longer than a lesson hour")
        return self


class VisibleRules(_Frozen):
    """County plan 五(二): 要求录像能够显示全体参训人员; Q5-Q8."""

    basis: Literal["attending", "roster_minus_leave"]
    method: Literal["count", "count_and_identity"]
    moments: Annotated[int, Field(ge=1)]
    moment_s: Seconds
    median_ratio: Ratio
    review_deficit_ratio: Ratio
    review_deficit_min: Count
    sample_every_s: Annotated[float, Field(ge=0.1)]
    sample_coverage_min: Ratio
    smooth_samples: Annotated[int, Field(ge=1)]  # odd, so that a median is a count
    auto_pass: bool
    auto_fail: Literal[False]  # a FAIL is a person's decision, in every county

    @model_validator(mode="after")
    def _odd(self) -> Self:
        if self.smooth_samples % 2 == 0:
            raise ValueError("smooth_samples is not odd")
        return self


class VisionRules(_Frozen):
    """How people are counted over time; profiles from before it count single pictures. Ours, measured in
    docs/vision.md."""

    hold_s: Seconds  # a person not seen is believed in place for at most so long
    confidence_min: Ratio  # below it the places are not believed, and the smoothed count of single pictures is read
    dense_s: Annotated[float, Field(ge=0.1)]  # between samples while the count wavers near the requirement
    sparse_s: Annotated[float, Field(ge=0.1)]  # between samples once the lesson hour has what it needs
    scan_s: Seconds  # between two searches of the whole picture for people whose face never shows
    fuse: Literal["zones", "room"]  # zones: most of a zone's cameras, zones summed; room: most of any camera


class CheckInRules(_Frozen):
    """A-11, RULES 2.5."""

    per: Literal["half_day_in_out"]
    open_before_min: Count
    close_after_min: Count
    out_before_min: Count
    out_after_min: Count
    radius_m: Count
    accuracy_max_m: Count
    qr_period_s: Annotated[int, Field(gt=0)]
    qr_skew_steps: Count
    device_per_trainee: Count
    makeup_hours: Count
    makeup_max: Count


class AttendanceRules(_Frozen):
    """Q9, Q10; B-01."""

    late_max_min: Count
    personal_min: Ratio
    class_day_min: Ratio
    leave_max_ratio: Ratio


class OpeningRules(_Frozen):
    """A-01, A-10."""

    lead_working_days: Count
    review_working_days: Count
    silence_is_consent: bool
    class_max: Count


class RetentionRules(_Frozen):
    """A-19, Q15, Q16; L06, L15. `raw_days` below 30 would break 视频条例 art. 17."""

    clip_days_after_class_end: Annotated[int, Field(ge=731)]
    raw_days: Annotated[int, Field(ge=30)]
    checkin_coordinate_days: Count
    log_days: Annotated[int, Field(ge=183)]
    face_template_days_after_class_end: Count


class SubsidyRules(_Frozen):
    """B-01, B-02. Money is whole yuan here, as the plan states it; records keep fen."""

    first_days: Count
    first_rate: Count
    later_rate: Count
    cap: Count
    employment_threshold: Annotated[int, Field(ge=0, le=100)]
    employment_window_months: Count


class PublicityRules(_Frozen):
    """B-06. `id_mask` reads: keep 6, hide 8, keep 4 digits of the ID number."""

    working_days: Count
    id_mask: Annotated[str, Field(pattern=r"^\d{1,2}\*\d{1,2}\*\d{1,2}$")]
    take_down_days: Count


class PaymentRules(_Frozen):
    """B-07."""

    months: Count


class OfflineRules(_Frozen):
    """RULES 1.5: a box that was off-line has this long to deliver; only then is there NO_VIDEO."""

    grace_hours: Count


class DecisionRules(_Frozen):
    """RULES 1.5, 1.7: the institution explains, a person decides, some passes are looked at again."""

    explain_hours: Count
    recheck_ratio: Ratio


class PrivacyRules(_Frozen):
    """L17: how long the rights desk has. Ours: the law says "in time". L13: whether a recording leaves the centre only
    when a second person agrees, and for how long it may then be fetched."""

    answer_days: Annotated[int, Field(gt=0)]
    export_approval: bool = False
    export_days: Annotated[int, Field(gt=0)] = 7


class RetirementAge(_Frozen):
    """Statutory retirement since 2025-01-01: who was born in `born_from` or later retires one month later for each
    begun `step_months` of birth months, until `most_months` (age in months). `sex`: GB/T 2261.1. `result`: what
    having reached it means for a trainee."""

    sex: Literal["1", "2"]
    base_months: Count
    born_from: date  # the first day of a month
    step_months: Annotated[int, Field(ge=1)]
    most_months: Count
    result: Literal["warn", "block"]

    def months(self, birth: date) -> int:
        """The retirement age, in months, of somebody born on that day."""
        after = (birth.year - self.born_from.year) * 12 + birth.month - self.born_from.month
        return (
            self.base_months if after < 0 else min(self.base_months + after // self.step_months + 1, self.most_months)
        )


class RosterRules(_Frozen):
    """A-05, A-06; RULES 2.7. The ages are those of the State Council's measures of 2024-09-13; whether a woman's is
    the lower (50 to 55, workers) or the higher (55 to 58) the roster does not say, so the lower one only warns. To be
    confirmed by the county."""

    min_age: Count = 16
    retirement: tuple[RetirementAge, ...] = (
        RetirementAge(
            sex="1", base_months=720, born_from=date(1965, 1, 1), step_months=4, most_months=756, result="block"
        ),
        RetirementAge(
            sex="2", base_months=660, born_from=date(1970, 1, 1), step_months=4, most_months=696, result="block"
        ),
        RetirementAge(
            sex="2", base_months=600, born_from=date(1975, 1, 1), step_months=2, most_months=660, result="warn"
        ),
    )
    subsidised_max: Count = 3
    same_contact_people: Annotated[int, Field(ge=2)] = 2
    teacher_hours_a_day: Count = 8
    device_people: Annotated[int, Field(ge=2)] = 2
    corrected_max: Ratio = 0.20


DEFAULT_ROSTER = RosterRules()
"""For profiles from before the comparison."""


class OpeningApplicationRules(_Frozen):
    """A-02, A-03, A-09, A-10, A-24, B-22. Profiles without it ask a class for roster and plan only."""

    extra_elements: tuple[str, ...] = ()  # what this county asks for beside the five elements of A-02
    theory_min: Ratio
    practice_min: Ratio
    basic_hours: Count  # lesson hours of each of safety, fire, law and Putonghua
    verification_months: Annotated[int, Field(ge=1)]
    four_eyes: bool  # who approves has not judged the truth of an element


class ChangeRules(_Frozen):
    """RULES 1.6 Q9, Q22; 2.6: how long for whom. Profiles from before it: `supervisor.rules.plan_change.DEFAULT`."""

    emergency_confirm_hours: Count  # a same-day emergency that the county has not confirmed by then lapses
    teacher_leave_hours: Count  # longer leave is the county's to approve
    sick_paper_working_days: Count  # sick leave may be asked for afterwards, with paper, for so long
    late_join_ratio: Ratio  # of the plan's lesson hours: once so many have begun, nobody joins any more


class CheckInProofRules(_Frozen):
    """How a check-in is proven; RULES 2.5. Profiles from before it ask for nothing (`supervisor.rules.checkin`)."""

    rotating_code: Literal["off", "optional", "required"]
    ticket_s: Count  # a code read from the screen may be used so long after
    fence: Literal["off", "review"]  # never a refusal: a browser's position proves nothing
    device_changed: Literal["off", "review"]
    teacher_first: bool  # a session without the teacher's check-in is for review
    queued_max_s: Count  # a check-in that waited for the network may arrive so long after its window; 0: never
    skew_max_s: Count  # the phone's clock may be wrong by so much; beyond, what it says of the past is not believed
    together_s: Seconds
    together_people: Annotated[int, Field(ge=2)]


class RegistryRules(_Frozen):
    """B-13: how long the real-name registry may take to acknowledge, from the event. Ours."""

    check_in_hours: Annotated[int, Field(gt=0)]
    class_state_working_days: Annotated[int, Field(gt=0)]


class PatrolRules(_Frozen):
    """A-23, A-26. `roll_call`: trainees drawn; `unfinished_min`: open longer is listed as unfinished. The others: what
    a class needs to count as effectively supervised from afar."""

    roll_call: Annotated[int, Field(ge=1)] = 3
    unfinished_min: Count = 60
    camera_coverage: Ratio = 0.95
    check_in_coverage: Ratio = 0.95
    patrols: Count = 1


DEFAULT_PATROL = PatrolRules()
"""For the profiles published before there were patrols."""


class AppealRules(_Frozen):
    """RULES 1.5, 2.6, A-28: how long an institution may object to a decision, and an enterprise has for its papers."""

    objection_working_days: Annotated[int, Field(gt=0)]
    papers_working_days: Annotated[int, Field(gt=0)]


class RegionProfile(_Frozen):
    region: Annotated[str, Field(pattern=r"^\d{6}$")]  # GB/T 2260
    profile_version: Annotated[str, Field(min_length=1)]
    name_zh: str
    name_en: str
    valid_from: date | None = None  # the first opening day it is for; None: it was there from the beginning
    demo: bool = False  # a demo profile says so on every page
    lesson: LessonRules
    visible: VisibleRules
    checkin: CheckInRules
    attendance: AttendanceRules
    opening: OpeningRules
    retention: RetentionRules
    subsidy: SubsidyRules
    publicity: PublicityRules
    payment: PaymentRules
    offline: OfflineRules
    decision: DecisionRules
    vision: VisionRules | None = None
    privacy: PrivacyRules | None = None
    roster: RosterRules | None = None
    opening_application: OpeningApplicationRules | None = None
    changes: ChangeRules | None = None
    checkin_proof: CheckInProofRules | None = None
    registry: RegistryRules | None = None
    patrol: PatrolRules | None = None
    appeal: AppealRules | None = None
    accounts: AccountRules | None = None
    selfie: SelfieRules | None = None
    sampling: SamplingRules | None = None
    inspection: InspectionRules | None = None
    holidays: tuple[HolidayNotice, ...] | None = None  # what the county adds to or changes in the national notices

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.visible.moments * self.visible.moment_s > self.lesson.clip_min_s:
            raise ValueError("visible.moments times visible.moment_s is longer than lesson.clip_min_s")
        if self.vision is not None and self.vision.dense_s > self.visible.sample_every_s:
            raise ValueError("vision.dense_s is longer than visible.sample_every_s")
        if self.vision is not None and self.vision.sparse_s < self.visible.sample_every_s:
            raise ValueError("vision.sparse_s is shorter than visible.sample_every_s")
        return self

    def digest(self) -> str:
        """SHA-256 (hex) of the profile's content, so that a verdict can name exactly what it was computed with.

        A part that an older profile does not have is not in it: its digest stays what it was."""
        content = self.model_dump(mode="json", exclude_none=True)
        canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()

    @property
    def name(self) -> str:
        """`140521-2024.1`: the name of its file without the ending."""
        return f"{self.region}-{self.profile_version}"


def parse_profile(text: str, source: str) -> RegionProfile:
    """A profile from YAML text; `PROFILE_INVALID` names the field that is wrong. `source` is only for the message."""
    try:
        return RegionProfile.model_validate(yaml.safe_load(text))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "(whole)"
        raise LessonProofError(
            "PROFILE_INVALID",
            zh=f"规则文件 {source} 的 {where} 不正确:{first['msg']}",
            en=f"profile {source}: {where}: {first['msg']}",
            where=where,
        ) from None
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a date that is none
        raise LessonProofError(
            "PROFILE_INVALID",
            zh=f"规则文件 {source} 不是有效的 YAML",
            en=f"profile {source} is not valid YAML: {error}",
        ) from None


def load_profile(name_or_path: str | Path) -> RegionProfile:
    """A shipped profile by name (`140521-2024.1`) or any other by the path of its YAML file."""
    path = Path(name_or_path)
    if path.suffix in {".yaml", ".yml"}:
        try:
            return parse_profile(path.read_text(encoding="utf-8"), path.name)
        except OSError:
            raise LessonProofError(
                "PROFILE_NOT_FOUND", zh=f"找不到规则文件 {path}", en=f"no profile file {path}", status=404
            ) from None
        except UnicodeDecodeError:
            raise LessonProofError(
                "PROFILE_INVALID", zh=f"规则文件 {path} 不是 UTF-8 文本", en=f"profile file {path} is not UTF-8 text"
            ) from None
    if str(name_or_path) not in shipped_profiles():
        raise LessonProofError(
            "PROFILE_NOT_FOUND",
            zh=f"没有名为 {name_or_path} 的规则文件",
            en=f"no shipped profile {name_or_path}; there are: {', '.join(shipped_profiles())}",
            status=404,
        )
    shipped = resources.files("config") / "profiles" / f"{name_or_path}.yaml"
    return parse_profile(shipped.read_text(encoding="utf-8"), shipped.name)


def shipped_profiles() -> list[str]:
    """The names `load_profile` knows without a path."""
    folder = resources.files("config") / "profiles"
    return sorted(item.name.removesuffix(".yaml") for item in folder.iterdir() if item.name.endswith(".yaml"))
