"""What a site or a county may set: a TOML file, then the environment, built once in `main()` and passed down.

supervisor serve --config centre.toml        environment: LESSONPROOF_CENTRE_…
edge-agent run --config edge.toml            environment: LESSONPROOF_EDGE_…
"""

from __future__ import annotations

import os
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from tomllib import TOMLDecodeError
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from config.errors import LessonProofError


def data_home() -> Path:
    """XDG_DATA_HOME/lessonproof, or ~/.local/share/lessonproof."""
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "lessonproof"


def cache_home() -> Path:
    """XDG_CACHE_HOME/lessonproof, or ~/.cache/lessonproof."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lessonproof"


class _FileSettings(BaseSettings):
    """A TOML file first, the environment over it; an unknown key is an error, not a silent nothing."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @classmethod
    def load(cls, path: Path | None = None, **overrides: Any) -> Any:
        """Raises LessonProofError SETTINGS_INVALID with the key that is wrong."""
        if path is not None and not path.is_file():
            raise LessonProofError(
                "SETTINGS_NOT_FOUND", zh=f"找不到配置文件 {path}", en=f"no configuration file {path}", status=404
            )
        bound = type(
            cls.__name__,
            (cls,),
            {"model_config": {**cls.model_config, "toml_file": path}, "__module__": cls.__module__},
        )
        try:
            return bound(**{key: value for key, value in overrides.items() if value is not None})
        except TOMLDecodeError as error:
            raise LessonProofError(
                "SETTINGS_INVALID", zh=f"{path} 不是 TOML:{error}", en=f"{path} is not TOML: {error}"
            ) from None
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            raise LessonProofError(
                "SETTINGS_INVALID",
                zh=f"配置项 {where} 不正确:{first['msg']}",
                en=f"setting {where}: {first['msg']}",
                where=where,
            ) from None


class S3Settings(BaseModel):
    """The bucket of the archive: the table [s3] of the TOML file, or LESSONPROOF_CENTRE_S3__BUCKET and so on."""

    model_config = ConfigDict(extra="forbid")
    bucket: Annotated[str, Field(min_length=3, max_length=63)]
    endpoint: HttpUrl | None = None  # None: Amazon's for the region
    region: str = "us-east-1"  # stores of one's own take any name
    path_style: bool = True  # bucket in the path; False: in the host name
    access_key_id: str
    secret_access_key: SecretStr | None = None
    secret_access_key_file: Path | None = None  # instead of the key itself; systemd's LoadCredential= makes one
    object_lock: bool = False  # the bucket has a default retention in COMPLIANCE mode; a clip without it is an alarm
    retention_days: Annotated[int, Field(gt=0)] = 730  # how long that retention is at least
    direct_upload: bool = False  # boxes send clips straight into the bucket, by requests the centre signs beforehand
    direct_endpoint: HttpUrl | None = None  # how boxes reach the store; None: endpoint

    @model_validator(mode="after")
    def _one_secret(self) -> Self:
        if (self.secret_access_key is None) == (self.secret_access_key_file is None):
            raise ValueError("set either secret_access_key or secret_access_key_file")
        return self

    def secret(self) -> SecretStr:
        """Raises LessonProofError SETTINGS_INVALID when the file cannot be read."""
        if self.secret_access_key is not None:
            return self.secret_access_key
        assert self.secret_access_key_file is not None
        try:
            return SecretStr(self.secret_access_key_file.read_text(encoding="utf-8").strip())
        except (OSError, UnicodeDecodeError) as error:
            raise LessonProofError(
                "SETTINGS_INVALID",
                zh=f"无法读取密钥文件 {self.secret_access_key_file}({type(error).__name__})",
                en=f"cannot read the key file {self.secret_access_key_file} ({type(error).__name__})",
                where="s3.secret_access_key_file",
            ) from None


class WitnessSettings(BaseModel):
    """An outside witness of the centre's log: one table [[witnesses]] each (docs/signed-log.md)."""

    model_config = ConfigDict(extra="forbid")
    vkey: str  # C2SP verifier key of type 0x04, as `supervisor witness` prints it
    url: HttpUrl  # submission prefix: checkpoints go to <url>/add-checkpoint

    @field_validator("url")
    @classmethod
    def _plain(cls, url: HttpUrl) -> HttpUrl:
        if url.username or url.password or url.query or url.fragment:
            raise ValueError("an address without user name, query and fragment")
        return url


class RegistrySettings(BaseModel):
    """The feed to the real-name registry: the table [registry] (docs/registry.md)."""

    model_config = ConfigDict(extra="forbid")
    kind: Literal["none", "http", "file"] = "none"
    base_url: HttpUrl | None = None
    allowed_hosts: list[str] = Field(default_factory=list)  # the only hosts that ever get a person's data
    token: SecretStr | None = None
    timeout_s: Annotated[float, Field(gt=0, le=120)] = 20  # for one whole exchange
    response_max_bytes: Annotated[int, Field(gt=0)] = 4 * 1024**2
    mapping: Path | None = None  # YAML; None: the shipped mappings/ministry.yaml
    folder: Path | None = None  # kind "file": where the sheets are put
    sheet: Literal["csv", "xlsx"] = "xlsx"
    batch: Annotated[int, Field(gt=0, le=1000)] = 100

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.kind == "file" and self.folder is None:
            raise ValueError('kind = "file" needs folder')
        if self.kind != "http":
            return self
        if self.base_url is None or self.token is None:
            raise ValueError('kind = "http" needs base_url and token')
        if self.base_url.host not in self.allowed_hosts:
            raise ValueError("the host of base_url is not in allowed_hosts")
        if self.base_url.scheme != "https" and self.base_url.host not in ("127.0.0.1", "localhost", "[::1]"):
            raise ValueError("base_url is not https")
        if self.base_url.username or self.base_url.password or self.base_url.query or self.base_url.fragment:
            raise ValueError("base_url without user name, query and fragment")
        return self


