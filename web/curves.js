// Curves of series over steps, epochs or time, smoothed or not; of one run or of several.

import { choice, el, toggle } from "./dom.js";
import { draw, shaded } from "./plot.js";

/// A running average that isn't pulled by the zero it begins with, as TensorBoard smooths.
export function smoothed(values, weight) {
  if (weight === 0) return values;
  let [average, seen] = [0, 0];
  return values.map((value) => {
    if (!Number.isFinite(value)) return value;
    average = average * weight + value * (1 - weight);
    seen += 1;
    return average / (1 - weight ** seen);
  });
}

/// How curves are drawn, kept over visits of the tab.
export const options = { smoothing: 0, log: false, axis: "step" };

/// Controls of `options`; `changed` draws anew.
export function controls(changed) {
  const set = (name) => (value) => { options[name] = value; changed(); };
  const range = el("input", {
    type: "range", min: "0", max: "0.99", step: "0.01", value: String(options.smoothing),
    oninput: () => set("smoothing")(Number(range.value)),
  });
  return el("div", { class: "tools" }, el("label", {}, "Smoothing ", range), toggle("Log scale", options.log, set("log")),
    choice("Over", [["step", "steps"], ["epoch", "epochs"], ["time", "seconds"]], options.axis, set("axis")));
}

/// Epochs that a step of a run makes; 1 where it isn't known.
export const epochsPerStep = (run) => (run.training.epochs && run.progress.total_steps ? run.training.epochs / run.progress.total_steps : 1);

const units = { step: "step", epoch: "epoch", time: "seconds of training" };

/// Draws curves into a place.
///
/// Each has a `name`, `points` of step, value and seconds, and may have a `colour`, a `dash`, and `epochs` a step. Marks are
/// vertical lines at steps, with a text; spans are shaded stretches. `onZoom` hears which stretch is looked at, or `null` for all.
export async function plot(place, title, curves, { marks = [], spans = [], unit = "", onZoom } = {}) {
  const x = (curve) => (point) => options.axis === "time" ? point[2] : options.axis === "epoch" ? point[0] * (curve.epochs ?? 1) : point[0];
  const traces = curves.flatMap((curve) => {
    const points = curve.points.filter((point) => point[1] !== null);
    const [xs, ys] = [points.map(x(curve)), points.map((point) => point[1])];
    const look = { type: "scatter", mode: points.length < 2 ? "markers" : "lines", name: curve.name, x: xs };
    const line = { color: curve.colour, dash: curve.dash, width: 2 };
    if (options.smoothing === 0 || points.length < 3) return [{ ...look, y: ys, line, marker: { color: curve.colour } }];
    return [
      { ...look, y: ys, line: { ...line, width: 1 }, opacity: 0.25, showlegend: false, hoverinfo: "skip" },
      { ...look, y: smoothed(ys, options.smoothing), line },
    ];
  });
  const where = (step) => {
    if (options.axis === "step") return step;
    const curve = curves.find((one) => one.points.length > 0);
    if (!curve) return step;
    if (options.axis === "epoch") return step * (curve.epochs ?? 1);
    return (curve.points.find((point) => point[0] >= step) ?? curve.points.at(-1))[2];
  };
  const shading = shaded(spans, where);
  const drawn = await draw(place, title, traces, {
    xaxis: { title: { text: units[options.axis] } },
    yaxis: { type: options.log ? "log" : "linear", title: { text: unit }, ...level(curves) },
    shapes: [
      ...marks.map((mark) => ({ type: "line", x0: where(mark.step), x1: where(mark.step), yref: "paper", y0: 0, y1: 1, line: { color: mark.colour ?? "#009e73", width: 1, dash: "dash" } })),
      ...shading.shapes,
    ],
    annotations: [
      ...marks.map((mark) => ({ x: where(mark.step), yref: "paper", y: 1, text: mark.text, showarrow: false, xanchor: "left", yanchor: "bottom", font: { size: 11 } })),
      ...shading.annotations,
    ],
  });
  if (!onZoom || !drawn) return;
  drawn.removeAllListeners("plotly_relayout");
  drawn.on("plotly_relayout", (change) => {
    if (change["xaxis.autorange"]) onZoom(null);
    else if (change["xaxis.range[0]"] !== undefined) onZoom([change["xaxis.range[0]"], change["xaxis.range[1]"]]);
  });
}

/// The axis of curves that stay where they are: from zero to twice as much.
function level(curves) {
  const values = curves.flatMap((curve) => curve.points.map((point) => point[1])).filter(Number.isFinite);
  const isLevel = values.length > 1 && values.every((value) => value === values[0]);
  return isLevel && values[0] !== 0 && !options.log ? { range: [0, 2 * values[0]].sort((one, other) => one - other) } : {};
}
