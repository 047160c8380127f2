/**
 * What the drawing of the synapse shows of a run at a time: counts and levels read from solved states.
 *
 * The same numbers as ketasim.gallery.synapse in Python; a test compares them.
 */

import art from "../python/ketasim/gallery/synapse.json" with { type: "json" };

import { valueAt } from "./moments.js";
import { blockOn } from "./quantities.js";
import { TOOLS } from "./scenarios.js";

export { art };

/** How many of each are drawn. Pores: NMDA receptors of a brake cell, and of the magnified spine. */
export const DRAWN = Object.freeze({
  pores: art.pores.brake.length, spinePores: art.pores.drive.length, spines: art.lost.length,
  transporters: art.serotonin.transporters.length, bdnf: art.bdnf.length, drug: art.scale.most_diamonds,
});

/** Parts of the drawing in the order of the cascade, and the stage of the model behind each. */
export const PARTS = Object.freeze({
  pores: "nmda", brake: "brake", drive: "glutamate", glutamate: "glutamate", ampa: "ampa", bdnf: "bdnf", mtor: "mtor", spines: "spines", sert: "sert",
});

/** Parts in the order of the cascade of which one and what lies below it can be blocked: only these may darken. */
const ROW = Object.keys(art.below);

/** The part at which a blocker acts: the target of a tool compound, or spine growth itself. */
export const blockedPart = (name) => TOOLS[name]?.target ?? name;

/** Levels at a time; shares of before in %, folds in × before, counts of what is drawn. */
export function synapseAt(run, arm, t) {
  const at = (name) => valueAt(run.time, run.values[name], t);
  const ofBefore = (name) => at(name) / run.before[name];
  run.blocks ??= { brake: blockOn(run, arm, "brake"), drive: blockOn(run, arm, "drive") };
  const block = (cells) => valueAt(run.time, run.blocks[cells], t) / 100;
  const drug = run.drug === null ? 0 : at(run.drug);
  return {
    drug,
    diamonds: arm.drug === "ssri" ? 0 : Math.min(DRAWN.drug, Math.round(drug / art.scale.ng_per_mL_of_a_diamond)),
    pores: count(block("brake"), DRAWN.pores),
    spinePores: count(block("drive"), DRAWN.spinePores),
    brake: 100 * ofBefore("interneuron_rate"),
    drive: 100 * ofBefore("pyramidal_rate"),
    glutamate: 100 * ofBefore("glutamate_dialysate"),
    ampa: 100 * ofBefore("ampa_throughput"),
    bdnf: ofBefore("bdnf_extracellular"),
    dots: Math.min(DRAWN.bdnf, Math.round(ofBefore("bdnf_extracellular") / art.scale.bdnf_of_a_dot)),
    mtor: ofBefore("p_mtor"),
    spines: count(at("spine_restored"), DRAWN.spines),
    sert: count(at("sert_occupancy"), DRAWN.transporters),
    serotonin: ofBefore("serotonin_extracellular"),
  };
}

/** A share as a count of what is drawn, between none and all. */
export function count(share, all) {
  return Math.min(all, Math.max(0, Math.round(all * share)));
}

/**
 * How much darker each part is for its blockers: the share of its largest answer that is lost against
 * the same arm without them. Nothing above a blocked step darkens.
 */
export function shadesOf(stages, free, blockers) {
  const from = Math.min(...blockers.map((name) => ROW.indexOf(blockedPart(name))));
  return Object.fromEntries(ROW.map((name, i) => {
    if (i < from || !free?.[name] || !stages[name]) return [name, 0];
    const [left, whole] = [stages[name].most, free[name].most];
    return [name, whole === 0 ? 0 : Math.min(1, Math.max(0, 1 - left / whole))];
  }));
}
