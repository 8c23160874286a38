// A new run: data, a spec that is checked as it is written, and what it will take.

import { get, post, upload, url } from "./api.js";
import { bar, debounced, el, fill, table } from "./dom.js";
import { editor } from "./editor.js";
import { bytes, integer } from "./format.js";
import { chooser } from "./splits.js";

const digits = {
  name: "digits",
  model: {
    input: { shape: [1, 8, 8] },
    layers: [
      { type: "conv2d", filters: 32, kernel: 3, padding: "same", activation: "relu" }, { type: "max_pool2d", size: 2 }, { type: "flatten" },
      { type: "dense", units: 128, activation: "relu", name: "hidden" }, { type: "dense", units: 10, name: "logits" },
    ],
  },
  training: { epochs: 15, batch_size: 32, seed: 7, loss: "cross_entropy", optimizer: { type: "adam", learning_rate: 0.001 }, metrics: ["accuracy"], validation: { fraction: 0.1 } },
  observe: { gradient_norms_every: 1, histograms_every: 25, activations_every: 25 },
};
const IMPORT = "format=csv&header=false&target_kind=class&shape=1,8,8";

/// JSON as people write it: what is short stands on one line.
function written(value, indent = "") {
  const flat = JSON.stringify(value, null, 1).replace(/\s*\n\s*/g, " ");
  if (value === null || typeof value !== "object" || flat.length + indent.length <= 100) return flat;
  const inner = `${indent}  `;
  const isList = Array.isArray(value);
  const parts = Object.entries(value).map(([name, member]) => `${inner}${isList ? "" : `${JSON.stringify(name)}: `}${written(member, inner)}`);
  return `${isList ? "[" : "{"}\n${parts.join(",\n")}\n${indent}${isList ? "]" : "}"}`;
}

/// Uploads the shipped digits and trains on them; shows the run.
export async function train() {
  const packed = await fetch(url("app/digits.csv.gz"));
  const data = await new Response(packed.body.pipeThrough(new DecompressionStream("gzip"))).blob();
  const dataset = await upload(`v1/datasets?name=digits&${IMPORT}`, data, () => {});
  const run = await post("v1/runs", { ...digits, dataset: dataset.id });
  location.hash = `#/run/${run.id}`;
}

/// The spec of a run as it can be written anew, with its model whole.
async function copied(run, signal) {
  const { spec } = await get(`v1/runs/${run.id}/model`, { signal });
  const isSplit = typeof run.dataset !== "string";
  return { ...(run.name && { name: run.name }), model: spec, ...(isSplit && { dataset: run.dataset }), training: run.training, observe: run.observe, ...(Object.keys(run.tags).length > 0 && { tags: run.tags }) };
}

