// One run: its curves, the flow of its gradients, what is wrong with it; followed as it trains.

import { download, follow, get, post } from "./api.js";
import { debounced, el, fill, table, toggle } from "./dom.js";
import { bytes, duration, integer, number, time, words as spoken } from "./format.js";
import { controls, epochsPerStep, options, plot } from "./curves.js";
import { findingsOf, show as findings, spans as shaded } from "./findings.js";
import { activations, flow, ridges } from "./gradients.js";
import { graph } from "./model.js";
import { colours, figure, release } from "./plot.js";
import { progress, state } from "./runs.js";

const isOver = (run) => ["succeeded", "failed", "cancelled"].includes(run.state);

export async function show(place, { words: [id], signal, tell }) {
  let run = await get(`v1/runs/${id}`, { signal });
  document.title = `${run.name ?? id} · Chainrule`;
  const head = el("div");
  const body = el("div", { role: "tabpanel", id: "panel", tabindex: "0" });
  const tabs = [
    ["curves", "Curves", curves], ["gradients", "Gradients", (at) => flow(at, id, { signal })],
    ["histograms", "Histograms", (at) => ridges(at, id, { signal })], ["activations", "Activations", (at) => activations(at, id, { signal })],
    ["model", "Model", (at) => graph(at, id, { signal })], ["findings", "Findings", (at) => findings(at, id, { signal, open })], ["logs", "Logs", logs], ["configuration", "Configuration", configuration],
  ];
  let [current, refresh] = ["curves", null];
  const buttons = tabs.map(([name, text]) => el("button", { role: "tab", id: `tab-${name}`, "aria-controls": "panel", onclick: () => open(name), onkeydown: move }, text));
  fill(place, head, el("div", { role: "tablist", "aria-label": "What of the run is shown" }, buttons), body);

  function move(event) {
    const way = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!way) return;
    const index = (tabs.findIndex(([name]) => name === current) + way + tabs.length) % tabs.length;
    open(tabs[index][0]);
    buttons[index].focus();
  }

  async function open(name) {
    current = name;
    buttons.forEach((button, index) => {
      const isHere = tabs[index][0] === name;
      button.setAttribute("aria-selected", isHere);
      button.tabIndex = isHere ? 0 : -1;
    });
    body.setAttribute("aria-labelledby", `tab-${name}`);
    release(body);
    refresh = null;
    const inside = el("div");
    fill(body, inside);
    try {
      const made = await tabs.find(([one]) => one === name)[2](inside);
      if (current === name) refresh = made;
    } catch (error) {
      if (error.name !== "AbortError") fill(inside, el("p", { class: "fault", role: "alert" }, error.message));
    }
  }

  // MARK: - The head

  function drawHead() {
    const act = (text, verb, isPrimary) => el("button", {
      class: isPrimary ? "primary" : "",
      onclick: async (event) => {
        event.target.disabled = true;
        try {
          await post(`v1/runs/${id}:${verb}`);
          await look();
        } catch (error) {
          event.target.disabled = false;
          tell(error.message, true);
        }
      },
    }, text);
    const save = (text, path, name) => el("button", { onclick: () => download(path, name).catch((error) => tell(error.message, true)) }, text);
    fill(head, el("p", { class: "crumbs" }, el("a", { href: "#/runs" }, "Runs"), " / ", el("span", {}, id)),
      el("h1", {}, run.name ?? id, " ", state(run)), progress(run),
      el("dl", { class: "facts" }, facts().map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value)))),
      run.error && el("p", { class: "fault", role: "alert" }, `${run.error.title}: ${run.error.detail ?? ""}`),
      el("div", { class: "tools" },
        run.state === "running" && act("Pause", "pause"), run.state === "running" && act("Stop and keep", "stop"),
        run.state === "paused" && act("Resume", "resume", true), !isOver(run) && act("Cancel", "cancel"),
        el("a", { class: "button", href: `#/new/${id}` }, "Clone"),
        save("Weights", `v1/runs/${id}/weights`, `${id}.safetensors`),
        isOver(run) && save("Archive", `v1/runs/${id}/archive`, `${id}.tar.zst`),
        save("TensorBoard", `v1/runs/${id}/tensorboard`, `events.out.tfevents.${id}`)));
  }

  function facts() {
    const { progress: at, best } = run;
    const score = best && Object.entries(best).find(([name]) => name !== "step");
    return [
      ["Created", time(run.created_at)], ["Trained", duration(at.elapsed_seconds)],
      at.examples_per_second && ["Speed", `${integer(at.examples_per_second)} examples a second`],
      score && [`Best ${spoken(score[0])}`, `${number(score[1])} at step ${best.step}`],
      run.queue_position && ["In the queue", `at place ${run.queue_position}`],
      run.vanishing_index !== null && ["Vanishing index", number(run.vanishing_index, 3)],
    ].filter(Boolean);
  }

  const look = async () => {
    run = await get(`v1/runs/${id}`, { signal });
    drawHead();
  };

  // MARK: - Curves

  async function curves(inside) {
    const places = el("div", { class: "grid" });
    let [groups, spans] = [[], {}];
    const chooser = choosing(() => drawAll());
    fill(inside, controls(drawAll), chooser.element, places);
    const plots = new Map();
    /// Of each plot that is zoomed, its series with the stretch that is seen.
    const windows = new Map();

    function drawAll() {
      const epochs = epochsPerStep(run);
      for (const [title, place] of plots) {
        if (chooser.isShown(title)) continue;
        release(place);
        place.remove();
        plots.delete(title);
      }
      for (const { title, series } of groups.filter((one) => chooser.isShown(one.title))) {
        if (!plots.has(title)) {
          plots.set(title, figure());
          places.append(plots.get(title));
        }
        const window = windows.get(title);
        const isLoss = title === "Loss";
        const marks = [];
        if (run.best && (isLoss || series.some((one) => one.name in run.best))) marks.push({ step: run.best.step, text: "best" });
        if (run.state_reason === "early_stopped") marks.push({ step: run.progress.step, text: "stopped early", colour: "#d55e00" });
        plot(plots.get(title), title, series.map((one) => ({ ...one, points: window?.get(one.name) ?? one.points, epochs, name: spoken(one.name), dash: one.name.startsWith("validation") ? "dot" : undefined })),
          { marks, spans: spans[title] ?? [], onZoom: (range) => zoom(title, series, range) });
      }
    }

    /// Gets the steps that are looked at more closely: a whole series comes thinned.
    async function zoom(title, series, range) {
      if (!range || options.axis !== "step") {
        if (windows.delete(title)) drawAll();
        return;
      }
      const [from, to] = [Math.max(1, Math.floor(range[0])), Math.max(1, Math.ceil(range[1]))];
      const names = series.map((one) => one.name).join(",");
      const closer = (await get(`v1/runs/${id}/metrics?names=${names}&from_step=${from}&to_step=${to}&max_points=1000`, { signal })).series;
      windows.set(title, new Map(series.map((one) => {
        const inside = closer.find((other) => other.name === one.name)?.points ?? [];
        return [one.name, [...one.points.filter((point) => point[0] < from), ...inside, ...one.points.filter((point) => point[0] > to)]];
      })));
      drawAll();
    }

    async function renew() {
      const [{ series }, found] = await Promise.all([get(`v1/runs/${id}/metrics?max_points=1000`, { signal }), findingsOf(id, signal)]);
      groups = grouped(series);
      spans = { Loss: shaded(found, run.progress.step), "Gradient norm": shaded(found, run.progress.step, "gradient") };
      chooser.offer(groups);
      if (groups.length === 0) fill(places, el("p", { class: "quiet" }, "Nothing was measured yet."));
      else places.querySelector(":scope > p")?.remove();
      drawAll();
    }
    await renew();
    return renew;
  }

  // MARK: - Logs, configuration

  async function logs(inside) {
    const renew = async () => {
      const lines = (await get(`v1/runs/${id}/logs?limit=200`, { signal })).data;
      fill(inside, lines.length === 0 ? el("p", { class: "quiet" }, "The run has told nothing.")
        : table(["Time", "Level", "Step", "Message"], lines.map((line) => el("tr", {}, el("td", {}, time(line.time)), el("td", {}, line.level), el("td", { class: "number" }, String(line.step)), el("td", {}, line.message)))));
    };
    await renew();
    return renew;
  }

  async function configuration(inside) {
    const { data: checkpoints } = await get(`v1/runs/${id}/checkpoints`, { signal });
    fill(inside,
      el("h2", {}, "Checkpoints"),
      table(["Kind", "Step", "Size", ""],
        checkpoints.map((one) => el("tr", {}, el("td", {}, one.kind), el("td", { class: "number" }, String(one.step)), el("td", { class: "number" }, bytes(one.size_bytes)),
          el("td", {}, el("button", { onclick: () => download(`v1/runs/${id}/weights?checkpoint=${["latest", "best", "initial"].includes(one.kind) ? one.kind : one.step}`, `${id}-${one.kind}-${one.step}.safetensors`) }, "Weights"))))),
      el("h2", {}, "What was asked for"), el("pre", {}, JSON.stringify({ training: run.training, observe: run.observe, dataset: run.dataset, model: run.model, environment: run.environment }, null, 2)));
    return null;
  }

  // MARK: - Following it

  drawHead();
  await open(current);
  const renew = debounced(() => { if (!document.hidden && !signal.aborted) refresh?.().catch(() => {}); }, 700);
  let last = 0;
  const soon = () => {
    // While events keep coming, the plots are drawn anew every two seconds.
    if (Date.now() - last > 2000) {
      last = Date.now();
      refresh?.().catch(() => {});
    } else renew();
  };
  signal.addEventListener("abort", () => release(place));
  if (isOver(run)) return;
  await follow(`v1/runs/${id}/events`, {
    signal,
    onState: (isUp) => tell(isUp ? "live" : "stale: the line to the server is down", !isUp),
    onEvent: ({ type, data }) => {
      if (type === "step") {
        Object.assign(run.progress, { step: data.step, total_steps: data.total_steps, eta_seconds: data.eta_seconds, examples_per_second: data.examples_per_second, elapsed_seconds: data.elapsed_seconds });
        head.querySelector(".progress")?.replaceWith(progress(run));
      }
      if (["state", "end", "validation"].includes(type)) look().catch(() => {});
      if (!document.hidden) soon();
    },
  });
  tell("");
}

