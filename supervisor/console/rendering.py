"""From a view to a page: Jinja templates, the words of the visitor's language, and headers that let nothing else in."""

from __future__ import annotations

import json
import secrets
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from supervisor.bundles.endpoints import EXPORT_ROLES
from supervisor.callers import Caller
from supervisor.console import i18n
from supervisor.console.i18n import LANGUAGES, Words, words
from supervisor.console.navigation import menu_of, registers_of
from supervisor.console.views import Viewer

DIST = Path(str(resources.files("supervisor.console"))) / "static/dist"

_POLICY = (
    "default-src 'none'; script-src 'self' {script}; style-src 'self' {style}; img-src 'self' data: blob:; "
    "media-src 'self' blob:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class BundleMissing(RuntimeError):
    """The front end was not built: reinstall the checkout (`uv sync`), which runs hatch_build.py."""


@cache
def bundle() -> dict[str, str]:
    """Logical name → hashed file name in `DIST`, as hatch_build.py wrote it."""
    try:
        files: dict[str, str] = json.loads((DIST / "manifest.json").read_text(encoding="utf-8"))["files"]
    except OSError:
        raise BundleMissing(f"no bundle in {DIST}: reinstall the checkout, hatch_build.py makes it") from None
    return files


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("supervisor.console"),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        clock_time=i18n.clock_time, short_time=i18n.short_time, full_time=i18n.full_time, site_date=i18n.site_date
    )
    return environment


def page_words(request: Request) -> Words:
    """The words of the language the visitor chose; Chinese until then."""
    chosen = request.cookies.get(i18n.COOKIE, "zh")
    return words(chosen if chosen in LANGUAGES else "zh")


def render(request: Request, template: str, status: int = 200, back: str = "", **context: Any) -> HTMLResponse:
    """An HTML answer of `templates/<template>`; `context` must hold every name the template uses. `back`: where to be
    after changing the language, when not here again."""
    visitor = page_words(request)
    nonce = secrets.token_urlsafe(12)
    back = back or request.url.path + (f"?{request.url.query}" if request.url.query else "")
    html = (
        _environment()
        .get_template(template)
        .render(
            _=visitor,
            words=visitor,
            nonce=nonce,
            asset=lambda name: f"/static/{bundle()[name]}",
            back=back,
            status=status,
            **context,
        )
    )
    response = HTMLResponse(html, status_code=status)
    inline = f"'nonce-{nonce}'"
    response.headers["Content-Security-Policy"] = _POLICY.format(script=inline, style=inline)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cache-Control"] = "no-store"
    response.headers["Vary"] = "Cookie"
    return response


def viewer_of(caller: Caller) -> Viewer:
    """What every page's head needs to know of who is signed in."""
    return Viewer(
        name=caller.name,
        unit=caller.unit,
        may_export=caller.role in EXPORT_ROLES,
        menu=() if caller.may_only_enrol else menu_of(caller.role),
    )


def render_register(request: Request, caller: Caller, register: str, **context: Any) -> HTMLResponse:
    """A page of the registers; `register`: its key in the row of them, and its template."""
    return render(
        request, f"{register}.html", viewer=viewer_of(caller), here="registers", demo=False,
        registers=registers_of(caller.role), register=register, **context,
    )  # fmt: skip
