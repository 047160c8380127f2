/** Every sentence and label that the page makes from numbers, over all presets: it has a verb, units and finite values, and agrees with the curves. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { eraAxis } from "../../explorer/era_axis.js";
import { inWords, valueAt } from "../../explorer/moments.js";
import { drugReadout } from "../../explorer/quantities.js";
import { runOf, solveBoth } from "../../explorer/runs.js";
import { outputTimes } from "../../explorer/scenarios.js";
import * as S from "../../explorer/state.js";
import { wordsOf } from "../../explorer/synapse.js";
import { PARTS, synapseAt } from "../../explorer/synapse_values.js";
import { armNames, changes, differenceInWords, firstHour, lead, summary } from "../../explorer/words.js";
import { engine } from "./subject.js";

const e = await engine();
const axis = eraAxis(S.END_H);
const LEADS = /^In the model( of rats)?, .*(is there|falls|hardly moves|lower|bring about|glutamate (rises|in the first hour is))/;

/** All presets, each also with blockers, schedules and routes changed on one side. */
function* states() {
  for (const name of Object.keys(S.PRESETS)) yield [name, S.preset(name)];
  for (const change of [{ schedule: "six" }, { schedule: "twice" }, { ssri: true }, { route: "oral" }, { route: "intranasal", dose: 1 }, { blockers: ["bdnf"] }, { blockers: ["nbqx", "rapa"] }, { blockers: ["late"] }, ...S.HYPOTHESES.slice(1).map((hypothesis) => ({ hypothesis })), ...Object.keys(S.PROGRAMMES).map((schedule) => ({ schedule })), { sessions: "late14" }, { drug: "none" }])
    yield [JSON.stringify(change), S.state({ b: S.arm(change) })];
  yield ["trial", S.state({ trial: true })];
  yield ["rat beside people", S.state({ b: S.arm({ species: "rat", dose: 30 }) })];
}

const solved = (now) => {
  const both = solveBoth(e, now, axis, null);
  assert.deepEqual(both.failures, []);
  return both;
};

function readable(words, where) {
  assert.doesNotMatch(words, /NaN|undefined|Infinity|null|\[object|\{\w+\}|–(?!\d)/, `${where}: ${words}`);
  // Circuits A and C are names.
  assert.doesNotMatch(words, /(?<!circuit )\b[AB]\b/, `${where}: letters instead of names: ${words}`);
  assert.doesNotMatch(words, / {2}|\( |,,|\.\./, `${where}: ${words}`);
}

for (const [name, now] of states())
  test(`sentences of ${name}`, () => {
    const { a, b } = solved(now);
    const names = armNames(now.a, now.b);
    assert.notEqual(names.a, names.b);
    const told = lead(a, b);
    readable(told, "lead");
    assert.match(told, LEADS);
    for (const { words } of summary(a, b)) {
      readable(words, "summary");
      const [, ...rest] = words.split("): ");
      for (const sentence of rest.join("): ").split(/\.(?= |$)/).filter((it) => it.trim())) {
        assert.match(sentence, /\b(is|are|does|do|moves)\b/, `no verb: ${sentence}`);
        assert.doesNotMatch(sentence, /\d(\.\d)?,? (after|\d)/, `no unit: ${sentence}`);
      }
      // What does not rise is not said to: mTORC1 "1.0 ×" is no event.
      assert.doesNotMatch(words, /most active, 1\.0 ×/);
    }
    for (const run of [a, b]) {
      for (const { id, t, value } of run.moments) {
        assert.ok(Number.isFinite(t), id);
        assert.doesNotMatch(String(value), /NaN|undefined/, id);
      }
      for (const [strip, marks] of Object.entries(run.marks))
        for (const { words, short } of marks) {
          readable(words, strip);
          assert.ok(short, strip);
        }
      for (const t of [0, 0.7, 24, 168, 1344]) {
        const levels = synapseAt(run, run.arm, t);
        for (const part of Object.keys(PARTS)) readable(wordsOf(part, levels), part);
        for (const [level, value] of Object.entries(levels)) assert.ok(Number.isFinite(value), level);
      }
    }
    readable(differenceInWords(now.a, now.b), "difference");
  });

test("the leading sentence agrees with the curves: who leads in time, depth, and later", () => {
  for (const [name, now] of states()) {
    const { a, b } = solved(now);
    const told = lead(a, b);
    const numbers = [...told.matchAll(/(\d+(?:\.\d+)?) points/g)].map((it) => Number(it[1]));
    const depth = (run) => -Math.min(0, ...run.values.madrs_change);
    if (/falls by up to (.*) points .* and by/.test(told)) {
      assert.ok(Math.abs(numbers[0] - depth(a)) < 0.06 && Math.abs(numbers[1] - depth(b)) < 0.06, `${name}: ${told}`);
    }
    const later = told.match(/In the model, (.*) after the start/);
    if (later) {
      const t = [24, 72, 168, 336, 672].find((h) => inWords(h) === later[1]);
      [a, b].forEach((run, k) => assert.ok(Math.abs(numbers[k] - Math.max(0, -valueAt(run.time, run.values.madrs_change, t))) < 0.06, `${name}: ${told}`));
    }
  }
});

test("glutamate after repeated infusions is told from the dose that caused it", () => {
  const { a, b } = solved(S.preset("repeats"));
  const [, six] = summary(a, b);
  assert.match(six.words, /Glutamate is highest, \d+ % of before, \d+ min after dose \d of 6\./);
});

test("what grows is said to rise and what shrinks to fall, relief counted as relief", () => {
  const runs = (dose) => {
    const arm = S.arm({ dose });
    return { a: runOf(e, arm, outputTimes([arm], [axis]), {}), b: runOf(e, S.SSRI, outputTimes([S.SSRI], [axis]), {}) };
  };
  const [low, high] = [runs(0.2), runs(0.8)];
  assert.match(changes(low, high), /relief after a day rises from (\d\.\d) to (\d+\.\d) points/);
  assert.match(changes(high, low), /relief after a day falls from/);
});

test("rats are ranked by the mean of the first hour, as was measured: 50 mg/kg brings less than 30", () => {
  const of = (dose) => firstHour(runOf(e, S.arm({ species: "rat", dose }), outputTimes([S.arm({ species: "rat", dose })], [axis]), {}));
  const [ten, thirty, fifty, most] = [10, 30, 50, 200].map(of);
  assert.ok(thirty > ten && thirty > fifty && fifty > most, [ten, thirty, fifty, most].join(" "));
});

test("drug in blood has one unit on both arms: routes, doses and drugs keep their factor", () => {
  const highest = (it) => Math.max(...it);
  const strings = JSON.parse(readFileSync(new URL("../../explorer/strings.json", import.meta.url), "utf8"));
  for (const [name, now] of states()) {
    const { a, b } = solved(now);
    for (const run of [a, b]) {
      const readout = drugReadout(run.arm);
      if (readout === null) assert.equal(run.curves.drug.raw, null, name);
      else {
        assert.equal(e.readouts.find((row) => row.name === readout).unit, strings.strips.drug.unit, name);
        assert.equal(highest(run.curves.drug.raw), highest(run.values[readout]), name);
      }
    }
  }
  const { a, b } = solved(S.preset("routes"));
  const [infused, swallowed] = [a, b].map((run) => highest(run.curves.drug.raw));
  assert.ok(infused / swallowed > 3, `${infused} and ${swallowed} ng/mL`);
  const { a: ketamine, b: ssri } = solved(S.preset("onset"));
  assert.ok(highest(ketamine.curves.drug.raw) > 4 * highest(ssri.curves.drug.raw));
});
