/** Evidence cards: claim, numbers with range and unit, citation, dissent. One native dialog. */

import { marks } from "./cascade.js";
import { byId, element } from "./dom.js";
import known from "./evidence.json" with { type: "json" };
import { reachesBrakes } from "./quantities.js";
import { PROGRAMMES } from "./state.js";
import { PARTS } from "./synapse_values.js";
import { localised, number, text } from "./text.js";

export const evidence = localised(known);

/** A badge: the mark of the claim and the mark of the number. */
export function badge(claim, weakest) {
  return element("svg", { viewBox: "0 0 32 20", "aria-hidden": "true" }, ...marks(claim, weakest, 16, 10));
}

export function gradesInWords(claim, weakest) {
  return text("cards.marks", { claim_words: text(`grades.${claim}`), number_words: text(`grades.${weakest}`) });
}

/** A citation; where a digital object identifier is known, as a link that only a click follows. */
export function citation(key) {
  const { citation: words, doi, url } = evidence.sources[key];
  const plain = words.replace(/\s*\[[^\]]*\]/g, "");
  const clean = /^10\.\S+$/.test(doi.split(" ")[0]) ? `https://doi.org/${doi.split(" ")[0]}` : /^https:/.test(url) ? url : null;
  return clean ? element("a", { href: clean, rel: "noreferrer noopener", target: "_blank" }, plain) : element("span", {}, plain);
}

function open(title, ...content) {
  const dialog = byId("card");
  dialog.replaceChildren(
    element("h2", { id: "card-title" }, title),
    element("button", { type: "button", class: "quiet close", onclick: () => dialog.close() }, text("cards.close")),
    ...content,
  );
  dialog.setAttribute("aria-labelledby", "card-title");
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
}

/** A unit as it is written: the tables have u for µ. */
export const unitInWords = (unit) => unit.replace(/\bu(M|mol|g)\b/g, "µ$1");

/** A number with its range, unit, grade and where it comes from. */
function numberLine(name) {
  const it = evidence.parameters[name];
  const unit = it.unit === "1" ? "" : ` ${unitInWords(it.unit)}`;
  const from = it.sources.length > 0 ? it.sources.map((key) => evidence.sources[key].citation.replace(/\s*\[[^\]]*\]/g, "").split(".")[0]).join("; ") : text("cards.assumed");
  return element("li", {},
    `${it.what}: `, element("b", {}, `${number(it.value)}${unit}`), ` (${text("cards.range")} ${number(it.low)}–${number(it.high)}${unit}), ${text("cards.grade_word")} ${it.grade}, ${from} `,
    element("code", {}, name));
}

function linkParts(link) {
  return [
    element("p", {}, link.claim),
    element("div", { class: "grade-line" }, badge(link.grade, link.weakest), element("span", {}, gradesInWords(link.grade, link.weakest))),
    element("h3", {}, text("cards.numbers")), element("ul", {}, link.numbers.map(numberLine)),
    element("h3", {}, text("cards.sources")),
    element("ul", {}, link.sources.map((key) => element("li", {}, citation(key)))),
    element("h3", {}, text("cards.dissent")),
    element("div", { class: link.dissent ? "dissent" : "" }, element("p", {}, link.dissent || text("cards.no_dissent")),
      link.dissent_sources.length > 0 ? element("ul", {}, link.dissent_sources.map((key) => element("li", {}, citation(key)))) : null),
  ];
}

export function openLink(id) {
  const link = evidence.links[id];
  const name = (node) => (node === "dose" ? text("cards.given") : text(`nodes.${node}`));
  const to = link.to === "dissociation" ? text("strips.burden.title") : name(link.to);
  open(`${name(link.from)} ${link.sign === "inhibits" ? "⊣" : "→"} ${to}`, ...linkParts(link));
}

export function openStage(name) {
  const leading = Object.values(evidence.links).filter((link) => link.to === name);
  open(text(`nodes_long.${name}`), element("p", { class: "told" }, text(`glossary.${name}`)), ...leading.flatMap((link, i) => [i > 0 ? element("hr") : null, ...linkParts(link)]).filter(Boolean));
}

/** What stands behind a part of the drawing: its stage, and for a pyramidal cell the arrow that frees it. */
export function openPart(part) {
  if (part === "drive") openLink("brake-glutamate");
  else openStage(PARTS[part]);
}

