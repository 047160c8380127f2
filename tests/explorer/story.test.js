/** The story and its drawing: what the first screen holds, what it must not tell, and whether it tells what was solved. */

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { PRESETS } from "../../explorer/state.js";
import { done, go, open, settled } from "./browser.js";
import { python } from "./subject.js";

after(done);

/** Words with a letter in them and things to touch that are seen on the first screen, and its smallest letters. */
const firstScreen = (page) =>
  page.evaluate(() => {
    const seen = (it) => {
      const box = it.getBoundingClientRect();
      const { visibility, clipPath } = getComputedStyle(it);
      return box.width > 1 && box.height > 1 && box.top < innerHeight && box.bottom > 0 && visibility === "visible" && clipPath === "none" && !it.closest(".visually-hidden, .skip, [aria-hidden=true]:not(canvas):not(#axis):not(.plot)");
    };
    const words = [];
    let smallest = Infinity;
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const it = node.parentElement;
      if (!node.textContent.trim() || !seen(it) || it.closest("script, style, noscript, option, .parts, [hidden]")) continue;
      smallest = Math.min(smallest, parseFloat(getComputedStyle(it).fontSize));
      words.push(...node.textContent.trim().split(/\s+/));
    }
    for (const pick of document.querySelectorAll("select")) if (seen(pick)) words.push(...pick.selectedOptions[0].textContent.split(/\s+/));
    const targets = [...document.querySelectorAll("a[href], button, input, select, summary, textarea, [tabindex='0']")].filter((it) => seen(it) || (it.type === "radio" && seen(it.nextElementSibling)));
    // What the drawing and the plot write with a pen of their own.
    const drawn = ketasim.synapse.written.length > 0 ? ketasim.synapse.written.flatMap((it) => it.split(" ")) : [];
    return { words: [...words, ...drawn].filter((word) => /\p{L}/u.test(word)), targets: targets.map((it) => it.id || it.textContent || it.value), smallest };
  });

for (const [width, height] of [[1280, 800], [1920, 1080], [768, 1024], [390, 844]])
  test(`the first screen at ${width} px: at most 60 words and 12 targets, nothing smaller than 14 px`, async () => {
    const { page, problems, close } = await open({ hash: "", width, height });
    await page.waitForFunction(() => ketasim.synapse.written.length > 0);
    const { words, targets, smallest } = await firstScreen(page);
    assert.ok(words.length <= 60, `${words.length}: ${words.join(" ")}`);
    assert.ok(targets.length <= 12, targets.join(", "));
    assert.ok(smallest >= 14, `${smallest} px`);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), 0);
    assert.deepEqual(problems, []);
    await close();
  });

test("while a prediction is open nothing tells: no curve below what is asked, no level, no heading, no live text", async () => {
  const { page, close } = await open({ hash: "", still: true });
  for (const view of ["story", "board"])
    for (const scene of ["race", "paradox", "clocks", "break", "dose"]) {
      await go(page, `#v=1&s=${scene}${view === "story" ? "&o=story" : ""}`);
      await page.evaluate((scene) => ketasim.guide.enter(scene), scene);
      await settled(page);
      const told = await page.evaluate(() => ({
        curves: ketasim.strips.strips.filter((it) => it.chart && it.chart.data.slice(1).some((column) => [...column].some(Number.isFinite))).map((it) => it.id),
        text: ["headline", "lead", "live", "synapse-clock"].map((id) => document.getElementById(id).textContent).join(" "),
        written: ketasim.synapse.written.join(" "),
        parts: document.getElementById("parts").textContent,
        shown: ["below", "timebar", "reality-now"].filter((id) => document.getElementById(id).checkVisibility()),
        title: document.title,
      }));
      for (const id of ["cells", "excitation", "growth", "spines", "mood"]) assert.ok(!told.curves.includes(id), `${view} ${scene}: ${id} is drawn`);
      assert.doesNotMatch(told.text + told.written + told.title, /\d+ (%|×|h|days)|hours, not weeks|then less|faster/i, `${view} ${scene}`);
      assert.doesNotMatch(told.parts, /\d (of|%|×)/, `${view} ${scene}`);
      assert.deepEqual(told.shown, [], `${view} ${scene}`);
    }
  await close();
});

