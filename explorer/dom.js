/** Elements without ceremony: element("button", {class: "x", onclick: f}, "text", child). */

const SVG = new Set(["svg", "g", "path", "rect", "circle", "polygon", "text", "tspan", "line", "title", "desc", "defs", "marker"]);

export function element(tag, attributes = {}, ...children) {
  const it = SVG.has(tag) ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) it.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked" || name === "htmlFor") it[name] = value;
    else it.setAttribute(name, value === true ? "" : value);
  }
  it.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return it;
}

/** Sets text only when it changes: nothing is laid out again for nothing. */
export function say(node, words) {
  if (node.textContent !== words) node.textContent = words;
}

export const byId = (id) => document.getElementById(id);
