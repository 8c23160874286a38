#!/usr/bin/env python3
"""A server under steady work: runs one after the other, event streams held open, random cancels, and what it takes.

    soak.py --ours .build/release/chainrule [--minutes 30] [--runs 500] [--clients 50]

Every fifth run would go on for hours and is cancelled within five seconds. Every five seconds the server's resident memory,
threads and open files are read from /proc. Ends with 1 when, over the last half, memory grows by 1 MB a minute or more, or
threads or open files do, or a run didn't end as it was to.
"""

import argparse
import http.client
import json
import pathlib
import random
import statistics
import threading
import time

from service import PORT, ask, call, serving

MODEL = {"input": {"shape": [2]}, "layers": [
    {"type": "dense", "units": 16, "activation": "relu"}, {"type": "dropout", "rate": 0.1}, {"type": "dense", "units": 2}]}


def follow(stop, runs, counts):
    """Reads the events of one run after the other."""
    while not stop.is_set():
        if not runs:
            time.sleep(0.1)
            continue
        connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=30)
        try:
            connection.request("GET", f"/v1/runs/{random.choice(runs[-3:])}/events", headers={"Accept": "text/event-stream"})
            answer = connection.getresponse()
            while not stop.is_set() and (line := answer.readline()):
                counts["events"] += line.startswith(b"data:")
        except (OSError, http.client.HTTPException):
            counts["broken"] += not stop.is_set()
        finally:
            connection.close()


def work(stop, dataset, runs, pause, most, counts):
    """Submits a run at a time, and cancels some while they train."""
    begun = time.monotonic()
    for number in range(most):
        if stop.wait(max(0, begun + (number + 1) * pause - time.monotonic())):
            return
        is_endless = random.random() < 0.2
        status, run = ask("POST", "/v1/runs", json.dumps({
            "model": MODEL, "dataset": dataset, "training": {
                "epochs": 1_000_000 if is_endless else random.randint(20, 400), "batch_size": 16, "seed": number, "loss": "cross_entropy",
                "optimizer": "adam", "validation": {"fraction": 0.2}, "metrics": ["accuracy"]}}))
        if status != 202:
            counts["refused"] += 1
            continue
        runs.append(json.loads(run)["id"])
        if is_endless:
            stop.wait(random.uniform(0, 5))
            counts["cancelled"] += ask("POST", f"/v1/runs/{runs[-1]}:cancel")[0] == 200


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ours", required=True)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--clients", type=int, default=50)
    options = parser.parse_args()
    with serving(options.ours) as (server, _):
        runs, samples, counts = steady(server, options)
        counts |= ended(runs)
        server.terminate()
        status = server.wait()
    report(options, runs, samples, counts, status)


def steady(server, options):
    """Keeps the server at work for as long as said, and reads every five seconds what it takes."""
    stop, runs, samples = threading.Event(), [], []
    counts = {"events": 0, "broken": 0, "refused": 0, "cancelled": 0}

    def sample():
        status = pathlib.Path(f"/proc/{server.pid}/status").read_text()
        files = len(list(pathlib.Path(f"/proc/{server.pid}/fd").iterdir()))
        return tuple(int(status.split(name)[1].split()[0]) for name in ("VmRSS:", "Threads:")) + (files,)

    try:
        rows = "a,b,y\n" + "".join(f"{i % 17},{i % 5},{'xz'[i % 2]}\n" for i in range(400))
        dataset = call("POST", "/v1/datasets?format=csv&target=y", rows.encode(), "application/octet-stream")["id"]
        seconds = options.minutes * 60
        pause = seconds / options.runs
        threads = [threading.Thread(target=work, args=(stop, dataset, runs, pause, options.runs, counts))]
        threads += [threading.Thread(target=follow, args=(stop, runs, counts)) for _ in range(options.clients)]
        for thread in threads:
            thread.start()
        begun = time.monotonic()
        while time.monotonic() - begun < seconds and server.poll() is None:
            time.sleep(5)
            samples.append((time.monotonic() - begun, *sample()))
    finally:
        stop.set()
    return runs, samples, counts


def ended(runs):
    """How many runs ended how, all told."""
    states = {}
    for run in runs:
        while (found := call("GET", f"/v1/runs/{run}"))["state"] in ("queued", "running"):
            time.sleep(0.2)
        kind = f"{found['state']}_while_training" if found["state"] == "cancelled" and found["started_at"] else found["state"]
        states[kind] = states.get(kind, 0) + 1
    return states


def report(options, runs, samples, counts, status):
    """Prints what was seen; ends with 1 when something grew."""
    half = samples[len(samples) // 2:]
    slope = statistics.linear_regression([s[0] / 60 for s in half], [s[1] / 1000 for s in half]).slope
    quarter = max(1, len(half) // 4)
    grown = [statistics.median(s[k] for s in half[-quarter:]) - statistics.median(s[k] for s in half[:quarter]) for k in (2, 3)]
    print(
        f"{options.minutes:g} minutes: {len(runs)} runs, {counts}; resident {samples[0][1] / 1000:.0f} MB at first, "
        f"{samples[-1][1] / 1000:.0f} MB at the end, {slope:.2f} MB a minute over the last half; threads {samples[0][2]} to "
        f"{samples[-1][2]}, open files {samples[0][3]} to {samples[-1][3]}; exit {status}")
    if slope >= 1 or grown[0] > 2 or grown[1] > 4:
        raise SystemExit(f"grew: {slope:.2f} MB a minute, threads and files by {grown}")
    if status != 0 or counts.get("failed") or counts["refused"] or counts["broken"]:
        raise SystemExit("something failed")


if __name__ == "__main__":
    main()
