"""The centre's working parts in one value, built once per process and handed to whoever needs them."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import HttpUrl

from config.clock import Clock, SystemClock
from config.errors import LessonProofError
from config.settings import CentreSettings, S3Settings
from storage.database.engine import open_engine
from storage.database.migrate import upgrade
from storage.evidence.keyfile import load_or_create
from storage.evidence.note import Signer
from storage.objects import LocalObjectStore, ObjectStore
from supervisor import calendars, profiles, tables
from supervisor.audit.log import CentreUnitOfWork, Entry, entries_about, note
from supervisor.audit.outside import OutsideWitness, configured
from supervisor.live.port import LiveRelay
from supervisor.live.relay import InProcessRelay
from supervisor.live.turnstile import Turnstile
from supervisor.throttle import Throttle
from supervisor.vault import Vault

if TYPE_CHECKING:  # obstore loads only where the archive is a bucket
    from storage.objects.presign import Presigner
    from storage.objects.s3 import Bucket

_WILDCARDS = {"", "0.0.0.0", "::"}  # noqa: S104 - refused, not bound


@dataclass(frozen=True)
class Centre:
    """`presigner` None: clips come through the centre only."""

    settings: CentreSettings
    clock: Clock
    uow: CentreUnitOfWork
    store: ObjectStore
    vault: Vault
    log_signer: Signer
    """Signs the centre's own log."""
    witness: Signer
    """Cosigns the boxes' logs."""
    outside: tuple[OutsideWitness, ...] = ()
    """Who cosigns the centre's own log."""
    presigner: Presigner | None = None
    throttle: Throttle = field(default_factory=Throttle)
    live: LiveRelay = field(default_factory=lambda: InProcessRelay(SystemClock()))
    turnstile: Turnstile = field(default_factory=Turnstile)

    @property
    def public_url(self) -> str:
        """How people and boxes reach the centre, without a trailing slash."""
        fallback = f"http://{self.settings.host}:{self.settings.port}"
        return str(self.settings.public_url or fallback).rstrip("/")


def open_centre(settings: CentreSettings, clock: Clock) -> Centre:
    """Folders, keys and database ready for use; tables are brought to the newest version.

    Raises LessonProofError PUBLIC_URL_NEEDED: links and QR codes made of a wildcard address would lead nowhere.
    """
    if settings.public_url is None and settings.host in _WILDCARDS:
        raise LessonProofError(
            "PUBLIC_URL_NEEDED",
            zh=f"监听 {settings.host or '所有地址'} 时须设置 public_url:手机和盒子访问中心端的地址",
            en=f"listening on {settings.host or 'every address'} needs public_url: the address phones and boxes use",
        )
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    settings.data_dir.chmod(0o700)
    if settings.profiles_dir is not None:
        profiles.add_folder(settings.profiles_dir)
        calendars.add_folder(settings.profiles_dir / "holidays")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # a line for each request, with S3's signatures in it
    engine = open_engine(settings.engine_url())
    assert tables.METADATA.tables  # every model is imported, so that foreign keys resolve
    upgrade(engine, "centre")
    log_signer = Signer(settings.log_origin, load_or_create(settings.data_dir / "log-key.pem"))
    witness = Signer(f"{settings.log_origin}/witness", load_or_create(settings.data_dir / "witness-key.pem"))
    centre = Centre(
        settings=settings,
        clock=clock,
        uow=CentreUnitOfWork(engine),
        store=open_store(settings),
        vault=Vault.open(settings.data_dir),
        log_signer=log_signer,
        witness=witness,
        outside=configured(settings.witnesses, own=[one.verifier().public_key for one in (log_signer, witness)]),
        presigner=open_presigner(settings),
    )
    with centre.uow.write() as session:
        for name in profiles.profile_names():
            if not entries_about(session, f"profile:{name}"):
                digest = profiles.profile_named(name).digest()
                note(session, Entry(clock.now(), "profile", f"profile:{name}", "centre", {"sha256": digest}))
    return centre


def open_store(settings: CentreSettings) -> ObjectStore:
    """The archive of the settings. A bucket is not asked for anything yet: the centre starts without it."""
    if settings.archive == "local":
        return LocalObjectStore(settings.data_dir / "objects")
    from storage.objects.s3 import S3ObjectStore

    assert settings.s3 is not None
    return S3ObjectStore(_bucket(settings.s3, settings.s3.endpoint))


def open_presigner(settings: CentreSettings) -> Presigner | None:
    """None: the settings do not let boxes into the bucket."""
    if settings.archive == "local" or settings.s3 is None or not settings.s3.direct_upload:
        return None
    from storage.objects.presign import Presigner

    # The store compares the signature's time with the world's, whatever clock the centre is run by.
    return Presigner(_bucket(settings.s3, settings.s3.direct_endpoint or settings.s3.endpoint), SystemClock())


def _bucket(s3: S3Settings, endpoint: HttpUrl | None) -> Bucket:
    from storage.objects.s3 import Bucket

    return Bucket(
        name=s3.bucket,
        access_key_id=s3.access_key_id,
        secret_access_key=s3.secret(),
        region=s3.region,
        endpoint=None if endpoint is None else str(endpoint).rstrip("/"),
        path_style=s3.path_style,
    )
