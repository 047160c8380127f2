/** The engine against the Python package: the same core, compiled twice. */

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { scenarioOf } from "../../explorer/scenarios.js";
import { EngineError } from "../../explorer/engine.js";
import MESSAGES from "../../explorer/messages.json" with { type: "json" };
import { END_H, preset, PRESETS } from "../../explorer/state.js";
import { cases, engine, native, root, telling } from "./subject.js";

const e = await engine();
const names = [...e.readouts, ...e.states].map((row) => row.name);
const times = cases.map(({ until_h }) => telling(until_h));
const infusion = cases.find(({ name }) => name === "one infusion").scenario;

// Both at Python's tolerance, 1e-6.
const rtol = 1e-6;
const beside = native(cases.map(({ scenario }) => scenario), times, rtol);

test("the version is that of the Python package", () => {
  assert.equal(e.version, beside.version);
});

test("parameters, readouts, states, drugs, routes, contexts and species are those of the Python package", () => {
  for (const table of ["drugs", "routes", "contexts", "species"]) assert.deepEqual(JSON.parse(JSON.stringify(e[table])), beside[table]);
  assert.deepEqual(e.readouts.map((row) => ({ ...row })), beside.readouts);
  assert.deepEqual(e.states.map((row) => ({ ...row })), beside.states);
  assert.deepEqual(e.parameters.map((row) => ({ ...row })), beside.parameters.human);
  for (const species of ["rat", "mouse"])
    assert.deepEqual(e.parametersOf(species).map((row) => ({ ...row })), beside.parameters.rat);
  assert.deepEqual(e.names.blocks, beside.drugs.map((drug) => drug.target).filter(Boolean));
  assert.deepEqual(e.names.drugs, beside.drugs.map((drug) => drug.name));
});

/**
 * Largest difference between two columns. A value counts at least as a thousandth of the largest of
 * its column: a change that crosses zero has no digits there. And at least as the solver's absolute
 * tolerance: what should be 0 is rounding noise (1e-15) in both.
 */
function difference(a, b, atol) {
  const top = b.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  let worst = 0;
  for (let i = 0; i < b.length; i++) {
    const d = Math.abs(a[i] - b[i]) / Math.max(Math.abs(b[i]), 1e-3 * top, atol);
    if (!(d <= worst)) worst = d; // NaN is kept
  }
  return worst;
}

test("the cases use every route, block, variant and context that the page offers", () => {
  const used = JSON.stringify(cases);
  const rare = ["oral_er", "rectal", "bath", "target", "none"];
  for (const list of ["routes", "contexts", "variants", "blocks"])
    for (const name of e.names[list])
      if (!rare.includes(name)) assert.ok(used.includes(`"${name}"`), `no case has ${name}`);
});

for (const [i, { name, scenario }] of cases.entries())
  test(`${name}: every readout and state agrees with the native core to 1e-6`, () => {
    const run = e.solve(scenario, times[i], names, { rtol });
    assert.ok(run.ok, run.message);
    const there = beside.runs[i];
    for (const row of [...e.readouts, ...e.states]) {
      const d = difference(run.values[row.name], there.values[row.name], rtol * (row.typical ?? 1));
      assert.ok(d <= 1e-6, `${row.name} differs by ${d}`);
    }
    // Compilers round differently, so that now and then a step is accepted that the other repeats.
    const near = 0.01 * there.steps + 1;
    assert.ok(Math.abs(run.steps - there.steps) <= near, `${run.steps} steps here, ${there.steps} there`);
  });

/** What every case above, and every scenario of the page's presets, costs at the tolerance of the page. */
const costs = () => ({
  cases: Object.fromEntries(cases.map(({ name, scenario, until_h }) => [name, cost(scenario, until_h)])),
  presets: Object.fromEntries(
    Object.keys(PRESETS).flatMap((name) => ["a", "b"].map((arm) => [`${name} ${arm.toUpperCase()}`, cost(scenarioOf(preset(name)[arm]), END_H)])),
  ),
});

function cost(scenario, until_h) {
  const { ok, message, steps, evaluations } = e.solve(scenario, [until_h], []);
  assert.ok(ok, message);
  return { steps, evaluations };
}

