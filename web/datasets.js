// The datasets: what there is, and how one looks.

import { get, remove } from "./api.js";
import { el, fill, svg, table } from "./dom.js";
import { ago, bytes, integer, number } from "./format.js";

export async function show(place, { words: [id], signal, tell }) {
  if (id) await one(place, id, signal, tell);
  else await all(place, signal);
}

async function all(place, signal) {
  document.title = "Datasets · Chainrule";
  const { data } = await get("v1/datasets?limit=200", { signal });
  fill(place, el("h1", {}, "Datasets"),
    data.length === 0 ? el("p", {}, "There are none yet: ", el("a", { href: "#/new" }, "bring one"), ".")
      : table(["Name", "Format", "Examples", "Size", "Created"],
        data.map((row) => el("tr", {}, el("td", {}, el("a", { href: `#/datasets/${row.id}` }, row.name || row.id)), el("td", {}, row.format),
          el("td", { class: "number" }, integer(row.examples)), el("td", { class: "number" }, bytes(row.size_bytes)), el("td", { title: row.created_at }, ago(row.created_at))))));
}

async function one(place, id, signal, tell) {
  const [dataset, preview, statistics] = await Promise.all([
    get(`v1/datasets/${id}`, { signal }), get(`v1/datasets/${id}/preview?rows=24`, { signal }), get(`v1/datasets/${id}/statistics`, { signal })]);
  document.title = `${dataset.name || id} · Chainrule`;
  const shape = dataset.input?.shape ?? dataset.inputs?.[0]?.shape;
  const isImage = shape?.length === 3 && shape[0] === 1 && preview.rows?.[0]?.length === shape[1] * shape[2] + 1;
  fill(place, el("p", { class: "crumbs" }, el("a", { href: "#/datasets" }, "Datasets"), " / ", id), el("h1", {}, dataset.name || id),
    el("p", {}, `${integer(dataset.examples)} examples, ${bytes(dataset.size_bytes)}, ${dataset.format}${shape ? `, inputs of ${shape.join(" × ")}` : ""}`),
    el("div", { class: "tools" }, el("button", {
      onclick: async () => {
        try {
          await remove(`v1/datasets/${id}`);
          location.hash = "#/datasets";
        } catch (error) {
          tell(error.message, true);
        }
      },
    }, "Delete")),
    isImage && el("section", {}, el("h2", {}, "First images"), el("div", { class: "images" }, preview.rows.map((row) => picture(row, shape)))),
    classes(statistics.target), columns(statistics.columns),
    preview.rows && el("section", {}, el("h2", {}, "First rows"),
      table(preview.columns ?? [], preview.rows.slice(0, 10).map((row) => el("tr", {}, row.map((value) => el("td", { class: "number" }, String(value))))))));
}

/// A grey picture of a row of pixels, of which the last value is the class.
function picture(row, [, height, width]) {
  const values = row.slice(0, height * width).map(Number);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const label = String(row.at(-1));
  return el("figure", {}, svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `an example of class ${label}`, "shape-rendering": "crispEdges" },
    values.map((value, index) => {
      const grey = Math.round(((value - low) / (high - low || 1)) * 255);
      return svg("rect", { x: index % width, y: Math.floor(index / width), width: 1, height: 1, fill: `rgb(${grey},${grey},${grey})` });
    })), el("figcaption", {}, label));
}

function classes(target) {
  if (!target?.classes) return null;
  const most = Math.max(...target.classes.map((one) => one.count));
  return el("section", {}, el("h2", {}, "Classes"), el("div", { class: "wide" }, el("table", {}, el("tbody", {}, target.classes.map((one) => el("tr", {},
    el("th", { scope: "row" }, one.name), el("td", { class: "number" }, integer(one.count)), el("td", {}, el("meter", { min: "0", max: most, value: one.count, "aria-label": `examples of ${one.name}` }))))))));
}

function columns(list) {
  if (!list?.length) return null;
  return el("details", { open: list.length <= 20 }, el("summary", {}, `Statistics of ${list.length} columns`), table(
    ["Column", "Role", "Kind", "Missing", "Mean", "Deviation", "Least", "Largest"],
    list.map((one) => el("tr", {}, el("th", { scope: "row" }, one.name), el("td", {}, one.role), el("td", {}, one.kind), el("td", { class: "number" }, integer(one.missing)),
      [one.mean, one.std, one.min, one.max].map((value) => el("td", { class: "number" }, number(value)))))));
}
