/** The page: one state, solved and drawn; everything else listens. */

import { Cascade } from "./cascade.js";
import { evidence, openLink, openPart, openReality, openStage, openStrip, badge, gradesInWords, realityCard, realityFor } from "./cards.js";
import { readTheme, Strips } from "./charts.js";
import { Controls } from "./controls.js";
import { byId, element, say } from "./dom.js";
import { loadEngine } from "./engine.js";
import { eraAxis } from "./era_axis.js";
import { Guide } from "./guide.js";
import { inWords, valueAt } from "./moments.js";
import { linearAxis, logAxis } from "./plain_axes.js";
import { PopulationView, spreadUnknown } from "./population_view.js";
import { STRIPS } from "./quantities.js";
import { latestPerFrame, solveBoth } from "./runs.js";
import { csvOf, diagramFile, drawPicture, openShare, provenance } from "./save.js";
import { outputTimes, scenarioOf } from "./scenarios.js";
import { arm, decode, END_H, encode, preset, presetOf, state, WINDOWS } from "./state.js";
import { eventList, namedTable, numbersBehindArrows, summaryParagraphs } from "./tables.js";
import { inLanguage, language, number, strings, text } from "./text.js";
import { Synapse } from "./synapse.js";
import { Timebar } from "./timebar.js";
import { armInWords, armNames, changes, firstHour, lead } from "./words.js";

/* global WASM, WORKER */

const page = { now: state(), runs: null, axis: null, resting: null, timing: { solve: 0, draw: 0 } };
/** Words follow when the hand has come to rest [ms]. */
const REST_MS = 400;

async function unpack(base64) {
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function start() {
  staticParts();
  const { state: asked, notices } = decode(location.hash, evidence.version);
  page.now = asked;
  if (typeof WebAssembly !== "object") {
    fatal(text("errors.no_wasm"));
    return;
  }
  let bytes;
  try {
    bytes = await unpack(WASM);
    page.engine = await loadEngine(bytes);
  } catch (error) {
    fatal(text("errors.broken_engine", { why: inLanguage(error) }));
    return;
  }
  build(bytes);
  tell(notices);
  apply(page.now, { first: true });
  addEventListener("hashchange", () => {
    if (location.hash.slice(1) === page.written) return;
    const read = decode(location.hash, page.engine.version);
    tell(read.notices);
    apply(read.state);
  });
  document.documentElement.dataset.ready = "true";
}

/** What needs no model: words that hold whatever happens. */
function staticParts() {
  document.documentElement.lang = language;
  for (const it of document.querySelectorAll("[data-t]")) it.textContent = text(it.dataset.t);
  for (const it of document.querySelectorAll("[data-t-label]")) it.setAttribute("aria-label", text(it.dataset.tLabel));
  document.title = text("page.name");
  byId("language").addEventListener("click", () => {
    location.search = language === "en" ? "?lang=de" : "";
  });
  byId("disclaimer").textContent = `${evidence.disclaimer} ${evidence.risk}`;
  byId("cannot").append(
    element("h2", {}, text("panel.cannot")), element("ul", {}, strings.cannot.map((line) => element("li", {}, line))),
  );
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const set = (on) => {
    root.dataset.theme = on ? "dark" : "light";
    byId("theme").setAttribute("aria-pressed", String(on));
    page.strips?.retheme();
    page.synapse?.layout(root.dataset.theme);
  };
  set(dark.matches);
  // The address holds the state: the skip link must not write into it.
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    byId("charts").focus();
  });
  dark.addEventListener("change", () => set(dark.matches));
  // Paper is white: canvases are painted anew for it.
  addEventListener("beforeprint", () => {
    page.screen = root.dataset.theme;
    set(false);
  });
  addEventListener("afterprint", () => set(page.screen === "dark"));
  byId("theme").addEventListener("click", () => set(root.dataset.theme !== "dark"));
}

