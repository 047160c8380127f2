/** Linear time for what is repeated, logarithmic time for experts. Same shape as an era axis. */

/** Longest span [h] told in a unit, its hours, its name, steps between ticks. */
const UNITS = [
  [3, 1 / 60, "minutes", [1, 2, 5, 10, 20, 30]],
  [72, 1, "hours", [1, 2, 4, 6, 12]],
  [24 * 60, 24, "days", [1, 2, 7, 14]],
  [Infinity, 168, "weeks", [1, 2, 4, 8, 13, 26, 52]],
];

export function linearAxis(end = 1344, { mostTicks = 10 } = {}) {
  const [, hours, unit, steps] = UNITS.find((row) => end <= row[0]);
  const step = steps.find((s) => end / (s * hours) <= mostTicks) ?? steps.at(-1);
  const ticks = [];
  for (let k = 0; k * step * hours <= end * (1 + 1e-9); k++) {
    ticks.push({ t: k * step * hours, label: String(k * step) });
  }
  return {
    kind: "linear", begin: 0, end, from: 0, to: 1,
    bands: [{ begin: 0, end, unit }],
    forward: (t) => t / end,
    inverse: (x) => x * end,
    ticks,
  };
}

/** From one second: time zero has no logarithm, so "before" stands in a slot of its own. */
const FIRST_H = 1 / 3600;
const SLOT = 0.05;
const DECADES = [
  [FIRST_H, "1 s"], [10 / 3600, "10 s"], [1 / 60, "1 min"], [1 / 6, "10 min"], [1, "1 h"],
  [10, "10 h"], [24, "1 d"], [168, "1 wk"], [1344, "8 wk"],
];

export function logAxis(end = 1344, { mostTicks = 10 } = {}) {
  const span = Math.log(end / FIRST_H);
  const every = mostTicks < 6 ? 2 : 1;
  return {
    kind: "log", begin: 0, end, from: -SLOT, to: 1,
    bands: [{ begin: FIRST_H, end, unit: "log" }],
    forward: (t) => (t < FIRST_H ? -SLOT : Math.log(t / FIRST_H) / span),
    inverse: (x) => (x < 0 ? 0 : FIRST_H * Math.exp(x * span)),
    ticks: DECADES.filter(([t], i) => t <= end && i % every === 0).map(([t, label]) => ({ t, label })),
  };
}
