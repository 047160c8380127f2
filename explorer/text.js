/** The strings of the page, by path; {name} is filled in. One file to translate. */

import strings from "./strings.json" with { type: "json" };

export { strings };

export function text(path, values = {}) {
  const found = path.split(".").reduce((at, key) => at?.[key], strings);
  if (typeof found !== "string") throw new Error(`no text called ${path}`);
  return found.replace(/\{(\w+)\}/g, (whole, key) => (key in values ? String(values[key]) : whole));
}

/** Numbers as people read them: a true minus, no more digits than mean something. */
export function number(value, digits) {
  if (!Number.isFinite(value)) return "–";
  const shown = digits === undefined ? String(Number(value.toPrecision(3))) : value.toFixed(digits);
  return (Number(shown) === 0 ? shown.replace("-", "") : shown).replace("-", "−");
}