/** Without an engine: what holds whatever happens, and the numbers of the first scenario, computed before. */
function fatal(words) {
  const root = document.documentElement;
  if (root.dataset.ready === "failed") return;
  byId("notices").append(element("p", { class: "notice", id: "fatal" }, words));
  if (page.engine) return;
  root.dataset.ready = "failed";
  root.dataset.view = "board";
  for (const id of ["share-open", "to-story", "diagram", "synapse", "charts", "controls", "timebar", "pick", "scenes", "key"]) byId(id).hidden = true;
  byId("headline").textContent = strings.headlines.onset;
  byId("lead").textContent = text("errors.still");
  const { t, ket, ssri } = evidence.start;
  const row = (name, values) => element("tr", {}, element("th", { scope: "row" }, name), values.map((value) => element("td", {}, number(value, 1))));
  byId("below").append(
    element("section", { class: "wide" }, element("h2", {}, text("panel.table")), element("p", {}, `${text("strips.mood.title")}, ${text("strips.mood.main")} [${text("strips.mood.unit")}]`), element("table", { id: "still" },
      element("thead", {}, element("tr", {}, element("th", { scope: "col" }, text("tables.scenario")), t.map((time) => element("th", { scope: "col" }, inWords(time))))),
      element("tbody", {}, row(text("drugs_name.ket"), ket), row(text("drugs_name.ssri"), ssri)))),
    element("section", { class: "wide" }, element("h2", {}, text("panel.reality")), element("div", { class: "cards" }, evidence.reality.map((card) => realityCard(card, false)))));
}

/** What of a link was not understood, and what is shown instead. */
function tell(notices) {
  const root = byId("notices");
  root.querySelector("#link-notice")?.remove();
  if (notices.length === 0) return;
  const notice = element("div", { class: "notice", id: "link-notice" },
    element("div", {}, element("strong", {}, text("notices.title")),
      element("ul", {}, notices.map((it) => element("li", {}, text(`notices.${it.what}`, it))))),
    element("button", { type: "button", class: "quiet", onclick: () => notice.remove() }, text("notices.dismiss")));
  root.append(notice);
}

function build(bytes) {
  page.strips = new Strips(byId("strips"), byId("axis"), { ask: openStrip, scrub: (t) => seek(t, false) });
  for (const it of page.strips.strips) {
    const { grade, numbers, fare: [inside, all] } = evidence.strips[it.id];
    const words = `${gradesInWords(grade, numbers)} ${text("cards.fare", { inside, all })}`;
    it.badge.append(badge(grade, numbers), element("span", { class: "visually-hidden" }, `${it.words}: ${words}`));
    it.badge.title = words;
  }
  page.legend = Object.fromEntries(["a", "b"].map((name) =>
    [name, element("span", { class: name }, element("span", { class: "sample", "aria-hidden": "true" }), "")]));
  byId("legend").append(...Object.values(page.legend));
  page.synapse = new Synapse(byId("synapse"), { open: openPart });
  page.cascade = new Cascade(byId("diagram"), evidence, { openLink, openStage });
  page.controls = new Controls(byId("controls"), (next, quick) => apply(next, { quick }));
  page.timebar = new Timebar(byId("timebar"), { seek, choose: (part) => apply(state({ ...page.now, ...part })) });
  page.population = new PopulationView({ bytes, unknown: spreadUnknown(page.engine), worker: WORKER, redraw, told: () => page.guide.retell?.() });
  page.guide = new Guide({
    apply, redraw, now: () => page.now, runs: () => page.runs, play: () => {
      seek(0, false);
      page.timebar.play();
    },
    draw: (drawing) => page.strips.letDraw(drawing), names: () => namesOf(page.now), opened: () => {
      headline(page.now);
      redraw();
      page.strips.layout();
    },
    extra: (kind) => (kind === "highest" ? peaks() : kind === "counts" ? { counts: page.population.counts("a") } : {}),
  });
  byId("share-open").addEventListener("click", () => openShare({
    state: () => page.now, version: page.engine.version,
    picture: () => drawPicture(page.strips, readTheme(), page.now, page.engine.version),
    diagram: () => diagramFile(page.cascade.svg, page.now, page.engine.version, readTheme()),
    synapse: () => page.synapse.picture([...provenance(page.now, page.engine.version)], inWords(page.now.cursor)),
    data: () => csvOf(page.now, page.runs.a, page.runs.b, UNITS, page.engine.version),
  }));
  byId("to-board").addEventListener("click", () => page.guide.leave());
  byId("to-story").addEventListener("click", () => apply(state({ ...page.now, view: "story", scene: page.now.scene ?? "race", ...(page.now.scene ? {} : preset("onset")) })));
  panels();
  new ResizeObserver(() => {
    page.cascade.layout();
    const { clientWidth } = page.strips.front.plot;
    if (clientWidth === page.width || clientWidth === 0) return;
    page.width = clientWidth;
    page.axis = axisFor(page.now);
    page.timebar.axis = page.axis;
    page.strips.layout();
    page.synapse.layout(document.documentElement.dataset.theme);
    if (page.runs) redraw();
  }).observe(byId("strips"));
}

