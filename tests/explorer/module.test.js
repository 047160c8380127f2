/** The module itself: how large it is, what it asks for, and that it comes from these sources. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

import { page, root, unpacked, wasm } from "./subject.js";

// The bytes depend on the compiler; this is the one of Debian 12.
const COMPILER = "3.1.6";

test("the module is at most 250 kB compressed", () => {
  // A class opens the page from a stick, a phone over a school's network: a quarter of a megabyte is
  // one photograph. Half of it is the model's tables, in words and in the code that visits them.
  const bytes = gzipSync(wasm(), { level: 9 }).length;
  assert.ok(bytes <= 250_000, `ketasim.wasm has ${bytes} bytes compressed; which function grew? see explorer/build-engine`);
});

test("the page is at most 300 kB compressed", (t) => {
  const bytes = gzipSync(readFileSync(page), { level: 9 }).length;
  t.diagnostic(`${bytes} bytes`);
  assert.ok(bytes <= 300_000, `${bytes} bytes`);
});

test("the module asks for nothing but a way to refuse, a clock and an exit", async () => {
  const module = await WebAssembly.compile(wasm());
  assert.deepEqual(WebAssembly.Module.imports(module).map((i) => i.name).sort(), [
    "clock_time_get",
    "emscripten_notify_memory_growth",
    "proc_exit",
    "refuse",
  ]);
});

function compilerIsAtHand() {
  const { stdout, error } = spawnSync("em++", ["--version"], { encoding: "utf8" });
  if (error) return "em++ is not installed (Debian's package emscripten)";
  return stdout.includes(` ${COMPILER} `) || `em++ is not version ${COMPILER}: ${stdout.split("\n")[0]}`;
}

const atHand = compilerIsAtHand();

test("the sources build this very module, byte for byte", { skip: atHand === true ? false : atHand }, () => {
  const folder = mkdtempSync(join(tmpdir(), "ketasim-engine-"));
  try {
    const built = join(folder, "ketasim.wasm");
    const { status, stderr } = spawnSync(join(root, "explorer/build-engine"), [built], { encoding: "utf8" });
    assert.equal(status, 0, stderr);
    assert.ok(
      readFileSync(built).equals(wasm()),
      "the module is older than the sources: run explorer/build-engine, then npm run build in explorer",
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

const bundler = existsSync(join(root, "explorer/node_modules/esbuild"))
  ? false
  : "the bundler is not installed: npm ci in explorer";

test("the page is what its sources build around this module, byte for byte once that is unpacked", { skip: bundler }, () => {
  const folder = mkdtempSync(join(tmpdir(), "ketasim-page-"));
  try {
    writeFileSync(join(folder, "ketasim.wasm"), wasm());
    const built = join(folder, "index.html");
    const { status, stderr } = spawnSync(process.execPath, [join(root, "explorer/build.mjs"), built], {
      encoding: "utf8",
      env: { ...process.env, KETASIM_WASM: join(folder, "ketasim.wasm") },
    });
    assert.equal(status, 0, stderr);
    const [found, kept] = [built, page].map((path) => unpacked(readFileSync(path, "utf8")));
    assert.ok(found === kept, "the page is older than its sources: npm run build in explorer");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
