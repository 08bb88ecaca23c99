"""What the camera says it sent against what came: octets lost on the way, by RTCP sender reports (RFC 3550 §6.4.1).
Pure.

FFmpeg hands over access units, not RTP packets, so what a picture took on the way is counted from its NAL units: one in
k fragments has k heads of 2 octets for its own of 1 (RFC 6184 §5.8; H.265: 3 for 2, RFC 7798 §4.4.3), and how many
packets there were the report says. A report may come anywhere within a picture, and a little before or after its time:
so a loss is told when three reports in a row show at least so much. It is told late, and rather too small than too
large.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from device_adapters.interfaces import SenderReport

_START_CODE = 4  # octets FFmpeg puts before each NAL unit
_FRAGMENT_HEAD = {"h264": 2, "hevc": 3}
_FRAGMENTED = 1000  # octets; cameras cut at 1200 to 1460, and one octet too many is allowed for what they do not cut
_AGGREGATED = 16  # octets; what a key frame's parameter sets may cost more in one packet
_AGREE = 3
_EXACT, _EXACT_AFTER = 64, 2  # octets, reports: one that agrees so well with those before it came between pictures
_PLAUSIBLE = 1 << 31  # octets from one report to the next; else its counters began again


class LossWatch:
    """Of one connection: feed it every access unit, as FFmpeg gave it. `lost`: octets of RTP payload in all, at least;
    None while the camera has not told enough to know."""

    def __init__(self, codec: str) -> None:
        self.lost: int | None = None
        self._head = _FRAGMENT_HEAD[codec]
        self._received = self._sent = 0
        self._allowed = 0  # since the last report, beyond what is sure
        self._report: SenderReport | None = None
        self._recent: deque[tuple[int, int]] = deque(maxlen=_AGREE)
        self._ends: tuple[int, ...] = ()
        self._agreed = 0
        self._base: int | None = None

    def picture(self, size: int, units: Sequence[tuple[int, int]], key: bool, report: SenderReport | None) -> None:
        """`size`: octets of the access unit; `units`: [begin, end) of its NAL units; `report`: the one that came with
        it, somewhere between its first packet and its last."""
        allowed = _AGGREGATED if key else 0
        for begin, end in units:
            if end - begin > _FRAGMENTED:
                allowed += 1
        octets = size - (_START_CODE + self._head) * len(units) + allowed
        if report is not None and report != self._report:
            self._told(report, octets)
        self._received += octets
        self._allowed += allowed

    def _told(self, now: SenderReport, octets: int) -> None:
        before, self._report = self._report, now
        if before is not None:
            sent = (now.octets - before.octets) % (1 << 32)
            if now.ssrc != before.ssrc or sent > _PLAUSIBLE:
                before = None
            else:
                self._sent += sent - self._head * ((now.packets - before.packets) % (1 << 32))
        if before is None:  # another count: what it misses is measured from here
            self._received = self._sent = self._agreed = 0
            self._recent.clear()
            self._ends, self._base = (), None
        missing = self._sent - self._received
        self._compare((missing - octets, missing))

    def _compare(self, ends: tuple[int, int]) -> None:
        """`ends`: the octets missing if the report came after this picture, and if before it. A camera that reports
        between pictures, and loses none, is at one of the two as it was at the report before."""
        fitting = [now for now in ends if any(-_EXACT - self._allowed <= now - then <= _EXACT for then in self._ends)]
        self._agreed = self._agreed + 1 if fitting else 0
        self._ends, self._allowed = ends, 0
        self._recent.append((min(fitting) if self._agreed >= _EXACT_AFTER else ends[0], ends[1]))
        if len(self._recent) < _AGREE:
            return
        most = max(most for _, most in self._recent)
        if self._base is None:
            self.lost, self._base = self.lost or 0, most
        more = max(0, min(least for least, _ in self._recent) - self._base)
        self.lost = (self.lost or 0) + more
        self._base = min(self._base + more, most)
