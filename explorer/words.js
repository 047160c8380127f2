/** What the runs show, in sentences. Everything generated says whose claim it is: the model's. */

import { differences } from "./state.js";
import { inWords, valueAt } from "./moments.js";
import { number, strings, text } from "./text.js";

export const STEM = "In the model,";

/** What is given, in a few words, as people would say it. */
function given(arm) {
  if (arm.drug === "ssri") return `${text("drugs_short.ssri")} 10 mg daily`;
  if (arm.drug === "none") return text("drugs_short.none");
  const dose = `${text(`drugs_short.${arm.drug}`)} ${number(arm.dose)} mg/kg ${text(`routes_short.${arm.route}`)}`;
  return arm.schedule === "once" ? dose : `${dose}, ${text(`schedules.${arm.schedule}`)}`;
}

/** An arm in words; beside another with the same dose, only by what it adds. */
export function armInWords(arm, beside) {
  const options = arm.blockers.map((name) => text(`blockers_short.${name}`));
  if (arm.ssri) options.push("daily SSRI");
  for (const [kind, value, usual] of [
    ["cells_short", arm.cells, "both"], ["hypotheses_short", arm.hypothesis, "standard"], ["sessions_short", arm.sessions, "nosessions"],
  ]) if (value !== usual) options.push(text(`${kind}.${value}`));
  if (arm.species === "rat" && !(beside && beside.species === "rat")) options.push("in rats");
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

/** Reliefs closer than this ratio are alike in size. */
const ALIKE = 1.5;

/** The one sentence that the page opens with: how fast relief comes in both. */
export function lead(a, b) {
  const said = (run) => {
    const half = moment(run, "half");
    return half ? inWords(half.t) : null;
  };
  if (a.arm.species === "rat" || b.arm.species === "rat") return ratLead(a, b);
  const [x, y] = [said(a), said(b)];
  if (x && y) {
    const depth = (run) => -Math.min(...run.values.madrs_change);
    const [deep, shallow] = [Math.max(depth(a), depth(b)), Math.min(depth(a), depth(b))];
    // Pace is compared where both arrive at something alike; else how far they come.
    if (deep > ALIKE * shallow) return `${STEM} the depression score falls by up to ${number(depth(a), 1)} points with A, and ${number(depth(b), 1)} with B.`;
    return x === y
      ? `${STEM} half of the relief has come after ${x} in both A and B.`
      : `${STEM} half of the relief has come after ${x} with A, and after ${y} with B.`;
  }
  if (x || y) return `${STEM} half of the relief has come after ${x ?? y} with ${x ? "A" : "B"}; ${x ? "B" : "A"} brings none worth the name.`;
  return `${STEM} neither A nor B brings relief worth the name.`;
}

function ratLead(a, b) {
  const peak = (run) => number(Math.max(...run.values.glutamate_dialysate), 0);
  return `${STEM} glutamate rises to ${peak(a)} % of before with A, and to ${peak(b)} % with B. Nobody rates the mood of a rat.`;
}

/** Sentences that tell the whole picture, in the order of the cascade. */
export function summary(a, b) {
  const told = [];
  for (const [name, run] of [["A", a], ["B", b]]) {
    const at = (id) => moment(run, id);
    const parts = [];
    if (at("block")) parts.push(`the block of NMDA receptors peaks at ${at("block").value} after ${inWords(at("block").t)}`);
    if (at("glutamate")) parts.push(`glutamate at ${at("glutamate").value} of before after ${inWords(at("glutamate").t)}`);
    else parts.push("there is no surge of glutamate");
    if (at("mtor")) parts.push(`mTORC1 at ${at("mtor").value} before after ${inWords(at("mtor").t)}`);
    if (at("gone")) parts.push(`97 % of the drug is gone after ${inWords(at("gone").t)}`);
    if (at("spines")) parts.push(`lost spines are best regrown, ${at("spines").value}, after ${inWords(at("spines").t)}`);
    if (at("best")) {
      let relief = `the depression score is lowest, ${at("best").value} points, after ${inWords(at("best").t)}`;
      if (at("lost")) relief += `, and half of that is lost again after ${inWords(at("lost").t)}`;
      parts.push(relief);
    } else if (run.arm.species === "human") parts.push("the depression score hardly moves");
    told.push(`${STEM} with ${name} (${armInWords(run.arm)}) ${joined(parts)}.`);
  }
  return told;
}

/** What a change of controls did, said once: old and new are pairs {a, b} of runs. */
export function changes(old, now) {
  const told = [];
  for (const [name, before, after] of [["A", old.a, now.a], ["B", old.b, now.b]]) {
    if (differences(before.arm, after.arm).length === 0) continue;
    const moved = MEASURES.map((measure) => measure(before, after)).filter(Boolean);
    told.push(moved.length > 0
      ? `Scenario ${name}, in the model: ${joined(moved.slice(0, 3))}.`
      : `Scenario ${name}, in the model: nothing worth the name changes.`);
  }
  return told.join(" ");
}

const MEASURES = [
  (x, y) => went("glutamate peak", peak(x, "glutamate_dialysate"), peak(y, "glutamate_dialysate"), 0, " % of before", 1.5),
  (x, y) => went("spines regrown", 100 * peak(x, "spine_restored"), 100 * peak(y, "spine_restored"), 0, " %", 1.5),
  (x, y) => (both(x, y) ? went("score after a day", at(x, 24), at(y, 24), 1, " points", 0.2) : null),
  (x, y) => (both(x, y) ? went("score after a week", at(x, 168), at(y, 168), 1, " points", 0.2) : null),
];
const both = (x, y) => x.arm.species === "human" && y.arm.species === "human";
const peak = (run, name) => Math.max(...run.values[name]);
const at = (run, t) => valueAt(run.time, run.values.madrs_change, t);

function went(what, from, to, digits, unit, least) {
  if (Math.abs(to - from) < least) return null;
  return `${what} ${to > from ? "rises" : "falls"} from ${number(from, digits)} to ${number(to, digits)}${unit}`;
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
  return `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}
