// The runs: a table that follows them, to filter, sort and pick some to compare.

import { get } from "./api.js";
import { bar, choice, el, fill, sparkline, table } from "./dom.js";
import { ago, duration, number, words as spoken } from "./format.js";
import { train } from "./create.js";

const STATES = ["queued", "running", "paused", "succeeded", "failed", "cancelled"];
const MOST_COMPARED = 10;
const sorts = {
  newest: (one, other) => other.created_at.localeCompare(one.created_at),
  name: (one, other) => (one.name ?? "").localeCompare(other.name ?? ""),
  loss: (one, other) => (loss(one) ?? Infinity) - (loss(other) ?? Infinity),
  state: (one, other) => STATES.indexOf(one.state) - STATES.indexOf(other.state),
};

const loss = (run) => run.metrics?.validation_loss ?? run.metrics?.train_loss;
const isActive = (run) => ["queued", "running"].includes(run.state);

/// Sparklines by run, and the step at which each was asked for.
const curves = new Map();

export function state(run) {
  const reason = run.state_reason && run.state_reason !== "completed" ? `: ${spoken(run.state_reason)}` : "";
  return el("span", { class: `state ${run.state}` }, run.state, reason);
}

export function progress(run) {
  const { step, total_steps: total, eta_seconds: left } = run.progress;
  const text = `${step}${total ? `/${total}` : ""}${isActive(run) && left ? `, ${duration(left)} left` : ""}`;
  return el("div", { class: "progress" }, bar(total ? step / total : undefined, `step ${text}`), el("small", {}, text));
}

export async function show(place, { signal, tell }) {
  document.title = "Runs · Chainrule";
  let runs = [];
  let [search, wanted, sort] = ["", "", "newest"];
  const picked = new Set();
  const body = el("tbody");
  const compare = el("a", { class: "button", href: "#/runs" });
  const empty = el("div");
  const field = el("input", { type: "search", placeholder: "Name, id or tag", "aria-label": "Search runs", oninput: () => { search = field.value.toLowerCase(); list(); } });
  const listed = table(["", "Run", "State", "Progress", "Loss", "Curve", "Tags", "Created"], body);
  const bars = el("div", { class: "tools" }, field,
    choice("State", [["", "all"], ...STATES.map((name) => [name, name])], "", (value) => { wanted = value; list(); }),
    choice("Sort by", Object.keys(sorts).map((name) => [name, name]), sort, (value) => { sort = value; list(); }), compare);
  fill(place, el("h1", {}, "Runs"), empty, bars, listed);

  function tellCompared() {
    compare.textContent = picked.size > 1 ? `Compare ${picked.size} runs` : "Tick runs to compare them";
    compare.href = picked.size > 1 ? `#/compare/${[...picked].join(",")}` : "#/runs";
    compare.toggleAttribute("aria-disabled", picked.size < 2);
  }

  function row(run) {
    const tick = el("input", {
      type: "checkbox", checked: picked.has(run.id), "aria-label": `Compare ${run.name ?? run.id}`,
      onchange: () => {
        if (tick.checked && picked.size >= MOST_COMPARED) tick.checked = false;
        else if (tick.checked) picked.add(run.id);
        else picked.delete(run.id);
        tellCompared();
      },
    });
    return el("tr", { "data-run": run.id },
      el("td", {}, tick), el("td", {}, el("a", { href: `#/run/${run.id}` }, run.name ?? run.id.slice(0, 12))),
      el("td", {}, state(run)), el("td", {}, progress(run)), el("td", { class: "number" }, number(loss(run))),
      el("td", {}, curves.get(run.id)?.picture ?? ""),
      el("td", {}, Object.entries(run.tags).map(([name, value]) => el("span", { class: "tag" }, `${name}=${value}`))),
      el("td", { title: run.created_at }, ago(run.created_at)));
  }

  function list() {
    const shown = runs.filter((run) => (!wanted || run.state === wanted) && (!search || JSON.stringify([run.name, run.id, run.tags]).toLowerCase().includes(search)));
    // What has the keyboard keeps it over an update.
    const focused = document.activeElement?.closest?.("tr")?.dataset.run;
    const isTick = document.activeElement?.type === "checkbox";
    fill(body, shown.sort(sorts[sort]).map(row));
    if (focused) body.querySelector(`[data-run="${focused}"] ${isTick ? "input" : "a"}`)?.focus();
    const isEmpty = runs.length === 0;
    for (const part of [bars, listed]) part.hidden = isEmpty;
    if (isEmpty && !empty.firstChild) fill(empty, firstMinute());
    if (!isEmpty) fill(empty);
    tellCompared();
  }

  async function draw() {
    for (const run of runs.slice(0, 50)) {
      if (signal.aborted) return;
      const known = curves.get(run.id);
      if (run.progress.step < 2 || known?.step === run.progress.step) continue;
      const answer = await get(`v1/runs/${run.id}/metrics?names=train_loss&max_points=40`, { signal });
      const values = (answer.series[0]?.points ?? []).map((point) => point[1]);
      curves.set(run.id, { step: run.progress.step, picture: sparkline(values, `training loss of ${run.name ?? run.id}`) });
    }
  }

  while (!signal.aborted) {
    if (!document.hidden) {
      try {
        runs = (await get("v1/runs?limit=200", { signal })).data;
        list();
        await draw();
        list();
        tell(runs.some(isActive) ? "live" : "");
      } catch (error) {
        if (error.name === "AbortError" || error.status === 401) return;
        tell(`stale: ${error.message}`, true);
      }
    }
    await new Promise((resolve) => setTimeout(resolve, runs.some(isActive) ? 2000 : 5000));
  }
}

/// What an empty server shows.
function firstMinute() {
  const said = el("p", { class: "fault", role: "alert" });
  const address = location.origin + location.pathname.replace(/\/$/, "");
  const button = el("button", {
    class: "primary",
    onclick: async () => {
      button.disabled = true;
      try {
        await train();
      } catch (error) {
        button.disabled = false;
        said.textContent = error.message;
      }
    },
  }, "Train the digits");
  return el("section", { class: "card" },
    el("h2", {}, "Nothing was trained here yet"),
    el("p", {}, "Train a small network on 1,797 handwritten digits that come with the program, and see its gradients. It takes a few seconds."),
    button, said, el("p", {}, "Or bring your own: ", el("a", { href: "#/new" }, "start a run here"), ", or with curl:"),
    el("pre", {}, `curl -T data.csv -X POST '${address}/v1/datasets?format=csv&target=label'\ncurl -H 'Content-Type: application/json' -d @run.json ${address}/v1/runs\ncurl -N ${address}/v1/runs/run_…/events`));
}