function panels() {
  const panel = (id, heading, wide) => element("section", { id, class: wide ? "wide" : "", "aria-labelledby": `${id}-heading` },
    element("h2", { id: `${id}-heading` }, text(`panel.${heading}`)), element("div", { class: "body" }));
  byId("below").append(
    panel("said", "what"), panel("moments", "events"), panel("people", "population", true), panel("checks", "reality", true),
    panel("named", "table", true), panel("evidence", "evidence", true), panel("about", "about", true),
  );
  byId("evidence").querySelector(".body").append(numbersBehindArrows(page.engine.parameters.length));
  byId("people").querySelector(".body").append(page.population.root);
  byId("about").querySelector(".body").append(
    element("p", { id: "status", "aria-live": "off" }), element("p", {}, text("content_note"), " ", text("help_line")),
    element("p", {}, text("regulation")), element("p", { class: "note" }, text("licence")),
  );
}

/** The same axis for the same wish, so that places computed on it can be kept. */
const axes = new Map();
function axisFor({ axis, window: span }) {
  const few = page.width < 420;
  const key = `${axis} ${axis === "linear" ? span : ""} ${few}`;
  if (!axes.has(key)) {
    const made = axis === "linear" ? linearAxis(WINDOWS[span], { mostTicks: few ? 5 : 10 })
      : axis === "log" ? logAxis(END_H, { mostTicks: few ? 5 : 10 }) : eraAxis(END_H, { mostTicks: few ? 2 : 3 });
    axes.set(key, made);
  }
  return axes.get(key);
}

const UNITS = Object.fromEntries(STRIPS.map(({ id }) => [id, strings.strips[id].unit]));

/** The one way to a new state. `quick` while a slider is dragged: words wait until it rests. */
const work = latestPerFrame(({ next, quick, first }) => show(next, quick, first));
function apply(next, { quick = false, first = false } = {}) {
  page.now = next;
  if (first) show(next, quick, first);
  else work({ next, quick });
}

function show(now, quick, first) {
  const old = page.runs;
  page.width ??= byId("strips").querySelector(".plot").clientWidth;
  page.axis = axisFor(now);
  const solved = solveBoth(page.engine, now, page.axis, old, quick && page.coarse);
  if (!solved.a || !solved.b) {
    const [failure] = solved.failures;
    fatal(text("errors.solve", { arm: failure.arm, why: failure.message }));
    return;
  }
  page.runs = { a: solved.a, b: solved.b };
  page.failures = solved.failures;
  page.controls.update(now);
  const moments = [...page.runs.a.moments, ...page.runs.b.moments];
  page.timebar.update(now, page.axis, moments);
  page.guide.update(now);
  headline(now);
  frame(now);
  page.synapse.time = now.cursor;
  page.synapse.show({ ...page.runs, names: namesOf(now), given: givenOf(now) });
  if (first) {
    page.synapse.layout(document.documentElement.dataset.theme);
    page.cascade.layout();
    page.strips.layout();
  }
  const begin = performance.now();
  redraw();
  // uPlot draws at the end of the task; what comes after it knows how long it took.
  queueMicrotask(() => {
    page.timing = { solve: solved.ms, draw: performance.now() - begin };
    performance.measure?.("solve+draw", { start: begin - solved.ms, duration: solved.ms + page.timing.draw });
    if (quick) watchPace(solved.ms + page.timing.draw);
  });
  rest(old, quick, first);
}

/** A frame that takes longer than this cannot be kept up at 60 Hz [ms], and how many of them are too many. */
const SLOW_MS = 12;
const SLOW_FRAMES = 10;

/** Where dragging cannot keep up, fewer points are solved and drawn from then on, and the page says so. */
function watchPace(ms) {
  page.late = ms > SLOW_MS ? (page.late ?? 0) + 1 : 0;
  if (page.late < SLOW_FRAMES || page.coarse) return;
  page.coarse = true;
  byId("views").append(element("span", { class: "note", id: "coarse" }, text("degraded")));
}

/** Story or board: which parts of the page there are, and which strips. */
function frame(now) {
  const key = `${now.view} ${now.scene}`;
  if (page.framed === key) return;
  page.framed = key;
  const root = document.documentElement;
  root.dataset.view = now.view;
  root.dataset.telling = now.scene ?? "";
  const plots = now.view === "story" ? page.guide.plots() : null;
  page.strips.letter = plots ? (matchMedia("(min-width: 1700px)").matches ? 20 : 14) : null;
  root.dataset.plots = plots?.length ?? "all";
  page.strips.only(plots);
  if (page.strips.shown) {
    page.strips.layout();
    page.cascade.layout();
    page.synapse.layout(root.dataset.theme);
    page.width = page.strips.front.plot.clientWidth;
    page.axis = axisFor(now);
    page.timebar.axis = page.axis;
  }
}

