// Makes elements. Text is only ever text: nothing here reads markup, so that a name stays a name.

const SVG = "http://www.w3.org/2000/svg";

/// An element with attributes and children; strings are text. `on…` are listeners, `style` has properties.
export function el(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/// The same in a picture.
export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") for (const [property, text] of Object.entries(value)) element.style.setProperty(property, text);
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/// Puts other children in place of an element's own.
export function fill(element, ...children) {
  element.replaceChildren(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/// A small curve of some values, without axes.
export function sparkline(values, label) {
  const finite = values.filter(Number.isFinite);
  if (finite.length < 2) return el("span", { class: "quiet" }, "–");
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  const place = (value, index) => {
    const x = (index / (values.length - 1)) * 96 + 2;
    return `${x.toFixed(1)},${(18 - ((value - low) / (high - low || 1)) * 16).toFixed(1)}`;
  };
  return svg("svg", { class: "spark", viewBox: "0 0 100 20", role: "img", "aria-label": label },
    svg("polyline", { points: values.map((value, index) => Number.isFinite(value) ? place(value, index) : "").join(" ") }));
}

/// A bar of how much of something is done, from 0 to 1; without an end when that isn't known.
export function bar(share, label) {
  return el("progress", { max: "1", value: Number.isFinite(share) ? share : undefined, "aria-label": label });
}

/// Calls `body` once things have been quiet for some milliseconds.
export function debounced(body, milliseconds) {
  let timer;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => body(...values), milliseconds);
  };
}

/// A labelled choice.
export function choice(label, options, selected, onchange) {
  const select = el("select", { onchange: () => onchange(select.value) },
    options.map(([value, text]) => el("option", { value, selected: value === selected }, text)));
  return el("label", {}, `${label} `, select);
}

/// A labelled check box.
export function toggle(label, checked, onchange) {
  const box = el("input", { type: "checkbox", checked, onchange: () => onchange(box.checked) });
  return el("label", {}, box, ` ${label}`);
}

/// A table that may be wider than its place; `heads` of its columns, and rows of which each is a `tr`, or a body that holds them.
export function table(heads, rows) {
  const body = Array.isArray(rows) ? el("tbody", {}, rows) : rows;
  return el("div", { class: "wide" }, el("table", {}, el("thead", {}, el("tr", {}, heads.map((head) => el("th", { scope: "col" }, head)))), body));
}
