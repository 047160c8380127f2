/** What is drawn, as text and tables: the same numbers for everybody. */

import { evidence, unitInWords } from "./cards.js";
import { element } from "./dom.js";
import { inWords, valueAt } from "./moments.js";
import { STRIPS } from "./quantities.js";
import { NAMED_H } from "./scenarios.js";
import { number, strings, text } from "./text.js";
import { armNames, summary } from "./words.js";

/** Rows of the table of named times: {strip, part, arm, unit, cells}, the plotted curves read there. */
export function namedRows(a, b, units) {
  const rows = [];
  for (const strip of STRIPS) {
    for (const part of ["main", "minor"]) {
      for (const [arm, run] of [["a", a], ["b", b]]) {
        const y = run.curves[strip.id]?.[part];
        if (!y) continue;
        rows.push({
          strip: strip.id, part, arm, unit: unitOf(strip.id, part, units), digits: Math.max(1, strip.digits),
          cells: NAMED_H.map((t) => valueAt(run.time, y, t)),
        });
      }
    }
  }
  return rows;
}

export function curveName(strip, part, arm) {
  const words = strings.strips[strip];
  return `${words.title}: ${part === "main" && strip === "target" && arm.drug === "ssri" ? words.ssri : words[part]}`;
}

/** One unit for one curve; `units` has those that depend on what is compared. */
export function unitOf(strip, part, units) {
  return strings.strips[strip][`unit_${part}`] ?? units[strip];
}

export function namedTable(a, b, units) {
  const rows = namedRows(a, b, units);
  const names = armNames(a.arm, b.arm);
  return element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": text("panel.table") },
    element("table", { id: "named-times" },
      element("caption", { class: "visually-hidden" }, text("panel.table")),
      element("thead", {}, element("tr", {}, element("th", { scope: "col" }, text("tables.curve")), element("th", { scope: "col" }, text("tables.scenario")), element("th", { scope: "col" }, text("tables.unit")),
        NAMED_H.map((t) => element("th", { scope: "col", "data-t": t }, inWords(t, true))))),
      element("tbody", {}, rows.map((row) => element("tr", { "data-strip": row.strip, "data-part": row.part, "data-arm": row.arm },
        element("th", { scope: "row" }, curveName(row.strip, row.part, row.arm === "a" ? a.arm : b.arm)),
        element("td", { class: `${row.arm}-word` }, names[row.arm]), element("td", {}, row.unit),
        row.cells.map((value) => element("td", {}, number(value, row.digits))))))));
}

export function eventList(a, b, seek) {
  const names = armNames(a.arm, b.arm);
  const all = a.moments.map((m) => ({ ...m, arms: ["a"] }));
  for (const m of b.moments) {
    // What happens at the same time in both is one moment.
    const twin = all.find((it) => it.id === m.id && inWords(it.t) === inWords(m.t) && it.value === m.value);
    if (twin) twin.arms.push("b");
    else all.push({ ...m, arms: ["b"] });
  }
  all.sort((x, y) => x.t - y.t);
  return element("ol", { class: "events", id: "events" }, all.map((m) => element("li", {},
    element("button", { type: "button", onclick: () => seek(m.t, true) }, inWords(m.t, true)),
    element("span", {}, m.arms.map((arm, i) => [i > 0 ? ", " : "", element("b", { class: `${arm}-word` }, names[arm])]).flat()),
    element("span", {}, `${strings.events[m.id]}${m.value ? ` (${m.value})` : ""}`))));
}

export function summaryParagraphs(a, b) {
  return summary(a, b).map(({ words }) => element("p", {}, words));
}

/** The numbers behind the arrows with range, unit, grade and source, and where the others are. `all`: how many the model has. */
export function numbersBehindArrows(all) {
  const names = Object.keys(evidence.parameters);
  const row = (name) => {
    const it = evidence.parameters[name];
    return element("tr", {}, element("th", { scope: "row" }, it.what, element("br"), element("code", {}, name)),
      element("td", {}, number(it.value)), element("td", {}, `${number(it.low)}–${number(it.high)}`), element("td", {}, it.unit === "1" ? "" : unitInWords(it.unit)),
      element("td", {}, it.grade), element("td", {}, it.sources.map((key) => evidence.sources[key].citation.split(".")[0]).join("; ") || text("cards.assumed")));
  };
  const body = element("tbody");
  const find = element("input", { type: "text", id: "find-number", "aria-label": text("tables.find"), placeholder: text("tables.find"), oninput: () => show(find.value) });
  const show = (words) => body.replaceChildren(...names.filter((name) => `${name} ${evidence.parameters[name].what}`.toLowerCase().includes(words.toLowerCase())).map(row));
  const details = element("details", {
    id: "numbers", ontoggle: () => {
      if (details.open && body.children.length === 0) show("");
    },
  }, element("summary", {}, text("panel.evidence_count", { n: names.length, e: names.filter((n) => evidence.parameters[n].grade === "E").length })),
  element("p", { class: "note" }, text("tables.whole", { all })), find,
  element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": text("panel.evidence") },
    element("table", {}, element("thead", {}, element("tr", {}, ["number", "value", "range", "unit", "grade", "source"].map((key) => element("th", { scope: "col" }, text(`tables.${key}`))))), body)));
  return details;
}
