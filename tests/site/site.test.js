/** The documentation site in Debian's Chromium, without a network: opened from disk, and from a server. */

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { extname, join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

import { chromium } from "playwright-core";

const SITE = resolve(process.env.SITE ?? fileURLToPath(new URL("../../build/site", import.meta.url)));
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** One page of each kind. */
const PAGES = [
  "index.html",
  "getting_started.html",
  "contributing.html",
  "tutorials/index.html",
  "tutorials/02_disinhibition_paradox.html",
  "how-to/large_populations.html",
  "how-to/sbml.html",
  "reference/python/index.html",
  "reference/python/simulate.html",
  "reference/python/rooms/observation.html",
  "reference/cpp/simulate.html",
  "reference/cpp/solve.html",
  "reference/command_line.html",
  "reference/parameters.html",
  "reference/states.html",
  "reference/readouts.html",
  "reference/drugs.html",
  "reference/sources.html",
  "explanation/evidence.html",
  "explanation/numerical_methods.html",
  "explanation/benchmarks.html",
  "explanation/model.html",
  "gallery.html",
].filter((page) => page !== "explanation/model.html" || existsSync(join(SITE, page)));

const candidates = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
let browser;

before(async () => {
  assert.ok(existsSync(join(SITE, "index.html")), `no site in ${SITE}: ./run docs builds it`);
  const executablePath = candidates.find((path) => path && existsSync(path));
  if (!executablePath) throw new Error("no Chromium: install Debian's package chromium, or name one in CHROMIUM");
  // Containers have no sandbox of their own to give; the pages under test are ours.
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
});

after(() => browser?.close());

/** Opens a page; `problems` fills with what a console would show and with requests to other places. */
async function open(address, { width = 1280, dark = false, offline = true } = {}) {
  const context = await browser.newContext({
    viewport: { width, height: 844 },
    colorScheme: dark ? "dark" : "light",
    offline,
  });
  const page = await context.newPage();
  const problems = [];
  page.on("console", (message) => problems.push(`${message.type()}: ${message.text()}`));
  page.on("response", (response) => response.status() >= 400 && problems.push(`${response.status()}: ${response.url()}`));
  page.on("pageerror", (error) => problems.push(`error: ${error.message}`));
  const own = new URL(address);
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol !== "data:" && (url.protocol !== own.protocol || url.host !== own.host)) problems.push(`request: ${url}`);
  });
  await page.goto(address);
  return { page, problems, close: () => context.close() };
}

const onDisk = (page) => pathToFileURL(join(SITE, page)).href;

test("pages fit a phone of 390 pixels and ask for nothing from elsewhere", async () => {
  const wide = [];
  for (const name of PAGES) {
    const { page, problems, close } = await open(onDisk(name), { width: 390 });
    const excess = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (excess > 0) wide.push(`${name}: ${excess} px`);
    assert.deepEqual(problems, [], name);
    await close();
  }
  assert.deepEqual(wide, []);
});

test("tables of the model show every column, and keep their head in sight", async () => {
  for (const width of [390, 1280])
    for (const [name, row] of [
      ["reference/parameters.html", "mtor-tau_M"],
      ["reference/states.html", "mtor-M"],
      ["reference/readouts.html", "drug_relief"],
      ["reference/drugs.html", "drug-memantine"],
      ["explanation/model.html", "mtor-tau_M"],
    ]) {
      const { page, close } = await open(`${onDisk(name)}#${row}`, { width });
      const cut = await page.$$eval(".numbers table", (tables) => tables.filter((t) => t.getBoundingClientRect().right > innerWidth).length);
      assert.equal(cut, 0, `${name} at ${width}`);
      await page.waitForFunction((row) => {
        const cell = document.getElementById(row).closest("td");
        const head = cell.closest("table").querySelector("th").getBoundingClientRect();
        // In sight itself, below the bar of a phone, and not upon the row that was asked for.
        const name = cell.querySelector("code").getBoundingClientRect();
        return head.top >= 0 && head.bottom <= name.top + 1 && name.bottom < innerHeight;
      }, row, { timeout: 10_000 });
      await close();
    }
});

test("commands are whole on a phone", async () => {
  for (const name of ["index.html", "getting_started.html", "how-to/your_own_model.html"]) {
    const { page, close } = await open(onDisk(name), { width: 390 });
    assert.ok((await page.locator(".highlight-sh pre").count()) > 0, name);
    assert.equal(await page.$$eval(".highlight-sh pre", (all) => all.filter((pre) => pre.scrollWidth > pre.clientWidth).length), 0, name);
    await close();
  }
});

