// The flow of gradients: layers by steps, depth at one step, and distributions over time.

import { get } from "./api.js";
import { choice, el, fill, toggle } from "./dom.js";
import { findingsOf, frames, shading } from "./findings.js";
import { number, words } from "./format.js";
import { draw, figure, leave } from "./plot.js";

const COLUMNS = 200;
const MAP = "Gradient norms: parameters by steps";

/// Layers by steps, coloured by the logarithm of the norm, and the profile over depth at a step.
export async function flow(place, run, { signal }) {
  let [layers, found] = [[], []];
  let isWeightsAlone = true;
  let step = null;
  const [map, profile, ratios] = [figure(true), figure(), figure()];
  const slider = el("input", { type: "range", min: "1", max: "1", value: "1", "aria-label": "Step of the profile", oninput: () => { step = Number(slider.value); drawProfile(); } });
  const said = el("output");
  fill(place, el("div", { class: "tools" },
    toggle("Weights alone", isWeightsAlone, (value) => { isWeightsAlone = value; drawAll(); }),
    el("label", { class: "grow" }, "Step ", slider), said), map, profile, ratios);

  const shown = () => layers.filter((layer) => !isWeightsAlone || !layer.parameter.endsWith(".bias"));
  /// The newest point at or before a step.
  const at = (points, where) => {
    let [low, high] = [0, points.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (points[middle][0] <= where) low = middle;
      else high = middle - 1;
    }
    return points[low];
  };

  function drawMap() {
    const rows = shown();
    const steps = rows.flatMap((layer) => layer.points.map((point) => point[0]));
    if (steps.length === 0) return leave(map, MAP, "No gradients yet.");
    const [first, last] = [Math.min(...steps), Math.max(...steps)];
    const count = Math.min(COLUMNS, last - first + 1);
    const places = Array.from({ length: count }, (_, index) => Math.round(first + ((last - first) * index) / Math.max(1, count - 1)));
    slider.min = first;
    slider.max = last;
    if (step === null) slider.value = last;
    heat(map, MAP, {
      rows: rows.map((layer) => ({ name: layer.parameter, layer: layer.layer })), steps: places, isLog: true, quantity: "norm",
      values: rows.map((layer) => places.map((where) => at(layer.points, where)?.[1] ?? null)), marks: (named) => frames(found, last, named, "gradient"),
    }).then((drawn) => {
      drawn?.removeAllListeners("plotly_click");
      drawn?.on("plotly_click", (event) => { step = event.points[0].x; slider.value = step; drawProfile(); });
    });
  }

  function drawProfile() {
    const where = step ?? Number(slider.max);
    said.textContent = `step ${where}`;
    const rows = shown().filter((layer) => layer.points.length > 0);
    draw(profile, `Profile over depth at step ${where}, input to output`, [{
      type: "scatter", mode: "lines+markers", x: rows.map((layer) => layer.parameter), y: rows.map((layer) => at(layer.points, where)[1]),
    }], { yaxis: { type: "log", title: { text: "L2 norm" } }, hovermode: "closest" });
  }

  function drawAll() {
    drawMap();
    drawProfile();
  }

  async function refresh() {
    const [gradients, findings] = await Promise.all([get(`v1/runs/${run}/gradients?max_points=1000`, { signal }), findingsOf(run, signal)]);
    [layers, found] = [gradients.layers, findings];
    drawAll();
    const updates = (await get(`v1/runs/${run}/updates?max_points=500`, { signal })).layers;
    draw(ratios, "Update ratio: size of a step's update over the weights'", updates
      .filter((layer) => !layer.parameter.endsWith(".bias"))
      .map((layer) => ({ type: "scatter", mode: "lines", name: layer.parameter, x: layer.points.map((point) => point[0]), y: layer.points.map((point) => point[3]) })),
    { yaxis: { type: "log" }, xaxis: { title: { text: "step" } }, ...shading(found, Number(slider.max), "ratio") });
  }
  await refresh();
  return refresh;
}

/// Rows by steps as colours; where `isLog`, of the logarithms. `marks` frames rows, as they are seen from above to below.
function heat(place, title, { rows, steps, values, isLog, quantity, marks }) {
  const scaled = isLog ? values.map((row) => row.map((value) => (value > 0 ? Math.log10(value) : null))) : values;
  return draw(place, title, [{
    type: "heatmap", x: steps, y: rows.map((row) => row.name), z: scaled, colorscale: "Cividis",
    customdata: values.map((row) => row.map((value) => (Number.isFinite(value) ? number(value) : "not there, or not finite"))),
    hovertemplate: `%{y}<br>step %{x}<br>${quantity} %{customdata}<extra></extra>`,
    colorbar: { title: { text: isLog ? `log₁₀ of the ${quantity}` : quantity, side: "right" } },
  }], { hovermode: "closest", xaxis: { title: { text: "step" } }, yaxis: { autorange: "reversed" }, ...marks(rows) });
}