test("running the first scene plays from the beginning through every era, and the prediction keeps its name", async () => {
  const { page, problems, close } = await open({ hash: "" });
  await page.locator("#shape-a").selectOption("stay");
  await page.locator("#run-scene").click();
  assert.ok((await page.evaluate(() => ketasim.now.cursor)) < 60 / 3600, "begins with the first seconds");
  await page.waitForFunction(() => ketasim.now.cursor > 1 / 60, null, { timeout: 20_000 });
  await page.locator("#play").click();
  const at = await page.evaluate(() => ketasim.now.cursor);
  await page.locator("#play").click();
  await page.waitForTimeout(300);
  const later = await page.evaluate(() => ketasim.now.cursor);
  assert.ok(later >= at && later < 24, "goes on where it was paused");
  assert.equal(await page.evaluate(() => ketasim.guide.ghosts().mood[0].words), "your prediction");
  assert.deepEqual(problems, []);
  await close();
});

test("the text of the drawing says what was solved, part by part, for both", async () => {
  const { page, close } = await open({ hash: "#v=1&c=1", still: true });
  for (const [hash, time] of [["#v=1&c=1", 1], ["#v=1&c=24", 24], ["#p=ampa&c=0.7", 0.7], ["#v=1&c=1344", 1344]]) {
    await go(page, hash);
    const { said, solved } = await page.evaluate((time) => {
      const at = (run, name) => {
        const i = run.time.findIndex((t) => t >= time);
        const [t0, t1] = [run.time[Math.max(0, i - 1)], run.time[i]];
        const [y0, y1] = [run.values[name][Math.max(0, i - 1)], run.values[name][i]];
        return t1 === t0 ? y1 : y0 + ((time - t0) / (t1 - t0)) * (y1 - y0);
      };
      return {
        said: Object.fromEntries([...document.querySelectorAll("#parts [role=option]")].map((it) => [it.id.slice(5), it.textContent])),
        solved: ["a", "b"].map((arm) => {
          const run = ketasim.runs[arm];
          const share = (name) => at(run, name) / run.before[name];
          return { pores: Math.round(20 * at(run, "nmda_block_interneuron")), brake: 100 * share("interneuron_rate"), glutamate: 100 * share("glutamate_dialysate"), ampa: 100 * share("ampa_throughput"), bdnf: share("bdnf_extracellular"), mtor: share("p_mtor"), spines: Math.max(0, Math.round(20 * at(run, "spine_restored"))), sert: Math.round(20 * at(run, "sert_occupancy")) };
        }),
      };
    }, time);
    for (const part of Object.keys(solved[0])) {
      const [, ...arms] = said[part].split(/: /);
      solved.forEach((levels, k) => {
        const read = Number(arms[k].match(/−?[\d.]+/)[0].replace("−", "-"));
        const digits = ["bdnf", "mtor"].includes(part) ? 0.051 : 0.51;
        assert.ok(Math.abs(read - levels[part]) <= digits, `${hash} ${part}: ${said[part]}, solved ${levels[part]}`);
      });
    }
  }
  await close();
});

