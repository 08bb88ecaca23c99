"""Every code a page may show, in words (Chinese source; English in the catalogue) and with its tone."""

from __future__ import annotations

from supervisor.console.i18n import N_, Words
from supervisor.console.views import Mark, Tone
from supervisor.contract.selfie import SelfieResult
from supervisor.contract.state import CameraStatus
from supervisor.lessons.schemas import ViewReason
from supervisor.retention.schemas import HoldReason
from supervisor.rules.evidence import ExcludedReason, GapReason, LessonKind
from supervisor.rules.explain import REASONS
from supervisor.rules.verdict import ReasonCode, VerdictState
from supervisor.selfies.schemas import SelfieView

VERDICTS: dict[VerdictState, tuple[Tone, str]] = {
    VerdictState.PASS: ("ok", N_("合格")),
    VerdictState.REVIEW: ("warn", N_("待人工复核")),
    VerdictState.FAIL_PROPOSED: ("bad", N_("建议不认定")),
    VerdictState.EXEMPT: ("none", N_("免于打卡和录像")),
    VerdictState.NO_DATA_YET: ("none", N_("证据还没有到")),
}

CAMERAS: dict[CameraStatus, tuple[Tone, str]] = {
    CameraStatus.RECORDING: ("ok", N_("正在录像")),
    CameraStatus.IDLE: ("none", N_("待机,开课前自动录像")),
    CameraStatus.CONNECTING: ("warn", N_("正在连接摄像头")),
    CameraStatus.UNREACHABLE: ("bad", N_("连不上摄像头")),
    CameraStatus.UNAUTHORIZED: ("bad", N_("摄像头的用户名或密码不对")),
    CameraStatus.NOT_FOUND: ("bad", N_("摄像头上没有这路视频")),
    CameraStatus.NOT_VIDEO: ("bad", N_("这个地址给出的不是视频")),
    CameraStatus.STALLED: ("bad", N_("连上了摄像头,但没有画面")),
    CameraStatus.DISK_FULL: ("bad", N_("现场设备的磁盘将满,没有录像")),
    CameraStatus.FORBIDDEN: ("bad", N_("摄像头地址不在允许的网段内")),
    CameraStatus.NOT_CONFIGURED: ("bad", N_("现场设备没有配置这个摄像头")),
}

GAPS: dict[GapReason, str] = {
    GapReason.LINE_LOST: N_("断线"),
    GapReason.CAMERA_STALLED: N_("摄像头没有画面"),
    GapReason.CAMERA_UNREACHABLE: N_("连不上摄像头"),
    GapReason.CAMERA_REFUSED: N_("摄像头拒绝连接"),
    GapReason.FRAMES_LOST: N_("丢帧"),
    GapReason.STREAM_CHANGED: N_("视频格式改变"),
    GapReason.BOX_RESTART: N_("现场设备重启"),
    GapReason.CLOCK_STEP: N_("时钟跳变"),
    GapReason.DISK: N_("磁盘已满"),
    GapReason.FILE_LOST: N_("录像文件丢失或损坏"),
    GapReason.NOT_RECORDED: N_("没有录像"),
}

EXCLUDED: dict[ExcludedReason, str] = {
    ExcludedReason.FROZEN: N_("画面静止,不计入"),
    ExcludedReason.LENS_COVERED: N_("镜头被遮挡,不计入"),
    ExcludedReason.SCENE_MOVED: N_("镜头被移动,不计入"),
    ExcludedReason.REPLAY_SUSPECT: N_("与另一段录像相似,请人对比"),
    ExcludedReason.BLURRED: N_("画面模糊,请人看一看"),
    ExcludedReason.OVEREXPOSED: N_("画面过曝,请人看一看"),
    ExcludedReason.OVERLAY_MISSING: N_("画面上没有时间字幕,请人看一看"),
}

ALARMS = {
    "disk_short": N_("现场设备的磁盘不够录完排定的课"),
    "camera_away": N_("上课中摄像头离线超过 2 分钟"),
    "verdict_disagrees": N_("现场设备的结论与它的证据不符"),
    "clip_does_not_show_window": N_("片段没有完整显示判定所依据的时段"),
    "log_fork": N_("现场设备改写了已上报的记录"),
    "centre_log_fork": N_("外部见证方拒绝见证:中心的记录被改写"),
    "centre_log_rollback": N_("外部见证方见证过的记录中心已没有:中心数据被回退"),
    "witness_rollback": N_("外部见证方忘记了它见证过的记录:其数据被回退"),
    "log_rollback": N_("现场设备的记录倒退了:被还原或被篡改"),
    "log_chain_broken": N_("摄像头的记录链断开"),
    "acceptance_of_unknown_camera": N_("现场设备上报了不属于它的摄像头的验收"),
    "zones_of_unknown_camera": N_("现场设备上报了不属于它的摄像头的座区"),
    "clip_digest_wrong": N_("收到的片段与登记的指纹不符"),
    "account_locked": N_("账户因连续输错密码被锁定"),
    "clip_damaged": N_("归档中的片段已损坏,正向现场设备重新索取"),
    "clip_missing": N_("归档中的片段丢失,正向现场设备重新索取"),
    "clip_not_deleted": N_("片段留存期已过,但归档存储不让删除"),
    "clip_not_locked": N_("归档存储没有按约定锁定片段"),
    "archive_empty": N_("归档存储是空的:可能没有挂载"),
    "archive_deletes": N_("归档存储会按自己的规则删除片段"),
    "retirement_waits": N_("时钟没有得到现场设备印证,到期片段暂不删除"),
}
OTHER_ALARM = N_("现场设备上报的内容与登记不符")

