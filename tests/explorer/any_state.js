/** States drawn at random, the same on every machine. */

import * as S from "../../explorer/state.js";

/** mulberry32. */
export function random(seed) {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Any state that the page can be in. */
export function anyState(next) {
  const pick = (list) => list[Math.floor(next() * list.length)];
  const anyArm = () => {
    const species = pick(S.SPECIES);
    const { least, most } = S.DOSES[species];
    return S.arm({
      drug: pick(Object.keys(S.DRUGS)),
      route: pick([...S.ROUTES, "ip"]),
      dose: least + (most - least) * next(),
      schedule: pick(S.SCHEDULES),
      blockers: S.BLOCKERS.filter(() => next() < 0.3),
      cells: pick(S.CELLS),
      hypothesis: pick(S.HYPOTHESES),
      ssri: next() < 0.3,
      sessions: pick(S.SESSIONS),
      species,
    });
  };
  const scene = pick([null, ...S.SCENES]);
  return S.state({
    a: anyArm(),
    b: anyArm(),
    axis: pick(S.AXES),
    window: pick(Object.keys(S.WINDOWS)),
    cursor: pick([0, S.END_H, next() * S.END_H, next()]),
    bands: next() < 0.5,
    known: next() < 0.2,
    trial: next() < 0.3,
    scene,
    view: scene === null ? "board" : pick(S.VIEWS),
  });
}
