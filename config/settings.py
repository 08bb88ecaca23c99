"""What a site or a county may set: a TOML file, then the environment, built once in `main()` and passed down.

supervisor serve --config centre.toml        environment: LESSONPROOF_CENTRE_…
edge-agent run --config edge.toml            environment: LESSONPROOF_EDGE_…
"""

from __future__ import annotations

import os
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, SecretStr, ValidationError
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
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            raise LessonProofError(
                "SETTINGS_INVALID",
                zh=f"配置项 {where} 不正确:{first['msg']}",
                en=f"setting {where}: {first['msg']}",
                where=where,
            ) from None


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
    profiles_dir: Path | None = None  # the county's own region profiles, beside the shipped ones

    def engine_url(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir / 'centre.db'}"


class CameraSettings(BaseModel):
    """One camera of the site. `code` is the name the centre registered it under."""

    model_config = ConfigDict(extra="forbid")
    code: str
    url: SecretStr  # rtsp://user:password@address/path; secret because of the password
    transport: Annotated[str, Field(pattern="^(tcp|udp)$")] = "tcp"


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
    expected_bitrate: int = 4_000_000  # bit/s a camera: what disk admission plans with
