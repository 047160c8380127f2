/** Ways to predict, each with native controls: every answer can be given without a pointer. */

import { element } from "./dom.js";
import { SHAPES } from "./feedback.js";
import { inWords } from "./moments.js";
import { text } from "./text.js";

/** Times that can be predicted [h]. */
const TIMES_H = [0.5, 1, 2, 4, 8, 12, 24, 48, 72, 120, 168, 240, 336, 504, 672, 1008, 1344];
/** Depth of a predicted shape [MADRS points]: pace is asked, not size. */
const DEPTH = -6;

/** A drawn or chosen curve as points [h, points]. */
export function shapePoints(name) {
  return SHAPES[name].map(([t, share]) => [t, DEPTH * share]);
}

function radios(name, legend, options, chosen, onpick) {
  return element("fieldset", {}, element("legend", {}, legend),
    Object.entries(options).map(([value, words]) => element("label", { class: "box" },
      element("input", { type: "radio", name, value, checked: chosen === value, onchange: () => onpick(value) }), element("span", {}, words))));
}

/** Builds the answers of a scene; `set(part)` merges into what was said. */
export const QUESTIONS = {
  draw(scene, said, set, names) {
    // Drawn with the pointer, or chosen as a shape; who touches a row draws that arm.
    return ["a", "b"].map((arm) => {
      const pick = element("select", {
        id: `shape-${arm}`, onfocus: () => set({ pen: arm }),
        onchange: () => pick.value in scene.shapes && set({ [`shape_${arm}`]: pick.value, [arm]: shapePoints(pick.value) }),
      }, element("option", { value: "" }, said[arm] && !said[`shape_${arm}`] ? text("guide.drawn") : text("guide.shape")),
      Object.entries(scene.shapes).map(([value, words]) => element("option", { value }, words)));
      pick.value = said[`shape_${arm}`] ?? "";
      return element("div", { class: `pen ${arm}${(said.pen ?? "a") === arm ? " now" : ""}` },
        element("label", { for: `shape-${arm}` }, element("span", { class: "sample", "aria-hidden": "true" }), element("span", { class: `${arm}-word` }, names[arm])), pick);
    });
  },
  direction: (scene, said, set) => [
    ...Object.entries(scene.items).map(([arm, words]) => radios(`way-${arm}`, `${text("guide.block")} ${words}`, scene.options, said[arm], (value) => set({ [arm]: value }))),
    radios("sure", scene.confidence, scene.confidences, said.sure, (value) => set({ sure: value })),
  ],
  times: (scene, said, set) => Object.entries(scene.items).map(([id, words]) => {
    const shown = element("output", { for: `time-${id}` }, Number.isFinite(said[id]) ? inWords(said[id], true) : "–");
    const near = TIMES_H.findIndex((t) => t >= (said[id] ?? 12));
    const slider = element("input", {
      type: "range", id: `time-${id}`, min: 0, max: TIMES_H.length - 1, step: 1, value: String(near), "aria-valuetext": inWords(TIMES_H[near]),
      oninput: () => {
        const t = TIMES_H[Number(slider.value)];
        slider.setAttribute("aria-valuetext", inWords(t));
        shown.textContent = inWords(t, true);
        set({ [id]: t });
      },
    });
    return element("div", { class: "field" }, element("label", { for: `time-${id}` }, `${words}: `, shown), slider);
  }),
  stages: (scene, said, set) => [element("fieldset", {}, element("legend", {}, text("guide.dark")),
    scene.items.map((name) => {
      const input = element("input", {
        type: "checkbox", value: name, checked: (said.stages ?? []).includes(name),
        onchange: () => set({ stages: [...input.closest("fieldset").querySelectorAll("input:checked")].map((it) => it.value) }),
      });
      return element("label", { class: "box" }, input, element("span", {}, text(`nodes.${name}`)));
    }))],
  highest: (scene, said, set) => Object.entries(scene.items).map(([id, item]) =>
    radios(`highest-${id}`, item.ask, item.options, said[id], (value) => set({ [id]: value }))),
  counts: (scene, said, set) => Object.entries(scene.items).map(([id, words]) => {
    const input = element("input", {
      type: "number", id: `count-${id}`, min: 0, max: 20, step: 1, value: said[id] ?? "",
      onchange: () => {
        const n = Math.round(Number(input.value));
        if (input.value !== "" && Number.isFinite(n)) set({ [id]: Math.min(20, Math.max(0, n)) });
      },
    });
    return element("div", { class: "field" }, element("label", { for: `count-${id}` }, `${text("guide.of_twenty")} ${words}`), input);
  }),
  quiz: (scene, said, set) => scene.items.map((item, i) => radios(`quiz-${i}`, item.ask, Object.fromEntries(item.options.map((words, k) => [String(k), words])), said[i] === undefined ? undefined : String(said[i]), (value) => set({ [i]: Number(value) }))),
};
