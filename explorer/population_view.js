/**
 * Twenty virtual people as dots, and the spread of two hundred as bands: computed in a worker, one
 * scenario after the other, whenever the page has come to rest.
 */

import { evidence } from "./cards.js";
import { element, say } from "./dom.js";
import { eraAxis } from "./era_axis.js";
import { SENSITIVITY } from "./population.js";
import { drugReadout, reachesBrakes } from "./quantities.js";
import { scenarioOf } from "./scenarios.js";
import { END_H } from "./state.js";
import { inLanguage, text } from "./text.js";
import { armNames } from "./words.js";

const MEMBERS = 200;
const SHOWN = 20;
/** With this seed the first twenty count about as all 200 do, after one infusion. */
const SEED = 3;
/** Waits for the hand to rest, then for the worker: silence longer than this means it is lost [ms]. */
const IDLE_MS = 150;
const LOST_MS = 30_000;
const DAYS = { day1: 24, day7: 168, day42: 1008 };
const TIMES = [...new Set([...eraAxis(END_H).times(14), ...Object.values(DAYS)])].sort((x, y) => x - y);

/** What is asked of a population, and how its quantiles become those of a strip. */
const READOUTS = {
  target: ["nmda_block_interneuron", () => 100],
  burden: ["cadss_change", () => 1],
  cells: ["pyramidal_rate", (run) => 100 / run.before.pyramidal_rate],
  excitation: ["glutamate_dialysate", (run) => 100 / run.before.glutamate_dialysate],
  growth: ["bdnf_extracellular", (run) => 1 / run.before.bdnf_extracellular],
  spines: ["spine_restored", () => 100],
  mood: ["madrs_change", () => 1],
};

/** Strips whose numbers were calibrated together; of the others it is not known how well they are known. */
const CALIBRATED = ["burden", "mood"];
/** What is known of the calibrated numbers, together: draws of their joint posterior. */
const PLAUSIBLE = evidence.plausible.draws.map((row) => Object.fromEntries(row.map((value, k) => [evidence.plausible.names[k], value])));

/** Strips whose module has no parameter that is known to differ between people: their spread is unknown. */
export function spreadUnknown(engine) {
  // Sensitivity to the drug is drawn for everybody, too: see population.js.
  const varied = new Set([SENSITIVITY, ...engine.parameters.filter((row) => row.iiv_cv_pct > 0).map((row) => row.name)].map((name) => name.split(".")[0]));
  const module = Object.fromEntries(engine.readouts.map((row) => [row.name, row.module]));
  return Object.keys(READOUTS).filter((strip) => !varied.has(module[READOUTS[strip][0]]));
}

export class PopulationView {
  /** `bytes` of the engine, `worker` its source text, `redraw()` when bands are there, `told()` when counts are. */
  constructor({ bytes, worker, redraw, told, unknown }) {
    Object.assign(this, { bytes, redraw, told, unknown });
    this.results = new Map();
    this.first = 0;
    this.status = element("p", { class: "note", role: "status", id: "population-status" });
    this.dots = element("div", { class: "population" });
    this.setting = element("p", { id: "population-setting" });
    this.another = element("button", { type: "button", class: "quiet", id: "another", onclick: () => {
      this.first = (this.first + SHOWN) % (MEMBERS - SHOWN + 1);
      this.#draw();
    } }, text("population.another"));
    this.root = element("div", {}, this.setting, this.dots, this.another, element("p", { class: "note" }, text("population.caption")), this.status);
    try {
      const url = URL.createObjectURL(new Blob([worker], { type: "text/javascript" }));
      this.worker = new Worker(url);
      this.worker.onmessage = ({ data }) => this.#heard(data);
      this.worker.onerror = (event) => this.#lost(inLanguage({ message: event.message }))
      this.worker.postMessage({ bytes });
    } catch (error) {
      this.#lost(inLanguage(error));
    }
  }

  /** Wishes the populations of both arms; those known are not computed again. */
  ask(now, runs) {
    this.now = now;
    this.runs = runs;
    this.#draw();
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.#next(), IDLE_MS);
  }

