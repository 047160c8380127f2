/** Moments of curves with known answers, and the words for times. */

import assert from "node:assert/strict";
import { test } from "node:test";

import * as M from "../../explorer/moments.js";

const t = Float64Array.from({ length: 1001 }, (_, i) => i / 10);
const up = t.map((x) => 1 - Math.exp(-x));
const pulse = t.map((x) => x * Math.exp(-x / 5));
/** Curves are straight between samples 0.1 apart: their second derivative, below 1, times 0.1^2/8. */
const STRAIGHT = 2e-3;

test("a curve that rises to 1 is half-way after ln 2", () => {
  assert.ok(Math.abs(M.halfWay(t, up) - Math.LN2) < STRAIGHT);
});

test("a pulse peaks where its derivative is zero, and is at half of that twice", () => {
  assert.equal(M.highest(t, pulse).t, 5);
  const half = M.highest(t, pulse).value / 2;
  for (const at of [M.halfWay(t, pulse), M.halfLost(t, pulse)]) {
    assert.ok(Math.abs(at * Math.exp(-at / 5) - half) < STRAIGHT);
  }
  assert.ok(M.halfWay(t, pulse) < 5 && M.halfLost(t, pulse) > 5);
});

test("97 % of an exponential decay is gone after ln(1/0.03) time constants", () => {
  const decay = t.map((x) => (x === 0 ? 0 : Math.exp(-x / 4)));
  // The largest value is the first after the jump at zero.
  const expected = 4 * Math.log(1 / 0.03) + 0.1;
  assert.ok(Math.abs(M.gone(t, decay, 0.03) - expected) < 0.02);
});

test("what never happens has no time", () => {
  const flat = t.map(() => 3);
  assert.equal(M.halfWay(t, flat), null);
  assert.equal(M.gone(t, flat, 0.03), null);
  assert.equal(M.gone(t, up, 0.03), null);
  assert.equal(M.halfLost(t, up), null);
  assert.equal(M.reaches(t, up, 2), null);
});

test("values that are missing are passed over", () => {
  assert.deepEqual(M.highest([0, 1, 2], [NaN, 5, NaN]), { t: 1, value: 5 });
  assert.throws(() => M.highest([0], [NaN]), RangeError);
});

test("a curve is read straight between samples, and held beyond its ends", () => {
  assert.equal(M.valueAt([0, 2, 4], [0, 2, 0], 1), 1);
  assert.equal(M.valueAt([0, 2, 4], [0, 2, 0], 3), 1);
  assert.equal(M.valueAt([0, 2, 4], [0, 2, 7], 9), 7);
  assert.equal(M.valueAt([0, 2, 4], [1, 2, 7], -1), 1);
});

for (const [hours, words] of [
  [10 / 3600, "10 s"], [2 / 3, "40 min"], [1.6, "1.6 h"], [23, "23 h"], [24, "24 h"], [50, "2.1 days"], [168, "7 days"], [432, "18 days"], [504, "3 weeks"], [1344, "8 weeks"],
]) {
  test(`${hours} h is said as “${words}”`, () => assert.equal(M.inWords(hours), words));
}
