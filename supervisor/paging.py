"""Pages by key, not by number: a cursor names the last row seen, so nothing is shown twice or left out while rows come
in. Opaque to the caller, and nothing secret: the query's own scope decides what there is."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar, TypeVarTuple
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel
from sqlalchemy import Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from config.errors import LessonProofError

Item = TypeVar("Item")
Row = TypeVar("Row")
Columns = TypeVarTuple("Columns")

LARGEST = 200
PageSize = Annotated[int, Query(ge=1, le=LARGEST, description="rows a page")]
CursorText = Annotated[str | None, Query(max_length=256, description="`next` of the page before")]
Key = tuple[datetime, UUID]


class Page(BaseModel, Generic[Item]):
    """`next` None: this was the last page."""

    items: list[Item]
    next: str | None


def cursor_of(at: datetime, row: UUID) -> str:
    return base64.urlsafe_b64encode(json.dumps([at.isoformat(), row.hex]).encode()).decode().rstrip("=")


def after(cursor: str | None) -> Key | None:
    """Raises LessonProofError CURSOR_INVALID (422)."""
    if cursor is None:
        return None
    try:
        at, row = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        found = datetime.fromisoformat(at), UUID(row)
    except (ValueError, TypeError, AttributeError):
        raise _invalid() from None
    if found[0].tzinfo is None:
        raise _invalid()
    return found


def paged(
    query: Select[*Columns],
    at: InstrumentedAttribute[datetime],
    row: InstrumentedAttribute[UUID],
    cursor: str | None,
    size: int,
    *,
    newest: bool = False,
) -> Select[*Columns]:
    """`query` by (`at`, `row`) from after `cursor`, one row more than `size`. Raises CURSOR_INVALID (422)."""
    key = after(cursor)
    if key is not None:
        query = query.where(tuple_(at, row) < key if newest else tuple_(at, row) > key)
    return query.order_by(*((at.desc(), row.desc()) if newest else (at, row))).limit(size + 1)


def page_of(rows: Sequence[Row], size: int, key: Callable[[Row], Key], show: Callable[[Row], Any]) -> dict[str, Any]:
    """For `Page(**…)`, from one row more than asked for, if there is one."""
    shown = rows[:size]
    return {"items": [show(row) for row in shown], "next": cursor_of(*key(shown[-1])) if len(rows) > size else None}


def _invalid() -> LessonProofError:
    return LessonProofError(
        "CURSOR_INVALID",
        status=422,
        where="/cursor",
        zh="翻页标记无效,请从第一页开始",
        en="this is no cursor of ours: begin with the first page",
    )
