/** The address and the engine: whatever a link holds can be solved, and damage on its way breaks nothing. */

import assert from "node:assert/strict";
import { test } from "node:test";

import * as S from "../../explorer/state.js";
import { scenarioOf } from "../../explorer/scenarios.js";
import { anyState, random } from "./any_state.js";
import { engine } from "./subject.js";

const e = await engine();

test("every state that an address can hold is one that the engine accepts", () => {
  const next = random(2);
  for (let k = 0; k < 150; k++) {
    const it = anyState(next);
    for (const arm of [it.a, it.b]) {
      const scenario = scenarioOf(arm);
      e.check(scenario);
      const run = e.solve(scenario, [0, 24, S.END_H], ["madrs"], { rtol: 1e-3 });
      assert.ok(run.ok && run.values.madrs.every(Number.isFinite), JSON.stringify(scenario));
    }
  }
});

test("2,000 damaged addresses are read without failing, each damage is told, and the result is a state", () => {
  const next = random(3);
  const letters = "abkv=&~_.%#-+0159éπ<>\"'\\ \u0000";
  for (let k = 0; k < 2000; k++) {
    let text = S.encode(anyState(next), e.version);
    for (let n = 1 + Math.floor(next() * 4); n > 0; n--) {
      const at = Math.floor(next() * text.length);
      const put = letters[Math.floor(next() * letters.length)];
      const way = next();
      if (way < 0.3) text = text.slice(0, at) + put + text.slice(at + 1);
      else if (way < 0.6) text = text.slice(0, at) + put + text.slice(at);
      else if (way < 0.8) text = text.slice(0, at) + text.slice(at + Math.floor(next() * 9));
      else text += text.slice(at) + put;
    }
    const { state, notices } = S.decode(`#${text}`, e.version);
    for (const { what, found, used } of notices) assert.ok(what && typeof found === "string" && typeof used === "string");
    // What was read can be written, and is then clean.
    const again = S.decode(S.encode(state, e.version), e.version);
    assert.deepEqual(again.notices, [], text);
    assert.deepEqual(again.state, state, text);
  }
});