KINDS: dict[LessonKind, str] = {
    LessonKind.THEORY: N_("理论"),
    LessonKind.PRACTICE: N_("实操"),
    LessonKind.EXAM: N_("考核"),
}

SOURCES = {"box": N_("现场设备"), "centre": N_("中心重算"), "sweep": N_("中心(到期未收到证据)")}

METHODS = {
    "phone": N_("手机"),
    "qr": N_("动态二维码"),
    "roll_call": N_("教师点名"),
    "card": N_("身份证读卡"),
    "manual": N_("补签"),
    "rotating_code": N_("动态二维码"),
    "id_card": N_("身份证读卡"),
    "voucher": N_("凭证"),
    "face": N_("人脸核验"),
}

CHECKIN_STATUS: dict[str, tuple[Tone, str]] = {
    "accepted": ("ok", N_("有效")),
    "review": ("warn", N_("待老师确认")),
    "rejected": ("bad", N_("无效")),
}

CHECKIN_REASONS = {
    "NOT_ON_ROSTER": N_("不在花名册上"),
    "NO_SESSION": N_("没有这节课"),
    "TOO_EARLY": N_("太早"),
    "TOO_LATE": N_("太晚"),
    "DEVICE_SHARED": N_("同一部手机替多人签到"),
    "DEVICE_CHANGED": N_("换了手机"),
    "OVERLAPPING_CLASS": N_("同时在另一个班签到"),
    "OFFLINE_LATE": N_("离线补传"),
    "MANUAL": N_("人工登记"),
    "OUT_OF_FENCE": N_("不在培训点范围内"),
    "LOW_ACCURACY": N_("定位不准"),
    "MOCK_LOCATION": N_("疑似模拟定位"),
    "QR_EXPIRED": N_("动态码过期"),
    "QR_REPLAY": N_("动态码重复使用"),
    "FACE_MISMATCH": N_("人脸不符"),
    "CLOCK_SKEW": N_("手机时钟不准"),
}

SELFIES: dict[SelfieResult | None, str] = {
    SelfieResult.MATCH: N_("自拍比对:相符(仅供参考)"),
    SelfieResult.NO_MATCH: N_("自拍比对:不相符(仅供参考)"),
    SelfieResult.NO_FACE: N_("自拍里没有找到人脸(仅供参考)"),
    SelfieResult.SEVERAL_FACES: N_("自拍里不止一张人脸(仅供参考)"),
    SelfieResult.NO_REFERENCE: N_("没有人脸模板,自拍没有比对"),
    SelfieResult.CANNOT_OPEN: N_("自拍打不开,没有比对"),
    None: N_("自拍等教室的设备比对"),
}


def selfie_text(one: SelfieView, words: Words) -> str:
    """A hint in words, with the figures behind it."""
    told = words(SELFIES[one.result])
    if one.similarity is None or one.threshold is None:
        return told
    figures = words("相似度 {n},门槛 {least}", n=f"{one.similarity:.2f}", least=f"{one.threshold:.2f}")
    return f"{told} · {figures}"


VIEW_REASONS: dict[ViewReason, str] = {
    ViewReason.ROUTINE: N_("日常巡查"),
    ViewReason.ALERT: N_("核实预警"),
    ViewReason.COMPLAINT: N_("处理投诉"),
    ViewReason.APPEAL: N_("处理申诉"),
    ViewReason.SELF_CHECK: N_("机构自查"),
}

HOLD_REASONS: dict[HoldReason, str] = {
    HoldReason.CLAIM_UNPAID: N_("补贴尚未结清"),
    HoldReason.COMPLAINT: N_("投诉"),
    HoldReason.APPEAL: N_("申诉"),
    HoldReason.AUDIT: N_("审计"),
    HoldReason.INQUIRY: N_("公安、纪检或法院调取"),
    HoldReason.OTHER: N_("其他"),
}