  #next() {
    if (!this.worker) return;
    const wishes = [...(this.now.known ? [true] : []), false].flatMap((known) => ["a", "b"].map((name) => ({ it: this.now[name], known })));
    const wish = wishes.find(({ it, known }) => !this.results.has(key(it, this.now.trial, known)));
    if (!wish) {
      this.asked = null;
      this.worker.postMessage({ cancel: true });
      return;
    }
    const { it, known } = wish;
    const wanted = key(it, this.now.trial, known);
    if (this.asked === wanted) return;
    this.asked = wanted;
    this.began = performance.now();
    this.id = (this.id ?? 0) + 1;
    const names = new Set(Object.values(READOUTS).map(([name]) => name));
    if (drugReadout(it)) names.add(drugReadout(it));
    this.status.textContent = known ? text("population.working_draws", { n: PLAUSIBLE.length }) : text("population.working", { n: MEMBERS });
    this.worker.postMessage({
      id: this.id, scenario: scenarioOf(it, this.now.trial), noise: 0, change: this.now.trial ? 1 : 0, times: TIMES, readouts: [...names, "madrs"], seed: SEED, rtol: 1e-3,
      ...(known ? { members: PLAUSIBLE, response_h: [] } : { n: MEMBERS, response_h: it.species === "human" ? Object.values(DAYS) : [] }),
    });
    this.#watch();
  }

  #watch() {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.#lost(inLanguage({ kind: "silence", values: { seconds: LOST_MS / 1000 } })), LOST_MS);
  }

  #heard(data) {
    if (data.ready || data.id !== this.id) return;
    if (data.done !== undefined) {
      this.#watch();
      return;
    }
    clearTimeout(this.silence);
    const wanted = this.asked;
    this.asked = null;
    if (data.error) {
      // Marked as known, so that it is not asked for without end.
      this.results.set(wanted, null);
      this.status.textContent = text("population.lost", { why: inLanguage({ ...data, message: data.error }) });
    } else {
      if (this.results.size > 60) this.results.clear();
      this.results.set(wanted, data.result);
      if (data.result.n === MEMBERS) this.status.textContent = text("population.ready", { n: data.result.n, seconds: ((performance.now() - this.began) / 1000).toFixed(1) });
    }
    this.#draw();
    this.redraw();
    this.told();
    this.#next();
  }

  #lost(why) {
    clearTimeout(this.silence);
    this.worker?.terminate();
    this.worker = null;
    this.status.textContent = text("population.lost", { why });
  }

  /** How many of the twenty respond: {day1, day7}, or null while unknown. */
  counts(arm) {
    const result = this.now && this.results.get(key(this.now[arm], this.now.trial));
    if (!result) return null;
    const twenty = (h) => result.responders[h]?.slice(this.first, this.first + SHOWN);
    return Object.fromEntries(Object.entries(DAYS).map(([name, h]) => [name, twenty(h)?.reduce((sum, one) => sum + one, 0) ?? 0]));
  }

  #draw() {
    if (!this.now) return;
    const rows = [];
    for (const arm of ["a", "b"]) {
      const result = this.results.get(key(this.now[arm], this.now.trial));
      const counts = this.counts(arm);
      if (!counts || this.now[arm].species !== "human") continue;
      for (const [name, h] of Object.entries(DAYS)) {
        const shown = Array.from(result.responders[h].slice(this.first, this.first + SHOWN));
        // Filled first: the eye counts a block, not a scatter.
        const sorted = [...shown].sort((x, y) => y - x);
        rows.push(element("div", {},
          element("p", { "data-count": `${arm}-${name}` }, text("population.dots", { arm: armNames(this.now.a, this.now.b)[arm], n: counts[name], share: Math.round((100 * result.responders[h].reduce((sum, one) => sum + one, 0)) / result.responders[h].length), all: result.responders[h].length, when: text(`population.${name}`) })),
          element("div", { class: `dots ${arm}`, "aria-hidden": "true" }, sorted.map((one) => element("i", { class: one ? "on" : "" })))));
      }
    }
    say(this.setting, text(this.now.trial ? "population.as_trial" : "population.drug_alone"));
    this.dots.replaceChildren(...rows);
    this.another.hidden = rows.length === 0;
  }

  /** Quantiles for the strips, between people or of what is known of numbers: {a: {t, strip: {q05, q25, q75, q95}}, b}. */
  bands(now) {
    const found = {};
    for (const arm of ["a", "b"]) {
      const result = this.results.get(key(now[arm], now.trial, now.known));
      const run = this.runs?.[arm];
      if (!result || !run) continue;
      found[arm] = { t: TIMES };
      const add = (strip, name, factor) => {
        const levels = result.quantiles[name];
        if (!levels || !run.curves[strip]?.main) return;
        const of = (i) => Array.from(levels[i], (v) => v * factor);
        found[arm][strip] = { q05: of(0), q25: of(1), q75: of(3), q95: of(4), unknown: this.unknown.includes(strip) };
      };
      if (now.known) {
        for (const strip of CALIBRATED) add(strip, READOUTS[strip][0], READOUTS[strip][1](run));
        continue;
      }
      for (const [strip, [name, factor]] of Object.entries(READOUTS)) {
        // What swings with every tablet is shown with its range over the day instead.
        if (strip !== "target" || (now[arm].drug !== "ssri" && reachesBrakes(now[arm]))) add(strip, name, factor(run));
      }
      const drug = drugReadout(now[arm]);
      if (drug && now[arm].drug !== "ssri") add("drug", drug, 1);
    }
    return found;
  }
}

function key(arm, trial, known = false) {
  return JSON.stringify([arm, trial, known]);
}
