#!/usr/bin/env python3
"""The memory that runs were planned to hold beside what the server's resident memory really rises by.

    memory_plan.py --ours .build/release/chainrule --workloads DIR

Each model trains for a few epochs with checkpoints, histograms and activations at every step. The peak of the server's resident
memory (VmHWM) is set back before the run and read after it; what was resident before is taken off. `numpy` is needed.
"""

import argparse
import io
import json
import pathlib
import sqlite3
import time

import numpy

from service import call, serving

WIDE = {"input": {"shape": [64]}, "layers": [
    {"type": "dense", "units": 3110, "activation": "relu"}, {"type": "dense", "units": 3110, "activation": "relu"},
    {"type": "dense", "units": 10}]}
TABLE = {"input": {"shape": [16], "dtype": "int32", "vocabulary": 200_000}, "layers": [
    {"type": "embedding", "dimensions": 64}, {"type": "flatten"}, {"type": "dense", "units": 10}]}
# A workload's name, or a model and its classes; rows of a batch.
CASES = [("mlp_large", 8192), ("cnn", 512), ("gpt", 128), ("lstm", 256), ("resnet20", 256), ("wide", 32), ("table", 256)]


def case(name, folder):
    if name == "wide":
        return WIDE, {"classes": 10}
    if name == "table":
        return TABLE, {"classes": 10}
    workload = json.loads((folder / f"{name}.json").read_text())
    return workload["model"], workload["data"]["target"]


def upload(model, target, rows):
    """Random rows of the model's shape, as two .npy parts."""
    chance = numpy.random.default_rng(7)
    shape = (rows, *model["input"]["shape"])
    if model["input"].get("dtype") == "int32":
        inputs = chance.integers(0, model["input"]["vocabulary"], shape, dtype=numpy.int32)
    else:
        inputs = chance.standard_normal(shape, dtype=numpy.float32)
    targets = chance.integers(
        0, target["classes"], (rows, target["length"]) if "length" in target else (rows,), dtype=numpy.int32)
    body = b""
    for part, array in (("features", inputs), ("targets", targets)):
        file = io.BytesIO()
        numpy.save(file, array)
        body += (f'--cut\r\nContent-Disposition: form-data; name="{part}"; filename="{part}.npy"\r\n'
                 f"Content-Type: application/octet-stream\r\n\r\n").encode() + file.getvalue() + b"\r\n"
    kind = "sequence" if "length" in target else "class"
    return call("POST", f"/v1/datasets?format=npy&target_kind={kind}", body + b"--cut--\r\n", "multipart/form-data; boundary=cut")["id"]


def resident(process, field):
    status = pathlib.Path(f"/proc/{process}/status").read_text()
    return int(status.split(field + ":")[1].split()[0]) * 1024


def measure(program, name, batch, folder):
    model, target = case(name, folder)
    with serving(program) as (server, data):
        dataset = upload(model, target, 2 * batch)
        pathlib.Path(f"/proc/{server.pid}/clear_refs").write_text("5")
        before = resident(server.pid, "VmRSS")
        run = call("POST", "/v1/runs", json.dumps({
            "dataset": dataset, "model": model,
            "training": {"epochs": 4, "batch_size": batch, "seed": 1, "loss": "cross_entropy", "optimizer": "adam",
                         "checkpoint": {"every_steps": 2}},
            "observe": {"histograms_every": 1, "activations_every": 1}}))["id"]
        while (state := call("GET", f"/v1/runs/{run}"))["state"] in ("queued", "running"):
            time.sleep(0.2)
        rose = resident(server.pid, "VmHWM") - before
        with sqlite3.connect(f"file:{data}/chainrule.sqlite?mode=ro", uri=True) as database:
            needs = json.loads(database.execute("SELECT needs FROM run").fetchone()[0])
        print(f"{name}, batch {batch}: {state['state']}; planned {needs['memory_bytes'] / 2**20:.0f} MiB, "
              f"rose by {rose / 2**20:.0f} MiB, {rose / needs['memory_bytes']:.2f} of it", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ours", type=pathlib.Path, required=True)
    parser.add_argument("--workloads", type=pathlib.Path, required=True)
    parser.add_argument("--only", action="append")
    options = parser.parse_args()
    for name, batch in CASES:
        if not options.only or name in options.only:
            measure(options.ours, name, batch, options.workloads)


if __name__ == "__main__":
    main()
