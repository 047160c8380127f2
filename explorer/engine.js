/**
 * The engine of the explorer: the ketasim core, compiled to WebAssembly, as one small object.
 *
 *   import { loadEngine } from "./engine.js";
 *   const engine = await loadEngine(bytes);      // an ArrayBuffer or Uint8Array of ketasim.wasm, or a WebAssembly.Module
 *
 * What it knows (plain, frozen data; the same names, units and order as in the Python package):
 *
 *   engine.version             "0.1.0", the version of the Python package built from the same sources
 *   engine.readouts            [{name, module, unit, description, scale_low, scale_high}]        as ketasim.readouts()
 *                              (null where a scale has no end)
 *   engine.states              [{name: "module.name", module, unit, kind, typical, low, high, description}]   as ketasim.states()
 *   engine.parameters          [{name: "module.name", module, symbol, description, unit, value, low, high, limit_low, limit_high,
 *                                iiv_cv_pct, grade: "A".."E", source_key, evidence, fitted_to, note, species}]
 *                                                                                                as ketasim.parameters("human")
 *   engine.parametersOf(species)   the same for any species
 *   engine.drugs               [{name, family, opens_session, routes, units, target, also, description, ...}]
 *                                                                                                as ketasim.drugs()
 *   engine.routes, engine.contexts, engine.species     likewise, one row each
 *   engine.names               {species, drugs, routes, units, contexts, variants, blocks, statuses}, lists of names;
 *                              `blocks` are the targets of ketasim.block
 *
 * What it does:
 *
 *   engine.solve(scenario, times, readouts, options = {})
 *     times      hours, strictly increasing; Float64Array or array
 *     readouts   names of readouts and states, such as ["madrs_change", "p_mtor", "pharmacokinetics.Ce_S"]. Each is cheap,
 *                but for "response" and "remission", averages over a population that cost 10 us at every time
 *     options    {rtol: 1e-4, max_steps: 100000, individual: {}}
 *                rtol 1e-4: no curve is off by more than 0.4 % of its range, a pixel; 1e-6, the value of Python, takes
 *                twice the steps
 *                individual {"module.name": value}: what one person's own parameters are, as population.js draws them;
 *                like draws in Python they may lie outside the range that is possible for a population
 *   returns
 *     {ok,             true if the run reached its end
 *      status,         "success", "max_steps_reached", "step_too_small", "non_finite_rhs", ...
 *      message,        what happened and what to try, for a person
 *      reason,         the same as {kind, values} of messages.json, for other languages; null if ok
 *      reached_h,      the last time that was reached [h]
 *      worst_state,    "module.name" of the state that failed, "" if none did
 *      steps, rejected, evaluations, jacobians, factorisations,          counts
 *      time,           Float64Array (n,), the times asked for
 *      values,         {name: Float64Array (n,)}, NaN at times that were not reached
 *      before,         {name: number}, the value before any treatment: what a fold change is measured from
 *      stops}          Float64Array, hours at which a dose, infusion, block or session begins or ends
 *   A run that stops early is returned with ok = false. An impossible scenario is thrown as an Error that says which name
 *   and value, in which unit, and what to change; it has {kind, values} of messages.json. The engine stays usable. Arrays belong to the caller.
 *
 *   engine.observe(patients)   what a trial sees of patients, one by one, in closed form of their own numbers
 *     patients   [{madrs_baseline, drug_relief, context_relief,            readouts at the time of the rating
 *                  sensitivity, omega_s, sd_e, sigma_y, remission_cut,     parameters of the module symptoms
 *                  own: [n_sensitivity, n_shift, n_error]}]                standard normal numbers
 *   returns      [{madrs, responder, remitter}]                            [points], true or false
 *
 *   engine.individualSensitivity(mean, omega_s, n)    of somebody n standard deviations from the middle
 *
 *   engine.check(scenario)     throws what solve would throw for the scenario, and solves nothing
 *
 * A scenario is plain JSON. All keys may be left out; a key that is not listed here is refused.
 *
 *   {species: "human",         one of engine.species
 *    weight_kg: 70,            usual weight of the species
 *    severity: 1,              0 healthy .. 1 untreated patient or chronically stressed animal; 1 in humans, 0 in animals
 *    baseline_severity: null,  MADRS before treatment [points], where it is known
 *    context: "none",          what the trial itself does: one of engine.contexts, "none" for the drug effect alone
 *    variant: null,            a variant of the circuit, one of engine.names.variants
 *    parameters: {},           {"module.name": value}; the hypothesis switches are parameters too, such as
 *                              {"glutamate.w_HNK": 0}
 *    doses: [],                [{drug: "ketamine", amount: 0.5, unit: "mg/kg", route: "iv",
 *                                start_h: 0, duration_h: 0.6667, interval_h: 0, additional: 0,
 *                                lag_h: 0, bioavailability: 1}]          the fields of ketasim.Dose
 *    blocks: [],               [{target: "ampa", fraction: 0.9, start_h: -0.5, duration_h: 24}]     as ketasim.block
 *    sessions: []}             [{start_h: 24, drug: "psychotherapy", amount: 1, duration_h: 6, interval_h: 0, additional: 0}]
 *                              or drug: "memory_retrieval"
 *
 * t = 0 is the first dose that opens a session: of ketamine, its metabolites, another channel blocker or placebo.
 */

