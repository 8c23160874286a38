#!/usr/bin/env python3
"""What a checkpoint of ten million parameters with Adam's memory (120 MB) costs the training, and the clients beside it.

    checkpoint.py --ours .build/release/chainrule [--steps 120] [--every 20]

A run of an MLP keeps a checkpoint every so many steps. Told are the time of the steps after one beside that of the others,
how long it takes until a checkpoint is stored, and the latency of a write (renaming the run) and of a read meanwhile.
"""

import argparse
import datetime
import json
import pathlib
import statistics
import threading
import time

from service import call, serving

WIDTH = 3_110


def request(dataset, steps, every):
    layers = [{"type": "dense", "units": WIDTH, "activation": "relu"} for _ in range(2)]
    return json.dumps({
        "name": "checkpoints", "dataset": dataset,
        "model": {"input": {"shape": [64]}, "layers": layers + [{"type": "dense", "units": 10}]},
        "training": {"steps": steps, "batch_size": 32, "seed": 1, "loss": "cross_entropy", "optimizer": "adam",
                     "checkpoint": {"every_steps": every, "every_seconds": 0}},
        "observe": {"histograms_every": 0, "activations_every": 0}})


def look(path, stop, seen):
    """When each checkpoint is first in the list."""
    while not stop.wait(0.02):
        for row in call("GET", path)["data"]:
            seen.setdefault((row["kind"], row["step"]), time.time())


def ask(method, path, body, stop, latencies):
    while not stop.wait(0.02):
        start = time.time()
        call(method, path, body)
        latencies.append((start, time.time() - start))


def told(name, latencies):
    values = sorted(latencies) or [0.0]
    print(f"{name}: median {statistics.median(values) * 1e3:.1f} ms, 99 % {values[int(len(values) * 0.99)] * 1e3:.1f}, "
          f"most {values[-1] * 1e3:.1f} ({len(values)} asked)")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ours", type=pathlib.Path, required=True)
    parser.add_argument("--steps", type=int, default=120)
    parser.add_argument("--every", type=int, default=20)
    options = parser.parse_args()
    with serving(options.ours):
        measure(options)


def measure(options):
    rows = "".join(",".join(str((i * j) % 17) for j in range(64)) + f",{i % 10}\n" for i in range(2_000))
    dataset = call("POST", "/v1/datasets?format=csv&header=false&target_kind=class", rows, "application/octet-stream")["id"]
    run = call("POST", "/v1/runs", request(dataset, options.steps, options.every))["id"]
    path, stop, seen, writes, reads = f"/v1/runs/{run}", threading.Event(), {}, [], []
    threads = [
        threading.Thread(target=look, args=(path + "/checkpoints", stop, seen)),
        threading.Thread(target=ask, args=("PATCH", path, '{"name": "checkpoints"}', stop, writes)),
        threading.Thread(target=ask, args=("GET", path, None, stop, reads))]
    for thread in threads:
        thread.start()
    while (state := call("GET", path))["state"] in ("queued", "running"):
        time.sleep(0.1)
    time.sleep(1)
    stop.set()
    for thread in threads:
        thread.join()
    points = call("GET", path + f"/metrics?names=train_loss&max_points={options.steps}")["series"][0]["points"]
    at = {step: seconds for step, _, seconds in points}
    took = {step: at[step] - at[step - 1] for step in at if step - 1 in at}
    taken = [step for step in range(options.every, options.steps, options.every)]
    usual = statistics.median(value for step, value in took.items() if step - 1 not in taken)
    after = [took[step + 1] - usual for step in taken]
    print(f"{state['state']}; a step takes {usual * 1e3:.0f} ms")
    print("the step after a checkpoint takes longer by, in ms: " + ", ".join(f"{value * 1e3:.0f}" for value in after))
    began = datetime.datetime.fromisoformat(state["started_at"].replace("Z", "+00:00")).timestamp()
    stored = {step: seen[("periodic", step)] - began - at[step] for step in taken if ("periodic", step) in seen}
    print("seconds until it is stored: " + ", ".join(f"{value:.2f}" for value in stored.values()))
    busy = [(began + at[step], began + at[step] + seconds) for step, seconds in stored.items()]
    for name, latencies in (("a write", writes), ("a read", reads)):
        inside = [value for start, value in latencies if any(low <= start <= high for low, high in busy)]
        told(f"{name} while one is stored", inside)
        told(f"{name} else", [value for start, value in latencies if not any(low <= start <= high for low, high in busy)])


if __name__ == "__main__":
    main()