class CentreSettings(_FileSettings):
    model_config = SettingsConfigDict(env_prefix="LESSONPROOF_CENTRE_", env_nested_delimiter="__", extra="forbid")

    data_dir: Path = Field(default_factory=lambda: data_home() / "centre")
    database_url: str | None = None  # None: SQLite in data_dir; or postgresql+psycopg://…
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    public_url: HttpUrl | None = None  # how phones and boxes reach the centre; None: http://host:port
    box_silent_after_s: float = 30
    forwarded_allow_ips: str = "127.0.0.1"  # proxies whose X-Forwarded-For is believed, separated by commas
    region: Annotated[str, Field(pattern=r"^\d{6}$")] = "140521"  # GB/T 2260: classes follow this county's rules only
    demo: bool = False  # the demo's short rules as well; never where money is paid
    profiles_dir: Path | None = None  # the county's own region profiles and holidays/*.yaml, beside the shipped ones
    archive: Literal["local", "s3"] = "local"  # where clips are kept: data_dir/objects, or the bucket of [s3]
    s3: S3Settings | None = None
    metrics_port: Annotated[int, Field(ge=0, le=65535)] = 0  # Prometheus, on loopback only; 0: off
    # The name of the centre's own log; None: lessonproof/<region>. It can never change: auditors know the log by it.
    log_name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9./-]{2,99}$")] | None = None
    registry: RegistrySettings = Field(default_factory=RegistrySettings)
    # Who cosigns the centre's log. A reader of notes need not take more than 16 signatures (C2SP signed-note).
    witnesses: Annotated[list[WitnessSettings], Field(default_factory=list, max_length=15)]

    @property
    def log_origin(self) -> str:
        return self.log_name or f"lessonproof/{self.region}"

    @model_validator(mode="after")
    def _archive_is_named(self) -> Self:
        if self.archive == "s3" and self.s3 is None:
            raise ValueError('archive = "s3" needs the table [s3]')
        return self

    def engine_url(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir / 'centre.db'}"


FINGERPRINT = r"^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){31}$"
"""SHA-256 of a certificate, as browsers show it."""


class CameraSettings(BaseModel):
    """One camera of the site. `code` is the name the centre registered it under."""

    model_config = ConfigDict(extra="forbid")
    code: str
    url: SecretStr  # rtsp://user:password@address/path; secret because of the password
    live_url: SecretStr | None = None  # its H.264 sub-stream, for live view; None: it has none
    transport: Annotated[str, Field(pattern="^(tcp|udp)$")] = "tcp"
    # Of a camera that speaks TLS: its device service, and the certificate it showed when it was added.
    onvif_url: str | None = None
    onvif_certificate: Annotated[str | None, Field(pattern=FINGERPRINT)] = None

    def urls(self) -> list[str]:
        """Every stream of it, with the password."""
        return [url.get_secret_value() for url in (self.url, self.live_url) if url is not None]


class EdgeSettings(_FileSettings):
    model_config = SettingsConfigDict(env_prefix="LESSONPROOF_EDGE_", env_nested_delimiter="__", extra="forbid")

    data_dir: Path = Field(default_factory=lambda: data_home() / "edge")
    models_dir: Path = Field(default_factory=lambda: cache_home() / "models")
    centre_url: HttpUrl | None = None
    cameras: list[CameraSettings] = Field(default_factory=list)
    # Cameras may live only here: an address outside is refused before a connection is tried (SSRF).
    camera_networks: list[IPv4Network | IPv6Network] = Field(
        default=[
            IPv4Network("10.0.0.0/8"), IPv4Network("172.16.0.0/12"), IPv4Network("192.168.0.0/16"),
            IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"), IPv6Network("fc00::/7"), IPv6Network("fe80::/10"),
        ]
    )  # fmt: skip
    segment_s: Annotated[float, Field(gt=0)] = 60
    stall_after_s: Annotated[float, Field(gt=0)] = 5
    lead_s: float = 60  # recording starts this long before a lesson and goes on as long after it
    poll_s: Annotated[float, Field(gt=0)] = 5  # target and log are exchanged this often
    min_free_bytes: int = 2 * 1024**3  # kept free beside what a lesson needs
    # Who vouches for this machine's clock: "ntp", the kernel; "operator", a person (containers, virtual machines).
    clock_trust: Literal["ntp", "operator"] = "ntp"
    # Where the centre lets boxes send clips straight into its bucket: over TLS only; also in clear; not at all.
    direct_upload: Literal["https", "http", "off"] = "https"
    # How long fingerprints are kept, and so how far back a lesson hour is compared. 0: replays are not looked for.
    replay_days: Annotated[int, Field(ge=0, le=800)] = 90
    # Identity by face: opt-in, after an impact assessment and each trainee's own consent (docs/identity.md).
    identity: bool = False
    face_engine: Literal["sface", "face-recognition"] = "sface"  # the second needs the extra of that name
    # Selfies that trainees seal to this box with a check-in: opened and compared here (docs/phone.md). Needs identity.
    selfies: bool = False
    expected_bitrate: int = 4_000_000  # bit/s a camera: what disk admission plans with
    metrics_port: Annotated[int, Field(ge=0, le=65535)] = 9464  # Prometheus, on loopback only; 0: off
    panel_port: Annotated[int, Field(ge=0, le=65535)] = (
        0  # the page for the screen at the box, on loopback only; 0: off
    )

    @model_validator(mode="after")
    def _selfies_are_compared(self) -> Self:
        if self.selfies and not self.identity:
            raise ValueError("selfies = true needs identity = true")
        return self
