/** The virtual population: who is drawn, what is said of them, and that a newer wish ends an older one. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { answerPopulations, LEVELS, memberOf, solvePopulation } from "../../explorer/population.js";
import { cases, engine, python, root, wasm } from "./subject.js";

const e = await engine();
const infusion = cases.find(({ name }) => name === "one infusion").scenario;
const overridden = { ...infusion, parameters: { "pharmacokinetics.CLint_S": 80, "symptoms.omega_s": 0.5 } };
const N = 4000;
/** Nothing of it is left in those whose own sensitivity is drawn. */
const SPREAD = "symptoms.omega_s";

const logit = (p) => Math.log(p / (1 - p));
const mean = (x) => x.reduce((a, b) => a + b, 0) / x.length;
const sd = (x) => Math.sqrt(mean(x.map((v) => (v - mean(x)) ** 2)));

/** On the scale on which a parameter is normal. */
function normal(name, values) {
  return values.map(name === "pharmacokinetics.FR_n" ? logit : Math.log);
}

for (const [label, scenario] of [["a typical patient", infusion], ["changed parameters", overridden]])
  test(`${label}: every parameter is drawn from the distribution of ketasim.draw_parameters`, () => {
    const there = JSON.parse(python([join(root, "tests/explorer/draws.py")], JSON.stringify({ scenario, n: N, seed: 5 })));
    const draw = memberOf(e, scenario);
    const members = Array.from({ length: N }, (_, i) => draw(5, i).individual);
    assert.deepEqual(Object.keys(members[0]).sort(), Object.keys(there).sort());
    for (const name of Object.keys(there)) {
      if (name === SPREAD) {
        assert.ok([...members.map((m) => m[name]), ...there[name]].every((v) => v === 0));
        continue;
      }
      const here = normal(name, members.map((m) => m[name])), other = normal(name, there[name]);
      // Sampling errors of a difference of two means (sd sqrt(2/n)) and of two standard deviations
      // (sd / sqrt(n)); four of them are exceeded once in 16,000 comparisons, and the seeds are fixed.
      const s = sd(other);
      assert.ok(Math.abs(mean(here) - mean(other)) <= 4 * s * Math.sqrt(2 / N), `mean of ${name}`);
      assert.ok(Math.abs(sd(here) - s) <= (4 * s) / Math.sqrt(N), `spread of ${name}: ${sd(here)} and ${s}`);
    }
  });

test("parameters of a member are independent of each other and of the member before", () => {
  const draw = memberOf(e, infusion);
  const members = Array.from({ length: N }, (_, i) => draw(5, i).individual);
  const columns = Object.keys(members[0]).filter((name) => name !== SPREAD).map((name) => {
    const x = normal(name, members.map((m) => m[name]));
    const m = mean(x), s = sd(x);
    return x.map((v) => (v - m) / s);
  });
  const correlation = (x, y) => mean(x.map((v, i) => v * y[i]));
  // 1/sqrt(n) is the sampling error of a correlation; 4.5 of them, as there are 200 pairs.
  const most = 4.5 / Math.sqrt(N);
  columns.forEach((x, i) => {
    for (const y of columns.slice(i + 1)) assert.ok(Math.abs(correlation(x, y)) < most);
    assert.ok(Math.abs(correlation(x.slice(1), x.slice(0, -1))) < most);
  });
});

