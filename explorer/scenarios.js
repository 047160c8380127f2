/** From an arm of the page to a scenario of the library: for the engine, and as Python. */

import choices from "./choices.json" with { type: "json" };
import { DRUGS, END_H, PROGRAMMES } from "./state.js";

/** Length of an infusion [h]. */
const INFUSION_H = 40 / 60;
/** 0.5 mg/kg three times a week for two weeks; nasal courses start twice a week. */
const SIX_H = [0, 48, 96, 168, 216, 264];
const TWICE_H = [0, 72];
const DAILY = { drug: "escitalopram", amount: 10, unit: "mg", route: "oral", interval_h: 24, additional: 55 };
/** Days on which therapy sessions are held: in the window after one infusion, or when it has closed. */
const SESSION_DAYS = { early: [1, 2, 3, 4], late14: [15, 16, 17, 18] };

/**
 * What the switches mean. NMDA receptors spared on one kind of cell: the block there has the weight 0.
 * Without spine growth: formation hardly follows the supply of synaptic protein, again the least accepted.
 */
export const SWITCHES = {
  brake: { "disinhibition.w_pyr": 0 },
  drive: { "disinhibition.w_dis": 0 },
  spines: { "synaptogenesis.q_f": 0.3 },
  nodis: { "disinhibition.w_dis": 0 },
  norest: { "mtor.w_rest": 0 },
  nohnk: { "glutamate.w_HNK": 0 },
  rerk: { "mtor.w_RERK": 1 },
  trkb: { "bdnf_trkb.w_direct": 1 },
  // Rivals alone: ketasim.hypotheses().
  ...choices.hypotheses,
};
const VARIANTS = { circA: "variant_A", circC: "variant_C" };

/**
 * Tool compounds. NBQX acts for eight hours, from a quarter of an hour ahead of the infusion until little
 * ketamine is left; late NBQX acts for an hour from 20 h on. The others act for a day.
 */
export const TOOLS = {
  nbqx: { target: "ampa", fraction: 0.9, start_h: -0.25, duration_h: 8 },
  late: { target: "ampa", fraction: 0.9, start_h: 20, duration_h: 1 },
  rapa: { target: "mtor", fraction: 0.9, start_h: -0.5, duration_h: 24 },
  bdnf: { target: "bdnf", fraction: 0.9, start_h: -0.5, duration_h: 24 },
};

/** When the doses of an arm begin [h]. */
export function doseStarts(arm) {
  return scenarioOf(arm).doses.filter(({ drug }) => drug !== DAILY.drug)
    .flatMap(({ start_h, interval_h, additional }) => Array.from({ length: 1 + additional }, (_, k) => start_h + k * interval_h)).sort((x, y) => x - y);
}

/** What a trial adds by itself: an active control for what is noticed, the visits of one for a tablet. */
export const contextOf = (arm) => (arm.species !== "human" ? "none" : arm.drug === "ssri" ? "oral_ad" : arm.drug === "none" ? "midazolam" : arm.ssri ? "midazolam+oral_ad" : "midazolam");

/** The control arm of the same trial. */
export function controlOf(arm) {
  const starts = arm.drug === "ssri" || arm.drug === "none" ? [0] : doseStarts(arm);
  return { species: arm.species, severity: 1, context: contextOf(arm), doses: starts.map((start_h) => ({ drug: "placebo", amount: 0, unit: "mg", route: "iv", start_h })) };
}

/** A scenario as the engine reads it. */
export function scenarioOf(arm, trial = false) {
  const doses = [];
  if (arm.drug === "ssri" || arm.ssri) doses.push({ ...DAILY, start_h: 0, duration_h: 0 });
  if (arm.drug !== "ssri" && arm.drug !== "none") {
    const one = {
      drug: DRUGS[arm.drug], amount: arm.dose, unit: "mg/kg", route: arm.route,
      duration_h: arm.route === "iv" ? INFUSION_H : 0, interval_h: 0, additional: 0,
    };
    if (arm.schedule in PROGRAMMES) {
      const each = PROGRAMMES[arm.schedule].flatMap(({ starts_h, ...dose }) => starts_h.map((start_h) => ({ ...dose, interval_h: 0, additional: 0, start_h })));
      doses.push(...each.sort((x, y) => x.start_h - y.start_h));
    } else if (arm.schedule === "six") doses.push(...SIX_H.map((start_h) => ({ ...one, start_h })));
    else if (arm.schedule === "twice") {
      doses.push(...TWICE_H.map((start_h) => ({ ...one, start_h, interval_h: 168, additional: 3 })));
    } else doses.push({ ...one, start_h: 0 });
  }
  const parameters = {};
  for (const name of [arm.cells, arm.hypothesis, ...arm.blockers]) Object.assign(parameters, SWITCHES[name]);
  const scenario = {
    species: arm.species, severity: 1, context: trial ? contextOf(arm) : "none", parameters, doses,
    blocks: arm.blockers.filter((name) => name in TOOLS).map((name) => ({ ...TOOLS[name] })),
    sessions: (SESSION_DAYS[arm.sessions] ?? []).map((day) => ({
      start_h: 24 * day, drug: "psychotherapy", amount: 1, duration_h: 6,
    })),
  };
  if (arm.hypothesis in VARIANTS) scenario.variant = VARIANTS[arm.hypothesis];
  return scenario;
}

