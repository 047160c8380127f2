/**
 * The guided scenes: predict, run, explain. Always skippable, never graded.
 *
 * While a prediction is open, the strips it asks about are veiled, so that it is one.
 */

import { evidence, openExplained } from "./cards.js";
import { byId, element } from "./dom.js";
import { codeOf, curvesOfCodes } from "./class_codes.js";
import { feedback, halfOf } from "./feedback.js";
import { eraAxis } from "./era_axis.js";
import { forget, keep, recall } from "./memory.js";
import { inWords, valueAt } from "./moments.js";
import { QUESTIONS } from "./questions.js";
import { preset, SCENES, state } from "./state.js";
import { number, scenes, strings, text } from "./text.js";

// The exit questions are those of the last notebook.
scenes.exit.items = scenes.exit.pick.map((n) => evidence.items[n]);
// What can be chosen among rivals are the hypotheses of the package.
for (const item of Object.values(scenes.rivals.items)) {
  item.options = Object.fromEntries(evidence.explained.hypotheses.slice(1).map((code) => [code, text(`hypotheses.${code}`)]));
}

const GRID = eraAxis().times(40);

export class Guide {
  /**
   * `apply(state)` goes to a state, `seek(t)` moves the time, `redraw()` draws again, `draw(drawing)`
   * lets the pointer draw, `peaks()` and `counts()` give what some scenes compare with, `play()` plays.
   */
  constructor(does) {
    this.does = does;
    this.root = byId("guide");
    this.memory = recall();
    this.scene = null;
    this.open = false;
    this.pick = byId("scene-pick");
    this.pick.append(...SCENES.map((id, i) => element("option", { value: id }, `${i + 1} ${scenes[id].name}`)));
    this.pick.addEventListener("change", () => this.enter(this.pick.value));
    this.buttons = SCENES.map((id, i) => element("button", { type: "button", "data-scene": id, onclick: () => this.enter(id) },
      element("span", { class: "dot", "aria-hidden": "true" }, String(i + 1)), element("span", {}, scenes[id].name)));
    this.explore = element("button", { type: "button", id: "explore", onclick: () => this.leave() }, element("span", {}, text("scenes_bar.explore")));
    byId("scenes").append(...this.buttons, this.explore);
    this.#bar();
  }

  enter(id) {
    this.scene = id;
    this.open = true;
    const scene = scenes[id];
    const { view, axis } = this.does.now();
    this.does.apply(state({ ...preset(scene.preset), scene: id, cursor: scene.cursor, bands: Boolean(scene.bands), known: false, view, axis: view === "story" ? axis : preset(scene.preset).axis }));
    this.#bar();
    this.#predict();
    this.root.querySelector("h2").focus();
  }

  leave() {
    this.scene = null;
    this.open = false;
    this.does.draw(null);
    this.root.hidden = true;
    byId("side").classList.remove("guided");
    this.#bar();
    this.does.apply(state({ ...this.does.now(), scene: null, view: "board" }));
  }

  /** Follows the address: a link may open a scene, or close it. */
  update(now) {
    if (now.scene === this.scene) return;
    if (now.scene === null) {
      this.scene = null;
      this.open = false;
      this.does.draw(null);
    } else {
      this.scene = now.scene;
      this.open = true;
      this.#predict();
    }
    this.root.hidden = this.scene === null;
    this.#bar();
    this.does.redraw();
  }

  /** The plots that tell the story of the present scene. */
  plots() {
    return this.scene ? scenes[this.scene].plots : null;
  }

  /** What stands above the page while a prediction is open: nothing of the answer. */
  opening() {
    return this.open && this.scene ? scenes[this.scene].opening : null;
  }

  /** Strips whose curves are hidden while their prediction is open. */
  veiled() {
    return this.open && this.scene ? scenes[this.scene].hide : [];
  }

  /** Predicted curves, drawn over those of the model. */
  ghosts() {
    if (this.scene !== "race") return null;
    const said = this.memory.said.race ?? {};
    const mood = ["a", "b"].filter((arm) => said[arm]).map((arm) => {
      const [t, y] = [0, 1].map((k) => said[arm].map((point) => point[k]));
      const until = t.at(-1);
      const times = GRID.filter((time) => time <= until);
      // Straight in time is bent on an era axis: drawn finely.
      return { arm, t: times, y: times.map((time) => valueAt(t, y, time)), words: text("guide.yours") };
    });
    // The cloud of a class, once the model has run.
    if (!this.open) {
      for (const one of this.class?.found ?? []) {
        for (const arm of ["a", "b"]) if (one[arm]) mood.push({ arm, t: one[arm].map(([t]) => t), y: one[arm].map(([, y]) => y), faint: true });
      }
    }
    return mood.length > 0 ? { mood } : null;
  }

