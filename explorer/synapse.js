/**
 * The living synapse: a brake cell, a pyramidal cell, its glutamate terminal, a dendrite with spines, and
 * a serotonin fibre, drawn for both arms from their solved states at the time shown.
 *
 * Outlines and places come from synapse.json, the levels from synapse_values.js. What does not change is
 * painted once for each size and theme; a frame adds what moves. Flashes, releases and drifting dots
 * follow from phases that advance with the rates of the model, so that a still frame is one moment of them.
 */

import { element, say } from "./dom.js";
import { FONT } from "./font.js";
import { inWords } from "./moments.js";
import { art, blockedPart, PARTS, synapseAt } from "./synapse_values.js";
import { number, text } from "./text.js";

const { width: WIDE, height: HIGH } = art;
/** Events a second that stand for the rate before treatment: slowed, and never faster than is safe to look at. */
const FLASHES = { brake: 0.9, drive: 0.6 };
const RELEASES = 1.1;
const FASTEST = 2.5;
/** Least size of a letter [px]. */
const LETTER = 14;

const LIGHT = {
  ground: ["#fffdf9", "#f4efe6"], tissue: "rgba(130,110,90,.022)", ink: "#1b1e22", halo: "rgba(255,252,246,.9)",
  brake: ["#f8d3c3", "#e08a6c", "#a8482c"], drive: ["#d3e0f7", "#86a5dd", "#34559c"], post: ["#d0ebe6", "#7dbdb5", "#21706a"],
  fibre: ["#eed9f1", "#bf93cc", "#75428a"], nucleus: "rgba(255,255,255,.5)", hole: "#3d3f46", pore: "#fdf6e8",
  drug: "#4d1f8c", glutamate: "#d98a00", bdnf: "#2f8a3c", serotonin: "#9a3fb0", lost: "rgba(33,112,106,.55)", lamp: "#ffb000",
  dull: "#b9b3a6", flash: "#fff1b8", stop: "#a3152b", dusk: "#2a2c48", mitochondrion: "#7d98d4", on: "#2a8f46",
};
const DARK = {
  ground: ["#101a29", "#070b12"], tissue: "rgba(140,170,220,.022)", ink: "#f1f4f6", halo: "rgba(8,12,19,.88)",
  brake: ["#7a3a2a", "#3d1c15", "#ff9c7a"], drive: ["#2b4a86", "#14254a", "#86b2ff"], post: ["#1d6660", "#0d3835", "#63dccd"],
  fibre: ["#5d3070", "#2d1638", "#d9a0ee"], nucleus: "rgba(255,255,255,.1)", hole: "#05070b", pore: "#e9dcc2",
  drug: "#cfa6ff", glutamate: "#ffc247", bdnf: "#74e08a", serotonin: "#ee9bff", lost: "rgba(99,220,205,.5)", lamp: "#ffd25e",
  dull: "#4a5158", flash: "#fff0b0", stop: "#ff9a9a", dusk: "#000000", mitochondrion: "#3f62ad", on: "#4ad06f",
};

/** Where a pointer finds each part, the smallest first: [x, y, half width, half height]. */
const REGIONS = {
  mtor: [330, 361, 34, 16], ampa: [330, 272, 76, 14], brake: [118, 112, 34, 34], pores: [118, 112, 62, 60], glutamate: [330, 208, 78, 46],
  bdnf: [500, 290, 84, 44], sert: [80, 244, 100, 32], drive: [500, 96, 60, 62], spines: [330, 362, 330, 46],
};

