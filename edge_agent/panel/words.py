"""The panel's words: key → (Chinese, English)."""

from __future__ import annotations

LANGUAGES = ("zh", "en")

WORDS: dict[str, tuple[str, str]] = {
    "title": ("摄像头验收", "Camera acceptance"),
    "other_language": ("English", "中文"),
    "classroom": ("课堂屏", "Classroom"),
    "cameras": ("选择摄像头", "Choose a camera"),
    "no_cameras": (
        "还没有可验收的摄像头:请先运行 edge-agent camera add,并在中心登记",
        "No camera to try yet: run edge-agent camera add, and register it at the centre",
    ),
    "session": ("点一次人数", "Hold a session"),
    "how": (
        "请学员像上课一样坐好,点名后填写在场人数。座区以外的人不算。",
        "Let everybody sit as in a lesson, call the roll, and give the number. People outside the zones are left out.",
    ),
    "known": ("在场人数", "People present"),
    "minutes": ("时长", "Length"),
    "minute": ("分钟", "minutes"),
    "start": ("开始", "Start"),
    "stop": ("停止", "Stop"),
    "waiting": ("正在等待第一张画面", "Waiting for the first picture"),
    "seen": ("数到", "seen"),
    "of": ("应有", "of"),
    "picture": ("画面", "picture"),
    "result": ("本次结果", "Result"),
    "heat_map": (
        "热图:每个位置被看到的百分比。绿色 95 以上,黄色 50 以上,红色不到一半",
        "Heat map: in how many percent of the pictures each place was seen. Green from 95, amber from 50, red below",
    ),
    "counts": ("人数范围", "Counts"),
    "smallest_face": ("最远处人脸", "Farthest faces"),
    "blind_seats": ("看不清的座位", "Blind seats"),
    "exact": ("数对的画面", "Right pictures"),
    "advice": ("改进建议", "What to do"),
    "no_advice": ("没有需要改进的地方", "Nothing needs doing"),
    "sessions": ("已测时段", "Sessions so far"),
    "no_sessions": ("按现有座区还没有测过", "None yet with the present zones"),
    "time": ("时间", "Time"),
    "verdict": ("结果", "Result"),
    "good": ("合格", "good"),
    "not_good": ("不合格", "not good"),
    "zones": ("座区", "Zones"),
    "zones_help": (
        "在画面上点出各个角,点够后按“完成一块”。键盘:方向键移动十字(按住 Shift 快移),空格定角,退格撤销。"
        "什么也不画则整个画面都计数。改动座区后须重新验收。",
        "Click the corners on the picture, then press Finish shape. Keyboard: arrows move the cross (Shift: faster), "
        "space sets a corner, backspace takes it back. Without any zone, everywhere counts. Other zones need a new "
        "acceptance.",
    ),
    "seats": ("座位区", "Seats"),
    "podium": ("讲台", "Podium"),
    "neighbour": ("邻座(由其他摄像头计数)", "Neighbour (counted by another camera)"),
    "masks": ("遮挡(海报、屏幕、镜子)", "Mask (poster, screen, mirror)"),
    "kind": ("要画的是", "Draw"),
    "finish": ("完成一块", "Finish shape"),
    "undo": ("撤销", "Undo"),
    "save": ("保存座区", "Save zones"),
    "delete": ("删除", "Delete"),
    "corners": ("个角", "corners"),
    "drawing": ("画面与座区", "Picture and zones"),
    "still_missing": ("取不到画面", "No picture could be had"),
    "failed": ("操作没有成功", "That did not work"),
}


def words(language: str) -> dict[str, str]:
    index = LANGUAGES.index(language)
    return {key: both[index] for key, both in WORDS.items()}


def language_of(asked: str | None, accepted: str) -> str:
    """`asked`: ?lang=; `accepted`: the Accept-Language header. Chinese where neither says English."""
    if asked in LANGUAGES:
        return asked
    first = accepted.partition(",")[0].strip().lower()
    return "en" if first.startswith("en") else "zh"
