"""Credit grades are entered, sampling plans drawn; anybody who reads a plan can draw it again (B-19)."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from config.clock import CHINA
from config.errors import LessonProofError
from config.sampling import DEFAULT_SAMPLING, SamplingRules
from supervisor.audit.service import record
from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.devices.service import not_found
from supervisor.inspections.record_repository import of_plan, signatures
from supervisor.paging import Page, page_of
from supervisor.profiles import profile_on
from supervisor.rules.sampling import Candidate, Plan, draw_plan, verify
from supervisor.sampling import repository
from supervisor.sampling.models import CreditRating, SamplePlan
from supervisor.sampling.schemas import (
    CandidateOut,
    CreditIn,
    CreditOut,
    InspectedOut,
    PlanIn,
    PlanListed,
    PlanOut,
)

LONGEST = timedelta(days=366)


def rules_on(region: str, now: datetime) -> SamplingRules:
    """Of the county's profile valid today: a plan is over classes of several profiles. Raises PROFILE_NOT_FOUND."""
    return profile_on(region, now.astimezone(CHINA).date()).sampling or DEFAULT_SAMPLING


def rate(centre: Centre, caller: Caller, institution_id: UUID, body: CreditIn) -> CreditOut:
    """Raises LessonProofError INSTITUTION_NOT_FOUND (404)."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        if repository.institution(session, caller, institution_id) is None:
            raise not_found("INSTITUTION", "培训机构", "institution")
        made = CreditRating(at=now, account_id=caller.account_id, institution_id=institution_id, **body.model_dump())
        session.add(made)
        session.flush()
        record(
            session,
            now,
            caller.actor,
            "credit_rated",
            f"institution:{institution_id}",
            rating=str(made.id),
            grade=body.grade,
            valid_from=body.valid_from.isoformat(),
            basis_sha256=sha256(body.basis.encode()).hexdigest(),
        )
        return CreditOut.model_validate(made, from_attributes=True)


def draw(centre: Centre, caller: Caller, body: PlanIn) -> PlanOut:
    """The same key gets the same plan, whenever it is asked again.

    Raises LessonProofError SAMPLING_PERIOD_WRONG (422), SAMPLING_NO_CLASSES, SAMPLING_FEW_INSPECTORS,
    IDEMPOTENCY_KEY_REUSED (409)."""
    try:
        return _draw(centre, caller, body)
    except IntegrityError:  # the same key arrived twice at the same moment; the other one is committed now
        return _draw(centre, caller, body)


def _draw(centre: Centre, caller: Caller, body: PlanIn) -> PlanOut:
    now = centre.clock.now()
    if not timedelta() <= body.last_day - body.first_day < LONGEST:
        raise LessonProofError(
            "SAMPLING_PERIOD_WRONG",
            status=422,
            where="/last_day",
            zh="抽查期间的截止日不能早于起始日,期间不超过一年",
            en="the period ends no earlier than it begins and is at most a year",
        )
    rules = rules_on(centre.settings.region, now)
    start = datetime.combine(body.first_day, time(), CHINA)
    end = datetime.combine(body.last_day + timedelta(days=1), time(), CHINA)
    with centre.uow.write() as session:
        known = repository.plan_keyed(session, body.idempotency_key)
        if known is not None:
            same = (known.account_id, known.first_day, known.last_day)
            if same != (caller.account_id, body.first_day, body.last_day):
                raise LessonProofError(
                    "IDEMPOTENCY_KEY_REUSED",
                    status=409,
                    where="/idempotency_key",
                    zh="本页已经抽取过另一份计划:请核对期间,再抽取一次",
                    en="this key was used for another draw: check the period, and draw again",
                )
            return plan_out(session, known)
        found = repository.classes_between(session, caller, start, end)
        if not found:
            raise LessonProofError(
                "SAMPLING_NO_CLASSES", status=409, zh="该期间没有上课的班级", en="no class has lessons in this period"
            )
        people = sorted(str(one.id) for one in repository.inspectors(session, now))
        if len(people) < rules.inspectors:
            raise LessonProofError(
                "SAMPLING_FEW_INSPECTORS",
                status=409,
                zh=f"全县检查人员不足 {rules.inspectors} 人,不能抽取",
                en=f"the county has fewer than {rules.inspectors} inspectors to draw from",
            )
        grades = repository.grades(session, {of for _, of, _ in found}, body.first_day)
        candidates = tuple(
            sorted(Candidate(str(one), sector or "", grades.get(of, rules.unrated)) for one, of, sector in found)
        )
        seed = secrets.token_hex(16)
        drawn = draw_plan(
            seed, {str(grade): share for grade, share in rules.rates.items()}, rules.inspectors, candidates, people
        )
        told: dict[str, Any] = {
            "seed": seed,
            "rates": dict(rules.rates),
            "each": rules.inspectors,
            "candidates": [
                {"class_id": one.class_id, "stratum": one.stratum, "grade": one.grade} for one in candidates
            ],
            "inspectors": people,
            "drawn": {one: list(who) for one, who in drawn.items()},
        }
        days = {"first_day": body.first_day, "last_day": body.last_day}
        made = SamplePlan(at=now, account_id=caller.account_id, idempotency_key=body.idempotency_key, **days, **told)
        session.add(made)
        session.flush()
        period: dict[str, Any] = {key: day.isoformat() for key, day in days.items()}
        record(session, now, caller.actor, "sample_drawn", f"sample_plan:{made.id}", **period, **told)
        return plan_out(session, made)


def show(centre: Centre, caller: Caller, plan_id: UUID) -> PlanOut:
    """Raises LessonProofError SAMPLE_PLAN_NOT_FOUND (404)."""
    with centre.uow.read() as session:
        made = repository.plan(session, caller, plan_id)
        if made is None:
            raise not_found("SAMPLE_PLAN", "抽查计划", "sampling plan")
        return plan_out(session, made)


def plans(centre: Centre, caller: Caller, cursor: str | None, size: int) -> Page[PlanListed]:
    """Raises LessonProofError CURSOR_INVALID (422)."""
    with centre.uow.read() as session:
        rows = repository.plans(session, caller, cursor, size)
        shown = {one.id: one for one in listed(session, rows[:size])}
        return Page(**page_of(rows, size, lambda one: (one.at, one.id), lambda one: shown[one.id]))


def listed(session: Session, found: Sequence[SamplePlan]) -> list[PlanListed]:
    done = repository.inspected(session, [one.id for one in found])
    return [
        PlanListed(
            id=one.id,
            at=one.at,
            first_day=one.first_day,
            last_day=one.last_day,
            candidates=len(one.candidates),
            drawn=len(one.drawn),
            done=done.get(one.id, 0),
        )
        for one in found
    ]


def plan_out(session: Session, made: SamplePlan) -> PlanOut:
    plan = Plan(
        seed=made.seed,
        rates=made.rates,
        each=made.each,
        candidates=tuple(Candidate(**one) for one in made.candidates),
        inspectors=tuple(made.inspectors),
        drawn={one: tuple(who) for one, who in made.drawn.items()},
    )
    return PlanOut(
        id=made.id,
        at=made.at,
        first_day=made.first_day,
        last_day=made.last_day,
        seed=made.seed,
        rates=made.rates,
        each=made.each,
        candidates=[CandidateOut(**one) for one in made.candidates],
        inspectors=[UUID(one) for one in made.inspectors],
        drawn={UUID(one): [UUID(each) for each in who] for one, who in made.drawn.items()},
        done=_done(session, made),
        repeats=verify(plan),
    )


def _done(session: Session, made: SamplePlan) -> dict[UUID, InspectedOut]:
    first = {one.class_id: one for one in reversed(of_plan(session, made.id))}
    signed = signatures(session, [one.id for one in first.values()])
    return {
        class_id: InspectedOut(
            inspection_id=one.id,
            at=one.at,
            signed=[
                who.account_id
                for who in signed
                if who.inspection_id == one.id and str(who.account_id) in made.drawn[str(class_id)]
            ],
        )
        for class_id, one in first.items()
    }
