"""Whether a phone is at the teaching site (RULES 2.4, 2.5): datums, distance, and what an imprecise position says.

Chinese maps give GCJ-02, a phone's own position is WGS-84; they lie 300-600 m apart, more than any fence. So each point
carries its datum, and everything is compared in WGS-84.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import asin, cos, pi, radians, sin, sqrt

from config.profile import CheckInRules

_A, _EE = 6378245.0, 0.00669342162296594323  # Krasovsky 1940: semi-major axis in m, eccentricity squared
_EARTH_M = 6371008.8  # mean radius, IUGG
_INVERSE_STEPS = 10  # each step makes the error some thousand times smaller; 3 are enough for 0.5 m


class Datum(StrEnum):
    """`CGCS2000`, the national one, is WGS-84 to within centimetres."""

    WGS84 = "WGS-84"
    GCJ02 = "GCJ-02"
    CGCS2000 = "CGCS2000"


@dataclass(frozen=True, slots=True)
class Point:
    """Degrees."""

    lat: float
    lon: float
    datum: Datum = Datum.WGS84


@dataclass(frozen=True, slots=True)
class Fence:
    """`radius_m` None: the profile's."""

    centre: Point
    radius_m: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """What is kept and shown of a position: metres from the site's point, and whether that is inside. `inside` None:
    the position is too imprecise to say."""

    distance_m: int
    inside: bool | None


def place(at: Point, accuracy_m: float, fence: Fence, rules: CheckInRules) -> Place:
    """Outside only when the whole circle of the position's accuracy is: doubt is the trainee's benefit, and the
    recording counts people anyway. Worse than `accuracy_max_m`: nothing is said."""
    distance = distance_m(at, fence.centre)
    radius = rules.radius_m if fence.radius_m is None else fence.radius_m
    inside = None if accuracy_m > rules.accuracy_max_m else distance - accuracy_m <= radius
    return Place(round(distance), inside)


def distance_m(one: Point, other: Point) -> float:
    """Great-circle distance (haversine) in metres, whatever the datums."""
    a, b = wgs84(one), wgs84(other)
    lat_a, lat_b = radians(a.lat), radians(b.lat)
    half = sin((lat_b - lat_a) / 2) ** 2 + cos(lat_a) * cos(lat_b) * sin(radians(b.lon - a.lon) / 2) ** 2
    return 2 * _EARTH_M * asin(min(1.0, sqrt(half)))


def wgs84(point: Point) -> Point:
    """GCJ-02 has no inverse in closed form: go back by the error of the forward formula until nothing is left."""
    if point.datum is not Datum.GCJ02:
        return Point(point.lat, point.lon)
    if _outside_china(point.lat, point.lon):
        return Point(point.lat, point.lon)
    lat, lon = point.lat, point.lon
    for _ in range(_INVERSE_STEPS):
        d_lat, d_lon = _shift(lat, lon)
        lat, lon = point.lat - d_lat, point.lon - d_lon
    return Point(lat, lon)


def gcj02(point: Point) -> Point:
    """As a Chinese map shows a WGS-84 point; outside China the two are the same."""
    if point.datum is Datum.GCJ02 or _outside_china(point.lat, point.lon):
        return Point(point.lat, point.lon, Datum.GCJ02)
    d_lat, d_lon = _shift(point.lat, point.lon)
    return Point(point.lat + d_lat, point.lon + d_lon, Datum.GCJ02)


def _outside_china(lat: float, lon: float) -> bool:
    """The rectangle of the published formula."""
    return not (0.8293 <= lat <= 55.8271 and 72.004 <= lon <= 137.8347)


def _shift(lat: float, lon: float) -> tuple[float, float]:
    """The published formula: degrees to add to a WGS-84 position."""
    x, y = lon - 105.0, lat - 35.0
    waves = (20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + waves
    north += (20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi)) * 2.0 / 3.0
    north += (160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y * pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + waves
    east += (20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi)) * 2.0 / 3.0
    east += (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0
    phi = radians(lat)
    magic = 1 - _EE * sin(phi) ** 2
    d_lat = north * 180.0 / ((_A * (1 - _EE)) / (magic * sqrt(magic)) * pi)
    d_lon = east * 180.0 / (_A / sqrt(magic) * cos(phi) * pi)
    return d_lat, d_lon
