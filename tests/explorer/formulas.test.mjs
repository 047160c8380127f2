// Every formula of the model page can be set: KaTeX reads it without a warning.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import katex from "katex";

const page = readFileSync(new URL("../../docs/explanation/model.md", import.meta.url), "utf8");
const options = { throwOnError: true, strict: "error" };

test("displayed formulas can be set", () => {
  const formulas = [...page.matchAll(/^\$\$\n(.*?)\n\$\$$/gms)].map((found) => found[1]);
  assert.ok(formulas.length > 20, `${formulas.length} formulas`);
  for (const formula of formulas) katex.renderToString(formula, { ...options, displayMode: true });
});

test("formulas within the text can be set", () => {
  const text = page.replace(/^\$\$\n.*?\n\$\$$/gms, "");
  const formulas = [...text.matchAll(/\$([^$\n]+)\$/g)].map((found) => found[1]);
  assert.ok(formulas.length > 400, `${formulas.length} formulas`);
  for (const formula of formulas) katex.renderToString(formula, options);
});