test("a blocker darkens what lies below it and nothing above", async () => {
  const { page, close } = await open({ still: true, width: 1280, height: 1000 });
  const rows = { nbqx: ["ampa", "bdnf", "mtor", "spines"], bdnf: ["bdnf", "mtor", "spines"], rapa: ["mtor", "spines"], spines: ["spines"] };
  const at = { brake: [112, 140], terminal: [330, 206], serotonin: [60, 244], ampa: [300, 300], bdnf: [520, 282], mtor: [312, 372], spines: [200, 362] };
  for (const [blocker, below] of Object.entries(rows)) {
    await go(page, `#v=1&b=ket_iv_0.5~${blocker}&c=0`);
    const { shades, dark } = await page.evaluate((at) => {
      const { panels } = ketasim.synapse;
      const light = (arm, [x, y]) => {
        const { ctx, scale } = panels[arm];
        const { data } = ctx.getImageData(Math.round((x - 3) * scale), Math.round((y - 3) * scale), Math.round(6 * scale), Math.round(6 * scale));
        let sum = 0;
        for (let i = 0; i < data.length; i += 4) sum += data[i] + data[i + 1] + data[i + 2];
        return sum / (data.length / 4) / 765;
      };
      return { shades: ketasim.runs.b.shades, dark: Object.fromEntries(Object.entries(at).map(([part, place]) => [part, light("a", place) - light("b", place)])) };
    }, at);
    for (const [part, share] of Object.entries(shades)) assert.ok(below.includes(part) ? share > 0.2 : share === 0, `${blocker}: ${part} ${share}`);
    for (const [part, less] of Object.entries(dark)) {
      if (below.includes(part)) assert.ok(less > 0.06, `${blocker}: ${part} is not darker (${less})`);
      else assert.ok(Math.abs(less) < 0.03, `${blocker}: ${part} above it changes by ${less}`);
    }
  }
  await close();
});

test("every part of the drawing opens its card, by pointer and by key; a click elsewhere opens none", async () => {
  const { page, close } = await open({ still: true, height: 1000 });
  const places = { pores: [174, 114], brake: [120, 114], drive: [500, 96], glutamate: [330, 206], ampa: [330, 268], bdnf: [500, 290], mtor: [330, 361], spines: [160, 362], sert: [80, 244] };
  const titles = new Set();
  for (const [part, [x, y]] of Object.entries(places)) {
    const canvas = page.locator(".panel.a canvas");
    const { width } = await canvas.boundingBox();
    await canvas.click({ position: { x: (x * width) / 640, y: (y * width) / 640 } });
    await page.waitForSelector("#card[open]", { timeout: 2000 });
    titles.add(await page.locator("#card-title").innerText());
    assert.match(await page.locator("#card").innerText(), /Claim: grade [A-E].*Number: grade [A-E]/s, part);
    await page.keyboard.press("Escape");
  }
  assert.ok(titles.size >= 7, [...titles].join("; "));
  await page.locator(".panel.a canvas").click({ position: { x: 200, y: 60 } });
  assert.equal(await page.locator("#card[open]").count(), 0);
  await close();
});

test("the drawing costs at most 2 ms a frame, moves on its own only where motion is wanted, and can be held", async () => {
  const { page, close } = await open({ hash: "#v=1&c=1", width: 1280, height: 1000 });
  await page.waitForTimeout(2500);
  const { half, moved } = await page.evaluate(() => {
    const sorted = [...ketasim.synapse.frames.ms].sort((x, y) => x - y);
    return { half: sorted[sorted.length >> 1], moved: ketasim.synapse.phase.a.drift };
  });
  assert.ok(half <= 2, `${half} ms`);
  assert.ok(moved > 0.2);
  await page.locator("#motion").click();
  const held = () => page.evaluate(() => ketasim.synapse.phase.a.drift);
  const before = await held();
  await page.waitForTimeout(300);
  assert.equal(await held(), before);
  await close();
  const calm = await open({ hash: "#v=1&c=1", still: true });
  await calm.page.waitForTimeout(300);
  assert.equal(await calm.page.evaluate(() => ketasim.synapse.phase.a.drift), 0);
  assert.equal(await calm.page.locator("#motion").isVisible(), false);
  await calm.close();
});

