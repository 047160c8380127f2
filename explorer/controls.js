/** The form for scenarios A and B: native controls, a number field beside the slider. */

import { element, say } from "./dom.js";
import * as S from "./state.js";
import { number, strings, text } from "./text.js";
import { armNames, differenceInWords } from "./words.js";

/** Marks on the slider: arms of published studies [mg/kg]. */
const STOPS = { human: [0.1, 0.2, 0.5, 1], rat: [10, 30, 50, 80, 200] };

export class Controls {
  /** `change(next, quick)` gets a new state; quick while a slider is being dragged. */
  constructor(root, change) {
    this.change = change;
    this.side = "a";
    this.custom = element("option", { value: "" }, text("arm.custom"));
    this.preset = element("select", { id: "preset", onchange: () => this.#start() }, this.custom,
      ...Object.keys(S.PRESETS).map((name) => element("option", { value: name }, strings.presets[name])));
    this.tabs = ["a", "b"].map((side) =>
      element("button", { type: "button", class: `side ${side}`, "data-side": side, onclick: () => this.show(side) },
        element("span", { class: "sample", "aria-hidden": "true" }), element("b", { class: "given" })));
    this.form = element("form", { class: "arm", onsubmit: (event) => event.preventDefault() });
    this.difference = element("p", { class: "difference", id: "difference" });
    this.#build();
    // On narrow screens the form is folded away, so that the story comes first.
    const fold = element("details", { class: "fold", id: "fold" }, element("summary", {}, text("arm.fold")));
    const narrow = matchMedia("(max-width: 900px)");
    const follow = () => (fold.open = !narrow.matches);
    narrow.addEventListener("change", follow);
    follow();
    root.append(fold);
    fold.append(
      element("div", { class: "field" }, element("label", { for: "preset" }, text("arm.preset")), this.preset),
      element("div", { class: "sides", role: "group", "aria-label": text("page.controls") }, this.tabs),
      this.form, this.difference,
      element(
        "div", { class: "pair" },
        this.#button("copy", () => this.#copy()), this.#button("swap", () => this.#set({ a: this.now.b, b: this.now.a })),
        this.#button("reset", () => this.change(S.state({ axis: this.now.axis }))),
      ),
    );
    this.pairButtons = root.querySelectorAll(".pair button");
  }

  #button(name, act) {
    return element("button", { type: "button", class: "quiet", "data-act": name, onclick: act }, name === "copy" ? "" : text(`arm.${name}`));
  }

