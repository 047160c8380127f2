/**
 * Predictions of a class without a server: a drawn or chosen pair of curves as a short code to copy, and codes
 * that were pasted as curves again. A code names nobody.
 *
 *     R-0000125aaaaaaaaa-000000011122334445     depth at even places of the era axis, one sign for each half a point
 */

import { eraAxis } from "./era_axis.js";
import { valueAt } from "./moments.js";

const axis = eraAxis();
/** Places of a code: three in each era, and the end. */
const PLACES = axis.times(3);
const STEP = 0.5;
const SIGNS = 36;

/** The code of what was predicted, {a, b} of points [h, points]; what is missing is flat and left out. */
export function codeOf(said) {
  const part = (points) => {
    if (!points) return "";
    const [t, y] = [0, 1].map((k) => points.map((point) => point[k]));
    return PLACES.map((time) => Math.min(SIGNS - 1, Math.max(0, Math.round(-valueAt(t, y, time) / STEP))).toString(SIGNS)).join("");
  };
  return `R-${part(said.a)}-${part(said.b)}`;
}

/** Curves of pasted text: every code in it that can be read, {a, b} of points; and how many could not. */
export function curvesOfCodes(pasted) {
  const found = [];
  let broken = 0;
  for (const word of pasted.split(/[\s,;]+/).filter(Boolean)) {
    const parts = word.match(/^R-([0-9a-z]*)-([0-9a-z]*)$/i);
    if (!parts || [parts[1], parts[2]].some((part) => part.length > 0 && part.length !== PLACES.length) || parts[1] + parts[2] === "") {
      broken++;
      continue;
    }
    const [a, b] = parts.slice(1).map((part) => (part ? PLACES.map((t, i) => [t, -STEP * Number.parseInt(part[i], SIGNS) || 0]) : null));
    found.push({ a, b });
  }
  return { found, broken };
}