export class Synapse {
  /** `open(part)` shows what stands behind a part; `names` {a, b} are set with `show`. */
  constructor(root, { open }) {
    this.root = root;
    this.openPart = open;
    this.phase = { a: { brake: 0.35, drive: 0.3, release: 3.22, drift: 0 }, b: { brake: 0.35, drive: 0.3, release: 3.22, drift: 0 } };
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
    this.moving = true;
    this.sprites = new Map();
    this.panels = Object.fromEntries(["a", "b"].map((arm) => {
      const canvas = element("canvas", { "aria-hidden": "true" });
      const name = element("b", {});
      const given = element("span", { class: "given" });
      const figure = element("div", { class: `panel ${arm}` }, element("p", { class: "who" }, element("span", { class: "sample", "aria-hidden": "true" }), name, given), canvas);
      canvas.addEventListener("click", (event) => this.#point(event, canvas, true));
      canvas.addEventListener("pointermove", (event) => this.#point(event, canvas, false));
      canvas.addEventListener("pointerleave", () => this.#mark(null));
      return [arm, { canvas, ctx: canvas.getContext("2d"), name, given, figure, ground: null }];
    }));
    this.options = Object.fromEntries(Object.keys(PARTS).map((part) => [part, element("span", { role: "option", id: `part-${part}`, "aria-selected": "false" })]));
    this.list = element("div", {
      class: "parts", id: "parts", role: "listbox", tabindex: "0", "aria-label": text("synapse.label"), "aria-describedby": "synapse-scale",
      onkeydown: (event) => this.#keys(event), onfocus: () => this.#mark(this.chosen ?? "pores"), onblur: () => this.#mark(null),
    }, Object.values(this.options));
    this.motion = element("button", { type: "button", class: "quiet motion", id: "motion", "aria-pressed": "false", onclick: () => this.#toggle() },
      element("span", { "aria-hidden": "true" }, "❚❚"), element("span", { class: "visually-hidden" }, text("synapse.still")));
    this.clock = element("p", { class: "clock", id: "synapse-clock" });
    root.append(
      element("div", { class: "panels" }, this.panels.a.figure, this.panels.b.figure, this.list),
      element("div", { class: "under" }, this.clock, element("p", { class: "note", id: "synapse-scale" }, element("span", { class: "short" }, text("synapse.scale")), element("span", { class: "long" }, text("synapse.scale_long"))), this.motion));
    this.still.addEventListener("change", () => this.#motionWish());
    this.#motionWish();
    new IntersectionObserver(([entry]) => {
      this.seen = entry.isIntersecting;
      this.#go();
    }).observe(root);
    this.frames = { ms: [] };
    this.written = [];
  }

  #motionWish() {
    this.motion.hidden = this.still.matches;
    this.#go();
    this.paint();
  }

  #toggle() {
    this.moving = !this.moving;
    this.motion.setAttribute("aria-pressed", String(!this.moving));
    this.motion.firstChild.textContent = this.moving ? "❚❚" : "▶";
    this.#go();
  }

  /** Whether the drawing moves by itself now. */
  get lively() {
    return this.moving && this.seen && !this.still.matches && Boolean(this.shown);
  }

  #go() {
    if (!this.lively || this.running) return;
    this.running = true;
    let last = performance.now();
    const step = (now) => {
      if (!this.lively) {
        this.running = false;
        this.paint();
        return;
      }
      // Half of the frames of a screen are enough for what moves here.
      if (now - last > 24) {
        const dt = Math.min(0.1, (now - last) / 1000);
        last = now;
        for (const arm of ["a", "b"]) this.#advance(this.phase[arm], this.levels[arm], dt);
        this.paint();
      }
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  #advance(phase, levels, dt) {
    const rate = (base, percent) => Math.min(FASTEST, (base * percent) / 100);
    phase.brake += dt * rate(FLASHES.brake, levels.brake);
    phase.drive += dt * rate(FLASHES.drive, levels.drive);
    phase.release += dt * rate(RELEASES, levels.glutamate);
    phase.drift += dt;
  }

  /** Sets the two runs: {a, b}, with what each arm is called and given. */
  show({ a, b, names, given }) {
    this.shown = { a, b };
    for (const arm of ["a", "b"]) {
      say(this.panels[arm].name, names[arm]);
      say(this.panels[arm].given, given[arm]);
    }
    this.at(this.time ?? 0);
    this.#go();
  }

  /** While a prediction is open: the moment before treatment, names without numbers. */
  veil(on) {
    if (this.bare === on) return;
    this.bare = on;
    this.at(this.time ?? 0);
  }

  /** Moves to a time. */
  at(time) {
    this.time = time;
    if (!this.shown) return;
    this.levels = Object.fromEntries(["a", "b"].map((arm) => [arm, synapseAt(this.shown[arm], this.shown[arm].arm, this.bare ? 0 : time)]));
    say(this.clock, time === 0 || this.bare ? text("synapse.before") : inWords(time, true));
    this.paint();
  }

  /** The text equivalent: the same numbers, part by part. After the hand rests. */
  describe(names) {
    if (!this.levels) return;
    for (const part of Object.keys(PARTS)) {
      const said = this.bare ? text("synapse.before") : ["a", "b"].map((arm) => `${names[arm]}: ${wordsOf(part, this.levels[arm])}`).join("; ");
      say(this.options[part], `${text(`synapse.parts.${part}`)}. ${said}.`);
    }
  }

  layout(theme) {
    this.theme = theme;
    this.sprites.clear();
    const ratio = Math.min(2, globalThis.devicePixelRatio || 1);
    // Panels begin at whole pixels, too.
    const panels = this.panels.a.figure.parentElement;
    panels.style.paddingRight = "0";
    if (this.panels.b.figure.offsetTop === this.panels.a.figure.offsetTop && panels.clientWidth % 2 === 0) panels.style.paddingRight = "1px";
    for (const it of Object.values(this.panels)) {
      // Whole pixels: a canvas that is stretched by a fraction is blurred.
      const width = it.figure.clientWidth;
      if (width === 0) continue;
      it.canvas.style.width = `${width}px`;
      it.scale = (width * ratio) / WIDE;
      it.css = width / WIDE;
      it.canvas.width = Math.round(width * ratio);
      it.canvas.height = Math.round((width * HIGH * ratio) / WIDE);
      it.ground = element("canvas", { width: it.canvas.width, height: it.canvas.height });
      paintGround(it.ground.getContext("2d"), it.scale, this.colours);
    }
    this.paint();
  }

  get colours() {
    return this.theme === "dark" ? DARK : LIGHT;
  }

  paint() {
    if (!this.levels || !this.panels.a.ground) return;
    const begin = performance.now();
    // What is written, for who counts or reads it.
    this.written = [];
    for (const arm of ["a", "b"]) {
      const { ctx, ground, scale, css } = this.panels[arm];
      if (!ground) continue;
      ctx.setTransform(1, 0, 0, 1, 0, 0);
      ctx.drawImage(ground, 0, 0);
      ctx.setTransform(scale, 0, 0, scale, 0, 0);
      this.#live(ctx, this.levels[arm], this.phase[arm], this.shown[arm], css);
      // Before a prediction the names stand once: both panels show the same cells.
      if (arm === "a" || !this.bare) this.#labels(ctx, this.levels[arm], css);
    }
    this.frames.ms.push(performance.now() - begin);
    if (this.frames.ms.length > 240) this.frames.ms.shift();
  }

  /** A soft round light or a small sphere, painted once. */
  #sprite(kind, colour) {
    const key = `${kind} ${colour}`;
    if (!this.sprites.has(key)) {
      const it = element("canvas", { width: 64, height: 64 });
      const ctx = it.getContext("2d");
      if (kind === "light") {
        const fade = ctx.createRadialGradient(32, 32, 0, 32, 32, 32);
        fade.addColorStop(0, colour);
        fade.addColorStop(0.35, withAlpha(colour, 0.5));
        fade.addColorStop(1, withAlpha(colour, 0));
        ctx.fillStyle = fade;
        ctx.fillRect(0, 0, 64, 64);
      } else {
        const fade = ctx.createRadialGradient(24, 22, 2, 32, 32, 30);
        fade.addColorStop(0, mixed(colour, "#ffffff", 0.75));
        fade.addColorStop(0.45, colour);
        fade.addColorStop(1, mixed(colour, "#000000", 0.35));
        ctx.fillStyle = fade;
        ctx.beginPath();
        ctx.arc(32, 32, 30, 0, 7);
        ctx.fill();
      }
      this.sprites.set(key, it);
    }
    return this.sprites.get(key);
  }

  /** Darkness over the parts below a blocker, painted small and drawn large, so that its edges are soft. */
  #dusk(shade) {
    const key = `${this.theme} ${JSON.stringify(shade)}`;
    if (!this.sprites.has(key)) {
      const [w, h] = [WIDE / 8, Math.round(HIGH / 8)];
      const it = element("canvas", { width: w, height: h });
      const ctx = it.getContext("2d");
      const image = ctx.createImageData(w, h);
      const colour = parts(this.colours.dusk);
      let dark = Float32Array.from({ length: w * h }, (_, i) => {
        const [x, y] = [8 * (i % w) + 4, 8 * Math.floor(i / w) + 4];
        let most = 0;
        for (const [part, { shade: ovals }] of Object.entries(art.below)) for (const [cx, cy, rx, ry] of ovals) if (((x - cx) / rx) ** 4 + ((y - cy) / ry) ** 4 <= 1) most = Math.max(most, shade[part] ?? 0);
        return most;
      });
      for (let pass = 0; pass < 2; pass++) {
        dark = dark.map((_, i) => {
          let sum = 0;
          for (const dy of [-1, 0, 1]) for (const dx of [-1, 0, 1]) sum += dark[Math.min(h - 1, Math.max(0, Math.floor(i / w) + dy)) * w + Math.min(w - 1, Math.max(0, (i % w) + dx))];
          return sum / 9;
        });
      }
      dark.forEach((share, i) => image.data.set([...colour, Math.round(160 * share)], 4 * i));
      ctx.putImageData(image, 0, 0);
      this.sprites.set(key, it);
    }
    return this.sprites.get(key);
  }

  #live(ctx, v, phase, run, css) {
    const c = this.colours;
    const dot = (colour, x, y, r) => ctx.drawImage(this.#sprite("ball", colour), x - r, y - r, 2 * r, 2 * r);
    const light = (colour, x, y, rx, ry, alpha) => {
      if (alpha <= 0.01) return;
      ctx.globalAlpha = Math.min(1, alpha);
      ctx.drawImage(this.#sprite("light", colour), x - rx, y - ry, 2 * rx, 2 * ry);
      ctx.globalAlpha = 1;
    };
    const shade = this.bare ? {} : run.shades;

    // The brake cell and the pyramidal cell flash at their rates; the flash runs down the axon.
    const pulse = (p) => Math.exp(-4.5 * (p - Math.floor(p)));
    const [bx, by] = art.brake.centre;
    const [px, py] = art.drive.centre;
    light(c.flash, bx, by, 62, 62, 0.95 * pulse(phase.brake));
    light(c.flash, px, py + 8, 58, 58, 0.95 * pulse(phase.drive));
    travel(AXONS.brake, phase.brake, (x, y, a) => light(c.flash, x, y, 13, 13, a));
    travel(AXONS.drive, phase.drive, (x, y, a) => light(c.flash, x, y, 13, 13, a));
    if (pulse(phase.brake) > 0.2) for (const [x, y] of art.brake.boutons) light(c.brake[2], x, y, 12, 12, 0.5 * pulse(phase.brake + 0.75));

    // Drug: diamonds adrift, and in the pores.
    for (let k = 0; k < v.diamonds; k++) {
      const [x, y] = adrift(k, phase.drift);
      diamond(ctx, x, y, 4.4, c.drug);
    }
    art.pores.brake.forEach(([x, y], i) => pore(ctx, x, y, 5.2, SCATTER[i] < v.pores, c));
    art.pores.drive.forEach(([x, y], i) => pore(ctx, x, y, 4.6, POSTSCATTER[i] < v.spinePores, c));

    // Serotonin: transporters free or taken, and what stays outside.
    art.serotonin.transporters.forEach(([x, y, angle], i) => transporter(ctx, x, y, angle, SCATTER[i] < v.sert, c));
    const outside = Math.min(16, Math.round(5 * v.serotonin));
    for (let k = 0; k < outside; k++) {
      const t = phase.drift * 0.25 + hash(k, 1) * 6.28;
      dot(c.serotonin, 150 + 34 * hash(k, 2) + 5 * Math.sin(t), 215 + 62 * hash(k, 3) + 4 * Math.cos(1.3 * t), 2.5);
    }

    // Glutamate: what lies outside glows in the cleft; each release lets a vesicle go.
    light(c.glutamate, 330, 256, 92, 17, 0.12 + 0.75 * Math.max(0, Math.min(1, (v.glutamate - 100) / art.scale.full_glutamate)));
    for (const back of [0, 1]) {
      const k = Math.floor(phase.release) - back;
      const age = phase.release - k;
      if (k < 0) continue;
      const site = art.terminal.sites[Math.floor(hash(k, 4) * art.terminal.sites.length)];
      const melt = Math.max(0, 1 - age / 0.35);
      if (melt > 0) vesicle(ctx, site, art.terminal.membrane - 6 * melt, 7 * melt, c);
      for (let j = 0; j < 7; j++) {
        const go = Math.min(1, Math.max(0, (age - 0.12) / 0.75));
        if (go <= 0 || age > 1.7) continue;
        const x = site + (hash(k, 10 + j) - 0.5) * 74 * go;
        const y = art.terminal.membrane + 3 + (art.spine.membrane - art.terminal.membrane - 7) * Math.min(1, go * (0.75 + 0.5 * hash(k, 20 + j)));
        ctx.globalAlpha = Math.max(0, Math.min(1, (1.7 - age) / 0.6));
        dot(c.glutamate, x, y, 2.5);
        ctx.globalAlpha = 1;
      }
    }

    // AMPA receptors light up with what passes through them.
    const lit = Math.max(0, Math.min(1, (v.ampa - 100) / art.scale.full_ampa));
    light(c.lamp, 330, 286, 78, 40, 0.65 * lit);
    for (const [x, y] of art.ampa) {
      receptor(ctx, x, y, lit, c);
      light(c.lamp, x, y, 15, 15, 0.9 * lit);
    }

    // BDNF, the switch of mTORC1, and spines.
    for (let k = 0; k < v.dots; k++) {
      const [x, y] = art.bdnf[k];
      const t = phase.drift * 0.5 + k;
      dot(c.bdnf, x + 2 * Math.sin(t), y + 1.6 * Math.cos(1.2 * t), 3.6);
    }
    const on = Math.max(0, Math.min(1, (v.mtor - 1) / art.scale.full_mtor));
    light(c.on, 330, 361, 60, 26, 0.75 * on);
    lever(ctx, art.switch, on, c);
    art.lost.forEach(([x, y, way, lean], i) => spine(ctx, x, y, way, lean, i < v.spines, c));

    // A blocker stands where it acts, and what lies below it is dark.
    if (Object.values(shade).some((share) => share > 0.02)) ctx.drawImage(this.#dusk(shade), 0, 0, WIDE, HIGH);
    for (const name of run.arm.blockers) cross(ctx, art.below[blockedPart(name)].cross, c, css, text(`blockers_short.${name}`));

    if (this.marked) {
      const [x, y, rx, ry] = REGIONS[this.marked];
      Object.assign(ctx, { strokeStyle: c.ink, lineWidth: 2.2 / css });
      ctx.setLineDash([5 / css, 4 / css]);
      ctx.beginPath();
      ctx.ellipse(x, y, Math.min(rx, 316), ry, 0, 0, 7);
      ctx.stroke();
      ctx.setLineDash([]);
    }
  }

  #labels(ctx, v, css) {
    const c = this.colours;
    const size = Math.max(LETTER / css, 15);
    const line = size * 1.22;
    ctx.lineJoin = "round";
    const write = (words, x, y, align = "left", strong = false, colour = c.ink) => {
      this.written.push(words);
      ctx.font = `${strong ? 600 : 400} ${size}px ${FONT}`;
      ctx.textAlign = align;
      ctx.textBaseline = "middle";
      ctx.strokeStyle = c.halo;
      ctx.lineWidth = size / 4;
      ctx.strokeText(words, x, y);
      ctx.fillStyle = colour;
      ctx.fillText(words, x, y);
    };
    const named = (part, level) => (this.bare ? text(`synapse.names.${part}`) : `${text(`synapse.names.${part}`)} ${level}`);
    const percent = (x) => `${number(x, 0)} %`;
    const fold = (x) => `${number(x, x >= 9.95 ? 0 : 1)} ×`;
    write(named("brake", percent(v.brake)), 176, 18, "left", true, c.ink);
    if (!this.bare) write(text("synapse.plugged", { n: v.pores, all: art.pores.brake.length }), 176, 18 + line);
    const [first, ...rest] = text("synapse.names.drive").split(" ");
    write(first, 632, 30, "right", true);
    write(rest.join(" ") + (this.bare ? "" : ` ${percent(v.drive)}`), 632, 30 + line, "right", true);
    write(named("glutamate", percent(v.glutamate)), 318, 146, "center", true);
    write(named("ampa", percent(v.ampa)), 246, 292, "right", true);
    write(named("bdnf", fold(v.bdnf)), 632, 240, "right", true);
    write(named("mtor", fold(v.mtor)), 330, 416, "left", true);
    write(this.bare ? text("synapse.names.spines") : text("synapse.back", { n: v.spines, all: art.lost.length }), 8, 416, "left", true);
    const taken = !this.bare && v.sert > 0;
    if (css > 0.65) {
      write(text("synapse.names.sert"), 5, 284, "left", true);
      if (taken) write(text("synapse.taken", { n: v.sert, all: art.serotonin.transporters.length }), 8, 206);
    } else write(`${text("synapse.names.sert")}${taken ? ` ${v.sert}/${art.serotonin.transporters.length}` : ""}`, 5, 206, "left", true);
    Object.assign(ctx, { strokeStyle: c.ink, lineWidth: 1.1, globalAlpha: 0.55 });
    ctx.beginPath();
    ctx.moveTo(336, 416 - size * 0.62);
    ctx.lineTo(334, 373);
    ctx.stroke();
    ctx.globalAlpha = 1;
  }

  /** Both panels as one picture with a caption that cannot be lost. */
  picture(lines, when) {
    const { a, b } = this.panels;
    const [w, h] = [a.canvas.width, a.canvas.height];
    const size = Math.round(w / 46);
    const it = element("canvas", { width: 2 * w + 8, height: h + size * (lines.length * 1.4 + 5) });
    const ctx = it.getContext("2d");
    const c = this.colours;
    ctx.fillStyle = c.ground[0];
    ctx.fillRect(0, 0, it.width, it.height);
    ctx.fillStyle = c.ink;
    ctx.font = `600 ${1.5 * size}px ${FONT}`;
    ctx.textBaseline = "middle";
    for (const [panel, x] of [[a, 0], [b, w + 8]]) {
      ctx.fillText(`${panel.name.textContent}, ${this.time === 0 ? text("synapse.before") : when}`, x + size, 1.5 * size);
      ctx.drawImage(panel.canvas, x, 3 * size);
    }
    ctx.font = `${size}px ${FONT}`;
    [text("synapse.scale_long"), ...lines].forEach((line, i) => ctx.fillText(line, size, h + (4 + 1.35 * i) * size, it.width - 2 * size));
    return it;
  }

  #mark(part) {
    if (this.marked === part) return;
    this.marked = part;
    this.paint();
  }

  #partAt(event, canvas) {
    const box = canvas.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * WIDE;
    const y = ((event.clientY - box.top) / box.height) * HIGH;
    return Object.keys(REGIONS).find((part) => {
      const [cx, cy, rx, ry] = REGIONS[part];
      return ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 <= 1;
    }) ?? null;
  }

