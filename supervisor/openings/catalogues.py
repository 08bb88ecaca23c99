"""The county's catalogues (B-16): occupations with their levels, evaluation bodies. Each is entered in versions; of a
kind the version that begins last is in force, and a class uses that of its opening day (A-08)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from config.clock import CHINA
from config.errors import LessonProofError
from supervisor.audit.service import record
from supervisor.callers import Caller, Role
from supervisor.centre import Centre
from supervisor.openings import repository
from supervisor.openings.models import CatalogueEntry, CatalogueWithdrawal
from supervisor.openings.periods import require_order
from supervisor.openings.schemas import CatalogueIn, CatalogueLines, CatalogueOut, Kind, Listed
from supervisor.openings.withdrawals import withdrawal_out
from supervisor.rules.opening import Permitted

READERS = (Role.HANDLER, Role.APPROVER, Role.INSPECTOR, Role.OVERSIGHT)
"""Who reads catalogues, licences, verifications and credit grades; the handler enters them."""
SIZE = 200


class Term(NamedTuple):
    """A version and the days it was entered with."""

    version: str
    valid_from: date
    valid_to: date | None


def add(centre: Centre, caller: Caller, wanted: CatalogueIn) -> None:
    """A version, or more lines of one: what stands in it already is not entered twice. Earlier versions stay.

    Raises LessonProofError PERIOD_BACKWARDS (422), CATALOGUE_DATES, CATALOGUE_WITHDRAWN (409)."""
    now = centre.clock.now()
    require_order(wanted.valid_from, wanted.valid_to, "/valid_to")
    period = {"valid_from": wanted.valid_from, "valid_to": wanted.valid_to}
    with centre.uow.write() as session:
        held = repository.catalogue_version(session, wanted.kind, wanted.version)
        if any((one.valid_from, one.valid_to) != (wanted.valid_from, wanted.valid_to) for one in held):
            raise LessonProofError(
                "CATALOGUE_DATES",
                status=409,
                where="/version",
                zh="这个版本已经公布,起止日期不同:新的内容用新的版本号",
                en="this version stands with other dates: give what is new a version of its own",
            )
        if session.get(CatalogueWithdrawal, (wanted.kind, wanted.version)) is not None:
            raise LessonProofError(
                "CATALOGUE_WITHDRAWN",
                status=409,
                where="/version",
                zh="这个版本已经撤回:新的内容用新的版本号",
                en="this version was withdrawn: give what is new a version of its own",
            )
        known = {(one.code, one.name, one.level) for one in held}
        lines = [one for one in wanted.lines if (one.code, one.name, one.level) not in known]
        for line in lines:
            session.add(
                CatalogueEntry(created_at=now, kind=wanted.kind, version=wanted.version, **period, **line.model_dump())
            )
        subject = f"catalogue:{wanted.kind}"
        record(session, now, caller.actor, "catalogue_entered", subject, version=wanted.version, lines=len(lines))


def versions(centre: Centre) -> list[CatalogueOut]:
    """Of both kinds, each with the newest first."""
    today = centre.clock.now().astimezone(CHINA).date()
    with centre.uow.read() as session:
        rows = repository.catalogue_versions(session)
        withdrawn = repository.catalogue_withdrawals(session)
    found: list[CatalogueOut] = []
    for kind in sorted({row.kind for row in rows}, reverse=True):
        held = {Term(row.version, row.valid_from, row.valid_to): row for row in rows if row.kind == kind}
        gone = {term: withdrawn[kind, term.version] for term in held if (kind, term.version) in withdrawn}
        last: dict[Term, date | None] = {term: term.valid_from - timedelta(days=1) for term in gone}
        last |= last_days({term: row.entered_at for term, row in held.items() if term not in gone})
        found += [
            CatalogueOut(
                kind=kind,
                **term._asdict(),
                last_day=last[term],
                in_force=_covers(term, last[term], today),
                lines=row.lines,
                entered_at=row.entered_at,
                withdrawn=withdrawal_out(*gone[term]) if term in gone else None,
            )
            for term, row in sorted(held.items(), key=lambda one: (one[0].valid_from, one[1].entered_at), reverse=True)
        ]
    return found


def lines(centre: Centre, kind: Kind, version: str, text: str, page: int) -> CatalogueLines:
    """By code, `SIZE` a page from 1; of those whose code or name holds `text`. Raises CATALOGUE_NOT_FOUND (404)."""
    with centre.uow.read() as session:
        if not repository.catalogue_version(session, kind, version):
            raise LessonProofError("CATALOGUE_NOT_FOUND", status=404, zh="没有这个目录版本", en="no such version")
        rows, total = repository.catalogue_lines(session, kind, version, text, SIZE, (page - 1) * SIZE)
        return CatalogueLines(
            total=total, items=[Listed(code=one.code, name=one.name, level=one.level) for one in rows]
        )


def last_days(entered: Mapping[Term, datetime]) -> dict[Term, date | None]:
    """Until when each is in force: to its own end, or to the day before the next one begins; None: no end is known. Of
    two that begin on one day the one entered later counts, and the other never does."""
    order = sorted(entered, key=lambda one: (one.valid_from, entered[one], one.version))
    replaced = [one.valid_from - timedelta(days=1) for one in order[1:]]
    ends = [[one.valid_to, *replaced[at : at + 1]] for at, one in enumerate(order)]
    return {one: min((day for day in some if day), default=None) for one, some in zip(order, ends, strict=True)}


def permitted(rows: Sequence[CatalogueEntry]) -> list[Permitted]:
    """All lines of a kind, each until its version is in force no more."""
    last = last_days(_entered(rows))
    return [Permitted(one.code, one.level, one.valid_from, last[_term(one)]) for one in rows]


def on_day(rows: Sequence[CatalogueEntry], day: date) -> list[CatalogueEntry]:
    """Of all lines of a kind those in force on `day`."""
    last = last_days(_entered(rows))
    return [one for one in rows if _covers(_term(one), last[_term(one)], day)]


def _covers(term: Term, last: date | None, day: date) -> bool:
    return term.valid_from <= day and (last is None or day <= last)


def _term(one: CatalogueEntry) -> Term:
    return Term(one.version, one.valid_from, one.valid_to)


def _entered(rows: Sequence[CatalogueEntry]) -> dict[Term, datetime]:
    """When the first line of each version was entered."""
    return {_term(one): one.created_at for one in sorted(rows, key=lambda one: one.created_at, reverse=True)}
