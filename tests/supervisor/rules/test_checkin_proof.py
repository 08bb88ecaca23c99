"""Reason codes of check-ins, places, codes, ways and signs: tables of cases (A-11, A-12, A-13, RULES 2.4, 2.5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.clock import CHINA
from config.profile import load_profile
from supervisor.rules.attendance import AttendanceStatus, TraineeHour
from supervisor.rules.attendance_rates import HourAttendance, Rate, day_totals, person_totals
from supervisor.rules.checkin import (
    CheckInReason,
    CheckInResult,
    Direction,
    PhoneTimes,
    SessionTimes,
    Signs,
    decide_check_in,
    made_at,
)
from supervisor.rules.checkin_methods import Method, MethodFault, method_fault
from supervisor.rules.geofence import Datum, Fence, Place, Point, distance_m, gcj02, place, wgs84
from supervisor.rules.proxy import ProxyCode, SeenCheckIn, SessionFacts, proxy_signs
from supervisor.rules.rotating_code import CodeCheck, rotating_code, step_at, step_of

PROFILE = load_profile("140521-2024.3")
PROOF = PROFILE.checkin_proof
assert PROOF is not None
REQUIRED = PROOF.model_copy(update={"rotating_code": "required"})
OFF = PROOF.model_copy(update={"rotating_code": "off", "fence": "off", "device_changed": "off"})
START = datetime(2026, 11, 23, 9, tzinfo=CHINA)
SESSION = SessionTimes(START, START + timedelta(hours=3))
IN_TIME, LATE = START - timedelta(minutes=15), START + timedelta(minutes=40)


def waited(made: int, sent: int = 0) -> PhoneTimes:
    """Seconds of the phone's clock, counted from the true time of arrival of a late check-in."""
    return PhoneTimes(LATE + timedelta(seconds=made), LATE + timedelta(seconds=sent))


@pytest.mark.rule("A-11")
@pytest.mark.parametrize(
    ("at", "proof", "signs", "phone", "result", "reasons"),
    [
        (IN_TIME, PROOF, Signs(), None, "accepted", []),
        (START - timedelta(minutes=30, seconds=1), PROOF, Signs(), None, "rejected", ["TOO_EARLY"]),
        (START - timedelta(minutes=30), PROOF, Signs(), None, "accepted", []),
        (IN_TIME, PROOF, Signs(place=Place(900, inside=False)), None, "review", ["OUT_OF_FENCE"]),
        (IN_TIME, PROOF, Signs(place=Place(20, inside=None)), None, "review", ["LOW_ACCURACY"]),
        (IN_TIME, PROOF, Signs(place=Place(20, inside=True)), None, "accepted", []),
        (IN_TIME, OFF, Signs(place=Place(900, inside=False)), None, "accepted", []),
        (IN_TIME, PROOF, Signs(code=CodeCheck.VALID), None, "accepted", []),
        (IN_TIME, PROOF, Signs(code=CodeCheck.EXPIRED), None, "review", ["QR_EXPIRED"]),
        (IN_TIME, PROOF, Signs(code=CodeCheck.REPLAY), None, "review", ["QR_REPLAY"]),
        (IN_TIME, REQUIRED, Signs(code=CodeCheck.NONE), None, "rejected", ["QR_EXPIRED"]),
        (IN_TIME, REQUIRED, Signs(code=CodeCheck.REPLAY), None, "rejected", ["QR_REPLAY"]),
        (IN_TIME, OFF, Signs(code=CodeCheck.EXPIRED), None, "accepted", []),
        (IN_TIME, PROOF, Signs(changed_device=True), None, "review", ["DEVICE_CHANGED"]),
        (IN_TIME, OFF, Signs(changed_device=True), None, "accepted", []),
        (IN_TIME, PROOF, Signs(elsewhere=True), None, "review", ["OVERLAPPING_CLASS"]),
        (LATE, PROOF, Signs(), None, "rejected", ["TOO_LATE"]),
        (LATE, PROOF, Signs(), waited(-3300), "review", ["OFFLINE_LATE"]),
        (LATE, PROOF, Signs(), waited(-60), "rejected", ["TOO_LATE"]),
        (LATE, PROOF, Signs(), waited(-3300, -600), "rejected", ["TOO_LATE", "CLOCK_SKEW"]),
        (LATE, PROOF, Signs(), waited(10), "rejected", ["TOO_LATE", "CLOCK_SKEW"]),
        (LATE, PROOF, Signs(), waited(-90_000), "rejected", ["TOO_LATE"]),
    ],
)
def test_every_reason_has_its_case(
    at: datetime, proof: object, signs: Signs, phone: PhoneTimes | None, result: str, reasons: list[str]
) -> None:
    found = decide_check_in(
        at,
        Direction.IN,
        SESSION,
        PROFILE.checkin,
        on_roster=True,
        people_on_device=1,
        proof=proof,  # type: ignore[arg-type]
        signs=signs,
        phone=phone,
    )
    assert (found.result, list(found.reasons)) == (CheckInResult(result), [CheckInReason(one) for one in reasons])