  #point(event, canvas, open) {
    const part = this.#partAt(event, canvas);
    canvas.style.cursor = part ? "pointer" : "";
    if (open && part) this.openPart(part);
    else this.#mark(part);
  }

  /** Arrow keys move along the cascade, Enter opens what stands behind. */
  #keys(event) {
    const names = Object.keys(PARTS);
    const here = names.indexOf(this.chosen ?? names[0]);
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    let next = here;
    if (step) next = Math.min(names.length - 1, Math.max(0, this.chosen ? here + step : here));
    else if (event.key === "Home") next = 0;
    else if (event.key === "End") next = names.length - 1;
    else if (event.key === "Enter" || event.key === " ") this.openPart(names[here]);
    else return;
    event.preventDefault();
    this.chosen = names[next];
    for (const [name, option] of Object.entries(this.options)) option.setAttribute("aria-selected", String(name === this.chosen));
    this.list.setAttribute("aria-activedescendant", `part-${this.chosen}`);
    this.#mark(this.chosen);
  }
}

/** The level of a part in words. */
export function wordsOf(part, v) {
  const percent = (x) => text("synapse.of_before", { value: number(x, 0) });
  const fold = (x) => text("synapse.times_before", { value: number(x, 1) });
  return {
    pores: () => `${text("synapse.count", { n: v.pores, all: art.pores.brake.length })}; ${text("synapse.on_spine", { n: v.spinePores, all: art.pores.drive.length })}`,
    brake: () => percent(v.brake), drive: () => percent(v.drive), glutamate: () => percent(v.glutamate), ampa: () => percent(v.ampa),
    bdnf: () => fold(v.bdnf), mtor: () => fold(v.mtor),
    spines: () => text("synapse.count", { n: v.spines, all: art.lost.length }),
    sert: () => `${text("synapse.count", { n: v.sert, all: art.serotonin.transporters.length })}; ${text("synapse.outside", { value: number(v.serotonin, 1) })}`,
  }[part]();
}

