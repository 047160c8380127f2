/** The curves of the page: which readouts they come from, in which unit, and between which limits. */

import { SWITCHES } from "./scenarios.js";
import { DRUGS } from "./state.js";

/** Asked of the engine for every run. */
export const READOUTS = [
  "ketamine_venous", "norketamine_venous", "hnk_venous", "escitalopram_venous",
  "nmda_block_interneuron", "nmda_block_pyramidal", "sert_occupancy",
  "cadss_change", "sbp_change", "interneuron_rate", "pyramidal_rate",
  "glutamate_dialysate", "ampa_throughput", "bdnf_extracellular", "p_mtor",
  "serotonin_extracellular", "spine_restored", "madrs_change", "suicidal_ideation_change",
];


/** Unchanged ketamine in blood, tissue and liver: what "97 % gone" means [umol]. */
export const BODY = ["A1", "A2", "A3", "Ah"].flatMap((part) => ["S", "R"].map((e) => `pharmacokinetics.${part}_${e}`));

/** The readout that says how much of the drug itself is in the blood. */
export function drugReadout(arm) {
  if (arm.drug === "ssri") return "escitalopram_venous";
  if (arm.drug === "hnk") return "hnk_venous";
  return DRUGS[arm.drug] === "none" ? null : "ketamine_venous";
}

const scaled = (name, factor) => (run) => mapped(run.values[name], (v) => factor * v);
/** Relative to before treatment, which in depression is not the healthy state. */
const ofBefore = (name, factor) => (run) => {
  const before = run.before[name];
  return mapped(run.values[name], (v) => (factor * v) / before);
};

function mapped(values, f) {
  const found = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) found[i] = f(values[i]);
  return found;
}

/**
 * On which kind of cell the block acts in the model of an arm. Where it plays no part on either, as under
 * the metabolite alone, receptors are plugged all the same, and nothing follows.
 */
function reach(arm) {
  const { "disinhibition.w_dis": brake = 1, "disinhibition.w_pyr": drive = 1 } = { ...SWITCHES[arm.hypothesis], ...SWITCHES[arm.cells] };
  return brake || drive ? { brake: brake > 0, drive: drive > 0 } : { brake: true, drive: true };
}
export const reachesBrakes = (arm) => reach(arm).brake;

/** Block [%] as it acts: on brake cells (interneurons), and on pyramidal cells. */
export function blockOn(run, arm, cells) {
  const weight = reach(arm)[cells] ? 100 : 0;
  return mapped(run.values[cells === "brake" ? "nmda_block_interneuron" : "nmda_block_pyramidal"], (v) => weight * v);
}

/** The block that starts the cascade of an arm: on brake cells, or where it does not reach them, on the others. */
export function mainBlock(run, arm) {
  return blockOn(run, arm, reachesBrakes(arm) ? "brake" : "drive");
}

const rated = (arm) => arm.species === "human";

/**
 * Strips from top to bottom. `main` is drawn strong, `minor` thin and dotted; `limits` are widened
 * in these `steps` when a curve needs it, so that a scale does not crawl while a slider moves.
 */