/** Times [h] after a dose that show what it does: its rise, its peak and its fall. */
const AFTER_DOSE_H = [0, 0.1, 0.25, 0.4, 0.55, 2 / 3, 0.75, 0.9, 1.1, 1.4, 1.8, 2.4, 3.2, 4.5, 6.5, 9, 13, 18];
const AFTER_TABLET_H = [0, 2, 4, 7, 14];

/** The seven times that are told in the table, in words and on the screen [h]. */
export const NAMED_H = [2 / 3, 4, 24, 72, 168, 336, END_H];

/** Output times [h]: even along the axes, dense after every dose, the named times among them. */
export function outputTimes(arms, axes, perEra = 72) {
  const times = new Set([0, ...NAMED_H]);
  for (const axis of axes) {
    const n = axis.kind === "era" ? 0 : 240;
    if (axis.times) for (const t of axis.times(perEra)) times.add(t);
    for (let k = 0; k <= n; k++) times.add(Math.max(0, axis.inverse((axis.to * k) / (n || 1))));
  }
  for (const arm of arms) {
    for (const dose of scenarioOf(arm).doses) {
      const after = dose.route === "oral" && dose.additional > 20 ? AFTER_TABLET_H : AFTER_DOSE_H;
      for (let k = 0; k <= dose.additional; k++) {
        for (const h of after) times.add(dose.start_h + k * dose.interval_h + h);
      }
    }
  }
  const sorted = Float64Array.from(times).sort().filter((t) => t <= END_H);
  // Closer than a third of a second is the same place on any axis.
  return sorted.filter((t, i) => i === 0 || t - sorted[i - 1] > 1e-4 || NAMED_H.includes(t))
    .filter((t, i, all) => i === 0 || t > all[i - 1]);
}

// --- Python ------------------------------------------------------------------------------------

/** A program that reproduces both curves and prints the table of named times. */
export function pythonOf(now, version) {
  return `# ketasim explorer ${version}. In the model only: educational, not medical advice.
import ketasim as ks

a = ${scenarioInPython(now.a, now.trial)}
b = ${scenarioInPython(now.b, now.trial)}

# The scales of the page: of before treatment, of what stress took, points of the MADRS.
scales = {
    "glutamate_dialysate": ("% of before", lambda run, y: 100 * y / run.before("glutamate_dialysate")),
    "p_mtor": ("x before", lambda run, y: y / run.before("p_mtor")),
    "spine_restored": ("%", lambda run, y: 100 * y),
    "madrs_change": ("points", lambda run, y: y),
}
times = [${NAMED_H.map(numberInPython).join(", ")}]  # hours
for name, scenario in {"A": a, "B": b}.items():
    run = ks.simulate(scenario, t_eval=times)
    for readout, (unit, shown) in scales.items():
        if readout == "madrs_change" and scenario.subject.species != "human":
            continue  # nobody rates the mood of a rat
        print(name, readout, *(f"{value:.6g}" for value in shown(run, run[readout])), unit)
`;
}

function scenarioInPython(arm, trial) {
  const it = scenarioOf(arm, trial);
  const lines = [`ks.Regimen((${it.doses.map((d) => `${doseInPython(d)},`).join(" ")})),`];
  if (it.species !== "human") lines.push(`ks.Subject(species="${it.species}", severity=1.0),`);
  const tools = it.blocks.map(
    (b) => `ks.block("${b.target}", ${b.fraction}, start_h=${numberInPython(b.start_h)}, duration_h=${numberInPython(b.duration_h)})`,
  );
  const sessions = it.sessions.map(
    (s) => `ks.Dose("psychotherapy", 1.0, "fraction", "target", start_h=${numberInPython(s.start_h)}, duration_h=6.0)`,
  );
  const extra = [...tools, ...sessions];
  if (extra.length > 0) lines.push(`interventions=[\n        ${extra.join(",\n        ")},\n    ],`);
  const changed = Object.entries(it.parameters);
  if (changed.length > 0) {
    lines.push(`parameters={${changed.map(([k, v]) => `"${k}": ${numberInPython(v)}`).join(", ")}},`);
  }
  if (it.context !== "none") lines.push(`context="${it.context}",`);
  if (it.variant) lines.push(`variant="${it.variant}",`);
  return `ks.Scenario(\n    ${lines.join("\n    ")}\n)`;
}

function doseInPython(dose) {
  const parts = [`"${dose.drug}"`, dose.amount, `"${dose.unit}"`, `"${dose.route}"`];
  if (dose.start_h) parts.push(`start_h=${numberInPython(dose.start_h)}`);
  if (dose.duration_h) parts.push(`duration_h=${numberInPython(dose.duration_h)}`);
  if (dose.additional) parts.push(`interval_h=${numberInPython(dose.interval_h)}, additional=${dose.additional}`);
  return `ks.Dose(${parts.join(", ")})`;
}

/** Digits that read back as the same double; 40 min stays a fraction that people recognise. */
function numberInPython(value) {
  if (value === INFUSION_H) return "40 / 60";
  return Number.isInteger(value) ? `${value}.0` : String(value);
}
