/**
 * Strips below each other over one time axis: the cascade reads from top left to bottom right.
 *
 * uPlot draws the curves; this file adds what makes them readable: eras with visible breaks, labels
 * beside the curves, the spread of a population, predictions, and a cursor shared by all strips.
 * Canvases say nothing to a screen reader: names, text and table come from elsewhere on the page.
 */

import uPlot from "uplot";

import { element, say } from "./dom.js";
import { FONT } from "./font.js";
import { placeLabels } from "./labels.js";
import { inWords, valueAt } from "./moments.js";
import { baseOf, limitsFor, STRIPS } from "./quantities.js";
import { number, text } from "./text.js";

const Y_AXIS = 34;
const RIGHT = 10;

/** Colours of the theme, read once for each change of it: canvases cannot use style sheets. */
export function readTheme(root = document.documentElement) {
  const style = getComputedStyle(root);
  const of = (name) => style.getPropertyValue(`--${name}`).trim();
  return Object.fromEntries(
    ["a", "b", "a-text", "b-text", "ground", "band", "line", "faint", "ink", "ghost"].map((n) => [n, of(n)]),
  );
}

export class Strips {
  /** `ask(strip)` opens the evidence behind a strip; `scrub(t)` moves the time shown. */
  constructor(root, axisRoot, { ask, scrub }) {
    this.root = root;
    this.axisRoot = axisRoot;
    this.theme = readTheme();
    this.shown = null;
    this.drawing = null;
    this.cursorLine = element("div", { class: "cursor", "aria-hidden": "true" });
    this.strips = STRIPS.map((strip) => this.#build(strip, ask));
    root.append(...this.strips.map((it) => it.row), this.cursorLine);
    this.#pointer(scrub);
  }

  #build(strip, ask) {
    const words = text(`strips.${strip.id}.title`);
    const it = { ...strip, words };
    it.unit = element("span", { class: "unit" });
    it.badge = element("button", { class: "badge", type: "button", onclick: () => ask(strip.id) });
    it.values = { a: {}, b: {} };
    const line = (part, name) => {
      it.values.a[part] = element("span", { class: "value a" });
      it.values.b[part] = element("span", { class: "value b" });
      const label = element("span", { class: "name" }, name);
      it[`${part}Name`] = label;
      return element(
        "div", { class: `curve ${part}` },
        element("span", { class: "sample", "aria-hidden": "true" }), label, it.values.a[part], it.values.b[part],
      );
    };
    const minor = strip.id === "target" || strip.id === "burden" || strip.id === "cells"
      || strip.id === "excitation" || strip.id === "growth" || strip.id === "mood";
    it.plot = element("div", { class: "plot", "aria-hidden": "true" });
    it.describe = element("p", { class: "visually-hidden", id: `about-${strip.id}` });
    it.row = element(
      "div", { class: "strip", role: "group", "aria-label": words, "aria-describedby": `about-${strip.id}`, "data-strip": strip.id },
      element(
        "div", { class: "gutter" },
        element("div", { class: "heading" }, element("h3", {}, words), it.unit, it.badge),
        line("main", text(`strips.${strip.id}.main`)),
        minor ? line("minor", text(`strips.${strip.id}.minor`)) : null,
      ),
      it.plot, it.describe,
    );
    return it;
  }

  /** Makes every plot anew for the width that there is. */
  layout() {
    for (const it of this.strips) {
      it.width = it.plot.clientWidth;
      it.height = it.plot.clientHeight;
      it.chart?.destroy();
      it.chart = null;
    }
    // Asked once: asking while drawing would lay the page out again for every frame.
    this.left = this.front.plot.offsetLeft;
    if (this.shown) this.draw(this.shown);
  }

  /** The first strip that is shown: all that are shown have its width. */
  get front() {
    return this.strips.find((it) => it.width > 0) ?? this.strips[0];
  }

  /** Shows these strips only, or all. */
  only(ids) {
    for (const it of this.strips) it.row.hidden = ids !== null && !ids.includes(it.id);
  }