test("no case and no preset takes a tenth more steps or evaluations than it took", () => {
  // A better solver makes the budgets smaller: UPDATE_BUDGETS=1 writes what is spent now.
  const file = join(root, "tests/explorer/budgets.json");
  const spent = costs();
  if (process.env.UPDATE_BUDGETS) writeFileSync(file, `${JSON.stringify(spent, null, 2)}\n`);
  const budgets = JSON.parse(readFileSync(file, "utf8"));
  for (const kind of ["cases", "presets"]) {
    assert.deepEqual(Object.keys(spent[kind]), Object.keys(budgets[kind]), "budgets.json names every case and preset");
    for (const [name, { steps, evaluations }] of Object.entries(spent[kind])) {
      const budget = budgets[kind][name];
      assert.ok(steps <= 1.1 * budget.steps, `${name}: ${steps} steps, budget ${budget.steps}`);
      assert.ok(evaluations <= 1.1 * budget.evaluations, `${name}: ${evaluations} evaluations, budget ${budget.evaluations}`);
    }
  }
});

test("at the tolerance of the page no curve is off by more than 0.4 % of its range", () => {
  // Of curves that move by more than a ten-thousandth of their size: the eye sees no smaller ones.
  for (const [i, { name, scenario }] of cases.entries()) {
    const page = e.solve(scenario, times[i], e.readouts.map((r) => r.name));
    const exact = e.solve(scenario, times[i], e.readouts.map((r) => r.name), { rtol: 1e-9 });
    for (const [readout, values] of Object.entries(exact.values)) {
      const high = Math.max(...values), low = Math.min(...values);
      if (high - low < 1e-4 * Math.max(Math.abs(high), Math.abs(low), 1e-2)) continue;
      const off = Math.max(...values.map((v, k) => Math.abs(v - page.values[readout][k])));
      assert.ok(off <= 4e-3 * (high - low), `${name}: ${readout} is off by ${off} of ${high - low}`);
    }
  }
});

test("200 places of the sliders give numbers everywhere", () => {
  const drugs = ["ketamine", "esketamine", "arketamine", "hnk_2r6r"];
  const routes = ["iv", "im", "sc", "intranasal", "oral", "sublingual"];
  let solved = 0;
  for (let k = 0; k < 200; k++) {
    // Steps that share no factor with the lengths of the lists visit every combination in turn.
    const drug = drugs[Math.floor(k / 6) % 4];
    const possible = routes.filter((name) => e.drugs.find((row) => row.name === drug).routes.includes(name));
    const route = possible[k % possible.length];
    const scenario = {
      severity: (k % 11) / 10,
      context: e.names.contexts[(k + Math.floor(k / 12)) % e.names.contexts.length],
      variant: [null, "variant_A", "variant_C"][k % 3],
      doses: [
        {
          drug,
          amount: 0.1 + (0.9 * (k % 19)) / 18,
          unit: "mg/kg",
          route,
          duration_h: route === "iv" ? (k % 5) / 3 : 0,
          interval_h: 72,
          additional: k % 2 ? 5 : 0,
        },
      ],
      blocks: k % 4 === 3 ? [{ target: e.names.blocks[k % 8], fraction: (k % 10) / 10 + 0.05 }] : [],
      sessions: k % 5 === 4 ? [{ start_h: k % 300 }] : [],
    };
    const run = e.solve(scenario, telling(1344, 12), names);
    assert.ok(run.ok, `${JSON.stringify(scenario)}: ${run.message}`);
    for (const [name, values] of Object.entries(run.values))
      assert.ok(values.every(Number.isFinite), `${name} of ${JSON.stringify(scenario)}`);
    solved++;
  }
  assert.equal(solved, 200);
});

