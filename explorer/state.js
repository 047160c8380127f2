/**
 * What the page shows, as one immutable object, and its form in the address.
 *
 * A state is {a, b, axis, window, cursor, bands, known, trial, scene, view}. `a` and `b` are arms: who gets what,
 * under which assumptions. `view` is the story of one scene, or the whole board; without anything behind
 * the # sign the page begins with the first scene. The address holds it behind the # sign, where it is never sent to a server:
 *
 *     #v=1&a=ket_iv_0.5&b=ssri&t=era            what differs from the start, in this order
 *     #p=paradox                                a preset, short enough to say aloud
 *     #s=break                                  a scene with its own arms; #s=break&o=story with the drawing alone
 *     a = DRUG_ROUTE_DOSE_SCHEDULE~option~option
 *
 * Whatever cannot be read is replaced by the nearest that can, and said: never silently changed.
 */

import choices from "./choices.json" with { type: "json" };
import scenes from "./scenes.json" with { type: "json" };

export const VERSION = 1;
export const LONGEST = 300;

/** Codes of the address for what the library calls by longer names. */
export const DRUGS = {
  ket: "ketamine", sket: "esketamine", rket: "arketamine", hnk: "hnk_2r6r", ssri: "escitalopram",
  none: "none",
};
export const ROUTES = ["iv", "im", "sc", "intranasal", "sublingual", "oral"];
/** Doses of programmes of clinics and of a trial in emergencies, from the tables of the package. */
export const PROGRAMMES = choices.programmes;
/** Given once; three times a week for two weeks; twice a week for four weeks; by a programme. */
export const SCHEDULES = ["once", "six", "twice", ...Object.keys(PROGRAMMES)];
export const BLOCKERS = ["nbqx", "late", "rapa", "spines", "bdnf"];
export const CELLS = ["both", "brake", "drive"];
export const HYPOTHESES = [
  "standard", "nodis", "norest", "nohnk", "rerk", "trkb", "circA", "circC", ...Object.keys(choices.hypotheses),
];
export const SESSIONS = ["nosessions", "early", "late14"];
export const SPECIES = ["human", "rat"];
export const AXES = ["era", "linear", "log"];
/** Length of a linear window [h] by its code. */
export const WINDOWS = { "2h": 2, "24h": 24, "2w": 336, "8w": 1344 };
export const VIEWS = ["board", "story"];
export const SCENES = ["race", "paradox", "clocks", "break", "dose", "doubt", "rivals", "exit"];

/** Doses by species [mg/kg]: people within the arms of a published trial, rats as in dialysis. */
export const DOSES = {
  human: { least: 0.1, most: 1, step: 0.05, start: 0.5 },
  rat: { least: 1, most: 200, step: 1, start: 30 },
};
export const END_H = 1344;

const ARM = Object.freeze({
  drug: "ket", route: "iv", dose: 0.5, schedule: "once", blockers: Object.freeze([]),
  cells: "both", hypothesis: "standard", ssri: false, sessions: "nosessions", species: "human",
});

/** An arm whose parts fit together: a tablet has no infusion, a rat no rating scale. */
export function arm(given = {}) {
  const it = { ...ARM, ...given };
  if (it.drug === "ssri" || it.drug === "none") {
    Object.assign(it, { route: ARM.route, dose: ARM.dose, schedule: "once", ssri: false });
  }
  if (it.drug === "ssri" || it.drug === "none") it.species = "human";
  // A programme says itself what is given, how, and how much.
  const [first] = PROGRAMMES[it.schedule] ?? [];
  if (first) Object.assign(it, { drug: Object.keys(DRUGS).find((code) => DRUGS[code] === first.drug), route: first.route, dose: ARM.dose, species: "human" });
  if (it.drug === "hnk") it.route = "iv";
  if (it.species === "rat") {
    Object.assign(it, { route: "ip", schedule: "once", ssri: false, sessions: "nosessions" });
  } else if (it.route === "ip") it.route = "iv";
  const { least, most } = DOSES[it.species];
  it.dose = Number(Math.min(most, Math.max(least, it.dose)).toPrecision(4));
  it.blockers = Object.freeze(BLOCKERS.filter((name) => it.blockers.includes(name)));
  return Object.freeze(it);
}

export const KETAMINE = arm();
export const SSRI = arm({ drug: "ssri" });

const START = Object.freeze({
  a: KETAMINE, b: SSRI, axis: "era", window: "8w", cursor: 24, bands: false, known: false, trial: false, scene: null, view: "board",
});
/** What somebody sees who comes without a link. */
const FIRST = { scene: SCENES[0], view: "story" };

export function state(given = {}) {
  const it = { ...START, ...given };
  // One band at a time: of people, or of what is known of the numbers.
  if (it.known) it.bands = false;
  it.cursor = Number(Math.min(END_H, Math.max(0, it.cursor)).toPrecision(4));
  return Object.freeze(it);
}

