"""`edge-agent identity`: enrol faces, withdraw, list, purge, and try a picture.

Refused unless the settings turn identity on; only deletion always works."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from config.clock import CHINA, SystemClock
from config.errors import LessonProofError
from config.profile import load_profile
from config.settings import EdgeSettings
from edge_agent.identity.engine import check_enabled, open_engine
from edge_agent.identity.templates import Consent, Enrolled, Persons, TemplateStore, check_enrolment

identity = typer.Typer(
    name="identity",
    no_args_is_help=True,
    help="Identity by face, by each trainee's own consent; off unless `identity = true`. 人脸识别(默认关闭)。",
)

Config = Annotated[Path | None, typer.Option(help="The box's TOML file.")]
Data = Annotated[Path | None, typer.Option(help="Data folder; otherwise the one of the configuration.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]

_FILING = {
    "FILING_NEAR": (
        "人脸信息存储人数接近十万人,请准备向网信部门备案",
        "close to 100,000 persons: prepare the filing with the cyberspace office",
    ),
    "FILING_DUE": (
        "人脸信息存储人数达到十万人,须在 30 个工作日内向省级网信部门备案",
        "100,000 persons: file with the provincial cyberspace office within 30 working days",
    ),
}


@identity.command()
def enrol(
    photos: Annotated[list[Path], typer.Argument(metavar="PHOTO…", help="Photographs of this one trainee.")],
    trainee: Annotated[str, typer.Option(metavar="REF", help="Opaque reference, never a name or an ID number.")],
    consent: Annotated[str, typer.Option(metavar="ID", help="Record of the trainee's own consent.")],
    consent_text: Annotated[str, typer.Option(metavar="VERSION", help="Version of the text consented to.")],
    class_end: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Last day of the class.")],
    consent_at: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%dT%H:%M:%S%z"], help="When it was given; otherwise now.")
    ] = None,
    profile: Annotated[str, typer.Option(help="The county's rules: they say how long templates stay.")] = (
        "140521-2024.1"
    ),
    config: Config = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Make templates of a trainee's photographs; the photographs are not kept. 录入学员人脸。

    Each photograph must show one face, at least 64 px wide and sharp; together they must show one person. Enrolling
    again replaces what there was.

        edge-agent identity enrol --trainee T-41 --consent C-88 --consent-text 1 --class-end 2026-12-18 a.jpg b.jpg
    """
    from edge_agent.identity.photographs import describe_all
    from edge_agent.vision.yunet import YuNetCounter

    settings, store = _opened(config, data)
    now = SystemClock().now()
    kept_days = load_profile(profile).retention.face_template_days_after_class_end
    given = Consent(consent, consent_text, (consent_at or now).astimezone(UTC))
    delete_on = class_end.date() + timedelta(days=kept_days)
    check_enrolment(trainee, given, now, delete_on)  # before any picture is looked at
    engine = open_engine(settings)
    photographs = describe_all(photos, YuNetCounter(settings.models_dir), engine)
    person = Enrolled(trainee, engine.version, tuple(each.template for each in photographs), given, now, delete_on)
    store.enrol(person)
    persons = store.count()
    if as_json:
        typer.echo(
            json.dumps(
                {
                    **_record(person),
                    "photographs": [
                        {"file": str(each.path), "face_px": round(each.face.w), "sharpness": round(each.sharpness)}
                        for each in photographs
                    ],
                    "persons": persons.count,
                    "warning": persons.warning,
                },
                ensure_ascii=False,
            )
        )
        return
    out = _console()
    out.print(
        f"已录入 {trainee}:{len(photographs)} 张照片,将于 {person.delete_on} 删除\n"
        f"Enrolled {trainee} from {len(photographs)} photographs; to be deleted on {person.delete_on}."
    )
    _warn(persons)


@identity.command()
def withdraw(
    trainee: Annotated[str, typer.Argument(metavar="REF", help="The trainee's reference.")],
    config: Config = None,
    data: Data = None,
) -> None:
    """Delete a trainee's templates at once; works with identity turned off, too. 撤回同意,立即删除。"""
    gone = TemplateStore(_settings(config, data).data_dir).withdraw(trainee)
    _console().print(
        f"{trainee}: 已删除 deleted" if gone else f"{trainee}: 没有人脸模板 there was no template of this trainee"
    )