SCRIPT_WORDS = {
    "play": N_("播放"),
    "pause": N_("暂停"),
    "back10": N_("后退 10 秒"),
    "on10": N_("前进 10 秒"),
    "speed": N_("播放速度"),
    "fullscreen": N_("全屏"),
    "clip_unplayable": N_("浏览器放不了这个片段;可以下载后播放。"),
    "lesson_hour": N_("课时"),
    "people": N_("画面人数"),
    "required": N_("要求 {n} 人"),
    "checkins": N_("签到签退"),
    "seated": N_("按座位"),
    "single": N_("单张画面"),
    "wall_live": N_("实时 {n} 秒"),
    "wall_still": N_("静图 {n} 秒"),
    "wall_late": N_("延迟 {n} 秒"),
    "wall_site": N_("现场画面 {n} 秒前"),
    "wall_asking": N_("正在接通"),
    "wall_no_picture": N_("无画面"),
    "wall_no_line": N_("没有实时连接"),
    "wall_no_line_why": N_("这里看不到实时画面;数字仍在更新"),
    "wall_for": N_("断线 {n} 秒"),
    "wall_for_minutes": N_("断线 {n} 分钟"),
    "wall_last": N_("最后画面 {time}"),
    "wall_group": N_("第 {n} / {all} 组"),
    "wall_next": N_("{n} 秒后换组"),
    "wall_paused": N_("已暂停"),
    "wall_pause": N_("暂停轮巡"),
    "wall_go": N_("继续轮巡"),
    "wall_shows_video": N_("有实时画面,已看 {n} 秒"),
    "wall_shows_picture": N_("有静止画面,已看 {n} 秒"),
    "wall_shows_nothing": N_("此刻没有画面,不登记"),
    "wall_doubt": N_("有预警,请看清再选"),
    "wall_signed": N_("本组 {all} 个课堂,已登记巡查 {n} 个"),
    "wall_saved": N_("截图已保存,指纹 {hash}… 已登记"),
    "wall_marked": N_("已加书签 {time}"),
    "wall_cannot": N_("没有画面可用"),
    "wall_insecure": N_("此连接没有加密,浏览器不能计算指纹,没有截图"),
    "wall_failed": N_("没有成功,请再试一次"),
    "wall_enlarge_first": N_("请先放大一个课堂"),
    "live_box_away": N_("现场设备的实时线路没有接通,不等于停录"),
    "live_no_lesson": N_("这间教室现在没有课"),
    "live_exempt": N_("这个班免于录像"),
    "live_not_configured": N_("培训点:摄像头还没有接入现场设备"),
    "live_unreachable": N_("培训点:摄像头断电,或教室网络中断"),
    "live_unauthorized": N_("培训点:摄像头的密码改过,没有更新到现场设备"),
    "live_wrong_address": N_("培训点:摄像头地址或通道设置不对"),
    "live_stalled": N_("摄像头故障:连得上,但不出画面"),
    "live_codec": N_("浏览器放不了这个摄像头的编码,改看静图"),
    "live_slow_uplink": N_("培训点上行太慢,改看静图"),
    "live_slow_viewer": N_("您的网络太慢,改看静图"),
    "live_too_many": N_("现场设备同时传送的路数已满"),
    "live_centre_away": N_("您与中心的连接中断,正在重连"),
    "live_refused": N_("中心没有允许这路画面"),
    "live_unknown": N_("原因还不清楚"),
    "frame": N_("下一帧"),
    "frame_back": N_("上一帧"),
    "loading": N_("正在打开……"),
    "pins": N_("巡查和书签"),
    "slot": N_("第{n}课时"),
    "no_verdict": N_("还没有结论"),
    "seen_n": N_("看见 {n} 人"),
    "checked_n": N_("打卡在场 {n} 人"),
    "absent_gap": N_("这一刻没有录像:{why}"),
    "absent_none": N_("这一刻没有录像"),
    "parts_clip": N_("九窗平分取证片段 {from}–{to};整个课时是 {start}–{end}"),
    "parts_lesson": N_("九窗平分整个课时 {from}–{to};没有画面的部分各自注明"),
    "raw_recording": N_("原始录像,未作为取证片段"),
    "absent_site": N_("这一刻的录像只在现场设备里,那里保存到 {day}"),
    "nothing_to_play": N_("没有可以播放的片段"),
    "nearest": N_("{at} 没有录像,已跳到最近的 {found}"),
    "worst": N_("{at} 看见 {n} 人,要求 {need} 人:这一范围内相差最多"),
    "no_worst": N_("这一范围内没有可以比较的人数"),
    "no_time": N_("请写成 10:24 或 10:24:38"),
    "no_picture": N_("现在没有可以截取的画面"),
    "not_kept": N_("中心没有收下,请重试"),
    "not_loaded": N_("时间线没有取到,请刷新页面"),
    "pinned": N_("已在 {at} 加书签"),
    "download": N_("下载 PNG"),
}
"""What the scripts of a page say, by the key they ask for (`word("…")` in supervisor/console/web/src)."""


def verdict_mark(state: VerdictState, words: Words) -> Mark:
    tone, text = VERDICTS[state]
    return Mark(tone, words(text))


def reason_text(code: ReasonCode, words: Words) -> str:
    """The sentence of `supervisor.rules.explain`: the same here, on the command line and in a package."""
    zh, en = REASONS[code]
    return zh if words.language == "zh" else en
