/**
 * The message catalogue: words of the page, scenes, and what stands behind links, by language.
 *
 * English is complete in strings.json, scenes.json and evidence.json; de.json has all of it in German.
 * The language is asked for by ?lang= in the address. {name} in a text is filled in.
 */

import german from "./de.json" with { type: "json" };
import english from "./strings.json" with { type: "json" };
import { messageOf } from "./engine.js";
import stories from "./scenes.json" with { type: "json" };

const CATALOGUES = { en: {}, de: german };
export const LANGUAGES = Object.keys(CATALOGUES);

const asked = new URLSearchParams(globalThis.location?.search ?? "").get("lang");
export const language = LANGUAGES.includes(asked) ? asked : "en";
const other = CATALOGUES[language];

/** `base` with everything that `more` has in its place. */
function merged(base, more) {
  if (more === undefined) return base;
  if (typeof base !== "object" || base === null || Array.isArray(base)) return more;
  return Object.fromEntries(Object.keys(base).map((key) => [key, merged(base[key], more[key])]));
}

export const strings = merged(english, other.strings);
export const scenes = merged(stories, other.scenes);

/** Links, reality checks, numbers, questions and the disclaimer in the language of the page. */
export function localised(evidence) {
  const by = (rows, words) => rows.map((row) => ({ ...row, ...words?.[row.id] }));
  return {
    ...evidence, ...other.evidence,
    links: Object.fromEntries(by(Object.values(evidence.links), other.links).map((link) => [link.id, link])),
    reality: by(evidence.reality, other.reality),
    parameters: merged(evidence.parameters, other.parameters),
    items: Object.fromEntries(Object.entries(evidence.items).map(([n, item]) => [n, { ...item, ...other.items?.[n] }])),
  };
}

export function text(path, values = {}) {
  const found = path.split(".").reduce((at, key) => at?.[key], strings);
  if (typeof found !== "string") throw new Error(`no text called ${path}`);
  return found.replace(/\{(\w+)\}/g, (whole, key) => (key in values ? String(values[key]) : whole));
}

/** What the engine said, or a browser, in the language of the page: {kind, values} of messages.json, or only {message}. */
export function inLanguage({ kind, values, message }) {
  const words = kind && other.messages?.[kind];
  if (!words) return language === "en" ? (kind ? messageOf(kind, values) : message ?? "") : text("errors.foreign", { words: message ?? "" });
  const of = (place) => {
    const value = values[place] ?? "";
    if (place === "what") return other.things[value] ?? value;
    if (place === "unit") return other.things[value] ?? value;
    if (place === "name") return String(value).replace(/^(\w+) of (\w+)$/, "$1 von $2");
    return place === "remedy" ? other.remedies[values.status] : value;
  };
  return words.replace(/\{(\w+)\}/g, (_, place) => String(of(place))).replaceAll("  ", " ").trim();
}

/** Numbers as people read them: a true minus, the decimal sign of the language, no more digits than mean something. */
export function number(value, digits) {
  if (!Number.isFinite(value)) return "–";
  const shown = digits === undefined ? String(Number(value.toPrecision(3))) : value.toFixed(digits);
  const signed = (Number(shown) === 0 ? shown.replace("-", "") : shown).replace("-", "−");
  return signed.replace(".", strings.units.decimal);
}
