// The page's frame: which view is shown, and what all of them share.

import { key, setKey } from "./api.js";
import { el, fill } from "./dom.js";

const views = {
  runs: () => import("./runs.js"),
  run: () => import("./run.js"),
  compare: () => import("./compare.js"),
  new: () => import("./create.js"),
  datasets: () => import("./datasets.js"),
};

const view = document.getElementById("view");
const connection = document.getElementById("connection");
let leaving = new AbortController();

/// Tells whether what is shown is fresh.
function tell(text, isBad = false) {
  connection.textContent = text;
  connection.className = isBad ? "bad" : "";
}

async function show() {
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  const [name, ...words] = location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  const load = views[name || "runs"] ?? views.runs;
  for (const link of document.querySelectorAll("nav a")) {
    const isHere = link.getAttribute("href") === `#/${name || "runs"}`;
    if (isHere) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  tell("");
  document.title = "Chainrule";
  try {
    const module = await load();
    if (signal.aborted) return;
    const place = el("div", { class: `view ${name || "runs"}` });
    fill(view, place);
    await module.show(place, { words, signal, tell });
  } catch (error) {
    if (signal.aborted || error.name === "AbortError") return;
    if (error.status === 401) return;
    fill(view, el("p", { class: "fault", role: "alert" }, error.message));
  }
}

/// Asks for a key, which the tab keeps until it is closed.
function askForKey() {
  if (document.getElementById("key-form")) return;
  const field = el("input", { type: "password", id: "key", autocomplete: "off", required: true });
  const form = el("form", {
    id: "key-form", class: "card",
    onsubmit: (event) => {
      event.preventDefault();
      setKey(field.value.trim());
      show();
    },
  },
    el("h1", {}, "This server asks for a key"),
    el("p", {}, key() ? "It doesn't take the one that was given." : "The tab keeps it until it is closed."),
    el("label", { for: "key" }, "API key"), field, el("button", { class: "primary" }, "Use it"));
  fill(view, form);
  field.focus();
}

window.addEventListener("key-needed", askForKey);
window.addEventListener("hashchange", show);
show();
