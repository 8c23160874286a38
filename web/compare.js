// Up to ten runs on one plot, and what they differ in beside what they reached.

import { get } from "./api.js";
import { choice, el, fill, table } from "./dom.js";
import { number, words as spoken } from "./format.js";
import { controls, epochsPerStep, plot } from "./curves.js";
import { colours, draw, figure, release } from "./plot.js";
import { state } from "./runs.js";

export async function show(place, { words: [ids = ""], signal, tell }) {
  document.title = "Compare · Chainrule";
  const names = ids.split(",").filter(Boolean).slice(0, 10);
  const runs = await Promise.all(names.map((id) => get(`v1/runs/${id}`, { signal })));
  const metrics = await Promise.all(names.map((id) => get(`v1/runs/${id}/metrics?max_points=1000`, { signal })));
  const common = [...new Set(metrics.flatMap(({ series }) => series.map((one) => one.name)))].filter((name) => !name.includes("."));
  let wanted = common.includes("validation_loss") ? "validation_loss" : (common[0] ?? "train_loss");
  const [curves, parallel] = [figure(true), figure(true)];
  const [differing, reached] = [differences(runs), shownMetrics(runs)];

  function drawCurves() {
    plot(curves, spoken(wanted), runs.map((run, index) => ({
      name: run.name ?? run.id.slice(0, 12), colour: colours[index],
      epochs: epochsPerStep(run),
      points: metrics[index].series.find((one) => one.name === wanted)?.points ?? [],
    })));
    drawParallel();
  }

  function drawParallel() {
    if (differing.length === 0) return;
    const axes = [...differing.map((name) => axis(name.split("/").at(-1), runs.map((run) => member(run, name)))), axis(spoken(wanted), runs.map((run) => run.metrics[wanted] ?? null))];
    draw(parallel, "What differs, and what came of it", runs.map((run, index) => ({
      type: "scatter", mode: "lines+markers", name: run.name ?? run.id.slice(0, 12), line: { color: colours[index], width: 2 },
      x: axes.map((_, place) => place), y: axes.map((one) => one.heights[index]),
      customdata: axes.map((one) => `${one.label}: ${one.texts[index]}`), hovertemplate: "%{customdata}<extra>%{fullData.name}</extra>",
    })), {
      hovermode: "closest", xaxis: { tickvals: axes.map((_, place) => place), ticktext: axes.map((one) => one.label), range: [-0.3, axes.length - 0.7] },
      yaxis: { visible: false, range: [-0.12, 1.12] },
      annotations: axes.flatMap((one, place) => one.marks.map(([height, text]) => ({ x: place, y: height, text, showarrow: false, xanchor: "left", xshift: 8, font: { size: 11 } }))),
    });
  }

  fill(place, el("h1", {}, `${runs.length} runs compared`), controls(drawCurves),
    el("div", { class: "tools" }, choice("Series", common.map((name) => [name, spoken(name)]), wanted, (value) => { wanted = value; drawCurves(); })),
    curves, differing.length > 0 && parallel,
    table(["Run", "State", ...differing.map((name) => name.replace("/training/", "")), ...reached.map(spoken)],
      runs.map((run, index) => el("tr", {},
        el("td", {}, el("span", { class: "dot", style: { background: colours[index] } }), el("a", { href: `#/run/${run.id}` }, run.name ?? run.id.slice(0, 12))), el("td", {}, state(run)),
        differing.map((name) => el("td", {}, text(member(run, name)))), reached.map((name) => el("td", { class: "number" }, number(run.metrics[name])))))));
  drawCurves();
  signal.addEventListener("abort", () => release(place));
  tell("");
}

const text = (value) => (typeof value === "number" ? number(value) : typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value));
const member = (run, pointer) => pointer.split("/").slice(1).reduce((value, name) => value?.[name], run);
const shownMetrics = (runs) => [...new Set(runs.flatMap((run) => Object.keys(run.metrics)))].filter((name) => /loss|accuracy|error/.test(name) && !name.includes("."));

/// Pointers to what isn't the same in all runs.
function differences(runs) {
  const found = new Set();
  const walk = (pointer) => {
    const values = runs.map((run) => member(run, pointer));
    if (values.every((value) => JSON.stringify(value) === JSON.stringify(values[0]))) return;
    const isNested = values.every((value) => value !== null && typeof value === "object" && !Array.isArray(value));
    if (isNested) for (const name of new Set(values.flatMap(Object.keys))) walk(`${pointer}/${name}`);
    else found.add(pointer);
  };
  walk("/training");
  walk("/model");
  walk("/dataset");
  return [...found];
}

/// Values of all runs along one of the parallel axes, from 0 to 1: numbers by size, or by their logarithms where they spread wide;
/// anything else by its kinds.
function axis(label, values) {
  const texts = values.map((value) => text(value ?? undefined) || "–");
  if (values.every((value) => Number.isFinite(value))) {
    const isWide = values.every((value) => value > 0) && Math.max(...values) >= 10 * Math.min(...values);
    const places = isWide ? values.map(Math.log) : values;
    const [low, high] = [Math.min(...places), Math.max(...places)];
    const heights = places.map((place) => (place - low) / (high - low || 1));
    return { label, texts, heights, marks: [[0, number(Math.min(...values))], [1, number(Math.max(...values))]] };
  }
  const kinds = [...new Set(texts)];
  const height = (kind) => (kinds.length < 2 ? 0.5 : kinds.indexOf(kind) / (kinds.length - 1));
  return { label, texts, heights: texts.map(height), marks: kinds.map((kind) => [height(kind), kind.slice(0, 24)]) };
}
