/** The second language is complete, says the same numbers, and breaks nothing. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, test } from "node:test";

import { anyState, random } from "./any_state.js";
import { done, go, open } from "./browser.js";
import { engine, root } from "./subject.js";

after(done);

// The catalogue looks at the address when it is loaded.
globalThis.location = { search: "?lang=de" };
const { inLanguage, language, scenes, strings } = await import("../../explorer/text.js");
const { scenarioOf } = await import("../../explorer/scenarios.js");
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

/** Texts that are the same in both languages: abbreviations, units, symbols, and words that both have. */
const SAME = new Set([
  "ketasim explorer", "ng/mL", "%", "mmHg", "mg/kg", "A", "B", "AMPA", "BDNF", "mTORC1", "BDNF, mTORC1", "SSRI", "NBQX", "Serotonin", "nasal", "sublingual",
  "PSD-95", "{n} ×", "linear", "log", "2 h", "24 h", "Pause", "Block", "Paradox", "min", "1 min", "2 min", "3 min", "10 mg/kg", "30 mg/kg", "50 mg/kg", "200 mg/kg",
  "Block {what}: {pair} ({size}).", "{what}: {pair}.",
]);

test("no text is the English one, unless both languages have it so", () => {
  const pairs = [];
  const both = (name, english) => {
    for (const [path, words] of texts(english)) if (!NAMES.test(path)) pairs.push([`${name}.${path}`, words, at(german[name], path)]);
  };
  both("strings", read("strings.json"));
  both("scenes", Object.fromEntries(Object.entries(read("scenes.json"))));
  both("kit", read("kit.json"));
  for (const [n, { ask, options }] of Object.entries(evidence.items)) for (const [path, words] of texts({ ask, options })) pairs.push([`items.${n}.${path}`, words, at(german.items[n], path)]);
  for (const [name, { what }] of Object.entries(evidence.parameters)) pairs.push([`parameters.${name}`, what, german.parameters[name]?.what]);
  for (const { id, claim, dissent } of Object.values(evidence.links)) pairs.push([`links.${id}.claim`, claim, german.links[id].claim], ...(dissent ? [[`links.${id}.dissent`, dissent, german.links[id].dissent]] : []));
  for (const { id, title, text } of evidence.reality) pairs.push([`reality.${id}.title`, title, german.reality[id].title], [`reality.${id}.text`, text, german.reality[id].text]);
  for (const name of ["disclaimer", "risk"]) pairs.push([name, evidence[name], german.evidence[name]]);
  assert.ok(pairs.length > 600, `${pairs.length} texts`);
  for (const [path, english, words] of pairs) {
    assert.ok(typeof words === "string" && words.length > 0, `no German for ${path}: ${english}`);
    assert.ok(words !== english || SAME.has(english), `${path} is English: ${english}`);
  }
  const used = new Set(pairs.filter(([, english, words]) => english === words).map(([, english]) => english));
  assert.deepEqual([...SAME].filter((it) => !used.has(it)), [], "listed as the same, and is not");
});

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

/** Words that English sentences do not go without, and German ones never have. */
const ENGLISH = /\b(the|of|after|with|and|must|known|unknown|give|needs|stopped|steps|reached|at most|lie|within|number)\b/;

test("every message of the engine has a German one: each kind, each thing, each end of a run", async () => {
  const kinds = read("messages.json");
  const places = (it) => [...it.matchAll(/\{\w+\}/g)].map(([place]) => place).sort();
  assert.deepEqual(Object.keys(german.messages), Object.keys(kinds));
  for (const [kind, words] of Object.entries(kinds)) {
    // A status is a name of the program: in German the remedy says the same.
    assert.deepEqual(new Set(places(german.messages[kind])), new Set(places(words).filter((place) => place !== "{status}")), kind);
    assert.doesNotMatch(german.messages[kind].replace(/\{\w+\}/g, ""), ENGLISH, kind);
  }
  // Nothing is thrown in free words, and no kind is left over.
  const sources = ["engine.js", "population.js", "population_view.js"].map((name) => readFileSync(join(root, "explorer", name), "utf8")).join("\n");
  assert.deepEqual([...sources.matchAll(/throw new Error\(([^)]*)\)/g)].map(([, words]) => words), ["`exit ${code}`"], "which is told as “stopped”");
  const said = new Set([...sources.matchAll(/EngineError\((?:many \? )?"(\w+)"(?: : "(\w+)")?/g), ...sources.matchAll(/kind: (?:worst_state \? )?"(\w+)"(?: : "(\w+)")?/g)].flatMap(([, ...found]) => found.filter(Boolean)));
  assert.deepEqual([...said].sort(), Object.keys(kinds).sort());
  assert.deepEqual(Object.keys(german.remedies).sort(), e.names.statuses.filter((name) => name !== "success").sort());
  for (const words of Object.values(german.remedies)) assert.doesNotMatch(words, ENGLISH, words);
});

test("no state of the page is refused by the core, whose own words stay English", () => {
  const next = random(7);
  for (let k = 0; k < 300; k++) {
    const now = anyState(next);
    for (const arm of ["a", "b"]) e.check(scenarioOf(now[arm], now.trial));
  }
});

