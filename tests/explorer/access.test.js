/** The page for everybody: rules that a machine can check, and the first scene by keyboard alone. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, test } from "node:test";

import { done, go, open, settled } from "./browser.js";

after(done);

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/** States in the order in which one page can go through them. */
const STATES = {
  start: (page) => go(page, "#v=1"),
  "a damaged link": (page) => go(page, "#v=1&a=ket_iv_40&b=aspirin"),
  "a rat, linear axis": (page) => go(page, "#v=1&a=ket_ip_30~rat&b=ket_ip_200~rat&t=linear&w=24h"),
  "all switches and numbers open": async (page) => {
    await go(page, "#p=rapamycin");
    await page.evaluate(() => document.querySelectorAll("details").forEach((it) => (it.open = true)));
    await page.waitForSelector("#numbers tbody tr");
    // A few rows of the table are like all of them, and less work.
    await page.locator("#find-number").fill("half-block");
  },
  "the story, a prediction open": async (page) => {
    await page.evaluate(() => document.querySelectorAll("details").forEach((it) => (it.open = false)));
    await go(page, "#v=1&s=race&o=story");
  },
  "the story, told": async (page) => {
    await page.locator("#run-scene").click();
    await settled(page);
  },
  "a part of the drawing": async (page) => {
    await page.locator("#parts").focus();
    await page.keyboard.press("Enter");
    await page.waitForSelector("#card[open]");
  },
  "a prediction": async (page) => {
    await page.keyboard.press("Escape");
    await page.locator("#to-board").click();
    await settled(page);
    await page.locator("[data-scene=race]").click();
    await settled(page);
  },
  "a prediction explained": async (page) => {
    await page.locator("#run-scene").click();
    await settled(page);
  },
  "an evidence card": (page) => page.locator("#reality-now button").click(),
  "the share dialog": async (page) => {
    await page.keyboard.press("Escape");
    await page.locator("#share-open").click();
  },
};

for (const width of [1280, 390])
  for (const dark of [false, true])
    test(`no rule of WCAG 2.2 AA that axe knows is broken, ${width} px, ${dark ? "dark" : "light"}`, async (t) => {
      const { page, problems, close } = await open({ width, height: 900, dark, still: true });
      await page.evaluate(axe);
      for (const [name, reach] of Object.entries(STATES)) {
        await reach(page);
        const broken = await page.evaluate(async (tags) => {
          const { violations } = await axe.run(document, { runOnly: { type: "tag", values: tags }, resultTypes: ["violations"] });
          return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target} ${failureSummary}`).slice(0, 3).join("; ")}`);
        }, TAGS);
        await t.test(name, () => assert.deepEqual(broken, []));
      }
      assert.deepEqual(problems, []);
      await close();
    });

/** What has the focus: its name for a person, and whether it shows. */
const focused = (page) =>
  page.evaluate(() => {
    const it = document.activeElement;
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(it);
    const box = it.getBoundingClientRect();
    return {
      id: it.id,
      scene: it.dataset.scene ?? "",
      tag: it.tagName,
      name: it.getAttribute("name") ?? "",
      words: (it.getAttribute("aria-label") ?? it.textContent).trim().slice(0, 60),
      ring: (outlineStyle !== "none" && parseFloat(outlineWidth) > 0) || boxShadow !== "none",
      seen: box.width > 0 && box.height > 0,
    };
  });

async function tabTo(page, wanted, most = 80) {
  const passed = [];
  for (let k = 0; k < most; k++) {
    await page.keyboard.press("Tab");
    const it = await focused(page);
    passed.push(`${it.tag} ${it.id || it.scene || it.name || it.words}`);
    if (it.tag !== "BODY") assert.ok(it.seen && (it.ring || ["radio", "checkbox"].includes(await page.evaluate(() => document.activeElement.type))), `focus is not seen on ${passed.at(-1)}`);
    if (wanted(it)) return it;
  }
  throw new Error(`not reached by Tab: ${passed.join(" > ")}`);
}

