"""`edge-agent camera discover | probe | add`: an installer's three steps from a bare network to a recording camera."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import SplitResult, quote, unquote, urlsplit

import typer
from pydantic import SecretStr
from rich.console import Console

from config.clock import SystemClock
from config.errors import LessonProofError
from config.settings import FINGERPRINT, CameraSettings, EdgeSettings

if TYPE_CHECKING:  # zeep and OpenCV load only where a camera is asked
    from device_adapters.cameras.onvif import OnvifCamera
    from device_adapters.cameras.probe import CameraReport
    from device_adapters.cameras.remarks import Remark

camera = typer.Typer(
    name="camera",
    no_args_is_help=True,
    help="Find cameras, look at one closely, add it to the box. 摄像头:查找、检测、加入配置。",
)

Config = Annotated[Path | None, typer.Option(help="The box's TOML file.")]
User = Annotated[str, typer.Option(help="The camera's user.")]
PasswordFile = Annotated[Path | None, typer.Option(help="File whose first line is the camera's password.")]
KnownCertificate = Annotated[
    str | None,
    typer.Option(
        "--certificate", metavar="SHA256", help="The fingerprint AB:CD:… on the camera's own page: refuse any other."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Target = Annotated[
    str, typer.Argument(metavar="URL_OR_HOST", help="Host, http://…/onvif/device_service, or rtsp://…/path.")
]
_STYLE = {"problem": "red", "warning": "yellow", "note": "cyan"}
_MARK = {"problem": "问题 problem", "warning": "注意 warning", "note": "说明 note"}


@camera.command()
def discover(
    interface: Annotated[str | None, typer.Option(help="Only there: a name or an IPv4 address.")] = None,
    host: Annotated[str | None, typer.Option(help="Ask this one host, where multicast does not reach.")] = None,
    port: Annotated[int, typer.Option(help="WS-Discovery port of --host.")] = 3702,
    seconds: Annotated[float, typer.Option("--for", min=0.2, max=30, help="Seconds to wait for answers.")] = 4,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Ask the local network for ONVIF cameras. 在本地网络中查找 ONVIF 摄像头。

    Exit status 1 when none answers.
    """
    from device_adapters.cameras.discovery import discover as ask

    settings: EdgeSettings = EdgeSettings.load(config)
    try:
        found = ask(
            networks=settings.camera_networks,
            clock=SystemClock(),
            limit_s=seconds,
            interface=interface,
            host=host,
            port=port if host is not None else 3702,
        )
    except OSError as error:
        raise LessonProofError(
            "DISCOVERY_FAILED", zh=f"无法发出查找报文:{error}", en=f"the question could not be sent: {error}"
        ) from None
    if as_json:
        typer.echo(json.dumps({"cameras": [asdict(one) for one in found]}, ensure_ascii=False))
    else:
        out = _console()
        for one in found:
            url = min(one.urls, key=lambda url: not url.startswith("https://"))
            out.print(f"{url}  {one.name} {one.hardware} {one.location}".rstrip())
        if not found:
            out.print("没有摄像头应答:确认已启用 ONVIF,且与本机在同一网段", style="yellow")
            out.print("no camera answered: is ONVIF enabled, and is it on this network?")
    if not found:
        raise typer.Exit(1)