/** Starting points that a teacher can name. */
export const PRESETS = Object.freeze({
  onset: {},
  paradox: { a: arm({ cells: "brake" }), b: arm({ cells: "drive" }), cursor: 0.7 },
  clocks: { b: arm({ drug: "none" }), cursor: 168 },
  ampa: { b: arm({ blockers: ["nbqx"] }), cursor: 0.7 },
  rapamycin: { b: arm({ blockers: ["rapa"] }) },
  spines: { b: arm({ blockers: ["spines"] }), cursor: 168 },
  dose: { b: arm({ dose: 0.1 }) },
  ratdose: {
    a: arm({ species: "rat", dose: 30 }), b: arm({ species: "rat", dose: 200 }), cursor: 1,
  },
  forms: { a: arm({ drug: "sket" }), b: arm({ drug: "rket" }) },
  hnk: { b: arm({ drug: "hnk" }) },
  routes: { b: arm({ route: "oral" }), cursor: 0.7 },
  repeats: { b: arm({ schedule: "six" }), axis: "linear", cursor: 336 },
  therapy: { b: arm({ sessions: "early" }), cursor: 336 },
  rivals: { a: arm({ hypothesis: "disinhibition" }), b: arm({ hypothesis: "direct-inhibition" }), cursor: 0.7 },
  metabolite: { a: arm({ hypothesis: "disinhibition" }), b: arm({ hypothesis: "hnk" }), cursor: 0.7 },
  clinics: { a: arm({ schedule: "nhs-three-infusions" }), b: arm({ schedule: "iv-induction-and-maintenance" }), axis: "linear", cursor: 336 },
  label: { a: arm({ schedule: "kads-subcutaneous" }), b: arm({ schedule: "esketamine-label" }), axis: "linear", cursor: 336 },
  emergency: { a: arm({ schedule: "emergency", ssri: true }), b: SSRI },
});

export function preset(name) {
  return state(PRESETS[name]);
}

/** Names of the fields in which two arms differ. */
export function differences(a, b) {
  return Object.keys(ARM).filter((field) => String(a[field]) !== String(b[field]));
}

/** The preset that a pair of arms is, if it is one. */
export function presetOf(now) {
  const same = (x, y) => differences(x, y).length === 0;
  return (
    Object.keys(PRESETS).find((name) => {
      const it = preset(name);
      return same(it.a, now.a) && same(it.b, now.b);
    }) ?? null
  );
}

// --- address -----------------------------------------------------------------------------------

/** Canonical: the same state always gives the same text. Without the # sign. */
export function encode(now, model = "") {
  const parts = [`v=${VERSION}`];
  if (model) parts.push(`m=${model}`);
  if (now.scene) parts.push(`s=${now.scene}`);
  const a = encodeArm(now.a);
  const b = encodeArm(now.b);
  if (a !== encodeArm(START.a)) parts.push(`a=${a}`);
  if (b !== encodeArm(START.b)) parts.push(`b=${b}`);
  if (now.axis !== START.axis) parts.push(`t=${now.axis}`);
  if (now.window !== START.window) parts.push(`w=${now.window}`);
  if (now.cursor !== START.cursor) parts.push(`c=${now.cursor}`);
  if (now.bands) parts.push("n=1");
  if (now.known) parts.push("k=1");
  if (now.trial) parts.push("x=1");
  if (now.view !== START.view) parts.push(`o=${now.view}`);
  return parts.join("&");
}

function encodeArm(it) {
  const head = [it.drug];
  if (it.drug !== "ssri" && it.drug !== "none") {
    head.push(it.route, String(it.dose));
    if (it.schedule !== "once") head.push(it.schedule);
  }
  const options = [...it.blockers];
  if (it.cells !== ARM.cells) options.push(it.cells);
  if (it.hypothesis !== ARM.hypothesis) options.push(it.hypothesis);
  if (it.ssri) options.push("add");
  if (it.sessions !== ARM.sessions) options.push(it.sessions);
  if (it.species !== ARM.species) options.push(it.species);
  return [head.join("_"), ...options].join("~");
}

