/** How long the first story takes to appear, on the clock and in work of the main thread. */

import { pathToFileURL } from "node:url";

import { browser } from "./browser.js";
import { page as file } from "./subject.js";

/** Runs ahead of the page: notes the frame that shows the question of the story. */
function watch() {
  const look = () => {
    const question = document.querySelector("#guide")?.innerText?.trim();
    if (document.documentElement?.dataset.ready && question) requestAnimationFrame(() => (globalThis.toldAt = performance.now()));
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

/**
 * Opens the page as from a stick, once.
 *
 * @returns {{paint, story, work}}  [ms]: first text on screen and question of the story, both since the navigation; and what the
 *     main thread computed until then, which another program on the machine does not lengthen as it does the clock
 */
export async function firstText() {
  const context = await (await browser()).newContext({ viewport: { width: 1280, height: 800 }, offline: true });
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  // Thread ticks count the time that the thread ran, not the time that it waited for a processor.
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  await page.addInitScript(watch);
  await page.goto(pathToFileURL(file).href);
  await page.waitForFunction(() => globalThis.toldAt, null, { timeout: 60_000 });
  const { metrics } = await session.send("Performance.getMetrics");
  const { paint, story } = await page.evaluate(() => ({ paint: performance.getEntriesByName("first-contentful-paint")[0]?.startTime, story: globalThis.toldAt }));
  await context.close();
  return { paint, story, work: 1000 * metrics.find(({ name }) => name === "TaskDuration").value };
}