test("the band of what is known: the shipped draws are those of the posterior, solved as Python solves them", async () => {
  const { plausible } = JSON.parse(readFileSync(join(root, "explorer/evidence.json"), "utf8"));
  const members = plausible.draws.map((row) => Object.fromEntries(row.map((value, k) => [plausible.names[k], value])));
  const code = `import json, sys, numpy as np, ketasim as ks
m = json.load(sys.stdin)
c = ks.fitting.calibrated()
runs = [float(ks.simulate("ketamine 0.5 mg/kg iv over 40 min", t_eval=[24.0], parameters=p)["madrs_change"][0]) for p in m]
known = {n: [p.low, p.high] for n, p in zip(c.names, c.priors)}
print(json.dumps([runs, known]))`;
  const [there, known] = JSON.parse(python(["-c", code], JSON.stringify(members)));
  assert.ok(plausible.names.every((name) => name in known), "calibrated parameters only");
  const infused = { ...infusion, doses: [{ drug: "ketamine", amount: 0.5, unit: "mg/kg", route: "iv", duration_h: 40 / 60 }] };
  members.forEach((individual, k) => {
    const { values } = e.solve(infused, [24], ["madrs_change"], { individual, rtol: 1e-6 });
    assert.ok(Math.abs(values.madrs_change[0] - there[k]) < 1e-3, `draw ${k}: ${values.madrs_change[0]} here, ${there[k]} in Python`);
  });
  const { quantiles, n } = await solvePopulation(e, { scenario: infused, times: [24], readouts: ["madrs_change"], response_h: [], members });
  const [low, , , , high] = quantiles.madrs_change.map(([value]) => value);
  const typical = e.solve(infused, [24], ["madrs_change"]).values.madrs_change[0];
  assert.equal(n, members.length);
  assert.ok(low < typical && typical < high && high - low > 1, `${low} < ${typical} < ${high}`);
});

test("a member depends on seed and index, not on how many there are", () => {
  const draw = memberOf(e, infusion);
  assert.deepEqual(draw(5, 17).individual, draw(5, 17).individual);
  assert.notDeepEqual(draw(5, 17).individual, draw(6, 17).individual);
  assert.notDeepEqual(draw(5, 17).individual, draw(5, 18).individual);
});

test("quantiles are ordered, and the median lies near the patient of median sensitivity", async () => {
  const times = [1, 4, 24]; // while there is drug
  const { quantiles, levels, failed, n } = await solvePopulation(e, { scenario: infusion, times, readouts: ["ketamine_venous", "madrs"] });
  assert.deepEqual([levels, failed, n], [LEVELS, 0, 200]);
  // Sensitivity is log-normal with mean 1: its median is lower.
  const omega = e.parameters.find((row) => row.name === "symptoms.omega_s").value;
  const individual = { "symptoms.sensitivity": e.individualSensitivity(1, omega, 0), "symptoms.omega_s": 0 };
  const typical = e.solve(infusion, times, ["ketamine_venous", "madrs"], { individual }).values;
  for (const [name, q] of Object.entries(quantiles))
    for (let k = 0; k < times.length; k++) {
      for (let l = 1; l < LEVELS.length; l++) assert.ok(q[l][k] > q[l - 1][k], `${name} at ${times[k]} h`);
      // Medians of the other log-normal inputs are the typical values, of what depends on them monotonically as
      // well, up to sampling: the median patient stays between the quartiles.
      assert.ok(typical[name][k] > q[1][k] && typical[name][k] < q[3][k], `${name} at ${times[k]} h`);
    }
});

for (const context of ["midazolam", "saline", "none"])
  test(`${context}: as many respond as the readout 'response' says`, async () => {
    const scenario = { ...infusion, context };
    const { responders } = await solvePopulation(e, { scenario, times: [24], readouts: [], n: N, seed: 3 });
    // The readout averages over sensitivity and control shift; levels and dissociation of single people, by
    // which they guess what they got, come from the first members.
    const draw = memberOf(e, scenario);
    const expected = Array.from({ length: 400 }, (_, i) => {
      const { "symptoms.sensitivity": _own, "symptoms.omega_s": _none, ...individual } = draw(3, i).individual;
      return e.solve(scenario, [24, 168], ["response"], { individual }).values.response;
    });
    [24, 168].forEach((t, k) => {
      const each = expected.map((response) => response[k]);
      const p = mean(each);
      const spread = mean(each.map((x) => (x - p) ** 2));
      // Three standard errors: binomial, and of the mean over the members.
      const error = Math.sqrt((p * (1 - p)) / N + spread / each.length);
      assert.ok(Math.abs(mean([...responders[t]]) - p) < 3 * error, `at ${t} h: ${mean([...responders[t]])}, ${p}`);
    });
  });

