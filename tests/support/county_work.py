"""What a county entered of its institutions, for page tests and pictures: licences, rooms, grades, catalogues, a
draw."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from config.clock import CHINA
from supervisor.callers import Caller
from supervisor.classes.schemas import InstitutionIn
from supervisor.classes.service import create_institution
from supervisor.devices.models import Room, Site
from supervisor.openings import catalogues
from supervisor.openings import service as openings
from supervisor.openings.schemas import AggregateIn, CatalogueIn, CatalogueLine, LicenceIn, ScopeLine, VerificationIn
from supervisor.sampling import service as sampling
from supervisor.sampling.schemas import CreditIn, PlanIn
from tests.support.deciding import sign_in
from tests.support.seed import Seeded

OCCUPATIONS = (("6-31-01-03", "电工"), ("4-03-02-01", "中式烹调师"), ("4-10-01-05", "养老护理员"))
LEVELS = ("5", "4", "3")


@dataclass(frozen=True)
class CountyWork:
    """`institution`: with everything entered; `secret`: a unit with a total; `version`: of the catalogue in force."""

    handler: Caller
    token: str
    institution: UUID
    secret: UUID
    version: str
    plan: UUID


def county_work(seeded: Seeded) -> CountyWork:
    centre = seeded.centre
    handler, token = sign_in(centre, "handler", "陈经办")
    for name in ("王督导", "赵督导", "冯督导"):
        sign_in(centre, "inspector", name)
    today = centre.clock.now().astimezone(CHINA).date()
    year = timedelta(days=365)
    school = seeded.places[0].training.institution_id
    secret = create_institution(centre, seeded.admin, InstitutionIn(name="某涉密单位", sector="工信")).id
    create_institution(centre, seeded.admin, InstitutionIn(name="新办培训学校", sector="教育"))
    scope = [ScopeLine(occupation=code, level=level) for code, _ in OCCUPATIONS for level in LEVELS]
    old = LicenceIn(
        licence_no="人社民办 2023-017", kind="private", valid_from=today - 3 * year, valid_to=today - year,
        scope=scope[:3],
    )  # fmt: skip
    openings.add_licence(centre, handler, school, old)
    now = old.model_copy(
        update={
            "licence_no": "人社民办 2025-017", "valid_from": today - year, "valid_to": today + 2 * year, "scope": scope,
        }
    )  # fmt: skip
    openings.add_licence(centre, handler, school, now)
    for number, room in enumerate(_rooms(seeded, school)[:3]):
        seen = VerificationIn(
            day=today - timedelta(days=40 * (number + 1)), passed=number != 2, capacity=45 - 5 * number,
            inspectors=["检查员00", "检查员01"], photos=["0" * 63 + str(number)],
        )  # fmt: skip
        openings.add_verification(centre, handler, room, seen)
        if number == 0:
            openings.add_verification(centre, handler, room, seen.model_copy(update={"day": today - year}))
    for grade, since, basis in (("C", year, "2024 年度评价 61 分"), ("B", timedelta(days=60), "2025 年度评价 82 分")):
        sampling.rate(centre, handler, school, CreditIn(grade=grade, valid_from=today - since, basis=basis))
    openings.mark_secret(centre, handler, secret)
    total = AggregateIn(first_day=today - year, last_day=today, heads=26)
    openings.add_aggregate(centre, handler, secret, total)
    lines = [CatalogueLine(code=code, name=name, level=level) for code, name in OCCUPATIONS for level in LEVELS]
    for version, since in (("2025-1", year), ("2026-1", timedelta(days=100))):
        wanted = CatalogueIn(kind="occupation", version=version, valid_from=today - since, lines=lines)
        catalogues.add(centre, handler, wanted)
    bodies = [CatalogueLine(code="140521-01", name="某职业技能评价中心")]
    catalogues.add(
        centre, handler, CatalogueIn(kind="evaluation_body", version="2026-1", valid_from=today - year, lines=bodies)
    )
    plan = sampling.draw(centre, handler, PlanIn(first_day=today, last_day=today, idempotency_key="k" * 16)).id
    return CountyWork(handler, token, school, secret, "2026-1", plan)


def _rooms(seeded: Seeded, institution: UUID) -> list[UUID]:
    with seeded.centre.uow.read() as session:
        query = select(Room.id).join(Site, Site.id == Room.site_id).where(Site.institution_id == institution)
        return list(session.scalars(query.order_by(Room.name)).all())