test("an impossible scenario is refused with name, value, unit and remedy, and the next one is solved", () => {
  const first = e.solve(infusion, [0, 24], ["madrs"]);
  const dose = { drug: "ketamine", amount: 0.5, unit: "mg/kg", route: "iv" };
  const refused = (scenario, words) => {
    assert.throws(() => e.solve(scenario, [0, 24], ["madrs"]), (error) => {
      assert.ok(error instanceof EngineError && error.kind in MESSAGES, error.message);
      for (const word of words) assert.ok(error.message.includes(word), `'${error.message}' lacks '${word}'`);
      return true;
    });
    assert.deepEqual(e.solve(infusion, [0, 24], ["madrs"]), first);
  };
  // by the core
  refused({ doses: [{ ...dose, amount: -1 }] }, ["ketamine -1 mg/kg iv", "amount = -1 mg/kg", "not negative"]);
  refused({ doses: [{ ...dose, route: "target" }] }, ["ketamine 0.5 mg/kg target", "cannot be given by route 'target'", "possible: iv"]);
  refused({ doses: [{ ...dose, unit: "fraction" }] }, ["route iv and unit fraction do not go together"]);
  refused({ doses: [{ ...dose, additional: 3 }] }, ["additional = 3", "give an interval_h above 0 h"]);
  refused({ doses: [{ ...dose, start_h: 48 }] }, ["begins at 48 h", "ask for later times"]);
  refused({ doses: [{ ...dose, route: "im", duration_h: 1 }] }, ["remove duration_h = 1 h"]);
  refused({ doses: [{ ...dose, drug: "nbqx" }] }, ["nbqx", "cannot be given by route 'iv'"]);
  // by the loader
  refused({ severity: 2 }, ["severity = 2", "0 to 1"]);
  refused({ species: "cat" }, ['unknown species "cat"', "human, rat, mouse"]);
  refused({ doses: [{ ...dose, drug: "aspirin" }] }, ['unknown drug "aspirin"', "esketamine"]);
  refused({ doses: [{ ...dose, amount: NaN }] }, ["amount of ketamine = NaN mg/kg"]);
  refused({ doses: [{ ...dose, dose: 1 }] }, ["unknown field 'dose'", "amount"]);
  refused({ parameters: { "mtor.w_RRK": 1 } }, ['unknown parameter "mtor.w_RRK"']);
  refused({ parameters: { "mtor.w_rest": 1e9 } }, ["mtor.w_rest = 1000000000", "must lie within", "default"]);
  refused({ blocks: [{ target: "ampa" }] }, ["block needs 'fraction'"]);
  refused({ regimen: "ketamine" }, ["unknown field 'regimen'"]);
  assert.throws(() => e.solve(infusion, [0, 24, 24], ["madrs"]), /t_eval\[2\] = 24 h .*strictly increasing/);
  assert.throws(() => e.solve(infusion, [], ["madrs"]), /at least one time/);
  assert.throws(() => e.solve(infusion, [0, 24], ["mood"]), /unknown readout or state "mood"/);
  assert.throws(() => e.check({ severity: -1 }), /severity = -1/);
  e.check(infusion);
});

test("a run that stops early is returned with what it has", () => {
  const run = e.solve(infusion, [0, 0.001, 24], ["madrs"], { max_steps: 20 });
  assert.equal(run.ok, false);
  assert.equal(run.status, "max_steps_reached");
  assert.match(run.message, /stopped at t = .* h .*worst state \w+\.\w+.*raise max_steps/);
  assert.ok(run.reached_h > 0.001 && run.reached_h < 24);
  assert.ok(e.states.some((row) => row.name === run.worst_state));
  assert.ok(Number.isFinite(run.values.madrs[1]) && Number.isNaN(run.values.madrs[2]));
});

test("what is returned belongs to the caller, and the same question has the same answer", () => {
  const a = e.solve(infusion, telling(336), ["madrs", "p_mtor"]);
  const kept = a.values.madrs.slice();
  const b = e.solve({ ...infusion, severity: 0.2 }, telling(336), ["madrs", "p_mtor"]);
  assert.deepEqual(a.values.madrs, kept);
  assert.notDeepEqual(b.values.madrs, kept);
  assert.deepEqual(e.solve(infusion, telling(336), ["madrs", "p_mtor"]), a);
  assert.ok(a.stops.includes(0) && a.stops.some((t) => Math.abs(t - 40 / 60) < 1e-9));
});
