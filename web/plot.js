// Plots by Plotly.js, in the page's colours.

import { url } from "./api.js";
import { el, fill } from "./dom.js";

/// Okabe and Ito's colours, which people who see few of them tell apart too.
export const colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6bb1", "#a6761d", "#666666", "#b15928"];

let loading;

function plotly() {
  loading ??= new Promise((resolve, reject) => {
    const script = el("script", { src: url("app/plotly.min.js") });
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => {
      loading = undefined;
      reject(new Error("the server has no Plotly.js; scripts/setup gets it"));
    };
    document.head.append(script);
  });
  return loading;
}

function merged(base, more) {
  const result = { ...base };
  for (const [name, value] of Object.entries(more)) {
    const isPlain = value !== null && typeof value === "object" && !Array.isArray(value);
    result[name] = isPlain && typeof base[name] === "object" ? merged(base[name], value) : value;
  }
  return result;
}

function theme() {
  const style = getComputedStyle(document.documentElement);
  const [text, line] = [style.getPropertyValue("--text").trim(), style.getPropertyValue("--grid").trim()];
  const axis = { gridcolor: line, zerolinecolor: line, linecolor: line, automargin: true };
  return {
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", colorway: colours,
    font: { color: text, family: "system-ui, sans-serif", size: 12 }, margin: { l: 56, r: 16, t: 28, b: 44 },
    xaxis: axis, yaxis: axis, legend: { orientation: "h", yanchor: "bottom", y: 1, x: 0 }, hovermode: "x unified",
    hoverlabel: { bgcolor: style.getPropertyValue("--card").trim(), font: { color: text } }, uirevision: "kept",
  };
}

/// A place for a plot with its title; `isTall` for more of it.
export function figure(isTall = false) {
  return el("figure", { class: isTall ? "plot tall" : "plot" }, el("figcaption"), el("div", { role: "img" }));
}

/// Draws or draws anew in a figure, where what is zoomed stays so.
///
/// - Returns: the element whose events are Plotly's; `null` when nothing was drawn.
export async function draw(place, title, traces, layout = {}) {
  place.firstChild.textContent = title;
  const inside = place.lastChild;
  inside.setAttribute("aria-label", title);
  let library;
  try {
    library = await plotly();
  } catch (error) {
    fill(inside, el("p", { class: "quiet" }, error.message));
    return null;
  }
  if (!place.isConnected) return null;
  inside.querySelector(":scope > p")?.remove();
  await library.react(inside, traces, merged(theme(), layout), { displaylogo: false, responsive: true, displayModeBar: false, scrollZoom: false });
  return inside;
}

/// Shaded stretches as shapes and texts of a plot; `where` tells where on its x a step is.
export function shaded(spans, where = (step) => step) {
  return {
    shapes: spans.map((span) => ({ type: "rect", x0: where(span.from), x1: where(span.to), yref: "paper", y0: 0, y1: 1, fillcolor: span.colour, opacity: 0.12, line: { width: 0 }, layer: "below" })),
    annotations: spans.map((span) => ({ x: where(span.from), yref: "paper", y: 0.02, text: span.text, showarrow: false, xanchor: "left", yanchor: "bottom", font: { size: 11 } })),
  };
}

/// Says in a figure why there is nothing to draw.
export function leave(place, title, text) {
  release(place);
  place.firstChild.textContent = title;
  fill(place.lastChild, el("p", { class: "quiet" }, text));
}

/// Lets go of what plots in an element hold.
export function release(element) {
  if (!window.Plotly) return;
  for (const plot of element.querySelectorAll(".js-plotly-plot")) window.Plotly.purge(plot);
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  for (const plot of document.querySelectorAll(".js-plotly-plot")) {
    window.Plotly.relayout(plot, merged({ ...plot.layout }, theme()));
  }
});
