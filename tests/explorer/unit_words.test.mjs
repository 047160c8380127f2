/** What the page says: whose claim it is, what differed, and Python that is the scenario. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { halfLostOf, halfOf, SHAPES } from "../../explorer/feedback.js";
import { daily, limitsFor, STRIPS } from "../../explorer/quantities.js";
import { NAMED_H, outputTimes, pythonOf, scenarioOf } from "../../explorer/scenarios.js";
import { eraAxis } from "../../explorer/era_axis.js";
import * as S from "../../explorer/state.js";

const page = join(dirname(fileURLToPath(import.meta.url)), "../../explorer");
const read = (name) => JSON.parse(readFileSync(join(page, name), "utf8"));
const evidence = read("evidence.json");
const scenes = read("scenes.json");
const strings = read("strings.json");

test("every link has claim, grade, numbers and sources, and its words are its own evidence", () => {
  for (const link of Object.values(evidence.links)) {
    assert.ok(link.claim.length > 10 && /^[A-E]$/.test(link.grade), link.id);
    assert.ok(link.numbers.length > 0 && link.sources.length > 0, link.id);
    for (const name of link.numbers) assert.ok(evidence.parameters[name], `${link.id}: ${name}`);
    for (const key of [...link.sources, ...link.dissent_sources]) assert.ok(evidence.sources[key], `${link.id}: ${key}`);
    // A dissent without words would be a citation without a claim.
    if (link.dissent_sources.length > 0) assert.ok(link.dissent, link.id);
  }
});

test("every strip shows the worst grade on its path", () => {
  for (const { id } of STRIPS) {
    const { grade, path } = evidence.strips[id];
    const worst = path.map((link) => evidence.links[link].grade).sort().at(-1);
    assert.equal(grade, worst, id);
  }
});

test("every number has value, range, unit and grade; what is A to C has a source", () => {
  for (const [name, it] of Object.entries(evidence.parameters)) {
    assert.ok(it.low <= it.value && it.value <= it.high, name);
    assert.ok(it.unit !== "" && /^[A-E]$/.test(it.grade), name);
  }
});

test("the reality checks that the page owes its readers are there", () => {
  const ids = evidence.reality.map((card) => card.id);
  for (const owed of ["masked", "rapamycin", "dose", "hnk", "spines"]) assert.ok(ids.includes(owed), owed);
  for (const card of evidence.reality) assert.ok(card.sources.length > 0, card.id);
});

test("every scene predicts, runs from a preset, explains, and adds what an expert would", () => {
  assert.deepEqual(Object.keys(scenes), S.SCENES);
  for (const [id, scene] of Object.entries(scenes)) {
    assert.ok(scene.question && scene.explain && scene.expert, id);
    assert.ok(Object.hasOwn(S.PRESETS, scene.preset), id);
    for (const name of Object.keys(scene.tries ?? {})) assert.ok(Object.hasOwn(S.PRESETS, name), `${id}: ${name}`);
    for (const strip of scene.hide) assert.ok(STRIPS.some((it) => it.id === strip), `${id}: ${strip}`);
  }
});

test("everything a state can hold has words", () => {
  for (const drug of Object.keys(S.DRUGS)) assert.ok(strings.drugs[drug] && strings.drugs_short[drug], drug);
  for (const name of Object.keys(S.PRESETS)) assert.ok(strings.presets[name], name);
  for (const name of S.BLOCKERS) assert.ok(strings.blockers[name] && strings.blockers_short[name], name);
  for (const name of S.HYPOTHESES) assert.ok(strings.hypotheses[name], name);
  for (const name of Object.keys(S.PRESETS)) assert.ok(strings.headlines[name], name);
  for (const name of S.SCHEDULES) assert.ok(strings.schedules[name] && strings.schedules_name[name], name);
  for (const [kind, field] of [["readouts", "readout"], ["species", "species"], ["areas", "area"]])
    for (const row of evidence.explained.rows) assert.ok(strings.rivals[kind][row[field]], `${kind}.${row[field]}`);
  for (const name of [...S.ROUTES, "ip"]) assert.ok(strings.routes[name] && strings.routes_short[name] && strings.routes_spoken[name], name);
});

test("no control could be read as personal dosing", () => {
  const words = JSON.stringify(strings).toLowerCase();
  for (const never of ["your dose", "recommended", "best dose", "body weight", "your weight", "your score"]) assert.ok(!words.includes(never), never);
});

test("a predicted shape has the pace that its name says", () => {
  assert.ok(halfOf(SHAPES.step) < 24 && halfLostOf(SHAPES.step) < 336);
  assert.ok(halfOf(SHAPES.stay) < 24 && halfLostOf(SHAPES.stay) === null);
  assert.ok(halfOf(SHAPES.slope) > 168 && halfLostOf(SHAPES.slope) === null);
  assert.ok(halfOf(SHAPES.late) > 672);
});

test("output times increase, hit the named times and every start of a dose", () => {
  for (const arms of [[S.KETAMINE, S.SSRI], [S.arm({ schedule: "six" }), S.arm({ schedule: "twice", ssri: true })], [S.arm({ species: "rat" }), S.arm({ drug: "none" })]]) {
    const times = outputTimes(arms, [eraAxis()]);
    times.forEach((t, i) => assert.ok(i === 0 || t > times[i - 1]));
    assert.ok(times[0] === 0 && times.at(-1) === S.END_H);
    for (const t of NAMED_H) assert.ok(times.includes(t), String(t));
  }
});

test("a daily tablet becomes its daily mean and range", () => {
  const t = Float64Array.from({ length: 24 * 10 * 4 + 1 }, (_, i) => i / 4);
  const y = t.map((h) => 5 + Math.sin((2 * Math.PI * h) / 24));
  const { mean, low, high } = daily(t, y);
  const at = t.indexOf(120);
  // The sine has mean 0 over a day and is sampled at its extremes.
  assert.ok(Math.abs(mean[at] - 5) < 1e-9 && Math.abs(low[at] - 4) < 1e-9 && Math.abs(high[at] - 6) < 1e-9);
});

test("scales widen in steps until the curve fits, and never below their own limits", () => {
  for (const strip of STRIPS) {
    const calm = limitsFor(strip, [[strip.limits[0], strip.limits[1]]]);
    assert.ok(calm.low <= strip.limits[0] && calm.high >= strip.limits[1], strip.id);
    const wild = limitsFor(strip, [[-317, 941]]);
    assert.ok(wild.low <= -317 + wild.step && wild.high >= 941 - wild.step, strip.id);
  }
});

test("Python says the same scenario: drug, amount, block, switch and species", () => {
  const now = S.state({ a: S.arm({ blockers: ["nbqx", "spines"], cells: "brake" }), b: S.arm({ species: "rat", dose: 30 }) });
  const code = pythonOf(now, "1.2.3");
  for (const part of ['ks.block("ampa", 0.9, start_h=-0.25, duration_h=8.0)', '"synaptogenesis.q_f": 0.3', '"disinhibition.w_pyr": 0.0', '"ketamine", 30, "mg/kg", "ip"', 'species="rat"', "duration_h=40 / 60", "not medical advice"]) {
    assert.ok(code.includes(part), part);
  }
});

test("a scenario has no weight and no score: nobody's own numbers are asked for", () => {
  for (const name of Object.keys(S.PRESETS)) {
    const { a, b } = S.preset(name);
    for (const arm of [a, b]) {
      const scenario = scenarioOf(arm);
      assert.ok(!("weight_kg" in scenario) && !("baseline_severity" in scenario));
    }
  }
});
