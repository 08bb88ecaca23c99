import assert from "node:assert/strict";
import { test } from "node:test";
import { correction, covered, mediaAt, nextCovered, parts, wallAt } from "../../../supervisor/console/web/src/play-math.ts";

/** Two groups, then a joined gap of six seconds, then a third. */
const PIECES = [
  { start: 0, duration: 2, wall: 100_000 },
  { start: 2, duration: 2, wall: 102_000 },
  { start: 4, duration: 2, wall: 110_000 },
];

test("a wall time has its place in the file; in a gap it has none", () => {
  assert.equal(mediaAt(PIECES, 100_000), 0);
  assert.equal(mediaAt(PIECES, 103_500), 3.5);
  assert.equal(mediaAt(PIECES, 106_000), undefined);
  assert.equal(mediaAt(PIECES, 111_000), 5);
  assert.equal(mediaAt(PIECES, 99_000), undefined);
  assert.equal(mediaAt(PIECES, 112_000), undefined);
});

test("a place in the file has its wall time: a joined gap is no time on the tape", () => {
  assert.equal(wallAt(PIECES, 3.5), 103_500);
  assert.equal(wallAt(PIECES, 4), 110_000);
  assert.equal(wallAt(PIECES, 9), 112_000);
  assert.equal(wallAt([], 1), undefined);
});

test("groups that follow each other are one covered span", () => {
  assert.deepEqual(covered(PIECES), [[100_000, 104_000], [110_000, 112_000]]);
});

test("the clock goes on where somebody next has a picture", () => {
  const spans = covered(PIECES);
  assert.equal(nextCovered(spans, 105_000), 110_000);
  assert.equal(nextCovered(spans, 101_000), 101_000);
  assert.equal(nextCovered(spans, 112_000), undefined);
});

test("nine windows cut a clip into nine parts without a hole", () => {
  const cut = parts([0, 900], 9);
  assert.equal(cut.length, 9);
  assert.deepEqual([cut[0], cut[8]], [[0, 100], [800, 900]]);
  assert.ok(cut.every((part, index) => index === 0 || part[0] === cut[index - 1]?.[1]));
});

test("a picture near the clock is pulled, one far away jumps, and no rate is one that browsers refuse", () => {
  assert.deepEqual(correction(0.01, 1), { jump: false, rate: 1 });
  assert.ok(correction(0.2, 1).rate < 1);
  assert.ok(correction(-0.2, 1).rate > 1);
  assert.equal(correction(2, 1).jump, true);
  assert.equal(correction(2, 16).jump, false);
  assert.ok(correction(-2, 16).rate <= 16);
});