test("a page follows light and dark, and the reader's choice", async () => {
  const ground = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await open(onDisk("index.html"));
  const dark = await open(onDisk("index.html"), { dark: true });
  const [day, night] = [await ground(light.page), await ground(dark.page)];
  assert.notEqual(day, night);
  await dark.page.locator(".theme-toggle-container .theme-toggle, .content-icon-container .theme-toggle").locator("visible=true").first().click();
  assert.equal(await ground(dark.page), day);
  await light.close();
  await dark.close();
});

for (const dark of [false, true])
  test(`pages are accessible, ${dark ? "dark" : "light"}`, async () => {
    for (const name of ["index.html", "how-to/large_populations.html", "reference/python/simulate.html", "reference/cpp/simulate.html", "explanation/evidence.html"]) {
      const { page, close } = await open(onDisk(name), { dark });
      await page.evaluate(AXE);
      // A type that a docstring returns without a word about it is a term without a definition.
      const rules = { "definition-list": { enabled: false } };
      const found = await page.evaluate((rules) => axe.run({ runOnly: ["wcag2a", "wcag2aa"], rules }), rules);
      const told = found.violations.map((v) => `${name}: ${v.id}: ${v.nodes.map((n) => n.html.slice(0, 120)).slice(0, 3).join(" | ")}`);
      assert.deepEqual(told, []);
      await close();
    }
  });

test("mathematics is drawn without a script, in its own font", async () => {
  const { page, problems, close } = await open(onDisk("explanation/numerical_methods.html"));
  assert.ok((await page.locator(".katex-display").count()) >= 3);
  assert.equal(await page.locator(".katex-error").count(), 0);
  assert.ok(await page.evaluate(() => document.fonts.ready.then((fonts) => [...fonts].some((f) => f.family === "KaTeX_Main" && f.status === "loaded"))));
  assert.deepEqual(problems, []);
  await close();
});

test("search from disk finds prose, Python, C++ and the command line", async () => {
  const { page, problems, close } = await open(onDisk("index.html"));
  for (const [query, expected] of [
    ["rapamycin", "Evidence and its limits"],
    ["simulate_population", "ketasim.simulate_population"],
    ["readout_index", "ketasim::readout_index"],
    ["checkpoint", "Command line"],
  ]) {
    await page.locator("input[name=q]").first().fill(query);
    await page.keyboard.press("Enter");
    await page.waitForSelector("#search-results ul.search li");
    await page.waitForFunction((words) => document.querySelector("#search-results")?.textContent.includes(words), expected, { timeout: 5000 });
  }
  await page.locator("#search-results li a").first().click();
  await page.waitForSelector("article h1");
  assert.deepEqual(problems, []);
  await close();
});

test("a search for a name leads to its row first, and mathematics is no word", async () => {
  for (const [query, place] of [
    ["mtor.tau_M", "reference/parameters.html#mtor-tau_M"],
    ["ke0", "reference/parameters.html#pharmacokinetics-ke0"],
    ["drug_relief", "reference/readouts.html#drug_relief"],
    ["pharmacokinetics.Aim_S", "reference/states.html#pharmacokinetics-Aim_S"],
    ["memantine", "reference/drugs.html#drug-memantine"],
  ]) {
    const { page, close } = await open(`${onDisk("search.html")}?q=${query}`);
    const first = page.locator("#search-results ul.search li a").first();
    await first.waitFor();
    assert.equal(await first.getAttribute("href"), place, query);
    await close();
  }
  const { page, close } = await open(`${onDisk("search.html")}?q=mathrm`);
  await page.waitForFunction(() => /did not match|no results/i.test(document.querySelector("#search-results")?.textContent));
  await close();
});

test("search from a server shows extracts", async (t) => {
  const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".png": "image/png", ".woff2": "font/woff2" };
  const server = createServer((request, response) => {
    const path = join(SITE, decodeURIComponent(new URL(request.url, "http://localhost").pathname));
    if (!path.startsWith(SITE) || !existsSync(path)) return response.writeHead(404).end();
    response.writeHead(200, { "content-type": types[extname(path)] ?? "application/octet-stream" }).end(readFileSync(path));
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { page, problems, close } = await open(`http://127.0.0.1:${server.address().port}/search.html?q=saltation`, { offline: false });
  await page.waitForSelector("#search-results li p.context", { timeout: 10_000 });
  assert.match(await page.locator("#search-results").textContent(), /Numerical methods/);
  assert.deepEqual(problems, []);
  await close();
});
