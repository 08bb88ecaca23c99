"""A sampling plan with the names that a person reads it by."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from supervisor.accounts import repository as accounts
from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.devices.service import not_found
from supervisor.sampling import repository
from supervisor.sampling.schemas import PlanListed, PlanOut
from supervisor.sampling.service import listed, plan_out


@dataclass(frozen=True, slots=True)
class ClassNamed:
    class_no: str
    name: str
    institution: str


@dataclass(frozen=True, slots=True)
class PlanShown:
    """`others`: plans that share a day with this one, for nobody can see from one plan whether it was drawn until it
    suited."""

    plan: PlanOut
    by: str
    classes: dict[UUID, ClassNamed]
    people: dict[UUID, str]
    others: list[PlanListed]


def shown(centre: Centre, caller: Caller, plan_id: UUID) -> PlanShown:
    """Raises LessonProofError SAMPLE_PLAN_NOT_FOUND (404)."""
    with centre.uow.read() as session:
        made = repository.plan(session, caller, plan_id)
        if made is None:
            raise not_found("SAMPLE_PLAN", "抽查计划", "sampling plan")
        plan = plan_out(session, made)
        named = repository.classes_named(session, caller, [one.class_id for one in plan.candidates])
        people = accounts.names(session, {made.account_id, *plan.inspectors})
        others = repository.plans_of_days(session, caller, plan.first_day, plan.last_day)
        return PlanShown(
            plan=plan,
            by=people[made.account_id],
            classes={
                class_id: ClassNamed(training.class_no, training.name, institution.name)
                for class_id, (training, institution) in named.items()
            },
            people=people,
            others=listed(session, [one for one in others if one.id != made.id]),
        )
