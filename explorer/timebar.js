/** The time shown: a native slider below the strips, play, next event, and the kind of axis. */

import { byId, element } from "./dom.js";
import { inWords } from "./moments.js";
import { AXES, WINDOWS } from "./state.js";
import { strings, text } from "./text.js";

/** One run through the axis takes this long on the wall [s]: eight for each era. */
const STORY_S = 40;
/** Steps of the slider along the axis, for arrow keys. */
const STEPS = 400;

export class Timebar {
  /** `seek(t, resting)` moves the time; `choose({axis}|{window}|{bands})` changes the state. */
  constructor(root, { seek, choose }) {
    this.seek = seek;
    this.moments = [];
    this.slider = element("input", {
      type: "range", min: 0, max: STEPS, step: 1, id: "scrub", "aria-label": text("time.scrub"),
      oninput: () => {
        this.pause();
        seek(this.#timeAt(Number(this.slider.value) / STEPS), false);
      },
      onchange: () => seek(this.time, true),
    });
    this.slider.addEventListener("keydown", (event) => {
      const big = { PageUp: 20, PageDown: -20 }[event.key];
      if (!big) return;
      event.preventDefault();
      this.pause();
      seek(this.#timeAt(Math.min(1, Math.max(0, this.#share() + big / STEPS))), true);
    });
    this.playButton = element("button", { type: "button", class: "quiet", id: "play", onclick: () => (this.playing ? this.pause() : this.play()) }, text("time.play"));
    const jump = (forward) => () => this.#jump(forward);
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
    const segment = (name, values, words, current) => element("span", { class: "segment", role: "radiogroup", "aria-label": text(`time.${name}`) },
      values.map((value) => element("label", {},
        element("input", { type: "radio", name, value, onchange: () => choose({ [name]: value }) }), element("span", {}, words(value)))));
    this.axes = segment("axis", AXES, (v) => text(`time.${v}`));
    this.windows = segment("window", Object.keys(WINDOWS), (v) => strings.time.windows[v]);
    this.bands = element("input", { type: "checkbox", id: "bands", onchange: () => choose({ bands: this.bands.checked, known: false }) });
    this.known = element("input", { type: "checkbox", id: "known", onchange: () => choose({ known: this.known.checked }) });
    this.trial = element("input", { type: "checkbox", id: "trial", onchange: () => choose({ trial: this.trial.checked }) });
    this.note = element("span", { class: "note" });
    root.append(
      element("div", { class: "buttons" }, this.playButton,
        element("button", { type: "button", class: "quiet", id: "previous-event", onclick: jump(false), "aria-label": text("time.previous") }, "‹"),
        element("button", { type: "button", class: "quiet", id: "next-event", onclick: jump(true) }, `${text("time.next")} ›`)),
      element("div", { class: "scrub" }, this.slider, this.windows),
    );
    byId("axes").append(this.axes, element("label", { class: "box" }, this.bands, element("span", {}, text("time.spread"), element("span", { class: "visually-hidden" }, ` ${text("time.bands")}`))));
    byId("axes").append(element("label", { class: "box known" }, this.known, element("span", {}, text("time.known"))));
    byId("axes").append(element("label", { class: "box trial" }, this.trial, element("span", {}, text("time.trial"))));
    this.what = element("span", { class: "note", id: "known-note" });
    byId("views").append(this.note, this.what);
    const motion = () => {
      this.playButton.hidden = this.still.matches;
      this.note.textContent = this.still.matches ? text("time.step_only") : "";
      if (this.still.matches) this.pause();
    };
    this.still.addEventListener("change", motion);
    motion();
  }

  update(now, axis, moments) {
    this.axis = axis;
    this.moments = moments;
    for (const input of this.axes.querySelectorAll("input")) input.checked = input.value === now.axis;
    for (const input of this.windows.querySelectorAll("input")) input.checked = input.value === now.window;
    this.windows.hidden = now.axis !== "linear";
    this.bands.checked = now.bands;
    this.known.checked = now.known;
    this.what.textContent = now.known ? text("time.known_note") : "";
    this.trial.checked = now.trial;
    this.show(now.cursor);
  }

  show(time) {
    this.time = time;
    if (!this.axis) return;
    const place = Math.round(this.#share() * STEPS);
    if (Number(this.slider.value) !== place) this.slider.value = place;
    this.slider.setAttribute("aria-valuetext", inWords(time));
  }

  /** From 0 h: the slot before treatment is no time of its own. */
  #timeAt(share) {
    const { axis } = this;
    const zero = axis.kind === "log" ? axis.from : axis.forward(0);
    return Math.max(0, axis.inverse(zero + share * (axis.to - zero)));
  }

  #share() {
    const { axis } = this;
    const zero = axis.kind === "log" ? axis.from : axis.forward(0);
    return Math.min(1, Math.max(0, (axis.forward(this.time) - zero) / (axis.to - zero)));
  }

  #jump(forward) {
    this.pause();
    const times = [...new Set(this.moments.map((m) => m.t))].sort((x, y) => x - y);
    const near = 1e-3 * this.time + 1e-6;
    const next = forward ? times.find((t) => t > this.time + near) ?? times[0] : times.findLast((t) => t < this.time - near) ?? times.at(-1);
    if (next !== undefined) this.seek(next, true);
  }

  play() {
    if (this.playing || this.still.matches) return;
    this.playButton.textContent = text("time.pause");
    // From the beginning, or from where it was paused.
    let share = this.paused && Math.abs(this.paused - this.#share()) < 0.01 ? this.#share() : 0;
    let last = performance.now();
    this.playing = true;
    const step = (nowMs) => {
      if (!this.playing) return;
      share += Math.max(0, nowMs - last) / 1000 / STORY_S;
      last = nowMs;
      if (share >= 1) {
        this.seek(this.#timeAt(1), false);
        this.pause();
        return;
      }
      this.seek(this.#timeAt(share), false);
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  pause() {
    if (!this.playing) return;
    this.playing = false;
    this.paused = this.#share() < 0.99 ? this.#share() : null;
    this.playButton.textContent = text("time.play");
    this.seek(this.time, true);
  }
}