// --- places -------------------------------------------------------------------------------------


/** An order that spreads counts over a ring: place i is filled when its rank is below the count. */
const spread = (n, step) => {
  const rank = [];
  for (let k = 0; k < n; k++) rank[(k * step) % n] = k;
  return rank;
};
const SCATTER = spread(20, 7);
const POSTSCATTER = spread(10, 3);

/** The same number between 0 and 1 for the same pair. */
function hash(a, b) {
  let h = (a * 374761393 + b * 668265263) | 0;
  h = Math.imul(h ^ (h >>> 13), 1274126177);
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32;
}

function adrift(k, time) {
  const [cx, cy] = [30 + 560 * hash(k, 31), 20 + 300 * hash(k, 32)];
  const t = 0.35 * time + 6.28 * hash(k, 33);
  return [cx + 9 * Math.sin(t), cy + 8 * Math.cos(1.17 * t)];
}

/** Points along a path of M and C, evenly in its parameter. */
function along(d) {
  const n = d.match(/-?[\d.]+/g).map(Number);
  const points = [];
  let [x, y] = n;
  for (let i = 2; i + 5 < n.length; i += 6) {
    const [ax, ay, bx, by, ex, ey] = n.slice(i, i + 6);
    for (let k = 0; k < 12; k++) {
      const u = k / 12, w = 1 - u;
      points.push([w ** 3 * x + 3 * w * w * u * ax + 3 * w * u * u * bx + u ** 3 * ex, w ** 3 * y + 3 * w * w * u * ay + 3 * w * u * u * by + u ** 3 * ey]);
    }
    [x, y] = [ex, ey];
  }
  points.push([x, y]);
  return points;
}
const AXONS = { brake: along(art.brake.axon), drive: along(art.drive.axon) };

