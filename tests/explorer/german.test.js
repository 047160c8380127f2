/** The second language is complete, says the same numbers, and breaks nothing. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, test } from "node:test";

import { done, open } from "./browser.js";
import { engine, root } from "./subject.js";

after(done);

// The catalogue looks at the address when it is loaded.
globalThis.location = { search: "?lang=de" };
const { language, scenes, strings } = await import("../../explorer/text.js");
const { eraAxis } = await import("../../explorer/era_axis.js");
const { solveBoth } = await import("../../explorer/runs.js");
const S = await import("../../explorer/state.js");
const { wordsOf } = await import("../../explorer/synapse.js");
const { PARTS, synapseAt } = await import("../../explorer/synapse_values.js");
const { armNames, lead, summary } = await import("../../explorer/words.js");

const e = await engine();
const read = (name) => JSON.parse(readFileSync(join(root, "explorer", name), "utf8"));
const german = read("de.json");
const evidence = read("evidence.json");

/** Every text of a tree by its path. */
function* texts(tree, path = "") {
  if (typeof tree === "string") yield [path, tree];
  else if (typeof tree === "object" && tree !== null) for (const [key, value] of Object.entries(tree)) yield* texts(value, path ? `${path}.${key}` : key);
}
const at = (tree, path) => path.split(".").reduce((it, key) => it?.[key], tree);
/** Paths that are names of the program, not words. */
const NAMES = /^(\w+\.)?(preset|kind|hide|plots|pick|items\.\d)/;

test("every text of the page has a German one, with the same places for numbers", () => {
  assert.equal(language, "de");
  for (const [path, words] of texts(read("strings.json"))) {
    const there = at(german.strings, path);
    assert.ok(typeof there === "string" && there.length > 0, `no German for ${path}`);
    const places = (it) => [...it.matchAll(/\{\w+\}/g)].map(([place]) => place).sort();
    assert.deepEqual(places(there), places(words), path);
  }
  for (const [path, words] of texts(read("scenes.json"))) {
    if (NAMES.test(path)) continue;
    const there = at(german.scenes, path);
    assert.ok(typeof there === "string" && there.length > 0, `no German for scene ${path}: ${words}`);
  }
  for (const { id, claim, dissent } of Object.values(evidence.links)) {
    assert.ok(german.links[id]?.claim, id);
    assert.equal(Boolean(german.links[id].dissent), Boolean(dissent), `${id}: ${claim}`);
  }
  for (const { id } of evidence.reality) assert.ok(german.reality[id]?.title && german.reality[id].text, id);
  for (const key of Object.keys(read("kit.json"))) assert.equal(typeof german.kit[key], typeof read("kit.json")[key], key);
  for (const n of Object.keys(evidence.items)) assert.equal(german.items[n].options.length, evidence.items[n].options.length, n);
});

test("nothing of it is left over from another version of the page", () => {
  for (const [path] of texts(german.strings)) assert.ok(typeof at(read("strings.json"), path) === "string", `nobody asks for ${path}`);
  for (const id of Object.keys(german.links)) assert.ok(evidence.links[id], id);
});

test("sentences of every preset are German, with verbs, units and the decimal comma", () => {
  for (const name of Object.keys(S.PRESETS)) {
    const now = S.preset(name);
    const { a, b } = solveBoth(e, now, eraAxis(S.END_H), null);
    const names = armNames(now.a, now.b);
    assert.notEqual(names.a, names.b);
    const said = [lead(a, b), ...summary(a, b).map(({ words }) => words), ...Object.keys(PARTS).map((part) => wordsOf(part, synapseAt(a, now.a, 24)))];
    for (const words of said) {
      assert.doesNotMatch(words, /NaN|undefined|\{\w+\}|\d\.\d/, `${name}: ${words}`);
      assert.doesNotMatch(words, /\b(the|of|after|with|and|before|points|days|weeks)\b/, `${name}: ${words}`);
    }
    assert.match(said[0], /^Im Modell .*(ist|sinkt|steigt|bewegt|bringen)/, said[0]);
    for (const { words } of summary(a, b))
      for (const sentence of words.split("): ").slice(1).join(" ").split(/\.(?= |$)/).filter((it) => it.trim())) assert.match(sentence, /\b(ist|sind|steigt|kommen|werden|bewegt)\b/, sentence);
  }
  assert.equal(scenes.race.name, "Wettlauf");
  assert.equal(strings.time.play, "Abspielen");
});

for (const width of [1280, 390])
  test(`the German page at ${width} px: opens, keeps the language, breaks no rule that axe knows, and turns back`, async () => {
    const { page, problems, close } = await open({ hash: "", lang: "de", width, height: 844, still: true });
    await page.evaluate(readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8"));
    const broken = () => page.evaluate(async () => (await axe.run(document, { runOnly: { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }, resultTypes: ["violations"] })).violations.map(({ id, nodes }) => `${id}: ${nodes[0].target}`));
    assert.equal(await page.evaluate(() => document.documentElement.lang), "de");
    assert.match(await page.locator("#headline").innerText(), /Ketamin/);
    assert.deepEqual(await broken(), []);
    await page.locator("#run-scene").click();
    assert.match(await page.locator("#guide .told").innerText(), /^Im Modell/);
    assert.deepEqual(await broken(), []);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), 0);
    assert.deepEqual(problems, []);
    await page.locator("#language").click();
    await page.waitForFunction(() => document.documentElement.lang === "en" && document.documentElement.dataset.ready);
    await close();
  });
