/** The page in a browser: what a class sees, takes away, and what happens when something breaks. */

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { encode, SCENES } from "../../explorer/state.js";
import { anyState, random } from "./any_state.js";
import { done, go, open, settled } from "./browser.js";
import { cases, engine, python, telling } from "./subject.js";

after(done);

const e = await engine();

test("opens from disk without network: ready, no request, nothing on the console", async () => {
  const { page, problems, close } = await open();
  assert.equal(await page.evaluate(() => document.documentElement.dataset.ready), "true");
  // The population worker answers too.
  await page.waitForSelector("[data-count=a-day1]");
  assert.deepEqual(problems, []);
  await close();
});

test("the engine in the page gives what the engine gives here, bit for bit, and its version", async () => {
  const { page, close } = await open();
  const names = e.readouts.map((row) => row.name);
  const asked = cases.map(({ scenario, until_h }) => ({ scenario, times: telling(until_h, 12) }));
  const there = await page.evaluate(
    ([asked, names]) => ({
      version: ketasim.engine.version,
      runs: asked.map(({ scenario, times }) => Object.values(ketasim.engine.solve(scenario, times, names).values).map((v) => [...v])),
    }),
    [asked, names],
  );
  assert.equal(there.version, e.version);
  asked.forEach(({ scenario, times }, i) => {
    const here = Object.values(e.solve(scenario, times, names).values).map((v) => [...v]);
    assert.deepEqual(there.runs[i], here, cases[i].name);
  });
  // What it refuses costs a fresh instance, which a window must be allowed to make at once.
  const afterwards = await page.evaluate(([{ scenario, times }]) => {
    const refusals = [];
    for (let k = 0; k < 3; k++)
      try {
        ketasim.engine.check({ doses: [{ drug: "nbqx", amount: 0.5, unit: "mg", route: "iv" }] });
      } catch (error) {
        refusals.push(error.message);
      }
    return { refusals, madrs: [...ketasim.engine.solve(scenario, times, ["madrs"]).values.madrs] };
  }, asked);
  assert.equal(afterwards.refusals.length, 3);
  assert.match(afterwards.refusals[0], /nbqx 0.5 mg iv .*cannot be given by route 'iv'/);
  assert.deepEqual(afterwards.madrs, [...e.solve(asked[0].scenario, asked[0].times, ["madrs"]).values.madrs]);
  await close();
});

// One page for all that only looks: states follow each other as links do.
let opened;
const looking = () => (opened ??= open());

/** A state of the page by its address, and what its two runs say at some times. */
async function shown(hash, readouts, times) {
  const { page } = await looking();
  await go(page, hash);
  return page.evaluate(
    ([readouts, times]) => {
      const at = (run, name, t) => run.values[name][run.time.findLastIndex((x) => x <= t)];
      const of = (run) => ({
        ...Object.fromEntries(readouts.map((name) => [name, times.map((t) => at(run, name, t))])),
        peak: Object.fromEntries(readouts.map((name) => [name, Math.max(...run.values[name])])),
        before: run.before,
        moments: Object.fromEntries(run.moments.map(({ id, t }) => [id, t])),
      });
      return { a: of(ketasim.runs.a), b: of(ketasim.runs.b) };
    },
    [readouts, times],
  );
}

test("race: ketamine leads on day 1, the daily SSRI in week 6, and it climbs gradually", async () => {
  const { a, b } = await shown("#v=1", ["madrs_change"], [24, 7 * 24, 14 * 24, 28 * 24, 42 * 24]);
  const [day1, week1, week2, week4, week6] = b.madrs_change;
  assert.ok(a.madrs_change[0] < day1 - 2);
  assert.ok(week6 < a.madrs_change[4] - 2);
  // "Flat for four weeks" is the myth: by week 2 a good part of week 6 is there.
  assert.ok(day1 > week1 && week1 > week2 && week2 > week4);
  assert.ok(week6 < 0.95 * week4); // what is reached in week 4 stays
  assert.ok(week2 / week6 > 0.15);
});

