/** The state and its address: what is written is read again, and nothing that is typed breaks it. */

import assert from "node:assert/strict";
import { test } from "node:test";

import * as S from "../../explorer/state.js";

/** Small generator of Park and Miller: the same states in every run. */
function random(seed) {
  let x = seed;
  return (n) => {
    x = (x * 48271) % 2147483647;
    return x % n;
  };
}

function randomState(next) {
  const one = (list) => list[next(list.length)];
  const arm = () => S.arm({
    drug: one(Object.keys(S.DRUGS)), route: one(S.ROUTES), dose: 0.05 + next(240) / 10, schedule: one(S.SCHEDULES),
    blockers: S.BLOCKERS.filter(() => next(2) === 0), cells: one(S.CELLS), hypothesis: one(S.HYPOTHESES),
    ssri: next(2) === 0, sessions: one(S.SESSIONS), species: one(S.SPECIES),
  });
  return S.state({
    a: arm(), b: arm(), axis: one(S.AXES), window: one(Object.keys(S.WINDOWS)), cursor: next(13440) / 10,
    bands: next(2) === 0, scene: one([null, ...S.SCENES]),
  });
}

test("500 states come back from their address as they were, in at most 300 characters", () => {
  const next = random(7);
  for (let i = 0; i < 500; i++) {
    const state = randomState(next);
    const address = S.encode(state, "12.34.56");
    assert.ok(address.length <= S.LONGEST, `${address.length} characters: ${address}`);
    const { state: back, notices } = S.decode(`#${address}`, "12.34.56");
    assert.deepEqual(back, state, address);
    assert.deepEqual(notices, [], address);
    assert.equal(S.encode(back, "12.34.56"), address);
  }
});

test("the board of the start needs no words, and who comes without a link begins with the first scene", () => {
  assert.equal(S.encode(S.state()), "v=1");
  assert.deepEqual(S.decode("v=1"), { state: S.state(), notices: [] });
  assert.deepEqual(S.decode(""), { state: S.state({ scene: "race", view: "story" }), notices: [] });
  assert.deepEqual(S.decode(S.encode(S.decode("").state)), S.decode(""));
});

test("a scene that is typed brings its own arms, one in a link of the page what the link says", () => {
  const typed = S.decode("#s=break&o=story").state;
  assert.deepEqual([typed.scene, typed.view, typed.b.blockers], ["break", "story", ["nbqx"]]);
  assert.deepEqual(S.decode("#v=1&s=break").state, S.state({ scene: "break" }));
});

test("every preset and scene can be called by its name", () => {
  for (const name of Object.keys(S.PRESETS)) {
    const { state, notices } = S.decode(`#p=${name}`);
    assert.deepEqual(state, S.preset(name));
    assert.deepEqual(notices, []);
    assert.equal(S.presetOf(state), name);
  }
  for (const scene of S.SCENES) assert.equal(S.decode(`#s=${scene}`).state.scene, scene);
});

const READ_WITH_NOTICE = [
  ["#v=2", "version"], ["#m=0.0.1", "model"], ["#p=nonsense", "preset"], ["#s=nonsense", "scene"], ["#q=1", "key"], ["#x=2", "trial"], ["#o=poster", "view"],
  ["#a=heroin_iv_1", "drug"], ["#a=ket_bath_0.5", "route"], ["#a=ket_iv_5", "dose"], ["#a=ket_iv_-1", "dose"], ["#a=ket_iv_NaN", "dose"],
  ["#a=ket_iv_0.5_hourly", "schedule"], ["#a=ket_iv_0.5~poison", "option"], ["#a=ssri~rat", "species"], ["#a=ssri~add", "ssri"],
  ["#t=spiral", "axis"], ["#w=1y", "window"], ["#c=1e9", "cursor"], ["#c=now", "cursor"], ["#n=2", "bands"], ["#k=2", "known"], ["#c=24&c=48", "twice"], ["#a=ket_iv_0.5~brake~drive", "twice"], ["#a=ssri_oral_0.3", "unused"], ["#a=none_iv_0.7", "unused"], [`#${"a".repeat(400)}`, "length"],
];
for (const [address, what] of READ_WITH_NOTICE) {
  test(`${address.slice(0, 40)} is read with a notice about its ${what}`, () => {
    const { notices } = S.decode(address, "9.9.9");
    assert.ok(notices.some((notice) => notice.what === what), JSON.stringify(notices));
  });
}

test("a dose out of range becomes the nearest in range, never another drug or route", () => {
  const { state } = S.decode("#a=sket_im_7");
  assert.deepEqual(state.a, S.arm({ drug: "sket", route: "im", dose: S.DOSES.human.most }));
});

test("whatever is typed is read without an error, and gives a state that can be written again", () => {
  const next = random(11);
  const pieces = ["v=1", "a=", "b=ket_", "iv", "_", "~", "&", "=", "#", "%", "%E0%A4%A", "é", "\u0000", "0x10", "1e400", "nbqx", "rat", "p=dose", "__proto__", "constructor", "a=__proto__", "p=constructor", "c=", ";", " ", "'", "<script>"];
  for (let i = 0; i < 3000; i++) {
    const text = Array.from({ length: next(12) }, () => pieces[next(pieces.length)]).join("");
    const { state } = S.decode(text, "1");
    const { state: again, notices } = S.decode(S.encode(state, "1"), "1");
    assert.deepEqual(again, state, text);
    assert.deepEqual(notices, [], text);
  }
});

test("addresses of version 1 that are in the world keep their meaning", () => {
  const { state } = S.decode("#v=1&a=ket_iv_0.5~nbqx&b=rket_im_0.3_six~nodis~add~early&t=linear&w=2w&c=168&n=1");
  assert.deepEqual(state, S.state({
    a: S.arm({ blockers: ["nbqx"] }),
    b: S.arm({ drug: "rket", route: "im", dose: 0.3, schedule: "six", hypothesis: "nodis", ssri: true, sessions: "early" }),
    axis: "linear", window: "2w", cursor: 168, bands: true,
  }));
});

test("an arm keeps to what is possible: rats get no tablets, tablets no dose", () => {
  assert.equal(S.arm({ species: "rat", dose: 30 }).route, "ip");
  assert.equal(S.arm({ drug: "hnk", route: "oral" }).route, "iv");
  assert.deepEqual(S.differences(S.arm({ drug: "ssri", dose: 0.3, route: "im" }), S.SSRI), []);
  assert.deepEqual(S.differences(S.KETAMINE, S.arm({ dose: 0.2 })), ["dose"]);
});

test("states cannot be changed in place", () => {
  assert.throws(() => { S.state().a.dose = 1; }, TypeError);
  assert.throws(() => { S.KETAMINE.blockers.push("nbqx"); }, TypeError);
});
