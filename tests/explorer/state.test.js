/** The address: what is shared comes back as it was, and nothing in it can break the page. */

import assert from "node:assert/strict";
import { test } from "node:test";

import * as S from "../../examples/explorer/state.js";
import { scenarioOf } from "../../examples/explorer/scenarios.js";
import { anyState, random } from "./any_state.js";
import { engine } from "./subject.js";

const e = await engine();

test("500 random states come back from the address as they were, in at most 300 characters", () => {
  const next = random(1);
  for (let k = 0; k < 500; k++) {
    const it = anyState(next);
    const text = S.encode(it, e.version);
    assert.ok(text.length <= 300, `${text.length} characters: ${text}`);
    const back = S.decode(`#${text}`, e.version);
    assert.deepEqual(back.notices, [], text);
    assert.deepEqual(back.state, it, text);
    assert.equal(S.encode(back.state, e.version), text);
  }
});

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

test("nonsense, silence and other types are the start", () => {
  for (const text of [undefined, null, "", "#", "####", 42, "a", "=&=&=", "%", "%E0%A4%A", "a=%E0%A4%A", "__proto__=1&constructor=2"])
    assert.deepEqual(S.decode(text, e.version).state, S.state(), String(text));
});

test("a value out of range is clamped with a notice that names it and what is used", () => {
  const { state, notices } = S.decode("#v=1&a=ket_iv_40&c=1e9", e.version);
  assert.equal(state.a.dose, 1);
  assert.equal(state.cursor, S.END_H);
  assert.deepEqual(notices.map(({ what, found, used }) => [what, found, used]), [["dose", "40", "1"], ["cursor", "1e9", "1344"]]);
});

test("addresses of another version of the page or the model are shown with a notice", () => {
  assert.deepEqual(S.decode("#v=0&a=ket_im_0.5", e.version).notices.map((n) => n.what), ["version"]);
  assert.deepEqual(S.decode(`#v=1&m=0.0.1&a=ket_im_0.5`, e.version).notices.map((n) => n.what), ["model"]);
  assert.equal(S.decode("#v=0&a=ket_im_0.5", e.version).state.a.route, "im");
});

/** Addresses that were once given away. They mean what they meant. */
const OLD = {
  "v=1": {},
  "v=1&a=ket_iv_0.5~nbqx": { a: S.arm({ blockers: ["nbqx"] }) },
  "v=1&a=ket_iv_0.5~rapa&b=none&t=linear&w=2w&c=24": { a: S.arm({ blockers: ["rapa"] }), b: S.arm({ drug: "none" }), axis: "linear", window: "2w", cursor: 24 },
  "v=1&s=paradox&a=ket_iv_0.5~brake&b=ket_iv_0.5~drive&c=0.7": { a: S.arm({ cells: "brake" }), b: S.arm({ cells: "drive" }), cursor: 0.7, scene: "paradox" },
  "v=1&a=sket_intranasal_1_twice~add": { a: S.arm({ drug: "sket", route: "intranasal", dose: 1, schedule: "twice", ssri: true }) },
  "v=1&a=ket_ip_30~rat&b=ket_ip_200~rat&c=1": { a: S.arm({ species: "rat", dose: 30 }), b: S.arm({ species: "rat", dose: 200 }), cursor: 1 },
  "p=paradox": { ...S.PRESETS.paradox },
};

for (const [text, meant] of Object.entries(OLD))
  test(`#${text} means what it meant`, () => {
    const { state, notices } = S.decode(`#${text}`);
    assert.deepEqual(notices, []);
    assert.deepEqual(state, S.state(meant));
  });
