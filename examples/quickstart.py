"""Trains on handwritten digits with nothing but Python's standard library: python3 examples/quickstart.py [SERVER]"""

import gzip
import json
import os
import pathlib
import sys
import urllib.request

from client import Client

FOLDER = pathlib.Path(__file__).resolve().parent
client = Client(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8080", os.environ.get("CHAINRULE_KEY"))

rows = gzip.decompress((FOLDER / "data/digits.csv.gz").read_bytes())
dataset = client.upload("format=csv&header=false&target_kind=class&shape=1,8,8", rows)
spec = json.loads((FOLDER / "digits-cnn.json").read_text())
spec["dataset"] = dataset["id"]
spec["training"]["epochs"] = 3
run = client.post("/v1/runs", spec)

# A line an event, until the run is over.
with client.open(f"/v1/runs/{run['id']}/events", accept="application/x-ndjson") as events:
    for line in events:
        event = json.loads(line)
        if event["type"] == "epoch":
            data = event["data"]
            print(f"epoch {data['epoch']}: loss {data['train_loss']:.4f}, accuracy {data['train_accuracy']:.4f}")

run = client.get(f"/v1/runs/{run['id']}")
print(run["id"], f"{run['state']}, accuracy {run['metrics']['train_accuracy']:.4f}")
with client.open(f"/v1/runs/{run['id']}/weights") as answer:
    pathlib.Path("weights.safetensors").write_bytes(answer.read())
print("weights.safetensors holds", os.path.getsize("weights.safetensors"), "bytes")
