import assert from "node:assert/strict";
import { test } from "node:test";
import {
  axisTop, envelope, framed, nearestRecorded, panned, stepAt, strokes, ticks, toPixel, toTime, typedTime, worstMoment, zoomed,
} from "../../../supervisor/console/web/src/timeline-math.ts";

const CHINA = 8 * 3600_000;

test("pixels and times are each other's inverse", () => {
  const scale = { from: 1000, to: 61_000, width: 600 };
  assert.equal(toPixel(scale, 31_000), 300);
  assert.equal(toTime(scale, 300), 31_000);
});

test("ticks fall on round times of the site, whatever the browser's zone", () => {
  const from = Date.UTC(2026, 10, 23, 0, 30, 7); // 08:30:07 at the site
  const found = ticks({ from, to: from + 3_600_000, width: 900 }, 100, CHINA);
  assert.deepEqual(
    found.map((at) => ((at + CHINA) / 60_000) % 10),
    found.map(() => 0),
  );
  assert.ok(found.length >= 5);
});

test("the curve is broken where samples are missing", () => {
  const cut = strokes([[0, 3], [5000, 3], [30_000, 2], [35_000, 2]], 5000);
  assert.deepEqual(cut.map((stroke) => stroke.length), [2, 2]);
});

test("one late sample does not break the curve", () => {
  assert.equal(strokes([[0, 3], [12_000, 3]], 5000).length, 1);
});

test("a click in a gap goes to the nearest recorded moment", () => {
  assert.equal(nearestRecorded([[0, 100], [200, 300]], 160), 200);
  assert.equal(nearestRecorded([[0, 100], [200, 300]], 120), 99);
  assert.equal(nearestRecorded([], 120), undefined);
});

test("zooming keeps the point under the pointer and stays inside the whole", () => {
  assert.deepEqual(zoomed([0, 1000], [0, 1000], 500, 0.5, 10), [250, 750]);
  assert.deepEqual(zoomed([250, 750], [0, 1000], 250, 4, 10), [0, 1000]);
});

test("the count axis ends on a round number not below the largest count", () => {
  assert.deepEqual([0, 2, 3, 11, 40, 51].map(axisTop), [2, 2, 3, 12, 40, 60]);
});

test("panning stops at the ends of the whole", () => {
  assert.deepEqual(panned([200, 400], [0, 1000], -500), [0, 200]);
  assert.deepEqual(panned([200, 400], [0, 1000], 700), [800, 1000]);
  assert.deepEqual(panned([200, 400], [0, 1000], 100), [300, 500]);
});

test("a framed span has a margin and stays inside the whole", () => {
  const near = (found: readonly [number, number], wanted: readonly [number, number]): void =>
    found.forEach((value, index) => assert.ok(Math.abs(value - (wanted[index] ?? NaN)) < 1e-6, `${found}`));
  near(framed([400, 500], [0, 1000], 10), [396, 504]);
  near(framed([400, 402], [0, 1000], 100), [351, 451]);
  near(framed([-50, 2000], [0, 1000], 10), [0, 1000]);
});

test("one low sample of a whole day is still in the picture", () => {
  const stroke = Array.from({ length: 7200 }, (_, index): [number, number] => [index * 5000, index === 4711 ? 2 : 23]);
  const path = envelope(stroke, { from: 0, to: 7200 * 5000, width: 600 });
  assert.ok(path.length < 4 * 600);
  assert.deepEqual([Math.min(...path.map(([, value]) => value)), Math.max(...path.map(([, value]) => value))], [2, 23]);
  const dip = path.find(([, value]) => value === 2);
  assert.equal(dip?.[0], Math.floor((4711 / 7200) * 600));
});

test("of a stroke only the part in sight is drawn, with its neighbours on both sides", () => {
  const stroke = Array.from({ length: 100 }, (_, index): [number, number] => [index * 1000, index]);
  const path = envelope(stroke, { from: 50_000, to: 60_000, width: 1000 });
  assert.deepEqual([path[0]?.[1], path[path.length - 1]?.[1]], [49, 60]);
});

test("the worst moment is the smallest share of the people required, not the smallest number", () => {
  const points: [number, number][] = [[0, 5], [10, 4], [20, 4], [110, 12], [120, 3], [300, 0]];
  const needs = [{ start: 0, end: 100, required: 5 }, { start: 100, end: 200, required: 20 }, { start: 250, end: 400, required: null }];
  assert.deepEqual(worstMoment(points, needs), [120, 3]);
  assert.deepEqual(worstMoment(points, needs.slice(0, 1)), [10, 4]);
  assert.equal(worstMoment(points, needs.slice(2)), undefined);
});

test("a step line keeps its value until the next step", () => {
  const steps: [number, number][] = [[10, 1], [20, 2]];
  assert.deepEqual([5, 10, 19, 20, 99].map((at) => stepAt(steps, at)), [undefined, 1, 1, 2, 2]);
});

test("a typed time is one of the site's day", () => {
  const midnight = Date.UTC(2026, 10, 22, 16);
  assert.equal(typedTime("10:24:38", midnight), Date.UTC(2026, 10, 23, 2, 24, 38));
  assert.equal(typedTime(" 9\uff1a05 ", midnight), Date.UTC(2026, 10, 23, 1, 5));
  assert.deepEqual(["25:00", "10:60", "10", "", "1024"].map((text) => typedTime(text, midnight)), Array(5).fill(undefined));
});
