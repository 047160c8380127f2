/**
 * Bundles the page into one HTML file that opens from disk: inline script, style and WebAssembly.
 *
 *     npm run build        writes python/ketasim/explorer/index.html
 *
 * The same sources give the same bytes. ketasim.wasm is built beside (see src/wasm); gzip is written
 * without a time stamp.
 */

import { readFileSync, renameSync, writeFileSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] ?? join(here, "../python/ketasim/explorer/index.html");
const wasm = process.env.KETASIM_WASM ?? join(here, "ketasim.wasm");

const read = (name) => readFileSync(join(here, name), "utf8");
const strings = JSON.parse(read("strings.json"));
const word = (path) => {
  const found = path.split(".").reduce((at, key) => at?.[key], strings);
  if (typeof found !== "string") throw new Error(`index.html asks for ${path}, which strings.json lacks`);
  return found.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/"/g, "&quot;");
};

async function bundle(entry, extra = {}) {
  const { outputFiles } = await build({
    entryPoints: [join(here, entry)], bundle: true, minify: true, write: false, charset: "utf8",
    format: "iife", target: "es2022", legalComments: "inline", loader: { ".css": "text" },
    absWorkingDir: here, ...extra,
  });
  return outputFiles[0].text;
}

const worker = await bundle("population_worker.js");
const script = await bundle("main.js", {
  define: { WASM: JSON.stringify("@WASM@"), WORKER: JSON.stringify(worker) },
});
const style = (await build({
  stdin: { contents: read("style.css"), loader: "css" }, minify: true, write: false, charset: "utf8",
})).outputFiles[0].text;

// Zopfli writes gzip as every browser reads it, 5 % smaller than zlib does. It is loaded last, as it prints its own
// source when anything else fails.
const { gzipAsync } = await import("@gfx/zopfli");
const engine = Buffer.from(await gzipAsync(readFileSync(wasm), { numiterations: 5 }));
// The last byte of the header names the operating system; the page does not care where it was built.
engine[9] = 255;

const page = read("index.html")
  .replace(/\{\{([\w.]+)\}\}/g, (whole, path) => (["style", "script", "licence"].includes(path) ? whole : word(path)))
  .replace("/*{{licence}}*/", () => read("node_modules/uplot/LICENSE").trim())
  .replace("/*{{style}}*/", () => style)
  .replace("/*{{script}}*/", () => script.replace(/<\/script/gi, "<\\/script").replace("@WASM@", () => engine.toString("base64")));

mkdirSync(dirname(out), { recursive: true });
writeFileSync(`${out}.new`, page);
renameSync(`${out}.new`, out); // a page that is open or read is always a whole one
console.log(`${out}: ${page.length} characters, ${(gzipSync(page, { level: 9 }).length / 1024).toFixed(0)} kB gzip; engine ${(engine.length / 1024).toFixed(0)} kB gzip`);
