"""The reference registry on a port of its own, and a centre that reports to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from config.settings import RegistrySettings
from supervisor.centre import Centre
from supervisor.registry.client import HttpRegistryClient
from supervisor.registry.mapping import load_mapping
from supervisor.registry.reference import ReferenceRegistry, registry_app
from tests.support.centre_server import serving_app

TOKEN = "reference-token"


@contextmanager
def registry_of(centre: Centre, timeout_s: float = 10) -> Iterator[tuple[ReferenceRegistry, HttpRegistryClient]]:
    reference = ReferenceRegistry(TOKEN)
    with serving_app(registry_app(reference)) as url:
        wanted: dict[str, Any] = {"base_url": url, "token": TOKEN, "allowed_hosts": ["127.0.0.1"]}
        settings = RegistrySettings(kind="http", timeout_s=timeout_s, **wanted)
        object.__setattr__(centre.settings, "registry", settings)  # settings are read once; a test may change its own
        yield reference, HttpRegistryClient(settings, load_mapping(None))
