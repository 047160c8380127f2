/**
 * A virtual population: members who differ in their own parameters, solved one by one, summed up as
 * quantiles. The spread is that of model inputs, not of real patients.
 *
 * In a worker (a Blob worker works, nothing is fetched):
 *
 *   import { answerPopulations } from "./population.js";
 *   answerPopulations(self);
 *
 * and on the page:
 *
 *   worker.postMessage({ bytes });                      once: ketasim.wasm, or a WebAssembly.Module
 *   worker.postMessage({ id: 7, ...request });          ends what was asked before: the latest wish wins
 *   worker.postMessage({ cancel: true });
 *   worker.onmessage = ({ data }) =>                    {ready: true, version}
 *                                                       {id, done, n}         while it works
 *                                                       {id, result}          at the end
 *                                                       {id, error: message, kind, values}  instead
 *
 *   request  {scenario, times, readouts,                as for engine.solve
 *             n: 200, seed: 1, rtol: 1e-3,
 *             response_h: [24, 168],                    hours at which members count as responders or not
 *             members: null,                            [{"module.name": value}]: whose parameters they are, instead of drawn ones
 *             noise: 1, change: 1}                      0 leaves out the error of a rating, and changes without drug
 *   result   {n, failed,                                members asked for, and those whose run did not reach its end
 *             levels: [0.05, 0.25, 0.5, 0.75, 0.95],
 *             quantiles: {name: [Float64Array (n_times,) per level]},
 *             responders: {24: Uint8Array (n - failed,), 168: ...}}     1: whose rating is half of the own baseline or less
 *
 * Members are drawn as ketasim.draw_parameters draws them: every parameter with an iiv_cv_pct is
 * log-normal around its value (FR_n: normal on the logit scale), never beyond its limits;
 * symptoms.sensitivity is log-normal with mean 1. Member i of a seed is the same whatever n is. The
 * generator is another than NumPy's, so single members differ from Python's while their distribution
 * does not. Whether a member counts as a responder is decided by the engine, on a rating drawn for it.
 */

import { EngineError, loadEngine } from "./engine.js";

export const LEVELS = [0.05, 0.25, 0.5, 0.75, 0.95];

/** Varies on the logit scale; iiv_cv_pct is 100 x the standard deviation there. */
const LOGIT_SCALE = "pharmacokinetics.FR_n";
export const SENSITIVITY = "symptoms.sensitivity";
const SPREAD_OF_SENSITIVITY = "symptoms.omega_s";

/** Readouts and parameters of the module symptoms from which a rating is drawn. */
const SEEN_FROM = ["madrs_baseline", "drug_relief", "context_relief"];
const RATED_WITH = ["sensitivity", "omega_s", "sd_e", "sigma_y", "remission_cut"];

/** How members of a scenario are drawn: a function of (seed, index) to {individual, z}. */
export function memberOf(engine, scenario) {
  const table = engine.parametersOf(scenario.species ?? "human");
  const typical = typicalIn(engine, scenario);
  const varied = table.filter((row) => row.iiv_cv_pct > 0);
  const omega = typical(SPREAD_OF_SENSITIVITY);
  return (seed, index) => {
    const z = normals(seed, index);
    const individual = {};
    for (const { name, iiv_cv_pct, limit_low, limit_high } of varied) {
      const spread = iiv_cv_pct / 100;
      const middle = typical(name);
      const own =
        name === LOGIT_SCALE
          ? expit(logit(middle) + spread * z())
          : middle * Math.exp(Math.sqrt(Math.log1p(spread ** 2)) * z());
      individual[name] = Math.min(Math.max(own, limit_low ?? -Infinity), limit_high ?? Infinity);
    }
    individual[SENSITIVITY] = engine.individualSensitivity(typical(SENSITIVITY), omega, z());
    // Nothing of it is left to vary in somebody whose own sensitivity is known.
    individual[SPREAD_OF_SENSITIVITY] = 0;
    return { individual, z };
  };
}

function typicalIn(engine, scenario) {
  const table = engine.parametersOf(scenario.species ?? "human");
  const values = new Map(table.map(({ name, value }) => [name, value]));
  for (const [name, value] of Object.entries(scenario.parameters ?? {})) values.set(name, value);
  return (name) => values.get(name);
}

/**
 * Solves a population, in chunks between which `pause` lets others have their turn.
 *
 * @param {(done: number) => boolean} goOn  told how many are done; false ends the work
 * @returns {Promise<object | null>} the result described above, or null if it was ended
 */