/** A pulse on its way: reaches the end of the axon within half of a cycle. */
function travel(points, phase, put) {
  const share = (phase - Math.floor(phase)) / 0.5;
  if (share >= 1) return;
  const i = Math.floor(share * (points.length - 1));
  put(...points[i], 0.9);
}

// --- shapes -------------------------------------------------------------------------------------

function diamond(ctx, x, y, r, colour) {
  ctx.fillStyle = colour;
  ctx.beginPath();
  ctx.moveTo(x, y - r);
  ctx.lineTo(x + r * 0.8, y);
  ctx.lineTo(x, y + r);
  ctx.lineTo(x - r * 0.8, y);
  ctx.closePath();
  ctx.fill();
}

/** A channel seen from above: open, or with a diamond stuck in it. */
function pore(ctx, x, y, r, plugged, c) {
  ctx.fillStyle = plugged ? c.drug : c.pore;
  ctx.strokeStyle = plugged ? c.halo : c.hole;
  ctx.lineWidth = 0.9;
  ctx.beginPath();
  ctx.arc(x, y, r, 0, 7);
  ctx.fill();
  ctx.stroke();
  if (plugged) diamond(ctx, x, y, r * 0.74, c.pore);
  else {
    ctx.fillStyle = c.hole;
    ctx.beginPath();
    ctx.arc(x, y, r * 0.42, 0, 7);
    ctx.fill();
  }
}