/** Reads an address. Never throws: {state, notices}, a notice for each thing that was replaced. */
export function decode(text, model = "") {
  const notices = [];
  const say = (what, found, used) => notices.push({ what, found: clipped(String(found)), used: String(used) });
  let whole = String(text ?? "").replace(/^#/, "");
  if (whole.length > LONGEST) {
    say("length", `${whole.length}`, LONGEST);
    whole = whole.slice(0, LONGEST);
  }
  if (whole === "") return { state: state(FIRST), notices };
  const given = new Map();
  for (const part of whole.split("&").filter(Boolean)) {
    const [key, ...rest] = part.split("=");
    const value = unescaped(rest.join("="));
    if (given.has(key)) say("twice", `${key}=${given.get(key)}`, `${key}=${value}`);
    given.set(key, value);
  }
  const known = ["v", "m", "p", "s", "a", "b", "t", "w", "c", "n", "k", "x", "o"];
  for (const [key, value] of given) if (!known.includes(key)) say("key", `${key}=${value}`, "");
  const asked = given.get("v");
  if (asked !== undefined && asked !== String(VERSION)) say("version", asked, VERSION);
  const made = given.get("m");
  if (made && model && made !== model) say("model", made, model);

  const read = {};
  const name = given.get("p");
  if (name !== undefined) {
    if (Object.hasOwn(PRESETS, name)) Object.assign(read, PRESETS[name]);
    else say("preset", name, "onset");
  }
  const choice = (key, what, allowed, field, fallback) => {
    const value = given.get(key);
    if (value === undefined) return;
    if (allowed.includes(value)) read[field] = value;
    else say(what, value, fallback);
  };
  choice("s", "scene", SCENES, "scene", "none");
  // A scene that somebody typed brings its own arms; a link that the page wrote says all that it means.
  if (read.scene && asked === undefined && name === undefined) {
    const { preset, cursor, bands } = scenes[read.scene];
    Object.assign(read, PRESETS[preset], { cursor, bands: Boolean(bands) });
  }
  if (given.has("a")) read.a = decodeArm(given.get("a"), say, START.a);
  if (given.has("b")) read.b = decodeArm(given.get("b"), say, START.b);
  choice("t", "axis", AXES, "axis", START.axis);
  choice("w", "window", Object.keys(WINDOWS), "window", START.window);
  if (given.has("c")) {
    read.cursor = within(given.get("c"), 0, END_H, START.cursor, (f, u) => say("cursor", f, u));
  }
  if (given.has("n")) {
    read.bands = given.get("n") === "1";
    if (!read.bands) say("bands", given.get("n"), "0");
  }
  if (given.has("k")) {
    read.known = given.get("k") === "1";
    if (!read.known) say("known", given.get("k"), "0");
  }
  if (given.has("x")) {
    read.trial = given.get("x") === "1";
    if (!read.trial) say("trial", given.get("x"), "0");
  }
  choice("o", "view", VIEWS, "view", START.view);
  // A story is that of a scene.
  if (read.view === "story") read.scene ??= FIRST.scene;
  return { state: state(read), notices };
}

function decodeArm(text, say, fallback) {
  const [head, ...options] = text.split("~");
  const [drug, route, dose, schedule, ...more] = head.split("_");
  if (!Object.hasOwn(DRUGS, drug)) {
    say("drug", drug, fallback.drug);
    return fallback;
  }
  const it = { drug };
  const choose = (field, option) => {
    if (it[field] !== undefined) say("twice", it[field], option);
    it[field] = option;
  };
  for (const option of options) {
    if (BLOCKERS.includes(option)) it.blockers = [...(it.blockers ?? []), option];
    else if (CELLS.includes(option)) choose("cells", option);
    else if (HYPOTHESES.includes(option)) choose("hypothesis", option);
    else if (option === "add") it.ssri = true;
    else if (SESSIONS.includes(option)) choose("sessions", option);
    else if (SPECIES.includes(option)) choose("species", option);
    else say("option", option, "");
  }
  const species = it.species ?? "human";
  if (route !== undefined) {
    const possible = species === "rat" ? ["ip"] : drug === "hnk" ? ["iv"] : ROUTES;
    if (possible.includes(route)) it.route = route;
    else say("route", route, possible[0]);
  }
  const { least, most, start } = DOSES[species];
  it.dose = dose === undefined ? start
    : within(dose, least, most, start, (f, u) => say("dose", f, u));
  if (schedule !== undefined) {
    if (SCHEDULES.includes(schedule)) it.schedule = schedule;
    else say("schedule", schedule, "once");
  }
  if (more.length > 0) say("option", more.join("_"), "");
  const whole = arm(it);
  for (const field of ["schedule", "ssri", "sessions", "species"]) {
    // An option that the drug or the animal cannot have.
    if (it[field] !== undefined && it[field] !== whole[field]) say(field, it[field], whole[field]);
  }
  // A programme brings its own drug and route.
  if (whole.schedule in PROGRAMMES) for (const field of ["drug", "route", "dose"]) if (it[field] !== undefined && it[field] !== whole[field]) say(field, it[field], whole[field]);
  if (["ssri", "none"].includes(drug)) {
    for (const given of [route, dose]) if (given !== undefined) say("unused", given, "");
  }
  return whole;
}

function within(text, least, most, fallback, say) {
  const number = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? Number(text) : NaN;
  if (!Number.isFinite(number)) {
    say(text, fallback);
    return fallback;
  }
  const used = Math.min(most, Math.max(least, number));
  if (used !== number) say(text, used);
  return used;
}

function unescaped(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function clipped(text) {
  return text.length <= 40 ? text : `${text.slice(0, 39)}…`;
}
