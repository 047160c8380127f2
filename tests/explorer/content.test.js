/** What the page says stands on the tables of the package. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { engine, page, python, root } from "./subject.js";

const e = await engine();
const folder = join(root, "explorer");
const evidence = JSON.parse(readFileSync(join(folder, "evidence.json"), "utf8"));

test("evidence.json and choices.json are what make_evidence.py writes from the package", () => {
  const code = `import json, sys; sys.path.insert(0, ${JSON.stringify(folder)}); import make_evidence as m; print(json.dumps([m.evidence(), m.choices()]))`;
  const choices = JSON.parse(readFileSync(join(folder, "choices.json"), "utf8"));
  assert.deepEqual([evidence, choices], JSON.parse(python(["-c", code])), "run python explorer/make_evidence.py, then npm run build");
});

test("the numbers on the cards are those that the engine computes with", () => {
  assert.equal(evidence.version, e.version);
  const shown = new Set(Object.values(evidence.links).flatMap(({ numbers }) => numbers));
  assert.deepEqual(Object.keys(evidence.parameters).sort(), [...shown].sort());
  for (const { name, value, low, high, unit, grade } of e.parameters.filter((row) => shown.has(row.name))) {
    const { value: v, low: l, high: h, unit: u, grade: g } = evidence.parameters[name];
    shown.delete(name);
    assert.deepEqual([v, l, h, u, g], [value, low, high, unit, grade], name);
  }
  assert.deepEqual([...shown], []);
});

test("the page carries the disclaimer of the package in words", () => {
  assert.ok(readFileSync(page, "utf8").includes(evidence.disclaimer));
  const said = python(["-c", "from ketasim.figures import DISCLAIMER; print(DISCLAIMER)"]).trim();
  assert.equal(evidence.disclaimer, said);
});

/** How many of the ten questions somebody answers who knows nothing and follows a rule about the form of options. */
const guessed = (items, rule) => items.filter(({ options, right }) => rule(options) === right).length;
const extreme = (better) => (options) => {
  const sizes = options.map((words) => words.length);
  const best = sizes.reduce((x, y) => (better(x, y) ? x : y));
  // A tie tells nothing.
  return sizes.filter((size) => size === best).length === 1 ? sizes.indexOf(best) : -1;
};

for (const [language, items] of Object.entries({
  English: Object.values(evidence.items),
  German: Object.entries(JSON.parse(readFileSync(join(folder, "de.json"), "utf8")).items).map(([n, item]) => ({ ...item, right: evidence.items[n].right })),
}))
  test(`the ten questions in ${language} cannot be answered by the form of their options`, () => {
    assert.equal(items.length, 10);
    // Guessing gives 2.5 of 10.
    assert.ok(guessed(items, extreme((x, y) => x > y)) <= 4, "the longest option is right too often");
    assert.ok(guessed(items, extreme((x, y) => x < y)) <= 4, "the shortest option is right too often");
    for (let k = 0; k < 4; k++) assert.ok(items.filter(({ right }) => right === k).length <= 4, `answer ${"abcd"[k]} is right too often`);
    for (const { ask, options, right } of items) {
      const sizes = options.map((words) => words.length);
      assert.ok(Math.max(...sizes) <= 1.4 * Math.min(...sizes), `${ask}: ${sizes}`);
      assert.equal(new Set(options).size, 4, ask);
      // What sets one option apart must not be the form of the right one: its marks, its first letter, its end.
      for (const form of [/[:;]/, /[–—]/, /^[A-ZÄÖÜ]/, /[.?!]$/, /\d/, /\b(all|none) of (the|them)\b/i, /\b(keine|beide) davon\b/i, /\b(always|never|only|immer|nie|nur)\b/]) {
        const has = options.map((words) => form.test(words));
        const same = has.filter((it) => it === has[right]).length;
        assert.ok(same > 1, `${ask}: only the right option differs in ${form}`);
      }
    }
  });