/// Distributions over time, as ridges.
export async function ridges(place, run, { signal }) {
  const plot = figure(true);
  const names = (await get(`v1/runs/${run}/gradients?max_points=2`, { signal })).layers.map((layer) => layer.parameter);
  const layers = (await get(`v1/runs/${run}/activations?max_points=2`, { signal })).activations.map((row) => row.layer);
  let quantity = "gradient";
  let subject = names[0];
  const subjects = el("span");
  const set = () => fill(subjects, choice("Of", subjectsOf().map((name) => [name, name]), subject, (value) => { subject = value; refresh(); }));
  const subjectsOf = () => (quantity.startsWith("activation") ? [...new Set(layers)] : names);
  fill(place, el("div", { class: "tools" },
    choice("Quantity", ["gradient", "weight", "update", "activation", "activation_gradient"].map((name) => [name, words(name)]), quantity, (value) => {
      quantity = value;
      subject = subjectsOf()[0];
      set();
      refresh();
    }), subjects), plot);
  set();

  async function refresh() {
    if (!subject) return leave(plot, "", "No histograms yet.");
    const answer = await get(`v1/runs/${run}/histograms?quantity=${quantity}&layer=${encodeURIComponent(subject)}&from_step=1&scale=linear&bins=64`, { signal });
    const all = answer.histograms.filter((one) => one.counts.some((count) => count > 0));
    const each = Math.max(1, Math.ceil(all.length / 24));
    const rows = all.filter((_, index) => index % each === 0 || index === all.length - 1);
    if (rows.length === 0) return leave(plot, `${words(quantity)} of ${subject}`, "No histograms of this yet.");
    const height = 2.4;
    const traces = rows.map((one, index) => {
      const width = one.edges.slice(1).map((edge, place) => edge - one.edges[place] || 1);
      const density = one.counts.map((count, place) => count / width[place]);
      const most = Math.max(...density);
      const middles = width.map((size, place) => one.edges[place] + size / 2);
      return {
        type: "scatter", mode: "lines", fill: "toself", showlegend: false, line: { width: 1, color: "#0072b2" }, fillcolor: "rgba(0,114,178,0.35)",
        x: [middles[0], ...middles, middles.at(-1)], y: [index, ...density.map((value) => index + (value / most) * height), index],
        name: `step ${one.step}`, hoverinfo: "name",
      };
    });
    return draw(plot, `${words(quantity)} of ${subject}, over steps`, traces.reverse(), {
      hovermode: "closest", xaxis: { title: { text: words(quantity) } },
      yaxis: { title: { text: "step" }, tickvals: rows.map((_, index) => index), ticktext: rows.map((one) => String(one.step)), showgrid: false },
    });
  }
  await refresh();
  return refresh;
}

const statistics = [["standard_deviation", "standard deviation"], ["mean", "mean"], ["dead_fraction", "dead fraction"], ["saturated_fraction", "saturated fraction"], ["effective_rank", "effective rank"], ["gradient", "norm of the error signal"]];

/// What layers put out, over steps: as curves, and layers by steps as colours.
export async function activations(place, run, { signal }) {
  const [map, plot] = [figure(true), figure(true)];
  let [rows, found, statistic] = [[], [], statistics[0][0]];
  const order = (await get(`v1/runs/${run}/model`, { signal })).summary.layers.map((layer) => layer.name);
  fill(place, el("div", { class: "tools" }, choice("Show", statistics, statistic, (value) => { statistic = value; show(); })), map, plot);
  function show() {
    const seen = new Set(rows.map((row) => row.layer));
    // As the model has them, input to output; the answer has them by name.
    const layers = order.filter((name) => seen.has(name));
    if (layers.length === 0) {
      leave(map, "", "No layer was observed yet.");
      return leave(plot, "", "");
    }
    const [, text] = statistics.find(([name]) => name === statistic);
    const title = `${text[0].toUpperCase()}${text.slice(1)} of each layer's output`;
    const isLog = statistic === "gradient";
    const value = (row) => (isLog ? row?.gradient?.l2 : row?.[statistic]) ?? null;
    const steps = [...new Set(rows.map((row) => row.step))].sort((one, other) => one - other);
    const byPlace = new Map(rows.map((row) => [`${row.step} ${row.layer}`, row]));
    // An observation stands for the steps until the next.
    const edges = [...steps, 2 * steps.at(-1) - (steps.at(-2) ?? steps.at(-1) - 1)];
    heat(map, `${title}: layers by steps`, {
      rows: layers.map((name) => ({ name })), steps: edges, isLog, quantity: text, values: layers.map((layer) => steps.map((step) => value(byPlace.get(`${step} ${layer}`)))),
      marks: (named) => frames(found, steps.at(-1), named, "activation"),
    });
    return draw(plot, title, layers.map((layer) => {
      const own = rows.filter((row) => row.layer === layer);
      return { type: "scatter", mode: "lines+markers", name: layer, x: own.map((row) => row.step), y: own.map(value) };
    }), { xaxis: { title: { text: "step" } }, yaxis: { type: isLog ? "log" : "linear" }, ...shading(found, steps.at(-1), "activation") });
  }
  async function refresh() {
    const [answer, findings] = await Promise.all([get(`v1/runs/${run}/activations?max_points=200`, { signal }), findingsOf(run, signal)]);
    [rows, found] = [answer.activations, findings];
    await show();
  }
  await refresh();
  return refresh;
}
