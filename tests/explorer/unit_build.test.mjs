/** The page that ships is one file, with the licences of what is in it. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const shipped = readFileSync(join(root, "python/ketasim/explorer/index.html"), "utf8");

test("it is one file: no script, style, font, image or request from anywhere", () => {
  assert.match(shipped, /default-src 'none'/);
  // Both do not fall back on default-src.
  assert.match(shipped, /<meta http-equiv="Content-Security-Policy"[^>]*; base-uri 'none'; form-action 'none'">/);
  // Links to publications are followed by a click alone. The markup; what the script asks for is watched in a browser.
  assert.doesNotMatch(shipped.replace(/<script>[\s\S]*<\/script>/, ""), /<(script|link|img|iframe)[^>]+(src|href)="(?!data:)/i);
  assert.doesNotMatch(shipped, /@import|url\(["']?http/i);
});

test("licence notices of what is bundled stay in it", () => {
  // The MIT licence asks for its text, the MPL for a word about where the source is.
  assert.match(shipped, /Copyright \(c\) \d+ Leon Sorokin[\s\S]+permission notice shall be included/);
  assert.match(shipped, /Eigen, MPL-2\.0/);
});

test("engine and page together stay below 300 kB compressed", () => {
  // The page of a school's slow network, with two languages and the drawing.
  const bytes = gzipSync(shipped, { level: 9 }).length;
  assert.ok(bytes <= 300_000, `${bytes} bytes`);
});
