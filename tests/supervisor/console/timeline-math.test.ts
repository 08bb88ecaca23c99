import assert from "node:assert/strict";
import { test } from "node:test";
import { axisTop, nearestRecorded, strokes, ticks, toPixel, toTime, zoomed } from "../../../supervisor/console/web/src/timeline-math.ts";

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
