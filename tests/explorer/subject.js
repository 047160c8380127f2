/** The module under test, and the Python package beside it. */

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

import { loadEngine } from "../../explorer/engine.js";

const here = dirname(fileURLToPath(import.meta.url));
export const root = join(here, "../..");
export const page = join(root, "python/ketasim/explorer/index.html");

// gzip in base64 begins with these letters, whatever the variable is called that holds it.
const PACKED = /H4sI[A-Za-z0-9+/]{50000,}=*/;
const unpack = (packed) => gunzipSync(Buffer.from(packed, "base64"));

/** The module that people get: the one inside the page, unless KETASIM_WASM names another. */
export function wasm() {
  if (process.env.KETASIM_WASM) return readFileSync(process.env.KETASIM_WASM);
  const [packed] = readFileSync(page, "utf8").match(PACKED) ?? [];
  if (!packed) throw new Error(`${page} carries no module: run explorer/build-engine, then npm run build`);
  return unpack(packed);
}

/** A page with its module as it is, not as the compressor of one version of Node packs it. */
export const unpacked = (html) => html.replace(PACKED, (packed) => unpack(packed).toString("base64"));

let loaded;
export const engine = () => (loaded ??= loadEngine(wasm()));

export const cases = JSON.parse(readFileSync(join(here, "scenarios.json"), "utf8"));

/** Times that show seconds and weeks alike [h]: before treatment, geometric to the end, and even. */
export function telling(until_h, n = 40) {
  const times = new Set([0]);
  for (let k = 0; k < n; k++) {
    times.add((1 / 120) * (until_h * 120) ** (k / (n - 1)));
    times.add((until_h * (k + 1)) / n);
  }
  return [...times].filter((t) => t <= until_h).sort((a, b) => a - b);
}

/** The interpreter that has the package. */
export function python(args, input) {
  const venv = join(root, "build/venv/bin/python");
  const command = process.env.PYTHON ?? (existsSync(venv) ? venv : "python3");
  const done = spawnSync(command, args, { input, encoding: "utf8", maxBuffer: 1 << 28 });
  if (done.error) throw done.error;
  if (done.status !== 0) throw new Error(`${command} ${args.join(" ")}\n${done.stderr}`);
  return done.stdout;
}

/** The same scenarios in the Python package. */
export function native(scenarios, times, rtol) {
  // JSON has no NaN; nothing that Python writes here may be one.
  return JSON.parse(python([join(here, "native.py")], JSON.stringify({ scenarios, times, rtol })));
}