function transporter(ctx, x, y, angle, taken, c) {
  ctx.save();
  ctx.translate(x, y);
  ctx.rotate((angle * Math.PI) / 180);
  ctx.fillStyle = taken ? c.drug : c.pore;
  ctx.strokeStyle = taken ? c.halo : c.hole;
  ctx.lineWidth = 0.9;
  ctx.beginPath();
  ctx.rect(-3.4, -2.8, 7, 5.6);
  ctx.fill();
  ctx.stroke();
  ctx.restore();
}

function vesicle(ctx, x, y, r, c) {
  if (r <= 0.3) return;
  ctx.fillStyle = mixedCached(c.drive[0], "#ffffff", 0.35);
  ctx.strokeStyle = c.drive[2];
  ctx.lineWidth = 1;
  ctx.beginPath();
  ctx.arc(x, y, r, 0, 7);
  ctx.fill();
  ctx.stroke();
  ctx.fillStyle = c.glutamate;
  for (const [dx, dy] of [[-0.35, -0.25], [0.35, -0.2], [0, 0.38]]) {
    ctx.beginPath();
    ctx.arc(x + dx * r, y + dy * r, 0.24 * r, 0, 7);
    ctx.fill();
  }
}

function receptor(ctx, x, y, lit, c) {
  ctx.fillStyle = mixedCached(c.dull, c.lamp, Math.round(lit * 20) / 20);
  ctx.strokeStyle = c.hole;
  ctx.lineWidth = 0.9;
  for (const side of [-1, 1]) {
    ctx.beginPath();
    ctx.moveTo(x + side * 1.2, y + 7);
    ctx.lineTo(x + side * 1.2, y - 3);
    ctx.quadraticCurveTo(x + side * 1.6, y - 9, x + side * 6.5, y - 8.5);
    ctx.quadraticCurveTo(x + side * 7, y - 2, x + side * 4.6, y + 7);
    ctx.closePath();
    ctx.fill();
    ctx.stroke();
  }
}

