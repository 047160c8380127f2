/** The time axis of the page: its transform, and that it is the one of the Python figures. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { eraAxis } from "../../explorer/era_axis.js";
import { linearAxis, logAxis } from "../../explorer/plain_axes.js";
import { python } from "./subject.js";

/** Rounding of a few operations on numbers up to 1344. */
const ROUND = 1e-9;
const AXES = { era: eraAxis(), linear: linearAxis(), window: linearAxis(2), log: logAxis() };

for (const [name, axis] of Object.entries(AXES)) {
  test(`${name} axis: a place goes back to its time`, () => {
    for (let i = 0; i <= 500; i++) {
      const place = axis.from + ((axis.to - axis.from) * i) / 500;
      const time = axis.inverse(place);
      if (name === "log" && place < 0) continue; // the slot before treatment holds one time
      assert.ok(Math.abs(axis.forward(time) - place) < ROUND, `${place} became ${axis.forward(time)}`);
    }
  });

  test(`${name} axis: later is never further left`, () => {
    let last = -Infinity;
    for (let i = 0; i <= 2000; i++) {
      const place = axis.forward((axis.end * i) / 2000);
      assert.ok(place >= last);
      last = place;
    }
  });

  test(`${name} axis: ticks lie on it, apart from each other`, () => {
    const places = axis.ticks.map(({ t }) => axis.forward(t));
    assert.ok(places.length >= 2);
    places.forEach((place, i) => {
      assert.ok(place >= axis.from - ROUND && place <= axis.to + ROUND);
      if (i > 0) assert.ok(place > places[i - 1]);
    });
  });
}

test("era axis: every era has the same width, and time zero is at zero", () => {
  const { bands, forward } = eraAxis();
  assert.deepEqual(bands.map(({ unit }) => unit), ["seconds", "minutes", "hours", "days", "weeks"]);
  bands.forEach(({ begin, end }, i) => {
    assert.ok(Math.abs(forward(begin) - i) < ROUND);
    assert.ok(Math.abs(forward(end) - i - 1) < ROUND);
  });
});

test("era axis: the same bands, places and ticks as in the figures of the package", () => {
  const said = python(["-c", `
import json
from ketasim.figures import EraAxis
axes = [EraAxis(end) for end in (2.0, 24.0, 336.0, 1344.0)]
times = [-0.01, 0.0, 0.005, 0.3, 1.0, 1.9]
print(json.dumps([[a.end_h, [[b.begin, b.end, b.unit] for b in a.bands], [list(x) for x in a.ticks()],
    a.forward(times).tolist()] for a in axes]))`]);
  for (const [end, bands, ticks, places] of JSON.parse(said)) {
    const axis = eraAxis(end);
    assert.deepEqual(axis.bands.map(({ unit }) => unit), bands.map(([, , unit]) => unit));
    bands.forEach(([begin, stop], i) => {
      assert.ok(Math.abs(axis.bands[i].begin - begin) < ROUND && Math.abs(axis.bands[i].end - stop) < ROUND);
    });
    assert.deepEqual(axis.ticks.map(({ label }) => label), ticks.map(([, label]) => label));
    [-0.01, 0, 0.005, 0.3, 1, 1.9].forEach((time, i) => assert.ok(Math.abs(axis.forward(time) - places[i]) < ROUND));
  }
});

test("an axis refuses an end that is no time", () => {
  assert.throws(() => eraAxis(0), RangeError);
  assert.throws(() => eraAxis(NaN), RangeError);
});
