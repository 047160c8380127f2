/**
 * The cascade as a diagram: stages light up with the time shown, arrows carry their evidence grade.
 *
 * Every stage and arrow is a button. One of them takes the Tab stop; arrow keys follow the cascade,
 * Enter opens the card.
 */

import { element, say } from "./dom.js";
import { ORDER, stageAt } from "./nodes.js";
import { text } from "./text.js";

const WIDE = { width: 964, height: 146, node: [80, 58], rows: { main: 24, slow: 107 } };
const MAIN = ["drug", "nmda", "brake", "glutamate", "ampa", "bdnf", "mtor", "spines", "mood"];

/** Where each stage stands: one row, or for narrow screens rows of three that run to and fro. */
function placesFor(narrow) {
  const found = {};
  if (!narrow) {
    const [w, h] = WIDE.node;
    const pitch = (WIDE.width - w - 2) / (MAIN.length - 1);
    MAIN.forEach((name, i) => (found[name] = { x: 1 + i * pitch, y: WIDE.rows.main, w, h }));
    found.sert = { x: 1, y: WIDE.rows.slow, w: 172, h: 38, flat: true };
    found.genes = { x: found.glutamate.x - 30, y: WIDE.rows.slow, w: 150, h: 38, flat: true };
    return { places: found, width: WIDE.width, height: WIDE.height };
  }
  const [w, h, gap, down] = [98, 58, 33, 34];
  MAIN.forEach((name, i) => {
    const row = Math.floor(i / 3);
    const column = row % 2 === 0 ? i % 3 : 2 - (i % 3);
    found[name] = { x: 1 + column * (w + gap), y: 20 + row * (h + down), w, h };
  });
  found.sert = { x: 1, y: 20 + 3 * (h + down), w: 166, h: 38, flat: true };
  found.genes = { x: 211, y: 20 + 3 * (h + down), w: 150, h: 38, flat: true };
  return { places: found, width: 362, height: 20 + 3 * (h + down) + 40 };
}

export class Cascade {
  constructor(root, evidence, { openLink, openStage }) {
    this.root = root;
    this.links = Object.values(evidence.links).filter((link) => !link.hidden);
    this.open = { openLink, openStage };
    this.narrow = null;
  }

  /** Builds the drawing for the width that there is; focus stays where it was. */
  layout() {
    const narrow = this.root.clientWidth < 620;
    if (narrow === this.narrow) return;
    this.narrow = narrow;
    const { places, width, height } = placesFor(narrow);
    this.places = places;
    this.items = [];
    this.nodes = {};
    const arrows = this.links.map((link) => this.#arrow(link));
    const nodes = ORDER.map((name) => this.#node(name));
    // The order of the arrow keys: along the cascade, each arrow after the stage it leaves.
    for (const name of ORDER) {
      this.items.push(this.nodes[name].button);
      for (const it of arrows) if (it.link.from === name) this.items.push(it.button);
    }
    this.items.forEach((item, i) => item.setAttribute("tabindex", i === 0 ? "0" : "-1"));
    this.svg = element(
      "svg", { viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": text("panel.diagram"), class: "cascade" },
      ...arrows.map((it) => it.line), ...nodes, ...arrows.map((it) => it.badge),
    );
    this.svg.addEventListener("keydown", (event) => this.#keys(event));
    this.svg.addEventListener("focusin", (event) => this.#rove(event.target.closest("[tabindex]")));
    this.root.replaceChildren(this.svg);
    this.arrows = arrows;
    if (this.last) this.draw(...this.last);
  }

  #node(name) {
    const { x, y, w, h, flat } = this.places[name];
    // A row for each scenario: the reading, and a bar as long as the stage is active.
    const [readingX, barX, barW] = flat ? [x + w - 42, w - 37, 30] : [x + 43, 48, w - 55];
    const rows = flat ? { a: 15, b: 30 } : { a: h - 25, b: h - 10 };
    const bar = (arm) => {
      const [left, top] = [x + barX, y + rows[arm] - 6];
      const track = element("rect", { x: left, y: top, width: barW, height: 4, rx: 2, class: "track" });
      const level = element("rect", { x: left, y: top, width: 0, height: 4, rx: 2, class: `level ${arm}` });
      return { track, level, width: barW };
    };
    const bars = { a: bar("a"), b: bar("b") };
    const value = (arm) => element("text", { x: readingX, y: y + rows[arm], class: `reading ${arm}`, "text-anchor": "end" });
    const readings = { a: value("a"), b: value("b") };
    const blocked = element("text", { x: x + w / 2, y: flat ? y - 4 : y + h + 11, class: "blocked", "text-anchor": "middle" });
    // The button is the bare area: what is drawn over it is told in its name, in better words.
    const button = element("rect", { x, y, width: w, height: h, rx: 9, class: "hit", role: "button", "data-stage": name, onclick: () => this.open.openStage(name) });
    const group = element(
      "g", { class: "stage" }, button,
      element("rect", { x, y, width: w, height: h, rx: 9, class: "box" }),
      element("text", { x: flat ? x + 9 : x + w / 2, y: y + (flat ? 16 : 19), class: "label", "text-anchor": flat ? "start" : "middle" }, ...this.#lines(name, x, flat)),
      readings.a, readings.b, bars.a.track, bars.a.level, bars.b.track, bars.b.level, blocked,
    );
    this.nodes[name] = { button, bars, readings, blocked };
    return group;
  }

  /** Flat boxes have room for two short lines beside their bars. */
  #lines(name, x, flat) {
    const words = text(`nodes.${name}`);
    if (!flat || !words.includes(" ")) return [words];
    const [first, ...rest] = words.split(" ");
    return [element("tspan", {}, first), element("tspan", { x: x + 9, dy: 13 }, rest.join(" "))];
  }

  #arrow(link) {
    const [from, to] = [this.places[link.from], this.places[link.to]];
    const { d, at } = route(link, from, to, this.places, this.narrow);
    const stop = link.sign === "inhibits";
    const line = element(
      "g", { class: "arrow", "data-link": link.id, "aria-hidden": "true" },
      element("path", { d, fill: "none" }),
      tip(d, stop),
    );
    const button = element("rect", { x: at[0] - 14, y: at[1] - 14, width: 28, height: 28, class: "hit", role: "button", "data-link": link.id, onclick: () => this.open.openLink(link.id) });
    const badge = element(
      "g", { class: "badge-button" }, element("title", {}, link.claim), button,
      ...marks(link.grade, link.weakest, at[0], at[1]),
    );
    button.setAttribute("aria-label", `${text(`nodes.${link.from}`)} ${stop ? "⊣" : "→"} ${text(`nodes.${link.to}`)}: ${link.claim} ${text("cards.two_marks", { claim: link.grade, number: link.weakest })}`);
    return { link, line, badge, button };
  }

  #rove(item) {
    if (!item) return;
    for (const other of this.items) other.setAttribute("tabindex", other === item ? "0" : "-1");
  }

  #keys(event) {
    const here = this.items.indexOf(event.target.closest("[tabindex]"));
    if (here < 0) return;
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step) this.items[Math.min(this.items.length - 1, Math.max(0, here + step))].focus();
    else if (event.key === "Home") this.items[0].focus();
    else if (event.key === "End") this.items.at(-1).focus();
    else if (event.key === "Enter" || event.key === " ") this.items[here].dispatchEvent(new MouseEvent("click", { bubbles: true }));
    else return;
    event.preventDefault();
  }