import MESSAGES from "./messages.json" with { type: "json" };

/** What the engine says when it cannot do what is asked: a kind of messages.json, and what stands in its places. */
export class EngineError extends Error {
  constructor(kind, values) {
    super(messageOf(kind, values));
    Object.assign(this, { kind, values });
  }
}

/** The English message of a kind; a place without a value, such as a unit, leaves no gap. */
export function messageOf(kind, values) {
  return MESSAGES[kind].replace(/\{(\w+)\}/g, (_, place) => String(values[place] ?? "")).replaceAll("  ", " ").trim();
}

const SCENARIO = {
  species: "human",
  weight_kg: null,
  severity: null,
  baseline_severity: null,
  context: "none",
  variant: null,
  parameters: {},
  doses: [],
  blocks: [],
  sessions: [],
};
const DOSE = {
  drug: "ketamine",
  amount: undefined,
  unit: undefined,
  route: undefined,
  start_h: 0,
  duration_h: 0,
  interval_h: 0,
  additional: 0,
  lag_h: 0,
  bioavailability: 1,
};
const BLOCK = { target: undefined, fraction: undefined, start_h: -0.5, duration_h: 24 };
const SESSION = {
  start_h: undefined,
  drug: "psychotherapy",
  amount: 1,
  duration_h: null,
  interval_h: 0,
  additional: 0,
};
/** What the core reads of a patient, in its order. */
const SEEN_OF = ["madrs_baseline", "drug_relief", "context_relief", "sensitivity", "omega_s", "sd_e", "sigma_y", "remission_cut"];
const OPTIONS = { rtol: 1e-4, max_steps: 100_000, individual: {} };

/** More output times than any picture has points; all states are kept at each, 0.8 kB. */
const MOST_TIMES = 20_000;
/** One an hour for more than a year. */
const MOST_DOSES = 10_000;

/**
 * @param {BufferSource | WebAssembly.Module} bytes  ketasim.wasm
 * @returns {Promise<object>} the engine described above
 */