def test_how_long_it_waited_counts_not_what_the_phones_clock_says() -> None:
    assert made_at(LATE, waited(-3240, 60), PROOF) == LATE - timedelta(seconds=3300)


CHINA_POINTS = st.builds(Point, st.floats(18.5, 53), st.floats(74, 134))


@given(CHINA_POINTS)
def test_a_chinese_map_s_point_comes_back_to_half_a_metre(point: Point) -> None:
    assert distance_m(wgs84(gcj02(point)), point) < 0.5


@given(st.builds(Point, st.floats(-60, -1), st.floats(-60, 60)))
def test_outside_china_nothing_is_shifted(point: Point) -> None:
    assert gcj02(point) == replace(point, datum=Datum.GCJ02)
    assert wgs84(gcj02(point)) == point


@pytest.mark.rule("A-12")
def test_the_shift_is_larger_than_the_fence_and_distances_are_metres() -> None:
    site = Point(35.69, 112.19)
    confused = Point(gcj02(site).lat, gcj02(site).lon)
    assert 300 < distance_m(site, confused) < 800
    assert distance_m(site, gcj02(site)) < 0.5
    assert distance_m(Point(0, 0), Point(0, 1)) == pytest.approx(111_195, abs=1)
    near, far = Point(35.6925, 112.19), Point(35.70, 112.19)
    fence = Fence(gcj02(site))
    assert place(near, 90, fence, PROFILE.checkin) == Place(278, inside=True)
    assert place(near, 10, fence, PROFILE.checkin) == Place(278, inside=False)
    assert place(far, 151, fence, PROFILE.checkin).inside is None
    assert place(near, 10, replace(fence, radius_m=300), PROFILE.checkin).inside is True


def test_a_code_is_good_for_its_step_and_the_neighbours() -> None:
    secret = b"s" * 32
    code = rotating_code(secret, step_at(START, PROFILE.checkin))
    assert len(code) == 8
    for seconds, found in [(-21, False), (-20, True), (0, True), (39, True), (40, False)]:
        step = step_of(secret, code.lower(), START + timedelta(seconds=seconds), PROFILE.checkin)
        assert (step is not None) is found, seconds
    assert step_of(b"t" * 32, code, START, PROFILE.checkin) is None


@pytest.mark.rule("A-13")
@pytest.mark.parametrize(
    ("methods", "fault"),
    [
        (["phone", "roll_call"], None),
        (["face"], MethodFault.TOO_FEW),
        (["face", "phone"], MethodFault.NEEDS_PHONE),
        (["phone", "rotating_code"], MethodFault.NEEDS_PHONE),
        (["phone", "phone"], MethodFault.TOO_FEW),
        (["phone", "manual"], MethodFault.NOT_OFFERED),
    ],
)
def test_never_only_a_smartphone_never_only_a_face(methods: list[str], fault: MethodFault | None) -> None:
    offered = set(Method) - {Method.MANUAL}
    assert method_fault([Method(one) for one in methods], offered) is fault