/// An empty form, or that of a run that is cloned.
export async function show(place, { words: [from], signal, tell }) {
  document.title = "New run · Chainrule";
  const source = from ? await get(`v1/runs/${from}`, { signal }) : null;
  let dataset = null;
  let checks = 0;
  const datasets = (await get("v1/datasets?limit=200", { signal })).data;
  const select = el("select", { id: "dataset", onchange: () => use(datasets.find((one) => one.id === select.value)) },
    el("option", { value: "" }, "Choose a dataset"), datasets.map((one) => el("option", { value: one.id }, `${one.name || one.id} (${integer(one.examples)} examples)`)));
  const file = el("input", { type: "file", id: "file", onchange: () => file.files[0] && take(file.files[0]) });
  const importing = el("input", { id: "options", value: "", placeholder: "by its bytes; or target=label&missing=mean", spellcheck: "false" });
  const [uploaded, said] = [el("div", { role: "status" }), el("div", { role: "status", id: "checked" })];
  const soon = debounced(check, 400);
  // What isn't checked can't be started.
  const changed = () => { start.disabled = true; soon(); };
  const spec = editor({ value: written(source ? await copied(source, signal) : digits), label: "Spec", schema: await get("v1/schemas/run", { signal }), onchange: changed });
  const start = el("button", { class: "primary", disabled: true, onclick: begin }, "Start the run");
  const drop = el("div", {
    class: "drop",
    ondragover: (event) => { event.preventDefault(); drop.classList.add("over"); },
    ondragleave: () => drop.classList.remove("over"),
    ondrop: (event) => { event.preventDefault(); drop.classList.remove("over"); if (event.dataTransfer.files[0]) take(event.dataTransfer.files[0]); },
  }, el("label", { for: "file" }, "Drop a file here, or choose one: "), file, el("p", {}, el("label", { for: "options" }, "How it is read: "), importing), uploaded);
  fill(place, el("h1", {}, source ? `Clone of ${source.name ?? source.id}` : "New run"),
    el("section", { class: "card" }, el("h2", {}, "1. Data"), el("label", { for: "dataset" }, "A dataset of the server: "), select, drop),
    el("section", { class: "card" }, el("h2", {}, "2. Spec"), el("p", { class: "quiet" }, "The body of POST /v1/runs; its dataset is the one above where it names none. What may stand at a place is told as you write, or with Ctrl and space; faults are marked."),
      spec.element, said, start));

  async function take(chosen) {
    const share = bar(0, "share that is uploaded");
    fill(uploaded, share);
    try {
      const made = await upload(`v1/datasets?name=${encodeURIComponent(chosen.name)}${importing.value && `&${importing.value}`}`, chosen, (part) => { share.value = part; });
      datasets.unshift(made);
      select.append(el("option", { value: made.id }, made.name));
      select.value = made.id;
      await use(made);
    } catch (error) {
      fill(uploaded, faults(error));
    }
  }

  async function use(one) {
    dataset = one ?? null;
    if (dataset) {
      const facts = await get(`v1/datasets/${dataset.id}/statistics`, { signal });
      fill(uploaded, el("p", {}, `${integer(facts.examples)} examples, ${facts.columns?.length ?? 0} columns; `, el("a", { href: `#/datasets/${dataset.id}` }, "look at them")),
        await chooser(dataset.id, signal, divide));
    }
    await check();
  }

  /// Writes a split into the spec, where it takes the place of a fraction; or takes it out.
  function divide(split) {
    const { document: run } = read();
    if (!run) return;
    const { dataset: _, ...rest } = run;
    if (split) delete rest.training?.validation;
    const { name, model, ...after } = rest;
    spec.write(written({ ...(name !== undefined && { name }), ...(model !== undefined && { model }), ...(split && { dataset: { train: dataset.id, ...split } }), ...after }));
  }

  function read() {
    try {
      return { document: JSON.parse(spec.value) };
    } catch (error) {
      return { fault: error.message };
    }
  }

  async function check() {
    const own = ++checks;
    const { document: run, fault } = read();
    start.disabled = true;
    spec.mark([]);
    if (fault) return fill(said, el("p", { class: "fault" }, `No JSON: ${fault}`));
    try {
      const summary = await post("v1/models:validate", run.model ?? {}, { signal });
      // The spec changed meanwhile, and another check is on its way.
      if (own !== checks) return;
      fill(said, el("p", {}, `${integer(summary.parameter_count)} parameters, ${bytes(summary.training_memory.peak_bytes)} to train with batches of ${summary.batch_size}`),
        table(["Layer", "Type", "Output", "Parameters"],
          summary.layers.map((layer) => el("tr", {}, el("td", {}, layer.name), el("td", {}, layer.type), el("td", {}, (layer.output_shape ?? []).join(" × ")), el("td", { class: "number" }, integer(layer.parameters))))));
      start.disabled = !dataset && !run.dataset;
    } catch (error) {
      if (error.name !== "AbortError" && own === checks) fill(said, faults(error, "/model"));
    }
  }

  /// Every fault with its place, which leads there.
  function faults(error, prefix = "") {
    const list = error.errors?.length ? error.errors : [{ detail: error.message }];
    const placed = list.map((one) => ({ ...one, pointer: one.pointer === undefined ? (one.parameter ?? "") : prefix + one.pointer }));
    spec.mark(placed.filter((one) => one.pointer.startsWith("/")));
    return el("ul", { class: "fault", role: "alert" }, placed.map(({ pointer, ...one }) => {
      return el("li", {}, pointer && el("button", { class: "link", onclick: () => spec.find(pointer) }, pointer), pointer && ": ", one.detail);
    }));
  }

  async function begin() {
    start.disabled = true;
    try {
      const { document } = read();
      document.dataset ??= dataset.id;
      const made = await (source ? post(`v1/runs/${source.id}:clone`, document) : post("v1/runs", document));
      location.hash = `#/run/${made.id}`;
    } catch (error) {
      start.disabled = false;
      fill(said, faults(error));
    }
  }

  const known = datasets.find((one) => one.id === source?.dataset);
  if (known) {
    select.value = known.id;
    await use(known);
  } else await check();
  tell("");
}