function lever(ctx, { centre: [x, y], width, height }, on, c) {
  const r = height / 2;
  ctx.fillStyle = mixedCached(c.dull, c.on, Math.round(on * 20) / 20);
  ctx.strokeStyle = c.post[2];
  ctx.lineWidth = 1.2;
  ctx.beginPath();
  ctx.roundRect(x - width / 2, y - r, width, height, r);
  ctx.fill();
  ctx.stroke();
  ctx.fillStyle = "#fffdf8";
  ctx.beginPath();
  ctx.arc(x - width / 2 + r + on * (width - height), y, r - 2.2, 0, 7);
  ctx.fill();
  ctx.stroke();
}

/** A spine: dashed where stress took it, whole where it is back. */
function spine(ctx, x, y, way, lean, back, c) {
  const [tx, ty] = [x + lean, y + way * 23];
  ctx.beginPath();
  ctx.moveTo(x - 3.4, y);
  ctx.quadraticCurveTo(x - 1.4, y + way * 7, tx - 2.2, ty - way * 7);
  ctx.bezierCurveTo(tx - 12.5, ty - way * 6, tx - 10, ty + way * 4.6, tx, ty + way * 4.6);
  ctx.bezierCurveTo(tx + 10, ty + way * 4.6, tx + 12.5, ty - way * 6, tx + 2.2, ty - way * 7);
  ctx.quadraticCurveTo(x + 1.4, y + way * 7, x + 3.4, y);
  if (back) {
    ctx.fillStyle = c.post[1];
    ctx.strokeStyle = c.post[2];
    ctx.lineWidth = 1.7;
    ctx.fill();
    ctx.stroke();
    ctx.fillStyle = c.post[0];
    ctx.beginPath();
    ctx.ellipse(tx - 2.4, ty - 1.6, 2.4, 1.7, 0, 0, 7);
    ctx.fill();
  } else {
    ctx.strokeStyle = c.lost;
    ctx.lineWidth = 1;
    ctx.setLineDash([2.2, 2.6]);
    ctx.stroke();
    ctx.setLineDash([]);
  }
}

function cross(ctx, [x, y], c, css, words) {
  const size = Math.max(LETTER / css, 14);
  ctx.strokeStyle = c.halo;
  for (const width of [7, 4]) {
    ctx.lineWidth = width;
    ctx.lineCap = "round";
    ctx.beginPath();
    ctx.moveTo(x - 10, y - 10);
    ctx.lineTo(x + 10, y + 10);
    ctx.moveTo(x + 10, y - 10);
    ctx.lineTo(x - 10, y + 10);
    ctx.stroke();
    ctx.strokeStyle = c.stop;
  }
  ctx.lineCap = "butt";
  Object.assign(ctx, { font: `700 ${size}px ${FONT}`, textAlign: "left", textBaseline: "middle", lineJoin: "round", lineWidth: size / 3.4, strokeStyle: c.halo });
  ctx.strokeText(words, x + 17, y);
  ctx.fillStyle = c.stop;
  ctx.fillText(words, x + 17, y);
}

// --- ground: painted once -----------------------------------------------------------------------

