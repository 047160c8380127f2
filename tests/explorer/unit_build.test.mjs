/** The page that ships is the page that these sources make. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const page = join(root, "examples/explorer");
const shipped = readFileSync(join(root, "python/ketasim/explorer/index.html"), "utf8");
const ENGINE = /H4sI[A-Za-z0-9+/=]{1000,}/;

test("built again, the page is the one that ships, but for the engine, which is compared by what it computes", (t) => {
  if (!existsSync(join(page, "node_modules/esbuild")) || !existsSync(join(page, "ketasim.wasm"))) {
    t.skip("needs npm ci and build-engine in examples/explorer");
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), "explorer-"));
  try {
    const made = join(folder, "index.html");
    execFileSync(process.execPath, [join(page, "build.mjs"), made], { stdio: "ignore" });
    assert.equal(readFileSync(made, "utf8").replace(ENGINE, ""), shipped.replace(ENGINE, ""), "run 'npm run build' in examples/explorer");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("it is one file: no script, style, font, image or request from anywhere", () => {
  assert.match(shipped, ENGINE);
  assert.match(shipped, /default-src 'none'/);
  // Links to publications are followed by a click alone.
  assert.doesNotMatch(shipped, /<(script|link|img|iframe)[^>]+(src|href)="(?!data:)/i);
  assert.doesNotMatch(shipped, /@import|url\(["']?http/i);
});

test("licence notices of what is bundled stay in it", () => {
  // The MIT licence asks for its text, the MPL for a word about where the source is.
  assert.match(shipped, /Copyright \(c\) \d+ Leon Sorokin[\s\S]+permission notice shall be included/);
  assert.match(shipped, /Eigen, MPL-2\.0/);
});
