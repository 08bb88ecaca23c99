"""What people typed into a form, as the models of the services; a fault names the field as the page does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request
from pydantic import BaseModel, ValidationError

from config.errors import LessonProofError
from supervisor.console.i18n import words

Model = TypeVar("Model", bound=BaseModel)


async def _typed(request: Request) -> dict[str, str]:
    form = await request.form()
    return {name: value.strip() for name, value in form.items() if isinstance(value, str)}


Typed = Annotated[dict[str, str], Depends(_typed)]
"""Every text field of the form that was sent; files are left out."""


def modelled(model: type[Model], values: Mapping[str, Any], labels: Mapping[str, str]) -> Model:
    """Empty texts are nothing. Raises LessonProofError FORM_INVALID (422), with the label of the first wrong field."""
    try:
        return model.model_validate({name: value for name, value in values.items() if value not in ("", None, [])})
    except ValidationError as error:
        loc = [str(part) for part in error.errors(include_url=False, include_input=False)[0]["loc"]]
        field = next((part for part in reversed(loc) if part in labels), "")
        label = labels.get(field, "")
        raise LessonProofError(
            "FORM_INVALID",
            status=422,
            where=field or None,
            zh=f"「{label}」没有填或填得不对" if label else "填写的内容不正确",
            en=f"“{words('en')(label)}” is missing or not as it should be" if label else "what was filled in is wrong",
        ) from None
