// Splits of a dataset: what there is, and how one is made.

import { get, post, remove } from "./api.js";
import { el, fill, table } from "./dom.js";
import { ago, integer, words } from "./format.js";

const NAMES = ["train", "validation", "test"];

export const list = async (dataset, signal) => (await get(`v1/splits?dataset=${dataset}&limit=200`, { signal })).data;

/// What makes a split, in a few words.
export function told(split) {
  const by = split.column ? ` by ${split.column}` : "";
  return split.name || `${words(split.type)}${by}${split.folds ? `, ${split.folds} folds` : ""}, seed ${split.seed}`;
}

/// How many examples its parts have.
function counts(split) {
  if (split.counts.folds) return `${split.counts.folds.length} folds of ${integer(Math.min(...split.counts.folds))} to ${integer(Math.max(...split.counts.folds))}`;
  return NAMES.filter((name) => split.counts[name]).map((name) => `${integer(split.counts[name])} ${name}`).join(", ");
}

/// The part of a dataset's page that is about its splits.
///
/// `columns` are those of its statistics, none for arrays.
export async function section(dataset, columns, signal, tell) {
  const rules = (await get("v1/catalog", { signal })).splits.filter((rule) => rule.type !== "given");
  const place = el("div", {});
  const said = el("div", { role: "status" });
  const type = el("select", { onchange: choose }, rules.filter((rule) => columns.length > 0 || !needsColumn(rule)).map((rule) => el("option", { value: rule.type }, words(rule.type))));
  const column = el("select", {});
  const number = (name, value, more) => el("input", { type: "number", value, style: { width: "6rem" }, "data-name": name, ...more });
  const inputs = { validation: number("validation", "0.2", { min: "0", max: "1", step: "0.05" }), test: number("test", "0", { min: "0", max: "1", step: "0.05" }), folds: number("folds", "", { min: "2", max: "100" }), seed: number("seed", "0", { min: "0" }) };
  const labels = { column: el("label", {}, "Column ", column) };
  for (const [name, input] of Object.entries(inputs)) labels[name] = el("label", {}, `${words(name)} `, input);
  const summary = el("p", { class: "quiet" });

  async function draw() {
    const splits = await list(dataset, signal);
    fill(place, splits.length === 0 ? el("p", { class: "quiet" }, "None yet: a run holds back a fraction of its own. A split is the same rows for every run that names it.")
      : table(["Split", "Parts", "Left out", "Created", ""], splits.map((split) => el("tr", {},
        el("th", { scope: "row", title: split.id }, told(split)), el("td", {}, counts(split)), el("td", { class: "number" }, split.left_out ? integer(split.left_out) : ""),
        el("td", { title: split.created_at }, ago(split.created_at)),
        el("td", {}, el("button", { "aria-label": `Delete ${told(split)}`, onclick: () => remove(`v1/splits/${split.id}`).then(draw, (error) => tell(error.message, true)) }, "Delete"))))));
  }

  function needsColumn(rule) {
    return rule.parameters.some((one) => one.name === "column" && one.required);
  }

  function choose() {
    const rule = rules.find((one) => one.type === type.value);
    const own = new Set(rule.parameters.map((one) => one.name));
    for (const [name, label] of Object.entries(labels)) label.hidden = !own.has(name) || (name === "column" && columns.length === 0);
    fill(column, needsColumn(rule) ? null : el("option", { value: "" }, "the target's classes"), columns.map((one) => el("option", { value: one.name }, one.name)));
    fill(summary, rule.summary);
  }

  async function make() {
    const rule = rules.find((one) => one.type === type.value);
    const body = { dataset, type: type.value };
    if (!labels.column.hidden && column.value) body.column = column.value;
    const isFolded = !labels.folds.hidden && inputs.folds.value !== "";
    for (const { name } of rule.parameters.filter((one) => one.name in inputs)) {
      if (isFolded ? ["validation", "test"].includes(name) : name === "folds") continue;
      if (inputs[name].value !== "") body[name] = Number(inputs[name].value);
    }
    try {
      await post("v1/splits", body);
      fill(said);
      await draw();
    } catch (error) {
      const list = error.errors?.length ? error.errors : [{ detail: error.message }];
      fill(said, el("ul", { class: "fault", role: "alert" }, list.map((one) => el("li", {}, `${one.pointer ? `${one.pointer.slice(1)}: ` : ""}${one.detail}`))));
    }
  }

  choose();
  await draw();
  return el("section", {}, el("h2", {}, "Splits"), place, el("div", { class: "tools" }, el("label", {}, "By ", type), Object.values(labels), el("button", { onclick: make }, "Split")), summary, said);
}

/// A choice of a dataset's splits for a run; `chosen` hears the split and its fold, or nothing. `null` where there are none.
export async function chooser(dataset, signal, chosen) {
  const splits = await list(dataset, signal);
  if (splits.length === 0) return null;
  const fold = el("input", { type: "number", value: "", style: { width: "5rem" }, onchange: say });
  const foldLabel = el("label", { hidden: true }, " Fold that validates ", fold);
  const select = el("select", { onchange: change }, el("option", { value: "" }, "as the spec says"), splits.map((split) => el("option", { value: split.id }, `${told(split)} (${counts(split)})`)));
  const current = () => splits.find((one) => one.id === select.value);

  function change() {
    const split = current();
    foldLabel.hidden = !split?.folds;
    if (split?.folds) {
      fold.min = ["time", "order"].includes(split.type) ? 1 : 0;
      [fold.max, fold.value] = [split.folds - 1, fold.min];
    }
    say();
  }

  function say() {
    const split = current();
    chosen(split && { split: split.id, ...(split.folds && { fold: Number(fold.value) }) });
  }

  return el("p", {}, el("label", {}, "What trains and what validates: ", select), foldLabel);
}