/// Which plots are seen: all of a run's own series, until one chooses. What is chosen stays so for the tab.
const chosen = { hidden: new Set(), asked: new Set() };

/// The choice among plots; `isShown` tells of a title, `offer` takes what there is.
function choosing(changed) {
  const [list, count] = [el("div", { class: "tools" }), el("span")];
  const filter = el("input", { type: "search", "aria-label": "Plots whose name has", placeholder: "filter", oninput: () => sift() });
  const element = el("details", { class: "choosing" }, el("summary", {}, "Plots ", count), filter, list);
  let groups = [];
  const isShown = (title) => {
    const group = groups.find((one) => one.title === title);
    return group?.isDetail ? chosen.asked.has(title) : !chosen.hidden.has(title);
  };
  function sift() {
    for (const label of list.children) label.hidden = !label.textContent.toLowerCase().includes(filter.value.toLowerCase());
  }
  function say() { count.textContent = `(${groups.filter((one) => isShown(one.title)).length} of ${groups.length})`; }
  function offer(all) {
    const isSame = all.length === groups.length && all.every((one, index) => one.title === groups[index].title);
    groups = all;
    say();
    if (isSame) return;
    fill(list, groups.map(({ title, isDetail }) => toggle(title, isShown(title), (value) => {
      if (isDetail) chosen.asked[value ? "add" : "delete"](title);
      else chosen.hidden[value ? "delete" : "add"](title);
      say();
      changed();
    })));
    sift();
  }
  return { element, isShown, offer };
}

/// Series that belong on one plot: losses, each metric in training and validation, and the rest one by one; those of one layer,
/// parameter or term are details.
function grouped(series) {
  const groups = new Map();
  const put = (title, one) => groups.set(title, [...(groups.get(title) ?? []), one]);
  for (const one of series) {
    if (one.points.length === 0) continue;
    const metric = /^(train|validation|test)_(.*)$/.exec(one.name);
    if (one.name === "epoch_loss" || metric?.[2] === "loss") put("Loss", one);
    else put(spoken(metric?.[2] ?? one.name), one);
  }
  return [...groups].map(([title, members]) => ({
    title: title[0].toUpperCase() + title.slice(1),
    isDetail: members.every((one) => one.name.includes(".") || one.name.startsWith("observation_")),
    series: members.map((one, index) => ({ ...one, colour: colours[index % colours.length] })),
  }));
}