  /** Lights the stages at a time; runs are {t, stages, blocked: names of stages}. Veiled, it tells nothing. */
  draw(a, b, time, veiled = false) {
    this.last = [a, b, time, veiled];
    if (!this.nodes) return;
    this.readings = {};
    for (const name of ORDER) {
      const node = this.nodes[name];
      const said = {};
      for (const [arm, run] of [["a", a], ["b", b]]) {
        const { words, activity } = stageAt(veiled ? null : run.stages[name], a.stages[name], run.t, time, name);
        const { level, width } = node.bars[arm];
        level.setAttribute("width", Math.round(10 * activity * width) / 10);
        say(node.readings[arm], words);
        said[arm] = words;
      }
      const stopped = [a, b].flatMap((run) => run.arm.blockers.filter((_, i) => run.blocked[i] === name));
      say(node.blocked, stopped.length > 0 ? `✕ ${[...new Set(stopped)].map((blocker) => text(`blockers_short.${blocker}`)).join(", ")}` : "");
      this.readings[name] = said;
    }
  }

  /** Names for screen readers: after the picture has come to rest, not with every frame. */
  describe(when, names) {
    for (const name of ORDER) {
      const { a, b } = this.readings?.[name] ?? { a: "–", b: "–" };
      const blocked = this.nodes[name].blocked.textContent;
      this.nodes[name].button.setAttribute("aria-label", `${text(`nodes.${name}`)}. ${text(`nodes_long.${name}`)}, ${when}: ${names.a} ${a}, ${names.b} ${b}${blocked ? `, ${blocked.slice(2)}` : ""}`);
    }
  }
}