export async function loadEngine(bytes) {
  const module = bytes instanceof WebAssembly.Module ? bytes : await WebAssembly.compile(bytes);
  let core = await instance(module);
  const human = JSON.parse(core.text(core.call.tables(0)));
  const rat = JSON.parse(core.text(core.call.tables(1)));
  const places = {
    parameters: positions(namesOf(human.parameters)),
    readouts: positions(namesOf([...human.readouts, ...human.states])),
    drug: positions(namesOf(human.drugs)),
    unit: positions(namesOf(human.units)),
    route: positions(namesOf(human.routes)),
    context: positions(namesOf(human.contexts)),
    variant: positions(namesOf(human.variants)),
    species: positions(namesOf(human.species)),
    target: positions(human.drugs.map((row) => row.target).filter(Boolean)),
  };
  /** The parameters that a species has. */
  const parametersOf = (species) =>
    (row(human.species, species).parameter_set === "human" ? human : rat).parameters;

  /** Runs a call into the module; what it refuses or cannot do costs a fresh instance, as its frames were left half done. */
  function call(work) {
    try {
      return work(core);
    } catch (error) {
      core = freshInstance(module);
      if (error instanceof Refusal) throw new EngineError("refused", { words: error.message });
      throw new EngineError("stopped", { why: error.message });
    }
  }

  function begin(core, s) {
    core.call.begin(
      places.species.get(s.species),
      s.variant === null ? -1 : places.variant.get(s.variant),
      places.context.get(s.context),
      s.weight_kg,
      s.severity,
      s.baseline_severity ?? NaN,
    );
    for (const [position, value] of s.parameters) core.call.set_parameter(position, value);
    for (const d of s.doses)
      core.call.add_dose(
        places.drug.get(d.drug),
        d.amount,
        places.unit.get(d.unit),
        places.route.get(d.route),
        d.start_h,
        d.duration_h,
        d.interval_h,
        d.additional,
        d.lag_h,
        d.bioavailability,
      );
  }

  function solve(scenario, times, readouts, options = {}) {
    const s = understood(scenario, places, human, parametersOf);
    const { rtol, max_steps, individual } = filled(options, OPTIONS, "options");
    number(rtol, "rtol", "", 1e-12, 0.1);
    whole(max_steps, "max_steps", "steps", 1, 1_000_000);
    for (const [name, value] of Object.entries(individual)) s.parameters.push([place(places.parameters, name, "parameter"), value]);
    const time = Float64Array.from(times);
    if (time.length > MOST_TIMES) throw new EngineError("many_times", { n: time.length, most: MOST_TIMES });
    const wanted = readouts.map((name) => place(places.readouts, name, "readout or state"));
    return call((core) => {
      begin(core, s);
      core.put(time);
      const at = core.call.solve(rtol, max_steps);
      const [status, t, h, worst, , steps, rejected, evaluations, jacobians, factorisations, n_stops] = core.numbers(at, 11);
      const stops = core.numbers(at + 11 * Float64Array.BYTES_PER_ELEMENT, n_stops);
      core.put(wanted);
      const columns = core.numbers(core.call.read(), wanted.length * (time.length + 1));
      const values = {}, before = {};
      readouts.forEach((name, k) => {
        values[name] = columns.slice(k * time.length, (k + 1) * time.length);
        before[name] = columns[wanted.length * time.length + k];
      });
      const end = human.statuses[status];
      const ok = end.name === "success";
      const worst_state = worst >= 0 ? human.states[worst].name : "";
      const reason = ok ? null : {
        kind: worst_state ? "ended_in" : "ended",
        values: { status: end.name, t: shown(t), step: shown(h), state: worst_state, steps, rejected, remedy: end.remedy },
      };
      return {
        ok,
        status: end.name,
        message: ok ? `reached ${shown(t)} h in ${steps} steps` : messageOf(reason.kind, reason.values),
        reason,
        reached_h: t,
        worst_state,
        steps,
        rejected,
        evaluations,
        jacobians,
        factorisations,
        time,
        values,
        before,
        stops,
      };
    });
  }

  return Object.freeze({
    version: core.text(core.call.version()),
    readouts: deepFrozen(human.readouts),
    states: deepFrozen(human.states),
    parameters: deepFrozen(human.parameters),
    parametersOf: (species) => deepFrozen(parametersOf(known(places.species, species, "species"))),
    drugs: deepFrozen(human.drugs),
    routes: deepFrozen(human.routes),
    contexts: deepFrozen(human.contexts),
    species: deepFrozen(human.species),
    names: deepFrozen({
      species: namesOf(human.species),
      drugs: namesOf(human.drugs),
      routes: namesOf(human.routes),
      units: namesOf(human.units),
      contexts: namesOf(human.contexts),
      variants: namesOf(human.variants),
      blocks: [...places.target.keys()],
      statuses: namesOf(human.statuses),
    }),
    solve,
    observe(patients) {
      return call((core) => {
        core.put(patients.flatMap((patient) => [...SEEN_OF.map((name) => patient[name]), ...patient.own]));
        const seen = core.numbers(core.call.observe(), 3 * patients.length);
        return patients.map((_, k) => ({ madrs: seen[3 * k], responder: seen[3 * k + 1] === 1, remitter: seen[3 * k + 2] === 1 }));
      });
    },
    individualSensitivity: (mean, omega_s, n) => call((core) => core.call.individual_sensitivity(mean, omega_s, n)),
    check(scenario) {
      const s = understood(scenario, places, human, parametersOf);
      call((core) => {
        begin(core, s);
        core.call.check();
      });
    },
  });
}