/** Draws what is known; called for every frame of a drag. */
function redraw() {
  const { now, runs, axis } = page;
  if (!runs) return;
  for (const it of page.strips.strips) {
    say(it.unit, UNITS[it.id]);
    if (it.id === "mood") {
      say(it.mainName, text(now.trial ? "strips.mood.trial" : "strips.mood.main"));
      it.row.querySelector(".minor").hidden = !now.trial;
    }
    if (it.id === "target") say(it.mainName, now.a.drug === "ssri" ? strings.strips.target.ssri : strings.strips.target.main);
  }
  const veiled = page.guide?.veiled() ?? [];
  page.strips.draw({
    axis, a: unveiled(runs.a, veiled), b: unveiled(runs.b, veiled), veiled, observed: observed(now), letter: page.strips.letter, plain: isPlain(now.a), ghosts: page.guide?.ghosts() ?? null,
    bands: now.bands || now.known ? page.population.bands(now) : null, stale: (page.failures ?? []).length > 0,
  });
  page.strips.cursor(now.cursor);
  page.cascade.draw(runs.a, runs.b, now.cursor, veiled.length > 0);
  // Nothing else on the page may give the answer away.
  for (const id of ["below", "live", "timebar", "reality-now"]) byId(id).hidden = veiled.length > 0;
  document.documentElement.dataset.predicting = String(veiled.length > 0);
  page.synapse.veil(veiled.length > 0);
  say(byId("lead"), veiled.length > 0 ? "" : lead(runs.a, runs.b));
}

/** Points of a trial that stand beside an arm: its drug alone against control, or both as they were. */
function observed(now) {
  const of = (it) => {
    if (it.drug !== "ket" || it.route !== "iv" || it.dose !== 0.5 || it.schedule !== "once" || it.ssri || !isPlain(it) || it.sessions !== "nosessions") return [];
    return evidence.observed.filter(({ kind }) => (now.trial ? kind !== "difference" : kind === "difference"));
  };
  const a = of(now.a);
  return { a, b: a.length > 0 ? [] : of(now.b) };
}

/** What the two arms are called. */
const namesOf = (now) => armNames(now.a, now.b);
const givenOf = (now) => ({ a: armInWords(now.a), b: armInWords(now.b, now.a) });

/** Ketamine with nothing blocked and no hypothesis switched: what the captions of the strips describe. */
function isPlain(it) {
  return ["ket", "sket"].includes(it.drug) && it.species === "human" && it.blockers.length === 0 && it.cells === "both" && it.hypothesis === "standard";
}

function unveiled(run, veiled) {
  if (veiled.length === 0) return run;
  const open = (parts) => Object.fromEntries(Object.entries(parts).filter(([id]) => !veiled.includes(id)));
  return { ...run, curves: open(run.curves), marks: open(run.marks) };
}

/** What a scene asks the highest of: glutamate by dose in rats, drug in blood by route in people, observations by hypothesis. */
function peaks() {
  const highest = (given, name) => {
    const solved = page.engine.solve(scenarioOf(arm(given)), outputTimes([arm(given)], [eraAxis(24)]).filter((t) => t <= 24), [name]);
    return solved.ok ? Math.max(...solved.values[name]) : NaN;
  };
  const { areas, telling } = evidence.explained;
  const rivals = ({ standard, ...alone }) => alone;
  const found = {
    // As was measured, and as the gallery does: the mean of the first hour, not the highest moment.
    dose: Object.fromEntries([10, 30, 50, 200].map((dose) => {
      const given = arm({ species: "rat", dose });
      const solved = page.engine.solve(scenarioOf(given), outputTimes([given], [eraAxis(24)]).filter((t) => t <= 24), ["glutamate_dialysate"]);
      return [dose, solved.ok ? firstHour(solved) : NaN];
    })),
    route: Object.fromEntries(["iv", "im", "intranasal", "oral"].map((route) => [route, highest({ route }, "ketamine_venous")])),
    ...Object.fromEntries(Object.entries(areas).map(([area, of]) => [area, rivals(of)])),
  };
  return { peaks: found, units: { dose: "%", route: "ng/mL", ...Object.fromEntries(Object.entries(telling).map(([area, n]) => [area, text("feedback.of", { n })])) } };
}

