/**
 * One time axis from seconds to weeks: equal bands, linear inside each, ticks in words.
 *
 * Bands end at 60 s, 60 min, 24 h, 14 d and 8 wk, so that what takes a minute gets as much room as
 * what takes a month. Time before treatment has its own narrow slot, which a logarithm could not
 * give it. The same bands, ticks and words as ketasim.figures.era_axis in Python.
 *
 * A time axis, whichever its kind, is {kind, begin, end, from, to, bands, forward, inverse, ticks}:
 * times [h] from `begin` to `end` lie at places from `from` to `to`; forward and inverse go between.
 */

/** Width of the slot before treatment, in bands, and the time it stands for [h]. */
export const SLOT = 0.28;
export const SLOT_H = 1 / 60;

/** Unit in words, its hours, its steps between ticks. */
const UNITS = [
  ["seconds", 1 / 3600, [1, 2, 5, 10, 20, 30]],
  ["minutes", 1 / 60, [1, 2, 5, 10, 20, 30]],
  ["hours", 1, [1, 2, 4, 8, 12, 24]],
  ["days", 24, [1, 2, 7, 14]],
  ["weeks", 168, [1, 2, 4, 8, 13, 26, 52, 104]],
];
const ENDS = [1 / 60, 1, 24, 336];
/** A band is opened only if the run goes on well beyond its beginning. */
const WORTH = 1.5;

/** Number of times that count as one value when steps are counted in floating point. */
const ROUND = 1 + 1e-12;

export function eraAxis(end = 1344, { mostTicks = 3 } = {}) {
  if (!(Number.isFinite(end) && end > 0)) throw new RangeError(`end = ${end}: must be a time after 0 h`);
  const edges = [0, ...ENDS.filter((e) => e * WORTH <= end), end];
  const bands = edges.slice(1).map((e, i) => ({ begin: edges[i], end: e, unit: UNITS[i][0] }));
  const times = [-SLOT_H, ...edges];
  const places = [-SLOT, ...edges.map((_, i) => i)];
  const inverse = (x) => through(x, places, times);
  return {
    kind: "era",
    begin: inverse(-SLOT),
    end,
    from: -SLOT,
    to: bands.length,
    bands,
    forward: (t) => through(t, times, places),
    inverse,
    ticks: bands.flatMap((band, i) => bandTicks(band, UNITS[i], mostTicks)),
    /** Times [h] that draw every band equally finely and hit every edge. */
    times(perBand = 120) {
      const found = [];
      for (const { begin, end: stop } of bands) {
        for (let k = 0; k < perBand; k++) found.push(begin + ((stop - begin) * k) / perBand);
      }
      return [...found, end];
    },
  };
}

/** Piecewise linear, going on straight beyond both ends. */
function through(x, knots, values) {
  let i = 0;
  while (i < knots.length - 2 && x >= knots[i + 1]) i++;
  const slope = (values[i + 1] - values[i]) / (knots[i + 1] - knots[i]);
  return values[i] + slope * (x - knots[i]);
}

function bandTicks(band, [, hours, steps], most) {
  const low = band.begin / hours;
  const high = band.end / hours;
  const marks = steps.map((step) => multiples(low, high, step)).filter((m) => m.length > 0);
  const chosen = marks.find((m) => m.length <= most) ?? [high];
  return chosen.map((mark) => ({ t: mark * hours, label: String(Number(mark.toPrecision(6))) }));
}

/** Multiples of a step in the band, those too close to its beginning left out. */
function multiples(low, high, step) {
  const first = low + 0.1 * (high - low);
  const count = Math.floor((high / step) * ROUND);
  const found = [];
  for (let k = 1; k <= count; k++) if (step * k >= first) found.push(step * k);
  return found;
}