test("moments come in the order of causes: block, surge, growth, gone, spines, relief and its loss", async () => {
  const { a } = await shown("#v=1", ["madrs_change"], [24]);
  const { block, glutamate, mtor, gone, spines, half, best, lost } = a.moments;
  assert.ok(block <= glutamate && glutamate <= mtor && mtor < spines);
  assert.ok(block <= half && half < best && best < lost);
  // Two clocks: the drug is gone long before half of the relief is.
  assert.ok(gone < lost / 2);
});

test("paradox: blocking brake cells alone raises glutamate, pyramidal cells alone does not", async () => {
  const { a, b } = await shown("#p=paradox", ["glutamate_dialysate"], [0]);
  assert.ok(a.peak.glutamate_dialysate > 105, String(a.peak.glutamate_dialysate));
  assert.ok(b.peak.glutamate_dialysate < 101, String(b.peak.glutamate_dialysate));
});

test("NBQX ahead of the infusion: AMPA and everything behind it stays dark", async () => {
  const { a, b } = await shown("#p=ampa", ["ampa_throughput", "bdnf_extracellular", "p_mtor", "spine_restored"], [0]);
  for (const [name, top] of Object.entries(b.peak)) {
    const share = (top - b.before[name]) / (a.peak[name] - a.before[name]);
    assert.ok(share < 0.25, `${name} keeps ${share} of its rise`);
  }
});

test("without spine growth day 1 stays, and a part of day 7 is lost", async () => {
  const { a, b } = await shown("#p=spines", ["madrs_change"], [24, 168]);
  const [day1, day7] = b.madrs_change.map((v, k) => v / a.madrs_change[k]);
  // What else carries day 7 does not need new spines: receptors in synapses that are left, and the slow pool.
  assert.ok(day1 > 0.9, `day 1 keeps ${day1}`);
  assert.ok(day7 < 0.8 && day7 > 0.4, `day 7 keeps ${day7}`);
});

test("rapamycin: relief at day 7 is lost in the model, and the reality check stands beside it", async () => {
  const { a, b } = await shown("#p=rapamycin", ["madrs_change"], [168]);
  assert.ok(b.madrs_change[0] / a.madrs_change[0] < 0.6, `${b.madrs_change[0]} of ${a.madrs_change[0]} points stay`);
  const { page } = await looking();
  await page.locator("#reality-now button").click();
  assert.match(await page.locator("#card").innerText(), /rapamycin/i);
  await page.keyboard.press("Escape");
});

test("rats: the peak of glutamate rises with the dose, then falls", async () => {
  const { a, b } = await shown("#p=ratdose", ["glutamate_dialysate"], [1]);
  assert.ok(a.peak.glutamate_dialysate > b.peak.glutamate_dialysate + 5);
});

test("the table of named times shows the plotted curves", async () => {
  const { page } = await looking();
  for (const hash of ["#v=1", "#p=repeats", "#p=ratdose"]) {
    await go(page, hash);
    const rows = await page.evaluate(() =>
      [...document.querySelectorAll("#named-times tbody tr")].map((tr) => ({
        ...tr.dataset,
        cells: [...tr.querySelectorAll("td")].slice(2).map((td) => td.textContent),
        times: [...document.querySelectorAll("#named-times thead th[data-t]")].map((th) => Number(th.dataset.t)),
        drawn: (({ time, curves }) => [[...time], [...curves[tr.dataset.strip][tr.dataset.part]]])(ketasim.runs[tr.dataset.arm.toLowerCase()]),
      })),
    );
    assert.ok(rows.length >= 10);
    for (const { strip, part, arm, cells, times, drawn: [t, y] } of rows) {
      assert.equal(cells.length, times.length);
      times.forEach((time, k) => {
        // The time itself is one of those solved; the text has at least one digit after the point.
        const value = y[t.findIndex((x) => x >= time)];
        const read = Number(cells[k].replace("−", "-").replace(/[  ,]/g, ""));
        assert.ok(Math.abs(read - value) <= 0.051 + 5e-3 * Math.abs(value), `${strip} ${part} ${arm} at ${time} h: ${cells[k]}, drawn ${value}`);
      });
    }
  }
});

