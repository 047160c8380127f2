/**
 * Moments of a curve: when it peaks, is half-way, is gone. Pure functions over samples, the same as
 * ketasim.simulation in Python: between samples curves are straight.
 */

import { number, text } from "./text.js";

/** First sample at which the curve is highest. */
export function highest(t, y) {
  return extreme(t, y, (v) => v);
}

/** First sample at which the curve is lowest. */
export function lowest(t, y) {
  return extreme(t, y, (v) => -v);
}

/** First sample that is furthest from where the curve starts, up or down. */
export function furthest(t, y) {
  return extreme(t, y, (v) => Math.abs(v - y[0]));
}

function extreme(t, y, size) {
  let best = -1;
  for (let i = 0; i < y.length; i++) {
    if (Number.isFinite(y[i]) && (best < 0 || size(y[i]) > size(y[best]))) best = i;
  }
  if (best < 0) throw new RangeError("the curve has no finite value");
  return { t: t[best], value: y[best] };
}

/** First time at which the curve meets a level, from either side; null if it never does. */
export function reaches(t, y, level) {
  if (y[0] === level) return t[0];
  for (let i = 0; i + 1 < y.length; i++) {
    const a = y[i] - level;
    const b = y[i + 1] - level;
    if (a * b <= 0) return crossing(t, a, b, i);
  }
  return null;
}

/** When the curve has come half-way from its start to its furthest point; null if it stays. */
export function halfWay(t, y) {
  const far = furthest(t, y);
  return far.value === y[0] ? null : reaches(t, y, 0.5 * (y[0] + far.value));
}

/** When the deviation from the start has fallen below a share of its largest, for good. */
export function gone(t, y, share) {
  if (!(share > 0 && share < 1)) throw new RangeError(`share = ${share}: must lie between 0 and 1`);
  let largest = 0;
  for (const v of y) largest = Math.max(largest, Math.abs(v - y[0]));
  const above = (i) => Math.abs(y[i] - y[0]) - share * largest;
  if (largest === 0 || !(above(y.length - 1) < 0)) return null;
  for (let i = y.length - 2; i >= 0; i--) {
    if (above(i) >= 0) return crossing(t, above(i), above(i + 1), i);
  }
  return null;
}

/** When half of the largest deviation is lost again; null while it lasts. */
export function halfLost(t, y) {
  const far = furthest(t, y);
  const from = t.indexOf(far.t);
  if (far.value === y[0] || t.length - from < 2) return null;
  return reaches(t.slice(from), y.slice(from), 0.5 * (y[0] + far.value));
}

function crossing(t, a, b, i) {
  const step = b - a;
  return t[i] + (step === 0 ? 0 : -a / step) * (t[i + 1] - t[i]);
}

/** The curve at a time, straight between samples. */
export function valueAt(t, y, time) {
  if (time <= t[0]) return y[0];
  let low = 0;
  let high = t.length - 1;
  if (time >= t[high]) return y[high];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (t[middle] <= time) low = middle;
    else high = middle;
  }
  return y[low] + ((time - t[low]) / (t[high] - t[low])) * (y[high] - y[low]);
}

/** A time as people say it: "40 s", "41 min", "1.7 h", "2.1 days", "3.4 weeks"; `alone` outside of a sentence. */
export function inWords(hours, alone = false) {
  if (hours < 1.5 / 60) return `${(hours * 3600).toFixed(0)} s`;
  if (hours < 1.5) return `${(hours * 60).toFixed(0)} min`;
  if (hours < 36) return `${short(hours)} h`;
  if (hours < 21 * 24) return plural(short(hours / 24), "day", alone);
  return plural(short(hours / 168), "week", alone);
}

function plural(said, unit, alone) {
  return `${said} ${text(`units${alone ? "_alone" : ""}.${unit}${said === "1" ? "" : "s"}`)}`;
}

function short(value) {
  return number(value, value >= 9.95 ? 0 : 1).replace(/[.,]0$/, "");
}