  retheme() {
    this.theme = readTheme();
    this.layout();
  }

  /**
   * Draws `shown` = {axis, a, b, bands, ghosts, stale, veiled, plain}: `a` and `b` are {t, curves,
   * marks}; bands {a, b} of {t, strip: {q05, q25, q75, q95}}; ghosts {strip: [{arm, t, y}]}; veiled
   * names of strips; plain if A is the mechanism as it stands.
   */
  draw(shown) {
    this.shown = shown;
    const { axis, a, b } = shown;
    const where = placesOf(axis, a.t, this.front.width);
    for (const it of this.strips) {
      const from = (run) => run.curves[it.id] ?? {};
      const [A, B] = [from(a), from(b)];
      const extra = ["a", "b"].flatMap((arm) => {
        const band = shown.bands?.[arm]?.[it.id];
        return band && !shown.veiled?.includes(it.id) ? [band.q05, band.q95] : [];
      });
      if (it.id === "mood" && !shown.veiled?.includes("mood")) {
        extra.push(["a", "b"].flatMap((arm) => shown.observed[arm].flatMap(({ value, half }) => [value - (half ?? 0), value + (half ?? 0)])));
      }
      const ghosts = (shown.ghosts?.[it.id] ?? []).map((g) => g.y);
      it.reach = limitsFor(it, [A.main, A.minor, B.main, B.minor, A.high, B.high, ...extra, ...ghosts]);
      it.data = [where.x, drawn(B.minor, where), drawn(A.minor, where), drawn(B.main, where), drawn(A.main, where)];
      if (it.chart) it.chart.setData(it.data);
      else if (it.width > 0 && it.height > 0) this.#chart(it);
    }
    this.root.classList.toggle("stale", Boolean(shown.stale));
    this.#axis(axis);
  }

  #chart(it) {
    const { theme } = this;
    const zoom = it.zoom ?? 1;
    const curve = (stroke, width, dash) => ({ stroke, width: width * zoom, dash: dash?.map((part) => part * zoom), points: { show: false }, spanGaps: true });
    const narrow = it.width < 420;
    it.chart = new uPlot(
      {
        width: it.width * zoom, height: it.height * zoom, padding: [6 * zoom, RIGHT * zoom, 4 * zoom, 0],
        pxAlign: 0, cursor: { show: false }, legend: { show: false }, select: { show: false },
        scales: {
          x: { time: false, range: () => [this.shown.axis.from, this.shown.axis.to] },
          y: { range: () => margins(it.reach) },
        },
        axes: [
          { show: false },
          {
            size: Y_AXIS * zoom, stroke: theme.faint, font: `${(this.letter ?? (narrow ? 10 : 11)) * zoom}px ${FONT}`, gap: 3 * zoom,
            grid: { show: false }, ticks: { show: false }, border: { show: false },
            splits: () => steps(it), values: (u, v) => v.map((s) => number(s)),
          },
        ],
        series: [
          {}, curve(theme.b, 1.1, [1.5, 3]), curve(theme.a, 1.1, [1.5, 3]),
          curve(theme.b, 1.9, [6, 3]), curve(theme.a, 2.2),
        ],
        hooks: {
          drawClear: [(u) => this.#ground(u, it)],
          draw: [(u) => this.#above(u, it)],
        },
      },
      it.data, it.plot,
    );
  }

  /** Eras shaded in turn, and the spread of a population or of a day below the curves. */
  #ground(u, it) {
    const { ctx } = u;
    const { axis } = this.shown;
    const { top, height } = u.bbox;
    ctx.save();
    ctx.fillStyle = this.theme.band;
    axis.bands.forEach((band, i) => {
      if (i % 2 !== 0) return;
      const left = px(u, axis.forward(band.begin));
      ctx.fillRect(left, top, px(u, axis.forward(band.end)) - left, height);
    });
    ctx.fillStyle = this.theme.line;
    ctx.fillRect(u.bbox.left, Math.round(u.valToPos(baseOf(it), "y", true)), u.bbox.width, scaleOf(it));
    if (this.shown.veiled?.includes(it.id)) {
      ctx.restore();
      return;
    }
    for (const arm of ["b", "a"]) {
      const run = this.shown[arm];
      const curve = run.curves[it.id];
      const where = placesOf(axis, run.t, this.front.width);
      if (curve?.low) fill(u, where.x, drawn(curve.low, where), drawn(curve.high, where), this.theme[arm], 0.2);
      const spread = this.shown.bands?.[arm]?.[it.id];
      if (spread) {
        const at = this.shown.bands[arm].t.map(axis.forward);
        if (spread.unknown) fill(u, at, spread.q05, spread.q95, hatch(ctx, this.theme[arm], scaleOf(it)), 0.8);
        else {
          fill(u, at, spread.q05, spread.q95, this.theme[arm], 0.13);
          fill(u, at, spread.q25, spread.q75, this.theme[arm], 0.17);
        }
      }
    }
    ctx.restore();
  }

