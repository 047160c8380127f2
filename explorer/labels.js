/**
 * Labels beside the curves: what the key moment is, written where it hides least.
 *
 * Of a few places around a mark the one is taken that stays inside, covers least of the curves and
 * of labels written before.
 */

import uPlot from "uplot";

import { FONT } from "./font.js";

const SMALL = 11;
const GAP = 5;
/** From this cost on a label would cover another or be cut. */
const NO_ROOM = 100;

/** Draws marks and labels of `shown` = {a, b} into a strip's plot, after its curves. */
export function placeLabels(u, strip, shown, theme) {
  const { ctx } = u;
  const scale = uPlot.pxRatio * (strip.zoom ?? 1);
  const SIZE = shown.letter ?? SMALL;
  const frame = u.bbox;
  const narrow = frame.width / scale < 420;
  const curves = [];
  for (const data of u.data.slice(1)) curves.push(onPaper(u, data));
  const taken = [];
  const written = [];
  const placed = [];
  ctx.font = `${SIZE * scale}px ${FONT}`;
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  ctx.lineJoin = "round";
  for (const arm of ["a", "b"]) {
    for (const mark of shown[arm].marks[strip.id] ?? []) {
      const x = u.valToPos(shown.axis.forward(mark.t), "x", true);
      const y = u.valToPos(mark.value, "y", true);
      if (x > frame.left + frame.width + 2 * scale || x < frame.left) continue;
      drawMark(ctx, arm, x, y, scale, theme);
      const words = narrow ? mark.short : mark.words;
      // Where both curves are one, one label is enough.
      if (!words || written.some((it) => it.words === words && Math.hypot(it.x - x, it.y - y) < 8 * scale)) continue;
      written.push({ words, x, y });
      const width = ctx.measureText(words).width;
      const height = SIZE * scale;
      let best = null;
      for (const [dx, dy] of PLACES) {
        const left = dx === 0 ? x - width / 2 : dx > 0 ? x + (GAP + 3) * scale * dx : x - width + (GAP + 3) * scale * dx;
        const middle = y + dy * (height / 2 + GAP * scale);
        const box = { left, right: left + width, top: middle - height / 2, bottom: middle + height / 2 };
        const cost = costOf(box, frame, curves, taken, scale) + 0.4 * Math.abs(dx) + 0.3 * Math.abs(dy);
        if (best === null || cost < best.cost) best = { cost, box, left, middle };
      }
      // Where there is no room, the mark stands without words: the list of moments has them.
      if (best.cost >= NO_ROOM) continue;
      taken.push(best.box);
      placed.push({ ...best.box, words });
      const reach = [best.box.left - x, x - best.box.right, best.box.top - y, y - best.box.bottom];
      if (Math.max(...reach) > 16 * scale) leader(ctx, x, y, best.box, theme[`${arm}-text`], scale);
      ctx.strokeStyle = theme.ground;
      ctx.lineWidth = 3 * scale;
      ctx.strokeText(words, best.left, best.middle);
      ctx.fillStyle = theme[`${arm}-text`];
      ctx.fillText(words, best.left, best.middle);
    }
  }
  for (const ghost of shown.ghosts?.[strip.id] ?? []) if (!ghost.faint) placed.push(nameGhost(u, ghost, shown, theme, { frame, curves, taken, scale }));
  return placed;
}

/** Along a predicted curve, where its name may stand: later before earlier. */
const ALONG = [0.72, 0.62, 0.82, 0.52, 0.9, 0.42, 0.3, 0.2];