for (const [width, height] of [[390, 844], [1280, 800], [1920, 1080]])
  test(`names of predictions cover no label of the model at ${width} px`, async () => {
    const { page, close } = await open({ hash: "", width, height, still: true });
    await page.locator("#shape-a").selectOption("step");
    await page.locator("#shape-b").selectOption("slope");
    await page.locator("#run-scene").click();
    await settled(page);
    await page.waitForTimeout(300);
    const boxes = await page.evaluate(() => ketasim.strips.strips.find(({ id }) => id === "mood").labels);
    assert.equal(boxes.filter(({ words }) => words === "your prediction").length, 2);
    boxes.forEach((one, i) => {
      for (const other of boxes.slice(i + 1)) assert.ok(one.left >= other.right || one.right <= other.left || one.top >= other.bottom || one.bottom <= other.top, `“${one.words}” over “${other.words}”`);
    });
    await close();
  });

for (const width of [390, 600, 768, 1280])
  test(`no label covers another or is cut, every preset at ${width} px`, async () => {
    const { page, close } = await open({ width, height: 900, still: true });
    for (const name of Object.keys(PRESETS)) {
      await go(page, `#p=${name}`);
      const broken = await page.evaluate(() => {
        const found = [];
        for (const it of ketasim.strips.strips) {
          const { bbox } = it.chart;
          const boxes = it.labels ?? [];
          boxes.forEach((one, i) => {
            if (one.left < bbox.left - 1 || one.right > bbox.left + bbox.width + 1) found.push(`${it.id}: “${one.words}” is cut`);
            for (const other of boxes.slice(i + 1)) if (one.left < other.right && one.right > other.left && one.top < other.bottom && one.bottom > other.top) found.push(`${it.id}: “${one.words}” over “${other.words}”`);
          });
        }
        return found;
      });
      assert.deepEqual(broken, [], name);
    }
    const covered = await page.evaluate(() => {
      const axis = document.getElementById("axis").getBoundingClientRect();
      return ketasim.strips.strips.filter((it) => it.plot.getBoundingClientRect().bottom > axis.top + 1).map(({ id }) => id);
    });
    assert.deepEqual(covered, [], "the time axis lies below every plot");
    await close();
  });

test("a comma is read, and what is clamped is said", async () => {
  const { page, close } = await open();
  const dose = page.locator("#arm-dose-exact");
  const type = async (words) => {
    await dose.fill(words);
    await dose.press("Enter");
    await settled(page);
    return { dose: await page.evaluate(() => ketasim.now.a.dose), said: await page.locator("#dose-note").innerText() };
  };
  assert.deepEqual(await type("0,3"), { dose: 0.3, said: "" });
  const much = await type("5");
  assert.equal(much.dose, 1);
  assert.match(much.said, /5 is outside 0\.1 to 1 mg\/kg/);
  const less = await type("-1");
  assert.equal(less.dose, 0.1);
  assert.match(less.said, /-1 is outside/);
  const none = await type("half");
  assert.equal(none.dose, 0.1);
  assert.match(none.said, /“half” is not a number/);
  await close();
});

test("as in a trial: expectation is added to both arms, the control appears, and the trial's points stand beside", async () => {
  const { page, close } = await open({ hash: "#v=1&c=24" });
  const look = () => page.evaluate(() => ({
    a: ketasim.strips.values, mood: [...ketasim.runs.a.curves.mood.main].at(ketasim.runs.a.time.findIndex((t) => t >= 24)),
    control: ketasim.runs.a.control ? ketasim.runs.a.control.at(ketasim.runs.a.time.findIndex((t) => t >= 24)) : null,
    name: document.querySelector("[data-strip=mood] .main .name").textContent,
    points: ketasim.strips.shown.observed.a.map(({ kind }) => kind),
  }));
  const alone = await look();
  assert.equal(alone.name, "drug effect beyond placebo");
  assert.deepEqual([alone.control, alone.points], [null, ["difference"]]);
  await page.locator("#trial").check();
  await settled(page);
  const trial = await look();
  const shown = python(["-c", 'import ketasim as ks; print(*(float(ks.simulate(drug, context="midazolam", t_eval=[24.0])["madrs_change"][0]) for drug in ("ketamine 0.5 mg/kg iv over 40 min", "placebo iv")))']).split(" ").map(Number);
  [trial.mood, trial.control].forEach((value, k) => assert.ok(Math.abs(value - shown[k]) < 0.1, `${value}, in Python ${shown[k]}`));
  assert.deepEqual(trial.points.sort(), ["control", "drug"]);
  assert.match(trial.name, /trial/);
  await close();
});