  #bar() {
    if (this.scene) this.pick.value = this.scene;
    for (const button of this.buttons) {
      const { scene } = button.dataset;
      button.setAttribute("aria-current", String(scene === this.scene));
      const done = this.memory.done.includes(scene);
      button.classList.toggle("done", done);
      button.title = done ? text("scenes_bar.done") : scenes[scene].minutes;
    }
    this.explore.hidden = this.scene === null;
  }

  #head(words) {
    return [element("h2", { tabindex: "-1" }, words)];
  }

  #said() {
    return this.memory.said[this.scene] ?? null;
  }

  #set(part) {
    this.memory.said[this.scene] = { ...this.#said(), ...part };
    keep(this.memory);
    if ("a" in part || "b" in part) this.does.redraw();
    if ("pen" in part) {
      this.#drawing();
      for (const row of this.root.querySelectorAll(".pen")) row.classList.toggle("now", row.classList.contains(part.pen));
    }
  }

  #predict() {
    const scene = scenes[this.scene];
    this.root.hidden = false;
    byId("side").classList.add("guided");
    this.root.replaceChildren(
      ...this.#head(scene.question),
      element("form", { class: "answers", onsubmit: (event) => event.preventDefault() }, ...QUESTIONS[scene.kind](scene, this.#said() ?? {}, (part) => this.#set(part), this.does.names())),
      element("div", { class: "row" },
        element("button", { type: "button", class: "solid", id: "run-scene", title: text("scenes_bar.optional"), onclick: () => this.run() }, text("scenes_bar.run"))),
    );
    this.#drawing();
    this.does.redraw();
  }

  /** Lets the pointer draw the mood of one arm, from left to right. */
  #drawing() {
    if (!this.open || scenes[this.scene]?.kind !== "draw") {
      this.does.draw(null);
      return;
    }
    const arm = this.#said()?.pen ?? "a";
    let points = [];
    this.does.draw({
      strip: "mood", arm,
      start: () => (points = [[0, 0]]),
      add: (t, y) => {
        points = [...points.filter(([at]) => at < t), [t, Math.min(0, y)]];
        this.memory.said.race = { ...this.#said(), [arm]: points };
        this.does.redraw();
      },
      end: () => {
        if (points.length < 3) return;
        // Whoever has drawn one curve draws the other next.
        this.#set({ [arm]: points, [`shape_${arm}`]: null, pen: arm === "a" ? "b" : "a" });
        const pick = byId(`shape-${arm}`);
        pick.options[0].textContent = text("guide.drawn");
        pick.value = "";
      },
    });
  }

  run() {
    this.open = false;
    this.does.draw(null);
    const { scene: id } = this;
    if (!this.memory.done.includes(id)) this.memory.done.push(id);
    keep(this.memory);
    this.#bar();
    this.#explain();
    this.does.opened();
    this.root.querySelector("h2").focus();
    if (this.does.now().view === "story") this.does.play();
  }

  #explain() {
    const id = this.scene;
    const scene = scenes[id];
    const said = this.#said();
    const next = SCENES[SCENES.indexOf(id) + 1];
    const box = element("div", { class: "said", id: "feedback", role: "status" });
    const tell = () => {
      const lines = feedback(scene, said, this.does.runs(), this.does.extra(scene.kind));
      box.replaceChildren(...(lines.length > 0 ? [element("b", {}, text("scenes_bar.guess")), ...lines.map((line) => element("p", {}, line))] : []));
      box.hidden = lines.length === 0;
    };
    this.retell = tell;
    this.root.replaceChildren(
      ...this.#head(scenes[id].name), element("p", { class: "asked" }, scene.question), box,
      element("p", { class: "told" }, `${text("guide.stem")} ${filled(scene.explain, this.does.runs())}`),
      element("details", {}, element("summary", {}, text("guide.expert")), element("p", {}, filled(scene.expert, this.does.runs()))),
      scene.tries ? element("div", { class: "row" }, id === "rivals" ? element("button", { type: "button", class: "quiet", id: "explained-open", onclick: openExplained }, text("rivals.show")) : "", Object.entries(scene.tries).map(([name, words]) =>
        element("button", { type: "button", class: "quiet", onclick: () => this.does.apply(state({ ...preset(name), scene: id })) }, words))) : "",
      ...(id === "exit" ? [this.#goals(), this.#summary()] : []),
      ...(id === "race" ? [this.#class()] : []),
      element("div", { class: "row" },
        next ? element("button", { type: "button", class: "solid", id: "next-scene", onclick: () => this.enter(next) }, `${text("scenes_bar.next")}: ${scenes[next].name}`) : "",
        element("button", { type: "button", class: "quiet", onclick: () => this.enter(id) }, text("scenes_bar.again")),
        element("button", { type: "button", class: "quiet", id: "leave-scene", onclick: () => this.leave() }, text("scenes_bar.explore"))),
      element("div", { class: "row" }, element("button", { type: "button", class: "quiet", id: "clear-predictions", onclick: () => this.#clear() }, text("scenes_bar.clear"))),
    );
    // A run of the same scene may still be on its way to the screen.
    setTimeout(tell, 0);
  }

  /** Codes to copy and to paste: predictions of a class as a cloud behind the curves, without a server. */
  #class() {
    const said = this.#said() ?? {};
    const told = element("p", { id: "class-said", role: "status" });
    const mine = element("input", { type: "text", readonly: true, id: "class-code", value: said.a || said.b ? codeOf(said) : "–", "aria-label": text("guide.class_code"), onfocus: () => mine.select() });
    const area = element("textarea", { id: "class-codes", rows: 3, "aria-label": text("guide.class_paste"), placeholder: text("guide.class_paste"), spellcheck: "false", oninput: () => {
      this.class = curvesOfCodes(area.value);
      const { found, broken } = this.class;
      const halves = found.map(({ a }) => (a ? halfOf(a) : null)).filter((t) => t !== null).sort((x, y) => x - y);
      told.textContent = [
        text("guide.class_count", { n: found.length }), halves.length > 0 ? text("guide.class_half", { time: inWords(halves[halves.length >> 1]) }) : "",
        broken > 0 ? text("guide.class_broken", { n: broken }) : "",
      ].filter(Boolean).join(" ");
      this.does.redraw();
    } });
    return element("details", { id: "class" }, element("summary", {}, text("guide.class")), element("label", { for: "class-code" }, text("guide.class_code")), mine, area, told);
  }

  /** A check of one's own: nobody counts, nothing is sent. */
  #goals() {
    const box = (words, i) => {
      const input = element("input", {
        type: "checkbox", value: i, checked: this.memory.goals.includes(i), onchange: () => {
          this.memory.goals = [...this.memory.goals.filter((k) => k !== i), ...(input.checked ? [i] : [])];
          keep(this.memory);
        },
      });
      return element("label", { class: "box" }, input, element("span", {}, words));
    };
    return element("fieldset", { class: "answers", id: "goals" }, element("legend", {}, text("guide.goals")), strings.goals.map(box));
  }

  /** What was predicted, to copy or print. */
  #summary() {
    const area = element("textarea", { readonly: true, rows: 8, id: "my-summary", "aria-label": text("guide.summary") });
    const lines = SCENES.filter((id) => this.memory.said[id]).map((id) => `${scenes[id].name}: ${inWordsOf(scenes[id], this.memory.said[id])}`);
    area.value = [text("guide.summary"), ...lines, "", text("panel.cannot"), ...strings.cannot.map((line) => `- ${line}`)].join("\n");
    return area;
  }

  #clear() {
    forget();
    this.memory = { said: {}, done: [], goals: [] };
    this.#bar();
    this.enter(this.scene);
  }
}

const sum = (x, y) => x + y;

/** Numbers in what is explained come from the runs, shares of relief at a week, and from the tables: observations explained. */
function filled(words, { a, b }) {
  const at = (run, t) => valueAt(run.time, run.values.madrs_change, t);
  const share = (x, y) => (y === 0 ? NaN : (100 * x) / y);
  return words
    .replace("{week1}", () => number(share(at(b, 168), at(b, 1008)), 0))
    .replace("{n}", () => Object.values(evidence.explained.telling).reduce(sum))
    .replace(/\{([a-z-]+)\}/g, (whole, code) => (evidence.explained.hypotheses.includes(code) ? Object.values(evidence.explained.areas).map((of) => of[code]).reduce(sum) : whole))
    .replace("{missing}", () => number(100 - share(at(b, 168), at(a, 168)), 0));
}

/** What was said, in the words of the scene. */
function inWordsOf(scene, said) {
  const { items } = scene;
  switch (scene.kind) {
    case "draw":
      return ["a", "b"].filter((arm) => said[arm]).map((arm) => `${text(`drugs_name.${arm === "a" ? "ket" : "ssri"}`)}: ${scene.shapes[said[`shape_${arm}`]] ?? text("guide.drawn")}`).join("; ");
    case "direction":
      return Object.keys(items).filter((arm) => said[arm]).map((arm) => `${items[arm]}: ${scene.options[said[arm]]}`).join("; ");
    case "times":
      return Object.keys(items).filter((id) => Number.isFinite(said[id])).map((id) => `${items[id]}: ${inWords(said[id])}`).join("; ");
    case "stages":
      return `${text("guide.dark")}: ${(said.stages ?? []).map((name) => text(`nodes.${name}`)).join(", ")}`;
    case "highest":
      return Object.keys(items).filter((id) => said[id]).map((id) => `${items[id].ask}: ${items[id].options[said[id]]}`).join("; ");
    case "counts":
      return Object.keys(items).filter((id) => Number.isFinite(said[id])).map((id) => `${items[id]}: ${text("rivals.of", { x: said[id], n: 20 })}`).join("; ");
    default:
      return items.map((item, i) => (said[i] === undefined ? null : `${item.ask} ${item.options[said[i]]}`)).filter(Boolean).join("; ");
  }
}