/** The name of a predicted curve, beside it where it covers least. */
function nameGhost(u, ghost, shown, theme, { frame, curves, taken, scale }) {
  const { ctx } = u;
  const height = 14 * scale;
  ctx.font = `italic ${height}px ${FONT}`;
  const width = ctx.measureText(ghost.words).width;
  const at = ghost.t.map((t, i) => [u.valToPos(shown.axis.forward(t), "x", true), u.valToPos(ghost.y[i], "y", true)]);
  let best = null;
  ALONG.forEach((share, rank) => {
    const [x, y] = at[Math.floor((at.length - 1) * share)];
    for (const side of [-1, 1]) {
      const middle = y + side * (height / 2 + 6 * scale);
      const box = { left: x - width / 2, right: x + width / 2, top: middle - height / 2, bottom: middle + height / 2 };
      const cost = costOf(box, frame, [...curves, at.flat()], taken, scale) + 0.5 * rank;
      if (best === null || cost < best.cost) best = { cost, box, middle };
    }
  });
  taken.push(best.box);
  Object.assign(ctx, { strokeStyle: theme.ground, lineWidth: 4 * scale, fillStyle: theme[`${ghost.arm}-text`] });
  ctx.strokeText(ghost.words, best.box.left, best.middle);
  ctx.fillText(ghost.words, best.box.left, best.middle);
  return { ...best.box, words: ghost.words };
}

/** A thin line from a mark to its words, where they stand apart. */
function leader(ctx, x, y, box, colour, scale) {
  Object.assign(ctx, { strokeStyle: colour, lineWidth: scale, globalAlpha: 0.6 });
  ctx.beginPath();
  ctx.moveTo(x, y);
  ctx.lineTo(Math.min(box.right, Math.max(box.left, x)), Math.min(box.bottom, Math.max(box.top, y)));
  ctx.stroke();
  ctx.globalAlpha = 1;
}

/** Where a label may stand around its mark: sideways and up, in units of its own size. */
const PLACES = [
  [1, 0], [-1, 0], [1, -1], [-1, -1], [1, 1], [-1, 1], [0, -1.3], [0, 1.3], [3, -0.4], [-3, -0.4], [3, 1.4], [-3, 1.4], [6, 0], [-6, 0], [1, -2.6], [-1, -2.6], [1, 2.6], [-1, 2.6], [0, -3], [0, 3],
];

function drawMark(ctx, arm, x, y, scale, theme) {
  ctx.fillStyle = theme.ground;
  ctx.strokeStyle = theme[arm];
  ctx.lineWidth = 1.5 * scale;
  ctx.setLineDash([]);
  ctx.beginPath();
  const r = 3.2 * scale;
  if (arm === "a") ctx.arc(x, y, r, 0, 2 * Math.PI);
  else ctx.rect(x - r, y - r, 2 * r, 2 * r);
  ctx.fill();
  ctx.stroke();
}

function onPaper(u, values) {
  const [x] = u.data;
  const found = [];
  // Both scales are linear: two values of each tell all.
  const line = (scale) => {
    const [zero, one] = [u.valToPos(0, scale, true), u.valToPos(1, scale, true)];
    return (v) => zero + (one - zero) * v;
  };
  const [px, py] = [line("x"), line("y")];
  // Every third sample stands for the curve: they lie closer than a label is high.
  for (let i = 0; i < x.length; i += 3) {
    if (values[i] !== null) found.push(px(x[i]), py(values[i]));
  }
  return found;
}

function costOf(box, frame, curves, taken, scale) {
  const out = Math.max(
    frame.left - box.left, box.right - frame.left - frame.width, frame.top - 4 * scale - box.top, box.bottom - frame.top - frame.height - 3 * scale,
  );
  let cost = out > 0 ? 150 + 4 * out : 0;
  for (const curve of curves) {
    for (let i = 0; i < curve.length; i += 2) {
      if (curve[i] > box.left - scale && curve[i] < box.right + scale && curve[i + 1] > box.top - scale && curve[i + 1] < box.bottom + scale) cost += 1;
    }
  }
  for (const other of taken) {
    if (box.left < other.right + 5 * scale && box.right > other.left - 5 * scale && box.top < other.bottom && box.bottom > other.top) cost += 100;
  }
  return cost;
}
