/** Key moments of a run, computed from its curves: for marks, the list, "next event" and the words. */

import { furthest, gone, halfLost, halfWay, highest, inWords, lowest, valueAt } from "./moments.js";
import { BODY, drugReadout, mainBlock } from "./quantities.js";
import { number, text } from "./text.js";

/** Dissociation counts as over below this share of its peak, a drug as gone below that. */
const OVER = 0.05;
const LEFT = 0.03;
/** Changes smaller than this are not told as moments. */
const LEAST = { block: 1, glutamate: 2, dissociation: 0.5, mtor: 0.1, spines: 0.02, mood: 0.3 };

/** Moments in order of time: {id, t, value} with `value` in words. */
export function keyMoments(run, arm) {
  const { time: t, values, before } = run;
  const found = [];
  const add = (id, at, value = "") => at !== null && at !== undefined && found.push({ id, t: at, value });
  // Measured from before treatment: what climbs back to there has not risen.
  const peak = (id, y, rest, least, say) => {
    const top = highest(t, y);
    if (top.value - rest >= least) add(id, top.t, say(top.value));
  };
  peak("block", mainBlock(run, arm), 0, LEAST.block, (v) => `${number(v, 0)} %`);
  peak("glutamate", values.glutamate_dialysate.map((v) => (100 * v) / before.glutamate_dialysate), 100, LEAST.glutamate, (v) => `${number(v, 0)} %`);
  peak("mtor", values.p_mtor.map((v) => v / before.p_mtor), 1, LEAST.mtor, (v) => `${number(v, 1)} ×`);
  add("gone", goneFrom(run, arm));
  if (arm.species === "human" && Math.max(...values.cadss_change) >= LEAST.dissociation) {
    add("dissociation", gone(t, values.cadss_change, OVER));
  }
  peak("spines", values.spine_restored, 0, LEAST.spines, (v) => `${number(100 * v, 0)} %`);
  if (arm.species === "human" && lowest(t, values.madrs_change).value <= -LEAST.mood) {
    const best = lowest(t, values.madrs_change);
    add("half", halfWay(t, values.madrs_change));
    add("best", best.t, text("words.points", { value: number(-best.value, 1) }));
    add("lost", halfLost(t, values.madrs_change));
  }
  return found.sort((x, y) => x.t - y.t);
}

/** When 97 % of the most that was in the body is gone; of a metabolite, of the most in blood. */
function goneFrom(run, arm) {
  const drug = drugReadout(arm);
  if (drug === null || arm.drug === "ssri") return null;
  if (arm.drug === "hnk") return gone(run.time, run.values[drug], LEFT);
  const amount = run.time.map((_, i) => BODY.reduce((sum, part) => sum + run.values[part][i], 0));
  return gone(run.time, amount, LEFT);
}

/** Marks on the curves: {strip: [{t, value, words, short}]}, `short` where there is little room. */
export function marksOf(run, arm, curves, limits) {
  const marks = {};
  const add = (strip, at, unit, digits, extra = {}) => {
    const value = number(at.value, digits);
    (marks[strip] ??= []).push({ ...at, words: text("words.at", { value: `${value}${unit}`, time: inWords(at.t) }), short: `${value}${unit}`, ...extra });
  };
  const top = (strip, unit, digits, share = 0.12) => {
    const y = curves[strip]?.main;
    if (!y) return;
    let far = furthest(run.time, y);
    // A curve that still stands there at the end has its mark at the end.
    if (Math.abs(y.at(-1) - y[0]) > 0.99 * Math.abs(far.value - y[0])) far = { t: run.time.at(-1), value: y.at(-1) };
    const [low, high] = limits[strip];
    if (Math.abs(far.value - y[0]) >= share * (high - low)) add(strip, far, unit, digits);
  };
  if (arm.drug === "ssri") return slowMarks(run, curves, add, top);
  const drug = drugReadout(arm);
  if (drug !== null) {
    const peak = highest(run.time, curves.drug.main);
    const level = `${number(Math.max(...run.values[drug]), 0)} ng/mL`;
    marks.drug = [{ ...peak, words: text("words.at", { value: level, time: inWords(peak.t) }), short: level }];
    const left = run.moments.find((m) => m.id === "gone");
    if (left) marks.drug.push({ t: left.t, value: valueAt(run.time, curves.drug.main, left.t), words: text("words.gone_mark", { time: inWords(left.t) }), short: text("words.gone_short") });
  }
  top("target", " %", 0, 0.05);
  top("burden", "", 0);
  top("cells", " %", 0);
  top("excitation", " %", 0);
  top("growth", " ×", 1);
  top("spines", " %", 0, 0.05);
  moodMarks(run, curves, add, marks);
  return marks;

  function slowMarks() {
    top("spines", " %", 0, 0.05);
    top("growth", " ×", 2, 0.02);
    moodMarks(run, curves, add, marks);
    return marks;
  }
}

function moodMarks(run, curves, add, marks) {
  const y = curves.mood?.main;
  if (!y) return;
  const far = lowest(run.time, y);
  if (far.value > -LEAST.mood) return;
  const half = halfWay(run.time, y);
  // The pace of next to nothing is not worth a mark.
  if (half !== null && far.value <= -1) {
    (marks.mood ??= []).push({ t: half, value: 0.5 * far.value, words: text("words.half_mark", { time: inWords(half) }), short: inWords(half) });
  }
  add("mood", far, "", 1);
}