  /** Breaks between eras, predictions, marks of key moments and their labels. */
  #above(u, it) {
    const { ctx } = u;
    const { axis, ghosts } = this.shown;
    const { top, height } = u.bbox;
    const scale = scaleOf(it);
    ctx.save();
    ctx.fillStyle = this.theme.ground;
    axis.bands.forEach((band, i) => {
      if (i > 0) ctx.fillRect(px(u, axis.forward(band.begin)) - 1.25 * scale, top, 2.5 * scale, height);
    });
    if (axis.from < 0) {
      ctx.fillStyle = this.theme.faint;
      ctx.fillRect(Math.round(px(u, 0)), top, scale, height);
    }
    for (const ghost of ghosts?.[it.id] ?? []) {
      ctx.strokeStyle = this.theme[`${ghost.arm}-text`];
      ctx.globalAlpha = ghost.faint ? 0.28 : 0.75;
      ctx.lineWidth = (ghost.faint ? 1.2 : 2) * scale;
      ctx.setLineDash(ghost.faint ? [] : [2 * scale, 5 * scale]);
      ctx.lineCap = "round";
      ctx.beginPath();
      ghost.t.forEach((t, i) => ctx.lineTo(px(u, axis.forward(t)), u.valToPos(ghost.y[i], "y", true)));
      ctx.stroke();
      ctx.setLineDash([]);
      ctx.globalAlpha = 1;
      if (!ghost.faint) this.#ghostMarks(u, ghost, axis, scale);
    }
    const veiled = this.shown.veiled?.includes(it.id);
    if (veiled || !["a", "b"].some((arm) => this.shown[arm].curves[it.id]?.main)) {
      Object.assign(ctx, { font: `${11.5 * scale}px ${FONT}`, fillStyle: this.theme.faint, textAlign: "left", textBaseline: "middle" });
      ctx.font = `${(this.drawing?.strip === it.id ? 17 : 14) * scale}px ${FONT}`;
      ctx.textAlign = "center";
      if (!ghosts?.[it.id]) ctx.fillText(text(this.drawing?.strip === it.id ? "strips.draw" : veiled ? "strips.veiled" : "strips.none"), u.bbox.left + u.bbox.width / 2, top + height / 2);
    }
    else if (!this.letter) this.#why(u, it, scale);
    if (it.id === "mood" && !veiled) for (const arm of ["a", "b"]) for (const point of this.shown.observed[arm]) this.#observed(u, arm, point, scale);
    it.labels = placeLabels(u, it, this.shown, this.theme);
    ctx.restore();
  }

  /** What a trial saw: a diamond with its 95 % interval. */
  #observed(u, arm, { t, value, half, kind }, scale) {
    const { ctx } = u;
    const [x, y] = [px(u, this.shown.axis.forward(t)), u.valToPos(value, "y", true)];
    if (x > u.bbox.left + u.bbox.width) return;
    const colour = this.theme[`${arm}-text`];
    Object.assign(ctx, { strokeStyle: colour, fillStyle: kind === "control" ? this.theme.ground : colour, lineWidth: 1.6 * scale });
    if (half) {
      ctx.beginPath();
      for (const end of [value - half, value + half]) {
        const at = u.valToPos(end, "y", true);
        ctx.moveTo(x - 4 * scale, at);
        ctx.lineTo(x + 4 * scale, at);
      }
      ctx.moveTo(x, u.valToPos(value - half, "y", true));
      ctx.lineTo(x, u.valToPos(value + half, "y", true));
      ctx.stroke();
    }
    const r = 5.5 * scale;
    ctx.beginPath();
    ctx.moveTo(x, y - r);
    ctx.lineTo(x + r, y);
    ctx.lineTo(x, y + r);
    ctx.lineTo(x - r, y);
    ctx.closePath();
    ctx.fill();
    ctx.stroke();
  }

  /** A prediction has crosses of its own; labels.js says what it is. */
  #ghostMarks(u, ghost, axis, scale) {
    const { ctx } = u;
    const at = ghost.t.map((t, i) => [px(u, axis.forward(t)), u.valToPos(ghost.y[i], "y", true)]);
    let last = -Infinity;
    Object.assign(ctx, { strokeStyle: this.theme[`${ghost.arm}-text`], lineWidth: 1.8 * scale });
    for (const [x, y] of at) {
      if (x - last < 46 * scale) continue;
      last = x;
      ctx.beginPath();
      for (const way of [-1, 1]) {
        ctx.moveTo(x - 4 * scale, y - way * 4 * scale);
        ctx.lineTo(x + 4 * scale, y + way * 4 * scale);
      }
      ctx.stroke();
    }
  }

  /** What a strip means, in the room that the first minute leaves: only where nothing else happens there. */
  #why(u, it, scale) {
    const { axis, a, b, plain } = this.shown;
    if (!plain || axis.kind !== "era" || it.width < 600) return;
    const height = it.reach.high - it.reach.low;
    const quiet = (y) => !y || [0, 1 / 60].every((t) => Math.abs(valueAt(a.t, y, t) - baseOf(it)) < 0.04 * height);
    if (![a, b].every((run) => quiet(run.curves[it.id]?.main) && quiet(run.curves[it.id]?.minor))) return;
    const { ctx } = u;
    Object.assign(ctx, { font: `${10.5 * scale}px ${FONT}`, fillStyle: this.theme.faint, textAlign: "left", textBaseline: "alphabetic" });
    const lines = text(`strips.${it.id}.short`).split("\n");
    // Above the curve, or below it where the curve runs along the top.
    const base = u.valToPos(baseOf(it), "y", true);
    const above = base - u.bbox.top > u.bbox.height / 2;
    lines.forEach((line, i) => {
      const y = above ? base - (7 + 12.5 * (lines.length - 1 - i)) * scale : base + (15 + 12.5 * i) * scale;
      ctx.fillText(line, px(u, 0) + 6 * scale, y);
    });
  }

  /** Every strip drawn anew at `zoom` times its size, for a picture: canvases in their order. */
  async picture(zoom) {
    const copies = this.strips.map((it) => {
      const copy = { ...it, chart: null, zoom, plot: element("div") };
      this.#chart(copy);
      return copy;
    });
    // uPlot draws when the present task has ended.
    await new Promise((done) => setTimeout(done));
    return copies.map(({ chart }) => chart.ctx.canvas);
  }

  /** Numbers and units below the lowest strip. */
  #axis(axis) {
    const key = `${axis.kind} ${axis.end} ${this.front.width}`;
    if (this.axisKey === key) return;
    this.axisKey = key;
    const at = (t) => `${this.pixel(axis.forward(t))}px`;
    const parts = axis.ticks.map(({ t, label }) => element("span", { class: "tick", style: `left:${at(t)}` }, label));
    if (axis.kind === "era") {
      parts.push(element("span", { class: "era", style: `left:${this.pixel(axis.from / 2)}px` }, this.front.width > 420 ? text("time.before") : ""));
    }
    for (const band of axis.bands) {
      const middle = (axis.forward(band.begin) + axis.forward(band.end)) / 2;
      parts.push(element("span", { class: "era", style: `left:${this.pixel(middle)}px` }, text(`time.bandunits.${band.unit}`)));
    }
    this.axisRoot.replaceChildren(...parts);
  }

  /** Pixels from the left of the plots for a place on the axis, and back. */
  pixel(place) {
    const { from, to } = this.shown.axis;
    const width = this.front.width - Y_AXIS - RIGHT;
    return Y_AXIS + ((place - from) / (to - from)) * width;
  }

  placeAt(pixel) {
    const { from, to } = this.shown.axis;
    const width = this.front.width - Y_AXIS - RIGHT;
    return from + ((pixel - Y_AXIS) / width) * (to - from);
  }

  /** Lets the pointer draw in a strip, or not: {strip, start, add(t, y), end} or null. */
  letDraw(drawing) {
    this.drawing = drawing;
    for (const it of this.strips) it.plot.classList.toggle("draw", it.id === drawing?.strip);
  }

  /** Moves the cursor and tells the values there. */
  cursor(t) {
    if (!this.shown) return;
    const { axis, a, b } = this.shown;
    this.cursorLine.style.transform = `translateX(${this.left + this.pixel(axis.forward(Math.min(t, axis.end)))}px)`;
    this.cursorLine.classList.toggle("hidden", t > axis.end * 1.0001);
    for (const it of this.strips) {
      for (const [arm, run] of [["a", a], ["b", b]]) {
        const curves = run.curves[it.id] ?? {};
        for (const part of ["main", "minor"]) {
          const node = it.values[arm][part];
          if (node) say(node, curves[part] ? number(valueAt(run.t, curves[part], t), it.digits) : "–");
        }
      }
    }
    say(this.clock ??= this.cursorLine.appendChild(element("span", { class: "clock" })), inWords(t, true));
  }

  /** What the curves of a strip say under a pointer. */
  #hover(event) {
    const it = this.strips.find((strip) => strip.plot.contains(event.target));
    this.readout ??= this.root.appendChild(element("div", { class: "hover", "aria-hidden": "true" }));
    const hidden = !it || !this.shown || this.drawing || this.shown.veiled?.includes(it.id) || event.pointerType === "touch";
    this.readout.hidden = hidden;
    if (hidden) return;
    const { left } = this.front.plot.getBoundingClientRect();
    const { axis, a, b } = this.shown;
    const t = Math.max(0, axis.inverse(Math.min(axis.to, Math.max(axis.from, this.placeAt(event.clientX - left)))));
    const said = [a, b].map((run) => {
      const y = run.curves[it.id]?.main;
      return y ? number(valueAt(run.t, y, t), it.digits) : "–";
    });
    this.readout.replaceChildren(inWords(t, true), " ", element("b", { class: "a-word" }, said[0]), " ", element("b", { class: "b-word" }, said[1]));
    const box = this.root.getBoundingClientRect();
    const x = Math.min(event.clientX - box.left + 12, box.width - 150);
    this.readout.style.transform = `translate(${x}px, ${event.clientY - box.top - 30}px)`;
  }

  #pointer(scrub) {
    let held = false;
    this.root.addEventListener("pointerleave", () => this.readout && (this.readout.hidden = true));
    const place = (event) => {
      const { left } = this.front.plot.getBoundingClientRect();
      const { axis } = this.shown;
      const x = Math.min(axis.to, Math.max(axis.from, this.placeAt(event.clientX - left)));
      return Math.max(0, axis.inverse(x));
    };
    const stripAt = (event) => this.strips.find((it) => it.plot.contains(event.target));
    this.root.addEventListener("pointerdown", (event) => {
      const it = stripAt(event);
      if (!it || !this.shown || event.button !== 0) return;
      if (this.drawing && it.id === this.drawing.strip) {
        held = "draw";
        it.plot.setPointerCapture(event.pointerId);
        this.drawing.start();
      } else {
        held = "scrub";
        if (event.pointerType !== "touch") it.plot.setPointerCapture(event.pointerId);
        scrub(place(event));
      }
    });
    this.root.addEventListener("pointermove", (event) => {
      this.#hover(event);
      if (held === "scrub") scrub(place(event));
      else if (held === "draw") {
        const it = this.strips.find((s) => s.id === this.drawing.strip);
        const y = it.chart.posToVal(event.clientY - it.plot.getBoundingClientRect().top - it.chart.bbox.top / uPlot.pxRatio, "y");
        this.drawing.add(place(event), Math.min(it.reach.high, Math.max(it.reach.low, y)));
      }
    });
    const release = () => {
      if (held === "draw") this.drawing?.end();
      held = false;
    };
    this.root.addEventListener("pointerup", release);
    this.root.addEventListener("pointercancel", release);
  }
}

