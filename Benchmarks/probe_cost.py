#!/usr/bin/env python3
"""What looking costs: the same training over HTTP with all probes off, with norms alone, with the defaults, and with
histograms at every step, one after the other in turns. Prints the medians of the ratios.

    probe_cost.py --ours .build/release/chainrule --data PATH [--pairs 5] [--steps 1500] [--model mlp_small|cnn|gpt]

PATH is the folder of MNIST's train-images-idx3-ubyte.gz and train-labels-idx1-ubyte.gz, for gpt a text file.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

DIGITS = {"shape": [1, 28, 28]}
WIDTH, CONTEXT = 128, 64
MODELS = {
    "mlp_small": (DIGITS, 64, [
        {"type": "flatten"}, {"type": "dense", "units": 128, "activation": "relu"}, {"type": "dense", "units": 10}]),
    "cnn": (DIGITS, 64, [
        {"type": "conv2d", "filters": 32, "kernel": 3, "activation": "relu"},
        {"type": "conv2d", "filters": 64, "kernel": 3, "activation": "relu"},
        {"type": "max_pool2d", "size": 2}, {"type": "flatten"},
        {"type": "dense", "units": 128, "activation": "relu"}, {"type": "dense", "units": 10}]),
    # nanoGPT's configuration for a CPU.
    "gpt": ({"shape": [CONTEXT], "dtype": "int32", "vocabulary": 65}, 12, [
        {"type": "embedding", "name": "wte", "dimensions": WIDTH}, {"type": "positional_embedding"},
        *[{"type": "transformer_block", "heads": 4, "feed_forward": 4 * WIDTH, "activation": "gelu", "norm": "pre",
           "causal": True, "bias": False}] * 4,
        {"type": "layer_norm", "bias": False}, {"type": "dense", "units": 65, "bias": False, "share": "wte"}]),
}
OFF = {
    "gradient_norms_every": 0, "histograms_every": 0, "activations_every": 0, "gradient_statistics_every": 0,
    "diagnosis": False}
OBSERVE = {
    "none": OFF, "norms": OFF | {"gradient_norms_every": 1}, "default": {}, "histograms": {"histograms_every": 1}}


def upload(call, options):
    if options.model == "gpt":
        return call("POST", f"/v1/datasets?format=text&sequence_length={CONTEXT}&stride=1", options.data.read_bytes())
    boundary, body = "----parts", b""
    for name, file in [("features", "train-images-idx3-ubyte.gz"), ("targets", "train-labels-idx1-ubyte.gz")]:
        body += f"--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\n\r\n".encode()
        body += (options.data / file).read_bytes() + b"\r\n"
    body += f"--{boundary}--\r\n".encode()
    return call("POST", "/v1/datasets?format=idx&name=mnist", body, f"multipart/form-data; boundary={boundary}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ours", required=True)
    parser.add_argument("--data", required=True, type=pathlib.Path)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--model", choices=MODELS, default="mlp_small")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--port", type=int, default=18437)
    options = parser.parse_args()
    shape, batch, layers = MODELS[options.model]
    base = f"http://127.0.0.1:{options.port}"
    folder = tempfile.TemporaryDirectory()
    server = subprocess.Popen(
        [options.ours, "serve", "--port", str(options.port), "--data", folder.name],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def call(method, path, body=None, kind="application/json"):
        request = urllib.request.Request(base + path, data=body, method=method, headers={"Content-Type": kind})
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def run(observe):
        body = {
            "model": {"input": shape, "layers": layers}, "dataset": dataset,
            "training": {
                "steps": options.steps, "batch_size": batch, "seed": 7, "loss": "cross_entropy",
                "optimizer": {"type": "adam", "learning_rate": 0.001}, "threads": options.threads},
            "observe": OBSERVE[observe]}
        path = "/v1/runs/" + call("POST", "/v1/runs", json.dumps(body).encode())["id"]
        while True:
            found = call("GET", path)
            if found["state"] == "failed":
                raise SystemExit(found["error"])
            if found["state"] == "succeeded":
                return found["progress"]["elapsed_seconds"]
            time.sleep(0.05)

    try:
        for _ in range(100):
            try:
                call("GET", "/readyz")
                break
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
        dataset = upload(call, options)["id"]
        run("default")
        ratios = {name: [] for name in OBSERVE if name != "none"}
        for _ in range(options.pairs):
            for name in ratios:
                before = run("none")
                ratios[name].append(run(name) / before)
        for name, found in ratios.items():
            shown = ", ".join(f"{ratio:.3f}" for ratio in sorted(found))
            print(f"{options.model} {name}: {statistics.median(found):.3f} ({shown})")
    finally:
        server.terminate()
        server.wait()


main()