function paintGround(ctx, scale, c) {
  ctx.setTransform(scale, 0, 0, scale, 0, 0);
  const sky = ctx.createRadialGradient(330, 190, 40, 330, 215, 430);
  sky.addColorStop(0, c.ground[0]);
  sky.addColorStop(1, c.ground[1]);
  ctx.fillStyle = sky;
  ctx.fillRect(0, 0, WIDE, HIGH);
  // Tissue out of focus, so that the cells do not float in nothing.
  ctx.lineCap = "round";
  ctx.strokeStyle = c.tissue;
  for (const [width, d] of [
    [46, "M-40 330 C120 250 180 150 300 -40"], [30, "M250 470 C330 330 420 260 700 210"], [58, "M420 -60 C400 90 470 190 700 330"], [22, "M-30 60 C180 130 330 120 680 20"],
    [34, "M90 470 C120 330 60 210 -40 160"], [18, "M560 -30 C590 140 560 250 640 460"],
  ]) {
    const path = new Path2D(d);
    for (const wider of [2, 1.7, 1.4, 1.1, 0.8]) {
      ctx.lineWidth = width * wider;
      ctx.stroke(path);
    }
  }
  ctx.lineCap = "butt";
  const cell = (outline, [bright, deep, rim], [x, y, r]) => {
    const path = new Path2D(outline);
    ctx.save();
    Object.assign(ctx, { shadowColor: withAlpha(rim, 0.45), shadowBlur: 12 * scale, lineJoin: "round" });
    const fill = ctx.createRadialGradient(x - r * 0.25, y - r * 0.35, r * 0.1, x, y, r);
    fill.addColorStop(0, bright);
    fill.addColorStop(1, deep);
    ctx.fillStyle = fill;
    ctx.fill(path);
    ctx.restore();
    // A membrane of two leaves.
    Object.assign(ctx, { strokeStyle: rim, lineWidth: 3.2, lineJoin: "round" });
    ctx.stroke(path);
    Object.assign(ctx, { strokeStyle: withAlpha(bright, 0.9), lineWidth: 1.1 });
    ctx.stroke(path);
  };
  const thread = (d, [bright, , rim], width) => {
    const path = new Path2D(d);
    ctx.lineCap = "round";
    Object.assign(ctx, { strokeStyle: rim, lineWidth: width + 2.4 });
    ctx.stroke(path);
    Object.assign(ctx, { strokeStyle: bright, lineWidth: width });
    ctx.stroke(path);
    ctx.lineCap = "butt";
  };
  const nucleus = (x, y, rx, ry, rim) => {
    const fill = ctx.createRadialGradient(x - 5, y - 6, 2, x, y, rx);
    fill.addColorStop(0, c.nucleus);
    fill.addColorStop(1, withAlpha(rim, 0.16));
    ctx.fillStyle = fill;
    ctx.strokeStyle = withAlpha(rim, 0.5);
    ctx.lineWidth = 1.1;
    ctx.beginPath();
    ctx.ellipse(x, y, rx, ry, 0, 0, 7);
    ctx.fill();
    ctx.stroke();
    ctx.fillStyle = withAlpha(rim, 0.45);
    ctx.beginPath();
    ctx.arc(x + 4, y + 3, 4.2, 0, 7);
    ctx.fill();
  };
  cell(art.serotonin.outline, c.fibre, [60, 236, 110]);
  thread(art.drive.axon, c.drive, 5);
  cell(art.drive.outline, c.drive, [500, 88, 96]);
  nucleus(500, 102, 17, 18, c.drive[2]);
  for (const twig of art.brake.twigs) thread(twig, c.brake, 2);
  thread(art.brake.axon, c.brake, 4);
  cell(art.brake.outline, c.brake, [...art.brake.centre, 84]);
  nucleus(...art.brake.centre, 19, 18, c.brake[2]);
  for (const [x, y] of art.brake.boutons) {
    ctx.fillStyle = c.brake[1];
    Object.assign(ctx, { strokeStyle: c.brake[2], lineWidth: 1.6 });
    ctx.beginPath();
    ctx.ellipse(x, y, 7.5, 6, 0.4, 0, 7);
    ctx.fill();
    ctx.stroke();
  }
  // Dendrite and magnified spine are one: outlined together, then filled without the line between.
  cell(art.dendrite.outline, c.post, [330, 352, 330]);
  cell(art.spine.outline, c.post, [330, 296, 84]);
  ctx.save();
  ctx.clip(new Path2D(art.dendrite.outline));
  ctx.fillStyle = mixed(c.post[0], c.post[1], 0.32);
  ctx.beginPath();
  ctx.ellipse(330, 352, 44, 9, 0, 0, 7);
  ctx.fill();
  ctx.restore();
  // Postsynaptic density.
  Object.assign(ctx, { strokeStyle: withAlpha(c.post[2], 0.55), lineWidth: 4.5, lineCap: "round" });
  ctx.beginPath();
  ctx.moveTo(282, 273.5);
  ctx.lineTo(378, 273.5);
  ctx.stroke();
  ctx.lineCap = "butt";
  cell(art.terminal.outline, c.drive, [330, 204, 82]);
  for (const [x, y, turn] of [[292, 190, -0.3], [362, 186, 0.25]]) {
    ctx.save();
    ctx.translate(x, y);
    ctx.rotate(turn);
    ctx.fillStyle = c.mitochondrion;
    Object.assign(ctx, { strokeStyle: c.drive[2], lineWidth: 1 });
    ctx.beginPath();
    ctx.roundRect(-15, -6, 30, 12, 6);
    ctx.fill();
    ctx.stroke();
    ctx.beginPath();
    for (let k = -10; k <= 10; k += 5) {
      ctx.moveTo(k, k % 10 === 0 ? -5.5 : 5.5);
      ctx.lineTo(k, k % 10 === 0 ? 2 : -2);
    }
    ctx.stroke();
    ctx.restore();
  }
  for (const [x, y] of art.terminal.vesicles) vesicle(ctx, x, y, 7, c);
}

// --- colours ------------------------------------------------------------------------------------

function parts(colour) {
  const n = Number.parseInt(colour.slice(1), 16);
  return [n >> 16, (n >> 8) & 255, n & 255];
}

function withAlpha(colour, alpha) {
  return colour.startsWith("#") ? `rgba(${parts(colour)},${alpha})` : colour.replace(/[\d.]+\)$/, `${alpha})`);
}

function mixed(from, to, share) {
  const [a, b] = [parts(from), parts(to)];
  return `#${a.map((x, i) => Math.round(x + share * (b[i] - x)).toString(16).padStart(2, "0")).join("")}`;
}

const mixes = new Map();
function mixedCached(from, to, share) {
  const key = from + to + share;
  if (!mixes.has(key)) mixes.set(key, mixed(from, to, share));
  return mixes.get(key);
}
