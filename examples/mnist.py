#!/usr/bin/env python3
"""Two networks of LeCun's table on MNIST, trained by a running server: mnist.py FOLDER [mlp|lenet5 ...]

FOLDER holds MNIST's four files (train-images-idx3-ubyte.gz and so on). Each network is trained on the
60,000 digits for a fixed number of epochs and tested once, at the end, on the other 10,000.

The published test errors (http://yann.lecun.com/exdb/mnist/, LeCun, Cortes, Burges):
  mlp      784-800-10, cross entropy, no distortions: 1.6 % (Simard, Steinkraus, Platt 2003, ICDAR)
  lenet5   LeNet-5, no distortions: 0.95 % (LeCun et al. 1998, doi:10.1109/5.726791)
"""

import pathlib

from client import Client, arguments

LENET5 = [
    {"type": "conv2d", "filters": 6, "kernel": 5, "padding": 2, "activation": "tanh", "name": "c1"},
    {"type": "avg_pool2d", "size": 2, "name": "s2"},
    {"type": "conv2d", "filters": 16, "kernel": 5, "activation": "tanh", "name": "c3"},
    {"type": "avg_pool2d", "size": 2, "name": "s4"},
    {"type": "flatten"},
    {"type": "dense", "units": 120, "activation": "tanh", "name": "c5"},
    {"type": "dense", "units": 84, "activation": "tanh", "name": "f6"},
    {"type": "dense", "units": 10, "name": "output"},
]
MLP = [
    {"type": "flatten"},
    {"type": "dense", "units": 800, "activation": "relu", "name": "hidden"},
    {"type": "dense", "units": 10, "name": "output"},
]
NETWORKS = {
    "mlp": dict(layers=MLP, published=1.6, epochs=20, batch=128, rate=0.001),
    "lenet5": dict(layers=LENET5, published=0.95, epochs=20, batch=64, rate=0.002),
}

parser = arguments(__doc__.splitlines()[0], "the folder with MNIST's four files")
parser.add_argument("networks", nargs="*", help="which of the two; both when left out")
parser.add_argument("--seed", type=int, default=1)
options = parser.parse_args()
client = Client(options.url, options.key)
folder = pathlib.Path(options.data)


def dataset(name, prefix):
    parts = {
        "features": (folder / f"{prefix}-images-idx3-ubyte.gz").read_bytes(),
        "targets": (folder / f"{prefix}-labels-idx1-ubyte.gz").read_bytes(),
    }
    return client.upload(f"name={name}&format=idx&target_kind=class&shape=1,28,28", parts)["id"]


train, test = dataset("mnist-train", "train"), dataset("mnist-test", "t10k")
for name in options.networks or NETWORKS:
    network = NETWORKS[name]
    run = client.train({
        "name": f"mnist {name}",
        "model": {"name": name, "input": {"shape": [1, 28, 28]}, "layers": network["layers"]},
        "dataset": {"train": train, "test": test},
        "training": {
            "epochs": network["epochs"], "batch_size": network["batch"], "seed": options.seed,
            "loss": "cross_entropy", "metrics": ["accuracy"], "threads": options.threads,
            "optimizer": {"type": "adam", "learning_rate": network["rate"]},
            "schedule": {"type": "cosine"},
        },
        "observe": {"activations_every": 0, "histograms_every": 0},
    })
    error = 100 * (1 - run["metrics"]["test_accuracy"])
    print(f"{name}: test error {error:.2f} %, published {network['published']} %", flush=True)
