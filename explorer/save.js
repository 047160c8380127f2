/** What leaves the page: a link, Python, a picture, the diagram, the data. Each says where it comes from. */

import qrcode from "qrcode-generator";

import { evidence } from "./cards.js";
import { byId, element } from "./dom.js";
import { FONT } from "./font.js";
import { STRIPS } from "./quantities.js";
import { pythonOf } from "./scenarios.js";
import { inWords } from "./moments.js";
import { encode } from "./state.js";
import { text } from "./text.js";
import { curveName, unitOf } from "./tables.js";
import { armInWords } from "./words.js";

const wordsOfRisk = () => [evidence.disclaimer, evidence.risk];

/** Lines under every export. */
export function provenance(now, version) {
  const { grade, numbers } = evidence.strips.mood;
  return [
    `A, ${text("export.solid")}: ${armInWords(now.a)}`,
    `B, ${text("export.dashed")}: ${armInWords(now.b)}`,
    text("export.version", { version, state: `#${encode(now, version)}` }),
    text(now.trial ? "export.trial" : "export.alone"),
    text("export.evidence", { grade, numbers }),
    ...wordsOfRisk(),
  ];
}

/** Tidy long form with a header of comments: scenario, curve, time, value, unit. */
export function csvOf(now, a, b, units, version) {
  const quoted = (value) => (/[",\n]/.test(value) ? `"${value.replace(/"/g, '""')}"` : value);
  const lines = provenance(now, version).map((line) => `# ${line}`);
  lines.push("scenario,curve,time_h,value,unit");
  for (const [arm, run] of [["A", a], ["B", b]]) {
    for (const { id } of STRIPS) {
      for (const part of ["main", "minor"]) {
        const y = part === "main" ? run.curves[id]?.raw : run.curves[id]?.minor;
        if (!y) continue;
        const name = quoted(curveName(id, part, run.arm));
        const unit = quoted(unitOf(id, part, units));
        for (let i = 0; i < y.length; i++) lines.push(`${arm},${name},${run.time[i]},${y[i]},${unit}`);
      }
    }
  }
  return `${lines.join("\n")}\n`;
}

/** The charts as a picture at twice their size, with a caption that cannot be lost. */
export async function drawPicture(strips, theme, now, version) {
  const scale = 2;
  const { shown } = strips;
  const drawn = await strips.picture(scale / (globalThis.devicePixelRatio || 1));
  const rows = strips.strips.filter((it) => it.width > 0);
  const left = 250;
  const [width, gap, top, bottom] = [left + rows[0].width + 16, 10, 62, 150];
  const height = top + rows.reduce((sum, it) => sum + it.height + gap, 0) + bottom;
  const canvas = element("canvas", { width: width * scale, height: height * scale });
  const ctx = canvas.getContext("2d");
  ctx.scale(scale, scale);
  ctx.fillStyle = theme.ground;
  ctx.fillRect(0, 0, width, height);
  const write = (words, x, y, font, colour, align = "left") => {
    Object.assign(ctx, { font: `${font} ${FONT}`, fillStyle: colour, textAlign: align });
    ctx.fillText(words, x, y);
  };
  write(byId("headline").textContent, 14, 26, "600 19px", theme.ink);
  ["a", "b"].forEach((arm, i) => {
    const x = 14 + i * (width / 2);
    Object.assign(ctx, { strokeStyle: theme[arm], lineWidth: 2.4 });
    ctx.setLineDash(arm === "b" ? [6, 3] : []);
    ctx.beginPath();
    ctx.moveTo(x, 42);
    ctx.lineTo(x + 26, 42);
    ctx.stroke();
    write(armInWords(now[arm]), x + 33, 46, "600 12px", theme[`${arm}-text`]);
  });
  ctx.setLineDash([]);
  let y = top;
  for (const [i, it] of rows.entries()) {
    write(it.words, 14, y + 16, "600 13px", theme.ink);
    write(it.unit.textContent, 14, y + 31, "11px", theme.faint);
    const minor = it.row.querySelector(".minor:not([hidden]) .name")?.textContent;
    write(it.mainName.textContent + (minor ? `; ${text("export.dotted")}: ${minor}` : ""), 14, y + 45, "11px", theme.faint);
    ctx.drawImage(drawn[i], left, y, it.width, it.height);
    y += it.height + gap;
  }
  const { axis } = shown;
  for (const { t, label } of axis.ticks) write(label, left + strips.pixel(axis.forward(t)), y + 8, "11px", theme.faint, "center");
  for (const band of axis.bands) write(text(`time.bandunits.${band.unit}`), left + strips.pixel((axis.forward(band.begin) + axis.forward(band.end)) / 2), y + 24, "12px", theme.ink, "center");
  y += 46;
  for (const line of [text("panel.key"), ...provenance(now, version).slice(2)]) {
    for (const part of wrapped(ctx, line, width - 28, `11px ${FONT}`)) {
      write(part, 14, y, "11px", theme.faint);
      y += 15;
    }
  }
  return canvas;
}

function wrapped(ctx, line, width, font) {
  ctx.font = font;
  const found = [""];
  for (const word of line.split(" ")) {
    const longer = `${found.at(-1)} ${word}`.trim();
    if (ctx.measureText(longer).width <= width) found[found.length - 1] = longer;
    else found.push(word);
  }
  return found;
}

/** The diagram as a file of its own: styles written into it, provenance as text and metadata. */
export function diagramFile(svg, now, version, theme) {
  const copy = svg.cloneNode(true);
  const originals = svg.querySelectorAll("*");
  copy.querySelectorAll("*").forEach((node, i) => {
    const style = getComputedStyle(originals[i]);
    for (const name of ["fill", "stroke", "stroke-width", "opacity", "font-size", "font-weight", "font-family"]) {
      node.style.setProperty(name, style.getPropertyValue(name));
    }
  });
  const [, , width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
  const lines = [text("export.moment", { time: inWords(now.cursor) }), ...provenance(now, version)];
  copy.setAttribute("viewBox", `-10 -4 ${width + 20} ${height + 24 + 13 * lines.length}`);
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.prepend(element("rect", { x: -10, y: -4, width: width + 20, height: height + 24 + 13 * lines.length, fill: theme.ground }));
  copy.append(element("desc", {}, lines.join("\n")), ...lines.map((line, i) =>
    element("text", { x: 0, y: height + 20 + 13 * i, "font-size": 10, "font-family": "sans-serif", fill: theme.faint }, line)));
  return `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(copy)}\n`;
}

export function download(name, content, type) {
  const blob = content instanceof Blob ? content : new Blob([content], { type });
  const url = URL.createObjectURL(blob);
  const link = element("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** A code that a phone reads: the same text as the link. */
function qrOf(words) {
  const code = qrcode(0, "M");
  code.addData(words);
  code.make();
  const n = code.getModuleCount();
  let d = "";
  for (let y = 0; y < n; y++) for (let x = 0; x < n; x++) if (code.isDark(y, x)) d += `M${x + 4} ${y + 4}h1v1h-1z`;
  return element("svg", { id: "share-qr", viewBox: `0 0 ${n + 8} ${n + 8}`, role: "img", "aria-label": text("share.qr") },
    element("rect", { width: n + 8, height: n + 8, fill: "#fff" }), element("path", { d, fill: "#000" }));
}

/** The dialog of everything that can be taken away; `page` gives the present state and pictures. */
export function openShare(page) {
  const dialog = byId("share");
  const now = page.state();
  // A page on disk has no address that others could open: there the state alone is given.
  const onDisk = location.protocol === "file:";
  const state = `#${encode(now, page.version)}`;
  const address = location.href.split("#")[0];
  const link = onDisk ? state : address + state;
  const embed = element("iframe", { src: `${onDisk ? "ketasim.html" : address}${state}`, width: 1280, height: 800, title: text("page.name") }).outerHTML;
  const frame = element("textarea", { readonly: true, id: "share-embed", rows: 3, "aria-label": text("share.embed"), spellcheck: "false" });
  frame.value = embed;
  const field = element("input", { type: "text", readonly: true, value: link, id: "share-link", "aria-label": text("share.link"), onfocus: () => field.select() });
  const code = element("textarea", { readonly: true, id: "share-python", "aria-label": text("share.python"), spellcheck: "false" });
  code.value = pythonOf(now, page.version);
  const said = element("span", { role: "status", id: "share-said" });
  const copy = (from) => async () => {
    try {
      await navigator.clipboard.writeText(from.value);
      said.textContent = text("share.copied");
    } catch {
      from.focus();
      from.select();
      said.textContent = document.execCommand?.("copy") ? text("share.copied") : text("share.failed");
    }
  };
  const button = (id, name, act) => element("button", { type: "button", class: "quiet", id, onclick: act }, text(`share.${name}`));
  dialog.setAttribute("aria-labelledby", "share-title");
  dialog.replaceChildren(
    element("h2", { id: "share-title" }, text("share.title")),
    element("button", { type: "button", class: "quiet close", onclick: () => dialog.close() }, text("share.close")),
    element("h3", {}, text(onDisk ? "share.state" : "share.link")), field,
    element("div", { class: "row" }, button("copy-link", "copy", copy(field)), said),
    element("p", { class: "note" }, text(onDisk ? "share.on_disk" : "share.offline")),
    element("div", { class: "row" }, qrOf(link), element("div", { class: "grow" }, element("h3", {}, text("share.embed")), frame)),
    element("h3", {}, text("share.export")),
    element("div", { class: "row" },
      button("save-png", "png", async () => (await page.picture()).toBlob((blob) => download("ketasim.png", blob))),
      button("save-synapse", "synapse", () => page.synapse().toBlob((blob) => download("ketasim-synapse.png", blob))),
      button("save-svg", "svg", () => download("ketasim-cascade.svg", page.diagram(), "image/svg+xml")),
      button("save-csv", "csv", () => download("ketasim.csv", page.data(), "text/csv"))),
    element("h3", {}, text("share.python_title")), code,
    element("div", { class: "row" }, button("copy-python", "python", copy(code))),
  );
  dialog.showModal();
}
