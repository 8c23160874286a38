// The API, as the page asks it: with a key where there is one, and problems as errors.

/// The server's root, wherever a proxy put it.
const root = new URL("../", import.meta.url);
export const url = (path) => new URL(path, root).href;

const KEY = "chainrule-key";
export const key = () => sessionStorage.getItem(KEY);
export const setKey = (text) => (text ? sessionStorage.setItem(KEY, text) : sessionStorage.removeItem(KEY));

/// What the server refused (RFC 9457), or that it can't be reached (status 0).
export class Problem extends Error {
  constructor(status, problem) {
    super(problem.detail || problem.title || `the server answers ${status}`);
    this.status = status;
    this.title = problem.title ?? "";
    this.errors = problem.errors ?? [];
  }
}

export async function send(method, path, { json, body, headers = {}, signal } = {}) {
  const all = { Accept: "application/json", ...headers };
  if (key()) all.Authorization = `Bearer ${key()}`;
  if (json !== undefined) all["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(url(path), { method, headers: all, body: json === undefined ? body : JSON.stringify(json), signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, { detail: "the server can't be reached" });
  }
  if (!answer.ok) {
    const problem = new Problem(answer.status, await answer.json().catch(() => ({})));
    if (problem.status === 401) window.dispatchEvent(new Event("key-needed"));
    throw problem;
  }
  return answer;
}

export const get = async (path, options) => (await send("GET", path, options)).json();
export const post = async (path, json, options) => (await send("POST", path, { json, ...options })).json();
export const remove = (path) => send("DELETE", path);

/// Uploads a file as it is read; `told` hears the share that is sent.
export function upload(path, file, told) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", url(path));
    if (key()) request.setRequestHeader("Authorization", `Bearer ${key()}`);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = (event) => told(event.loaded / event.total);
    request.onerror = () => reject(new Problem(0, { detail: "the server can't be reached" }));
    request.onload = () => {
      let answer = {};
      try {
        answer = JSON.parse(request.responseText);
      } catch {}
      if (request.status < 300) resolve(answer);
      else reject(new Problem(request.status, answer));
    };
    request.send(file);
  });
}

/// Saves an answer as a file; a link alone couldn't bring the key.
export async function download(path, name) {
  const blob = await (await send("GET", path, { headers: { Accept: "*/*" } })).blob();
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/// A picture as an address of its own bytes; the page's policy lets it show no other.
export async function picture(path, options) {
  const file = await (await send("GET", path, { headers: { Accept: "image/png" }, ...options })).blob();
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}

/// Follows a run's events until it is over, over breaks of the line and restarts of the server.
///
/// `onEvent` gets each event once and in order, `onState` whether the line is up.
export async function follow(path, { onEvent, onState, signal }) {
  let after = 0;
  let pause = 500;
  while (!signal.aborted) {
    try {
      const answer = await send("GET", `${path}?after=${after}`, { headers: { Accept: "application/x-ndjson" }, signal });
      onState(true);
      pause = 500;
      if (answer.status === 204) return;
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = "";
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        const lines = (rest + value).split("\n");
        rest = lines.pop();
        for (const line of lines) {
          if (!line.trim()) continue;
          const event = JSON.parse(line);
          after = event.id;
          onEvent(event);
          if (event.type === "end") return;
        }
      }
    } catch (error) {
      if (error.name === "AbortError" || [401, 404].includes(error.status)) return;
      onState(false);
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
    pause = Math.min(pause * 2, 5000);
  }
}