/** What the core refuses, in its own words. */
class Refusal extends Error {}

function imports(reach) {
  return {
    env: {
      refuse(words) {
        throw new Refusal(reach().text(words));
      },
      emscripten_notify_memory_growth() {},
    },
    // The core reads the clock only for a time limit, which is never set here.
    wasi_snapshot_preview1: {
      clock_time_get: () => 0,
      proc_exit(code) {
        throw new Error(`exit ${code}`);
      },
    },
  };
}

async function instance(module) {
  let core;
  core = reached(await WebAssembly.instantiate(module, imports(() => core)));
  return core;
}

function freshInstance(module) {
  let core;
  core = reached(new WebAssembly.Instance(module, imports(() => core)));
  return core;
}

/** Numbers and texts of an instance. Views are taken anew at every use: memory moves when it grows. */
function reached({ exports }) {
  exports._initialize();
  return {
    call: exports,
    numbers: (at, size) => new Float64Array(exports.memory.buffer, at, size).slice(),
    put(values) {
      const at = exports.array(values.length);
      new Float64Array(exports.memory.buffer, at, values.length).set(values);
    },
    text(at) {
      const bytes = new Uint8Array(exports.memory.buffer);
      return new TextDecoder().decode(bytes.slice(at, bytes.indexOf(0, at)));
    },
  };
}