/** What stands behind a strip: the chain from the dose to it, and the weakest link of it. */
export function openStrip(id) {
  const { grade, numbers, path, fare: [inside, all] } = evidence.strips[id];
  open(text(`strips.${id}.title`),
    element("p", {}, text(`strips.${id}.why`)),
    element("div", { class: "grade-line" }, badge(grade, numbers), element("span", {}, gradesInWords(grade, numbers))),
    element("p", {}, text("cards.chain_weakest")), element("p", { class: "fare" }, text("cards.fare", { inside, all })),
    element("h3", {}, text("cards.chain")),
    element("ul", {}, path.map((link) => element("li", {},
      element("button", { type: "button", class: "quiet", onclick: () => openLink(link) }, `${evidence.links[link].grade} ${evidence.links[link].weakest} · ${evidence.links[link].claim}`)))));
}

/** The reality checks that concern a pair of arms; the first is the most telling. */
export function realityFor(now) {
  const any = (test) => test(now.a) || test(now.b);
  const holds = {
    emergency: any((x) => x.schedule === "emergency"),
    rapa: any((x) => x.blockers.includes("rapa")),
    hnk: any((x) => x.drug === "hnk" || ["nohnk", "hnk"].includes(x.hypothesis)),
    dose: any((x) => x.species === "rat") || (now.a.drug === now.b.drug && now.a.dose !== now.b.dose),
    forms: any((x) => x.drug === "rket" || (x.drug === "sket" && !(x.schedule in PROGRAMMES)) || ["rerk", "erk"].includes(x.hypothesis)),
    spines: any((x) => x.blockers.includes("spines")),
    sessions: any((x) => x.sessions !== "nosessions"),
    six: any((x) => x.schedule !== "once"),
    cells: any((x) => x.cells !== "both" || !reachesBrakes(x)),
    ketamine: any((x) => x.drug === "ket" && x.species === "human"),
    ssri: any((x) => x.drug === "ssri" || x.ssri),
  };
  const order = ["emergency", "rapa", "hnk", "dose", "forms", "spines", "sessions", "six", "cells", "ketamine", "ssri"];
  return order.filter((when) => holds[when]).map((when) => evidence.reality.find((card) => card.when === when));
}

/** Which observations each rival hypothesis explains: counts by area, then every one outside of trials. */
export function openExplained() {
  const { hypotheses, areas, telling, rows } = evidence.explained;
  const name = (code) => text(`hypotheses.${code}`);
  const mark = (explains) => element("td", { class: "mark" }, explains === "1" ? "●" : "–");
  const what = ({ readout, way, against, species, n }) =>
    `${text(`rivals.readouts.${readout}`)}: ${text(`rivals.ways.${against ? `less_${way}` : way}`)}, ${text(`rivals.species.${species}`)}${n > 1 ? `, ${text("rivals.times", { n })}` : ""}`;
  open(text("rivals.title"), element("p", { class: "note" }, text("rivals.note")),
    element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": text("rivals.title") },
      element("table", { id: "explained" },
        element("thead", {}, element("tr", {}, element("th", { scope: "col" }, text("rivals.observation")), hypotheses.map((code) => element("th", { scope: "col" }, name(code))))),
        Object.entries(areas).map(([area, of]) => element("tbody", {},
          element("tr", { class: "area" }, element("th", { scope: "rowgroup" }, text(`rivals.areas.${area}`)),
            hypotheses.map((code) => element("td", {}, text("rivals.of", { x: of[code], n: telling[area] })))),
          rows.filter((row) => row.area === area).map((row) => element("tr", {},
            element("th", { scope: "row" }, what(row), " · ", element("span", { class: "cite", lang: "en" }, evidence.sources[row.source].citation.split(/[,.[]/)[0].trim())),
            [...row.marks].map(mark))))))),
    element("p", { class: "note" }, text("rivals.trials")));
}

/** Where it is about suicide, a card says where help is. */
const cardText = (card) => [element("p", {}, card.text), card.when === "emergency" ? element("p", {}, element("b", {}, text("help_line"))) : null].filter(Boolean);

export function openReality(card) {
  open(card.title, ...cardText(card), element("h3", {}, text("cards.sources")),
    element("ul", {}, card.sources.map((key) => element("li", {}, citation(key)))));
}

export function realityCard(card, now) {
  return element("article", { class: `reality${now ? " now" : ""}` }, element("h3", {}, card.title), ...cardText(card),
    element("p", { class: "cite" }, ...card.sources.flatMap((key, i) => [i > 0 ? " · " : "", citation(key)])));
}
