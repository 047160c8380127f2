/** What the runs show, in sentences. Everything generated says whose claim it is: the model's. */

import { inWords, valueAt } from "./moments.js";
import { doseStarts } from "./scenarios.js";
import { differences, PROGRAMMES } from "./state.js";
import { number, strings, text } from "./text.js";

/** What is given, in a few words, as people would say it. */
function given(arm) {
  if (arm.drug === "ssri") return text("arm.daily", { drug: text("drugs_short.ssri") });
  if (arm.drug === "none") return text("drugs_short.none");
  if (arm.schedule in PROGRAMMES) return `${text(`drugs_short.${arm.drug}`)}, ${text(`schedules.${arm.schedule}`)}`;
  const dose = `${text(`drugs_short.${arm.drug}`)} ${number(arm.dose)} mg/kg ${text(`routes_short.${arm.route}`)}`;
  return arm.schedule === "once" ? dose : `${dose}, ${text(`schedules.${arm.schedule}`)}`;
}

/** An arm in words; beside another with the same dose, only by what it adds. */
export function armInWords(arm, beside) {
  const options = arm.blockers.map((name) => text(`blockers_short.${name}`));
  if (arm.ssri) options.push(text("arm.add_ssri"));
  for (const [kind, value, usual] of [
    ["cells_short", arm.cells, "both"], ["hypotheses_short", arm.hypothesis, "standard"], ["sessions_short", arm.sessions, "nosessions"],
  ]) if (value !== usual) options.push(text(`${kind}.${value}`));
  if (arm.species === "rat" && !(beside && beside.species === "rat")) options.push(text("arm.in_rats"));
  const same = beside && given(beside) === given(arm) && beside.species === arm.species && arm.drug !== "ssri" && arm.drug !== "none";
  if (same && options.length === 0) options.push(text("arm.alone"));
  return [same ? text("arm.same_dose") : given(arm), ...options].join(" + ").replace(` + ${text("arm.alone")}`, ` ${text("arm.alone")}`);
}

/** Fields whose difference names an arm better than what is given, and their words. */
const NAMED_BY = {
  blockers: (it) => (it.blockers.length > 0 ? it.blockers.map((name) => text(`blockers_short.${name}`)).join(" + ") : null),
  cells: (it) => (it.cells === "both" ? null : text(`cells_short.${it.cells}`)),
  hypothesis: (it) => (it.hypothesis === "standard" ? null : text(`hypotheses_short.${it.hypothesis}`)),
  sessions: (it) => (it.sessions === "nosessions" ? null : text("arm.with_sessions")),
  ssri: (it) => (it.ssri ? text("arm.with_ssri") : null),
  species: (it) => text(`species_of.${it.species}`),
  dose: (it) => `${number(it.dose)} mg/kg`,
  route: (it) => text(`routes_short.${it.route}`),
  schedule: (it) => text(`schedules_name.${it.schedule}`),
};

/** Short names of the two arms, never A and B: the drug, and where that is the same what differs. */
export function armNames(a, b) {
  const apart = differences(a, b);
  const name = (it) => {
    const drug = text(`drugs_name.${it.drug}`);
    if (it.drug === "ssri" || it.drug === "none") return drug;
    const more = apart.filter((field) => field in NAMED_BY).map((field) => NAMED_BY[field](it)).filter(Boolean).slice(0, 2);
    return [drug, ...(a.drug === b.drug ? more : [])].join(", ");
  };
  const [x, y] = [name(a), name(b)];
  return x === y ? { a: text("arm.first", { name: x }), b: text("arm.second", { name: y }) } : { a: x, b: y };
}

const moment = (run, id) => run.moments.find((m) => m.id === id);

/** Values closer than this ratio are alike. */
const ALIKE = 1.6;
/** Times at which two arms are compared where their pace is the same [h]. */
const LATER_H = [24, 72, 168, 336, 672];

/** The one sentence that the page opens with: what the two arms differ in most plainly. */
export function lead(a, b) {
  const names = armNames(a.arm, b.arm);
  const both = (path, x, y) => text(`words.${path}`, { a: names.a, b: names.b, x, y });
  if (a.arm.species === "rat" || b.arm.species === "rat") {
    const [x, y] = [a, b].map((run) => number(firstHour(run), 0));
    return a.arm.species === b.arm.species ? both("lead_rats", x, y) : both("lead_species", x, y);
  }
  if (a.arm.cells !== b.arm.cells) return both("lead_glutamate", ...[a, b].map((run) => number(peakOfBefore(run, "glutamate_dialysate"), 0)));
  const depth = (run) => -Math.min(0, ...run.values.madrs_change);
  const [deep, low] = [depth(a), depth(b)];
  if (Math.max(deep, low) < LEAST_RELIEF) return both("lead_none");
  if (Math.min(deep, low) < LEAST_RELIEF) return text("words.lead_one", { a: deep > low ? names.a : names.b, b: deep > low ? names.b : names.a, x: number(Math.max(deep, low), 1) });
  const far = (x, y) => Math.max(x, y) > ALIKE * Math.min(x, y);
  if (far(deep, low)) return both("lead_depth", number(deep, 1), number(low, 1));
  const [x, y] = [a, b].map((run) => moment(run, "half")?.t);
  if (x && y && far(x, y)) return both("lead_half", inWords(x), inWords(y));
  // The same pace and depth: then what is left later.
  const relief = (run, t) => Math.max(0, -valueAt(run.time, run.values.madrs_change, t));
  const when = LATER_H.reduce((best, t) => {
    const apart = (h) => Math.abs(relief(a, h) - relief(b, h));
    return apart(t) > apart(best) ? t : best;
  });
  if (Math.abs(relief(a, when) - relief(b, when)) < LEAST_RELIEF) return both("lead_alike");
  return text("words.lead_later", { a: names.a, b: names.b, when: inWords(when), x: number(relief(a, when), 1), y: number(relief(b, when), 1) });
}

