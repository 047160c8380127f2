/** What differed between a prediction and the run, in words: no points, no praise, no blame. */

import { darkStages } from "./nodes.js";
import { highest, inWords } from "./moments.js";
import { END_H } from "./state.js";
import { number, text } from "./text.js";
import { armNames, joined } from "./words.js";

/** Predicted shapes of the mood curve: share of the deepest point at a few times [h]. */
export const SHAPES = {
  step: [[0, 0], [4, 0.7], [24, 1], [72, 0.65], [168, 0.35], [336, 0.2], [END_H, 0.05]],
  stay: [[0, 0], [4, 0.7], [24, 1], [END_H, 1]],
  slope: [[0, 0], [24, 0.02], [168, 0.3], [336, 0.55], [END_H, 1]],
  late: [[0, 0], [672, 0], [800, 0.7], [END_H, 1]],
};

/** When a predicted curve has come half-way to its deepest point [h]. */
export function halfOf(points) {
  const deepest = Math.max(...points.map(([, y]) => Math.abs(y)));
  const i = points.findIndex(([, y]) => Math.abs(y) >= deepest / 2);
  if (deepest === 0 || i < 0) return null;
  if (i === 0) return points[0][0];
  const [[t0, y0], [t1, y1]] = [points[i - 1], points[i]];
  return t0 + ((deepest / 2 - Math.abs(y0)) / (Math.abs(y1) - Math.abs(y0))) * (t1 - t0);
}

/** When a predicted curve has lost half of its deepest point again [h]; null if it never does. */
export function halfLostOf(points) {
  const sizes = points.map(([, y]) => Math.abs(y));
  const deepest = Math.max(...sizes);
  const from = sizes.indexOf(deepest);
  const i = sizes.findIndex((y, k) => k > from && y <= deepest / 2);
  if (i < 0) return null;
  const [[t0], [t1]] = [points[i - 1], points[i]];
  return t0 + ((sizes[i - 1] - deepest / 2) / (sizes[i - 1] - sizes[i])) * (t1 - t0);
}

const quoted = (words) => `“${words}”`;
const capital = (words) => words[0].toUpperCase() + words.slice(1);
const pair = (yours, model) => text("feedback.pair", { yours, model });
const timed = (t) => (t === null || t === undefined ? text("feedback.never") : inWords(t, true));
const same = (a, b) => a !== null && b !== null && a !== undefined && b !== undefined && Math.abs(Math.log((a + 0.01) / (b + 0.01))) < Math.log(1.6);

const TELL = {
  draw(_, said, { a, b }) {
    const names = armNames(a.arm, b.arm);
    return ["a", "b"].flatMap((arm) => {
      const points = said[arm];
      if (!points) return [];
      const run = arm === "a" ? a : b;
      const of = (id) => run.moments.find((m) => m.id === id)?.t ?? null;
      const [half, lost] = [halfOf(points), halfLostOf(points)];
      const parts = [];
      const name = capital(names[arm]);
      if (!same(half, of("half"))) parts.push(text("feedback.half", { name, pair: pair(timed(half), timed(of("half"))) }));
      if (!(lost === null && of("lost") === null) && !same(lost, of("lost"))) parts.push(text("feedback.lost", { name, pair: pair(timed(lost), timed(of("lost"))) }));
      return parts.length > 0 ? parts : [text("feedback.same_pace", { name })];
    });
  },
  direction(scene, said, { a, b }) {
    return ["a", "b"].filter((arm) => said[arm]).map((arm) => {
      const run = arm === "a" ? a : b;
      const top = highest(run.time, run.values.glutamate_dialysate).value - 100;
      const low = 100 - Math.min(...run.values.glutamate_dialysate);
      const model = top > 3 ? "up" : low > 3 ? "down" : "same";
      const size = text(`feedback.size_${model}`, { value: number(model === "same" ? Math.max(top, low) : model === "up" ? 100 + top : 100 - low, 0) });
      const what = scene.items[arm];
      return said[arm] === model
        ? text("feedback.block_same", { what, model: scene.options[model], size })
        : text("feedback.block", { what, pair: pair(quoted(scene.options[said[arm]]), quoted(scene.options[model])), size });
    });
  },
  times(scene, said, { a }) {
    return Object.keys(scene.items).filter((id) => Number.isFinite(said[id])).map((id) => {
      const model = a.moments.find((m) => m.id === id)?.t ?? null;
      const what = capital(scene.items[id]);
      return same(said[id], model) ? text("feedback.close", { what, model: timed(model) }) : text("feedback.apart", { what, pair: pair(timed(said[id]), timed(model)) });
    });
  },
  stages(scene, said, { a, b }) {
    const dark = darkStages(b.stages, a.stages).filter((name) => scene.items.includes(name));
    const names = (list) => joined(list.map((name) => text(`nodes.${name}`)));
    const missed = dark.filter((name) => !said.stages.includes(name));
    const kept = said.stages.filter((name) => !dark.includes(name));
    const told = [text("feedback.dark", { names: names(dark) })];
    if (missed.length > 0) told.push(text("feedback.missed", { names: names(missed) }));
    if (kept.length > 0) told.push(text("feedback.kept", { names: names(kept) }));
    if (missed.length + kept.length === 0) told.push(text("feedback.as_yours"));
    return told;
  },
  highest(scene, said, _, { peaks, units }) {
    return Object.entries(scene.items).filter(([id]) => said[id]).map(([id, item]) => {
      const ordered = Object.entries(peaks[id]).sort((x, y) => y[1] - x[1]);
      const [best] = ordered[0];
      const order = ordered.map(([option, value]) => `${item.options[option]} (${number(value, 0)} ${units[id]})`).join(", ");
      return text("feedback.order", { ask: item.ask, pair: said[id] === best ? text("feedback.as_said") : pair(item.options[said[id]], item.options[best]), order });
    });
  },
  counts(scene, said, _, { counts }) {
    if (!counts) return [text("feedback.wait")];
    return Object.keys(scene.items).filter((id) => Number.isFinite(said[id])).map((id) =>
      text(said[id] === counts[id] ? "feedback.count_same" : "feedback.count", { what: capital(scene.items[id]), yours: said[id], model: counts[id] }));
  },
  quiz(scene, said) {
    return scene.items.map((item, i) => (said[i] === undefined ? null
      : text(said[i] === item.right ? "feedback.quiz_same" : "feedback.quiz", { ask: item.ask, yours: item.options[said[i]], right: item.options[item.right] }))).filter(Boolean);
  },
};

/** Sentences that name what differed; `extra` holds what a scene needs beyond its two runs. */
export function feedback(scene, said, runs, extra = {}) {
  return said ? TELL[scene.kind](scene, said, runs, extra) : [];
}