test("the first scene with the keyboard alone: predict, run, read what differed, see every part, leave", async () => {
  const { page, problems, close } = await open({ hash: "" });
  await tabTo(page, (it) => it.id === "shape-a");
  await page.keyboard.type("falls slowly");
  assert.equal(await page.locator("#shape-a").inputValue(), "slope");
  await tabTo(page, (it) => it.id === "shape-b");
  await page.keyboard.press("ArrowDown");
  assert.notEqual(await page.locator("#shape-b").inputValue(), "");
  await tabTo(page, (it) => it.id === "run-scene");
  await page.keyboard.press("Enter");
  await settled(page);
  assert.equal((await focused(page)).tag, "H2");
  const said = await page.locator("#feedback").innerText();
  assert.match(said, /Ketamine, .*you had .*, the model has /);
  assert.doesNotMatch(said, /well done|wrong|correct|grade/i);
  await tabTo(page, (it) => it.id === "parts");
  const parts = [];
  for (let k = 0; k < 9; k++) {
    parts.push(await page.evaluate(() => document.getElementById(document.activeElement.getAttribute("aria-activedescendant"))?.textContent ?? ""));
    await page.keyboard.press("ArrowRight");
  }
  assert.equal(new Set(parts.filter(Boolean)).size, 8, parts.join("\n"));
  await tabTo(page, (it) => it.id === "to-board");
  await page.keyboard.press("Enter");
  await settled(page);
  assert.equal(await page.evaluate(() => ketasim.now.scene), null);
  assert.deepEqual(problems, []);
  await close();
});

test("arrows, Enter and Escape in the diagram: along the cascade, into a card and back", async () => {
  const { page, close } = await open();
  await tabTo(page, () => false, 0).catch(() => {});
  await page.evaluate(() => document.querySelector("#diagram [tabindex='0'], #diagram button").focus());
  const first = await focused(page);
  await page.keyboard.press("ArrowRight");
  const second = await focused(page);
  assert.notEqual(second.words, first.words);
  await page.keyboard.press("Enter");
  await page.waitForSelector("#card[open]");
  await page.keyboard.press("Escape");
  assert.equal((await focused(page)).words, second.words);
  await close();
});

test("a slider moves by arrows and by pages, says its value with unit, and tells the change once", async () => {
  const { page, close } = await open();
  await page.evaluate(() => {
    globalThis.told = [];
    new MutationObserver(() => told.push(document.getElementById("live").textContent)).observe(document.getElementById("live"), { childList: true, characterData: true, subtree: true });
    document.getElementById("arm-dose").focus();
  });
  const value = () => page.evaluate(() => Number(document.getElementById("arm-dose").value));
  for (let k = 0; k < 6; k++) await page.keyboard.press("ArrowRight");
  assert.ok(Math.abs((await value()) - 0.8) < 1e-9);
  await settled(page);
  await page.waitForFunction(() => told.length > 0);
  assert.match(await page.evaluate(() => document.getElementById("arm-dose").getAttribute("aria-valuetext")), /0\.8 milligrams per kilogram/);
  const told = await page.evaluate(() => globalThis.told);
  assert.equal(told.length, 1, told.join("\n"));
  assert.match(told[0], /in the model, ketamine: .*(rises|falls) from/i);
  await page.keyboard.press("PageDown");
  assert.ok((await value()) < 0.8 - 0.05);
  await close();
});

test("landmarks and headings tell the page: banner, scenes, controls, main, disclaimer", async () => {
  const { page, close } = await open();
  const tree = await page.locator("body").ariaSnapshot();
  for (const part of [/- banner/, /- navigation "/, /- complementary "/, /- main/, /- contentinfo/, /heading "[^"]+" \[level=1\]/, /slider "Dose/])
    assert.match(tree, part);
  assert.match(await page.locator("footer").innerText(), /Not medical advice/);
  await close();
});

test("nothing plays where motion is unwanted, and steps do what playing does", async () => {
  const { page, close } = await open({ still: true });
  assert.equal(await page.locator("#play").isVisible(), false);
  const at = () => page.evaluate(() => ketasim.now.cursor);
  const before = await at();
  await page.locator("#next-event").click();
  await settled(page);
  assert.notEqual(await at(), before);
  await close();
});

test("curves have at least 3:1 and words 4.5:1 on their ground, light and dark", async () => {
  for (const dark of [false, true]) {
    const { page, close } = await open({ dark });
    const ratios = await page.evaluate(() => {
      const paint = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
      const rgb = (colour) => {
        paint.fillStyle = colour;
        paint.fillRect(0, 0, 1, 1);
        return [...paint.getImageData(0, 0, 1, 1).data].slice(0, 3);
      };
      const luminance = (colour) => {
        const [r, g, b] = rgb(colour).map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const css = getComputedStyle(document.documentElement);
      const value = (name) => css.getPropertyValue(`--${name}`).trim();
      const contrast = (x, y) => {
        const [a, b] = [luminance(x), luminance(y)].sort((p, q) => q - p);
        return (a + 0.05) / (b + 0.05);
      };
      return Object.fromEntries(["a", "b", "a-text", "b-text", "ink", "faint"].map((name) => [name, value(name) ? contrast(value(name), value("ground")) : NaN]));
    });
    for (const [name, ratio] of Object.entries(ratios))
      assert.ok(ratio >= (["a", "b"].includes(name) ? 3 : 4.5), `${name} has ${ratio}:1 ${dark ? "dark" : "light"}`);
    await close();
  }
});
