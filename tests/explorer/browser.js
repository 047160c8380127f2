/** The page in Debian's Chromium, opened from disk as a class would. */

import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";

import { chromium } from "playwright-core";

import { page as file } from "./subject.js";

const candidates = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

let launched;

/** One browser for a whole file of tests; close it with `done`. */
export async function browser() {
  const executablePath = candidates.find((path) => path && existsSync(path));
  if (!executablePath) throw new Error("no Chromium: install Debian's package chromium, or name one in CHROMIUM");
  // Containers have no sandbox of their own to give; the page under test is ours.
  return (launched ??= await chromium.launch({ executablePath, args: ["--no-sandbox"] }));
}

export const done = async () => (await launched)?.close();

/**
 * Opens the page in a context of its own, without network.
 *
 * `problems` fills with everything a console would show and every request but that of the file itself.
 *
 * @param {object} how  {hash: by default the board, lang, width, height, dark, still: reduced motion, before: script run ahead of the page's}
 */
export async function open({ hash = "#v=1", lang, width = 1280, height = 900, dark = false, still = false, before } = {}) {
  const context = await (await browser()).newContext({
    viewport: { width, height },
    colorScheme: dark ? "dark" : "light",
    reducedMotion: still ? "reduce" : "no-preference",
    acceptDownloads: true,
    offline: true,
  });
  const page = await context.newPage();
  const problems = [];
  page.on("console", (message) => problems.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => problems.push(`error: ${error.message}`));
  const url = pathToFileURL(file).href;
  page.on("request", (request) => {
    if (!/^(blob|data):/.test(request.url()) && request.url().split(/[#?]/)[0] !== url) problems.push(`request: ${request.url()}`);
  });
  if (before) await page.addInitScript(before);
  await page.goto(url + (lang ? `?lang=${lang}` : "") + hash);
  await page.waitForFunction(() => document.documentElement.dataset.ready);
  // Words, tables and address follow the first picture.
  await page.waitForSelector("#named-times, #fatal", { state: "attached" });
  return { page, problems, close: () => context.close() };
}

/** Waits until the page has solved the state that it shows and said what it has to say. */
export async function settled(page) {
  await page.evaluate(
    () =>
      new Promise((resolve) => {
        const look = () => {
          const { now, runs, settling = [] } = globalThis.ketasim;
          if (runs && runs.a.arm === now.a && runs.b.arm === now.b && settling.length === 0) resolve();
          else setTimeout(look, 20);
        };
        setTimeout(look, 40);
      }),
  );
}

/** Goes to another state as a link within the page does. */
export async function go(page, hash) {
  await page.evaluate(
    (hash) =>
      new Promise((resolve) => {
        if (location.hash === hash) resolve();
        addEventListener("hashchange", () => setTimeout(resolve), { once: true });
        location.hash = hash;
      }),
    hash,
  );
  await settled(page);
}