function seek(t, resting) {
  page.now = state({ ...page.now, cursor: t });
  page.timebar.show(page.now.cursor);
  page.strips.cursor(page.now.cursor);
  page.synapse.at(page.now.cursor);
  if (page.runs) page.cascade.draw(page.runs.a, page.runs.b, page.now.cursor, page.guide.veiled().length > 0);
  settle(() => {
    announceTime();
    remember();
  }, resting ? 0 : REST_MS);
}

/** Words, tables and address follow once the hand rests. */
function rest(old, quick, first) {
  page.before ??= old;
  settle(() => {
    const { now, runs } = page;
    const fill = (id, ...content) => byId(id).querySelector(".body").replaceChildren(...content);
    fill("said", ...summaryParagraphs(runs.a, runs.b));
    fill("moments", eventList(runs.a, runs.b, seek));
    const concerned = realityFor(now);
    const others = evidence.reality.filter((card) => !concerned.includes(card));
    fill("checks", element("div", { class: "cards" }, ...concerned.map((card) => realityCard(card, true)), ...others.map((card) => realityCard(card, false))));
    fill("named", namedTable(runs.a, runs.b, UNITS));
    for (const it of page.strips.strips) it.describe.textContent = strings.strips[it.id].why;
    page.cascade.describe(inWords(now.cursor), namesOf(now));
    page.synapse.describe(namesOf(now));
    status();
    page.population.ask(now, runs);
    if (page.guide.veiled().length > 0) say(byId("live"), "");
    else if (!first && page.before) {
      const told = changes(page.before, runs);
      if (told) say(byId("live"), told);
    }
    page.before = null;
    remember();
  }, first ? 0 : quick ? REST_MS : REST_MS / 2);
}

function settle(act, ms) {
  clearTimeout(page.resting);
  const pending = page.settling ?? [];
  page.settling = [...pending.filter((it) => String(it) !== String(act)), act];
  page.resting = setTimeout(() => {
    const due = page.settling;
    page.settling = [];
    for (const it of due) it();
  }, ms);
}

function announceTime() {
  const { now, runs } = page;
  if (page.guide.veiled().length > 0) return;
  const said = (run) => STRIPS.filter(({ id }) => ["target", "excitation", "growth", "spines", "mood"].includes(id)).map(({ id, digits }) => {
    const y = run.curves[id]?.main;
    return y ? `${strings.strips[id].title} ${number(valueAt(run.time, y, now.cursor), digits)}` : null;
  }).filter(Boolean).join(", ");
  page.cascade.describe(inWords(now.cursor), namesOf(now));
  page.synapse.describe(namesOf(now));
  const names = namesOf(now);
  say(byId("live"), text("words.live", { time: inWords(now.cursor), a: names.a, x: said(runs.a), b: names.b, y: said(runs.b) }));
}

function headline(now) {
  const { runs } = page;
  for (const name of ["a", "b"]) {
    page.legend[name].lastChild.data = givenOf(now)[name];
  }
  say(byId("headline"), page.guide.opening() ?? strings.headlines[presetOf(now) ?? "custom"]);
  const [card] = realityFor(now);
  const root = byId("reality-now");
  const key = card?.id ?? "";
  if (root.dataset.card !== key) {
    root.dataset.card = key;
    root.replaceChildren(...(card ? [element("button", { type: "button", onclick: () => openReality(card) }, `${text("panel.check")}: ${card.title}`)] : []));
  }
  const notices = byId("notices");
  notices.querySelectorAll(".failure").forEach((node) => node.remove());
  for (const { arm, message } of page.failures) {
    notices.append(element("p", { class: "notice failure" }, text("errors.solve", { arm, why: message })));
  }
}

function status() {
  const { runs, timing } = page;
  say(byId("status"), text("status_line", {
    version: page.engine.version, a: runs.a.steps, b: runs.b.steps, solve: timing.solve.toFixed(1), draw: timing.draw.toFixed(1),
  }));
}

/** The address follows the state, without a trail of steps to go back through. */
function remember() {
  page.written = encode(page.now, page.engine.version);
  try {
    history.replaceState(null, "", `#${page.written}`);
  } catch {
    // Some viewers of files from disk forbid it; the share dialog still has the link.
  }
}

start();
/** For whoever looks from outside: tests, and the curious at the console. */
globalThis.ketasim = page;