/** Path of an arrow and where its badge sits. */
function route(link, from, to, places, narrow) {
  const right = (n) => [n.x + n.w, n.y + n.h / 2];
  const left = (n) => [n.x, n.y + n.h / 2];
  if (link.route === "above" && !narrow) {
    const [x1, x2, top] = [from.x + from.w / 2, to.x + to.w / 2, 7];
    return { d: `M${x1} ${from.y} V${top + 8} Q${x1} ${top} ${x1 + 8} ${top} H${x2 - 8} Q${x2} ${top} ${x2} ${top + 8} V${to.y - 6}`, at: [(x1 + x2) / 2, top] };
  }
  if (link.route === "below" && !narrow) {
    const [x1, x2, low] = [from.x + from.w / 2, to.x + 22, from.y + from.h + 16];
    return { d: `M${x1} ${from.y + from.h} V${low - 8} Q${x1} ${low} ${x1 + 8} ${low} H${x2 - 8} Q${x2} ${low} ${x2} ${low - 8} V${to.y + to.h + 6}`, at: [from.x + from.w + 40, low] };
  }
  if (link.from === "genes" && !narrow) {
    const x = to.x + to.w / 2;
    const [sx, sy] = right(from);
    if (link.to === "mood") return { d: `M${sx} ${sy + 6} H${x - 8} Q${x} ${sy + 6} ${x} ${sy - 2} V${to.y + to.h + 6}`, at: [x - 90, sy + 6] };
    return { d: `M${sx} ${sy - 8} H${x - 8} Q${x} ${sy - 8} ${x} ${sy - 16} V${to.y + to.h + 6}`, at: [(sx + x) / 2, sy - 8] };
  }
  if (narrow && (link.route || link.from === "genes")) return narrowRoute(link, from, to);
  if (Math.abs(from.y - to.y) > 4) {
    const x = from.x + from.w / 2;
    return { d: `M${x} ${from.y + from.h} V${to.y - 6}`, at: [x + 19, (from.y + from.h + to.y) / 2 - 2] };
  }
  const ahead = to.x > from.x;
  const [sx, sy] = ahead ? right(from) : left(from);
  const [ex] = ahead ? left(to) : right(to);
  const y = from.flat ? sy : sy - 6;
  return { d: `M${sx} ${y} H${ahead ? ex - 6 : ex + 6}`, at: [(sx + ex) / 2, from.flat ? y : y - 15] };
}

/** On narrow screens what runs beside the cascade is drawn in the gaps between its rows. */
function narrowRoute(link, from, to) {
  const x1 = from.x + from.w / 2;
  const x2 = to.x + to.w / 2;
  if (link.id === "ampa-mood") {
    return { d: `M${x1 - 16} ${from.y + from.h} V${to.y - 22} H${x2 - 30} V${to.y - 6}`, at: [x1 - 16, from.y + from.h + 12] };
  }
  if (link.id === "nmda-bdnf") {
    return { d: `M${x1} ${from.y + from.h} V${from.y + from.h + 17} H${x2 + 30} V${to.y - 6}`, at: [x1 - 30, from.y + from.h + 17] };
  }
  if (link.to === "mood") return { d: `M${from.x + 90} ${from.y} V${to.y + to.h + 6}`, at: [from.x + 90, from.y - 16] };
  return { d: `M${from.x + 20} ${from.y} V${from.y - 17} H${to.x + to.w + 17} V${to.y + to.h / 2} H${to.x + to.w + 6}`, at: [from.x - 34, from.y - 17] };
}

/** The end of an arrow: a head, or the bar of inhibition. */
function tip(d, stop) {
  const numbers = d.match(/-?[\d.]+/g).map(Number);
  const last = d.match(/([HVML])[^HVMLQ]*$/)[1];
  const [x, y] = endOf(d);
  const [dx, dy] = last === "H" ? [Math.sign(numbers.at(-1) - startBefore(d).x), 0] : [0, Math.sign(y - startBefore(d).y)];
  if (stop) {
    const [bx, by] = [x + 4 * dx, y + 4 * dy];
    return element("path", { d: `M${bx - 7 * dy} ${by - 7 * dx} L${bx + 7 * dy} ${by + 7 * dx}`, class: "stop" });
  }
  const [hx, hy] = [x + 5 * dx, y + 5 * dy];
  return element("polygon", { points: `${hx},${hy} ${x - 2 * dx - 4 * dy},${y - 2 * dy - 4 * dx} ${x - 2 * dx + 4 * dy},${y - 2 * dy + 4 * dx}`, class: "head" });
}

function walk(d) {
  const points = [];
  let [x, y] = [0, 0];
  for (const [, command, rest] of d.matchAll(/([MHVQL])([^MHVQL]*)/g)) {
    const n = rest.trim().split(/[\s,]+/).map(Number);
    if (command === "H") [x] = n;
    else if (command === "V") [y] = n;
    else [x, y] = n.slice(-2);
    points.push({ x, y });
  }
  return points;
}

function endOf(d) {
  const { x, y } = walk(d).at(-1);
  return [x, y];
}

function startBefore(d) {
  return walk(d).at(-2);
}

/** Two marks side by side: how well the claim is supported, and how well its weakest number is known. */
export function marks(claim, number, x, y) {
  const letter = (it, dx) => element("text", { x: x + dx, y: y + 4, "text-anchor": "middle", class: "letter" }, it);
  return [
    element("rect", { x: x - 14, y: y - 8, width: 28, height: 16, rx: 8, class: "grade" }),
    element("path", { d: `M${x} ${y - 8}V${y + 8}`, class: "grade" }), letter(claim, -6.5), letter(number, 6.5),
  ];
}
