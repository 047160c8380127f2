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
