// The datasets: what there is, and how one looks.

import { get, picture, remove } from "./api.js";
import { el, fill, svg, table } from "./dom.js";
import { ago, bytes, integer, number, words } from "./format.js";
import { section } from "./splits.js";

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
  const isImage = shape?.length === 3 && [1, 3].includes(shape[0]);
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
    isImage && el("section", {}, el("h2", {}, "First images"), pictures(id, Math.min(24, dataset.examples), preview, signal)),
    classes(statistics.target), columns(statistics.columns),
    dataset.format !== "graph" && await section(id, statistics.columns ?? [], signal, tell),
    preview.rows && el("section", {}, el("h2", {}, "First rows"),
      table(preview.columns ?? [], preview.rows.slice(0, 10).map((row) => el("tr", {}, row.map((value) => el("td", { class: "number" }, String(value))))))));
}

/// The first examples as pictures, each got as the page has a key for it.
function pictures(id, count, preview, signal) {
  return el("div", { class: "images" }, Array.from({ length: count }, (_, index) => {
    const row = preview.rows?.[index];
    const target = Array.isArray(row) ? row.at(-1) : row?.target;
    const label = target === undefined || typeof target === "object" ? String(index) : String(target);
    const image = el("img", { alt: `an example of class ${label}`, width: "64", height: "64" });
    picture(`v1/datasets/${id}/picture?example=${index}`, { signal }).then((source) => { image.src = source; }).catch(() => {});
    return el("figure", {}, image, el("figcaption", {}, label));
  }));
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
    ["Column", "Role", "Type", "Missing", "Distinct", "Mean", "Deviation", "Least", "Median", "Largest", "Distribution", "To the target"],
    list.map((one) => el("tr", {}, el("th", { scope: "row" }, one.name), el("td", {}, one.role), el("td", { title: one.evidence }, one.type ?? one.kind), el("td", { class: "number" }, integer(one.missing)),
      el("td", { class: "number" }, one.distinct === undefined ? "" : `${one.distinct_is_estimate ? "≈ " : ""}${integer(one.distinct)}`),
      [one.mean, one.std, one.min, one.quantiles?.p50, one.max].map((value) => el("td", { class: "number" }, number(value))),
      el("td", {}, distribution(one)), el("td", { class: "number", title: one.relation && words(one.relation.kind) }, one.relation ? number(one.relation.value, 3) : "")))));
}

/// Bars of how often each stretch of numbers, or each of the most frequent values, occurs.
function distribution(column) {
  const counts = column.histogram ?? column.top?.map((one) => one.count) ?? [];
  if (counts.length < 2) return "";
  const [most, wide] = [Math.max(...counts), 100 / counts.length];
  const label = column.histogram ? `histogram of ${column.name}` : `most frequent: ${column.top.slice(0, 3).map((one) => one.value).join(", ")}`;
  return svg("svg", { class: "bars", viewBox: "0 0 100 24", role: "img", "aria-label": label, preserveAspectRatio: "none" },
    counts.map((count, index) => svg("rect", { x: index * wide, y: 24 - (count / most) * 24, width: wide * 0.85, height: (count / most) * 24 })));
}
