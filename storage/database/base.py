"""The two databases' declarative bases. The centre's tables live in its feature packages (`models.py`), the box's in
`storage.evidence.tables`; migrations for both are in `migrations/`."""

from __future__ import annotations

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

_NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class CentreBase(DeclarativeBase):
    metadata = MetaData(naming_convention=_NAMING)


class BoxBase(DeclarativeBase):
    metadata = MetaData(naming_convention=_NAMING)