/** A scenario with everything filled in and checked as far as the core does not check it. */
function understood(scenario, places, tables, parametersOf) {
  const s = filled(scenario, SCENARIO, "scenario");
  known(places.species, s.species, "species");
  known(places.context, s.context, "context");
  if (s.variant !== null) known(places.variant, s.variant, "variant");
  const who = row(tables.species, s.species);
  s.weight_kg ??= who.weight_kg;
  s.severity ??= who.severity;
  number(s.weight_kg, "weight_kg", "kg", who.lightest_kg, who.heaviest_kg);
  number(s.severity, "severity", "(0 healthy, 1 untreated)", 0, 1);
  if (s.baseline_severity !== null) number(s.baseline_severity, "baseline_severity", "MADRS points", 0.5, 59.5);
  s.parameters = Object.entries(s.parameters).map(([name, value]) => {
    const position = place(places.parameters, name, "parameter");
    const { low, high, unit, value: usual, limit_low, limit_high } = parametersOf(s.species)[position];
    // Ten times beyond the plausible range at either end, without a change of sign, and no more than
    // the number can mean. Python accepts more where people differ by more, so that each drawn person
    // can be simulated alone; here those are given as `individual`.
    const least = Math.max(low > 0 ? low / 10 : low * 10, limit_low ?? -Infinity);
    const most = Math.min(high > 0 ? high * 10 : high / 10, limit_high ?? Infinity);
    if (!(typeof value === "number" && value >= least && value <= most))
      throw new EngineError("parameter", { name, value, unit, least: shown(least), most: shown(most), low: shown(low), high: shown(high), usual: shown(usual) });
    return [position, value];
  });
  s.doses = [
    ...list(s.doses, "doses").map((given) => filled(given, DOSE, "dose")),
    ...list(s.blocks, "blocks").map((given) => {
      const { target, fraction, ...when } = filled(given, BLOCK, "block");
      known(places.target, target, "target");
      return { ...DOSE, drug: tables.drugs.find((drug) => drug.target === target).name, amount: fraction, unit: "fraction", route: "target", ...when };
    }),
    ...list(s.sessions, "sessions").map((given) => {
      const session = filled(given, SESSION, "session");
      known(places.drug, session.drug, "drug");
      session.duration_h ??= row(tables.drugs, session.drug).usual_duration_h ?? 0;
      return { ...DOSE, unit: "fraction", route: "target", ...session };
    }),
  ];
  let given = 0;
  for (const d of s.doses) {
    for (const what of ["drug", "unit", "route"]) known(places[what], d[what], what);
    for (const what of ["amount", "start_h", "duration_h", "interval_h", "lag_h", "bioavailability"])
      number(d[what], `${what} of ${d.drug}`, what.endsWith("_h") ? "h" : what === "amount" ? d.unit : "", -1e6, 1e6);
    whole(d.additional, `additional of ${d.drug}`, "repeats", 0, MOST_DOSES);
    given += 1 + d.additional;
  }
  if (given > MOST_DOSES) throw new EngineError("many_doses", { n: given, most: MOST_DOSES });
  return s;
}

function namesOf(rows) {
  return rows.map((row) => row.name);
}

/** The row of a table with this name. */
function row(rows, name) {
  return rows.find((each) => each.name === name);
}

function positions(names) {
  return new Map(names.map((name, position) => [name, position]));
}

function known(names, name, what) {
  place(names, name, what);
  return name;
}

function place(names, name, what) {
  const position = names.get(name);
  if (position !== undefined) return position;
  const all = [...names.keys()];
  const like = all.filter((n) => n.toLowerCase().includes(String(name).toLowerCase()));
  const many = all.length > 30;
  const some = (many ? (like.length ? like : all).slice(0, 3) : all).join(", ");
  throw new EngineError(many ? "unknown_of_many" : "unknown", { what, name: JSON.stringify(name), n: all.length, names: some });
}

/** The given fields over the usual ones; a field without a usual value must be given. */
function filled(given, usual, what) {
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw new EngineError("no_object", { what, value: JSON.stringify(given), fields: Object.keys(usual).join(", ") });
  for (const key of Object.keys(given))
    if (!Object.hasOwn(usual, key)) throw new EngineError("no_field", { what, field: key, fields: Object.keys(usual).join(", ") });
  const all = { ...usual, ...given };
  for (const [key, value] of Object.entries(all)) if (value === undefined) throw new EngineError("missing", { what, field: key });
  return all;
}

function list(given, what) {
  if (!Array.isArray(given)) throw new EngineError("no_list", { what, value: JSON.stringify(given) });
  return given;
}

function number(value, name, unit, low, high) {
  if (!(typeof value === "number" && value >= low && value <= high))
    throw new EngineError("range", { name, value, unit, low, high });
}

function whole(value, name, unit, low, high) {
  number(value, name, unit, low, high);
  if (!Number.isInteger(value)) throw new EngineError("whole", { name, value, unit });
}

/** A number with six digits, as a person reads it. */
function shown(value) {
  return String(Number(value.toPrecision(6)));
}

function deepFrozen(value) {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) Object.values(Object.freeze(value)).forEach(deepFrozen);
  return value;
}