@camera.command()
def probe(
    target: Target,
    user: User = "",
    password_file: PasswordFile = None,
    snapshot: Annotated[Path | None, typer.Option(help="Save the camera's JPEG here.")] = None,
    seconds: Annotated[float, typer.Option("--for", min=1, max=60, help="Seconds to look at the stream.")] = 12,
    sample_every: Annotated[float, typer.Option(min=0.1, help="The county's sample_every_s.")] = 5,
    certificate: KnownCertificate = None,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Look at one camera: what it is, what it sends, what is wrong with it. 检测一台摄像头并指出问题。

    A camera that is in --config and speaks TLS must show the certificate it was added with.

    Exit status 1 when something keeps it from being recorded.
    """
    from device_adapters.cameras.address import redact
    from device_adapters.cameras.onvif.addresses import entrance
    from device_adapters.cameras.probe import probe_device, probe_stream
    from device_adapters.cameras.remarks import RemarkLevel, remarks
    from device_adapters.cameras.rtsp import RtspCamera

    settings: EdgeSettings = EdgeSettings.load(config)
    clock = SystemClock()

    def opened(url: SecretStr) -> RtspCamera:
        return RtspCamera(url.get_secret_value(), networks=settings.camera_networks, clock=clock)

    url, user, password = _login(target, user, password_file)
    if url.startswith(("rtsp://", "rtsps://")):
        source = opened(SecretStr(_with_login(urlsplit(url), user, password)))
        report = probe_stream(source, redact(url, password), clock, measure_s=seconds)
    else:
        device = _connected(url, settings, user, password, certificate)
        address = entrance(url, settings.camera_networks).shown
        report = probe_device(device, address, opened, clock, measure_s=seconds)
    found = remarks(report, sample_every)
    if snapshot is not None and report.snapshot is not None:
        _save(snapshot, report.snapshot)
    if as_json:
        typer.echo(json.dumps(_record(report, found, snapshot), ensure_ascii=False))
    else:
        _print(report, found, snapshot, _console())
    if any(remark.level is RemarkLevel.PROBLEM for remark in found):
        raise typer.Exit(1)


@camera.command()
def add(
    code: Annotated[str, typer.Argument(help="The code the centre registered the camera under.")],
    target: Target,
    config: Annotated[Path, typer.Option(help="The box's TOML file; made when absent.")],
    user: User = "",
    password_file: PasswordFile = None,
    live_url: Annotated[
        str, typer.Option(help="rtsp:// address of the H.264 sub-stream, where the camera does not tell it.")
    ] = "",
    certificate: KnownCertificate = None,
    transport: Annotated[str, typer.Option(help="tcp or udp.")] = "tcp",
) -> None:
    """Write a camera into the box's configuration. 把摄像头写入盒子的配置文件。

    An ONVIF camera is asked for the addresses of its main stream and of an H.264 sub-stream for live view; of one that
    speaks TLS the certificate is written down too, and from then on no other is accepted. Everything else in the file
    stays as it is; the file becomes readable for its owner alone, because it holds the password.
    """
    from edge_agent.site_file import add_camera

    if transport not in ("tcp", "udp"):
        raise typer.BadParameter("tcp or udp", param_hint="--transport")
    settings: EdgeSettings = EdgeSettings.load(config if config.is_file() else None)
    url, user, password = _login(target, user, password_file)
    live = None
    if live_url:
        bare, own_user, own_password = _login(live_url, "", None)
        live = SecretStr(_with_login(urlsplit(bare), own_user or user, own_password or password))
    if url.startswith(("rtsp://", "rtsps://")):
        main = SecretStr(_with_login(urlsplit(url), user, password))
        wanted = CameraSettings(code=code, url=main, live_url=live, transport=transport)
    else:
        device = _connected(url, settings, user, password, certificate)
        main, sub = _streams(device)
        wanted = CameraSettings(code=code, url=main, live_url=live or sub, transport=transport)
        if device.certificate is not None:
            wanted.onvif_url, wanted.onvif_certificate = device.shown, device.certificate.sha256
    is_new = add_camera(config, wanted)
    _print_added(config, wanted, settings, is_new=is_new)


def _print_added(config: Path, camera: CameraSettings, settings: EdgeSettings, *, is_new: bool) -> None:
    from device_adapters.cameras.address import checked_address

    shown = [checked_address(url, settings.camera_networks).shown for url in camera.urls()]
    out = _console()
    out.print(f"{'已新建' if is_new else '已写入'} {config}:{camera.code} {shown[0]}", style="green")
    out.print(f"{'made' if is_new else 'written to'} {config}: {camera.code} {shown[0]}")
    if camera.live_url is not None:
        out.print(f"实时 live: {shown[1]}")
    else:
        out.print("没有用于实时巡查的 H.264 子码流", style="yellow")
        out.print("no H.264 sub-stream for live view")
    if camera.onvif_certificate is not None:
        out.print(f"证书 certificate SHA-256 {camera.onvif_certificate}")
        out.print("请与摄像头网页上的指纹核对;以后只接受此证书")
        out.print("compare it with the camera's own page; from now on no other is accepted")


def _console() -> Console:
    """Prints what it is given: `:AB:` within a fingerprint is no emoji."""
    return Console(highlight=False, soft_wrap=True, markup=False, emoji=False)


def _save(file: Path, picture: bytes) -> None:
    try:
        file.write_bytes(picture)
    except OSError as error:
        raise LessonProofError(
            "SNAPSHOT_FILE", zh=f"无法写入 {file}:{error.strerror}", en=f"cannot write {file}: {error.strerror}"
        ) from None


def _streams(device: OnvifCamera) -> tuple[SecretStr, SecretStr | None]:
    """To record, and to show live: None where no H.264 sub-stream is told."""
    from device_adapters.cameras.onvif import live_profile, main_profile
    from device_adapters.interfaces import OnvifFault

    try:
        profiles = device.profiles()
        main, live = main_profile(profiles), live_profile(profiles)
        if main is not None:
            sub = None if live is None or live.token == main.token else device.stream_uri(live)
            return device.stream_uri(main), sub
    except OnvifFault as fault:
        raise _shown(fault) from None
    raise LessonProofError(
        "CAMERA_NOT_VIDEO", zh="摄像头没有 H.264 或 H.265 码流", en="the camera offers no H.264 or H.265 stream"
    )


def _connected(url: str, settings: EdgeSettings, user: str, password: str, certificate: str | None) -> OnvifCamera:
    from device_adapters.cameras.onvif import connect
    from device_adapters.interfaces import OnvifFault

    if certificate is not None and not re.fullmatch(FINGERPRINT, certificate):
        raise typer.BadParameter("32 bytes as AB:CD:…", param_hint="--certificate")
    try:
        return connect(
            url,
            networks=settings.camera_networks,
            clock=SystemClock(),
            user=user,
            password=password,
            certificate=certificate or _certificate_at(url, settings),
        )
    except OnvifFault as fault:
        raise _shown(fault) from None


def _certificate_at(url: str, settings: EdgeSettings) -> str | None:
    """The one by which the camera at this place was added. Raises OnvifFault."""
    from device_adapters.cameras.onvif.addresses import entrance

    def place(address: str) -> str:
        return urlsplit(entrance(address, settings.camera_networks).url).netloc

    wanted = place(url)
    for camera in settings.cameras:
        if camera.onvif_url is not None and place(camera.onvif_url) == wanted:
            return camera.onvif_certificate
    return None


def _shown(fault: Any) -> LessonProofError:
    from device_adapters.cameras.remarks import CURES

    zh, en = CURES[fault.kind.value]
    told = f"{fault.kind.value}({fault.detail})" if fault.detail else fault.kind.value
    return LessonProofError(f"CAMERA_{fault.kind.name}", zh=f"ONVIF:{told}。{zh}。", en=f"{told}: {en}.")


def _login(target: str, user: str, password_file: Path | None) -> tuple[str, str, str]:
    """The address without a login, user and password: the options' before the address's own. Raises LessonProofError
    PASSWORD_FILE, CAMERA_FORBIDDEN (an address that cannot be read)."""
    password = ""
    if "://" in target:
        try:
            if not target.isprintable():  # urlsplit drops line breaks without a word
                raise ValueError
            parts = urlsplit(target)
            own_user, own_password = parts.username or "", parts.password or ""
        except ValueError:
            raise LessonProofError(
                "CAMERA_FORBIDDEN", zh="摄像头地址无法识别", en="the camera's address cannot be read"
            ) from None
        user, password = user or unquote(own_user), unquote(own_password)
        target = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    if password_file is not None:
        try:
            password = password_file.read_text("utf-8").splitlines()[0]
        except (OSError, UnicodeDecodeError, IndexError):
            raise LessonProofError(
                "PASSWORD_FILE",
                zh=f"读不出密码文件 {password_file}",
                en=f"the password file {password_file} cannot be read",
            ) from None
    return target, user, password


def _with_login(parts: SplitResult, user: str, password: str) -> str:
    login = f"{quote(user, safe='')}:{quote(password, safe='')}@" if user else ""
    return parts._replace(netloc=login + parts.netloc).geturl()


def _record(report: CameraReport, found: list[Remark], saved: Path | None) -> dict[str, Any]:
    record = asdict(report)
    taken = record.pop("snapshot")
    record["snapshot"] = {
        "bytes": 0 if taken is None else len(taken),
        "file": str(saved) if saved is not None and taken is not None else None,
    }
    record["remarks"] = [asdict(remark) for remark in found]
    return record


def _print(report: CameraReport, found: list[Remark], saved: Path | None, out: Console) -> None:
    from edge_agent.half_blocks import half_blocks

    if report.snapshot is not None and out.is_terminal:
        picture = half_blocks(report.snapshot, out.width, max(out.height - 12, 12))
        if picture is not None:
            out.print(picture)
    out.print(report.address, style="bold")
    if report.information is not None:
        told = report.information
        out.print(f"{told.manufacturer} {told.model}  固件 firmware {told.firmware}  序列号 serial {told.serial}")
    if report.certificate is not None:
        known = "与配置一致 as expected" if report.certificate.is_known else "首次见到 first seen"
        out.print(f"证书 certificate SHA-256 {report.certificate.sha256}  {known}")
    if report.time is not None:
        out.print(f"时钟偏差 clock offset {report.time.offset_s:+.1f} ± {report.time.uncertainty_s:.1f} s")
    for profile in report.profiles:
        use = " ".join(
            word
            for word, chosen in (("录像 recording", report.main), ("实时 live", report.live))
            if chosen is not None and chosen.token == profile.token
        )
        rate = "" if profile.bit_rate is None else f" ≤ {profile.bit_rate / 1e6:.2f} Mbit/s"
        fps = "" if profile.fps is None else f" {profile.fps:g} fps"
        gop = "" if profile.gop is None else f" GOP {profile.gop}"
        out.print(f"  {profile.name}: {profile.codec} {profile.width}x{profile.height}{fps}{gop}{rate}  {use}".rstrip())
    if report.stream is not None:
        seen = report.stream
        gop = "?" if seen.gop_s is None else f"{seen.gop_s:.1f} s"
        out.print(
            f"实测 measured over {seen.seconds:.1f} s: {seen.codec} {seen.width}x{seen.height} "
            f"{seen.fps or 0:.1f} fps  GOP {gop}  {(seen.bit_rate or 0) / 1e6:.2f} Mbit/s"
        )
    if report.presets:
        out.print("预置位 presets: " + ", ".join(preset.name or preset.token for preset in report.presets))
    if saved is not None and report.snapshot is not None:
        out.print(f"抓图 snapshot: {saved}")
    for remark in found:
        out.print(f"{_MARK[remark.level]}: {remark.zh}", style=_STYLE[remark.level])
        out.print(f"    {remark.en}")
    if not found:
        out.print("没有发现问题 nothing is wrong", style="green")