test("nothing of that was a problem for the page", async () => assert.deepEqual((await looking()).problems, []));

test("copy, swap, one difference, presets, reset, axes: the state follows, the cursor keeps its time", async () => {
  const { page, problems, close } = await open();
  const state = () => page.evaluate(() => ketasim.now);
  const difference = () => page.locator("#difference").innerText();
  const press = async (act) => {
    await page.locator(`[data-act=${act}]`).click();
    await settled(page);
  };
  assert.match(await difference(), /^One difference/);
  await press("swap");
  assert.equal((await state()).a.drug, "ssri");
  await press("copy");
  assert.deepEqual((await state()).a, (await state()).b);
  assert.doesNotMatch(await difference(), /^One difference/);
  await page.locator("#preset").selectOption("routes");
  await settled(page);
  assert.equal((await state()).b.route, "oral");
  await page.locator("#block-nbqx").check();
  await settled(page);
  assert.match(await difference(), /2|two/i);
  const { cursor } = await state();
  for (const axis of ["linear", "log", "era"]) {
    await page.locator(`input[name=axis][value=${axis}]`).check({ force: true });
    await settled(page);
    assert.equal((await state()).axis, axis);
    assert.equal((await state()).cursor, cursor);
  }
  await press("reset");
  assert.equal((await state()).b.drug, "ssri");
  assert.deepEqual(problems, []);
  await close();
});

test("a link with damage says so and shows the nearest state; the address follows the controls", async () => {
  const { page, problems, close } = await open({ hash: "#v=1&a=ket_iv_40&b=aspirin&q=%3Cb%3E" });
  const notice = page.locator("#link-notice");
  assert.match(await notice.innerText(), /40/);
  assert.match(await notice.innerText(), /aspirin/);
  assert.equal(await notice.locator("b").count(), 0, "what is in the address is never markup");
  assert.equal(await page.evaluate(() => ketasim.now.a.dose), 1);
  await page.locator("#arm-route").selectOption("im");
  await settled(page);
  await page.waitForFunction(() => location.hash.includes("ket_im_1"));
  assert.deepEqual(problems, []);
  await close();
});

test("a shared link opens the same state", async () => {
  const first = await open({ hash: "#p=repeats" });
  await first.page.locator("#arm-hypothesis").evaluate((it) => it.closest("details").setAttribute("open", ""));
  await first.page.locator("#arm-hypothesis").selectOption("nohnk");
  await settled(first.page);
  await first.page.locator("#share-open").click();
  const link = await first.page.locator("#share-link").inputValue();
  const shared = await first.page.evaluate(() => ketasim.now);
  await first.close();
  const second = await open({ hash: `#${link.split("#")[1]}` });
  await settled(second.page);
  assert.deepEqual(await second.page.evaluate(() => ketasim.now), shared);
  assert.equal(await second.page.locator("#link-notice").count(), 0);
  await second.close();
});

/** Presses a button of the share dialog and returns what was saved. */
async function saved(page, id) {
  const [download] = await Promise.all([page.waitForEvent("download"), page.locator(`#${id}`).click()]);
  return readFileSync(await download.path());
}