def seen(entry: int, after_s: float, **changes: object) -> SeenCheckIn:
    base = SeenCheckIn(
        str(entry), Direction.IN, START + timedelta(seconds=after_s), Method.PHONE, f"d{entry}", None, ()
    )
    return replace(base, **changes)  # type: ignore[arg-type]


FACTS = SessionFacts(seen_peak=None, exits_over=False, over=False, teacher_came=True)
FORTY = [seen(entry, entry * 10) for entry in range(40)]


@pytest.mark.rule("A-12")
@pytest.mark.parametrize(
    ("check_ins", "facts", "found"),
    [
        (FORTY, FACTS, []),
        ([seen(1, 0, device="x"), seen(2, 60, device="x"), seen(3, 120)], FACTS, [("ONE_DEVICE", "1 2")]),
        ([seen(1, 0), seen(2, 1.9), seen(3, 3.8)], FACTS, [("TOGETHER", "1 2 3")]),
        ([seen(1, 0), seen(2, 1.9), seen(3, 3.9)], FACTS, []),
        ([seen(1, 0, place="p"), seen(2, 60, place="p"), seen(3, 90)], FACTS, [("SAME_PLACE", "1 2")]),
        ([seen(1, 0, reasons=(CheckInReason.OVERLAPPING_CLASS,))], FACTS, [("TWO_CLASSES", "1")]),
        (FORTY, replace(FACTS, seen_peak=40), []),
        (FORTY, replace(FACTS, seen_peak=36), [("MORE_THAN_SEEN", " ".join(map(str, range(40))))]),
        (FORTY[:2], replace(FACTS, exits_over=True), [("NO_EXIT", "0 1")]),
        ([*FORTY[:2], seen(0, 9000, direction=Direction.OUT)], replace(FACTS, exits_over=True), []),
        ([seen(n, n * 60, method=Method.MANUAL, device=None) for n in (1, 2)], FACTS, [("ALL_CORRECTED", "1 2")]),
        (FORTY[:2], replace(FACTS, teacher_came=False), []),
        (FORTY[:2], replace(FACTS, over=True, teacher_came=False), [("NO_TEACHER", "0 1")]),
    ],
)
def test_every_sign_has_its_case(
    check_ins: list[SeenCheckIn], facts: SessionFacts, found: list[tuple[str, str]]
) -> None:
    signs = proxy_signs(check_ins, facts, PROOF)
    assert [(sign.code, " ".join(sign.entries)) for sign in signs] == [(ProxyCode(code), who) for code, who in found]


@pytest.mark.rule("A-14")
def test_four_of_five_hours_are_eighty_in_the_hundred() -> None:
    def hour(day: int, *there: bool) -> HourAttendance:
        states = [AttendanceStatus.NORMAL if one else AttendanceStatus.ABSENT for one in there]
        people = [
            TraineeHour(str(n), state, one, flagged=False)
            for n, (state, one) in enumerate(zip(states, there, strict=True))
        ]
        return HourAttendance(date(2026, 11, day), tuple(people))

    hours = [
        hour(23, True, True),
        hour(23, True, False),
        hour(24, True, True),
        hour(24, True, False),
        hour(24, False, True),
    ]
    people = person_totals(hours, PROFILE.attendance)
    assert [one.rate for one in people] == [Rate(4, 5, enough=True), Rate(3, 5, enough=False)]
    assert people[1].states == {AttendanceStatus.NORMAL: 3, AttendanceStatus.ABSENT: 2}
    assert [one.rate for one in day_totals(hours, PROFILE.attendance)] == [Rate(3, 4, False), Rate(4, 6, False)]