export const STRIPS = [
  {
    id: "drug", limits: [0, 100], step: 50, digits: 0, daily: (arm) => arm.drug === "ssri",
    // All drugs in ng/mL on one axis: a share of each drug's own peak would hide a factor of ten between them.
    main: (run, arm) => (drugReadout(arm) === null ? null : run.values[drugReadout(arm)]),
    minor: () => null,
  },
  {
    id: "target", limits: [0, 100], step: 50, digits: 0, daily: (arm) => arm.drug === "ssri",
    main: (run, arm) =>
      arm.drug === "none" ? null
        : arm.drug === "ssri" ? scaled("sert_occupancy", 100)(run) : blockOn(run, arm, "brake"),
    minor: (run, arm) =>
      arm.drug === "ssri" || arm.drug === "none" ? null : blockOn(run, arm, "drive"),
  },
  {
    id: "burden", limits: [0, 20], step: 10, digits: 0,
    main: (run, arm) => (rated(arm) ? run.values.cadss_change : null),
    minor: (run, arm) => (rated(arm) && arm.drug !== "ssri" ? run.values.sbp_change : null),
  },
  {
    id: "cells", limits: [90, 135], step: 15, digits: 0,
    main: ofBefore("pyramidal_rate", 100),
    minor: ofBefore("interneuron_rate", 100),
  },
  {
    id: "excitation", limits: [95, 130], step: 15, digits: 0,
    main: ofBefore("glutamate_dialysate", 100),
    minor: ofBefore("ampa_throughput", 100),
  },
  {
    id: "growth", limits: [0, 6], step: 1, digits: 1,
    main: ofBefore("bdnf_extracellular", 1),
    minor: ofBefore("p_mtor", 1),
  },
  {
    id: "spines", limits: [0, 60], step: 20, digits: 0,
    main: scaled("spine_restored", 100),
    minor: () => null,
  },
  {
    id: "mood", limits: [-8, 0], step: 4, digits: 1,
    main: (run, arm) => (rated(arm) ? run.values.madrs_change : null),
    minor: (run) => run.control ?? null,
  },
];

/** Where a curve is before treatment. */
export function baseOf({ id }) {
  return { cells: 100, excitation: 100, growth: 1 }[id] ?? 0;
}

export const STRIP = Object.fromEntries(STRIPS.map((strip) => [strip.id, strip]));

/** Limits widened in whole steps until every curve fits. */
export function limitsFor(strip, curves) {
  let [low, high] = strip.limits;
  let { step } = strip;
  let least = Infinity;
  let most = -Infinity;
  for (const curve of curves) {
    for (const v of curve ?? []) {
      if (v < least) least = v;
      if (v > most) most = v;
    }
  }
  while ((most - low) / step > 6 || (high - least) / step > 6) step *= 2;
  // A drug in ng/mL may be far below the scale of the strip.
  if (strip.id === "drug" && most > 0 && most < 40) return { low: 0, high: most > 20 ? 40 : 20, step: most > 20 ? 20 : 10 };
  while (most > high + 0.02 * step) high += step;
  while (least < low - 0.1 * step) low -= step;
  return { low, high, step };
}

/** Curves that swing with every tablet are told, from here on, as their daily mean and range [h]. */
export const DAILY_FROM_H = 24;

/** Daily mean, lowest and highest, each drawn straight between ends of days; raw on the first day. */
export function daily(t, y) {
  const ends = [];
  let i = 0;
  for (let end = DAILY_FROM_H; end <= t.at(-1) + 1e-9; end += 24) {
    while (t[i] < end - 24) i++;
    let [area, low, high] = [0, Infinity, -Infinity];
    let j = i;
    for (; j < t.length && t[j] <= end + 1e-9; j++) {
      low = Math.min(low, y[j]);
      high = Math.max(high, y[j]);
      if (j > i) area += 0.5 * (y[j] + y[j - 1]) * (t[j] - t[j - 1]);
    }
    const span = t[j - 1] - t[i];
    ends.push({ mean: span > 0 ? area / span : y[i], low, high });
  }
  const along = (part) =>
    mapped(t, (time) => {
      if (time < DAILY_FROM_H) return NaN;
      const place = Math.min(ends.length - 1, (time - DAILY_FROM_H) / 24);
      const k = Math.min(ends.length - 2, Math.floor(place));
      return ends[k][part] + (place - k) * (ends[k + 1][part] - ends[k][part]);
    });
  const mean = along("mean");
  for (let k = 0; k < t.length && t[k] < DAILY_FROM_H; k++) mean[k] = y[k];
  return { mean, low: along("low"), high: along("high") };
}

/** All curves of a run: {strip: {main, minor, low, high}}. */
export function curvesOf(run, arm) {
  const found = {};
  for (const strip of STRIPS) {
    const main = strip.main(run, arm);
    const minor = strip.minor(run, arm);
    if (main && strip.daily?.(arm)) {
      const it = daily(run.time, main);
      found[strip.id] = { main: it.mean, minor, low: it.low, high: it.high, raw: main };
    } else found[strip.id] = { main, minor, low: null, high: null, raw: main };
  }
  return found;
}