test("exports carry the disclaimer and the numbers: CSV, SVG, PNG, Python", async () => {
  const { page, problems, close } = await open({ hash: "#p=ampa" });
  await settled(page);
  const disclaimer = await page.locator("#disclaimer").innerText();
  const [sentence] = disclaimer.split(". ");
  assert.match(disclaimer, /not medical advice/i);
  await page.locator("#share-open").click();

  const csv = (await saved(page, "save-csv")).toString("utf8");
  assert.ok(csv.includes(sentence) && csv.includes(`ketasim ${e.version}`));
  const drawn = await page.evaluate(() =>
    ["a", "b"].flatMap((arm) => {
      const { time, curves } = ketasim.runs[arm];
      return Object.values(curves).flatMap(({ raw, main, minor }) =>
        [raw ?? main, minor].filter(Boolean).flatMap((y) => [...y].map((value, i) => [arm.toUpperCase(), time[i], value])));
    }),
  );
  const rows = csv.split("\n").filter((line) => line && !line.startsWith("#"));
  assert.equal(rows.shift(), "scenario,curve,time_h,value,unit");
  const read = rows.map((row) => row.match(/^([AB]),(?:"(?:[^"]|"")*"|[^,]*),([^,]*),([^,]*),/)).map(([, arm, t, y]) => [arm, Number(t), Number(y)]);
  assert.deepEqual(read, drawn);

  const svg = (await saved(page, "save-svg")).toString("utf8");
  assert.ok(svg.includes(sentence));
  const parsed = await page.evaluate((text) => {
    const root = new DOMParser().parseFromString(text, "image/svg+xml");
    return { root: root.documentElement.tagName, broken: root.querySelector("parsererror") !== null, texts: root.querySelectorAll("text").length };
  }, svg);
  assert.equal(parsed.root, "svg");
  assert.ok(!parsed.broken && parsed.texts > 20);

  const png = await saved(page, "save-png");
  const picture = await page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const canvas = new OffscreenCanvas(image.width, image.height);
    const ctx = canvas.getContext("2d", { willReadFrequently: true });
    ctx.drawImage(image, 0, 0);
    // Ink in tenths from top to bottom: pixels that differ from the corner, and colours.
    const ink = Array.from({ length: 10 }, (_, k) => {
      const { data } = ctx.getImageData(0, Math.floor((k * image.height) / 10), image.width, Math.floor(image.height / 10));
      const ground = ctx.getImageData(1, 1, 1, 1).data;
      let n = 0;
      for (let i = 0; i < data.length; i += 4) if (Math.abs(data[i] - ground[0]) + Math.abs(data[i + 1] - ground[1]) + Math.abs(data[i + 2] - ground[2]) > 60) n++;
      return n;
    });
    return { width: image.width, height: image.height, ink, shown: document.querySelector("#strips").clientWidth };
  }, png.toString("base64"));
  assert.ok(picture.width >= 1.5 * picture.shown && picture.height > 800, JSON.stringify(picture));
  for (const n of picture.ink) assert.ok(n > 300, `a tenth of the picture is blank: ${picture.ink}`);

  const program = await page.locator("#share-python").inputValue();
  assert.match(program, /not medical advice/);
  const folder = mkdtempSync(join(tmpdir(), "ketasim-page-"));
  try {
    const path = join(folder, "shared.py");
    writeFileSync(path, program);
    const printed = python([path]).trim().split("\n");
    assert.equal(printed.length, 8);
    const named = await page.evaluate(() => [...document.querySelectorAll("#named-times thead th[data-t]")].map((th) => Number(th.dataset.t)));
    for (const line of printed) {
      const [arm, readout, ...rest] = line.split(" ");
      const values = rest.slice(0, named.length).map(Number);
      const curve = await page.evaluate(
        ([arm, readout, named]) => {
          const run = ketasim.runs[arm.toLowerCase()];
          // On the scales of the page.
          const [strip, part] = { glutamate_dialysate: ["excitation", "main"], p_mtor: ["growth", "minor"], spine_restored: ["spines", "main"], madrs_change: ["mood", "main"] }[readout];
          return named.map((t) => run.curves[strip][part][run.time.findIndex((x) => x >= t)]);
        },
        [arm, readout, named],
      );
      // The page solves at 1e-4, Python at 1e-6: a curve may be off by 0.4 % of its range (engine.test.js).
      const range = Math.max(...curve, 1e-3) - Math.min(...curve, 0);
      values.forEach((v, k) => assert.ok(Math.abs(v - curve[k]) <= 4e-3 * range, `${line}: ${curve[k]} at ${named[k]} h`));
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  assert.deepEqual(problems, []);
  await close();
});

test("every preset's copied Python runs and gives the page's curve", async () => {
  const { page, close } = await open();
  const presets = await page.evaluate(() => [...document.querySelectorAll("#preset option")].map((it) => it.value).filter(Boolean));
  assert.ok(presets.length >= 10);
  const programs = [];
  for (const name of presets) {
    await page.locator("#preset").selectOption(name);
    await settled(page);
    await page.locator("#share-open").click();
    const code = await page.locator("#share-python").inputValue();
    await page.keyboard.press("Escape");
    const mood = await page.evaluate(() => ["a", "b"].map((arm) => {
      const run = ketasim.runs[arm];
      return run.values.glutamate_dialysate[run.time.findIndex((t) => t >= 4)];
    }));
    programs.push({ name, code, mood });
  }
  // One interpreter for all: each program prints its own lines between marks.
  const whole = programs.map(({ name, code }) => `print("@ ${name}")\n${code}`).join("\n");
  const folder = mkdtempSync(join(tmpdir(), "ketasim-page-"));
  try {
    writeFileSync(join(folder, "all.py"), whole);
    const blocks = python([join(folder, "all.py")]).split("@ ").slice(1);
    programs.forEach(({ name, mood }, i) => {
      const lines = blocks[i].split("\n");
      assert.equal(lines[0], name);
      ["A", "B"].forEach((arm, k) => {
        const at4h = Number(lines.find((line) => line.startsWith(`${arm} glutamate_dialysate`)).split(" ")[3]);
        assert.ok(Math.abs(at4h - mood[k]) < 0.2, `${name} ${arm}: ${at4h} in Python, ${mood[k]} on the page [% of baseline]`);
      });
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
  await close();
});

for (const [lang, ended, stopped] of [["en", /step_too_small: stopped at t = 3 h/, "the engine stopped"], ["de", /Angehalten bei t = 3 h .*kleinsten Schritt zu groß/, "Der Rechenkern hielt an"]])
test(`a failed solve keeps the last good curve, says so, and the next good one clears it (${lang})`, async () => {
  const { page, problems, close } = await open({ lang });
  const curve = () => page.evaluate(() => JSON.stringify(ketasim.strips.strips.at(-1).chart.data.map((column) => [...column])));
  const before = await curve();
  await page.evaluate(() => {
    globalThis.whole = ketasim.engine;
    ketasim.engine = { ...whole, solve: (...how) => ({ ...whole.solve(...how), ok: false, reason: { kind: "ended", values: { status: "step_too_small", t: "3", step: "0", steps: 1, rejected: 0, remedy: "" } } }) };
  });
  const dose = page.locator("#arm-dose-exact");
  await dose.fill("0.8");
  await dose.press("Enter");
  const failure = page.locator(".failure").first();
  await failure.waitFor();
  assert.match(await failure.innerText(), ended);
  assert.equal(await curve(), before);
  await page.evaluate(() => {
    ketasim.engine = { ...whole, solve: () => { throw Object.assign(new Error(), { kind: "stopped", values: { why: "unreachable" } }); } };
  });
  await dose.fill("0.9");
  await dose.press("Enter");
  await page.locator(".failure", { hasText: stopped }).first().waitFor();
  assert.equal(await curve(), before);
  await page.evaluate(() => {
    ketasim.engine = whole;
  });
  await dose.fill("1");
  await dose.press("Enter");
  await settled(page);
  assert.equal(await page.locator(".failure").count(), 0);
  assert.notEqual(await curve(), before);
  assert.deepEqual(problems, []);
  await close();
});

test("a worker that cannot start or dies is said plainly; curves go on", async () => {
  const without = await open({ before: "globalThis.Worker = class { constructor() { throw new Error('no workers here'); } };" });
  assert.match(await without.page.locator("#population-status").innerText(), /no workers here/);
  await without.page.locator("#block-nbqx").check();
  await settled(without.page);
  assert.deepEqual(without.problems, []);
  await without.close();

  const dying = await open();
  await dying.page.evaluate(() => ketasim.population.worker.onerror(new ErrorEvent("error", { message: "out of memory" })));
  assert.match(await dying.page.locator("#population-status").innerText(), /out of memory/);
  await dying.page.locator("#block-nbqx").check();
  await settled(dying.page);
  assert.equal(await dying.page.locator(".failure").count(), 0);
  await dying.close();
});

test("without WebAssembly the page says what is missing", async () => {
  const { page, close } = await open({ before: "delete globalThis.WebAssembly;" });
  assert.equal(await page.evaluate(() => document.documentElement.dataset.ready), "failed");
  assert.match(await page.locator("#fatal").innerText(), /WebAssembly/);
  await close();
});

test("twenty virtual people: dots and words agree, and day 1 has no fewer responders than day 7", async () => {
  const { page, close } = await open({ hash: "#p=dose" });
  await page.waitForSelector("[data-count=b-day7]");
  const said = await page.evaluate(() =>
    [...document.querySelectorAll("[data-count]")].map((it) => [it.dataset.count, it.textContent, it.parentElement.querySelectorAll("i.on").length]),
  );
  for (const [name, words, dots] of said) assert.ok(words.includes(` ${dots} of 20`), `${name}: ${words}, ${dots} dots`);
  const of = Object.fromEntries(said.map(([name, , dots]) => [name, dots]));
  assert.ok(of["a-day1"] >= of["a-day7"]);
  // Of twenty the order can turn by chance, of all of them it cannot.
  const share = Object.fromEntries(said.map(([name, words]) => [name, Number(words.match(/(\d+) % of 200/)[1])]));
  assert.ok(share["a-day1"] > share["a-day7"] && share["a-day1"] > share["b-day1"], JSON.stringify(share));
  await close();
});

test("twenty random states are solved and drawn without a problem, and come back from the address bar", async () => {
  const { page, problems, close } = await open({ still: true });
  const next = random(7);
  for (let k = 0; k < 20; k++) {
    const state = { ...anyState(next), scene: null, view: "board" };
    await go(page, `#${encode(state, e.version)}`);
    assert.deepEqual(await page.evaluate(() => ketasim.now), state);
    assert.equal(await page.locator(".failure, #link-notice").count(), 0, encode(state));
  }
  assert.deepEqual(problems, []);
  await close();
});

test("all scenes: the answer is veiled, predicting can be skipped, what follows is the model's", async () => {
  const { page, problems, close } = await open({ still: true });
  const scenes = await page.evaluate(() => [...document.querySelectorAll("[data-scene]")].map((it) => it.dataset.scene));
  assert.deepEqual(scenes, SCENES);
  for (const scene of scenes) {
    await page.locator(`[data-scene=${scene}]`).click();
    await settled(page);
    const veiled = await page.evaluate(() => ketasim.guide.veiled());
    assert.equal(await page.locator("#below").isHidden(), veiled.length > 0, `${scene}: tables and words would tell`);
    for (const id of veiled) {
      const drawn = await page.evaluate((id) => ketasim.strips.strips.find((it) => it.id === id).chart.data.slice(1).some((column) => [...column].some(Number.isFinite)), id);
      assert.ok(!drawn, `${scene}: strip ${id} is open while it is asked about`);
    }
    await page.locator("#run-scene").click();
    await settled(page);
    assert.equal(await page.locator("#below").isHidden(), false);
    assert.match(await page.locator("#guide .told").innerText(), /^In the model/);
    assert.equal(await page.locator("#feedback").isHidden(), true, "who predicted nothing is told nothing");
  }
  assert.deepEqual(problems, []);
  await close();
});

test("every arrow and every strip has a card with grade and source, and says where people disagree", async () => {
  const { page, close } = await open({ still: true });
  const cards = await page.evaluate(() => {
    const found = [];
    for (const button of document.querySelectorAll("#diagram [role=button], #diagram button, #strips button")) {
      button.dispatchEvent(new MouseEvent("click", { bubbles: true }));
      const card = document.getElementById("card");
      if (!card.open) continue;
      found.push({ from: button.getAttribute("aria-label") ?? button.textContent, text: card.innerText, sources: card.querySelectorAll("li").length });
      card.close();
    }
    return found;
  });
  assert.ok(cards.length >= 20, `${cards.length} cards`);
  for (const { from, text, sources } of cards) {
    assert.match(text, /grade [A-E]/i, from);
    assert.ok(sources > 0, `${from}: no source`);
    assert.doesNotMatch(text, /undefined|NaN|\[object/, from);
  }
  await close();
});

for (const width of [390, 320])
  test(`${width} px: nothing scrolls sideways, before and after opening more`, async () => {
    const { page, problems, close } = await open({ width, height: 800 });
    const sideways = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.equal(await sideways(), 0);
    await page.evaluate(() => document.querySelectorAll("details").forEach((it) => (it.open = true)));
    assert.equal(await sideways(), 0);
    assert.deepEqual(problems, []);
    await close();
  });

for (const lang of ["en", "de"])
  test(`the bar of scenes stands on one line, and on paper the time axis stands below its plots (${lang})`, async () => {
    const { page, close } = await open({ lang, width: 1280, still: true });
    const bar = await page.locator("#scenes").boundingBox();
    assert.ok(bar.height < 44, `${bar.height} px high`);
    await page.emulateMedia({ media: "print" });
    const left = (of) => page.evaluate((of) => document.querySelector(of).getBoundingClientRect().left, of);
    assert.ok(Math.abs((await left("#axis")) - (await left("#strips .plot"))) < 1.5, "the axis begins where the plots begin");
    await close();
  });

test("which observations each rival explains: every row has a mark for each, and the sums are those of the rows", async () => {
  const { page, problems, close } = await open({ hash: "#s=rivals&o=story", still: true });
  for (const name of ["receptor-and-circuit", "synapse"]) await page.locator(`input[name="highest-${name}"][value="hnk"]`).check();
  await page.locator("#run-scene").click();
  await settled(page);
  const told = await page.locator("#feedback").innerText();
  assert.match(told, /glutamate and firing: you had metabolite HNK alone, the model has disinhibition alone/);
  assert.match(told, /synapses and spines: as you said/);
  assert.doesNotMatch(await page.locator("#guide").innerText(), /\{|undefined|NaN/);
  await page.locator("#explained-open").click();
  const bodies = await page.evaluate(() => [...document.querySelectorAll("#explained tbody")].map((body) => [...body.rows].map((row) => [...row.cells].map((cell) => cell.textContent))));
  assert.equal(bodies.length, 4);
  for (const [[area, ...sums], ...rows] of bodies) {
    if (rows.length === 0) continue; // trials are counted only
    sums.forEach((sum, k) => {
      const [found, all] = sum.split(" of ").map(Number);
      const weight = ([what]) => Number(what.match(/(\d+) ×/)?.[1] ?? 1);
      assert.equal(rows.reduce((n, row) => n + weight(row), 0), all, area);
      assert.equal(rows.reduce((n, row) => n + (row[k + 1] === "●" ? weight(row) : 0), 0), found, `${area}, column ${k}`);
    });
  }
  assert.deepEqual(problems, []);
  await close();
});
