// Trains on handwritten digits with what Node.js 18 has by itself: node examples/quickstart.mjs [SERVER]
import { readFile, writeFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";

const url = process.argv[2] ?? "http://127.0.0.1:8080";
const folder = new URL(".", import.meta.url);
const key = process.env.CHAINRULE_KEY;

async function api(path, options = {}) {
  const headers = { ...options.headers, ...(key && { Authorization: `Bearer ${key}` }) };
  const answer = await fetch(url + path, { ...options, headers });
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  return answer;
}

/** Events of `text/event-stream`, each with its type and data. */
async function* events(path) {
  const answer = await api(path, { headers: { Accept: "text/event-stream" } });
  let text = "";
  for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const frames = text.split("\n\n");
    text = frames.pop();
    for (const frame of frames) {
      const fields = Object.fromEntries(frame.split("\n").map((line) => line.split(/: (.*)/s)));
      if (fields.event) yield { type: fields.event, data: JSON.parse(fields.data) };
    }
  }
}

const rows = gunzipSync(await readFile(new URL("data/digits.csv.gz", folder)));
const dataset = await (await api("/v1/datasets?format=csv&header=false&target_kind=class&shape=1,8,8",
  { method: "POST", body: rows })).json();
const spec = JSON.parse(await readFile(new URL("digits-cnn.json", folder), "utf8"));
spec.dataset = dataset.id;
spec.training.epochs = 3;
let run = await (await api("/v1/runs",
  { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(spec) })).json();

for await (const { type, data } of events(`/v1/runs/${run.id}/events`))
  if (type === "epoch") console.log(`epoch ${data.epoch}: loss ${data.train_loss}, accuracy ${data.train_accuracy}`);

run = await (await api(`/v1/runs/${run.id}`)).json();
console.log(`${run.id} ${run.state}, accuracy ${run.metrics.train_accuracy}`);
const weights = new Uint8Array(await (await api(`/v1/runs/${run.id}/weights`)).arrayBuffer());
await writeFile("weights.safetensors", weights);
console.log(`weights.safetensors holds ${weights.length} bytes`);