test("ratings are those of the Python package", () => {
  const patient = { madrs_baseline: 35, drug_relief: 0.4, context_relief: 0.6, sensitivity: 1, omega_s: 0.9, sd_e: 0.6, sigma_y: 4.5, remission_cut: 10 };
  const own = [[0, 0, 0], [1, -0.5, 2], [-2, 1, -1], [3, 3, -3], [0, -9, 9]];
  const here = e.observe(own.map((n) => ({ ...patient, own: n })));
  const code = "import json, sys; from ketasim import _core; p, own = json.load(sys.stdin); cut = p.pop('remission_cut'); " +
    "json.dump([_core.rated_madrs(p['madrs_baseline'], p['drug_relief'], p['context_relief'], p['sensitivity'], p['omega_s'], p['sd_e'], p['sigma_y'], *n) for n in own], sys.stdout)";
  const there = JSON.parse(python(["-c", code], JSON.stringify([patient, own])));
  here.forEach(({ madrs, responder, remitter }, k) => {
    assert.ok(Math.abs(madrs - there[k]) <= 1e-12 * 60, `${madrs} and ${there[k]}`);
    assert.deepEqual([responder, remitter], [there[k] <= 17.5, there[k] <= 10]);
  });
  assert.deepEqual([here[3].madrs, here[4].madrs], [0, 60]); // held on the scale
});

/** A worker's port in this thread: what it is sent, and what it says. */
function port() {
  const said = [];
  const waiting = [];
  const it = {
    said,
    postMessage(data) {
      said.push(data);
      for (const look of [...waiting]) look();
    },
    until: (wanted) =>
      new Promise((resolve) => {
        const look = () => {
          const found = said.find(wanted);
          if (found) resolve(found);
        };
        waiting.push(look);
        look();
      }),
  };
  answerPopulations(it);
  return it;
}

const request = { scenario: infusion, times: [0, 24, 168], readouts: ["madrs_change"] };

test("the worker says when it is ready, how far it is, and the result", async () => {
  const worker = port();
  worker.onmessage({ data: { bytes: wasm() } });
  assert.deepEqual(await worker.until((m) => m.ready), { ready: true, version: e.version });
  worker.onmessage({ data: { id: 1, ...request } });
  const { result } = await worker.until((m) => m.result);
  assert.equal(result.quantiles.madrs_change[2].length, 3);
  assert.ok(worker.said.some((m) => m.done > 0 && m.n === 200));
  assert.deepEqual(result, (await solvePopulation(e, request)));
});

test("a newer wish ends the older one, and cancelling ends all", async () => {
  const worker = port();
  worker.onmessage({ data: { bytes: wasm() } });
  await worker.until((m) => m.ready);
  worker.onmessage({ data: { id: 1, ...request, n: 5000 } });
  await worker.until((m) => m.id === 1 && m.done > 0);
  worker.onmessage({ data: { id: 2, ...request, n: 5000 } });
  await worker.until((m) => m.id === 2 && m.done > 0);
  worker.onmessage({ data: { cancel: true } });
  worker.onmessage({ data: { id: 3, ...request, n: 20 } });
  await worker.until((m) => m.id === 3 && m.result);
  assert.deepEqual(worker.said.filter((m) => m.result).map((m) => m.id), [3]);
});

test("what cannot be solved is said, and the worker goes on", async () => {
  const worker = port();
  worker.onmessage({ data: { id: 1, ...request } });
  assert.match((await worker.until((m) => m.id === 1)).error, /no module yet/);
  worker.onmessage({ data: { bytes: wasm() } });
  await worker.until((m) => m.ready);
  worker.onmessage({ data: { id: 2, ...request, readouts: ["mood"] } });
  assert.match((await worker.until((m) => m.id === 2)).error, /unknown readout or state "mood"/);
  worker.onmessage({ data: { id: 3, ...request, n: 5 } });
  await worker.until((m) => m.id === 3 && m.result);
});