export async function solvePopulation(engine, request, goOn = () => true, pause = nextTurn) {
  const { scenario, readouts, members: given = null, n = given?.length ?? 200, seed = 1, rtol = 1e-3, response_h = [24, 168], noise = 1, change = 1 } = request;
  const times = Float64Array.from(new Set([...request.times, ...response_h])).sort();
  const shown = Array.from(request.times, (t) => times.indexOf(t));
  const rated = response_h.map((t) => times.indexOf(t));
  const names = [...new Set([...readouts, ...SEEN_FROM])];
  const members = Object.fromEntries(readouts.map((name) => [name, []]));
  const responders = Object.fromEntries(response_h.map((t) => [t, []]));
  const draw = memberOf(engine, scenario);
  const typical = typicalIn(engine, scenario);
  let failed = 0;
  let turn = performance.now();
  for (let i = 0; i < n; i++) {
    // 30 ms: long enough that pauses cost nothing, short enough that a newer wish waits for no one.
    if (performance.now() - turn > 30) {
      await pause();
      if (!goOn(i)) return null;
      turn = performance.now();
    }
    const { individual, z } = given ? { individual: given[i], z: null } : draw(seed, i);
    const run = engine.solve(scenario, times, names, { rtol, individual });
    if (!run.ok) {
      failed++;
      continue;
    }
    for (const name of readouts) members[name].push(run.values[name]);
    if (rated.length === 0) continue;
    const person = Object.fromEntries(
      RATED_WITH.map((name) => [name, individual[`symptoms.${name}`] ?? typical(`symptoms.${name}`)]),
    );
    const shift = z();
    const seen = engine.observe(
      rated.map((at) => ({
        ...person,
        ...Object.fromEntries(SEEN_FROM.map((name) => [name, run.values[name][at]])),
        own: [0, change * shift, noise * z()],
      })),
    );
    response_h.forEach((t, k) => responders[t].push(seen[k].responder ? 1 : 0));
  }
  return {
    n,
    failed,
    levels: LEVELS,
    quantiles: Object.fromEntries(readouts.map((name) => [name, quantiles(members[name], shown)])),
    responders: Object.fromEntries(response_h.map((t) => [t, Uint8Array.from(responders[t])])),
  };
}

/** Serves the messages described above, one population at a time. */
export function answerPopulations(port) {
  let engine = null;
  let latest = 0;
  port.onmessage = async ({ data }) => {
    const mine = ++latest;
    const current = () => mine === latest;
    const { bytes, cancel, id, ...request } = data;
    if (cancel) return;
    try {
      if (bytes) {
        engine = loadEngine(bytes);
        port.postMessage({ ready: true, version: (await engine).version });
        return;
      }
      if (!engine) throw new EngineError("no_module", {});
      const solver = await engine;
      const result = await solvePopulation(solver, request, (done) => {
        if (current()) port.postMessage({ id, done, n: request.n ?? 200 });
        return current();
      });
      if (result && current()) port.postMessage({ id, result });
    } catch (error) {
      if (current()) port.postMessage({ id, error: error.message, kind: error.kind, values: error.values });
    }
  };
}

/** Quantiles over members at each chosen time, with linear interpolation between ranks as in NumPy. */
function quantiles(members, chosen) {
  const found = LEVELS.map(() => new Float64Array(chosen.length).fill(NaN));
  if (members.length === 0) return found;
  const column = new Float64Array(members.length);
  chosen.forEach((at, k) => {
    members.forEach((member, i) => (column[i] = member[at]));
    column.sort();
    LEVELS.forEach((level, l) => {
      const rank = level * (column.length - 1);
      const below = Math.floor(rank);
      const above = Math.min(below + 1, column.length - 1);
      found[l][k] = column[below] + (rank - below) * (column[above] - column[below]);
    });
  });
  return found;
}

function expit(x) {
  return 1 / (1 + Math.exp(-x));
}

function logit(p) {
  return Math.log(p / (1 - p));
}

/** Messages that wait are heard before the next turn; timers would wait 4 ms in browsers. */
function nextTurn() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });
}

/** Standard normal numbers of one member: sfc32 (PractRand), polar method of Marsaglia. */
function normals(seed, member) {
  let a = seed >>> 0, b = Math.floor(seed / 2 ** 32) >>> 0, c = member >>> 0, counter = 1;
  const bits = () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum | 0;
    return sum >>> 0;
  };
  for (let k = 0; k < 15; k++) bits();
  const uniform = () => (bits() * 2 ** 21 + (bits() >>> 11)) * 2 ** -53;
  let spare = null;
  return () => {
    if (spare !== null) {
      const z = spare;
      spare = null;
      return z;
    }
    for (;;) {
      const u = 2 * uniform() - 1, v = 2 * uniform() - 1, s = u * u + v * v;
      if (s >= 1 || s === 0) continue;
      const scale = Math.sqrt((-2 * Math.log(s)) / s);
      spare = v * scale;
      return u * scale;
    }
  };
}