  #build() {
    const select = (field, names, words) => {
      const it = element("select", { id: `arm-${field}`, onchange: () => this.#arm({ [field]: it.value }) },
        ...names.map((name) => element("option", { value: name }, words[name])));
      return it;
    };
    this.fields = {
      drug: select("drug", Object.keys(S.DRUGS), strings.drugs),
      route: select("route", [...S.ROUTES, "ip"], strings.routes),
      schedule: select("schedule", S.SCHEDULES, strings.schedules),
      cells: select("cells", S.CELLS, strings.cells),
      hypothesis: select("hypothesis", S.HYPOTHESES, strings.hypotheses),
      sessions: select("sessions", S.SESSIONS, strings.sessions),
      species: select("species", S.SPECIES, strings.species),
    };
    const slide = (event, quick) => {
      say(this.doseNote, "");
      this.#arm({ dose: Number(event.target.value) }, quick);
    };
    this.range = element("input", {
      type: "range", id: "arm-dose", list: "dose-stops",
      oninput: (event) => slide(event, true), onchange: (event) => slide(event, false),
    });
    this.exact = element("input", {
      type: "text", inputmode: "decimal", id: "arm-dose-exact", autocomplete: "off", "aria-label": `${text("arm.dose")}, ${text("arm.dose_unit")}`, "aria-describedby": "dose-note",
      onchange: () => this.#typed(),
    });
    this.doseNote = element("p", { class: "note", id: "dose-note", role: "status" });
    this.stops = element("datalist", { id: "dose-stops" });
    this.boxes = Object.fromEntries(S.BLOCKERS.map((name) => [
      name, element("input", { type: "checkbox", id: `block-${name}`, onchange: () => this.#blockers() }),
    ]));
    this.added = element("input", { type: "checkbox", id: "arm-ssri", onchange: () => this.#arm({ ssri: this.added.checked }) });
    const row = (field) => element("div", { class: "field", "data-field": field },
      element("label", { for: `arm-${field}` }, text(`arm.${field}`)), this.fields[field]);
    this.rows = {
      drug: row("drug"),
      dose: element("div", { class: "field dose", "data-field": "dose" },
        element("label", { for: "arm-dose" }, text("arm.dose")), this.range, this.exact,
        element("span", { class: "unit", "aria-hidden": "true" }, text("arm.dose_unit")), this.stops, this.doseNote),
      route: row("route"), schedule: row("schedule"),
      blockers: element("fieldset", { "data-field": "blockers" },
        element("legend", {}, text("arm.blockers")),
        ...S.BLOCKERS.map((name) => element("label", { class: "box" }, this.boxes[name], element("span", {}, strings.blockers[name]))),
        element("p", { class: "note" }, text("blockers_note"))),
      hypothesis: row("hypothesis"), cells: row("cells"),
      ssri: element("label", { class: "box", "data-field": "ssri" }, this.added, element("span", {}, text("arm.ssri"))),
      sessions: row("sessions"), species: row("species"),
    };
    this.programme = element("p", { class: "note", id: "programme-note" }, text("arm.programme_note"));
    const { drug, dose, route, schedule, blockers, ...more } = this.rows;
    this.more = element("details", { class: "more" }, element("summary", {}, text("arm.more")), ...Object.values(more));
    this.form.append(drug, dose, element("div", { class: "two" }, route, schedule), this.programme, blockers, this.more);
  }

  show(side) {
    this.side = side;
    if (this.now) this.update(this.now);
  }

  /** Shows a state; nothing is announced or changed by it. */
  update(now) {
    this.now = now;
    const it = now[this.side];
    const named = S.presetOf(now);
    this.custom.hidden = named !== null;
    this.preset.value = named ?? "";
    const names = armNames(now.a, now.b);
    this.tabs.forEach((tab) => {
      const side = tab.dataset.side;
      tab.setAttribute("aria-pressed", String(side === this.side));
      say(tab.lastChild, names[side]);
    });
    this.form.className = `arm ${this.side}`;
    this.form.setAttribute("aria-label", names[this.side]);
    for (const [field, select] of Object.entries(this.fields)) if (document.activeElement !== select || select.value !== it[field]) select.value = it[field];
    const { least, most, step } = S.DOSES[it.species];
    Object.assign(this.range, { min: least, max: most, step });
    if (this.stops.dataset.species !== it.species) {
      this.stops.dataset.species = it.species;
      this.stops.replaceChildren(...STOPS[it.species].map((v) => element("option", { value: v })));
    }
    this.range.value = it.dose;
    if (document.activeElement !== this.exact) this.exact.value = number(it.dose);
    this.range.setAttribute("aria-valuetext", text("arm.dose_spoken", { dose: number(it.dose), route: strings.routes_spoken[it.route] }));
    for (const [name, box] of Object.entries(this.boxes)) box.checked = it.blockers.includes(name);
    this.added.checked = it.ssri;
    const tablet = it.drug === "ssri" || it.drug === "none";
    const rat = it.species === "rat";
    this.rows.dose.hidden = tablet || it.schedule in S.PROGRAMMES;
    this.programme.hidden = !(it.schedule in S.PROGRAMMES);
    this.rows.route.hidden = tablet;
    this.rows.schedule.hidden = tablet || rat;
    this.rows.ssri.hidden = tablet || rat;
    this.rows.species.hidden = tablet;
    this.rows.sessions.hidden = rat;
    this.fields.route.querySelectorAll("option").forEach((option) => {
      option.hidden = rat ? option.value !== "ip" : option.value === "ip" || (it.drug === "hnk" && option.value !== "iv");
      option.disabled = option.hidden;
    });
    const apart = S.differences(now.a, now.b);
    for (const [field, node] of Object.entries(this.rows)) node.classList.toggle("differs", apart.includes(field));
    // What makes the difference must not hide in a fold.
    if (apart.some((field) => this.more.contains(this.rows[field]))) this.more.open = true;
    say(this.difference, differenceInWords(now.a, now.b));
    this.difference.classList.toggle("one", apart.length === 1);
    say(this.pairButtons[0], text(this.side === "a" ? "arm.copy_ab" : "arm.copy_ba"));
  }

  #start() {
    const name = this.preset.value;
    if (name) this.change(S.state({ ...S.preset(name), axis: S.preset(name).axis, bands: this.now.bands }));
  }

  #set(part) {
    this.change(S.state({ ...this.now, ...part }));
  }

  #arm(part, quick = false) {
    const value = part.dose;
    if (value !== undefined && !Number.isFinite(value)) return;
    const old = this.now[this.side];
    // Another drug, route or species ends a programme, which says them itself.
    const ends = old.schedule in S.PROGRAMMES && ["drug", "route", "species"].some((field) => field in part);
    const next = S.state({ ...this.now, [this.side]: S.arm({ ...old, ...(ends ? { schedule: "once" } : {}), ...part }) });
    this.change(next, quick);
    if (value !== undefined && !quick) this.exact.value = number(next[this.side].dose);
  }

  /** A dose that was typed, with a point or a comma; what is changed is said. */
  #typed() {
    const { least, most } = S.DOSES[this.now[this.side].species];
    const typed = this.exact.value.trim();
    const value = /^[-+]?(\d+[.,]?\d*|[.,]\d+)$/.test(typed) ? Number(typed.replace(",", ".")) : NaN;
    if (!Number.isFinite(value)) {
      this.exact.value = number(this.now[this.side].dose);
      say(this.doseNote, text("arm.no_number", { typed }));
      return;
    }
    const used = Math.min(most, Math.max(least, value));
    say(this.doseNote, used === value ? "" : text("arm.clamped", { typed, used: number(used), least: number(least), most: number(most) }));
    this.#arm({ dose: used });
  }

  #blockers() {
    this.#arm({ blockers: S.BLOCKERS.filter((name) => this.boxes[name].checked) });
  }

  #copy() {
    const other = this.side === "a" ? "b" : "a";
    this.#set({ [other]: this.now[this.side] });
  }
}
