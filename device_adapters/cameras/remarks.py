"""What is wrong with a camera, in words an installer can act on.

The limits are our choice, for a class filmed from the wall: they warn, and decide nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from device_adapters.cameras.onvif.profiles import is_small
from device_adapters.cameras.probe import CameraReport, MeasuredStream, ProbeFault

GOP_LIMIT_S = 4.0
CLOCK_LIMIT_S = 2.0
MIN_HEIGHT_PX = 720
MIN_BITS_PER_PIXEL = {"h264": 0.02, "hevc": 0.01}  # of each picture; below it faces at the back dissolve
_VARIES = 1.5  # longest GOP to shortest


class RemarkLevel(StrEnum):
    PROBLEM = "problem"  # it cannot be recorded or shown as it is
    WARNING = "warning"  # works, at a price
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Remark:
    """`code` is stable; each sentence says what is wrong and what to do."""

    code: str
    level: RemarkLevel
    zh: str
    en: str


def remarks(report: CameraReport, sample_every_s: float) -> list[Remark]:
    """All that is to be said, problems first. `sample_every_s`: how often the county wants people counted."""
    found = [
        *(_of_fault(fault) for fault in report.faults),
        *_of_profiles(report),
        *_of_clock(report),
        *_of_certificate(report),
        *([] if report.stream is None else _of_stream(report.stream, sample_every_s)),
    ]
    return sorted(found, key=lambda remark: list(RemarkLevel).index(remark.level))


_PARTS = {
    "information": "设备信息", "time": "摄像头时间", "profiles": "码流列表", "snapshot": "抓图", "presets": "预置位",
    "stream": "视频流",
}  # fmt: skip
CURES = {
    "unreachable": ("检查电源、网线和地址", "check power, cable and address"),
    "silent": ("设备不应答:重启摄像头", "the device does not answer: restart the camera"),
    "unauthorized": ("检查用户名和密码(有的摄像头 ONVIF 用户需单独建立)",
    "check user and password; some cameras keep a separate list of ONVIF users"),
    "not_onvif": ("在摄像头网页中启用 ONVIF", "enable ONVIF on the camera's own page"),
    "refused": ("摄像头不提供或拒绝此项", "the camera does not offer this, or refuses it"),
    "garbage": ("应答无法理解:升级摄像头固件", "the answer makes no sense: update the camera's firmware"),
    "certificate": ("证书与登记的不同,连接已中止:核实原因;若摄像头确已更换证书,删除配置中的 onvif_certificate",
    "not the certificate that is known, so nothing was sent: find out why; if the camera got a new one, take "
    "onvif_certificate out of the configuration"),
    "forbidden": ("检查地址,或把网段加入 camera_networks", "check the address, or add its network to camera_networks"),
    "not_found": ("检查地址中的路径", "check the path of the address"),
    "not_video": ("把编码设为 H.264 或 H.265", "set the encoding to H.264 or H.265"),
    "stalled": ("重启摄像头,检查网络是否拥塞", "restart the camera; look for a congested network"),
    "ended": ("摄像头主动断开:检查同时连接数上限", "the camera hangs up: check its limit of connections"),
}  # fmt: skip


def _of_fault(fault: ProbeFault) -> Remark:
    zh, en = CURES.get(fault.kind, ("", ""))
    level = RemarkLevel.PROBLEM if fault.part in ("profiles", "stream") else RemarkLevel.WARNING
    detail = f"({fault.detail})" if fault.detail else ""
    return Remark(
        f"{fault.part}_{fault.kind}".upper(), level,
        f"{_PARTS[fault.part]}:{fault.kind}{detail}。{zh}。", f"{fault.part}: {fault.kind} {detail}: {en}.",
    )  # fmt: skip


def _of_profiles(report: CameraReport) -> Iterator[Remark]:
    main, live, stream = report.main, report.live, report.stream
    if not report.profiles:
        return
    if main is None:
        yield Remark(
            "NO_RECORDABLE_STREAM", RemarkLevel.PROBLEM,
            "没有 H.264 或 H.265 码流:无法录像。把主码流编码设为 H.264。",
            "no H.264 or H.265 stream: it cannot be recorded. Set the main stream to H.264.",
        )  # fmt: skip
        return
    codec = stream.codec if stream is not None else main.codec
    if live is None and codec == "hevc":
        yield Remark(
            "H265_WITHOUT_H264_SUBSTREAM", RemarkLevel.PROBLEM,
            "主码流为 H.265,又没有 H.264 子码流:多数浏览器无法实时巡查。"
            "启用一路 640x480 以内的 H.264 子码流。",
            "the main stream is H.265 and there is no H.264 sub-stream: most browsers cannot show it live. "
            "Enable an H.264 sub-stream of at most 640x480.",
        )  # fmt: skip
    elif live is not None and not is_small(live):
        yield Remark(
            "SUBSTREAM_LARGE", RemarkLevel.WARNING,
            f"H.264 子码流为 {live.width}x{live.height},用于巡查墙偏大。把子码流设为 640x480 以内。",
            f"the H.264 sub-stream is {live.width}x{live.height}, large for the patrol wall. Use at most 640x480.",
        )  # fmt: skip
    elif live is None:
        yield Remark(
            "NO_SUBSTREAM", RemarkLevel.WARNING,
            "没有小尺寸的 H.264 子码流:巡查墙将使用主码流,占用更多带宽。启用一路 640x480 以内的子码流。",
            "no small H.264 sub-stream: the patrol wall will use the main stream and more bandwidth. "
            "Enable one of at most 640x480.",
        )  # fmt: skip
    if stream is not None and stream.codec != main.codec:
        yield Remark(
            "CODEC_TOLD_WRONG", RemarkLevel.NOTE,
            f"摄像头自称 {main.codec},实际为 {stream.codec}(旧的 ONVIF 媒体服务无法表示 H.265)。",
            f"the camera says {main.codec} but sends {stream.codec} (the old ONVIF media service cannot say H.265).",
        )  # fmt: skip
    if main.audio:
        yield Remark(
            "AUDIO_ON", RemarkLevel.NOTE,
            "音频已开启:本系统不录音,建议在摄像头中关闭。",
            "audio is on: it is not recorded; better turn it off in the camera.",
        )  # fmt: skip


def _of_clock(report: CameraReport) -> Iterator[Remark]:
    time = report.time
    if time is not None and abs(time.offset_s) > CLOCK_LIMIT_S + time.uncertainty_s:
        zh, en = ("快", "ahead") if time.offset_s > 0 else ("慢", "behind")
        off = _length(abs(time.offset_s))
        yield Remark(
            "CLOCK_OFF", RemarkLevel.WARNING,
            f"摄像头时钟{zh} {off[0]}。在摄像头中启用 NTP,并把服务器设为本机。",
            f"the camera's clock is {off[1]} {en}. Enable NTP in the camera, with this machine as its server.",
        )  # fmt: skip


def _of_certificate(report: CameraReport) -> Iterator[Remark]:
    if report.certificate is not None and not report.certificate.is_known:
        yield Remark(
            "CERTIFICATE_FIRST_SEEN", RemarkLevel.NOTE,
            f"首次见到此证书,SHA-256 {report.certificate.sha256}:请与摄像头网页上的指纹核对。",
            f"this certificate is seen for the first time, SHA-256 {report.certificate.sha256}: compare it with the "
            "camera's own page.",
        )  # fmt: skip


def _of_stream(stream: MeasuredStream, sample_every_s: float) -> Iterator[Remark]:
    gop_s = stream.gop_s if stream.gop_s is not None else stream.seconds
    least = "" if stream.gop_s is not None else "≥ "
    if gop_s > sample_every_s:
        yield Remark(
            "KEY_FRAMES_RARER_THAN_SAMPLES", RemarkLevel.PROBLEM,
            f"关键帧间隔 {least}{gop_s:.1f} 秒,大于人数采样间隔 {sample_every_s:g} 秒:采样率不够,学时无法自动通过。"
            "把关键帧间隔(I 帧间隔)设为 1 至 2 秒。",
            f"key frames are {least}{gop_s:.1f} s apart, more than the {sample_every_s:g} s between counts: too few "
            "counts, no automatic pass. Set the key frame (I frame) interval to 1 or 2 s.",
        )  # fmt: skip
    elif gop_s > GOP_LIMIT_S:
        yield Remark(
            "GOP_LONG", RemarkLevel.WARNING,
            f"关键帧间隔 {least}{gop_s:.1f} 秒,超过 {GOP_LIMIT_S:g} 秒:人数采样变稀。把关键帧间隔设为 1 至 2 秒。",
            f"key frames are {least}{gop_s:.1f} s apart, more than {GOP_LIMIT_S:g} s: people are counted less often. "
            "Set the key frame interval to 1 or 2 s.",
        )  # fmt: skip
    if stream.gops and max(stream.gops) > _VARIES * min(stream.gops):
        yield Remark(
            "GOP_VARIES", RemarkLevel.WARNING,
            f"关键帧间隔在 {min(stream.gops)} 与 {max(stream.gops)} 帧之间变化(智能编码)。"
            "关闭“智能编码”(H.264+ / H.265+ / Smart)。",
            f"the key frame interval varies between {min(stream.gops)} and {max(stream.gops)} pictures ('smart' "
            "codec). Turn the smart codec (H.264+, H.265+, Smart) off.",
        )  # fmt: skip
    if stream.height < MIN_HEIGHT_PX:
        yield Remark(
            "RESOLUTION_LOW", RemarkLevel.WARNING,
            f"分辨率 {stream.width}x{stream.height} 偏低:后排人脸过小。主码流设为 1920x1080。",
            f"{stream.width}x{stream.height} is small: faces at the back get too few pixels. Use 1920x1080.",
        )  # fmt: skip
    if stream.fps and stream.bit_rate:
        per_pixel = stream.bit_rate / stream.fps / (stream.width * stream.height)
        if per_pixel < MIN_BITS_PER_PIXEL.get(stream.codec, 0):
            yield Remark(
                "BIT_RATE_LOW", RemarkLevel.WARNING,
                f"码率 {stream.bit_rate / 1e6:.2f} Mbit/s 对此分辨率偏低,画面可能模糊。提高码率上限。",
                f"{stream.bit_rate / 1e6:.2f} Mbit/s is little for this size; pictures may blur. Raise the limit.",
            )  # fmt: skip


def _length(seconds: float) -> tuple[str, str]:
    """In the largest unit that is not below one."""
    units = ((365.25 * 86400, "年", "years"), (86400, "天", "days"), (3600, "小时", "hours"), (60, "分钟", "minutes"))
    for unit, zh, en in units:
        if seconds >= unit:
            return f"{seconds / unit:.1f} {zh}", f"{seconds / unit:.1f} {en}"
    return f"{seconds:.1f} 秒", f"{seconds:.1f} s"
