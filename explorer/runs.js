/** Solves the two arms: at most one solve of each per frame, the latest wish wins. */

import { eraAxis } from "./era_axis.js";
import { BODY, curvesOf, drugReadout, READOUTS, STRIPS } from "./quantities.js";
import { controlOf, outputTimes, scenarioOf } from "./scenarios.js";
import { stagesOf } from "./nodes.js";
import { differences, END_H } from "./state.js";
import { keyMoments, marksOf } from "./story.js";
import { shadesOf } from "./synapse_values.js";
import { inLanguage } from "./text.js";
import { armNames } from "./words.js";

const LIMITS = Object.fromEntries(STRIPS.map(({ id, limits }) => [id, limits]));
const ERA = eraAxis(END_H);
/** Which stage of the diagram a blocker silences. */
const STOPPED = { nbqx: "ampa", late: "ampa", rapa: "mtor", spines: "spines", bdnf: "bdnf" };

/** A run of one arm, with everything that is drawn or said about it. */
export function runOf(engine, arm, times, { trial = false } = {}, options) {
  const solved = engine.solve(scenarioOf(arm, trial), times, [...READOUTS, ...BODY], options);
  const run = { ...solved, arm, t: times, trial };
  if (!run.ok) return run;
  if (run.trial && arm.species === "human") run.control = engine.solve(controlOf(arm), times, ["madrs_change"], options).values.madrs_change;
  run.curves = curvesOf(run, arm);
  run.stages = stagesOf(run, arm);
  run.moments = keyMoments(run, arm);
  run.marks = marksOf(run, arm, run.curves, LIMITS);
  run.blocked = arm.blockers.map((name) => STOPPED[name]);
  run.drug = drugReadout(arm);
  run.shades = arm.blockers.length > 0 ? shadesOf(run.stages, freeStages(engine, arm, times, options), arm.blockers) : {};
  return run;
}

/** Stages of the same arm without its blockers; the last few are kept. */
const freed = new Map();
function freeStages(engine, arm, times, options) {
  const free = { ...arm, blockers: [] };
  const key = JSON.stringify([free, times.length]);
  if (!freed.has(key)) {
    const solved = engine.solve(scenarioOf(free), times, READOUTS, options);
    if (freed.size > 8) freed.clear();
    freed.set(key, solved.ok ? stagesOf(solved, free) : null);
  }
  return freed.get(key);
}

/**
 * Both arms of a state. What fails keeps the curve of before, marked stale, and says why.
 *
 * @returns {{a, b, failures: [{arm, message}], ms: number}}
 */
export function solveBoth(engine, now, axis, old, coarse = false) {
  const begin = performance.now();
  const times = timesFor([now.a, now.b], axis, coarse);
  const failures = [];
  const solved = {};
  for (const name of ["a", "b"]) {
    try {
      const known = old?.[name];
      // What has not changed need not be solved again: the other arm, while one is dragged.
      if (known?.times === times && known.trial === now.trial && differences(known.arm, now[name]).length === 0) {
        solved[name] = { ...known, arm: now[name] };
        continue;
      }
      const run = { ...runOf(engine, now[name], times, { trial: now.trial }, coarse ? { rtol: ROUGH } : undefined), times };
      if (run.ok) {
        solved[name] = run;
        continue;
      }
      failures.push({ arm: armNames(now.a, now.b)[name], message: inLanguage(run.reason) });
    } catch (error) {
      failures.push({ arm: armNames(now.a, now.b)[name], message: inLanguage(error) });
    }
    solved[name] = old?.[name] ?? null;
  }
  return { ...solved, failures, ms: performance.now() - begin };
}

/** Points per era; fewer where the device cannot keep up with a drag. */
const FINE = 72;
const COARSE = 24;
/** Relative tolerance there: off by less than half a pixel. */
const ROUGH = 1e-3;

/** Output times do not change while a dose is dragged: the same array, so that curves can share places. */
let lastTimes = { key: "", times: null };
function timesFor(arms, axis, coarse) {
  const shape = arms.map(({ drug, route, schedule, ssri }) => [drug === "ssri" || ssri, drug === "none" || drug === "ssri", route, schedule]);
  const key = JSON.stringify([shape, axis.kind === "linear" ? axis.end : 0, coarse]);
  if (key !== lastTimes.key) lastTimes = { key, times: outputTimes(arms, axis.kind === "linear" ? [ERA, axis] : [ERA], coarse ? COARSE : FINE) };
  return lastTimes.times;
}

/** One wish at a time: what is asked twice before a frame is done once, with the latest wish. */
export function latestPerFrame(work) {
  let wish = null;
  let asked = false;
  return (next) => {
    wish = next;
    if (asked) return;
    asked = true;
    // Frames stop in hidden windows; a timer keeps the promise there.
    let done = false;
    const go = () => {
      if (done) return;
      done = true;
      asked = false;
      work(wish);
    };
    requestAnimationFrame(go);
    setTimeout(go, 100);
  };
}
