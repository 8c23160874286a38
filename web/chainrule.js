// Lists the newest runs, and asks again every two seconds while the page is in sight.
"use strict";

const status = document.getElementById("status");
const table = document.getElementById("runs");
const example = document.getElementById("example");
example.textContent = example.textContent.replaceAll("HOST", location.host);

function cell(row, text, isNumber) {
  const td = row.insertCell();
  td.textContent = text ?? "";
  if (isNumber) td.className = "number";
  return td;
}

function link(td, text, address) {
  const a = document.createElement("a");
  a.href = address;
  a.textContent = text;
  td.append(a, " ");
}

function show(runs) {
  table.hidden = runs.length === 0;
  status.textContent = runs.length === 0 ? "None yet." : "";
  const body = table.tBodies[0];
  body.replaceChildren();
  for (const run of runs) {
    const row = body.insertRow();
    const path = "/v1/runs/" + run.id;
    link(cell(row), run.id, path);
    cell(row, run.name);
    cell(row, run.state);
    cell(row, run.progress?.step, true);
    const loss = run.metrics?.train_loss;
    cell(row, typeof loss === "number" ? loss.toPrecision(4) : "", true);
    cell(row, new Date(run.created_at).toLocaleString());
    const see = cell(row);
    link(see, "metrics", path + "/metrics");
    link(see, "gradients", path + "/gradients");
    link(see, "weights", path + "/weights");
  }
}

async function refresh() {
  if (document.hidden) return;
  try {
    const answer = await fetch("/v1/runs?limit=50", { headers: { Accept: "application/json" } });
    const page = await answer.json();
    if (!answer.ok) throw new Error(page.detail);
    show(page.data);
  } catch (error) {
    status.textContent = "The runs can't be read: " + error.message;
  }
}

refresh();
setInterval(refresh, 2000);
