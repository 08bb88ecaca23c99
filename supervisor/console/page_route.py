"""What every page has in common: errors become a page in the words of problem+json; strangers go to sign-in."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from html import escape
from typing import Any
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute

from config.errors import LessonProofError
from supervisor.console.rendering import page_words, render

ANYONE = {"x-roles": ["anyone"]}
"""`openapi_extra` of a page that needs no account."""
ENROL = "/me"
"""Where who may only set up a second factor is led from everywhere else, and told why."""


class PageRoute(APIRoute):
    """A route whose LessonProofErrors are shown as HTML; NOT_SIGNED_IN leads to the sign-in page and back,
    SECOND_FACTOR_MISSING to where one is set up."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def page(request: Request) -> Response:
            try:
                return await handler(request)
            except LessonProofError as error:
                return error_page(request, error)
            except RequestValidationError:
                return error_page(request, not_found())

        return page


def error_page(request: Request, error: LessonProofError) -> Response:
    if error.code == "NOT_SIGNED_IN":
        if "hx-request" in request.headers:
            return Response(status_code=401)  # the script reloads the whole page
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/login?next={quote(here)}", status_code=303)
    if error.code == "SECOND_FACTOR_MISSING":
        if "hx-request" in request.headers:
            return Response(headers={"HX-Redirect": ENROL})
        return RedirectResponse(ENROL, status_code=303)
    return render(
        request,
        "error.html",
        status=error.status,
        viewer=None,
        here="",
        demo=False,
        sentence=sentence(request, error),
        code=error.code,
    )


def answered(request: Request, act: Callable[[], str]) -> Response:
    """`act` does what a form asks for and gives the page to go on to. Its fault is told beside the form where a script
    sent it, and is a page of its own otherwise. A page that ends in `#…` must differ in its query from the one before:
    a browser does not load the same one again."""
    try:
        onward = act()
    except LessonProofError as error:
        if "hx-request" not in request.headers:
            raise
        return HTMLResponse(escape(sentence(request, error)))
    if "hx-request" in request.headers:
        return Response(headers={"HX-Redirect": onward})
    return RedirectResponse(onward, status_code=303)


def wants_page(request: Request) -> bool:
    """Whether a person with a browser asked, not a program."""
    return not request.url.path.startswith("/api/") and "text/html" in request.headers.get("accept", "")


def sentence(request: Request, error: LessonProofError) -> str:
    """The error's sentence in the visitor's language."""
    return error.zh if page_words(request).language == "zh" else error.en


def not_found() -> LessonProofError:
    return LessonProofError("PAGE_NOT_FOUND", status=404, zh="没有这个页面", en="there is no such page")


def own_path(target: str) -> str:
    """`target` if it is a path of this site, else `/`: a form field must not lead people elsewhere."""
    return target if target.startswith("/") and not target.startswith(("//", "/\\")) else "/"
