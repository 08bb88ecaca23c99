"""What an installer should do, from the figures of a session: one table, each line a finding with its cure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median

from edge_agent.acceptance.figures import FACE_WANTED_PX, as_rule
from edge_agent.acceptance.places import Place
from supervisor.contract.log import AcceptanceSession
from supervisor.rules.acceptance import SAMPLES_MIN, SHARE

LATE = 1.5  # pictures come this much more slowly than asked for
EDGE = 1.0  # head widths between the head and the picture's edge
GLARE_SHARE = 0.05  # of the picture
WAVER_SHARE = 0.1  # of the people


@dataclass(frozen=True, slots=True)
class Facts:
    """What advice is given from. `counts`: `seated` of each picture; `glare`: (share, from the left) of the last one;
    `width`, `height`: of the pictures, px; `step_s`: between pictures, as a rule; None: there was one."""

    session: AcceptanceSession
    places: tuple[Place, ...]
    counts: tuple[int, ...]
    width: int
    height: int
    glare: tuple[float, float]
    every_s: float
    step_s: float | None


@dataclass(frozen=True, slots=True)
class Advice:
    """`code` is stable. `places`: where, as (x, y) shares of the picture."""

    code: str
    zh: str
    en: str
    places: tuple[tuple[float, float], ...] = ()


def advise(facts: Facts) -> tuple[Advice, ...]:
    """Nothing to do: empty."""
    return tuple(advice for rule in _RULES for advice in rule(facts))


def _often(facts: Facts, wrong: Callable[[int], bool]) -> list[int]:
    """The counts that are `wrong`, if more of them are than acceptance allows."""
    found = [count for count in facts.counts if wrong(count)]
    return found if len(found) > (1 - SHARE) * len(facts.counts) else []


def _too_many(facts: Facts) -> Iterator[Advice]:
    known = facts.session.known
    found = _often(facts, lambda count: count > known)
    if found:
        # A face on paper does not move at all.
        still = sorted((place for place in facts.places if not place.blind), key=lambda place: place.spread)
        suspects = still[: max(1, round(median(found)) - known)]
        yield Advice(
            "MORE_THAN_PRESENT",
            f"数出的人比在场的 {known} 人多(最多 {facts.session.most}):请先核对人数;若是海报、屏幕或镜子里的人脸,"
            f"请在那里画遮挡区。最不动的位置:{_where_zh(suspects)}",
            f"more are counted than the {known} present (up to {facts.session.most}): check the number first; if it "
            f"is a face on a poster, a screen or in a mirror, draw a mask there. What moved least: "
            f"{_where_en(suspects)}",
            _points(suspects),
        )


def _too_few(facts: Facts) -> Iterator[Advice]:
    known = facts.session.known
    found = _often(facts, lambda count: count < known)
    if not found:
        return
    missing = known - round(median(found))
    weak = sorted((place for place in facts.places if place.share < SHARE), key=lambda place: place.share)[:missing]
    never = max(0, known - len(facts.places))
    zh = [f"数出的人比在场的 {known} 人少(最少 {facts.session.least})"]
    en = [f"fewer are counted than the {known} present (down to {facts.session.least})"]
    if weak:
        zh.append(f"常看不到的位置:{_where_zh(weak)}")
        en.append(f"places often not seen: {_where_en(weak)}")
    if never:
        zh.append(
            f"有 {never} 人几乎从未被看到:请在热图上找出没有标记的座位,调整摄像头或座位;若座位不在座区内,请改座区"
        )
        en.append(
            f"hardly ever seen: {never}; find the seats without a mark on the heat map, move the camera or the "
            "seats; if a seat is outside the seat zone, change the zone"
        )
    yield Advice("FEWER_THAN_PRESENT", ";".join(zh), "; ".join(en), _points(weak))


def _small_faces(facts: Facts) -> Iterator[Advice]:
    face = facts.session.smallest_face_px
    if face is None:
        yield Advice(
            "NO_FACES",
            "没有看到人脸:学员须大致面向摄像头;请检查摄像头方向和光线",
            "no face was seen: trainees must roughly face the camera; check where it looks, and the light",
        )
    elif face < FACE_WANTED_PX:
        yield Advice(
            "FACES_SMALL",
            f"最远处人脸只有 {face:.0f} 像素宽,少于 {FACE_WANTED_PX}:把摄像头移近、换长焦镜头或提高主码流分辨率"
            f"(现为 {facts.width}x{facts.height})",
            f"the farthest faces are {face:.0f} px wide, less than {FACE_WANTED_PX}: move the camera nearer, use a "
            f"longer lens, or raise the main stream's resolution (now {facts.width}x{facts.height})",
        )


def _blind(facts: Facts) -> Iterator[Advice]:
    blind = [place for place in facts.places if place.blind]
    if blind:
        yield Advice(
            "SEATS_BLIND",
            f"{len(blind)} 个座位在不到一半的画面里被看到(柱子或前面的人遮挡):把摄像头装高,或错开座位:"
            f"{_where_zh(blind)}",
            f"{len(blind)} seats are seen in less than half of the pictures (behind a pillar or a neighbour): raise "
            f"the camera, or stagger the seats: {_where_en(blind)}",
            _points(blind),
        )


def _at_edge(facts: Facts) -> Iterator[Advice]:
    aspect = facts.width / facts.height
    at_edge = [
        place
        for place in facts.places
        if min(place.x, 1 - place.x) < (0.5 + EDGE) * place.size
        or min(place.y, 1 - place.y) < (0.5 + EDGE) * place.size * aspect
    ]
    if at_edge:
        yield Advice(
            "SEATS_AT_EDGE",
            f"{len(at_edge)} 个座位紧靠画面边缘,人一动就出画面:转动摄像头或用更广的镜头:{_where_zh(at_edge)}",
            f"{len(at_edge)} seats lie at the picture's edge, and who moves is out of it: turn the camera, or use a "
            f"wider lens: {_where_en(at_edge)}",
            _points(at_edge),
        )


def _wavers(facts: Facts) -> Iterator[Advice]:
    session = facts.session
    if session.most - session.least > max(1, WAVER_SHARE * session.known):
        yield Advice(
            "COUNT_WAVERS",
            f"人数在 {session.least} 与 {session.most} 之间跳动:人脸太小、光线变化或有人走动;验收时请大家坐定",
            f"the count wavers between {session.least} and {session.most}: small faces, changing light, or people "
            "walking about; let everybody sit during the session",
        )


def _key_frames(facts: Facts) -> Iterator[Advice]:
    if facts.step_s is not None and facts.step_s > LATE * facts.every_s:
        yield Advice(
            "KEY_FRAMES_FAR_APART",
            f"每 {facts.step_s:.1f} 秒才有一张关键帧,要求 {facts.every_s:g} 秒:在摄像头中把关键帧间隔(I 帧间隔)调短,"
            "并关闭智能编码",
            f"a key frame comes every {facts.step_s:.1f} s, {facts.every_s:g} s are asked for: shorten the key frame "
            '(I frame) interval in the camera, and switch its "smart" codec off',
        )


def _few_samples(facts: Facts) -> Iterator[Advice]:
    if facts.session.samples < SAMPLES_MIN:
        yield Advice(
            "TOO_FEW_PICTURES",
            f"只数了 {facts.session.samples} 张画面,至少要 {SAMPLES_MIN} 张:请延长时间再测",
            f"only {facts.session.samples} pictures were counted, {SAMPLES_MIN} are the least: try again for longer",
        )


def _glare(facts: Facts) -> Iterator[Advice]:
    share, left = facts.glare
    if share > GLARE_SHARE:
        yield Advice(
            "OVEREXPOSED",
            f"画面有 {share:.0%} 过曝(离左边 {left:.0%} 处):拉上窗帘,或打开摄像头的宽动态(WDR),或避免对着窗户",
            f"{share:.0%} of the picture is overexposed (around {left:.0%} from the left): draw the curtains, switch "
            "on the camera's wide dynamic range (WDR), or do not face the window",
        )


_RULES: Sequence[Callable[[Facts], Iterable[Advice]]] = (
    _too_many, _too_few, _small_faces, _blind, _at_edge, _wavers, _key_frames, _few_samples, _glare,
)  # fmt: skip


def verdict_of(session: AcceptanceSession) -> Advice:
    """One sentence on the session as a whole."""
    needed = ceil(SHARE * session.samples)
    if as_rule(session).good:
        return Advice(
            "SESSION_GOOD",
            f"本次合格:{session.samples} 张画面中有 {session.exact} 张数出 {session.known} 人",
            f"this session is good: {session.exact} of {session.samples} pictures gave {session.known}",
        )
    return Advice(
        "SESSION_NOT_GOOD",
        f"本次不合格:{session.samples} 张画面中只有 {session.exact} 张数出 {session.known} 人,"
        f"需要 {max(needed, SAMPLES_MIN)} 张",
        f"this session is not good: {session.exact} of {session.samples} pictures gave {session.known}, "
        f"{max(needed, SAMPLES_MIN)} are needed",
    )


def _points(places: Iterable[Place]) -> tuple[tuple[float, float], ...]:
    return tuple((round(place.x, 3), round(place.y, 3)) for place in places)


def _where_zh(places: Sequence[Place]) -> str:
    return "、".join(f"左起 {place.x:.0%} 上起 {place.y:.0%}" for place in places) or "(未能确定)"


def _where_en(places: Sequence[Place]) -> str:
    told = "; ".join(f"{place.x:.0%} from the left, {place.y:.0%} from the top" for place in places)
    return told or "(could not be told)"
