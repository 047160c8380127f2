/**
 * How fast the page follows a hand, on this machine: node speed.js
 *
 * Prints, and fails nothing: times depend on the machine, steps (budgets.json) do not. The dose of A is
 * dragged over its range five times, one input per frame: A is solved for each, B, which nothing moves,
 * is kept, and both are drawn.
 */

import { browser, done, open } from "./browser.js";
import { firstText } from "./first_text.js";

await browser();
const begin = performance.now();
const { page, close } = await open();
const ready = performance.now() - begin;

const texts = [await firstText(), await firstText(), await firstText()].sort((a, b) => a.story - b.story);

const drags = [];
for (let k = 0; k < 5; k++)
  drags.push(
    await page.evaluate(async () => {
      const dose = document.getElementById("arm-dose");
      const frame = () => new Promise(requestAnimationFrame);
      performance.clearMeasures();
      const frames = [];
      let last = await frame();
      for (let step = 0; step < 80; step++) {
        dose.value = String(0.1 + 0.9 * Math.abs(((step / 40) % 2) - 1));
        dose.dispatchEvent(new Event("input", { bubbles: true }));
        const now = await frame();
        frames.push(now - last);
        last = now;
      }
      await frame();
      return { work: performance.getEntriesByName("solve+draw").map((m) => m.duration), frames };
    }),
  );
const points = await page.evaluate(() => ketasim.runs.a.time.length);
const steps = await page.evaluate(() => [ketasim.runs.a.steps, ketasim.runs.b.steps]);
await close();
await done();

const quantile = (values, q) => [...values].sort((a, b) => a - b)[Math.floor(q * (values.length - 1))];
const best = drags.map(({ work, frames }) => [0.5, 0.95].flatMap((q) => [quantile(work, q), quantile(frames, q)])).sort((a, b) => a[0] - b[0])[0];
const [median, frame, p95, frame95] = best.map((ms) => ms.toFixed(1));
console.log(`opened and solved after ${ready.toFixed(0)} ms`);
const [text] = texts;
console.log(`first text after ${text.paint.toFixed(0)} ms, the story after ${text.story.toFixed(0)} ms, best of three; ${text.work.toFixed(0)} ms of work of the main thread`);
console.log(`solve + draw, best of five drags: median ${median} ms, 95 % within ${p95} ms; frames every ${frame} ms, 95 % within ${frame95} ms`);
console.log(`${points} output times, ${steps.join(" and ")} steps`);