/** Relief smaller than this is none worth the name [points]. */
const LEAST_RELIEF = 0.3;

/** Mean of the first hour, as dialysis measures glutamate [% of before]. */
export function firstHour(run) {
  const { time, values, before } = run;
  let area = 0;
  let [t0, y0] = [time[0], values.glutamate_dialysate[0]];
  for (let i = 1; i < time.length && t0 < 1; i++) {
    const t1 = Math.min(1, time[i]);
    const y1 = valueAt(time, values.glutamate_dialysate, t1);
    area += 0.5 * (y0 + y1) * (t1 - t0);
    [t0, y0] = [t1, y1];
  }
  return (100 * area) / before.glutamate_dialysate;
}

const peakOfBefore = (run, name) => (100 * Math.max(...run.values[name])) / run.before[name];

/** When something happens, counted from the dose that caused it where there are several. */
export function whenInWords(t, arm) {
  if (arm.schedule === "once" || arm.drug === "ssri" || arm.drug === "none") return text("words.after", { time: inWords(t) });
  const starts = doseStarts(arm);
  const n = starts.findLastIndex((start) => start <= t + 1e-9);
  return text("words.after_dose", { time: inWords(t - starts[n]), n: n + 1, all: starts.length });
}

/** Sentences that tell the whole picture, in the order of the cascade: {arm, words} for each arm. */
export function summary(a, b) {
  const names = armNames(a.arm, b.arm);
  return [["a", a], ["b", b]].map(([side, run]) => {
    const told = [];
    const tell = (id, name = id) => {
      const at = moment(run, id);
      if (at) told.push(text(`words.${name}`, { value: at.value, when: whenInWords(at.t, run.arm) }));
      return at;
    };
    if (run.arm.drug === "ssri") told.push(text("words.taken", { value: number(100 * Math.max(...run.values.sert_occupancy), 0) }));
    else if (run.arm.drug !== "none" && !tell("block")) told.push(text("words.no_block"));
    if (!tell("glutamate")) told.push(text("words.no_glutamate"));
    tell("mtor");
    tell("gone");
    if (!tell("spines")) told.push(text("words.no_spines"));
    if (run.arm.species === "human") {
      if (tell("best")) {
        const lost = moment(run, "lost");
        told.push(lost ? text("words.lost", { when: text(run.arm.schedule === "once" ? "words.after" : "words.after_first", { time: inWords(lost.t) }) }) : text("words.kept"));
      } else told.push(text("words.no_relief"));
      if ([a, b].some((it) => it.arm.schedule === "emergency")) told.push(text("words.ideation", { value: number(-valueAt(run.time, run.values.suicidal_ideation_change, 24), 1) }));
    }
    return { arm: side, words: `${text("words.in_the_model", { name: names[side], given: armInWords(run.arm) })} ${told.join(" ")}` };
  });
}

/** What a change of controls did, said once: old and new are pairs {a, b} of runs. */
export function changes(old, now) {
  const names = armNames(now.a.arm, now.b.arm);
  const told = [];
  for (const [side, before, after] of [["a", old.a, now.a], ["b", old.b, now.b]]) {
    if (differences(before.arm, after.arm).length === 0) continue;
    const moved = MEASURES.map((measure) => measure(before, after)).filter(Boolean);
    told.push(text("words.change", { name: names[side], what: moved.length > 0 ? moved.slice(0, 3).join("; ") : text("words.no_change") }));
  }
  return told.join(" ");
}

const MEASURES = [
  (x, y) => went("glutamate", peakOfBefore(x, "glutamate_dialysate"), peakOfBefore(y, "glutamate_dialysate"), 0, 1.5),
  (x, y) => went("spines", 100 * Math.max(...x.values.spine_restored), 100 * Math.max(...y.values.spine_restored), 0, 1.5),
  (x, y) => (bothHuman(x, y) ? went("day", reliefAt(x, 24), reliefAt(y, 24), 1, 0.2) : null),
  (x, y) => (bothHuman(x, y) ? went("week", reliefAt(x, 168), reliefAt(y, 168), 1, 0.2) : null),
];
const bothHuman = (x, y) => x.arm.species === "human" && y.arm.species === "human";
const reliefAt = (run, t) => -valueAt(run.time, run.values.madrs_change, t);

function went(what, from, to, digits, least) {
  if (Math.abs(to - from) < least) return null;
  return text(`words.${to > from ? "rises" : "falls"}`, { what: text(`words.measures.${what}.name`), x: number(from, digits), y: number(to, digits), unit: text(`words.measures.${what}.unit`) });
}

/** One difference teaches; several do not. */
export function differenceInWords(a, b) {
  const fields = differences(a, b).map((field) => strings.fields[field]);
  if (fields.length === 0) return text("arm.none_differ");
  if (fields.length === 1) return text("arm.one", { field: fields[0] });
  return text("arm.many", { n: fields.length, fields: fields.join(", ") });
}

export function joined(parts) {
  if (parts.length < 2) return parts.join("");
  return `${parts.slice(0, -1).join(", ")} ${text("words.and")} ${parts.at(-1)}`;
}