@identity.command("list")
def list_(config: Config = None, data: Data = None, as_json: AsJson = False) -> None:
    """References, dates and engine of everybody enrolled. Exit status 2 when a file is damaged. 已录入名单。"""
    _, store = _opened(config, data)
    contents, persons = store.read(), store.count()
    if as_json:
        record = {
            "people": [_record(person) for person in contents.people],
            "persons": persons.count,
            "warning": persons.warning,
            "problems": [problem.problem() for problem in contents.problems],
        }
        typer.echo(json.dumps(record, ensure_ascii=False))
    else:
        out = _console()
        for person in contents.people:
            out.print(
                f"{person.trainee}: {person.engine.name}, {len(person.templates)} 张 photographs, "
                f"录入 enrolled {person.enrolled_at.astimezone(CHINA).date()}, 同意 consent {person.consent.id} "
                f"({person.consent.text_version}), 删除 delete on {person.delete_on}"
            )
        out.print(f"共 {persons.count} 人 persons")
        _warn(persons)
        _show(contents.problems)
    if contents.problems:
        raise typer.Exit(2)


@identity.command()
def purge(config: Config = None, data: Data = None, as_json: AsJson = False) -> None:
    """Delete the templates whose day has come; works with identity turned off, too. 清理到期的人脸模板。"""
    done = TemplateStore(_settings(config, data).data_dir).purge(_today())
    if as_json:
        typer.echo(json.dumps({"deleted": done.deleted, "kept": done.kept, "damaged": list(done.damaged)}))
    else:
        out = _console()
        out.print(f"删除 deleted {done.deleted}, 保留 kept {done.kept}")
        for name in done.damaged:
            out.print(f"TEMPLATE_DAMAGED {name}: 无法读取删除日期 its day cannot be read", style="red")
    if done.damaged:
        raise typer.Exit(2)


@identity.command()
def match(
    picture: Annotated[Path, typer.Argument(help="A photograph from the room's camera.")],
    config: Config = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Whom the box would name in one picture, for an installer's check; stores nothing. 用一张图片试验。

    One picture is one frame: only similarities above the threshold of a single frame name a trainee.
    """
    from edge_agent.identity.match import match as match_face
    from edge_agent.identity.match import one_face_each
    from edge_agent.identity.photographs import read_photograph
    from edge_agent.vision.yunet import YuNetCounter

    settings, store = _opened(config, data)
    engine = open_engine(settings)
    roster = store.roster(engine.version, _today())
    image = read_photograph(picture)
    faces = YuNetCounter(settings.models_dir).count(image).faces
    able = [face for face in faces if face.w >= engine.smallest_px]
    found = one_face_each(
        [match_face(engine.describe(image, face), roster.templates, engine.similarity) for face in able]
    )
    rows: list[dict[str, Any]] = []
    for face, best in zip(able, found, strict=True):
        sure = best.reaches(engine.thresholds.single, engine.thresholds.margin)
        box = {side: round(getattr(face, side), 1) for side in ("x", "y", "w", "h")}
        similarity = round(best.similarity, 3) if best.trainee else None
        rows.append({**box, "trainee": best.trainee if sure else None, "similarity": similarity})
    if as_json:
        record = {
            "engine": engine.version.name,
            "threshold": engine.thresholds.single,
            "faces": rows,
            "too_small": len(faces) - len(able),
            "problems": [problem.problem() for problem in roster.problems],
        }
        typer.echo(json.dumps(record, ensure_ascii=False))
    else:
        out = _console()
        for row in rows:
            who = row["trainee"] or "未知 unknown"
            out.print(f"({row['x']:.0f}, {row['y']:.0f}) {row['w']:.0f} px: {who}, {row['similarity']}")
        out.print(f"{len(faces)} 张人脸 faces, {len(faces) - len(able)} 张过小 too small to identify")
        _show(roster.problems)
    if roster.problems:
        raise typer.Exit(2)


def _settings(config: Path | None, data: Path | None) -> EdgeSettings:
    settings: EdgeSettings = EdgeSettings.load(config, data_dir=data)
    return settings


def _opened(config: Path | None, data: Path | None) -> tuple[EdgeSettings, TemplateStore]:
    settings = _settings(config, data)
    check_enabled(settings)
    return settings, TemplateStore(settings.data_dir)


def _today() -> date:
    return SystemClock().now().astimezone(CHINA).date()


def _record(person: Enrolled) -> dict[str, Any]:
    return {
        "trainee": person.trainee,
        "engine": person.engine.name,
        "enrolled_at": person.enrolled_at.isoformat(),
        "consent": person.consent.id,
        "consent_text": person.consent.text_version,
        "consent_at": person.consent.at.isoformat(),
        "delete_on": person.delete_on.isoformat(),
    }


def _console(stderr: bool = False) -> Console:
    return Console(stderr=stderr, highlight=False, markup=False, soft_wrap=True)


def _warn(persons: Persons) -> None:
    if persons.warning:
        _console(stderr=True).print(f"{persons.warning} " + " ".join(_FILING[persons.warning]), style="red")


def _show(problems: tuple[LessonProofError, ...]) -> None:
    err = _console(stderr=True)
    for problem in problems:
        err.print(f"{problem.code} {problem.zh} {problem.en}", style="red")