test("what the engine throws is read in German, with its names and numbers", () => {
  const dose = { drug: "ketamine", amount: 0.5, unit: "mg/kg", route: "iv" };
  const wrong = {
    unknown: [{ context: "sugar" }], unknown_of_many: [{ parameters: { "x.y": 1 } }], no_object: [{ doses: [3] }], no_field: [{ wieght_kg: 3 }],
    missing: [{ doses: [{ drug: "ketamine" }] }], no_list: [{ doses: 3 }], range: [{ severity: 7 }], whole: [{ doses: [{ ...dose, additional: 0.5 }] }],
    parameter: [{ parameters: { "symptoms.K_R": 1e9 } }], many_doses: [{ doses: [{ ...dose, interval_h: 1, additional: 9000 }, { ...dose, interval_h: 1, additional: 9000 }] }],
    many_times: [{}, Array.from({ length: 30_000 }, (_, k) => k)], refused: [{ doses: [{ ...dose, additional: 3 }] }],
  };
  for (const [kind, [scenario, times = [1]]] of Object.entries(wrong)) {
    assert.throws(() => e.solve(scenario, times, ["madrs"]), (error) => {
      assert.equal(error.kind, kind, error.message);
      const words = inLanguage(error);
      assert.doesNotMatch(words.replace(/„.*“/, ""), /\{|undefined|NaN| {2}/, words);
      assert.doesNotMatch(words.replace(/„.*“/, ""), ENGLISH, words);
      for (const number of error.message.match(/\d{2,}/g) ?? []) assert.ok(words.includes(number), `${words}: ${number}`);
      return true;
    });
  }
  const short = e.solve({ doses: [dose] }, [1000], ["madrs"], { max_steps: 3 });
  assert.equal(short.reason.values.status, "max_steps_reached");
  assert.match(inLanguage(short.reason), /^Angehalten bei t = \S+ h .*Zahl von Schritten war erreicht/);
  assert.doesNotMatch(inLanguage(short.reason), /undefined/);
  // What a browser says is in its own words, and said to be so.
  assert.equal(inLanguage(new Error("Out of memory")), "die Meldung ist englisch: „Out of memory“");
  assert.equal(inLanguage({ kind: "silence", values: { seconds: 30 } }), "seit 30 s keine Nachricht");
});

test("nothing of it is left over from another version of the page", () => {
  for (const [path] of texts(german.strings)) assert.ok(typeof at(read("strings.json"), path) === "string", `nobody asks for ${path}`);
  for (const name of Object.keys(german.parameters)) assert.ok(evidence.parameters[name], name);
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

/** Pieces of English text between the places for numbers that could be seen as English: two words or more. */
function englishPieces() {
  const all = [...texts(read("strings.json")), ...texts(read("scenes.json")), ...texts(evidence.parameters), ...texts(evidence.reality), ...texts(Object.values(evidence.links).map(({ claim, dissent }) => ({ claim, dissent }))), ...texts(evidence.items)];
  // Titles of publications stay as they are.
  const theirs = [...texts(german), ...texts(evidence.sources)].map(([, words]) => words).join("\n");
  const pieces = all.filter(([path]) => !NAMES.test(path)).flatMap(([, words]) => words.split(/\{\w+\}|\n/)).map((it) => it.trim());
  return [...new Set(pieces)].filter((it) => /[a-z]{2,}[ ,][a-z ]*[a-z]{2,}/i.test(it) && !theirs.includes(it));
}

test("no German page shows an English text: presets, scenes, and every card", async () => {
  const pieces = englishPieces();
  assert.ok(pieces.length > 300, `${pieces.length} pieces`);
  const { page, problems, close } = await open({ hash: "#v=1", lang: "de", still: true });
  const shown = () => page.evaluate(() => {
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (node.nodeType === Node.TEXT_NODE) {
        if (!/^(SCRIPT|STYLE|NOSCRIPT)$/.test(node.parentElement.tagName)) found.push(node.data);
      } else for (const name of ["aria-label", "title", "alt", "placeholder", "aria-description", "aria-valuetext"]) found.push(node.getAttribute(name) ?? "");
    }
    return found.join("\n");
  });
  const look = async (where) => {
    const words = await shown();
    assert.deepEqual(pieces.filter((it) => words.includes(it)), [], where);
  };
  for (const name of Object.keys(S.PRESETS)) {
    await go(page, `#p=${name}&v=1`);
    await look(name);
  }
  await go(page, "#v=1");
  await page.evaluate(() => document.querySelectorAll("details").forEach((it) => (it.open = true)));
  await page.waitForSelector("#numbers tbody tr");
  await look("all numbers");
  const openers = page.locator(".hit, #strips .badge");
  const n = await openers.count();
  assert.ok(n >= 16, `${n} cards`);
  for (let i = 0; i < n; i++) {
    const [name, isOpen] = await openers.nth(i).evaluate((it) => {
      it.dispatchEvent(new MouseEvent("click", { bubbles: true }));
      return [it.dataset.stage ?? it.dataset.link ?? it.className, document.getElementById("card").open];
    });
    assert.ok(isOpen, `${name} opens no card`);
    await look(`card of ${name}`);
    await page.evaluate(() => document.getElementById("card").close());
  }
  for (const scene of S.SCENES) {
    await go(page, `#s=${scene}`);
    await look(scene);
  }
  assert.deepEqual(problems, []);
  await close();
});
