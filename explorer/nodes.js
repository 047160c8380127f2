/** The stages of the cascade as curves: their value, in words, and how active they are. */

import { drugReadout, mainBlock } from "./quantities.js";
import { valueAt } from "./moments.js";
import { number } from "./text.js";

const percent = (v) => `${number(v, 0)} %`;
const fold = (v) => `${number(v, v >= 9.95 ? 0 : 1)} ×`;

/** In the order of the cascade. `of` gives curve, rest (where it is before treatment) and words. */
const STAGES = {
  drug: (run, arm) => {
    const name = drugReadout(arm);
    if (name === null) return null;
    return { y: run.values[name], rest: 0, say: (v) => number(v, v >= 9.95 || v < 0.05 ? 0 : 1), of: name };
  },
  nmda: (run, arm) => ({ y: mainBlock(run, arm), rest: 0, say: percent }),
  brake: (run) => ofBefore(run, "interneuron_rate"),
  glutamate: (run) => ofBefore(run, "glutamate_dialysate"),
  ampa: (run) => ofBefore(run, "ampa_throughput"),
  bdnf: (run) => foldOf(run, "bdnf_extracellular"),
  mtor: (run) => foldOf(run, "p_mtor"),
  spines: (run) => ({ y: run.values.spine_restored.map((v) => 100 * v), rest: 0, say: percent }),
  mood: (run, arm) =>
    arm.species === "human" ? { y: run.values.madrs_change.map((v) => -v), rest: 0, say: (v) => number(v, 1) } : null,
  sert: (run) => ({ y: run.values.sert_occupancy.map((v) => 100 * v), rest: 0, say: percent }),
  genes: (run) => foldOf(run, "serotonin_extracellular"),
};

export const ORDER = Object.keys(STAGES);
/** Changes smaller than this are no activity but rounding and feedback. */
const LEAST = { drug: 1, nmda: 1, brake: 1.5, glutamate: 2, ampa: 3, bdnf: 0.1, mtor: 0.1, spines: 2, mood: 0.3, sert: 1, genes: 0.05 };

function ofBefore(run, name) {
  return { y: run.values[name].map((v) => (100 * v) / run.before[name]), rest: 100, say: percent };
}

function foldOf(run, name) {
  return { y: run.values[name].map((v) => v / run.before[name]), rest: 1, say: fold };
}

/** Stages of a run, each with its largest deviation from rest in the direction it takes. */
export function stagesOf(run, arm) {
  const found = {};
  for (const name of ORDER) {
    const stage = STAGES[name](run, arm);
    if (stage) {
      let most = 0;
      for (const v of stage.y) if (Math.abs(v - stage.rest) > Math.abs(most)) most = v - stage.rest;
      stage.most = most;
    }
    found[name] = stage;
  }
  return found;
}

/** Value in words and activity at a time; activity is 1 at the largest deviation in scenario A. */
export function stageAt(stage, reference, t, time, name) {
  if (!stage) return { words: "–", activity: 0 };
  const value = valueAt(t, stage.y, time);
  const away = value - stage.rest;
  // Drugs of different kinds are not measured by each other.
  const same = reference && reference.of === stage.of && Math.abs(reference.most) >= LEAST[name];
  const full = same ? reference.most : stage.most;
  const activity = Math.abs(full) < LEAST[name] ? 0 : Math.min(1, Math.max(0, away / full));
  return { words: stage.say(value), activity };
}

/** Stages that answer at all, in order: what "goes dark" when a step is blocked. */
export function litStages(stages) {
  return ORDER.filter((name) => stages[name] && Math.abs(stages[name].most) >= LEAST[name]);
}

/** A stage counts as dark in `stages` if less than a third of the answer in `reference` is left. */
export function darkStages(stages, reference) {
  return litStages(reference).filter((name) => {
    const stage = stages[name];
    return !stage || Math.abs(stage.most) < LEAST[name] || stage.most / reference[name].most < 1 / 3;
  });
}