test("from disk: the state, its code and a frame to embed, not the path of a file", async () => {
  const { page, close } = await open({ hash: "#p=ampa" });
  await page.locator("#share-open").click();
  assert.match(await page.locator("#share-link").inputValue(), /^#v=1/);
  assert.ok((await page.locator("#share-qr path").getAttribute("d")).length > 500);
  const embed = await page.locator("#share-embed").inputValue();
  assert.match(embed, /^<iframe src="ketasim\.html#v=1/);
  assert.doesNotMatch(embed, /file:/);
  await close();
});

test("without WebAssembly the numbers of the first scenario and the reality checks are there", async () => {
  const { page, close } = await open({ before: "delete globalThis.WebAssembly;" });
  assert.equal(await page.locator("#still tbody tr").count(), 2);
  const rows = await page.locator("#still td").allInnerTexts();
  assert.ok(rows.every((cell) => /^−?\d+\.\d$/.test(cell)), rows.join(" "));
  assert.ok((await page.locator(".reality").count()) >= 8);
  await close();
});

test("virtual people stay on the scale of every readout, and an SSRI does nothing on day 1", async () => {
  const { page, close } = await open();
  await page.waitForSelector("[data-count=b-day42]", { timeout: 60_000 });
  const { most, day1, day42 } = await page.evaluate(() => ({
    most: Math.max(...[...ketasim.population.results.values()].flatMap((it) => it.quantiles.cadss_change.flatMap((level) => [...level]))),
    day1: document.querySelector("[data-count=b-day1]").textContent, day42: document.querySelector("[data-count=b-day42]").textContent,
  }));
  assert.ok(most <= 92, `CADSS ${most}`);
  assert.match(day1, / 0 of 20 .* 0 % of 200/);
  assert.doesNotMatch(day42, / 0 of 20 .* 0 % of 200/);
  assert.match(await page.locator("#population-setting").innerText(), /drug alone/);
  await close();
});

test("the predictions of a class come as codes and are drawn as a cloud, without a server", async () => {
  const { page, problems, close } = await open({ hash: "", still: true });
  await page.locator("#shape-a").selectOption("stay");
  await page.locator("#shape-b").selectOption("late");
  await page.locator("#run-scene").click();
  await page.locator("#class summary").click();
  const mine = await page.locator("#class-code").inputValue();
  assert.match(mine, /^R-[0-9a-z]{16}-[0-9a-z]{16}$/);
  await page.locator("#class-codes").fill(`${mine}\n${mine}\nR-12-\nhello`);
  assert.match(await page.locator("#class-said").innerText(), /2 predictions .* after .* 2 codes could not be read/);
  const faint = await page.evaluate(() => ketasim.guide.ghosts().mood.filter((ghost) => ghost.faint).map(({ arm, y }) => [arm, Math.min(...y)]));
  // Depth is kept to half a point.
  assert.deepEqual(faint, [["a", -6], ["b", -6], ["a", -6], ["b", -6]]);
  assert.deepEqual(problems, []);
  await close();
});

test("the band of mood is drawn as known, those of stages without any known spread are hatched", async () => {
  const { page, close } = await open({ hash: "#v=1&n=1" });
  await page.waitForSelector("[data-count=b-day42]", { timeout: 60_000 });
  const unknown = await page.evaluate(() => Object.fromEntries(Object.entries(ketasim.population.bands(ketasim.now).a).filter(([id]) => id !== "t").map(([id, band]) => [id, Boolean(band.unknown)])));
  assert.equal(unknown.mood, false);
  for (const id of ["growth", "spines"]) assert.equal(unknown[id], true, id);
  await close();
});