/**
 * Places of the output times on an axis, and which of them are drawn: the first stands for the time
 * before treatment, and on an era axis what lies closer than a pixel to its neighbour is left out.
 */
const placed = new WeakMap();
function placesOf(axis, t, width) {
  const known = placed.get(t);
  if (known && known.axis === axis && known.width === width) return known;
  const least = axis.kind === "era" ? (axis.to - axis.from) / width : 0;
  const x = [axis.from];
  const kept = [0];
  t.forEach((time, i) => {
    const place = axis.forward(time);
    if (i > 0 && i + 1 < t.length && place - x.at(-1) < least) return;
    x.push(place);
    kept.push(i);
  });
  const found = { axis, width, x, kept };
  placed.set(t, found);
  return found;
}

function drawn(y, { kept }) {
  const values = new Array(kept.length).fill(null);
  if (y) for (let k = 0; k < kept.length; k++) if (Number.isFinite(y[kept[k]])) values[k] = y[kept[k]];
  return values;
}

/** Pixels of the canvas per pixel of the design. */
function scaleOf(it) {
  return uPlot.pxRatio * (it.zoom ?? 1);
}

function px(u, place) {
  return u.valToPos(place, "x", true);
}

function fill(u, x, low, high, colour, alpha) {
  const { ctx } = u;
  ctx.save();
  ctx.beginPath();
  ctx.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height);
  ctx.clip();
  ctx.globalAlpha = alpha;
  ctx.fillStyle = colour;
  ctx.beginPath();
  const inside = (i) => low[i] !== null && Number.isFinite(low[i]);
  for (let i = 0; i < x.length; i++) if (inside(i)) ctx.lineTo(px(u, x[i]), u.valToPos(high[i], "y", true));
  for (let i = x.length - 1; i >= 0; i--) if (inside(i)) ctx.lineTo(px(u, x[i]), u.valToPos(low[i], "y", true));
  ctx.fill();
  ctx.restore();
}

/** Hatching for a spread that is not known. */
function hatch(ctx, colour, scale) {
  const size = Math.round(6 * scale);
  const tile = element("canvas", { width: size, height: size });
  const pen = tile.getContext("2d");
  Object.assign(pen, { strokeStyle: colour, lineWidth: scale });
  pen.beginPath();
  for (const k of [-1, 0, 1]) {
    pen.moveTo(k * size, size);
    pen.lineTo((k + 1) * size, 0);
  }
  pen.stroke();
  return ctx.createPattern(tile, "repeat");
}

function margins({ low, high }) {
  const room = 0.06 * (high - low);
  return [low - room, high + room];
}

/** Up to three numbers, the value before treatment among them. */
function steps(it) {
  const { low, high, step } = it.reach;
  const base = baseOf(it);
  for (const every of [1, 2, 3, 4, 6]) {
    const first = base - Math.floor((base - low) / (every * step) + 1e-9) * every * step;
    const count = Math.floor((high - first) / (every * step) + 1e-9) + 1;
    if (count <= 3) return Array.from({ length: count }, (_, i) => first + i * every * step);
  }
  return [base];
}
