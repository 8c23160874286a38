#!/usr/bin/env python3
"""Networks of LeCun's table on MNIST and of Fashion-MNIST's, trained by a running server: mnist.py FOLDER [linear|mse|mlp|lenet5|fashion_mlp|fashion_conv ...]

FOLDER holds the four files of either (train-images-idx3-ubyte.gz and so on). Each network is trained on the
60,000 pictures for a fixed number of epochs and tested once, at the end, on the other 10,000.

The published test errors (http://yann.lecun.com/exdb/mnist/, LeCun, Cortes, Burges):
  linear   one layer, no preprocessing: 12.0 % (LeCun et al. 1998, doi:10.1109/5.726791); here by cross entropy
  mse      784-300-10, mean squared error: 4.7 % (the same)
  mlp      784-800-10, cross entropy, no distortions: 1.6 % (Simard, Steinkraus, Platt 2003, ICDAR)
  lenet5   LeNet-5, no distortions: 0.95 % (LeCun et al. 1998)
and for Fashion-MNIST (the README of https://github.com/zalandoresearch/fashion-mnist):
  fashion_mlp   256-128-100: 11.67 %
  fashion_conv  two convolutions with pooling: 12.4 to 8.4 %
"""

import pathlib

from client import Client, arguments, choose

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


def dense(*hidden, activation):
    layers = [{"type": "dense", "units": units, "activation": activation} for units in hidden]
    return [{"type": "flatten"}, *layers, {"type": "dense", "units": 10, "name": "output"}]


CONV = [
    {"type": "conv2d", "filters": 32, "kernel": 3, "padding": 1, "activation": "relu"},
    {"type": "max_pool2d", "size": 2},
    {"type": "conv2d", "filters": 64, "kernel": 3, "padding": 1, "activation": "relu"},
    {"type": "max_pool2d", "size": 2},
    {"type": "flatten"},
    {"type": "dropout", "rate": 0.4},
    {"type": "dense", "units": 128, "activation": "relu"},
    {"type": "dense", "units": 10, "name": "output"},
]
MSE, CROSS_ENTROPY = "mean_squared_error", "cross_entropy"
NETWORKS = {
    "linear": dict(
        layers=dense(activation=None), published=12.0, epochs=10, batch=128, rate=0.001, loss=CROSS_ENTROPY),
    "mse": dict(layers=dense(300, activation="tanh"), published=4.7, epochs=20, batch=128, rate=0.001, loss=MSE),
    "mlp": dict(layers=dense(800, activation="relu"), published=1.6, epochs=20, batch=128, rate=0.001, loss=CROSS_ENTROPY),
    # By validation on 10,000 of the 60,000: AdamW of decay 0.1 and SGD are as good, Adam without decay is worse.
    "lenet5": dict(layers=LENET5, published=0.95, epochs=30, batch=64, rate=0.002, decay=0.1, loss=CROSS_ENTROPY),
    "fashion_mlp": dict(
        layers=dense(256, 128, 100, activation="relu"), published=11.67, epochs=15, batch=128, rate=0.001,
        loss=CROSS_ENTROPY),
    "fashion_conv": dict(layers=CONV, published=8.4, epochs=15, batch=128, rate=0.001, loss=CROSS_ENTROPY),
}

parser = arguments(__doc__.splitlines()[0], "the folder with MNIST's four files")
parser.add_argument("networks", nargs="*", help="which of them; mlp and lenet5 when left out")
parser.add_argument("--seed", type=int, default=1)
options = parser.parse_args()
chosen = choose(parser, options.networks, NETWORKS)
client = Client(options.url, options.key)
folder = pathlib.Path(options.data)


def dataset(name, prefix):
    parts = {
        "features": (folder / f"{prefix}-images-idx3-ubyte.gz").read_bytes(),
        "targets": (folder / f"{prefix}-labels-idx1-ubyte.gz").read_bytes(),
    }
    return client.upload(f"name={name}&format=idx&target_kind=class&shape=1,28,28", parts)["id"]


train, test = dataset("mnist-train", "train"), dataset("mnist-test", "t10k")
for name in chosen or ["mlp", "lenet5"]:
    network = NETWORKS[name]
    run = client.train({
        "name": f"mnist {name}",
        "model": {"name": name, "input": {"shape": [1, 28, 28]}, "layers": network["layers"]},
        "dataset": {"train": train, "test": test},
        "training": {
            "epochs": network["epochs"], "batch_size": network["batch"], "seed": options.seed,
            "loss": network["loss"], "metrics": ["accuracy"], "threads": options.threads,
            "optimizer": {
                "type": "adamw", "learning_rate": network["rate"], "weight_decay": network.get("decay", 0)},
            "schedule": {"type": "cosine"},
        },
        "observe": {"activations_every": 0, "histograms_every": 0},
    })
    error = 100 * (1 - run["metrics"]["test_accuracy"])
    print(f"{name}: test error {error:.2f} %, published {network['published']} %", flush=True)
